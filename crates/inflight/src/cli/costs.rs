//! `inflight costs`: builds every model's crate by itself, and writes down what that took.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use clap::Args;
use inflight::costs::{Wanted, measure};
use inflight::{lineup, software};
use inflight_harness::Model;

use super::{FINE, INTERRUPTED, SOMETHING_FAILED};

#[derive(Debug, Args)]
pub struct CostsArguments {
    /// The file to write, such as results/<date>-<machine>/costs.json. It may not exist yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// all, or ids with commas between them (see `inflight list`); the other variants of a crate come with it.
    #[arg(long, default_value = "all")]
    models: String,
    /// A copy of `RustSec`'s advisory database; without one, advisories are not known.
    #[arg(long, value_name = "DIR")]
    advisory_db: Option<PathBuf>,
    /// The checkout that this inflight was built from.
    #[arg(long, value_name = "DIR", default_value = ".")]
    checkout: PathBuf,
}

pub fn run(arguments: &CostsArguments) -> anyhow::Result<u8> {
    let out = &arguments.out;
    if out.exists() {
        bail!("{} is there already: name another file, or remove it", out.display());
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        bail!("{} is no directory: make it first", parent.display());
    }
    let chosen = lineup::choose(&arguments.models, &std::env::current_exe()?)?;
    let family = |id: &str| id.split('/').next().unwrap_or_default().to_owned();
    let families: Vec<String> = chosen.iter().map(|contender| family(&contender.arm)).collect();
    let cards = lineup::models().into_iter().map(Model::card);
    let cards: Vec<_> = cards.filter(|card| families.contains(&family(&card.id))).collect();

    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot handle Ctrl-C")?;
    let environment = software::environment();
    let wanted = Wanted {
        checkout: &arguments.checkout,
        cards: &cards,
        advisory_database: arguments.advisory_db.as_deref(),
        environment: &environment,
        stop: &stop,
    };
    let mut failed = false;
    let measured = measure(
        &wanted,
        |line| eprintln!("{line}"),
        |costs| {
            let builds = costs.crates.last().map(|it| (&it.crates_alone.reason, &it.worker.reason));
            failed |= builds.is_some_and(|(alone, worker)| alone.is_some() || worker.is_some());
            Ok(costs.save(out)?)
        },
    );
    if stop.load(Ordering::Relaxed) {
        eprintln!("interrupted; {} has what was measured by then, if anything was", out.display());
        return Ok(INTERRUPTED);
    }
    measured?;
    super::print::print_line(&out.display().to_string())?;
    Ok(if failed { SOMETHING_FAILED } else { FINE })
}
