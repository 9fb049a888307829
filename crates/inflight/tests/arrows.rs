//! Who may depend on whom: the arrows of ARCHITECTURE.md, held against `cargo metadata`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Left may depend on right, and on nothing else of ours. Tests and benches may reach further.
const ARROWS: [(&str, &[&str]); 10] = [
    ("inflight-record", &[]),
    ("inflight-stats", &[]),
    ("inflight-http1", &[]),
    ("inflight-catalogue", &[]),
    ("inflight-delay-server", &["inflight-record", "inflight-catalogue"]),
    ("inflight-harness", &["inflight-record", "inflight-stats"]),
    ("inflight-crawl", &["inflight-harness", "inflight-record", "inflight-catalogue"]),
    ("inflight-report", &["inflight-record", "inflight-stats"]),
    ("inflight-model-*", &["inflight-harness", "inflight-record", "inflight-http1"]),
    ("inflight", &["*"]),
];

/// What must not be among a crate's dependencies, however deep.
const ABSENT: [(&str, &[&str]); 3] = [
    ("inflight-harness", &["tokio", "async-std", "smol", "async-executor", "futures-executor"]),
    ("inflight-record", &["tokio", "async-std", "ureq", "reqwest", "hyper", "mio", "socket2"]),
    ("inflight-catalogue", &["tokio", "async-std", "ureq", "reqwest", "hyper", "mio", "socket2", "rand"]),
];

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new().manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).exec().unwrap()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[test]
fn dependencies_follow_the_arrows() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    for package in metadata.workspace_packages() {
        let allowed = ARROWS
            .iter()
            .find(|(pattern, _)| matches(pattern, &package.name))
            .unwrap_or_else(|| panic!("{} is in no room: add it to ARCHITECTURE.md and here", package.name))
            .1;
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal) {
            let inside = ours.contains(&dependency.name);
            let fine = !inside || allowed.iter().any(|pattern| matches(pattern, &dependency.name));
            assert!(fine, "{} may not depend on {}", package.name, dependency.name);
        }
    }
}

#[test]
fn the_harness_has_no_runtime_and_the_records_no_network() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().unwrap();
    let edges: BTreeMap<_, Vec<_>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (&node.id, normal.map(|dependency| &dependency.pkg).collect())
        })
        .collect();
    for (name, absent) in ABSENT {
        let package = metadata.workspace_packages().into_iter().find(|package| *package.name == name).unwrap();
        let mut seen = BTreeSet::new();
        let mut waiting = vec![&package.id];
        while let Some(id) = waiting.pop() {
            if seen.insert(id) {
                assert!(!absent.contains(&metadata[id].name.as_str()), "{name} reaches {}", metadata[id].name);
                waiting.extend(&edges[id]);
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut waiting = vec![format!("{root}/crates"), format!("{root}/benches")];
    let mut files = 0;
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path.to_str().unwrap().to_owned());
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("//! "), "{} does not begin with its purpose", path.display());
                assert!(text.lines().count() <= 400, "{} has more than 400 lines", path.display());
            }
        }
    }
    assert!(files > 30);
}
