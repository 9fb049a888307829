//! `inflight portability` and `inflight report` on copies of the committed study, as if it had run on several machines.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

const STUDY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/quick");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/schema/portability.schema.json");
const NODES: [&str; 4] = ["node1", "node2", "node3", "node4"];

fn inflight(arguments: &[&str], directories: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
    command.args(arguments).args(directories).output().unwrap()
}

/// The committed study as a part of its own, in `<out>/<node>`.
fn stage(out: &Path, node: &str) -> PathBuf {
    let to = out.join(node);
    fs::create_dir_all(&to).unwrap();
    fs::copy(Path::new(STUDY).join("study.toml"), to.join("study.toml")).unwrap();
    let text = |file: &str| fs::read_to_string(Path::new(STUDY).join(file)).unwrap();
    let manifest: Value = serde_json::from_str(text("study.jsonl").lines().next().unwrap()).unwrap();
    let id = manifest["study_id"].as_str().unwrap();
    for file in ["study.jsonl", "records.jsonl", "environments.jsonl"] {
        fs::write(to.join(file), text(file).replace(id, &format!("{id}-{node}"))).unwrap();
    }
    to
}

/// Says that this machine has more CPUs online than may be used.
fn restrict(study: &Path) {
    let path = study.join("environments.jsonl");
    let lines = fs::read_to_string(&path).unwrap();
    let restricted = lines.lines().map(|line| {
        let mut environment: Value = serde_json::from_str(line).unwrap();
        environment["machine"]["restricted"] = json!({ "online_cpus": 8, "quota_milli_cpus": 1500 });
        format!("{environment}\n")
    });
    fs::write(&path, restricted.collect::<String>()).unwrap();
}

#[test]
fn a_ratio_on_four_machines_is_told_with_where_the_next_one_lies() {
    let out = tempfile::tempdir().unwrap();
    let studies: Vec<PathBuf> = NODES.iter().map(|node| stage(out.path(), node)).collect();
    restrict(&studies[3]);

    let output = inflight(&["portability", "--json"], &studies);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let portability: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = serde_json::from_str(&fs::read_to_string(SCHEMA).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&portability).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0]);
    let study = &portability["studies"][0];
    let names: Vec<&str> =
        study["machines"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, NODES);
    let rows = study["workloads"][0]["rows"].as_array().unwrap();
    assert!(rows.len() > 10, "{} rows", rows.len());
    for row in rows.iter().filter(|row| !row["together"].is_null()) {
        let (together, on) = (&row["together"], &row["machines"][0]);
        let number = |value: &Value| value.as_f64().unwrap();
        // Four times the same records: the middle is that of each, and nothing lies between machines.
        assert!((number(&together["ratio"]) / number(&on["ratio"])).ln().abs() < 1e-6, "{row}");
        assert_eq!((number(&together["spread"]), number(&together["i_squared"])), (0.0, 0.0), "{row}");
        assert!(number(&together["next_low"]) < number(&together["low"]), "{row}");
        assert!(number(&together["high"]) < number(&together["next_high"]), "{row}");
        assert_ne!(row["verdict"], "reversed");
    }

    // One directory that holds them all is the same.
    let all = inflight(&["portability", "--json"], &[out.path().to_owned()]);
    assert_eq!(serde_json::from_slice::<Value>(&all.stdout).unwrap()["studies"][0]["workloads"], study["workloads"]);

    let charts = out.path().join("pictures");
    let output = inflight(&["portability", "--markdown", "--charts", charts.to_str().unwrap()], &studies);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("| node4 (restricted) ") && text.contains("2 CPUs, restricted: 2 of 8 online, quota of 1.5"),
        "{text}"
    );
    let files: Vec<String> =
        fs::read_dir(&charts).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert!(files.len() >= 8 && files.iter().all(|file| file.starts_with("forest-")), "{files:?}");

    let output = inflight(&["report"], &[out.path().to_owned()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let readme = fs::read_to_string(out.path().join("README.md")).unwrap();
    assert!(
        readme.contains("## From machine to machine") && readme.contains("charts/forest-excess-quick-"),
        "{readme}"
    );
    assert!(out.path().join("charts").is_dir());
    let page = fs::read_to_string(out.path().join("page.html")).unwrap();
    assert!(page.contains("\"portability\":[{\"study\":\"quick\""));
    // Each study by itself ran on one machine.
    assert!(!fs::read_to_string(studies[0].join("README.md")).unwrap().contains("From machine to machine"));
}

#[test]
fn what_is_no_fleet_has_no_answer_or_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let studies: Vec<PathBuf> = NODES[..2].iter().map(|node| stage(out.path(), node)).collect();
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let few = inflight(&["portability"], &studies);
    assert_eq!(few.status.code(), Some(3), "{}", said(&few));
    assert!(
        said(&few).contains("takes 3 machines or more: there is study quick on 2 (node1, node2)"),
        "{}",
        said(&few)
    );
    assert!(few.stdout.is_empty());

    let twice = [studies[0].clone(), studies[1].clone(), studies[0].clone()];
    let twice = inflight(&["portability"], &twice);
    assert_eq!(twice.status.code(), Some(2));
    assert!(said(&twice).contains("hold the same part of study quick"), "{}", said(&twice));

    let nowhere = inflight(&["portability"], &[out.path().join("nowhere")]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(said(&nowhere).contains("it has to be a directory with studies in it"), "{}", said(&nowhere));

    let both = inflight(&["portability", "--json", "--markdown"], &studies);
    assert_eq!(both.status.code(), Some(2));
}
