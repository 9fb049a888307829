//! The committed JSON schemas are those of the types, and real records follow them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::Path;
use std::process::Command;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/schema");

#[test]
fn the_committed_schemas_are_fresh() {
    let schemas = inflight_record::schema::all().into_iter().chain(inflight_harness::protocol::schemas());
    for (name, text) in schemas.chain(inflight_report::schemas()) {
        let committed = std::fs::read_to_string(Path::new(DIRECTORY).join(name)).unwrap_or_default();
        assert!(committed == text, "results/schema/{name} is stale: run scripts/schema.sh");
    }
}

fn validator(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(Path::new(DIRECTORY).join(name)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn check(validator: &jsonschema::Validator, text: &str) -> serde_json::Value {
    let value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0], "{text}");
    value
}

#[test]
fn what_a_run_writes_follows_them() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("records.jsonl");
    let status = Command::new(env!("CARGO_BIN_EXE_inflight"))
        .args("run --requests 20 --concurrency 5 --delay 5ms --rounds 2 --models sequential,raw-epoll --out".split(' '))
        .arg(&file)
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");

    let record = validator("record.schema.json");
    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 4);
    let environments = std::fs::read_to_string(directory.path().join("environments.jsonl")).unwrap();
    assert_eq!(environments.lines().count(), 1);
    let environment = check(&validator("environment.schema.json"), environments.lines().next().unwrap());
    for line in lines.lines() {
        let value = check(&record, line);
        assert_eq!(value["environment_id"], environment["environment_id"]);
        for key in TOP_LEVEL_KEYS {
            assert!(value.get(key).is_some(), "{key} is missing");
        }
        assert_eq!(value["workload"]["requests"], 20);
        assert!(value["model"]["id"].is_string() && value["model"]["hidden_caps"].is_array());
    }

    let samples: Vec<_> = std::fs::read_dir(directory.path().join("samples")).unwrap().collect();
    assert_eq!(samples.len(), 2, "one round's samples of each cell");
    let sample = validator("sample.schema.json");
    for entry in samples {
        let text = String::from_utf8(zstd::decode_all(std::fs::File::open(entry.unwrap().path()).unwrap()).unwrap());
        let text = text.unwrap();
        assert_eq!(text.lines().count(), 20);
        text.lines().for_each(|line| drop(check(&sample, line)));
    }
}

const TOP_LEVEL_KEYS: [&str; 28] = [
    "schema_version",
    "record_id",
    "study_id",
    "round",
    "position",
    "arm",
    "model",
    "workload",
    "outcome",
    "reason",
    "flags",
    "makespan_ns",
    "ideal_ns",
    "declared_ideal_ns",
    "excess_ns",
    "efficiency",
    "cpu",
    "memory",
    "threads_peak",
    "context_switches",
    "latency",
    "histograms",
    "ledger",
    "network",
    "steal_ns",
    "cpus",
    "environment_id",
    "seed",
];
