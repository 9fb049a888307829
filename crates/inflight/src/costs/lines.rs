//! Lines of code of a crate: those of `src/` that are neither blank, comment nor test.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// The lines of every `.rs` file below `src/`. Files and directories that are called `tests` are left out.
pub fn in_crate(directory: &Path) -> anyhow::Result<u64> {
    let mut waiting = vec![directory.join("src")];
    let mut lines = 0;
    while let Some(path) = waiting.pop() {
        let unreadable = || path.display().to_string();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if fs::metadata(&path).with_context(unreadable)?.is_dir() {
            for entry in fs::read_dir(&path).with_context(unreadable)? {
                waiting.push(entry.with_context(unreadable)?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            lines += in_text(&fs::read_to_string(&path).with_context(unreadable)?);
        }
    }
    Ok(lines)
}

/// The lines of a text that rustfmt has seen: what follows `#[cfg(test)]` ends at the first line that is closed at its
/// own depth, by `;` or `}`.
fn in_text(text: &str) -> u64 {
    let mut count = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code == "#[cfg(test)]" {
            let depth = line.len() - code.len();
            let ends = |line: &str| {
                let here = line.len() - line.trim_start().len() == depth;
                here && (line.ends_with('}') || line.ends_with(';'))
            };
            let _ = lines.find(|line| ends(line));
        } else if !code.is_empty() && !code.starts_with("//") {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_comments_and_tests_are_no_code() {
        let text = "//! Purpose.\n\nmod a;\n#[cfg(test)]\nmod tests;\n\n/// Docs.\nfn f() {\n    // why\n    g(); // here\n\n    \
                    #[cfg(test)]\n    seen();\n}\n\n#[cfg(test)]\nmod inner {\n    #[test]\n    fn t() {\n        f();\n    }\n}\nfn g() {}\n";
        // mod a; fn f() { g(); } fn g() {}
        assert_eq!(in_text(text), 5);
    }

    #[test]
    fn files_of_tests_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("src");
        fs::create_dir_all(source.join("part/tests")).unwrap();
        for file in ["lib.rs", "part/a.rs", "part/tests/b.rs", "part/tests.rs", "tests.rs", "part/notes.txt"] {
            fs::write(source.join(file), "fn f() {}\n").unwrap();
        }
        assert_eq!(in_crate(directory.path()).unwrap(), 2);
        assert!(in_crate(&directory.path().join("none")).is_err());
    }
}
