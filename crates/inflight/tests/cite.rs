//! `inflight cite` from outside: the three formats, the list, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "cite/stage.rs"]
mod stage;

use inflight_record::{Outcome, Record, jsonl};
use stage::{STUDY, Stage};

const ID: &str = "small/c1/sequential/excess";

#[test]
fn a_figure_is_cited_in_three_formats_and_listed() {
    let stage = Stage::new();
    let printed = |arguments: &[&str]| {
        let output = stage.inflight(&[&["cite"], arguments].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = printed(&[ID]);
    for part in [
        "The excess of sequential was 10.0 ms (95 % interval 10.0 – 10.0; median of 6 rounds, none left out), for 10 requests, 1 in flight, each held for 5ms",
        ", measured on 2026-01-02 with inflight ",
        " Figure small/c1/sequential/excess, from results/2026-01-02-box/small/records.jsonl.\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(text.lines().count(), 1);
    let link = "Figure [small/c1/sequential/excess](results/2026-01-02-box/small/records.jsonl).";
    assert!(printed(&[ID, "--format", "markdown"]).contains(link));
    let bibtex = printed(&["--format", "bibtex", "2026-01-02-box:small/c1/raw-epoll/excess_ratio"]);
    assert!(bibtex.starts_with("@misc{inflight:2026-01-02-box:small/c1/raw-epoll/excess_ratio,\n"), "{bibtex}");
    assert_eq!(printed(&[ID, "--results", &format!("{STUDY}/../..")]).lines().count(), 1);

    let all = printed(&["--list"]);
    assert!(all.lines().any(|id| id == ID) && all.lines().count() > 26, "{all}");
    let some = printed(&["--list", "small/c1/raw-epoll/excess"]);
    assert_eq!(some, "small/c1/raw-epoll/excess\nsmall/c1/raw-epoll/excess_ratio\n");
    assert!(printed(&["small/c1/raw-epoll/excess_ratio"]).contains("in the same round, was 0.500 (95 % interval"));
}

#[test]
fn what_cannot_be_cited_is_refused_with_what_could() {
    let stage = Stage::new();
    stage.refused(&["cite", "small/c1/sequentail/excess"], &["did you mean small/c1/sequential/excess"]);
    stage.refused(&["cite", "smal/c1/sequential/excess"], &["no study \"smal\"; did you mean small?"]);
    stage.refused(&["cite", "--list", "large/"], &["no id begins with \"large/\""]);
    stage.refused(&["cite"], &["--list"]);
    stage.refused(&["cite", ID, "--list"], &["cannot be used with"]);
    stage.refused(&["cite", ID, "--format", "html"], &["bibtex"]);
    stage.refused(&["cite", ID, "--results", "nowhere"], &["nowhere: No such file", "such as results"]);
    std::fs::create_dir(stage.path("empty")).unwrap();
    stage.refused(&["cite", ID, "--results", "empty"], &["empty holds no study", "`inflight study` makes one"]);
}

#[test]
fn whoever_reads_ids_may_stop() {
    use std::process::{Command, Stdio};
    let stage = Stage::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
    command.current_dir(stage.path("")).args(["cite", "--list"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn records_that_cannot_be_read_or_used_are_told() {
    let stage = Stage::new();
    let mut records: Vec<Record> = jsonl::load(&stage.path(STUDY).join("records.jsonl")).unwrap();
    for record in &mut records {
        (record.outcome, record.reason) = (Outcome::Failed, Some("it broke".to_owned()));
    }
    stage.write_records(&records);
    let output = stage.inflight(&["cite", ID]);
    let text = String::from_utf8_lossy(&output.stdout);
    let says = "The excess of sequential has no estimate (no batch of it may be used; its batches: 0 ok, 6 failed)";
    assert!(output.status.success() && text.contains(says), "{text}");
    records[3].schema_version = 9;
    stage.write_records(&records);
    stage.refused(&["cite", ID], &["records.jsonl:4: schema version 9"]);
}
