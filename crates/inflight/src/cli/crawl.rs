//! `inflight crawl`: list pages, then every detail that they name, each stored as it arrives, by one model after the other.

use anyhow::{anyhow, ensure};
use clap::{Args, ValueEnum};
use inflight::software;
use inflight_harness::plan::Plan;
use inflight_record::crawl::{Catalogue, Crawl, MAX_LISTS, Phases, Site};
use inflight_record::text::{self, DelayText};
use inflight_record::{Environment, Workload};

use super::ConnectionsWord;
use super::batches::{Asked, BatchArguments};

#[derive(Debug, Args)]
pub struct CrawlArguments {
    /// books: JSON, lists of 18 (`/api/book/`); films: HTML, lists of 25 (`/top250`).
    #[arg(long, value_enum)]
    catalogue: CatalogueWord,
    /// L: list pages, 1 to 100000; by default 100 for books and 10 for films.
    #[arg(long, value_name = "L", value_parser = clap::value_parser!(u64).range(1..=MAX_LISTS))]
    pages: Option<u64>,
    /// C: how many pages may be in flight at once.
    #[arg(long, value_name = "C", default_value_t = 5)]
    concurrency: u64,
    /// D: how long the server holds each page: 0, 50ms, 1.5s; at most 60s.
    #[arg(long, value_name = "D", value_parser = text::delay, allow_hyphen_values = true)]
    delay: DelayText,
    /// cold: clients are built and connect inside the timed span; warm: one untimed batch goes first.
    #[arg(long, value_enum, default_value_t = ConnectionsWord::Cold)]
    connections: ConnectionsWord,
    /// Where details are stored: none:, sqlite:PATH, jsonl:PATH, redis://HOST:PORT, mongodb://HOST:PORT/DATABASE (the last two
    /// where built in). Without a path, sqlite: and jsonl: are a file that goes with its batch; with one, each batch starts
    /// it empty. What is not a crawl's own is refused.
    #[arg(long, value_name = "URL", default_value = "sqlite:")]
    store: String,
    /// When details may be fetched. barrier: when all lists are in; pipelined: as soon as their list is.
    #[arg(long, value_enum, default_value_t = PhasesWord::Barrier)]
    phases: PhasesWord,
    /// How many of the attempts get a fault (500s, resets, truncated bodies, wrong pages), in tenths of a percent: 2%, 0.5%;
    /// at most 50%.
    #[arg(long, value_name = "P%", default_value = "0", value_parser = text::per_mille, allow_hyphen_values = true)]
    faults: u32,
    /// How often a page that failed is asked for again, 0 to 10, before it is given up and counted.
    #[arg(long, value_name = "R", default_value_t = 2)]
    retries: u32,
    /// Go on with what an earlier crawl by the same seed has stored: only what is missing is fetched. For one model, one
    /// round, and a store that lasts.
    #[arg(long)]
    resume: bool,
    /// How many rounds; each runs every model once, in random order.
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
    /// Seed of what the pages hold, of the faults, and of the random orders: the same seed leaves the same rows.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    batches: BatchArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CatalogueWord {
    Books,
    Films,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PhasesWord {
    Barrier,
    Pipelined,
}

pub fn run(arguments: &CrawlArguments) -> anyhow::Result<u8> {
    let environment = software::environment();
    let plan = checked_plan(arguments, &environment)?;
    arguments.batches.run(plan, environment)
}

/// Checks all that can be wrong with the input; the store last, because one that is not there is made.
fn checked_plan(arguments: &CrawlArguments, environment: &Environment) -> anyhow::Result<Plan> {
    let crawl = crawl(arguments);
    let workload = Workload {
        lognormal: arguments.delay.lognormal(arguments.seed),
        connections: arguments.connections.into(),
        ..Workload::of_crawl(crawl.clone(), arguments.concurrency, arguments.delay.ns)
    };
    workload.validate()?;
    let asked = Asked { workload, rounds: arguments.rounds, seed: arguments.seed, peers: Vec::new() };
    let plan = arguments.batches.plan(asked, environment)?;
    if crawl.resume {
        let (models, rounds) = (plan.contenders.len(), plan.rounds);
        ensure!(
            crawl.lasts(),
            "--resume needs a store that lasts, such as --store sqlite:books.db, not {}",
            crawl.store
        );
        ensure!(models == 1, "--resume goes on with the crawl of one model: name it by --models, instead of {models}");
        ensure!(rounds == 1, "--resume goes on with one crawl: leave --rounds out, instead of {rounds}");
    }
    inflight_crawl::try_store(&crawl).map_err(|error| anyhow!("--store: {error}"))?;
    Ok(plan)
}

fn crawl(arguments: &CrawlArguments) -> Crawl {
    let catalogue = match arguments.catalogue {
        CatalogueWord::Books => Catalogue::Books,
        CatalogueWord::Films => Catalogue::Films,
    };
    Crawl {
        site: Site {
            catalogue,
            lists: arguments.pages.unwrap_or_else(|| catalogue.usual_lists()),
            seed: arguments.seed,
            faults_per_mille: arguments.faults,
        },
        phases: match arguments.phases {
            PhasesWord::Barrier => Phases::Barrier,
            PhasesWord::Pipelined => Phases::Pipelined,
        },
        store: arguments.store.clone(),
        retries: arguments.retries,
        resume: arguments.resume,
    }
}
