//! Programs from outside, as a list of peers names them: chosen, checked, run in the same rounds, skipped where missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use inflight_record::{ArmKind, Label, Manifest, Outcome, Record, jsonl};

/// A directory with a list of peers: one that is this project's own worker, one that is not installed, and load
/// generators that report what they are told to.
struct Stage(tempfile::TempDir);

/// Speaks the protocol as a load generator does: it makes no request, and reports what stands in its first argument.
const GENERATOR: &str = "echo '{\"type\":\"hello\",\"protocol\":1,\"versions\":\"generator 1\"}'\n\
    while read -r line; do case $line in\n\
    *'\"prepare\"'*) echo '{\"type\":\"ready\"}';;\n\
    *'\"start\"'*) echo \"{\\\"type\\\":\\\"done\\\",\\\"makespan_ns\\\":1000,\\\"reported\\\":$1}\";;\n\
    *'\"report\"'*) echo '{\"type\":\"end\"}'; exit;;\n\
    esac; done\n";

impl Stage {
    fn new() -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        std::fs::write(stage.path("generator.sh"), GENERATOR).unwrap();
        let worker = format!("[\"{}\", \"worker\", \"sequential\"]", env!("CARGO_BIN_EXE_inflight"));
        let generator = |report: &str| format!("[\"sh\", \"{{here}}/generator.sh\", '{report}']");
        let here = "[\"echo\", \"its versions\"]";
        let mut text = String::new();
        for (id, label, command, version) in [
            ("own", "idiomatic", worker.clone(), here),
            ("absent", "tuned", worker, "[\"/nonexistent/peer\", \"--version\"]"),
            ("braggart", "yardstick", generator("{\"requests\":5,\"errors\":0}"), here),
            ("silent", "yardstick", generator("null"), here),
        ] {
            let peak = if label == "yardstick" { "\"concurrency\"" } else { "1" };
            let _ = writeln!(
                text,
                "[[peer]]\nid = \"{id}\"\nidea = \"For tests.\"\nlabel = \"{label}\"\nclient = \"c\"\nin_flight = {peak}\n\
                 command = {command}\nversion = {version}\ninstall = \"get {id}\"\n"
            );
        }
        std::fs::write(stage.file(), text).unwrap();
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path("peers.toml")
    }

    fn inflight(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_inflight"));
        command.args(arguments.split_whitespace()).arg("--peers-file").arg(self.file());
        command.output().unwrap()
    }

    /// Runs some peers beside the floor for one round.
    fn run(&self, peers: &str) -> (Option<i32>, Vec<Record>) {
        let workload = "run --requests 10 --concurrency 2 --delay 1ms --rounds 1 --models raw-epoll --json --peers";
        let output = self.inflight(&format!("{workload} {peers}"));
        let text = String::from_utf8_lossy(&output.stdout);
        (output.status.code(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn of<'a>(records: &'a [Record], arm: &str) -> &'a Record {
    records.iter().find(|record| record.arm == arm).unwrap()
}

#[test]
fn a_peer_runs_in_the_same_rounds_under_the_same_witness() {
    let (code, records) = Stage::new().run("own");
    assert_eq!((code, records.len()), (Some(0), 2), "{records:?}");
    let own = of(&records, "own");
    assert_eq!((own.outcome, own.ledger.unwrap().completed), (Outcome::Ok, 10));
    assert_eq!((own.model.card.label, own.model.declared_peak_here), (Label::Idiomatic, 1));
}

#[test]
fn a_peer_that_is_not_installed_is_skipped_with_a_record_that_says_how_to_get_it() {
    let (code, records) = Stage::new().run("absent");
    assert_eq!(code, Some(0));
    let absent = of(&records, "absent");
    assert_eq!(absent.outcome, Outcome::Skipped);
    let reason = absent.reason.as_ref().unwrap();
    assert!(reason.starts_with("not installed: /nonexistent/peer") && reason.contains("get absent"), "{reason}");
}

#[test]
fn a_load_generator_is_believed_only_what_the_server_counted() {
    let (code, records) = Stage::new().run("braggart,silent");
    assert_eq!(code, Some(1));
    let (braggart, silent) = (of(&records, "braggart"), of(&records, "silent"));
    assert_eq!(braggart.outcome, Outcome::Invalid);
    assert!(braggart.reason.as_ref().unwrap().contains("reports 5 answers, the server completed 0"));
    assert_eq!((braggart.reported.unwrap().requests, braggart.excess_ns), (5, None));
    assert_eq!(silent.outcome, Outcome::Failed);
}

#[test]
fn check_says_for_each_whether_it_is_there_and_passes() {
    let stage = Stage::new();
    let output = stage.inflight("peers check own,absent");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("cold ok, 120 requests proved · warm ok, 120 requests proved"), "{text}");
    assert!(text.contains("absent: not installed:"), "{text}");
    assert_eq!(output.status.code(), Some(1), "one that was asked for by name is missing");
    assert_eq!(stage.inflight("peers check own").status.code(), Some(0));
    assert_eq!(stage.inflight("peers check braggart").status.code(), Some(1));
    let list = String::from_utf8(stage.inflight("peers list").stdout).unwrap();
    assert!(list.contains("own · idiomatic · c · in flight min(C, 1) · installed (get own)"), "{list}");
    assert!(list.contains("absent · tuned · c · in flight min(C, 1) · not installed (get absent)"), "{list}");
}

#[test]
fn bad_lists_and_names_are_refused_before_anything_starts() {
    let stage = Stage::new();
    let refused = |arguments: &str, says: &str| {
        let output = stage.inflight(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {error}");
        assert!(error.contains(says), "{arguments}: {error:?} does not say {says:?}");
    };
    refused("peers check ovn", "no peer is called \"ovn\"; did you mean \"own\"?");
    refused("run --requests 1 --concurrency 1 --delay 0 --peers zzz", "`inflight peers list` names them all");
    let text = std::fs::read_to_string(stage.file()).unwrap();
    std::fs::write(stage.file(), text.replace("\"own\"", "\"tokio-reqwest\"")).unwrap();
    refused("peers list", "the peer \"tokio-reqwest\" has the name of a model");
    std::fs::write(stage.file(), "[[peer]]\nid = 5\n").unwrap();
    refused("peers list", "peers.toml:2:6: id must be a text in quotes");
    std::fs::remove_file(stage.file()).unwrap();
    refused("peers list", "--peers-file names another");
}

#[test]
fn a_study_runs_its_peers_and_shows_its_yardsticks_beside() {
    let stage = Stage::new();
    let study = "question = \"Q?\"\nmodels = [\"raw-epoll\", \"sequential\"]\nbaseline = \"raw-epoll\"\nrounds = 1\n\
        peers = [\"own\", \"absent\", \"braggart\"]\n\
        [[workload]]\nname = \"w\"\nrequests = 4\nconcurrency = 2\ndelay = \"2ms\"\n\
        [[claim]]\nsays = \"It is slower\"\ntheirs = \"2 × 1\"\ntimes = 2\nworkload = \"w\"\nslow = \"own\"\nfast = \"raw-epoll\"\n";
    std::fs::write(stage.path("mine.toml"), study).unwrap();
    let (file, out, lock) = (stage.path("mine.toml"), stage.path("out"), stage.path("lock"));
    let arguments = format!("study {} --out {} --lock {}", file.display(), out.display(), lock.display());
    let output = stage.inflight(&arguments);
    assert_eq!(output.status.code(), Some(1), "the braggart is invalid: {output:?}");
    let manifest: Manifest = jsonl::load(&out.join("study.jsonl")).unwrap().remove(0);
    let kind = |arm: &str| manifest.arms.iter().find(|it| it.arm == arm).unwrap().kind;
    assert_eq!((kind("own"), kind("absent"), kind("braggart")), (ArmKind::Model, ArmKind::Model, ArmKind::Yardstick));
    assert_eq!(manifest.claims.len(), 1);
    let summary = Command::new(env!("CARGO_BIN_EXE_inflight")).arg("summary").arg(&out).output().unwrap();
    let text = String::from_utf8_lossy(&summary.stdout);
    for part in ["yardstick", "braggart", "It is slower", "2.00 ×"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }

    std::fs::write(&file, study.replace("\"own\",", "\"ovn\",")).unwrap();
    let refused = stage.inflight(&arguments);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(error.contains("mine.toml:5:10: no peer is called \"ovn\""), "{error}");
    std::fs::write(&file, study.replace("slow = \"own\"", "slow = \"tokio-reqwest\"")).unwrap();
    let refused = stage.inflight(&arguments);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(error.contains("the study does not run \"tokio-reqwest\""), "{error}");
}
