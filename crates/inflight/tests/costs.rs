//! `inflight costs` and `inflight list --costs` from outside: what is shown, what is refused before anything is built.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use inflight_record::Costs;

const MADE_UP: &str = include_str!("../../record/tests/costs.json");
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn inflight(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments).current_dir(directory).output().unwrap()
}

#[track_caller]
fn refused(directory: &Path, arguments: &[&str], says: &str) {
    let output = inflight(directory, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(says), "{said:?} does not say {says:?}");
}

/// A directory with two measurements in `results`, of which the one in the directory that sorts first is the newer.
fn stage() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let text = MADE_UP.replace("\"base\"", "\"sequential\"").replace("base/tuned", "sequential/tuned");
    for (name, time, lines) in [("2026-01-05-a", "2026-01-05", "81"), ("b", "2026-01-04", "82")] {
        let results = directory.path().join("results").join(name);
        fs::create_dir_all(&results).unwrap();
        let text = text.replace("2026-01-03", time).replace("\"code_lines\": 80", &format!("\"code_lines\": {lines}"));
        fs::write(results.join("costs.json"), text).unwrap();
    }
    directory
}

#[test]
fn the_list_shows_the_newest_costs_beside_the_models() {
    let stage = stage();
    let output = inflight(stage.path(), &["list", "--costs", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: &str| lines.iter().find(|line| line["id"] == id).unwrap();
    assert_eq!(of("sequential")["costs"]["code_lines"], 81);
    assert_eq!(of("sequential")["label"], "idiomatic");
    assert!(of("raw-epoll")["costs"].is_null(), "what was not measured is null");

    let output = inflight(stage.path(), &["list", "--costs", "--from", "results/b/costs.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let row = text.lines().find(|line| line.contains("82")).unwrap();
    assert!(row.contains("sequential") && text.contains("not measured"), "{text}");
    assert!(text.contains("Not known: no linker."), "{text}");
}

#[test]
fn lists_without_costs_say_how_to_get_them() {
    let directory = tempfile::tempdir().unwrap();
    refused(directory.path(), &["list", "--costs"], "name a file with --from");
    fs::create_dir_all(directory.path().join("results/x")).unwrap();
    refused(directory.path(), &["list", "--costs"], "scripts/costs.sh makes one");
    refused(directory.path(), &["list", "--from", "x"], "--costs");
    fs::write(directory.path().join("results/x/costs.json"), "{\"schema_version\": 9}").unwrap();
    refused(directory.path(), &["list", "--costs"], "schema_version 9 is unknown");
}

#[test]
fn nothing_is_built_for_bad_input() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    fs::write(at.join("there.json"), "mine").unwrap();
    refused(at, &["costs", "--out", "there.json"], "is there already");
    refused(at, &["costs", "--out", "none/costs.json"], "is no directory");
    refused(at, &["costs", "--out", "c.json", "--models", "sequental"], "did you mean \"sequential\"");
    refused(at, &["costs", "--out", "c.json"], "needs a checkout");
    refused(at, &["costs", "--out", "c.json", "--checkout", CHECKOUT, "--advisory-db", "."], "no copy of RustSec's");
    fs::create_dir_all(at.join("other/src")).unwrap();
    fs::write(at.join("other/Cargo.toml"), "[package]\nname = \"other\"\nversion = \"0.1.0\"\n").unwrap();
    fs::write(at.join("other/src/lib.rs"), "").unwrap();
    refused(at, &["costs", "--out", "c.json", "--checkout", "other"], "is no checkout of inflight");
    assert_eq!(fs::read(at.join("there.json")).unwrap(), b"mine");
    assert!(!at.join("c.json").exists());
}

/// Builds two models for real, which takes minutes: `cargo test -p inflight --test costs -- --ignored`.
#[test]
#[ignore = "it builds the models, which takes minutes"]
fn two_models_are_measured() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("costs.json");
    let out = path.to_str().unwrap();
    let output = inflight(Path::new(CHECKOUT), &["costs", "--models", "sequential,raw-epoll", "--out", out]);
    assert!(output.status.success(), "{output:?}");
    let costs = Costs::load(&path).unwrap();
    assert_eq!(costs.crates.len(), 2);
    for of in &costs.crates {
        let program = of.worker.value.unwrap();
        assert!(program.binary_bytes > costs.harness.binary_bytes, "{of:?}");
        assert!(of.crates_alone.value.unwrap().cpu_ns > 0 && of.code_lines > 50, "{of:?}");
        assert!(of.direct.iter().all(|package| of.all.contains(package)), "{of:?}");
        assert!(of.all.iter().any(|package| package.name == of.client.name), "{of:?}");
    }
    let ureq = &costs.of("sequential").unwrap();
    assert!(ureq.all.iter().all(|package| !package.name.starts_with("inflight")), "{ureq:?}");
}
