//! The changes between two studies: figures of each, shift of their logarithms, limits that hold together.

use inflight_record::Outcome;
use inflight_stats::{log_ratios, median, shift};

use super::sides::{Sides, models};
use super::{Change, Comparison, Lost, Side};
use crate::grid::{Machine, machines, pairs, plain};
use crate::study::StudyRecords;
use crate::summary::{Metric, Unit};

/// What one study says of one model under one workload in one metric: a figure above 0 for each round.
type Figures = Vec<f64>;

pub(super) fn comparison(sides: &Sides<'_>) -> Comparison {
    let (a, b) = (machines(sides.a), machines(sides.b));
    let mut changes = Vec::new();
    let mut lost = Vec::new();
    for workload in &sides.workloads {
        for model in sides.models.iter().filter(|model| Some(**model) != sides.floor) {
            for metric in Metric::COMPARED.into_iter().filter(|it| it.absent(&workload.workload).is_none()) {
                let of = |side| figures(side, &workload.id, model, metric, sides.floor);
                let unit = if sides.floor.is_some() { Unit::Ratio } else { metric.unit() };
                changes.push((Change::new(&workload.id, model, metric, unit), of(&a), of(&b)));
            }
            if runs(&a, &workload.id, model) && !runs(&b, &workload.id, model) {
                lost.push(Lost { workload: workload.id.clone(), model: (*model).to_owned() });
            }
        }
    }
    let level = sides.a.stopping().level().max(sides.b.stopping().level());
    let looked_at = changes.iter().filter(|(_, a, b)| !a.is_empty() && !b.is_empty()).count().max(1);
    let level_each = 1.0 - (1.0 - level) / crate::summary::number_of(looked_at);
    let changes = changes.into_iter().map(|(change, a, b)| change.with(&a, &b, level_each)).collect();
    let (side_a, side_b) = (side(sides, sides.a, sides.b), side(sides, sides.b, sides.a));
    let floor = sides.floor.map(str::to_owned);
    Comparison { a: side_a, b: side_b, floor, level, level_each, changes, lost }
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

/// The figure of each round, in all environments of the side; divided by that of the floor in the same round where
/// there is one.
fn figures(side: &[Machine<'_>], workload: &str, model: &str, metric: Metric, floor: Option<&str>) -> Figures {
    let cells = side.iter().flat_map(|machine| &machine.workloads).filter(|cells| cells.named.id == workload);
    cells
        .flat_map(|cells| {
            let values = |arm| cells.arm(arm).map_or_else(Vec::new, |rows| rows.values(metric));
            let figures = match floor {
                None => plain(&values(model)),
                Some(floor) => {
                    let (model, floor) = pairs(&values(model), &values(floor));
                    log_ratios(&model, &floor).into_iter().map(f64::exp).collect()
                }
            };
            figures.into_iter().filter(|figure| figure.is_finite() && *figure > 0.0)
        })
        .collect()
}

fn runs(side: &[Machine<'_>], workload: &str, model: &str) -> bool {
    let cells = side.iter().flat_map(|machine| &machine.workloads).filter(|cells| cells.named.id == workload);
    cells.filter_map(|cells| cells.arm(model)).any(|rows| rows.rows.values().any(|row| row.outcome == Outcome::Ok))
}

impl Change {
    fn new(workload: &str, model: &str, metric: Metric, unit: Unit) -> Self {
        Self {
            workload: workload.to_owned(),
            model: model.to_owned(),
            metric,
            unit,
            rounds_a: 0,
            rounds_b: 0,
            a: None,
            b: None,
            ratio: None,
            low: None,
            high: None,
            reason: None,
        }
    }

    fn with(self, a: &Figures, b: &Figures, level: f64) -> Self {
        let logarithms = |figures: &Figures| figures.iter().map(|figure| figure.ln()).collect::<Vec<_>>();
        let interval = shift(&logarithms(a), &logarithms(b), level).map(|it| it.map(f64::exp));
        let interval = interval.filter(|it| it.low.is_finite() && it.high.is_finite());
        let reason = match (a.len(), b.len(), interval) {
            (_, _, Some(_)) => None,
            (0, 0, None) => Some("neither side has a batch that may be used".to_owned()),
            (0, _, None) => Some("A has no batch that may be used".to_owned()),
            (_, 0, None) => Some("B has no batch that may be used".to_owned()),
            (a, b, None) => Some(format!("{a} and {b} rounds are too few for limits at this level")),
        };
        Self {
            rounds_a: a.len(),
            rounds_b: b.len(),
            a: median(a),
            b: median(b),
            ratio: interval.map(|it| it.estimate),
            low: interval.map(|it| it.low),
            high: interval.map(|it| it.high),
            reason,
            ..self
        }
    }
}
