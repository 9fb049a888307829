//! What each rung of the ladder is there to show, seen in the server's ledger: counts, and no times.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::process::Command;

use inflight_record::{Flag, LedgerFigures, Outcome, Record};

/// Runs models on one workload, and gives each one's record.
#[track_caller]
fn run(models: &str, arguments: &str) -> Vec<Record> {
    let arguments = format!("run --models {models} {arguments} --rounds 1 --json");
    let output = Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments.split(' ')).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let records: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), models.split(',').count(), "{}", String::from_utf8_lossy(&output.stderr));
    for record in &records {
        assert_eq!(record.outcome, Outcome::Ok, "{arguments}: {}: {:?}", record.arm, record.reason);
    }
    records
}

/// The ledger of one model on one workload.
#[track_caller]
fn ledger(model: &str, arguments: &str) -> LedgerFigures {
    run(model, arguments)[0].ledger.unwrap()
}

#[test]
fn a_client_for_each_request_connects_for_each_and_one_for_all_does_not() {
    let workload = "--requests 60 --concurrency 6 --delay 5ms";
    for model in ["sequential/client-per-request", "tokio-reqwest/client-per-request"] {
        assert_eq!(ledger(model, workload).connections_opened, 60, "{model}");
    }
    assert_eq!(ledger("sequential", workload).connections_opened, 1);
    // reqwest may connect while it waits for a connection to come back, and keeps both.
    assert!(ledger("tokio-reqwest", workload).connections_opened < 60);
}

#[test]
fn tasks_that_block_their_thread_have_one_request_in_flight() {
    let trap = ledger("blocking-in-async", "--requests 20 --concurrency 10 --delay 5ms");
    assert_eq!((trap.peak_in_flight, trap.connections_opened), (1, 1));
}

#[test]
fn blocking_threads_end_at_their_cap() {
    let cure = ledger("blocking-in-async/spawn-blocking", "--requests 1200 --concurrency 600 --delay 100ms");
    assert!(cure.peak_in_flight <= 512, "{cure:?}");
}

#[test]
fn a_warm_pool_of_threads_keeps_its_connections() {
    let records = run("thread-pool", "--requests 60 --concurrency 6 --delay 5ms --connections warm");
    assert_eq!(records[0].ledger.unwrap().connections_opened, 0);
    assert!(!records[0].flags.contains(&Flag::WarmOpened));
}

#[test]
fn no_form_of_tasks_has_more_than_c_in_flight() {
    let forms = ["", "/current-thread", "/spawn-semaphore", "/buffer-unordered", "/join-all", "/client-per-request"];
    let models = forms.map(|form| format!("tokio-reqwest{form}")).join(",");
    for record in run(&models, "--requests 100 --concurrency 7 --delay 5ms") {
        assert!(record.ledger.unwrap().peak_in_flight <= 7, "{}", record.arm);
    }
}

#[test]
fn another_name_of_a_model_runs_it_once_under_its_own() {
    let both = "tokio-reqwest/join-set";
    let records = run(both, "--requests 5 --concurrency 2 --delay 0");
    assert_eq!(records[0].arm, "tokio-reqwest");
}
