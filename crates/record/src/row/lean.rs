//! Rows from a file of records: one pass over each line, which skips what a row does not hold.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::{CrawlRow, LedgerRow, Name, Row, date};
use crate::jsonl::{self, Blocks, JsonlError};
use crate::{Cpu, Flag, Memory, Outcome, Record, RoundTrip, SCHEMA_VERSION};

/// Loads the rows of a file of records, in its order, unpacked on the way where its name ends in `.zst`: what
/// [`jsonl::load`] and [`Row::from`] give, but a million of them in seconds and a few hundred bytes each. An empty file
/// has none, which is for the caller to judge.
///
/// # Errors
/// As [`jsonl::load`], in its words and with its line. What a row does not hold is skipped: that it is JSON is
/// checked, and not that it is right.
pub fn load(path: &Path) -> Result<Vec<Row>, JsonlError> {
    jsonl::load_lines(path, parser)
}

/// The same from anything that can be read; `path` is what errors call it.
///
/// # Errors
/// As [`load`].
pub fn read(source: impl Read + Send, path: &Path, blocks: Blocks) -> Result<Vec<Row>, JsonlError> {
    jsonl::read_lines(source, path, blocks, parser)
}

/// A thread's own parser of lines.
fn parser() -> impl FnMut(&str) -> Result<Row, String> {
    // Each thread has names of its own: a shared count of their holders would go to and fro between CPUs.
    let mut names = Names::default();
    move |line| match serde_json::from_str::<Lean>(line) {
        Ok(lean) if lean.schema_version == SCHEMA_VERSION => Ok(lean.row(&mut names)),
        // Whatever is wrong is said once, by the parser of whole records.
        _ => jsonl::parse::<Record>(line).map(|record| Row::from(&record)),
    }
}

/// The part of a [`Record`] that a [`Row`] holds, under the same names.
#[derive(Deserialize)]
struct Lean<'a> {
    schema_version: u32,
    #[serde(borrow)]
    study_id: Cow<'a, str>,
    #[serde(borrow)]
    environment_id: Cow<'a, str>,
    #[serde(borrow)]
    arm: Cow<'a, str>,
    round: u32,
    #[serde(borrow)]
    started_at: Cow<'a, str>,
    #[serde(borrow)]
    workload: LeanWorkload<'a>,
    outcome: Outcome,
    flags: Vec<Flag>,
    reason: Option<String>,
    ideal_ns: u64,
    makespan_ns: Option<u64>,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
    threads_peak: Option<u64>,
    latency: Option<LeanLatency>,
    ledger: Option<LedgerRow>,
    round_trip: Option<RoundTrip>,
    crawl: Option<CrawlRow>,
}

#[derive(Deserialize)]
struct LeanWorkload<'a> {
    #[serde(borrow)]
    slug: Cow<'a, str>,
    requests: u64,
}

#[derive(Deserialize)]
struct LeanLatency {
    from_start_ns: LeanPercentiles,
    from_send_ns: LeanPercentiles,
}

#[derive(Deserialize)]
struct LeanPercentiles {
    p50: u64,
    p99: u64,
}

impl LeanPercentiles {
    fn pair(&self) -> (u64, u64) {
        (self.p50, self.p99)
    }
}

impl Lean<'_> {
    fn row(self, names: &mut Names) -> Row {
        // Records of the first yardsticks hold latencies of no samples.
        let latency = self.latency.as_ref().filter(|_| self.outcome != Outcome::Counted);
        Row {
            study_id: names.get(&self.study_id),
            environment_id: names.get(&self.environment_id),
            slug: names.get(&self.workload.slug),
            arm: names.get(&self.arm),
            round: self.round,
            date: names.get(date(&self.started_at)),
            outcome: self.outcome,
            flags: self.flags.into_iter().collect(),
            reason: self.reason.map(|reason| names.get(&reason)),
            requests: self.workload.requests,
            ideal_ns: self.ideal_ns,
            makespan_ns: self.makespan_ns,
            cpu_ns: self.cpu.map(Cpu::total_ns),
            memory_bytes: self.memory.map(Memory::model_bytes),
            threads_peak: self.threads_peak,
            from_start_ns: latency.map(|latency| latency.from_start_ns.pair()),
            from_send_ns: latency.map(|latency| latency.from_send_ns.pair()),
            ledger: self.ledger,
            round_trip_ns: self.round_trip.as_ref().map(RoundTrip::pair_ns),
            crawl: self.crawl.map(Box::new),
        }
    }
}

/// Names that were met before.
#[derive(Default)]
struct Names(HashSet<Name>);

impl Names {
    fn get(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return Name::clone(name);
        }
        let name = Name::from(text);
        self.0.insert(Name::clone(&name));
        name
    }
}
