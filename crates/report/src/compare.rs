//! Two studies of the same models, such as before and after a change of a client library: what changed, and how surely.

mod rows;
mod sides;
mod table;
#[cfg(test)]
mod tests;

use inflight_record::{Machine, Software};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use sides::CompareError;
pub use table::text;

use crate::study::StudyRecords;
use crate::summary::{Metric, Unit};

/// How two studies compare. Ratios are B / A: above 1, B costs more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The first study.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// The model that all figures were divided by, round by round, because the machines may differ.
    pub floor: Option<String>,
    /// The level at which all intervals hold together.
    pub level: f64,
    /// The level of each interval by itself: Bonferroni's share of what may go wrong, over all changes with figures.
    pub level_each: f64,
    /// By workload, model and metric.
    pub changes: Vec<Change>,
    /// Models that had `ok` batches of a workload in A and have none in B.
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
    /// Rounds used of A.
    pub rounds_a: usize,
    /// Rounds used of B.
    pub rounds_b: usize,
    /// Median in A.
    pub a: Option<f64>,
    /// Median in B.
    pub b: Option<f64>,
    /// B / A: the middle of all ratios of a round of B to a round of A.
    pub ratio: Option<f64>,
    /// Lower limit of the ratio.
    pub low: Option<f64>,
    /// Upper limit of the ratio.
    pub high: Option<f64>,
    /// Why there is no ratio.
    pub reason: Option<String>,
}

/// A model that ran under a workload in A and does not in B.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// Id of the workload.
    pub workload: String,
    /// The model.
    pub model: String,
}

impl Change {
    /// Whether B costs more than A by more than this share, and surely more.
    #[must_use]
    pub fn regressed(&self, above: f64) -> bool {
        self.ratio.is_some_and(|ratio| ratio > 1.0 + above) && self.low.is_some_and(|low| low > 1.0)
    }
}

impl Comparison {
    /// Compares two studies: directly, or, with `across_machines`, by their ratios to the floor.
    ///
    /// # Errors
    /// The studies ran on different machines and `across_machines` is not set, have no workload or model in common, mean
    /// different workloads by one id, or have no floor in common where it is needed.
    pub fn of(a: &StudyRecords, b: &StudyRecords, across_machines: bool) -> Result<Self, CompareError> {
        let sides = sides::check(a, b, across_machines)?;
        Ok(rows::comparison(&sides))
    }

    /// The changes that are regressions past this share.
    pub fn regressions(&self, above: f64) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.regressed(above))
    }

    /// Whether B is worse than A by more than this share anywhere, or a model no longer runs.
    #[must_use]
    pub fn fails(&self, above: f64) -> bool {
        !self.lost.is_empty() || self.regressions(above).next().is_some()
    }

    /// As JSON, indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Names and numbers only: there is nothing in it that JSON cannot hold.
        serde_json::to_string_pretty(self).map_or_else(|error| format!("{error}\n"), |text| text + "\n")
    }
}
