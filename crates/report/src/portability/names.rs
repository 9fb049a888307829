//! Names of machines: what their directories have that the others have not.

use std::collections::HashSet;

/// A name for each path, the parts in common at either end left out: `out/node1/quick` and `out/node2/quick` are `node1` and
/// `node2`. Where that leaves nothing of a path it is its last part; where two would have one name, they are numbered.
pub(super) fn names(paths: &[String]) -> Vec<String> {
    let parts: Vec<Vec<&str>> =
        paths.iter().map(|path| path.split('/').filter(|part| !part.is_empty() && *part != ".").collect()).collect();
    let shortest = parts.iter().map(Vec::len).min().unwrap_or(0);
    let alike = |at: &dyn Fn(&[&str]) -> String| {
        let first = parts.first().map(|first| at(first.as_slice()));
        parts.iter().all(|it| Some(at(it.as_slice())) == first)
    };
    let before = (0..shortest).take_while(|place| alike(&|it| it[*place].to_owned())).count();
    let behind = (0..shortest - before).take_while(|place| alike(&|it| it[it.len() - 1 - place].to_owned())).count();
    let named = parts.iter().map(|it| {
        let own = it[before..it.len() - behind].join("/");
        if own.is_empty() { it.last().map_or_else(|| "machine".to_owned(), |last| (*last).to_owned()) } else { own }
    });
    distinct(named)
}

/// The names, those that were there before with a number.
pub(super) fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let free = |name: String| {
        let numbered = (2_u32..).map(|number| format!("{name} ({number})"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        let free = free.unwrap_or(name);
        taken.insert(free.clone());
        free
    };
    names.map(free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Vec<String> {
        names(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_paths_have_in_common_is_left_out() {
        assert_eq!(of(&["out/node1", "out/node2/"]), ["node1", "node2"]);
        assert_eq!(of(&["./r/2026-a/quick", "r/2026-b/quick"]), ["2026-a", "2026-b"]);
        assert_eq!(of(&["a/quick", "b/c/quick"]), ["a", "b/c"]);
        assert_eq!(of(&["out", "out/node2"]), ["out", "node2"]);
        assert_eq!(of(&["out/quick"]), ["quick"]);
        assert_eq!(of(&["x/a", "y/a", "x/a"]), ["x", "y", "x (2)"]);
        assert_eq!(of(&["", "."]), ["machine", "machine (2)"]);
        assert_eq!(of(&[]), [] as [&str; 0]);
    }
}
