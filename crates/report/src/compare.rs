//! Two studies of the same models, such as before and after a change of a client library: what changed, and how surely.

mod lost;
mod rows;
mod sides;
mod table;
#[cfg(test)]
mod tests;

use inflight_record::{Machine, Software};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use lost::Lost;
pub use sides::CompareError;
pub use table::text;

use crate::json;
use crate::study::StudyRecords;
use crate::summary::{Metric, Unit, memory_differs};

/// How two studies compare. Ratios are B / A: above 1, B costs more. What the machine did between the two is in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The first study.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// Whether all figures were divided by the floor's, round by round, because the machines may differ.
    pub across_machines: bool,
    /// The floor that both studies have. On one machine its own rows show what the machine did between the two.
    pub floor: Option<String>,
    /// Limits of the operating system that are not the same on both sides, with both values.
    pub limits_differ: Vec<String>,
    /// The level of each row's interval by itself: Bonferroni's share, over all rows with figures on both sides, of what
    /// may go wrong by the rounds' own noise. It says nothing of drift between the two studies.
    pub level_each: f64,
    /// How many rounds that may be used each study needs for an interval at that level.
    pub rounds_needed: usize,
    /// By workload, model and metric.
    pub changes: Vec<Change>,
    /// What A has rounds enough to compare, and B has not.
    pub lost: Vec<Lost>,
}

/// One of the two studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// Name of the study.
    pub study: String,
    /// Its parts.
    pub study_ids: Vec<String>,
    /// The machine.
    pub machine: Machine,
    /// What was built; of its first environment.
    pub software: Software,
    /// Ids of workloads that the other side does not have.
    pub own_workloads: Vec<String>,
    /// Models that the other side does not have.
    pub own_models: Vec<String>,
}

/// One model under one workload in one metric, in both studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Id of the workload.
    pub workload: String,
    /// The model.
    pub model: String,
    /// The metric.
    pub metric: Metric,
    /// Unit of the two medians.
    pub unit: Unit,
    /// Whether it is a row of the floor: what the machine did, and never a regression.
    pub is_floor: bool,
    /// Rounds used of A.
    pub rounds_a: usize,
    /// Rounds used of B.
    pub rounds_b: usize,
    /// Median in A, of all rounds used.
    pub a: Option<f64>,
    /// Median in B, of all rounds used.
    pub b: Option<f64>,
    /// Median of peak memory in A, bytes; in rows of memory only.
    pub peak_memory_a: Option<f64>,
    /// Median of peak memory in B, bytes; in rows of memory only.
    pub peak_memory_b: Option<f64>,
    /// B / A: the middle of all ratios of a round of B to a round of A.
    pub ratio: Option<f64>,
    /// Lower limit of the ratio.
    pub low: Option<f64>,
    /// Upper limit of the ratio.
    pub high: Option<f64>,
    /// Upper limit of the floor's own ratio under this workload in this metric, on one machine: a regression lies above it.
    pub floor_high: Option<f64>,
    /// Why there is no ratio.
    pub reason: Option<String>,
}

impl Change {
    /// Whether B costs more than A by more than this share, surely more, and surely more than the floor does: its estimate
    /// is past the share, its lower limit above 1 and above the upper limit of the floor's own ratio. In memory, medians
    /// of peak memory lie 0.5 MiB apart or more. Never of the floor itself.
    #[must_use]
    pub fn regressed(&self, above: f64) -> bool {
        let past = self.ratio.is_some_and(|ratio| ratio > 1.0 + above);
        let surely = self.low.is_some_and(|low| low > 1.0 && self.floor_high.is_none_or(|floor| low > floor));
        past && surely && !self.is_floor && self.is_resolved()
    }

    /// Whether the instrument can tell the two apart: always, but for memory.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.metric != Metric::MemoryPerRequestInFlight || memory_differs(self.peak_memory_a, self.peak_memory_b)
    }
}

impl Comparison {
    /// Compares two studies: directly, or, with `across_machines`, by their ratios to the floor.
    ///
    /// # Errors
    /// The studies ran on different machines and `across_machines` is not set, were placed differently, have no workload
    /// or model in common, mean different workloads by one id, or have no floor in common where it is needed.
    pub fn of(a: &StudyRecords, b: &StudyRecords, across_machines: bool) -> Result<Self, CompareError> {
        let sides = sides::check(a, b, across_machines)?;
        Ok(rows::comparison(&sides))
    }

    /// The changes that are regressions past this share.
    pub fn regressions(&self, above: f64) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.regressed(above))
    }

    /// Whether B is worse than A by more than this share anywhere, or lost what A has.
    #[must_use]
    pub fn fails(&self, above: f64) -> bool {
        !self.lost.is_empty() || self.regressions(above).next().is_some()
    }

    /// Why nothing at all was compared, where no row has a ratio.
    #[must_use]
    pub fn nothing_compared(&self) -> Option<String> {
        let none = self.changes.iter().all(|change| change.ratio.is_none());
        none.then(|| {
            format!(
                "nothing could be compared: no row has an interval, which at the {} % level of each of them takes {} rounds that may be used in both studies",
                crate::summary::in_percent(self.level_each),
                self.rounds_needed
            )
        })
    }

    /// As JSON, indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}
