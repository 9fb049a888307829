//! What storing costs a crawl: the same books thrown away and stored, in adjacent pairs of batches; and whether memory grows
//! with the number of books.
//!
//! The model is tokio-reqwest, each batch in processes of its own and under the witness. What is printed are each pair, and the
//! ratio of the makespans with its 95 % interval. `sqlite:` is measured always; redis and mongodb where they are built in
//! (`--features redis,mongodb`) and `REDIS_URL` or `MONGODB_URL` says where one runs: what is in it by the crawl's names is lost.

use std::path::Path;

use inflight::comparison::{Choices, gather, plan};
use inflight::{lineup, software};
use inflight_harness::ModelError;
use inflight_record::crawl::{Catalogue, Crawl, Phases, Site};
use inflight_record::{Memory, Outcome, Record, Workload};
use inflight_report::units::{bytes, duration, ratio};
use inflight_stats::{Stopping, location, log_ratios, median};

const MODEL: &str = "tokio-reqwest";
const CONCURRENCY: u64 = 100;
const DELAY_NS: u64 = 50_000_000;
/// 100 lists of 18 are the books of the site that it is modelled on.
const LISTS: u64 = 100;
/// How many times as many books memory is looked at with.
const MORE: u64 = 10;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    lists: u64,
    pairs: usize,
    /// Batches of each number of books, for memory.
    batches: u32,
}

const FULL: Size = Size { lists: LISTS, pairs: 15, batches: 5 };
const TEST: Size = Size { lists: 6, pairs: 1, batches: 1 };

fn main() -> Result<(), ModelError> {
    // `cargo bench` hands the same words to every bench: criterion's options, and perhaps a filter.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    if has("--list") || filter.is_some_and(|filter| !"crawl_store".contains(filter.as_str())) {
        return Ok(());
    }
    let size = if has("--test") { TEST } else { FULL };
    makespan("sqlite:", size)?;
    for variable in ["REDIS_URL", "MONGODB_URL"] {
        let Ok(store) = std::env::var(variable) else {
            println!("\nskipped: {variable} does not say where one runs");
            continue;
        };
        match inflight_crawl::check_store(&store) {
            Ok(()) => makespan(&store, size)?,
            Err(error) => println!("\nskipped: {variable}: {error}"),
        }
    }
    memory(size)
}

/// Makespans of crawls into `store` by those of crawls that throw everything away.
fn makespan(store: &str, size: Size) -> Result<(), ModelError> {
    let (stored, thrown) = (crawl(size.lists, store), crawl(size.lists, "none:"));
    let kind = stored.crawl.as_ref().map_or("", Crawl::store_kind);
    println!("\n{kind} against none, {}", told(&stored));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for pair in 0..size.pairs {
        // In turns first, so that a drift of the machine hits both.
        let (with, without) = if pair.is_multiple_of(2) {
            let with = run(&stored)?;
            (with, run(&thrown)?)
        } else {
            let without = run(&thrown)?;
            (run(&stored)?, without)
        };
        let (waited, tail) = with.crawl.as_ref().map_or((0, 0), |crawl| (crawl.waited_ns, crawl.tail_ns));
        let (with, without) = (makespan_ns(&with)?, makespan_ns(&without)?);
        println!(
            "  {kind} {} (waited {}, tail {}) · none {} · ratio {}",
            duration(with),
            duration(number(waited)),
            duration(number(tail)),
            duration(without),
            ratio(with / without)
        );
        a.push(with);
        b.push(without);
    }
    let ratios = log_ratios(&a, &b);
    match location(&ratios, Stopping::Fixed).map(|interval| interval.map(f64::exp)) {
        Some(it) => println!(
            "  {} pairs: makespan with {kind} / without: {} (95 % interval {} – {})",
            size.pairs,
            ratio(it.estimate),
            ratio(it.low),
            ratio(it.high)
        ),
        None => println!("  {} pairs: too few for an interval", size.pairs),
    }
    Ok(())
}

/// Peak memory above the harness's own with ten times the books.
fn memory(size: Size) -> Result<(), ModelError> {
    let [few, many] = [size.lists, size.lists * MORE].map(|lists| crawl(lists, "sqlite:"));
    println!("\npeak memory, sqlite, {} books against {}", books(&few), books(&many));
    let mut medians = [0.0; 2];
    for (workload, median_bytes) in [&few, &many].into_iter().zip(&mut medians) {
        let batches = (0..size.batches).map(|_| run(workload)).collect::<Result<Vec<_>, _>>()?;
        let peaks: Vec<f64> = batches.iter().filter_map(|it| it.memory).map(Memory::model_bytes).map(number).collect();
        *median_bytes = median(&peaks).ok_or("no batch says what memory it took")?;
        println!("  {} books: {} (median of {})", books(workload), bytes(*median_bytes), peaks.len());
    }
    println!("  ratio {}", ratio(medians[1] / medians[0].max(1.0)));
    Ok(())
}

fn crawl(lists: u64, store: &str) -> Workload {
    let site = Site { catalogue: Catalogue::Books, lists, seed: 1, faults_per_mille: 0 };
    let crawl = Crawl { site, phases: Phases::Barrier, store: store.to_owned(), retries: 0, resume: false };
    Workload::of_crawl(crawl, CONCURRENCY, DELAY_NS)
}

fn books(workload: &Workload) -> u64 {
    workload.crawl.as_ref().map_or(0, |crawl| crawl.site.details())
}

fn told(workload: &Workload) -> String {
    format!("{MODEL}, {} books, C = {CONCURRENCY}, D = {}", books(workload), workload.delay_text())
}

/// One batch; an error where it did not end `ok`, because then no figure counts.
fn run(workload: &Workload) -> Result<Record, ModelError> {
    let inflight = Path::new(env!("CARGO_BIN_EXE_inflight"));
    let contenders = lineup::choose(MODEL, inflight)?;
    let plan = plan(Choices::for_bench(workload, contenders, 1), &software::environment(), inflight);
    let record = gather(&plan)?.pop().ok_or("the driver left no record")?;
    match record.outcome {
        Outcome::Ok => Ok(record),
        outcome => Err(format!("{}: {}", outcome.as_str(), record.reason.as_deref().unwrap_or("no reason")).into()),
    }
}

fn makespan_ns(record: &Record) -> Result<f64, ModelError> {
    Ok(number(record.makespan_ns.ok_or("a batch without a makespan")?))
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds and bytes of one batch stay far below 2^53")]
fn number(value: u64) -> f64 {
    value as f64
}
