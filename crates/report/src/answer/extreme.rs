//! The least or the most of a metric: which model, and which others cannot be told apart from it.

use inflight_record::Label;

use crate::metric::Metric;
use crate::summary::{Figure, ModelSummary, WorkloadSummary, counted};

/// More names than this are only counted.
const NAMES: usize = 5;

/// Which end of a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Least,
    Most,
}

/// The model at an end.
#[derive(Debug)]
pub(super) struct Extreme<'a> {
    /// Its name, as code.
    pub(super) model: String,
    /// Its figure.
    pub(super) figure: &'a Figure,
    /// What is to be said of others beside it: ties, and models that could not be ranked. Empty, or begins with a space.
    pub(super) beside: String,
}

/// How many models take part; the floor does not.
pub(super) fn contenders(workload: &WorkloadSummary) -> usize {
    workload.models.iter().filter(|model| model.label != Label::Floor).count()
}

/// Models other than the floor that have the figure, the least first.
pub(super) fn ranked(workload: &WorkloadSummary, metric: Metric) -> Vec<(&ModelSummary, &Figure)> {
    let figures = workload.models.iter().filter(|model| model.label != Label::Floor);
    let mut ranked: Vec<(&ModelSummary, &Figure)> = figures
        .filter_map(|model| Some((model, model.figure(metric)?)))
        .filter(|(_, figure)| figure.estimate.is_some())
        .collect();
    ranked.sort_by(|a, b| {
        let estimate = |it: &Figure| it.estimate.unwrap_or(f64::INFINITY);
        estimate(a.1).total_cmp(&estimate(b.1)).then(a.0.model.cmp(&b.0.model))
    });
    ranked
}

/// The model at this end of the metric; the most only where there are two or more.
pub(super) fn extreme(workload: &WorkloadSummary, metric: Metric, end: End) -> Option<Extreme<'_>> {
    let mut models = ranked(workload, metric);
    if end == End::Most {
        models.reverse();
    }
    let ((model, figure), others) =
        models.split_first().filter(|(_, others)| end == End::Least || !others.is_empty())?;
    let names = others.iter().map(|(other, _)| *other);
    Some(Extreme { model: code(model), figure, beside: beside(workload, metric, model, names) })
}

fn beside<'a>(
    workload: &WorkloadSummary,
    metric: Metric,
    model: &ModelSummary,
    others: impl Iterator<Item = &'a ModelSummary>,
) -> String {
    let ranking = workload.rankings.iter().find(|ranking| ranking.metric == metric);
    let Some(ranking) = ranking.filter(|ranking| ranking.tie_groups.is_some()) else {
        let reason = ranking.and_then(|ranking| ranking.reason.as_deref());
        return format!(" (no ranks: {})", reason.unwrap_or("none were made"));
    };
    let (mut tied, mut unknown) = (Vec::new(), 0);
    for other in others {
        match ranking.pairs.iter().find(|pair| pair.is_of(&model.model, &other.model)) {
            Some(pair) if pair.different => {}
            Some(pair) if pair.rounds >= ranking.rounds_for_ranks => tied.push(code(other)),
            // Not different, and could not have been: that is no tie.
            _ => unknown += 1,
        }
    }
    let mut said = Vec::new();
    if tied.len() > NAMES {
        said.push(format!("not to be told apart from {} others", tied.len()));
    } else if !tied.is_empty() {
        said.push(format!("not to be told apart from {}", and(&tied)));
    }
    if unknown > 0 {
        said.push(format!("{} too few rounds to be ranked beside it", counted(unknown, "model has", "models have")));
    }
    if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) }
}

pub(super) fn code(model: &ModelSummary) -> String {
    format!("`{}`", model.model)
}

/// `a`, `b` and `c`.
pub(super) fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
