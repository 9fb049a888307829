//! Every model of the line-up on two workloads, each batch in child processes and under the witness.
//!
//! Criterion's filter, `--test`, `--save-baseline` and `--baseline` work as ever. A batch runs the models one after the
//! other, not in interleaved rounds: this is for a quick look, `inflight run` is for numbers.

use std::cell::RefCell;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use inflight::comparison::{Choices, gather, plan};
use inflight::{lineup, software};
use inflight_harness::plan::{Contender, Cpus};
use inflight_record::{Connections, Environment, Outcome, Placement, Record, Workload};
use inflight_report::table::Style;

/// Many requests that are answered at once: what a request costs the client.
const REQUEST_BOUND: Workload = {
    let mut workload = Workload::new(2_000, 50, 0);
    workload.connections = Connections::Warm;
    workload
};

/// All requests in flight at once: who waits for them together, who one after the other.
const CONCURRENCY_BOUND: Workload = Workload::new(60, 60, 50_000_000);

/// Samples of each benchmark: criterion's least.
const SAMPLES: u32 = 10;
/// Time for a benchmark whose own delays take less: some batches a sample then.
const LEAST: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let environment = software::environment();
    let records = RefCell::new(Vec::new());
    let mut criterion = Criterion::default().configure_from_args();
    for workload in [REQUEST_BOUND, CONCURRENCY_BOUND] {
        let mut group = criterion.benchmark_group(workload.slug());
        group.sampling_mode(SamplingMode::Flat).sample_size(SAMPLES as usize);
        for model in lineup::core() {
            let contender = lineup::contender(model, Path::new(env!("CARGO_BIN_EXE_inflight")));
            bench(&mut group, &workload, &contender, &environment, &records);
        }
        group.finish();
    }
    criterion.final_summary();
    print(&records.into_inner(), &environment)
}

/// One model on one workload: criterion's time is the makespan that the harness took inside the worker.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    workload: &Workload,
    contender: &Contender,
    environment: &Environment,
    records: &RefCell<Vec<Record>>,
) {
    let cpus = Cpus::dealt(Placement::Split, &environment.machine.cpus).worker.len() as u64;
    let peak = contender.card.declared_peak.resolve(workload.concurrency, workload.hosts, cpus);
    // One batch a sample where a batch takes seconds.
    let waiting = Duration::from_nanos(workload.ideal_with_peak_ns(peak)) * SAMPLES;
    group.warm_up_time(Duration::from_millis(1)).measurement_time(waiting.max(LEAST));
    let mut round = 0;
    group.bench_function(&contender.arm, |bencher| {
        bencher.iter_custom(|iterations| {
            let rounds = u32::try_from(iterations).unwrap_or(u32::MAX);
            let batches = batches(workload, contender, environment, round, rounds);
            round += rounds;
            let makespan = batches.iter().map(makespan).sum();
            records.borrow_mut().extend(batches);
            makespan
        });
    });
}

fn batches(
    workload: &Workload,
    contender: &Contender,
    environment: &Environment,
    first_round: u32,
    rounds: u32,
) -> Vec<Record> {
    let choices = Choices::for_bench(workload, vec![contender.clone()], rounds);
    let mut plan = plan(choices, environment, Path::new(env!("CARGO_BIN_EXE_inflight")));
    plan.first_round = first_round;
    gather(&plan).unwrap_or_else(|error| {
        eprintln!("{}: {error}", contender.arm);
        Vec::new()
    })
}

/// A batch that did not end `ok` has no time to show; a minute cannot be overlooked, and the exit code tells too.
fn makespan(record: &Record) -> Duration {
    match (record.outcome, record.makespan_ns) {
        (Outcome::Ok, Some(makespan_ns)) => Duration::from_nanos(makespan_ns),
        _ => {
            eprintln!("{}: {} · {}", record.arm, record.outcome.as_str(), record.reason.as_deref().unwrap_or(""));
            Duration::from_secs(60)
        }
    }
}

/// The comparison table of each workload.
fn print(records: &[Record], environment: &Environment) -> ExitCode {
    if !records.is_empty() {
        println!("{}", inflight_report::tables(records, std::slice::from_ref(environment), Style::Terminal));
        println!("For numbers to cite: `inflight run`, in interleaved rounds.");
    }
    if records.iter().all(|record| record.outcome == Outcome::Ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
