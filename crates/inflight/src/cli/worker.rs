//! `inflight worker`: one batch of one model, for the driver.

use std::io::{self, BufReader};

use inflight::{lineup, software};
use inflight_harness::worker;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

pub fn run(model: &str) -> anyhow::Result<u8> {
    // A worker whose driver is gone measures for nobody.
    set_pdeathsig(Signal::SIGKILL)?;
    let find = |id: &str| lineup::find(id).map(|model| (model, Some(software::versions(&model.card().crates))));
    worker::run(find, model, BufReader::new(io::stdin().lock()), io::stdout().lock())?;
    // Not by return: a model's threads, or a runtime that waits for its tasks, may not hold up the end.
    std::process::exit(0)
}
