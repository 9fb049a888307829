//! The changes between two studies: figures of each, shift of their logarithms, limits at a level that rows share.

use inflight_stats::{log_ratios, median, rounds_for_shift, shift};

use super::lost::{compared, lost};
use super::sides::{Sides, models};
use super::{Change, Comparison, Side};
use crate::grid::{Cells, Machine, machines, pairs, plain};
use crate::study::StudyRecords;
use crate::summary::{Metric, Unit};

/// What one study says of one model under one workload in one metric.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// The figure of each round that may be used; where all is divided by the floor, of each pair that has a ratio.
    pub(super) values: Vec<f64>,
    /// How many rounds may be used, with or without a ratio.
    pub(super) usable: usize,
    /// How many of these have a figure of 0 or below, that of the model or that of the floor it is divided by.
    pub(super) not_positive: usize,
}

pub(super) fn comparison(sides: &Sides<'_>) -> Comparison {
    let (a, b) = (machines(sides.a), machines(sides.b));
    let mut rows = Vec::new();
    for workload in &sides.workloads {
        for model in sides.models.iter().copied().filter(|model| Some(*model) != sides.divisor()) {
            for metric in compared(&workload.workload) {
                let of = |side: &[Machine<'_>]| figures(side, &workload.id, model, metric, sides.divisor());
                let unit = if sides.across_machines { Unit::Ratio } else { metric.unit() };
                let mut change = Change::new(&workload.id, model, metric, unit);
                change.is_floor = sides.floor == Some(model);
                if metric == Metric::MemoryPerRequestInFlight {
                    let peak = |side| median(&figures(side, &workload.id, model, Metric::PeakMemory, None).values);
                    (change.peak_memory_a, change.peak_memory_b) = (peak(&a), peak(&b));
                }
                rows.push((change, of(&a), of(&b)));
            }
        }
    }
    // Rounds that stop at a precision have a higher level to share.
    let level = sides.a.stopping().level().max(sides.b.stopping().level());
    let looked_at = rows.iter().filter(|(_, a, b)| !a.values.is_empty() && !b.values.is_empty()).count().max(1);
    let level_each = 1.0 - (1.0 - level) / crate::summary::number_of(looked_at);
    let mut changes: Vec<Change> = rows.into_iter().map(|(change, a, b)| change.with(&a, &b, level_each)).collect();
    if !sides.across_machines {
        beside_the_floor(&mut changes);
    }
    let rounds_needed = rounds_for_shift(level_each);
    let lost = lost(sides, &a, &b, &changes, rounds_needed);
    Comparison {
        a: side(sides, sides.a, sides.b),
        b: side(sides, sides.b, sides.a),
        across_machines: sides.across_machines,
        floor: sides.floor.map(str::to_owned),
        limits_differ: sides.limits_differ(),
        level_each,
        rounds_needed,
        changes,
        lost,
    }
}

/// Tells every row what the floor did under its workload in its metric.
fn beside_the_floor(changes: &mut [Change]) {
    let of_floor: Vec<(String, Metric, Option<f64>)> =
        changes.iter().filter(|it| it.is_floor).map(|it| (it.workload.clone(), it.metric, it.high)).collect();
    for change in changes.iter_mut().filter(|change| !change.is_floor) {
        let floor = of_floor.iter().find(|it| it.0 == change.workload && it.1 == change.metric);
        change.floor_high = floor.and_then(|floor| floor.2);
    }
}

fn side(sides: &Sides<'_>, here: &StudyRecords, there: &StudyRecords) -> Side {
    let environment = if std::ptr::eq(here, sides.a) { sides.environments.0 } else { sides.environments.1 };
    let own = |of: fn(&StudyRecords) -> Vec<String>| -> Vec<String> {
        let others = of(there);
        of(here).into_iter().filter(|name| !others.contains(name)).collect()
    };
    Side {
        study: here.first().name.clone(),
        study_ids: here.manifests().iter().map(|manifest| manifest.study_id.clone()).collect(),
        machine: environment.machine.clone(),
        software: environment.software.clone(),
        own_workloads: own(|study| study.workloads().iter().map(|it| it.id.clone()).collect()),
        own_models: own(|study| models(study).iter().map(|it| it.arm.clone()).collect()),
    }
}

/// The cells of a workload in all environments of a side.
pub(super) fn of_workload<'a, 'b>(side: &'b [Machine<'a>], workload: &'b str) -> impl Iterator<Item = &'b Cells<'a>> {
    side.iter().flat_map(|machine| &machine.workloads).filter(move |cells| cells.named.id == workload)
}

/// The figures in all environments of the side; divided by that of the floor in the same round where there is one.
pub(super) fn figures(
    side: &[Machine<'_>],
    workload: &str,
    model: &str,
    metric: Metric,
    floor: Option<&str>,
) -> Figures {
    let mut all = Figures::default();
    for cells in of_workload(side, workload) {
        let values = |arm| cells.arm(arm).map_or_else(Vec::new, |rows| rows.values(metric));
        match floor {
            None => {
                let values = plain(&values(model));
                all.usable += values.len();
                all.not_positive += values.iter().filter(|value| **value <= 0.0).count();
                all.values.extend(values);
            }
            Some(floor) => {
                let (model, floor) = pairs(&values(model), &values(floor));
                let ratios = log_ratios(&model, &floor);
                all.usable += model.len();
                all.not_positive += model.len() - ratios.len();
                all.values.extend(ratios.into_iter().map(f64::exp));
            }
        }
    }
    all
}

impl Change {
    fn new(workload: &str, model: &str, metric: Metric, unit: Unit) -> Self {
        Self {
            workload: workload.to_owned(),
            model: model.to_owned(),
            metric,
            unit,
            is_floor: false,
            rounds_a: 0,
            rounds_b: 0,
            a: None,
            b: None,
            peak_memory_a: None,
            peak_memory_b: None,
            ratio: None,
            low: None,
            high: None,
            floor_high: None,
            reason: None,
        }
    }

    fn with(self, a: &Figures, b: &Figures, level: f64) -> Self {
        let logarithms = |figures: &Figures| figures.values.iter().map(|figure| figure.ln()).collect::<Vec<_>>();
        // A round is not left out for being small: what has no logarithm leaves the row without a ratio.
        let whole = a.not_positive == 0 && b.not_positive == 0;
        let interval = shift(&logarithms(a), &logarithms(b), level).map(|it| it.map(f64::exp));
        let interval = interval.filter(|it| whole && it.low.is_finite() && it.high.is_finite());
        let reason = match (a.values.len(), b.values.len(), interval) {
            (_, _, Some(_)) => None,
            _ if !whole => Some(format!(
                "{} rounds of A and {} of B are 0 or below, which has no ratio",
                a.not_positive, b.not_positive
            )),
            (0, 0, None) => Some("neither side has a batch that may be used".to_owned()),
            (0, _, None) => Some("A has no batch that may be used".to_owned()),
            (_, 0, None) => Some("B has no batch that may be used".to_owned()),
            (a, b, None) => Some(format!("{a} and {b} rounds are too few for limits at this level")),
        };
        Self {
            rounds_a: a.values.len(),
            rounds_b: b.values.len(),
            a: median(&a.values),
            b: median(&b.values),
            ratio: interval.map(|it| it.estimate),
            low: interval.map(|it| it.low),
            high: interval.map(|it| it.high),
            reason,
            ..self
        }
    }
}
