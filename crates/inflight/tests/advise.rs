//! `inflight advise` on a directory of studies: answers, refusals and the codes that tell them apart.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results");

fn advise(results: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
    command.arg("advise").args(arguments.split_whitespace()).arg("--results").arg(results).output().unwrap()
}

#[track_caller]
fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(says) && output.stdout.is_empty(), "{error:?} does not say {says:?}");
}

fn check(value: &serde_json::Value) {
    let schema = fs::read_to_string(Path::new(COMMITTED).join("schema/advise.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0]);
}

#[test]
fn committed_studies_answer_what_they_measured_and_refuse_the_rest() {
    let results = Path::new(COMMITTED);
    // Whatever is committed holds this workload.
    let asked = "--requests 60 --concurrency 60 --delay 50ms";
    let output = advise(results, asked);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text.contains("Best by makespan: ") && text.contains("Measured as it is: quick/"), "{text}");
    let json: serde_json::Value = serde_json::from_slice(&advise(results, &format!("{asked} --json")).stdout).unwrap();
    check(&json);
    let answer = &json["machines"][0]["reply"];
    assert_eq!((&answer["kind"], &answer["by"]), (&"answer".into(), &"excess".into()));
    assert_eq!(answer["models"][0]["standing"], "best");

    let outside = "--requests 60000 --concurrency 60000 --delay 50ms";
    let output = advise(results, outside);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text.contains("nothing is guessed") && text.contains("inflight run --requests 60000"), "{text}");
    check(&serde_json::from_slice(&advise(results, &format!("{outside} --json")).stdout).unwrap());

    let machine = json["machines"][0]["environment_id"].as_str().unwrap();
    assert_eq!(advise(results, &format!("{asked} --machine {machine}")).status.code(), Some(0));
    refused(&advise(results, &format!("{asked} --machine nowhere")), "no machine is called nowhere");
}

#[test]
fn bad_input_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    let asked = "--requests 60 --concurrency 60 --delay 50ms";
    refused(&advise(empty.path(), asked), "holds no study");
    refused(&advise(&empty.path().join("nowhere"), asked), "nowhere");
    refused(&advise(empty.path(), "--requests 1 --concurrency 2 --delay 50ms"), "it must be 1 to 1");
    refused(&advise(empty.path(), "--requests 2 --concurrency 2 --delay 50"), "such as 50ms");
    refused(&advise(empty.path(), "--requests 2 --concurrency 2"), "--delay");
    // A study that is damaged is named, and not passed over.
    let study = empty.path().join("a/b");
    fs::create_dir_all(&study).unwrap();
    fs::write(study.join("study.jsonl"), "{}\n").unwrap();
    refused(&advise(empty.path(), asked), "a/b/study.jsonl:1");
    fs::copy(Path::new(COMMITTED).join("2026-11-21-2-cpu-vm/quick/study.jsonl"), study.join("study.jsonl")).unwrap();
    refused(&advise(empty.path(), asked), "a/b is no study");
}
