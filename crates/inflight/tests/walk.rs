//! The README's walk links lines of code: they are there, they are few, and they hold what the link says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// A stage shows its decisive lines, not its file.
const MOST_LINES: usize = 12;

#[test]
fn linked_lines_hold_what_the_link_says() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut links = 0;
    for (before, after) in readme.match_indices("](").map(|(at, _)| readme.split_at(at)) {
        let target = after[2..].split(')').next().unwrap();
        let Some((file, lines)) = target.split_once("#L") else { continue };
        let said = before.rsplit('[').next().unwrap().trim_matches('`');
        let (first, last) = lines.split_once("-L").unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let code = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
        let shown: Vec<&str> = code.lines().skip(first - 1).take(last + 1 - first).collect();
        assert_eq!(shown.len(), last + 1 - first, "{target}: the file is shorter");
        assert!(shown.len() <= MOST_LINES, "{target}: {} lines", shown.len());
        assert!(shown.iter().any(|line| line.contains(said)), "{target} does not hold {said:?}:\n{}", shown.join("\n"));
        links += 1;
    }
    assert!(links >= 6, "only {links} stages link their lines");
}
