//! Bad input ends with code 2 and says what would be right, before anything starts; good input does what it says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::process::{Command, Output};

fn inflight(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_inflight")).args(arguments.split_whitespace()).output().unwrap()
}

#[track_caller]
fn refused(arguments: &str, says: &str) {
    let output = inflight(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {error}");
    assert!(error.contains(says), "{arguments}: {error:?} does not say {says:?}");
    assert!(output.stdout.is_empty(), "{arguments} printed something");
}

#[test]
fn bad_numbers_are_refused() {
    refused("run --requests 0 --concurrency 1 --delay 1ms", "1 to 10000000");
    refused("run --requests 99999999999 --concurrency 1 --delay 1ms", "1 to 10000000");
    refused("run --requests 10 --concurrency 0 --delay 1ms", "at least 1");
    refused("run --requests 10 --concurrency 11 --delay 1ms", "1 to 10");
    refused("run --requests 70000 --concurrency 65000 --delay 1ms", "at most 60000");
    refused("run --requests 10 --concurrency 1 --delay -5ms", "cannot be negative");
    refused("run --requests 10 --concurrency 1 --delay 61s", "at most 60s");
    refused("run --requests 10 --concurrency 1 --delay 5", "such as 50ms");
    refused("run --requests ten --concurrency 1 --delay 5ms", "invalid digit");
    refused("run --requests 10 --concurrency 1 --delay 5ms --body 1GiB", "at most 64MiB");
    refused("run --requests 10 --concurrency 1 --delay 5ms --body much", "1KiB");
    refused("run --requests 10 --concurrency 1 --delay 5ms --rounds 0", "1..=10000");
    refused("run --requests 10 --concurrency 1 --delay 5ms --time-limit 0s", "90s");
    refused("run --requests 10 --concurrency 1", "--delay");
}

#[test]
fn bad_delays_hosts_and_capacities_are_refused() {
    let run = "run --requests 10 --concurrency 5";
    for (flags, says) in [
        ("--delay lognormal:50ms", "lognormal:50ms:0.6"),
        ("--delay lognormal:50ms:x", "lognormal:50ms:0.6"),
        ("--delay lognormal:50ms:0", "0.001 to 3, not 0.000"),
        ("--delay lognormal:50ms:3.5", "0.001 to 3, not 3.500"),
        ("--delay lognormal:61s:0.6", "at most 60s"),
        ("--delay lognormal:0:0.6", "needs a delay above 0"),
        ("--delay 5ms --hosts 0", "hosts must be 1 to 128"),
        ("--delay 5ms --hosts 129", "hosts must be 1 to 128"),
        ("--delay 5ms --hosts -1", "unexpected argument '-1'"),
        ("--delay 5ms --capacity 0", "capacity must be at least 1"),
        ("--delay 0 --capacity 5", "needs a delay above 0"),
        ("--delay 5ms --capacity many", "--capacity"),
    ] {
        refused(&format!("{run} {flags}"), says);
    }
    refused("serve --hosts 2 --bind 0.0.0.0:0", "1 to 128 addresses of 127.0.0.0/8");
    refused("serve --hosts 0", "1 to 128 addresses of 127.0.0.0/8");
}

#[test]
fn an_unknown_model_is_refused_with_the_nearest() {
    refused("run --requests 1 --concurrency 1 --delay 0 --models tokio-request", "did you mean \"tokio-reqwest\"?");
    refused("run --requests 1 --concurrency 1 --delay 0 --models qqq", "inflight list");
}

#[test]
fn an_output_that_cannot_be_written_is_refused() {
    refused(
        "run --requests 1 --concurrency 1 --delay 0 --out /nonexistent/records.jsonl",
        "/nonexistent/records.jsonl",
    );
}

#[test]
fn what_is_on_disk_stays() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("records.jsonl");
    std::fs::write(&file, "{\"cut off").unwrap();
    let arguments = format!("run --requests 1 --concurrency 1 --delay 0 --out {}", file.display());
    refused(&arguments, "cut off in the middle");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"cut off");
}

#[test]
fn a_model_whose_declared_ideal_is_above_the_limit_is_skipped() {
    let output = inflight(
        "run --requests 100 --concurrency 100 --delay 1s --time-limit 20s --rounds 1 --models sequential --json",
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let record: inflight_record::Record = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record.outcome, inflight_record::Outcome::Skipped);
    assert!(record.reason.unwrap().contains("declared ideal of 100.0 s is not below the time limit of 20.0 s"));
}

#[test]
fn every_model_passes_the_witness() {
    for connections in ["cold", "warm"] {
        for record in passed(&format!("--requests 40 --concurrency 8 --delay 20ms --connections {connections}")) {
            if connections == "warm" {
                assert!(record.ledger.unwrap().connections > 0);
            }
        }
    }
}

#[test]
fn every_model_passes_the_witness_with_delays_that_vary_several_hosts_and_a_capacity() {
    for flags in [
        "--delay lognormal:20ms:0.6 --seed 3",
        "--delay 20ms --hosts 3",
        "--delay 20ms --hosts 3 --connections warm",
        "--delay 20ms --capacity 5",
        "--delay lognormal:20ms:0.6 --seed 3 --hosts 3 --capacity 5",
    ] {
        for record in passed(&format!("--requests 40 --concurrency 8 {flags}")) {
            let ledger = record.ledger.unwrap();
            let capacity = record.workload.capacity.unwrap_or(u64::MAX);
            assert_eq!(ledger.peak_served, ledger.peak_in_flight.min(capacity), "{}", record.arm);
            assert!(ledger.connections >= record.workload.hosts.min(record.model.declared_peak_here), "{}", record.arm);
            assert!(record.makespan_ns.unwrap() >= record.ideal_ns, "{}", record.arm);
            if record.workload.hosts > 1 {
                assert!(!record.flags.contains(&inflight_record::Flag::WarmOpened), "{}", record.arm);
            }
        }
    }
}

/// Runs every model on 40 requests, and has each batch pass.
#[track_caller]
fn passed(arguments: &str) -> Vec<inflight_record::Record> {
    let output = inflight(&format!("run {arguments} --rounds 1 --json"));
    let text = String::from_utf8_lossy(&output.stdout);
    let records: Vec<inflight_record::Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), inflight::lineup::models().len());
    // Who keeps no connections has no warm batch, and says so.
    let warm = arguments.contains("--connections warm");
    let (records, skipped): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| !warm || record.model.card.keeps_connections);
    for record in skipped {
        assert_eq!(record.outcome, inflight_record::Outcome::Skipped, "{arguments}: {}", record.arm);
        assert!(record.reason.unwrap().contains("keeps no connections"), "{}", record.arm);
    }
    for record in &records {
        assert_eq!(record.outcome, inflight_record::Outcome::Ok, "{arguments}: {}: {:?}", record.arm, record.reason);
        assert_eq!(record.ledger.unwrap().completed, 40);
    }
    assert_eq!(output.status.code(), Some(0));
    records
}

#[test]
fn the_table_stands_on_stdout_and_nothing_else() {
    let output =
        inflight("run --requests 20 --concurrency 5 --delay 5ms --rounds 2 --models raw-epoll,sequential --seed 7");
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["20 requests, 5 in flight", "ideal 20.0 ms", "seed 7", "raw-epoll", "sequential", "CPU/request"] {
        assert!(text.contains(part), "{text}");
    }
    let (floor, sequential) = (text.find("raw-epoll").unwrap(), text.find("sequential").unwrap());
    assert!(floor < sequential, "the floor stands first");
}

#[test]
fn list_and_doctor_name_what_they_know() {
    let list = String::from_utf8(inflight("list").stdout).unwrap();
    for model in inflight::lineup::models() {
        // Long names may be broken over lines in a narrow table.
        let family = model.card().id.split('/').next().unwrap().to_owned();
        assert!(list.contains(&family), "{family} is not in {list}");
    }
    for (alias, id) in inflight::lineup::ALIASES {
        assert!(list.contains(&format!("{alias} is another name of {id}.")), "{list}");
    }
    let json = String::from_utf8(inflight("list --json").stdout).unwrap();
    assert_eq!(json.lines().count(), inflight::lineup::models().len());
    let doctor = String::from_utf8(inflight("doctor").stdout).unwrap();
    for word in ["nofile", "somaxconn", "ephemeral", "TIME_WAIT", "CPUs", "governor", "load"] {
        assert!(doctor.contains(word), "{word} is not in {doctor}");
    }
}

#[test]
fn serve_prints_its_address_and_ends_with_its_parent() {
    use std::io::{BufRead as _, BufReader};
    // The shell starts the server, prints its process id, and is killed.
    let script = format!("{} serve & echo $!; wait", env!("CARGO_BIN_EXE_inflight"));
    let mut shell = Command::new("/bin/sh").args(["-c", &script]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let second = lines.next().unwrap().unwrap();
    let (pid, address) = if first.starts_with("listening") { (second, first) } else { (first, second) };
    assert!(address.starts_with("listening on http://127.0.0.1:"), "{address}");
    shell.kill().unwrap();
    shell.wait().unwrap();
    for _ in 0..3000 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the server outlives its parent");
}
