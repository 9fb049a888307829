//! `inflight run`: one workload, interleaved rounds, records and a table.

use std::path::PathBuf;

use clap::Args;
use inflight::{peers, software};
use inflight_record::Workload;
use inflight_record::text::{self, DelayText};

use super::ConnectionsWord;
use super::batches::{Asked, BatchArguments};

#[derive(Debug, Args)]
pub struct RunArguments {
    /// N: how many requests a batch makes.
    #[arg(long, value_name = "N")]
    requests: u64,
    /// C: how many may be in flight at once; 1 to N.
    #[arg(long, value_name = "C")]
    concurrency: u64,
    /// D: how long the server holds each response: 0, 50ms, 1.5s; at most 60s. Or delays that vary from request to
    /// request, with median and sigma: lognormal:50ms:0.6.
    #[arg(long, value_name = "D", value_parser = text::delay, allow_hyphen_values = true)]
    delay: DelayText,
    /// Bytes of each body: 200, 1KiB, 1MiB; at most 64MiB.
    #[arg(long, value_name = "SIZE", default_value = "1KiB", value_parser = text::size)]
    body: u64,
    /// cold: clients are built and connect inside the timed span; warm: one untimed batch goes first.
    #[arg(long, value_enum, default_value_t = ConnectionsWord::Cold)]
    connections: ConnectionsWord,
    /// Spread the URLs over so many hosts: 127.0.0.1, 127.0.0.2, …; shows caps and pools that count by host.
    #[arg(long, value_name = "H", default_value_t = 1)]
    hosts: u64,
    /// Let the server hold at most so many requests at once; others queue in order of arrival. No limit by default.
    #[arg(long, value_name = "K")]
    capacity: Option<u64>,
    /// How many rounds; each runs every model once, in random order.
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rounds: u32,
    /// Seed of the random orders, and of delays that vary; a random one unless given, and always on the record.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Peers from outside in the same rounds: all, installed, or ids with commas between them (see `inflight peers list`).
    #[arg(long, value_name = "ID,…")]
    peers: Option<String>,
    /// The list of peers.
    #[arg(long, value_name = "FILE", default_value = peers::FILE)]
    peers_file: PathBuf,
    #[command(flatten)]
    batches: BatchArguments,
}

pub fn run(arguments: &RunArguments) -> anyhow::Result<u8> {
    let environment = software::environment();
    let plan = arguments.batches.plan(asked(arguments)?, &environment)?;
    arguments.batches.run(plan, environment)
}

fn asked(arguments: &RunArguments) -> anyhow::Result<Asked> {
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
        crawl: None,
    };
    workload.validate()?;
    let peers = match &arguments.peers {
        Some(asked) => peers::choose(asked, peers::load(&arguments.peers_file)?)?,
        None => Vec::new(),
    };
    Ok(Asked { workload, rounds: arguments.rounds, seed, peers })
}
