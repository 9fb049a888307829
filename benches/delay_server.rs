//! The delay server by itself: how many requests a second it answers at most, and how late its holds are.
//!
//! The clients are models in a process of their own on other CPUs: for the ceiling the floor, raw-epoll, which asks most
//! of the server; for lateness tokio-reqwest, a client such as people use.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use inflight::comparison::{Choices, gather, plan};
use inflight::{lineup, software};
use inflight_record::{Connections, HoldLateness, Outcome, Record, Workload};
use inflight_report::units::{duration, three};

/// No delay: the ceiling.
const CEILING: Workload = warm(Workload::new(20_000, 100, 0));

/// A thousand holds at once, for twenty waves.
const LATENESS: Workload = warm(Workload::new(20_000, 1_000, 50_000_000));

/// The same with warm connections and small bodies.
const fn warm(mut workload: Workload) -> Workload {
    workload.body_bytes = 128;
    workload.connections = Connections::Warm;
    workload
}

/// One figure of a batch, in nanoseconds.
type Figure = fn(&Record) -> u64;

fn main() -> ExitCode {
    let failed = Cell::new(false);
    let records = RefCell::new(Vec::new());
    let mut criterion = Criterion::default().configure_from_args();
    let benches: [(&str, &str, &Workload, u64, Figure); 3] = [
        ("ceiling", "raw-epoll", &CEILING, 3, |record| record.makespan_ns.unwrap_or(0)),
        ("hold_late_p50", "tokio-reqwest", &LATENESS, 15, |record| lateness(record).p50),
        ("hold_late_p99", "tokio-reqwest", &LATENESS, 15, |record| lateness(record).p99),
    ];
    for (name, model, workload, seconds, figure) in benches {
        let mut group = criterion.benchmark_group("delay_server");
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(seconds));
        if name == "ceiling" {
            group.throughput(Throughput::Elements(workload.requests));
        }
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|batches| {
                let ran = run(model, workload, u32::try_from(batches).unwrap_or(u32::MAX));
                failed.set(failed.get() || ran.is_empty());
                let total = ran.iter().map(figure).sum();
                records.borrow_mut().extend(ran);
                Duration::from_nanos(total)
            });
        });
        group.finish();
    }
    criterion.final_summary();
    print(&records.into_inner());
    if failed.get() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn lateness(record: &Record) -> HoldLateness {
    record.ledger.map(|ledger| ledger.hold_late_ns).unwrap_or_default()
}

/// Runs batches of one model; none of them if one did not end `ok`, because then no figure counts.
fn run(model: &str, workload: &Workload, batches: u32) -> Vec<Record> {
    let inflight = Path::new(env!("CARGO_BIN_EXE_inflight"));
    let contenders = lineup::choose(model, inflight).unwrap_or_default();
    let plan = plan(Choices::for_bench(workload, contenders, batches), &software::environment(), inflight);
    let records = gather(&plan).unwrap_or_else(|error| {
        eprintln!("{error}");
        Vec::new()
    });
    match records.iter().find(|record| record.outcome != Outcome::Ok) {
        Some(record) => {
            eprintln!("{model}: {} · {}", record.outcome.as_str(), record.reason.as_deref().unwrap_or("no reason"));
            Vec::new()
        }
        None => records,
    }
}

/// The medians over the batches of each workload.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn print(records: &[Record]) {
    let median = |workload: &Workload, figure: &dyn Fn(&Record) -> f64| {
        let slug = workload.slug();
        let of_workload = records.iter().filter(|record| record.workload.slug == slug);
        inflight_stats::median(&of_workload.map(figure).collect::<Vec<_>>())
    };
    let per_second = |record: &Record| CEILING.requests as f64 * 1e9 / record.makespan_ns.unwrap_or(1).max(1) as f64;
    if let Some(rate) = median(&CEILING, &per_second) {
        println!("\nceiling, C = {}: {} requests a second (median)", CEILING.concurrency, three(rate));
    }
    let p50 = median(&LATENESS, &|record| lateness(record).p50 as f64);
    let p99 = median(&LATENESS, &|record| lateness(record).p99 as f64);
    if let (Some(p50), Some(p99)) = (p50, p99) {
        let (p50, p99) = (duration(p50), duration(p99));
        println!(
            "holds of 50 ms, C = {}: late by {p50} at p50, {p99} at p99 (medians of batches)",
            LATENESS.concurrency
        );
    }
}
