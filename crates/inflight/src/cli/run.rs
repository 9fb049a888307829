//! `inflight run`: one workload, interleaved rounds, records and a table.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use inflight::comparison::{Choices, plan};
use inflight::{lineup, peers, software};
use inflight_harness::driver::{self, DriverError, Event};
use inflight_harness::plan::{Placement, Plan};
use inflight_harness::store::Store;
use inflight_record::{Outcome, Record, Workload};
use inflight_report::table::Style;

use super::{FINE, INTERRUPTED, PlacementWord, RunArguments, SOMETHING_FAILED};

pub fn run(arguments: &RunArguments) -> anyhow::Result<u8> {
    let environment = software::environment();
    let plan = checked_plan(arguments, &environment)?;
    let mut store = match &arguments.out {
        Some(path) => Some(Store::open(path, &environment).context("--out")?),
        None => None,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot handle Ctrl-C")?;
    if environment.software.profile != "release" {
        eprintln!("note: this is a {} build; its figures are not to be cited", environment.software.profile);
    }

    let bar = progress(&plan);
    let mut records: Vec<Record> = Vec::new();
    let ended = driver::run(&plan, &stop, |event| -> anyhow::Result<()> {
        match event {
            Event::Begins { round, arm } => bar.set_message(format!("round {} · {arm}", round + 1)),
            Event::Started { .. } => {}
            Event::Ended { record, samples } => {
                if let Some(store) = &mut store {
                    store.put(record, samples).context("the record could not be stored; those before it are")?;
                }
                if arguments.json {
                    print_line(&serde_json::to_string(record)?)?;
                }
                if !matches!(record.outcome, Outcome::Ok | Outcome::Counted) {
                    let reason = record.reason.as_deref().unwrap_or("no reason");
                    bar.suspend(|| eprintln!("{}: {} · {reason}", record.arm, record.outcome.as_str()));
                }
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
        Err(DriverError::Listener(error)) => {
            // What ran before is not lost: it is on disk, and its table may still be wanted.
            eprintln!("error: {error:#}");
            broken = true;
            false
        }
        Err(error @ DriverError::Pin { .. }) => anyhow::bail!("{error}"),
    };
    if !arguments.json && !records.is_empty() {
        let environments = std::slice::from_ref(&environment);
        print_line(inflight_report::tables(&records, environments, Style::Terminal).trim_end())?;
    }
    if interrupted {
        eprintln!("interrupted: {} of {} batches ran", records.len(), batches(&plan));
        return Ok(INTERRUPTED);
    }
    let fine = !broken
        && records.iter().all(|record| matches!(record.outcome, Outcome::Ok | Outcome::Skipped | Outcome::Counted));
    Ok(if fine { FINE } else { SOMETHING_FAILED })
}

/// Checks all that can be wrong with the input, before anything starts.
fn checked_plan(arguments: &RunArguments, environment: &inflight_record::Environment) -> anyhow::Result<Plan> {
    let seed = arguments.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let workload = Workload {
        requests: arguments.requests,
        concurrency: arguments.concurrency,
        delay_ns: arguments.delay.ns,
        lognormal: arguments.delay.lognormal(seed),
        body_bytes: arguments.body,
        connections: arguments.connections.into(),
        hosts: arguments.hosts,
        capacity: arguments.capacity,
    };
    workload.validate()?;
    let inflight = std::env::current_exe().context("cannot find this binary to start it again")?;
    let mut contenders = lineup::choose(&arguments.models, &inflight)?;
    if let Some(asked) = &arguments.peers {
        contenders.extend(peers::choose(asked, peers::load(&arguments.peers_file)?)?);
    }
    let choices = Choices {
        workload,
        contenders,
        rounds: arguments.rounds,
        seed,
        time_limit: arguments.time_limit,
        placement: match arguments.placement {
            PlacementWord::Split => Placement::Split,
            PlacementWord::Shared => Placement::Shared,
        },
        watch: true,
    };
    let mut plan = plan(choices, environment, &inflight);
    plan.server.args.extend(arguments.server_argument.iter().cloned());
    Ok(plan)
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

/// Prints a line on stdout; an error where nobody reads it any more.
pub fn print_line(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
