//! `inflight worker`: one batch of one model, for the driver.

use std::io::{self, BufReader};
use std::time::Duration;

use clap::Args;
use inflight::{lineup, software};
use inflight_harness::control::Handicapped;
use inflight_harness::{Model, worker};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

#[derive(Debug, Args)]
pub struct WorkerArguments {
    /// The model's id.
    model: String,
    /// Wait so long at the end of the batch: a control arm.
    #[arg(long, default_value_t = 0)]
    added_delay_ns: u64,
    /// Spin so long for each request: a control arm.
    #[arg(long, default_value_t = 0)]
    added_work_ns: u64,
}

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
    let (input, output) = (BufReader::new(io::stdin().lock()), io::stdout().lock());
    worker::run(find, inflight_crawl::open, &arguments.model, input, output)?;
    // Not by return: a model's threads, or a runtime that waits for its tasks, may not hold up the end.
    std::process::exit(0)
}
