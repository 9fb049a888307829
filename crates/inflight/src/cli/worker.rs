//! `inflight worker`: one batch of one model, for the driver.

use std::io::{self, BufReader};
use std::time::Duration;

use inflight::{lineup, software};
use inflight_harness::control::Handicapped;
use inflight_harness::{Model, worker};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::WorkerArguments;

pub fn run(arguments: &WorkerArguments) -> anyhow::Result<u8> {
    // A worker whose driver is gone measures for nobody.
    set_pdeathsig(Signal::SIGKILL)?;
    let model = lineup::find(&arguments.model);
    let delay = Duration::from_nanos(arguments.added_delay_ns);
    let work = Duration::from_nanos(arguments.added_work_ns);
    let handicapped = model.map(|model| Handicapped { model, delay, work });
    let find = |_: &str| {
        let plain = model.filter(|_| delay.is_zero() && work.is_zero());
        let model = plain.or(handicapped.as_ref().map(|model| model as &dyn Model))?;
        Some((model, Some(software::versions(&model.card().crates))))
    };
    worker::run(find, &arguments.model, BufReader::new(io::stdin().lock()), io::stdout().lock())?;
    // Not by return: a model's threads, or a runtime that waits for its tasks, may not hold up the end.
    std::process::exit(0)
}
