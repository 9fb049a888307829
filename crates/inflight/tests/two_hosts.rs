//! A server on another host: in a network namespace of its own, joined to the client's by a pair of virtual interfaces.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "two_hosts/input.rs"]
mod input;
#[path = "two_hosts/link.rs"]
mod link;
#[path = "two_hosts/stage.rs"]
mod stage;

use std::time::Duration;

use inflight_record::{Environment, Flag, Outcome, jsonl};
use stage::{Stage, records, refused};

const ROUND: &str = "--models raw-epoll,sequential,tokio-reqwest --rounds 2 --seed 1 --json";

#[test]
fn models_run_on_a_server_elsewhere_and_their_records_say_so() {
    let Some(stage) = Stage::new("run") else { return };
    let _server = stage.serve();
    let out = stage.path("records.jsonl");
    let arguments = format!("run --requests 24 --concurrency 8 --delay 20ms {ROUND} --out {}", out.display());
    let output = stage.with_server(&arguments);
    let records = records(&output);
    assert_eq!((output.status.code(), records.len()), (Some(0), 6), "{}", String::from_utf8_lossy(&output.stderr));
    let environment: Environment = jsonl::load(&stage.path("environments.jsonl")).unwrap().remove(0);
    let server = environment.server.as_ref().unwrap();
    for record in &records {
        assert_eq!(record.outcome, Outcome::Ok, "{}: {:?}", record.arm, record.reason);
        assert_eq!(record.ledger.unwrap().completed, 24);
        assert_eq!(record.workload.placement, "remote");
        assert_eq!((&record.cpus, &record.server_cpus), (&environment.machine.cpus, &server.machine.cpus));
        assert_eq!(record.environment_id, environment.environment_id);
        let (trips, side) = (record.round_trip.unwrap(), record.server_side.unwrap());
        for look in [trips.before, trips.after] {
            assert!(look.requests == 20 && look.min_ns > 0 && look.min_ns <= look.median_ns, "{look:?}");
        }
        assert!(side.link_bytes_per_s > 1, "{side:?}");
        assert_eq!(side.other_requests, 0, "nobody else was served");
        assert!(record.makespan_ns.unwrap() >= record.ideal_ns - record.ideal_ns / 1_000, "the bound stays");
    }
    let text = String::from_utf8(stage.inflight(&format!("table {}", out.display())).stdout).unwrap();
    for part in ["placement remote", "server elsewhere: round trips of", "server on "] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn one_server_serves_warm_batches_and_crawls_one_after_the_other() {
    let Some(stage) = Stage::new("many") else { return };
    let _server = stage.serve();
    for arguments in [
        format!("run --requests 24 --concurrency 8 --delay 20ms --connections warm {ROUND}"),
        format!("run --requests 24 --concurrency 8 --delay lognormal:20ms:0.6 --capacity 6 {ROUND}"),
        format!("crawl --catalogue books --pages 2 --concurrency 8 --delay 5ms {ROUND}"),
        format!("crawl --catalogue films --pages 1 --concurrency 8 --delay 5ms --faults 10% {ROUND}"),
    ] {
        let output = stage.with_server(&arguments);
        let records = records(&output);
        let failed: Vec<_> = records.iter().filter(|record| record.outcome != Outcome::Ok).collect();
        assert!(failed.is_empty() && records.len() == 6, "{arguments}: {failed:?}");
        assert_eq!(output.status.code(), Some(0));
        assert!(records.iter().all(|record| record.round_trip.is_some()));
        // reqwest's pool opens a connection where the task that gives one back has not had its turn yet.
        let kept = records.iter().filter(|record| record.arm != "tokio-reqwest");
        assert!(kept.into_iter().all(|record| !record.flags.contains(&Flag::WarmOpened)), "{arguments}");
    }
    // Of all of these none was refused, and 16 batches are kept.
    let overview = stage.overview();
    assert_eq!((&overview["unauthorized"], &overview["refused"]), (&0.into(), &0.into()), "{overview}");
    assert_eq!(overview["batches"].as_array().unwrap().len(), 16);
}

#[test]
fn a_study_ends_in_the_environment_of_both_machines_and_goes_on_in_no_other() {
    let Some(stage) = Stage::new("study") else { return };
    let _server = stage.serve();
    stage.write_study("rounds = 1\n");
    let study = |more: &str| {
        let (file, out, lock) = (stage.path("tiny.toml"), stage.path("out"), stage.path("lock"));
        format!("study {} --out {} --lock {} {more}", file.display(), out.display(), lock.display())
    };
    let output = stage.with_server(&study(""));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let records: Vec<inflight_record::Record> = jsonl::load(&stage.path("out/records.jsonl")).unwrap();
    assert_eq!(records.len(), 5, "two models and three controls");
    assert!(records.iter().all(|record| record.outcome == Outcome::Ok && record.round_trip.is_some()));
    assert_eq!(stage.with_server(&study("--resume")).status.code(), Some(0), "there is nothing left to do");
    refused(&stage.inflight(&study("--resume")), "the server, or its limits: elsewhere (");
}

#[test]
fn a_wrong_token_starts_nothing_and_is_counted() {
    let Some(stage) = Stage::new("token") else { return };
    let _server = stage.serve();
    stage.write_token("other", &"f".repeat(40));
    let run = "run --requests 8 --concurrency 4 --delay 1ms --rounds 1 --models raw-epoll";
    let output = stage.with_token(run, "other");
    refused(&output, "does not take the token: both sides need a --token-file with the same line");
    assert!(output.stdout.is_empty());
    let overview = stage.overview();
    assert_eq!((&overview["unauthorized"], &overview["refused"]), (&1.into(), &1.into()), "{overview}");
    assert_eq!(overview["batches"].as_array().unwrap().len(), 0, "no batch was opened");
}

#[test]
fn a_server_that_is_lost_fails_its_batch_and_the_rest_goes_on_when_it_is_back() {
    let Some(stage) = Stage::new("lost") else { return };
    let server = stage.serve();
    let arguments = "run --requests 8 --concurrency 4 --delay 2s --rounds 3 --models raw-epoll --seed 1 --json";
    let running = stage.start_with_server(&format!("{arguments} --wait-for-server 60s"));
    stage.until("a batch is under way", || stage.arrived() > 0);
    drop(server);
    std::thread::sleep(Duration::from_secs(1));
    let _server = stage.serve();
    let output = running.wait();
    let records = records(&output);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), records.len()), (Some(1), 3), "{error}");
    assert_eq!(records[0].outcome, Outcome::Failed);
    let reason = records[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("the server"), "{reason}");
    for record in &records[1..] {
        assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
    }
}

#[test]
fn a_server_that_stays_away_ends_the_run_and_what_ran_stands() {
    let Some(stage) = Stage::new("away") else { return };
    let server = stage.serve();
    let out = stage.path("records.jsonl");
    let arguments = "run --requests 8 --concurrency 4 --delay 2s --rounds 3 --models raw-epoll --seed 1 --out";
    let running = stage.start_with_server(&format!("{arguments} {} --wait-for-server 1s", out.display()));
    stage.until("a batch is under way", || stage.arrived() > 0);
    drop(server);
    let output = running.wait();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("did not answer within 1 s") && error.contains("--wait-for-server"), "{error}");
    let records: Vec<inflight_record::Record> = jsonl::load(&out).unwrap();
    assert_eq!(records.iter().map(|record| record.outcome).collect::<Vec<_>>(), [Outcome::Failed]);
}
