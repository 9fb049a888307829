//! The summary of a study: every figure that may be cited, under an id, with its interval and its rounds.

mod batches;
mod build;
mod claims;
mod controls;
mod crawl;
mod entry;
mod figure;
mod marginal;
mod notes;
mod ranking;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod wide;
mod yardstick;

use inflight_record::{Controls, Label, Machine, RoundsRule, ServerHost, Software, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use batches::{Batches, Ended, Flagged};
pub use claims::ClaimSummary;
pub(crate) use claims::{OVER, claims_table};
pub use controls::{Again, ControlArms, FoundBack};
pub use crawl::CrawlSummary;
pub(crate) use crawl::phrase as crawl_phrase;
pub use entry::{Entry, Of};
pub use figure::Figure;
pub(crate) use figure::twelve;

pub(crate) use crate::metric::memory_differs;
pub(crate) use crate::metric::number_of;
pub use crate::metric::{MEMORY_RESOLUTION_BYTES, Metric, Unit};
pub(crate) use notes::{in_percent, notes};
pub use ranking::{Pair, Ranking};
pub use table::tables;
pub(crate) use table::{above, in_order, letters, time};
pub(crate) use text::{NONE, counted, limits, standing, value, with_limits};
pub use wide::{Wide, wide};
pub use yardstick::YardstickSummary;

use crate::grid;
use crate::json;
use crate::metric::number;
use crate::study::{Placed, StudyRecords};
use crate::style::placement;
use crate::units::duration;

/// Version of the summary's schema.
pub const SUMMARY_VERSION: u32 = 1;

/// All that a study's records say. The same records, in any order, give the same summary, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// [`SUMMARY_VERSION`].
    pub summary_version: u32,
    /// Name of the study, with which the ids of its figures begin.
    pub study: String,
    /// The question that it answers.
    pub question: String,
    /// SHA-256 of the study file.
    pub study_sha256: String,
    /// The parts that are in it, in the order of their manifests.
    pub study_ids: Vec<String>,
    /// The model that all others are compared with.
    pub baseline: String,
    /// How many rounds the study runs.
    pub rounds: RoundsRule,
    /// The level of every interval by itself, a part of 1. Above 0.95 where rounds were added until intervals were narrow.
    pub level: f64,
    /// What an adjusted p may be at most for two models to be declared different, p being adjusted over the pairs of one
    /// workload and metric. Below 0.05 for the same reason.
    pub alpha: f64,
    /// Sizes of the control arms.
    pub controls: Controls,
    /// Where it ran: one entry for each environment that has records.
    pub machines: Vec<MachineSummary>,
}

/// What the records of one environment say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineSummary {
    /// The environment; behind an @ in the ids of its figures where the study has several.
    pub environment_id: String,
    /// The machine.
    pub machine: Machine,
    /// What was built.
    pub software: Software,
    /// Where server and workers ran, where that is known.
    pub placed: Option<PlacedSummary>,
    /// The server's machine, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Box<ServerHost>>,
    /// When its batches started.
    pub dates: Dates,
    /// One entry for each workload of the study, in its order.
    pub workloads: Vec<WorkloadSummary>,
    /// What one more request in flight costs in memory, where three or more workloads differ in concurrency only.
    pub marginal_memory: Vec<MarginalMemory>,
}

/// The first and the last day on which a batch started, by UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dates {
    /// `2026-01-02`.
    pub first: String,
    /// The same, unless it ran past midnight or its parts did on several days.
    pub last: String,
}

impl std::fmt::Display for Dates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last { f.write_str(&self.first) } else { write!(f, "{} to {}", self.first, self.last) }
    }
}

/// Where server and workers ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacedSummary {
    /// `split`, `shared` or `remote`.
    pub placement: String,
    /// The CPUs that the server was given.
    pub server_cpus: Vec<u32>,
    /// The CPUs that the workers were given.
    pub worker_cpus: Vec<u32>,
}

impl PlacedSummary {
    /// In words, as it follows the machine's.
    pub(crate) fn text(&self) -> String {
        format!("; {}", placement(&self.placement, &self.server_cpus, &self.worker_cpus))
    }
}

impl From<&Placed> for PlacedSummary {
    fn from(placed: &Placed) -> Self {
        Self {
            placement: placed.placement.clone(),
            server_cpus: placed.server_cpus.clone(),
            worker_cpus: placed.worker_cpus.clone(),
        }
    }
}

/// How far away a server was that ran elsewhere, over all batches of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundTrips {
    /// The shortest round trip seen, nanoseconds.
    pub least_ns: u64,
    /// The longest median before or after a batch, nanoseconds.
    pub longest_median_ns: u64,
}

impl RoundTrips {
    /// Of the shortest and the median round trip of each batch, in nanoseconds; `None` where there are none.
    pub(crate) fn of(batches: impl Iterator<Item = (u64, u64)>) -> Option<Self> {
        batches.fold(None, |trips: Option<Self>, (least_ns, median_ns)| {
            let (least, longest) = trips.map_or((u64::MAX, 0), |it| (it.least_ns, it.longest_median_ns));
            Some(Self { least_ns: least.min(least_ns), longest_median_ns: longest.max(median_ns) })
        })
    }

    /// In words: `server elsewhere: round trips of …`.
    pub(crate) fn text(self) -> String {
        format!(
            "server elsewhere: round trips of {} at least, and of {} in the median at most; the ideal has none",
            duration(number(self.least_ns)),
            duration(number(self.longest_median_ns))
        )
    }
}

/// One workload on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadSummary {
    /// Its id.
    pub id: String,
    /// Its slug, by which records name it.
    pub slug: String,
    /// Itself.
    pub workload: Workload,
    /// Its ideal; null at D = 0.
    pub ideal_ns: Option<u64>,
    /// How far away the server was, which the ideal leaves out; absent where it ran on the same machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trips: Option<RoundTrips>,
    /// How many rounds any arm ran.
    pub rounds: usize,
    /// The models, in the order of the study.
    pub models: Vec<ModelSummary>,
    /// Load generators that ran beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yardsticks: Vec<YardstickSummary>,
    /// Of a crawl: what came of it by each model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crawls: Vec<CrawlSummary>,
    /// What others say of its models, beside what was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimSummary>,
    /// All pairs of models, by metric.
    pub rankings: Vec<Ranking>,
    /// What the control arms say of the study itself.
    pub controls: ControlArms,
}

/// One model under one workload on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelSummary {
    /// Its id.
    pub model: String,
    /// In which spirit it is written.
    pub label: Label,
    /// Median and interval of each metric.
    pub figures: Vec<Figure>,
    /// Ratio to the baseline of each metric that is compared, round by round; none for the baseline itself.
    pub ratios: Vec<Figure>,
    /// How its batches ended.
    pub batches: Batches,
}

impl ModelSummary {
    /// Its figure of this metric.
    #[must_use]
    pub fn figure(&self, metric: Metric) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.metric == metric.as_str())
    }

    /// Its ratio to the baseline in this metric.
    #[must_use]
    pub fn ratio(&self, metric: Metric) -> Option<&Figure> {
        self.ratios.iter().find(|figure| figure.metric.strip_suffix("_ratio") == Some(metric.as_str()))
    }
}

/// Workloads that differ only in concurrency and number of requests, and what memory does along them. Where the number
/// of requests grows with concurrency, what a client keeps for each request is in the slope too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarginalMemory {
    /// Name of the group, in the ids of its figures: what the slugs have in common.
    pub group: String,
    /// The ids of its workloads.
    pub workloads: Vec<String>,
    /// Whether the number of requests is the same in all of them.
    pub same_requests: bool,
    /// By model: bytes of peak memory for each request more at the peak in flight, the slope of each round's
    /// least-squares line, then median and interval over the rounds. A round counts where it has all workloads in which
    /// the model counted in any round.
    pub models: Vec<ModelMarginal>,
}

/// The marginal memory of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelMarginal {
    /// Its id.
    pub model: String,
    /// The slope.
    pub figure: Figure,
}

impl Summary {
    /// The summary of a study.
    #[must_use]
    pub fn of(study: &StudyRecords) -> Self {
        build::summary(study)
    }

    /// The figure of this id.
    #[must_use]
    pub fn figure(&self, id: &str) -> Option<&Figure> {
        self.figures().find(|figure| figure.id == id)
    }

    /// Every figure that has an id, each id once.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.entries().map(|entry| entry.figure)
    }

    /// As `summary.json` holds it: indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}

impl MachineSummary {
    fn new(machine: &grid::Machine<'_>, placed: Option<&Placed>) -> Self {
        let environment = machine.environment;
        let (first, last) = machine.dates().unwrap_or_default();
        Self {
            environment_id: environment.environment_id.clone(),
            machine: environment.machine.clone(),
            software: environment.software.clone(),
            placed: placed.map(PlacedSummary::from),
            server: environment.server.clone(),
            dates: Dates { first: first.to_owned(), last: last.to_owned() },
            workloads: Vec::new(),
            marginal_memory: Vec::new(),
        }
    }
}
