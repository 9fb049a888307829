//! Portability: which ratios to the baseline carry from machine to machine. Studies of three machines or more → the ratio
//! on each, what they say together, where the next machine's lies, and a verdict in words.
//!
//! The way: directories → machines with names (`gather`, `names`) → for each workload, model and metric the ratio on every
//! machine (`seen`) → random effects and verdict (`verdict`), with the attributes that set some machines apart
//! (`attributes`) → where models change places along a ladder, machine by machine (`crossovers`) → tables (`text`).

mod attributes;
mod crossovers;
mod gather;
mod names;
mod seen;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod verdict;

use std::collections::HashSet;

use inflight_record::{Label, Machine, Software, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crossovers::{Crossed, Crossover, CrossoverOn};
pub use gather::{PortabilityError, Source};
pub use text::{section, text};
pub use verdict::{Separation, Verdict};

use crate::json;
use crate::metric::Metric;
use crate::summary::{Dates, PlacedSummary, Unit, WorkloadSummary, limits, with_limits};

/// Version of the schema of portability.
pub const PORTABILITY_VERSION: u32 = 1;

/// Which ratios carry, study by study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Portability {
    /// [`PORTABILITY_VERSION`].
    pub portability_version: u32,
    /// Every study that ran on three machines or more, in the order in which it is first met.
    pub studies: Vec<StudyPortability>,
    /// Studies that ran on fewer, and on how many.
    pub left_out: Vec<String>,
}

/// One study on several machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyPortability {
    /// Its name.
    pub study: String,
    /// The question that it answers.
    pub question: String,
    /// The model that all others are compared with.
    pub baseline: String,
    /// The machines, in the order of the input.
    pub machines: Vec<MachineEntry>,
    /// Its workloads, in the order in which they are first met.
    pub workloads: Vec<WorkloadPortability>,
    /// Where models change places with the baseline, machine by machine.
    pub crossovers: Vec<Crossover>,
}

/// A machine, or one way of running on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineEntry {
    /// What its directory has that the others have not; of a merged study its own name, or its environment. No two are alike.
    pub name: String,
    /// The directory of its study.
    pub path: String,
    /// Its environment.
    pub environment_id: String,
    /// The machine.
    pub machine: Machine,
    /// What was built.
    pub software: Software,
    /// Where server and workers ran, where that is known.
    pub placed: Option<PlacedSummary>,
    /// When its batches started.
    pub dates: Dates,
}

impl MachineEntry {
    /// Its name, with the word where only a part of the machine may be used: `node3 (restricted)`.
    #[must_use]
    pub fn called(&self) -> String {
        if self.machine.restricted.is_some() { format!("{} (restricted)", self.name) } else { self.name.clone() }
    }

    /// Hardware, restriction, kernel, build and placement in words.
    #[must_use]
    pub fn described(&self) -> String {
        let placed = self.placed.as_ref().map_or_else(String::new, PlacedSummary::text);
        format!("{}{placed}", crate::style::machine(&self.machine, &self.software))
    }
}

/// One workload on several machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadPortability {
    /// Its id.
    pub id: String,
    /// Itself.
    pub workload: Workload,
    /// Every model but the baseline in every metric that decides: by metric, then in the order of the study.
    pub rows: Vec<Row>,
}

/// One model against the baseline in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The model.
    pub model: String,
    /// In which spirit it is written.
    pub label: Label,
    /// The metric. Less is better.
    pub metric: Metric,
    /// The ratio on each machine, in the order of the machines.
    pub machines: Vec<OnMachine>,
    /// What they say together; null where fewer than three machines have an interval.
    pub together: Option<Together>,
    /// Whether the ratio carries.
    pub verdict: Verdict,
    /// The verdict in words.
    pub words: String,
    /// What sets apart the machines on which it holds, or is reversed; null where all are alike or nothing recorded does.
    pub separation: Option<Separation>,
}

/// The ratio to the baseline on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OnMachine {
    /// Name of the machine.
    pub machine: String,
    /// The ratio.
    pub ratio: Option<f64>,
    /// Lower limit of its interval.
    pub low: Option<f64>,
    /// Upper limit of its interval.
    pub high: Option<f64>,
    /// How many rounds it is made from.
    pub rounds: usize,
    /// On which side of the baseline it is.
    pub side: Side,
    /// Why there is no ratio, or no interval.
    pub reason: Option<String>,
}

impl OnMachine {
    /// The limits of its interval.
    #[must_use]
    pub fn limits(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }
}

/// On which side of the baseline a model is on one machine: the interval of its ratio leaves out 1, and the ratio is no
/// nearer to 1 than the A/A interval of that machine reaches (in memory also: medians lie 0.5 MiB apart or more).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It takes less.
    Less,
    /// It takes more.
    More,
    /// Not to be told.
    NotTold,
}

impl Side {
    /// The word in sentences.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "less",
            Self::More => "more",
            Self::NotTold => "not told",
        }
    }
}

/// What several machines say together of a ratio, by random effects on its logarithm; limits at 95 %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Together {
    /// How many machines have an interval.
    pub machines: usize,
    /// The middle of the machines that these are taken to be drawn from.
    pub ratio: f64,
    /// Its lower limit.
    pub low: f64,
    /// Its upper limit.
    pub high: f64,
    /// Lower limit of the next machine's ratio.
    pub next_low: f64,
    /// Upper limit of the next machine's ratio.
    pub next_high: f64,
    /// Standard deviation of the logarithm of the ratio between machines, τ: 0.05 is about 5 %.
    pub spread: f64,
    /// Its lower limit.
    pub spread_low: f64,
    /// Its upper limit.
    pub spread_high: f64,
    /// The share of the variance between machines that is not noise of their rounds, I².
    pub i_squared: f64,
    /// Cochran's Q.
    pub q: f64,
    /// The chance of a Q as large where all machines have one ratio.
    pub p: f64,
}

impl Together {
    /// The middle of all with its limits, in words.
    pub(crate) fn text(&self) -> String {
        with_limits(Unit::Ratio, self.ratio, Some((self.low, self.high)))
    }

    /// The limits of the next machine's ratio, in words.
    pub(crate) fn next_text(&self) -> String {
        limits(Unit::Ratio, self.ratio, (self.next_low, self.next_high))
    }
}

impl Portability {
    /// Which ratios of these studies carry. The same input gives the same figures.
    ///
    /// # Errors
    /// No study ran on three machines or more; one of them does not compare with the same baseline, or calls another workload
    /// by the same id, everywhere; one part of a study is given twice.
    pub fn of(sources: &[Source<'_>]) -> Result<Self, PortabilityError> {
        let (groups, left_out) = gather::groups(sources)?;
        let studies = groups.iter().map(study).collect();
        Ok(Self { portability_version: PORTABILITY_VERSION, studies, left_out })
    }

    /// As `inflight portability --json` prints it: indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}

/// What is said of one study.
fn study(group: &gather::Group<'_>) -> StudyPortability {
    let mut known = HashSet::new();
    let all = group.machines.iter().flat_map(|on| &on.machine.workloads);
    let workloads: Vec<&WorkloadSummary> = all.filter(|workload| known.insert(workload.id.as_str())).collect();
    StudyPortability {
        study: group.first.study.clone(),
        question: group.first.question.clone(),
        baseline: group.first.baseline.clone(),
        machines: group.machines.iter().map(|on| on.entry.clone()).collect(),
        workloads: workloads.iter().map(|it| seen::workload(group, it)).collect(),
        crossovers: crossovers::crossovers(group, &workloads),
    }
}
