//! A small study in a directory of its own, under a lock of its own.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use inflight_record::{Manifest, Record, jsonl};

const WORKLOADS: &str = "[[workload]]\nrequests = 4\nconcurrency = [1, 2]\ndelay = \"2ms\"\n";

/// What tells batches of a study apart: workload, round, arm.
pub type Key = (String, u32, String);

pub struct Stage {
    directory: tempfile::TempDir,
}

impl Stage {
    /// Two workloads, two models, three controls; `top` goes to the top of the file.
    pub fn new(top: &str) -> Self {
        Self::with(top, WORKLOADS)
    }

    pub fn with(top: &str, workloads: &str) -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        let head = "question = \"Does it work?\"\nmodels = [\"raw-epoll\", \"sequential\"]\nbaseline = \"raw-epoll\"\n\
                    controls = { delay = \"20ms\", work = \"500us\" }\n";
        std::fs::write(stage.file(), format!("{head}{top}{workloads}")).unwrap();
        stage
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self) -> PathBuf {
        self.path().join("tiny.toml")
    }

    pub fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// The study into `out`, with more arguments.
    pub fn command_into(&self, out: &Path, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
        command.arg("study").arg(self.file()).arg("--out").arg(out).arg("--lock").arg(self.path().join("lock"));
        command.args(arguments.split_whitespace());
        command
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.command_into(&self.out(), arguments).output().unwrap()
    }

    pub fn records(&self) -> Vec<Record> {
        jsonl::load(&self.out().join("records.jsonl")).unwrap()
    }

    pub fn manifests(&self) -> Vec<Manifest> {
        jsonl::load(&self.out().join("study.jsonl")).unwrap()
    }

    /// The keys of all records, each once.
    pub fn keys(&self) -> BTreeSet<Key> {
        keys(&self.records())
    }

    /// The keys that a study of these rounds owes.
    pub fn all_keys(&self, rounds: Range<u32>) -> BTreeSet<Key> {
        let manifest = &self.manifests()[0];
        let mut keys = BTreeSet::new();
        for round in rounds {
            for workload in &manifest.workloads {
                keys.extend(manifest.arms.iter().map(|arm| (workload.slug.clone(), round, arm.arm.clone())));
            }
        }
        keys
    }
}

/// The keys of records; panics where one comes twice.
pub fn keys(records: &[Record]) -> BTreeSet<Key> {
    let keys: BTreeSet<Key> = records.iter().map(|it| (it.workload.slug.clone(), it.round, it.arm.clone())).collect();
    assert_eq!(keys.len(), records.len(), "a batch stands twice");
    keys
}

/// Runs `inflight` with these arguments.
pub fn inflight(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments).output().unwrap()
}

#[track_caller]
pub fn refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(says), "{error:?} does not say {says:?}");
}
