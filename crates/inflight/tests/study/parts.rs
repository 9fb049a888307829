//! A study in parts, and the parts put together.

use std::path::Path;

use inflight_record::{Environment, Record, jsonl};

use crate::stage::{Stage, inflight, keys, refused};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn parts_hold_whole_rounds_and_come_to_the_whole_study() {
    let stage = Stage::new("");
    let (first, second) = (stage.path().join("first"), stage.path().join("second"));
    for (out, part) in [(&first, "1/2"), (&second, "2/2")] {
        let output = stage.command_into(out, &format!("--rounds 3 --shard {part}")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let records: Vec<Record> = jsonl::load(&second.join("records.jsonl")).unwrap();
    assert!(records.iter().all(|record| record.round == 1), "the second part of three rounds is the round 1");
    let out = stage.out();
    let merged = inflight(&["merge", text(&first), text(&second), "--out", text(&out)]);
    assert!(merged.status.success(), "{merged:?}");
    assert_eq!(keys(&stage.records()), stage.all_keys(0..3));
    assert_eq!(stage.manifests().len(), 2);
    assert_eq!(
        std::fs::read_to_string(out.join("study.toml")).unwrap(),
        std::fs::read_to_string(stage.file()).unwrap()
    );
    assert_eq!(jsonl::load::<inflight_record::Environment>(&out.join("environments.jsonl")).unwrap().len(), 1);
    assert!(inflight(&["summary", text(&out)]).status.success());

    let again = stage.path().join("again");
    refused(&inflight(&["merge", text(&first), text(&first), "--out", text(&again)]), "hold the same part");
    refused(&inflight(&["merge", text(&out), text(&second), "--out", text(&again)]), "hold the same part");
    refused(&inflight(&["merge", text(&first), text(&second), "--out", text(&out)]), "holds something already");
    refused(&inflight(&["merge", text(stage.path()), "--out", text(&again)]), "is no study");
    let half = inflight(&["merge", text(&first), "--out", text(&again)]);
    assert!(String::from_utf8_lossy(&half.stderr).contains("part 2/2 of machine"), "{half:?}");
}

#[test]
fn builds_of_different_compilers_are_not_merged() {
    let stage = Stage::new("");
    let [one, other] = ["one", "other"].map(|name| stage.path().join(name));
    for (out, part) in [(&one, "1/2"), (&other, "2/2")] {
        assert!(stage.command_into(out, &format!("--rounds 2 --shard {part}")).output().unwrap().status.success());
    }
    // Another compiler makes another environment.
    let [Environment { environment_id, software, .. }] = &jsonl::load(&other.join("environments.jsonl")).unwrap()[..]
    else {
        panic!("one environment");
    };
    for file in ["study.jsonl", "records.jsonl", "environments.jsonl"] {
        let lines = std::fs::read_to_string(other.join(file)).unwrap();
        let lines = lines.replace(environment_id, "0123456789abcdef").replace(&software.rustc, "1.0.0");
        std::fs::write(other.join(file), lines).unwrap();
    }
    let merged = inflight(&["merge", text(&one), text(&other), "--out", text(&stage.out())]);
    refused(&merged, "were run by different builds");
    refused(&merged, "1.0.0");
}

#[test]
fn different_studies_are_not_merged() {
    let (one, other) = (Stage::new(""), Stage::new("seed = 2\n"));
    for stage in [&one, &other] {
        assert!(stage.run("--rounds 1").status.success());
    }
    let out = one.path().join("both");
    refused(&inflight(&["merge", text(&one.out()), text(&other.out()), "--out", text(&out)]), "hold different studies");
    assert!(!out.exists());
}
