//! Runs the binary on crawls, and reads what it says.

use std::process::{Command, Output};

use inflight_record::Record;

pub fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
    command.args(arguments.split_whitespace());
    command
}

pub fn inflight(arguments: &str) -> Output {
    command(arguments).output().unwrap()
}

/// `inflight crawl` with these arguments.
pub fn crawl(arguments: &str) -> Output {
    inflight(&format!("crawl {arguments}"))
}

/// The records that a crawl with these arguments prints; its batches are all `ok` or skipped by rule.
#[track_caller]
pub fn records(arguments: &str) -> Vec<Record> {
    let output = crawl(&format!("{arguments} --json"));
    assert_eq!(output.status.code(), Some(0), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    parsed(&output)
}

pub fn parsed(output: &Output) -> Vec<Record> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
pub fn refused(arguments: &str, says: &str) {
    let output = inflight(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {error}");
    assert!(error.contains(says), "{arguments}: {error:?} does not say {says:?}");
    assert!(output.stdout.is_empty(), "{arguments} printed something");
}
