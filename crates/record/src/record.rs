//! The record: one batch on one line of JSON, with all that is needed to recompute every figure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::outcome::{Flag, Outcome};
use crate::{Card, LedgerFigures, Outside, RoundTrip, ServerSide, Workload};

/// Version of the record's schema. A reader refuses any other with a clear error.
pub const SCHEMA_VERSION: u32 = 1;

/// The model of a record: its card, and what the card came to for this workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelFigures {
    /// The card.
    #[serde(flatten)]
    pub card: Card,
    /// The most in flight that the card declares here.
    pub declared_peak_here: u64,
    /// Versions of the client's parts, as the worker reported them: `ureq 3.5.1`.
    pub client_version: Option<String>,
}

/// The workload of a record, with its short name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadFigures {
    /// Unique short name.
    pub slug: String,
    /// N.
    pub requests: u64,
    /// C.
    pub concurrency: u64,
    /// D in nanoseconds; with `lognormal`, the median of delays.
    pub delay_ns: u64,
    /// Delays that vary, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lognormal: Option<crate::LogNormal>,
    /// Least bytes of each body.
    pub body_bytes: u64,
    /// `cold` or `warm`.
    pub connections: crate::Connections,
    /// How many hosts the URLs are spread over.
    #[serde(default = "crate::workload::one", skip_serializing_if = "crate::workload::is_one")]
    pub hosts: u64,
    /// How many requests the server holds at once, where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Where it is a crawl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<crate::Crawl>,
    /// Where server and worker ran: `split` (apart), `shared` (both on all CPUs) or `remote` (the server elsewhere).
    pub placement: String,
}

impl WorkloadFigures {
    /// The workload for the record, with where it ran.
    #[must_use]
    pub fn new(workload: &Workload, placement: &str) -> Self {
        Self {
            slug: workload.slug(),
            requests: workload.requests,
            concurrency: workload.concurrency,
            delay_ns: workload.delay_ns,
            lognormal: workload.lognormal,
            body_bytes: workload.body_bytes,
            connections: workload.connections,
            hosts: workload.hosts,
            capacity: workload.capacity,
            crawl: workload.crawl.clone(),
            placement: placement.to_owned(),
        }
    }

    /// The workload as it was asked for.
    #[must_use]
    pub fn workload(&self) -> Workload {
        Workload {
            requests: self.requests,
            concurrency: self.concurrency,
            delay_ns: self.delay_ns,
            lognormal: self.lognormal,
            body_bytes: self.body_bytes,
            connections: self.connections,
            hosts: self.hosts,
            capacity: self.capacity,
            crawl: self.crawl.clone(),
        }
    }
}

/// CPU time of the worker over the timed span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cpu {
    /// In user mode, nanoseconds.
    pub user_ns: u64,
    /// In the kernel on its behalf, nanoseconds.
    pub system_ns: u64,
}

impl Cpu {
    /// Both together, nanoseconds.
    #[must_use]
    pub fn total_ns(self) -> u64 {
        self.user_ns.saturating_add(self.system_ns)
    }
}

/// Resident memory of the worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Before the client was built, sample log included, bytes.
    pub baseline_bytes: u64,
    /// Highest since then, bytes. The model's own memory is `peak − baseline`.
    pub peak_bytes: u64,
}

impl Memory {
    /// What the model needed on top of the harness, bytes.
    #[must_use]
    pub fn model_bytes(self) -> u64 {
        self.peak_bytes.saturating_sub(self.baseline_bytes)
    }
}

/// Context switches of the worker over the timed span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextSwitches {
    /// It waited.
    pub voluntary: u64,
    /// It was made to.
    pub involuntary: u64,
}

/// Percentiles of one latency, nanoseconds, exact (nearest rank) over all requests of the batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Slowest.
    pub max: u64,
}

/// Latencies of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// From the batch's start to the request's end: what the user of the batch waits for it.
    pub from_start_ns: Percentiles,
    /// From the request's own start to its end.
    pub from_send_ns: Percentiles,
    /// The latter less the server's hold.
    pub overhead_ns: Percentiles,
}

/// The same as histograms of `HdrHistogram` (V2, deflated, base64).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Histograms {
    /// Of [`Latency::from_start_ns`].
    pub from_start_ns: String,
    /// Of [`Latency::from_send_ns`].
    pub from_send_ns: String,
    /// Of [`Latency::overhead_ns`].
    pub overhead_ns: String,
}

/// Kernel counters over the batch; they count the whole network namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    /// Accept queues that were full.
    pub listen_overflows: u64,
    /// Connections that a listener dropped.
    pub listen_drops: u64,
    /// SYNs sent again.
    pub syn_retransmits: u64,
}

impl Network {
    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            listen_overflows: self.listen_overflows.saturating_sub(before.listen_overflows),
            listen_drops: self.listen_drops.saturating_sub(before.listen_drops),
            syn_retransmits: self.syn_retransmits.saturating_sub(before.syn_retransmits),
        }
    }

    /// What two sides have counted.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            listen_overflows: self.listen_overflows + other.listen_overflows,
            listen_drops: self.listen_drops + other.listen_drops,
            syn_retransmits: self.syn_retransmits + other.syn_retransmits,
        }
    }
}

/// What a load generator reports of its own run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reported {
    /// Requests that it says were answered.
    pub requests: u64,
    /// Requests of which it says that they failed, or were answered with another status than 200.
    pub errors: u64,
    /// Median of its latencies, nanoseconds, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p50_ns: Option<u64>,
    /// 99th percentile of its latencies, nanoseconds, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p99_ns: Option<u64>,
}

/// One batch: one model running one workload once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Unique.
    pub record_id: String,
    /// The study or run that it belongs to.
    pub study_id: String,
    /// Which round, from 0.
    pub round: u32,
    /// Which place in its round's random order, from 0.
    pub position: u32,
    /// Seed of the orders.
    pub seed: u64,
    /// Name under which the model ran: the model's id, but for control arms.
    pub arm: String,
    /// When the batch began: RFC 3339, UTC.
    pub started_at: String,
    /// What ran.
    pub model: ModelFigures,
    /// What it was asked to do.
    pub workload: WorkloadFigures,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, where it did not end `ok`.
    pub reason: Option<String>,
    /// Guards that tripped, sorted.
    pub flags: Vec<Flag>,
    /// Wall time of the batch, timed inside the worker by the harness.
    pub makespan_ns: Option<u64>,
    /// The ideal: ⌈N/C⌉ · D, or what takes its place (see [`Workload::ideal_ns`]).
    pub ideal_ns: u64,
    /// The same with the declared peak.
    pub declared_ideal_ns: u64,
    /// Makespan − ideal.
    pub excess_ns: Option<i64>,
    /// Ideal / makespan; null at D = 0.
    pub efficiency: Option<f64>,
    /// CPU time of the worker.
    pub cpu: Option<Cpu>,
    /// Memory of the worker.
    pub memory: Option<Memory>,
    /// Most threads that the worker was seen to have at once.
    pub threads_peak: Option<u64>,
    /// Context switches of the worker.
    pub context_switches: Option<ContextSwitches>,
    /// Latencies.
    pub latency: Option<Latency>,
    /// Latencies as histograms.
    pub histograms: Option<Histograms>,
    /// The server's account.
    pub ledger: Option<LedgerFigures>,
    /// What a yardstick reports of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Reported>,
    /// What came of a crawl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<crate::CrawlFigures>,
    /// Where the server ran elsewhere: how far away it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<RoundTrip>,
    /// Where the server ran elsewhere: what its side counted. The counters below are this side's then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side: Option<ServerSide>,
    /// Kernel counters.
    pub network: Option<Network>,
    /// Time that the hypervisor took from all CPUs.
    pub steal_ns: Option<u64>,
    /// CPU time of processes that are not ours, over the batch, in steps of 10 ms a CPU.
    pub foreign_ns: Option<u64>,
    /// CPU time of processes that are not ours in the half second before the batch's round, as a share of one core.
    pub foreign_before: Option<f64>,
    /// Time for which the control group was throttled.
    pub throttled_ns: Option<u64>,
    /// What the driver saw from outside.
    pub outside: Option<Outside>,
    /// The CPUs that the worker was given.
    pub cpus: Vec<u32>,
    /// The CPUs that the server was given; of its own machine, where it ran elsewhere.
    pub server_cpus: Vec<u32>,
    /// Which line of `environments.jsonl` says where it ran.
    pub environment_id: String,
}

impl Record {
    /// The id of a batch: study, workload, round and arm are its key. It may stand in a file's name.
    #[must_use]
    pub fn id(study_id: &str, slug: &str, round: u32, arm: &str) -> String {
        format!("{study_id}-{slug}-r{round}-{}", arm.replace('/', "."))
    }

    /// Whether the batch's times (makespan, excess, efficiency, latency) may be used.
    #[must_use]
    pub fn times_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(|flag| flag.excludes_time())
    }

    /// Whether the batch's costs (CPU, memory, threads) may be used.
    #[must_use]
    pub fn costs_count(&self) -> bool {
        self.outcome == Outcome::Ok && !self.flags.iter().any(|flag| flag.excludes_cost())
    }

    /// CPU nanoseconds a request, where the batch has them: by the requests that were asked for, or, of a yardstick, those
    /// whose answers the server saw taken.
    #[must_use]
    pub fn cpu_per_request_ns(&self) -> Option<f64> {
        let requests = match self.outcome {
            Outcome::Counted => self.ledger?.completed,
            _ => self.workload.requests,
        };
        #[expect(clippy::cast_precision_loss, reason = "CPU times and counts stay far below 2^53")]
        self.cpu.filter(|_| requests > 0).map(|cpu| cpu.total_ns() as f64 / requests as f64)
    }
}
