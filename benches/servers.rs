//! Servers that hold their answers, side by side in one run: the delay server, nginx with `echo_sleep`, httpbin, go-httpbin.
//!
//! Each is pinned to the server's CPU; the client is the floor model, raw-epoll, in a process of its own on the others, the
//! same for all. What is printed are medians over rounds in which the servers take turns: how much later than the delay an
//! answer is there, and at no delay requests a second and the server's CPU time for each, its whole process tree counted. A
//! server that is not installed is skipped with a line that says how to get it. This file is its own client.

#[path = "servers/client.rs"]
mod client;
#[path = "servers/start.rs"]
mod start;

use std::time::Duration;

use client::{Load, Ran};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use inflight_harness::ModelError;
use inflight_harness::child::allowed_cpus;
use inflight_harness::plan::Cpus;
use inflight_record::Placement;
use inflight_report::units::{duration, three};
use start::Server;

type Outcome<T> = Result<T, ModelError>;

/// How long an answer is held where lateness is measured.
const DELAY: Duration = Duration::from_millis(50);
/// In flight at once: one after the other, a few, and what yardsticks usually take.
const CONCURRENCIES: [u64; 3] = [1, 10, 100];
/// Bytes of the bodies of those servers that let one choose: about what the others send.
const BODY_BYTES: u64 = 300;

/// How much is measured.
struct Size {
    rounds: usize,
    /// Delays in a row: so many times C requests.
    waves: u64,
    /// How long a server is loaded at no delay.
    loaded: Duration,
}

const FULL: Size = Size { rounds: 7, waves: 40, loaded: Duration::from_secs(2) };
const TEST: Size = Size { rounds: 1, waves: 2, loaded: Duration::from_millis(50) };

/// What one server showed, one entry a round.
#[derive(Default)]
struct Seen {
    /// For each of [`CONCURRENCIES`], lateness in nanoseconds at the median and the 99th percentile.
    late: [(Vec<f64>, Vec<f64>); CONCURRENCIES.len()],
    per_second: Vec<f64>,
    cpu_ns: Vec<f64>,
    body_bytes: u64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == client::WORD) {
        return client::run(&arguments[1..]);
    }
    // `cargo bench` hands the same words to every bench: criterion's options, and perhaps a filter.
    let filter = arguments.iter().find(|word| !word.starts_with('-'));
    let listing = arguments.iter().any(|word| word == "--list");
    if listing || filter.is_some_and(|filter| !"servers".contains(filter.as_str())) {
        return Ok(());
    }
    let size = if arguments.iter().any(|word| word == "--test") { TEST } else { FULL };
    let cpus = Cpus::dealt(Placement::Split, &allowed_cpus());
    println!("\nservers on CPU {:?}, raw-epoll on CPU {:?}", cpus.server, cpus.worker);
    let mut servers = start::all(&cpus.server)?;
    if servers.len() == 1 {
        println!("skipped: there is none to stand beside the delay server");
        return Ok(());
    }
    let mut seen: Vec<Seen> = servers.iter().map(|_| Seen::default()).collect();
    let requests = servers.iter_mut().map(|server| enough(server, &cpus, &size)).collect::<Outcome<Vec<_>>>()?;
    for round in 0..size.rounds {
        for turn in 0..servers.len() {
            let at = (round + turn) % servers.len();
            measure(&mut servers[at], &cpus, &size, requests[at], &mut seen[at])
                .map_err(|error| format!("{}: {error}", servers[at].name))?;
        }
    }
    print(&servers, &seen, size.rounds);
    servers.into_iter().for_each(Server::stop);
    Ok(())
}

/// How many requests keep a server busy for the time that it is loaded.
fn enough(server: &mut Server, cpus: &Cpus, size: &Size) -> Outcome<u64> {
    let few = 500;
    let ran = server.load(few, 100, Duration::ZERO, &cpus.worker)?.ran;
    let per_ns = few as f64 / ran.span_ns.max(1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between the bounds that follow")]
    let requests = (per_ns * size.loaded.as_nanos() as f64) as u64;
    Ok(requests.clamp(few, 500_000))
}

/// One round of one server.
fn measure(server: &mut Server, cpus: &Cpus, size: &Size, requests: u64, seen: &mut Seen) -> Outcome<()> {
    for (concurrency, (p50, p99)) in CONCURRENCIES.into_iter().zip(&mut seen.late) {
        let Ran { p50_ns, p99_ns, .. } = server.load(size.waves * concurrency, concurrency, DELAY, &cpus.worker)?.ran;
        let late = |latency: u64| latency as f64 - DELAY.as_nanos() as f64;
        p50.push(late(p50_ns));
        p99.push(late(p99_ns));
    }
    let Load { ran, cpu_ns } = server.load(requests, 100, Duration::ZERO, &cpus.worker)?;
    seen.per_second.push(requests as f64 * 1e9 / ran.span_ns.max(1) as f64);
    // The warm-up's requests are in the CPU time.
    seen.cpu_ns.push(cpu_ns as f64 / (requests + 100) as f64);
    seen.body_bytes = ran.body_bytes;
    Ok(())
}

/// The table, a server a row.
fn print(servers: &[Server], seen: &[Seen], rounds: usize) {
    let median = |figures: &[f64]| inflight_stats::median(figures).unwrap_or(f64::NAN);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let late = CONCURRENCIES.map(|concurrency| format!("late at C = {concurrency}: p50 · p99"));
    let titles = ["server", "body"].map(str::to_owned).into_iter().chain(late);
    table.set_header(titles.chain(["requests a second, D = 0", "CPU a request, D = 0"].map(str::to_owned)));
    for (server, seen) in servers.iter().zip(seen) {
        let late = seen.late.iter().map(|(p50, p99)| format!("{} · {}", duration(median(p50)), duration(median(p99))));
        let row =
            [format!("{} {}", server.name, server.version), format!("{} B", seen.body_bytes)].into_iter().chain(late);
        table.add_row(row.chain([three(median(&seen.per_second)), duration(median(&seen.cpu_ns))]));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!(
        "Medians of {rounds} rounds, the servers in turn. Late: latency as the client has it, less the {} of the delay; wire and \
         client are in it, the same for all. At D = 0: C = 100; CPU time of the server's process tree. Warm \
         connections; only the delay server keeps a ledger meanwhile.",
        duration(DELAY.as_nanos() as f64)
    );
}
