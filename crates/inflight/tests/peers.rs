//! The peer that benches/peers/README.md shows as an example: a stranger's program, under the same witness as any model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use inflight::comparison::{Choices, plan};
use inflight::software;
use inflight_harness::driver::{self, Event};
use inflight_record::peers::parse_peers;
use inflight_record::{Outcome, Placement, Record, Workload};

const MS: u64 = 1_000_000;

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/peers")
}

fn run(workload: Workload) -> Record {
    let entry = "[[peer]]\nid = \"minimal\"\nidea = \"A thread for each request in flight.\"\nlabel = \"idiomatic\"\n\
        client = \"urllib in a ThreadPoolExecutor\"\ncommand = [\"python3\", \"{here}/python/minimal.py\"]\n\
        version = [\"python3\", \"--version\"]\nthread_per_request = true\ninstall = \"apt-get install python3\"\n";
    let peer = parse_peers(entry, &peers()).unwrap().remove(0);
    let contender = inflight::peers::contender(peer);
    assert_eq!(contender.lacks, None);
    let choices = Choices {
        workload,
        contenders: vec![contender],
        rounds: 1,
        seed: 1,
        time_limit: Some(Duration::from_secs(60)),
        placement: Placement::Split,
        watch: false,
    };
    let plan = plan(choices, &software::environment(), Path::new(env!("CARGO_BIN_EXE_inflight")));
    let mut last = None;
    driver::run(&plan, &Arc::default(), |event| -> Result<(), Infallible> {
        if let Event::Ended { record, .. } = event {
            last = Some(record.clone());
        }
        Ok(())
    })
    .unwrap();
    last.unwrap()
}

#[test]
fn the_example_passes_the_witness() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        eprintln!("not tested: python3 is not installed");
        return;
    }
    // 500 ms: so long that a busy machine cannot make the client look capped.
    let workloads = [
        Workload::new(60, 20, 500 * MS),
        Workload::new(60, 20, 0),
        Workload { body_bytes: 64 << 10, ..Workload::new(40, 20, 100 * MS) },
        Workload { hosts: 3, ..Workload::new(1_100, 20, 0) },
        Workload::new(3, 1, MS),
    ];
    for workload in workloads {
        let requests = workload.requests;
        let record = run(workload);
        assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
        let ledger = record.ledger.unwrap();
        assert_eq!((ledger.requests, ledger.completed, ledger.missing, ledger.doubled), (requests, requests, 0, 0));
        assert!(record.model.client_version.unwrap().starts_with("urllib of Python 3"));
        assert_eq!(record.cpu.unwrap().total_ns(), record.outside.unwrap().cpu_ns, "it does not measure itself");
    }
}

#[test]
fn the_document_shows_the_example_as_it_is() {
    let document = std::fs::read_to_string(peers().join("README.md")).unwrap();
    let example = std::fs::read_to_string(peers().join("python/minimal.py")).unwrap();
    assert!(document.contains(&format!("```python\n{example}```\n")), "copy python/minimal.py into README.md");
}

#[test]
fn the_list_of_peers_can_be_read_and_says_how_to_get_each() {
    let known = inflight::peers::load(&peers().join("../peers.toml")).unwrap();
    assert!(known.len() >= 15, "{known:?}");
    for peer in known {
        assert!(!peer.install.is_empty() && peer.card.idea.len() > 20, "{}", peer.card.id);
    }
}
