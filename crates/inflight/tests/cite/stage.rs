//! A directory of results with one small study in it: a real record of each model, its times set to what tests expect.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use inflight_record::{
    Arm, ArmKind, Controls, Label, Manifest, NamedWorkload, Record, RoundsRule, SCHEMA_VERSION, jsonl,
};

/// The study's directory below the results.
pub const STUDY: &str = "results/2026-01-02-box/small";

pub struct Stage {
    directory: tempfile::TempDir,
}

impl Stage {
    /// Six rounds of 10 requests of 5 ms, one at a time: 60 ms for `sequential`, 55 ms for `raw-epoll`.
    pub fn new() -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        let run = "run --requests 10 --concurrency 1 --delay 5ms --rounds 1 --models sequential,raw-epoll --out records.jsonl";
        fs::create_dir_all(stage.path(STUDY)).unwrap();
        let output = stage.command(&stage.path(STUDY), &run.split(' ').collect::<Vec<_>>()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let records: Vec<Record> = jsonl::load(&stage.path(STUDY).join("records.jsonl")).unwrap();
        let of_round = |round| records.iter().map(move |record| as_expected(record, round));
        stage.write_records(&(0..6).flat_map(of_round).collect::<Vec<_>>());
        let text = serde_json::to_string(&manifest(&records[0])).unwrap();
        fs::write(stage.path(STUDY).join("study.jsonl"), text + "\n").unwrap();
        stage
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.directory.path().join(below)
    }

    pub fn write_records(&self, records: &[Record]) {
        let text: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
        fs::write(self.path(STUDY).join("records.jsonl"), text).unwrap();
    }

    /// Runs the binary above the results.
    pub fn inflight(&self, arguments: &[&str]) -> Output {
        self.command(self.directory.path(), arguments).output().unwrap()
    }

    fn command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
        command.current_dir(directory).args(arguments);
        command
    }

    /// Has the binary refuse: code 2, nothing on stdout, and all of this on stderr.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str], says: &[&str]) {
        let output = self.inflight(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        for word in says {
            assert!(error.contains(word), "{arguments:?}: {error:?} does not say {word:?}");
        }
        assert!(output.stdout.is_empty(), "{arguments:?} printed something");
    }
}

/// The record in this round, with the time that tests expect, on a day that they expect; how busy this machine is does not
/// matter.
fn as_expected(record: &Record, round: u32) -> Record {
    let makespan_ns = if record.arm == "sequential" { 60_000_000 } else { 55_000_000 };
    Record {
        round,
        makespan_ns: Some(makespan_ns),
        started_at: "2026-01-02T03:04:05Z".to_owned(),
        flags: vec![],
        ..record.clone()
    }
}

fn manifest(first: &Record) -> Manifest {
    let arm = |model: &str, label| Arm {
        arm: model.to_owned(),
        model: model.to_owned(),
        label,
        kind: ArmKind::Model,
        versions: None,
    };
    Manifest {
        schema_version: SCHEMA_VERSION,
        study_id: first.study_id.clone(),
        name: "small".to_owned(),
        question: "Does it work?".to_owned(),
        study_sha256: String::new(),
        binary_sha256: String::new(),
        environment_id: first.environment_id.clone(),
        seed: first.seed,
        rounds: RoundsRule::Fixed(6),
        shard: None,
        baseline: "sequential".to_owned(),
        controls: Controls { delay_ns: 2_000_000, work_ns: 20_000 },
        workloads: vec![NamedWorkload {
            id: "c1".to_owned(),
            slug: first.workload.slug.clone(),
            workload: first.workload.workload(),
        }],
        claims: Vec::new(),
        placement: None,
        arms: vec![arm("sequential", Label::Idiomatic), arm("raw-epoll", Label::Floor)],
    }
}
