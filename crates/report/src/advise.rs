//! The advisor: which models to take for a workload, and what they cost, by what was measured. It says what it interpolates,
//! how well that does where it can be checked, and nothing about what lies outside.
//!
//! The way: summaries → measured places of one machine (`ground`) → a path from measured places to the one asked for
//! (`path`), or a refusal (`refusal`) → weights of the measured figures (`mix`) → how far such weights are off where the
//! truth is known (`checks`) → figures and standing of each model (`view`, `answer`) → where the standing changes (`crossings`).

mod answer;
mod checks;
mod crossings;
mod ground;
mod mix;
mod path;
mod refusal;
#[cfg(test)]
mod tests;
mod text;
mod view;

use inflight_record::{Label, Machine, Software, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crossings::{Direction, ModelCrossing};
pub use refusal::Refusal;
pub use text::text;

use crate::directory::DirectoryError;
use crate::json;
use crate::library::Library;
use crate::metric::{Metric, Unit};
use crate::summary::{PlacedSummary, Summary};
use checks::Checks;
use ground::{Ground, Place, grounds};
use view::View;

/// Version of the advice's schema.
pub const ADVICE_VERSION: u32 = 1;

/// A study that is answered from.
#[derive(Debug, Clone)]
pub struct Study<'a> {
    /// What stands before the ids of its figures where an id by itself means a newer directory of the same study; else empty.
    pub pin: String,
    /// All that its records say.
    pub summary: &'a Summary,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The workload.
    pub workload: Workload,
    /// Only by machines whose environment id begins so; by every one where none is named.
    pub machine: Option<String>,
}

/// Why there is nothing to answer from.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdviseError {
    /// No study has records.
    #[error("there is no study with records to answer from; `inflight study` makes one")]
    Nothing,
    /// No machine is called so.
    #[error("no machine is called {asked}: there are records of {}", known.join(", "))]
    UnknownMachine {
        /// As asked.
        asked: String,
        /// The environment ids that there are.
        known: Vec<String>,
    },
    /// The question is about a crawl.
    #[error("there is no advice on crawls: what one costs depends on its store; `inflight crawl` measures it")]
    Crawl,
}

/// The answer of every machine that has records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// [`ADVICE_VERSION`].
    pub advice_version: u32,
    /// What was asked. The seed of delays that vary is not part of the question.
    pub workload: Workload,
    /// Its ideal; null at D = 0, and where delays vary, because it depends on the draw.
    pub ideal_ns: Option<u64>,
    /// By machine.
    pub machines: Vec<MachineAdvice>,
}

/// What the records of one machine say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineAdvice {
    /// The environment.
    pub environment_id: String,
    /// The machine.
    pub machine: Machine,
    /// What was built.
    pub software: Software,
    /// Where server and workers ran, where that is known.
    pub placed: Option<PlacedSummary>,
    /// What it says.
    pub reply: Reply,
}

/// An answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reply {
    /// An answer.
    Answer(Answer),
    /// None: what was asked lies outside what was measured.
    Refusal(Refusal),
}

/// Which models to take, and what they cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// From what.
    pub basis: Basis,
    /// By which metric models are better or worse: excess, or CPU time per request at D = 0.
    pub by: Metric,
    /// All models that were measured anywhere near, in the order of their standing.
    pub models: Vec<ModelAdvice>,
    /// Where models that are within the best here are no longer, along concurrency.
    pub crossings: Vec<ModelCrossing>,
    /// Why crossings cannot be said, or no further.
    pub no_crossings: Vec<String>,
}

/// From what an answer is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Basis {
    /// Whether the workload itself was measured.
    pub measured: bool,
    /// The workloads that it begins with, as `study/workload`: the one that was measured, or those around it.
    pub from: Vec<String>,
    /// Other studies of the same workload, which are not used.
    pub also: Vec<String>,
    /// What was added from elsewhere.
    pub steps: Vec<StepTaken>,
    /// How far predictions of that kind are off, by metric, where the truth was measured.
    pub checks: Vec<Checked>,
}

/// A step from what was measured towards what was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepTaken {
    /// What changes.
    pub axis: Axis,
    /// From which value: requests in flight, waves (N / C), nanoseconds or bytes.
    pub from: f64,
    /// To which.
    pub to: f64,
    /// Along which measured workloads, as `study/workload`.
    pub along: Vec<String>,
}

/// What leaving out measured workloads, one at a time, says of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// The metric.
    pub metric: Metric,
    /// How many measured workloads were predicted from others on such a path.
    pub workloads: usize,
    /// By how much the median model was off where it was most, as a share; null where nothing checks the answer.
    pub typical_error: Option<f64>,
}

/// What may differ between two workloads that one answer is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// C.
    Concurrency,
    /// N / C.
    Waves,
    /// D.
    Delay,
    /// Bytes of each body.
    Body,
}

/// How a model stands to the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The best estimate of those that are a choice.
    Best,
    /// Not told apart from the best.
    Within,
    /// Cannot be said.
    Unknown,
    /// Worse than the best, or not able to finish.
    Behind,
}

/// What is said of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelAdvice {
    /// Its id.
    pub model: String,
    /// In which spirit it is written. Floors, pitfalls and historical models are shown, and never the best.
    pub label: Label,
    /// How it stands to the best.
    pub standing: Standing,
    /// Why, where that is not plain from the figures.
    pub reason: Option<String>,
    /// Wall time of the batch.
    pub makespan: Option<Estimate>,
    /// Makespan − ideal.
    pub excess: Option<Estimate>,
    /// How many times the best's excess (CPU time at D = 0), from pairs within rounds.
    pub times_the_best: Option<Estimate>,
    /// CPU time by request.
    pub cpu_per_request: Option<Estimate>,
    /// CPU time of all requests.
    pub cpu_total: Option<Estimate>,
    /// Peak memory with C in flight.
    pub peak_memory: Option<Estimate>,
    /// What one more request in flight costs in memory, where that was measured along concurrency.
    pub marginal_memory: Option<Estimate>,
}

/// A figure, and where it is from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The unit.
    pub unit: Unit,
    /// The estimate.
    pub estimate: f64,
    /// Lower limit of its interval.
    pub low: Option<f64>,
    /// Upper limit of its interval.
    pub high: Option<f64>,
    /// Whether it was measured as it stands; else it is interpolated, or follows from figures that are.
    pub measured: bool,
    /// The ids of the figures that it is made from.
    pub ids: Vec<String>,
}

impl Estimate {
    /// The limits of its interval.
    #[must_use]
    pub fn limits(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }

    /// The same times a number above 0, in another unit.
    fn times(&self, factor: f64) -> Self {
        let times = |value: f64| crate::summary::twelve(value * factor);
        Self {
            estimate: times(self.estimate),
            low: self.low.map(times),
            high: self.high.map(times),
            measured: false,
            ..self.clone()
        }
    }

    /// The same and a number more.
    fn plus(&self, more: f64) -> Self {
        let plus = |value: f64| crate::summary::twelve(value + more);
        Self {
            estimate: plus(self.estimate),
            low: self.low.map(plus),
            high: self.high.map(plus),
            measured: false,
            ..self.clone()
        }
    }
}

/// All studies of a library.
///
/// # Errors
/// One of them cannot be loaded.
pub fn studies(library: &Library) -> Result<Vec<Study<'_>>, DirectoryError> {
    let mut studies = Vec::new();
    for directory in library.studies() {
        let pin = if library.is_newest(directory) { String::new() } else { format!("{}:", directory.pin()) };
        studies.push(Study { pin, summary: directory.summary()? });
    }
    Ok(studies)
}

/// Answers a question from these studies. The same studies give the same answer, whatever their order.
///
/// # Errors
/// No study has records, or none of that machine; or the question is about a crawl.
pub fn advise(question: &Question, studies: &[Study<'_>]) -> Result<Advice, AdviseError> {
    if question.workload.crawl.is_some() {
        return Err(AdviseError::Crawl);
    }
    let grounds = grounds(studies);
    let chosen: Vec<&Ground<'_>> = match &question.machine {
        None => grounds.iter().collect(),
        Some(asked) => grounds.iter().filter(|it| it.machine.environment_id.starts_with(asked)).collect(),
    };
    if chosen.is_empty() {
        let known: Vec<String> = grounds.iter().map(|it| it.machine.environment_id.clone()).collect();
        return Err(match &question.machine {
            Some(asked) if !known.is_empty() => AdviseError::UnknownMachine { asked: asked.clone(), known },
            _ => AdviseError::Nothing,
        });
    }
    let workload = &question.workload;
    Ok(Advice {
        advice_version: ADVICE_VERSION,
        workload: workload.clone(),
        ideal_ns: (workload.delay_ns > 0 && workload.lognormal.is_none()).then(|| workload.ideal_ns()),
        machines: chosen.into_iter().map(|ground| machine(ground, workload)).collect(),
    })
}

fn machine(ground: &Ground<'_>, workload: &Workload) -> MachineAdvice {
    let like = ground.like(workload);
    let reply = match path::find(&like, Place::of(workload), None) {
        Some(found) => {
            let checks = Checks::of(&like);
            let view = View::new(&like, &checks, workload, &found);
            let (crossings, no_crossings) = crossings::crossings(&view, &found);
            Reply::Answer(Answer {
                basis: view.basis(&found),
                by: view.by(),
                models: view.models(),
                crossings,
                no_crossings,
            })
        }
        None => Reply::Refusal(Refusal::of(ground, &like, workload)),
    };
    MachineAdvice {
        environment_id: ground.machine.environment_id.clone(),
        machine: ground.machine.machine.clone(),
        software: ground.machine.software.clone(),
        placed: ground.machine.placed.clone(),
        reply,
    }
}

impl Advice {
    /// Whether any machine has an answer.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.machines.iter().any(|machine| matches!(machine.reply, Reply::Answer(_)))
    }

    /// As `inflight advise --json` prints it: indented, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::pretty(self)
    }
}
