//! `inflight summary` and `inflight compare` on directories with real records: what is written, printed and refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::Path;
use std::process::{Command, Output};

use inflight_record::{
    Arm, ArmKind, Controls, Label, Manifest, NamedWorkload, Outcome, Record, RoundsRule, SCHEMA_VERSION, jsonl,
};

fn inflight(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments).output().unwrap()
}

fn write(path: &Path, records: Vec<Record>) -> Vec<Record> {
    let text: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
    std::fs::write(path, text).unwrap();
    records
}

/// Runs a small comparison and writes the manifest of a study beside its records.
fn study(dir: &Path) {
    let records = dir.join("records.jsonl");
    let run = "run --requests 20 --concurrency 10 --delay 5ms --rounds 2 --models sequential,raw-epoll --out";
    let output = inflight(&run.split(' ').chain([records.to_str().unwrap()]).collect::<Vec<_>>());
    assert!(output.status.success(), "{output:?}");
    // Whether this machine is busy is not what is tested: no batch is left out.
    let unflagged = jsonl::load::<Record>(&records).unwrap().into_iter().map(|it| Record { flags: vec![], ..it });
    let first = write(&records, unflagged.collect()).swap_remove(0);
    let arm = |model: &str, label| Arm {
        arm: model.to_owned(),
        model: model.to_owned(),
        label,
        kind: ArmKind::Model,
        versions: None,
    };
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        study_id: first.study_id,
        name: "small".to_owned(),
        question: "Does it work?".to_owned(),
        study_sha256: String::new(),
        binary_sha256: String::new(),
        environment_id: first.environment_id,
        seed: first.seed,
        rounds: RoundsRule::Fixed(2),
        shard: None,
        baseline: "sequential".to_owned(),
        controls: Controls { delay_ns: 2_000_000, work_ns: 20_000 },
        workloads: vec![NamedWorkload {
            id: "c10".to_owned(),
            slug: first.workload.slug.clone(),
            workload: first.workload.workload(),
        }],
        claims: Vec::new(),
        placement: None,
        arms: vec![arm("sequential", Label::Idiomatic), arm("raw-epoll", Label::Floor)],
    };
    std::fs::write(dir.join("study.jsonl"), serde_json::to_string(&manifest).unwrap() + "\n").unwrap();
}

#[test]
fn a_study_is_summed_up_and_compared() {
    let dir = tempfile::tempdir().unwrap();
    study(dir.path());
    let path = dir.path().to_str().unwrap();

    let output = inflight(&["summary", path, "--json"]);
    assert!(output.status.success(), "{output:?}");
    let written = std::fs::read(dir.path().join("summary.json")).unwrap();
    assert_eq!(output.stdout, written);
    let summary = serde_json::from_slice(&written).unwrap();
    check("summary.schema.json", &summary);
    assert_eq!(summary["machines"][0]["placed"]["worker_cpus"].as_array().map(Vec::is_empty), Some(false));

    let table = String::from_utf8(inflight(&["summary", path, "--markdown"]).stdout).unwrap();
    assert!(
        table.contains("| raw-epoll") && table.contains("No ranks by") && table.contains("server on CPU"),
        "{table}"
    );

    // Two rounds say nothing: that is no pass.
    for more in [&[][..], &["--json"], &["--fail-above", "5%"], &["--json", "--fail-above", "5%"]] {
        let output = inflight(&[&["compare", path, path], more].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("nothing could be compared") && error.contains("takes 5 rounds"), "{error}");
        if more.contains(&"--json") {
            check("comparison.schema.json", &serde_json::from_slice(&output.stdout).unwrap());
        } else {
            assert!(String::from_utf8_lossy(&output.stdout).contains("2 and 2 rounds are too few"), "{output:?}");
        }
    }
}

#[test]
fn a_comparison_fails_where_something_broke_and_only_then() {
    let dir = tempfile::tempdir().unwrap();
    study(dir.path());
    let records: Vec<Record> = jsonl::load(&dir.path().join("records.jsonl")).unwrap();
    // Six rounds out of the first one: what is compared is enough, and does not vary.
    let six = |edit: &dyn Fn(Record) -> Record| {
        let side = tempfile::tempdir().unwrap();
        for file in ["study.jsonl", "environments.jsonl"] {
            std::fs::copy(dir.path().join(file), side.path().join(file)).unwrap();
        }
        let first = || records.iter().filter(|it| it.round == 0).cloned();
        let rounds = (0..6).flat_map(|round| first().map(move |it| Record { round, ..it }).map(edit));
        write(&side.path().join("records.jsonl"), rounds.collect());
        side
    };
    let broken = |it: Record| match it.arm.as_str() {
        "sequential" => Record { outcome: Outcome::Failed, reason: Some("broke".to_owned()), ..it },
        _ => it,
    };
    let (whole, part) = (six(&|it| it), six(&broken));
    let all = six(&|it| Record { outcome: Outcome::Failed, reason: Some("broke".to_owned()), ..it });
    let code = |b: &tempfile::TempDir, more: &[&str]| {
        let paths = ["compare", whole.path().to_str().unwrap(), b.path().to_str().unwrap()];
        let output = inflight(&[&paths, more].concat());
        if more.contains(&"--json") {
            check("comparison.schema.json", &serde_json::from_slice(&output.stdout).unwrap());
        }
        output.status.code()
    };
    let gate = ["--json", "--fail-above", "5%"];
    assert_eq!((code(&whole, &gate), code(&whole, &[])), (Some(0), Some(0)));
    assert_eq!((code(&part, &gate), code(&part, &[])), (Some(1), Some(0)));
    // Nothing left to compare: a failure where one is asked for, and never a pass.
    assert_eq!((code(&all, &gate), code(&all, &[])), (Some(1), Some(2)));
}

fn check(schema: &str, value: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/schema").join(schema);
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(value).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0]);
}

#[test]
fn what_is_no_study_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    for arguments in [&["summary", path][..], &["compare", path, path]] {
        let output = inflight(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("it has no study.jsonl"), "{output:?}");
        assert!(output.stdout.is_empty());
    }
    let output = inflight(&["compare", path, path, "--fail-above", "5"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 0, "something was written");
}
