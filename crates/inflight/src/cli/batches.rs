//! What `inflight run` and `inflight crawl` have in common: a plan of one workload, run with progress, to records and tables.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use inflight::comparison::{Choices, plan};
use inflight::lineup;
use inflight_harness::driver::{self, DriverError, Event};
use inflight_harness::plan::{Contender, Plan};
use inflight_harness::server::ServerAt;
use inflight_harness::store::Store;
use inflight_record::{CrawlFigures, Environment, Outcome, Placement, Record, Workload, text};
use inflight_report::table::Style;

use super::elsewhere::ElsewhereArguments;
use super::print::print_line;
use super::{FINE, INTERRUPTED, SOMETHING_FAILED, placement};

#[derive(Debug, Args)]
pub struct BatchArguments {
    /// all, core (the classic eleven), or ids with commas between them (see `inflight list`).
    #[arg(long, default_value = "all")]
    models: String,
    /// Time limit of a batch: 90s, 10m; by default the larger of 60 s and 5 × ideal.
    #[arg(long, value_name = "T", value_parser = text::limit, allow_hyphen_values = true)]
    time_limit: Option<Duration>,
    /// split: server on the first CPU, workers on the others; shared: both on all.
    #[arg(long, value_parser = placement(), default_value = "split", conflicts_with = "server")]
    placement: Placement,
    /// Print the records on stdout, one a line, instead of the table.
    #[arg(long)]
    json: bool,
    /// Append the records to this file; environments.jsonl and samples/ go beside it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// For tests: more arguments of `serve`.
    #[arg(long, hide = true, value_name = "ARGUMENT", allow_hyphen_values = true, conflicts_with = "server")]
    server_argument: Vec<String>,
    #[command(flatten)]
    elsewhere: ElsewhereArguments,
}

/// What is run, beside what [`BatchArguments`] say.
pub struct Asked {
    /// The workload, checked.
    pub workload: Workload,
    /// How many rounds.
    pub rounds: u32,
    /// Seed of the orders.
    pub seed: u64,
    /// Who runs it beside our models.
    pub peers: Vec<Contender>,
}

impl BatchArguments {
    /// The plan, once all that can be wrong with it was checked.
    pub fn plan(&self, asked: Asked, environment: &Environment) -> anyhow::Result<Plan> {
        let inflight = std::env::current_exe().context("cannot find this binary to start it again")?;
        let mut contenders = lineup::choose(&self.models, &inflight)?;
        contenders.extend(asked.peers);
        let choices = Choices {
            workload: asked.workload,
            contenders,
            rounds: asked.rounds,
            seed: asked.seed,
            time_limit: self.time_limit,
            placement: self.placement,
            watch: true,
        };
        let mut plan = plan(choices, environment, &inflight);
        if let ServerAt::Here(program) = &mut plan.server {
            program.args.extend(self.server_argument.iter().cloned());
        }
        Ok(plan)
    }

    /// Runs the plan, each record on disk before the next batch; prints records or their tables, and says by the exit code
    /// what came of it.
    pub fn run(&self, plan: Plan, environment: Environment) -> anyhow::Result<u8> {
        let stop = Arc::new(AtomicBool::new(false));
        let on_signal = Arc::clone(&stop);
        ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot handle Ctrl-C")?;
        let found = self.elsewhere.find(plan.server, environment, [&plan.workload], &stop)?;
        let Some((server, environment)) = found else { return Ok(INTERRUPTED) };
        let plan = &Plan { server, environment_id: environment.environment_id.clone(), ..plan };
        let environment = &environment;
        let mut store = match &self.out {
            Some(path) => Some(Store::open(path, environment).context("--out")?),
            None => None,
        };
        if environment.software.profile != "release" {
            eprintln!("note: this is a {} build; its figures are not to be cited", environment.software.profile);
        }

        let bar = progress(plan);
        let mut records: Vec<Record> = Vec::new();
        let ended = driver::run(plan, &stop, |event| -> anyhow::Result<()> {
            match event {
                Event::Waits { server } => bar.suspend(|| eprintln!("waiting for the server at {server}")),
                Event::Begins { round, arm } => bar.set_message(format!("round {} · {arm}", round + 1)),
                Event::Started { .. } => {}
                Event::Ended { record, samples } => {
                    if let Some(store) = &mut store {
                        store.put(record, samples).context("the record could not be stored; those before it are")?;
                    }
                    if self.json {
                        print_line(&serde_json::to_string(record)?)?;
                    }
                    bar.suspend(|| tell(record));
                    records.push(record.clone());
                    bar.inc(1);
                }
            }
            Ok(())
        });
        bar.finish_and_clear();
        let mut broken = false;
        let interrupted = match ended {
            Ok(()) => false,
            Err(DriverError::Interrupted) => true,
            Err(error @ (DriverError::Listener(_) | DriverError::Server(_))) => {
                // What ran before is not lost: it is on disk, and its table may still be wanted.
                eprintln!("error: {error:#}");
                broken = true;
                false
            }
            Err(error @ DriverError::Pin { .. }) => anyhow::bail!("{error}"),
        };
        if !self.json && !records.is_empty() {
            let environments = std::slice::from_ref(environment);
            print_line(inflight_report::tables(&records, environments, Style::Terminal).trim_end())?;
        }
        if interrupted {
            eprintln!("interrupted: {} of {} batches ran", records.len(), batches(plan));
            return Ok(INTERRUPTED);
        }
        let fine = !broken
            && records.iter().all(|record| matches!(record.outcome, Outcome::Ok | Outcome::Skipped | Outcome::Counted));
        Ok(if fine { FINE } else { SOMETHING_FAILED })
    }
}

/// Says what went wrong with a batch, and with which pages of a crawl.
fn tell(record: &Record) {
    if let Some(crawl) = &record.crawl {
        failures(&record.arm, crawl);
    }
    if !matches!(record.outcome, Outcome::Ok | Outcome::Counted) {
        let reason = record.reason.as_deref().unwrap_or("no reason");
        eprintln!("{}: {} · {reason}", record.arm, record.outcome.as_str());
    }
}

/// Each failed attempt that the record names, and how many more there were.
fn failures(arm: &str, crawl: &CrawlFigures) {
    for failure in &crawl.failures {
        let last = if failure.last { ", given up" } else { "" };
        eprintln!("{arm}: {} · attempt {}{last}: {}", failure.url, failure.attempt, failure.reason);
    }
    // Each failed attempt but the last for its page was followed by another one.
    let failed = crawl.retried + crawl.failed + crawl.lists_failed;
    let unnamed = failed.saturating_sub(crawl.failures.len() as u64);
    if unnamed > 0 {
        eprintln!("{arm}: and {unnamed} more failed attempts");
    }
}

fn batches(plan: &Plan) -> u64 {
    u64::from(plan.rounds) * plan.contenders.len() as u64
}

/// A bar on stderr; silent where stderr is no terminal. It is drawn between batches only: no thread of its own may run
/// on the worker's CPUs.
fn progress(plan: &Plan) -> ProgressBar {
    let bar = ProgressBar::new(batches(plan));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} batches · {elapsed} · {msg}") {
        bar.set_style(style);
    }
    bar
}
