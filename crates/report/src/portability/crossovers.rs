//! Where a model changes places with the baseline along a ladder of workloads, machine by machine.

use inflight_stats::{Interval, crossing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Side;
use super::gather::{Group, On};
use super::seen::{logarithms, models, side};
use crate::chart::{self, groups};
use crate::metric::{Metric, Unit};
use crate::summary::{WorkloadSummary, twelve};

/// A model that changes places with the baseline on one machine or more, along workloads that differ in one thing only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crossover {
    /// The model.
    pub model: String,
    /// By which metric.
    pub metric: Metric,
    /// What differs: C, D, N or B.
    pub along: String,
    /// Its unit.
    pub unit: Unit,
    /// What the workloads have in common.
    pub group: String,
    /// On each machine that ran them.
    pub machines: Vec<CrossoverOn>,
}

/// The same on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrossoverOn {
    /// Name of the machine.
    pub machine: String,
    /// On which side of the baseline the model is at the least level at which that is told; `not_told` where it never is.
    pub begins: Side,
    /// Where it changes sides, in order; none where it stays on one.
    pub crossings: Vec<Crossed>,
}

/// A change of sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Crossed {
    /// To which side.
    pub to: Side,
    /// Where both take as much; null where the estimates do not say.
    pub estimate: Option<f64>,
    /// Lower limit of that.
    pub low: f64,
    /// Upper limit of that.
    pub high: f64,
    /// The workloads on either side, at which it is told.
    pub between: (String, String),
}

/// A level of a ladder at which it is told on which side a model is.
struct Told<'a> {
    workload: &'a str,
    /// Logarithm of the level.
    at: f64,
    side: Side,
    ratio: Interval,
}

/// All crossovers of a study, by ladder and metric, in the order of its models.
pub(super) fn crossovers(group: &Group<'_>, workloads: &[&WorkloadSummary]) -> Vec<Crossover> {
    let mut found = Vec::new();
    // The ladders of the machine that ran most of the workloads; on the others the workloads are found by their ids.
    let Some(fullest) = group.machines.iter().max_by_key(|on| on.machine.workloads.len()) else { return found };
    for ladder in groups(fullest.machine) {
        let Some(first) = workloads.iter().find(|it| ladder.workloads.iter().any(|member| member.id == it.id)) else {
            continue;
        };
        for metric in [Metric::Excess, Metric::CpuPerRequest] {
            for (model, _) in models(group, &first.id) {
                let on = |on: &On<'_>| on_machine(on, &ladder, model, metric);
                let machines: Vec<CrossoverOn> = group.machines.iter().filter_map(on).collect();
                if machines.iter().any(|on| !on.crossings.is_empty()) {
                    found.push(Crossover {
                        model: model.to_owned(),
                        metric,
                        along: ladder.dim.letter().to_owned(),
                        unit: ladder.dim.unit(),
                        group: ladder.name.clone(),
                        machines,
                    });
                }
            }
        }
    }
    found
}

/// None where the machine ran fewer than two of the workloads.
fn on_machine(on: &On<'_>, ladder: &chart::Group<'_>, model: &str, metric: Metric) -> Option<CrossoverOn> {
    let here = ladder.workloads.iter().filter_map(|member| on.workload(&member.id));
    let here: Vec<&WorkloadSummary> = here.filter(|it| metric.absent(&it.workload).is_none()).collect();
    if here.len() < 2 {
        return None;
    }
    let told: Vec<Told<'_>> =
        here.into_iter().filter_map(|workload| told(on, ladder, workload, model, metric)).collect();
    let crossings = told.windows(2).filter_map(|pair| crossed(&pair[0], &pair[1])).collect();
    let begins = told.first().map_or(Side::NotTold, |told| told.side);
    Some(CrossoverOn { machine: on.entry.name.clone(), begins, crossings })
}

fn told<'a>(
    on: &On<'_>,
    ladder: &chart::Group<'_>,
    workload: &'a WorkloadSummary,
    model: &str,
    metric: Metric,
) -> Option<Told<'a>> {
    let level = ladder.dim.of(&workload.workload);
    let figure = workload.models.iter().find(|it| it.model == model)?.ratio(metric)?;
    let side = side(figure, workload, model, &on.summary.baseline, metric);
    let ratio = logarithms(figure)?;
    (level > 0.0 && side != Side::NotTold).then_some(Told { workload: &workload.id, at: level.ln(), side, ratio })
}

/// Where the logarithm of the ratio goes through 0 between two levels that are told on different sides. Between them it is
/// taken to lie on a straight line over the logarithm of the level.
fn crossed(from: &Told<'_>, to: &Told<'_>) -> Option<Crossed> {
    if from.side == to.side {
        return None;
    }
    let rising = |told: &Told<'_>| match to.side {
        Side::More => told.ratio,
        _ => told.ratio.map(|it| -it),
    };
    let found = crossing((from.at, rising(from)), (to.at, rising(to)))?;
    let level = |at: f64| twelve(at.exp());
    Some(Crossed {
        to: to.side,
        estimate: found.at.map(level),
        low: level(found.first),
        high: level(found.last),
        between: (from.workload.to_owned(), to.workload.to_owned()),
    })
}
