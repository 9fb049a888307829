//! The table in the README is the one that the committed records give.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn the_readmes_table_comes_from_its_records() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let (_, after) = readme.split_once("<!-- table: ").unwrap();
    let (file, after) = after.split_once(" -->\n").unwrap();
    let (shown, _) = after.split_once("\n<!-- /table -->").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_inflight"))
        .args(["table", &format!("{ROOT}/{file}"), "--markdown"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(shown.trim(), String::from_utf8(output.stdout).unwrap().trim(), "run scripts/readme-table.sh");
}

#[test]
fn what_the_documents_link_to_exists() {
    for name in ["README.md", "ARCHITECTURE.md", "METHODOLOGY.md", "CONTRIBUTING.md", "results/README.md"] {
        let text = std::fs::read_to_string(format!("{ROOT}/{name}")).unwrap();
        let directory = std::path::Path::new(ROOT).join(name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let outside = target.starts_with("http");
            assert!(outside || path.is_empty() || directory.join(path).exists(), "{name} links to {target}");
        }
    }
}
