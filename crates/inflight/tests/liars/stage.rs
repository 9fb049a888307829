//! The stage: a driver run over loopback with workers of our choice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use inflight::comparison::{Choices, plan};
use inflight::software;
use inflight_harness::child::Program;
use inflight_harness::driver::{self, Event};
use inflight_harness::plan::Contender;
use inflight_record::{Placement, Record, Workload};

use crate::cheats;

pub const SECOND: u64 = 1_000_000_000;

/// The binary under test.
pub fn inflight() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_inflight"))
}

/// This file, which is its own worker.
fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// A model of `cheats` as a contender.
pub fn contender(name: &str) -> Contender {
    custom(name, Program::new(this(), &["worker", name]))
}

/// Any program as a contender.
pub fn custom(name: &str, worker: Program) -> Contender {
    Contender { arm: name.to_owned(), card: cheats::card(name), worker, lacks: None, versions: None }
}

/// A shell script as a contender.
pub fn script(name: &str, script: &str) -> Contender {
    custom(name, Program::new("/bin/sh", &["-c", script]))
}

pub fn workload(requests: u64, concurrency: u64, delay_ns: u64) -> Workload {
    Workload { body_bytes: 200, ..Workload::new(requests, concurrency, delay_ns) }
}

/// Runs one round; `on_start` hears the process ids of server and worker of each batch. Records by arm's name, sorted
/// as the contenders are.
pub fn run(
    workload: &Workload,
    contenders: Vec<Contender>,
    limit: Duration,
    mut on_start: impl FnMut(&str, u32, u32),
) -> Vec<Record> {
    let names: Vec<String> = contenders.iter().map(|contender| contender.arm.clone()).collect();
    let choices = Choices {
        workload: workload.clone(),
        contenders,
        rounds: 1,
        seed: 1,
        time_limit: Some(limit),
        placement: Placement::Split,
        watch: false,
    };
    let plan = plan(choices, &software::environment(), inflight());
    let mut records = Vec::new();
    let mut running = String::new();
    driver::run(&plan, &Arc::default(), |event| -> Result<(), std::convert::Infallible> {
        match event {
            Event::Begins { arm, .. } => arm.clone_into(&mut running),
            Event::Started { server, worker } => on_start(&running, server.unwrap(), worker),
            Event::Waits { .. } => {}
            Event::Ended { record, .. } => records.push(record.clone()),
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(records.len(), names.len(), "every batch has its record");
    names.iter().map(|name| records.iter().find(|record| record.arm == *name).unwrap().clone()).collect()
}

/// Runs one contender once, with a limit that only a hang meets.
pub fn run_one(workload: &Workload, contender: Contender) -> Record {
    run(workload, vec![contender], Duration::from_secs(60), |_, _, _| {}).remove(0)
}
