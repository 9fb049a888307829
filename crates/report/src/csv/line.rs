//! The part of a record that goes into `records.csv`, read without copying its text or looking at its histograms.

use std::borrow::Cow;

use inflight_record::{
    Connections, ContextSwitches, Cpu, Crawl, CrawlFigures, Flag, Label, Latency, LedgerFigures, LogNormal, Memory,
    Network, Outcome, Outside, Workload,
};
use serde::Deserialize;

/// A [`inflight_record::Record`] under the same names, less what no table holds.
#[derive(Deserialize)]
pub(super) struct Line<'a> {
    pub(super) schema_version: u32,
    #[serde(borrow)]
    pub(super) record_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) study_id: Cow<'a, str>,
    pub(super) round: u32,
    pub(super) position: u32,
    pub(super) seed: u64,
    #[serde(borrow)]
    pub(super) arm: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) started_at: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) model: LineModel<'a>,
    #[serde(borrow)]
    pub(super) workload: LineWorkload<'a>,
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) flags: Vec<Flag>,
    pub(super) makespan_ns: Option<u64>,
    pub(super) ideal_ns: u64,
    pub(super) declared_ideal_ns: u64,
    pub(super) excess_ns: Option<i64>,
    pub(super) efficiency: Option<f64>,
    pub(super) cpu: Option<Cpu>,
    pub(super) memory: Option<Memory>,
    pub(super) threads_peak: Option<u64>,
    pub(super) context_switches: Option<ContextSwitches>,
    pub(super) latency: Option<Latency>,
    pub(super) ledger: Option<LedgerFigures>,
    pub(super) crawl: Option<CrawlFigures>,
    pub(super) network: Option<Network>,
    pub(super) steal_ns: Option<u64>,
    pub(super) foreign_ns: Option<u64>,
    pub(super) foreign_before: Option<f64>,
    pub(super) throttled_ns: Option<u64>,
    pub(super) outside: Option<Outside>,
    pub(super) cpus: Vec<u32>,
    pub(super) server_cpus: Vec<u32>,
    #[serde(borrow)]
    pub(super) environment_id: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct LineModel<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) label: Label,
    pub(super) declared_peak_here: u64,
    pub(super) client_version: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct LineWorkload<'a> {
    #[serde(borrow)]
    pub(super) slug: Cow<'a, str>,
    pub(super) requests: u64,
    pub(super) concurrency: u64,
    pub(super) delay_ns: u64,
    pub(super) lognormal: Option<LogNormal>,
    pub(super) body_bytes: u64,
    pub(super) connections: Connections,
    #[serde(default = "one")]
    pub(super) hosts: u64,
    pub(super) capacity: Option<u64>,
    pub(super) crawl: Option<Crawl>,
    #[serde(borrow)]
    pub(super) placement: Cow<'a, str>,
}

fn one() -> u64 {
    1
}

impl Line<'_> {
    /// Its latencies. Records of the first yardsticks hold some of no samples.
    pub(super) fn latency(&self) -> Option<Latency> {
        self.latency.filter(|_| self.outcome != Outcome::Counted)
    }

    /// As [`inflight_record::Record::times_count`].
    pub(super) fn times_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(|flag| flag.excludes_time())
    }

    /// As [`inflight_record::Record::costs_count`].
    pub(super) fn costs_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(|flag| flag.excludes_cost())
    }
}

impl LineWorkload<'_> {
    /// The delay in words.
    pub(super) fn delay_text(&self) -> String {
        let lognormal = self.lognormal;
        Workload { lognormal, ..Workload::new(self.requests, self.concurrency, self.delay_ns) }.delay_text()
    }
}
