//! The delay server by itself: how many requests a second it answers at most, and how late its holds are.
//!
//! Its client is the floor model, raw-epoll, in a process of its own on other CPUs.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use inflight::comparison::{Choices, gather, plan};
use inflight::{lineup, software};
use inflight_record::{Connections, LedgerFigures, Outcome, Record, Workload};

/// No delay: the ceiling.
const CEILING: Workload =
    Workload { requests: 20_000, concurrency: 100, delay_ns: 0, body_bytes: 128, connections: Connections::Warm };

/// A thousand holds at once, for ten waves.
const LATENESS: Workload = Workload {
    requests: 10_000,
    concurrency: 1_000,
    delay_ns: 50_000_000,
    body_bytes: 128,
    connections: Connections::Warm,
};

fn main() -> ExitCode {
    let mut criterion = Criterion::default().configure_from_args();
    let mut failed = false;
    let mut group = criterion.benchmark_group("delay_server");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(CEILING.requests));
    group.bench_function("ceiling", |bencher| {
        bencher.iter_custom(|iterations| {
            sum(&CEILING, iterations, &mut failed, |record, _| record.makespan_ns.unwrap_or(0))
        });
    });
    let mut group = {
        group.finish();
        criterion.benchmark_group("delay_server/hold_late")
    };
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(8));
    type Figure = fn(&Record, &LedgerFigures) -> u64;
    let figures: [(&str, Figure); 2] =
        [("p50", |_, ledger| ledger.hold_late_ns.p50), ("p99", |_, ledger| ledger.hold_late_ns.p99)];
    for (name, figure) in figures {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| sum(&LATENESS, iterations, &mut failed, figure));
        });
    }
    group.finish();
    criterion.final_summary();
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs batches of raw-epoll and adds up one figure, in nanoseconds.
fn sum(
    workload: &Workload,
    batches: u64,
    failed: &mut bool,
    figure: impl Fn(&Record, &LedgerFigures) -> u64,
) -> Duration {
    let inflight = Path::new(env!("CARGO_BIN_EXE_inflight"));
    let contenders = lineup::choose("raw-epoll", inflight).unwrap_or_default();
    let choices = Choices::for_bench(workload, contenders, u32::try_from(batches).unwrap_or(u32::MAX));
    let records = gather(&plan(choices, &software::environment(), inflight)).unwrap_or_else(|error| {
        eprintln!("{error}");
        Vec::new()
    });
    *failed |= records.is_empty();
    let mut total = 0;
    for record in &records {
        match (record.outcome, &record.ledger) {
            (Outcome::Ok, Some(ledger)) => total += figure(record, ledger),
            _ => {
                eprintln!("raw-epoll: {} · {:?}", record.outcome.as_str(), record.reason);
                *failed = true;
            }
        }
    }
    Duration::from_nanos(total)
}
