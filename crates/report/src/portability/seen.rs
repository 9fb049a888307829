//! What was seen: the ratio of every model to the baseline on every machine, and on which side of it the model is.

use std::collections::HashSet;

use inflight_record::Label;
use inflight_stats::{Effect, Interval, random_effects};

use super::gather::{Group, On};
use super::verdict::judged;
use super::{OnMachine, Row, Side, Together, WorkloadPortability};
use crate::metric::{Metric, memory_differs};
use crate::study::stopping;
use crate::summary::{Figure, Summary, WorkloadSummary, twelve};

/// No machine is taken to know a ratio better than this, a standard error of its logarithm (0.01 %): where a figure moves in
/// steps all rounds may agree, and an interval of no width would outweigh every other machine.
const LEAST_ERROR: f64 = 1e-4;

pub(super) fn workload(group: &Group<'_>, workload: &WorkloadSummary) -> WorkloadPortability {
    let models = models(group, &workload.id);
    let metrics = Metric::DECISIVE.into_iter().filter(|metric| metric.absent(&workload.workload).is_none());
    let rows = metrics.flat_map(|metric| models.iter().map(move |model| (metric, *model)));
    WorkloadPortability {
        id: workload.id.clone(),
        workload: workload.workload.clone(),
        rows: rows.map(|(metric, model)| row(group, &workload.id, model, metric)).collect(),
    }
}

/// The models under a workload on any machine, each once, without the baseline.
pub(super) fn models<'a>(group: &Group<'a>, workload: &str) -> Vec<(&'a str, Label)> {
    let mut seen = HashSet::from([group.first.baseline.as_str()]);
    let all = group.machines.iter().filter_map(|on| on.workload(workload)).flat_map(|it| &it.models);
    all.filter(|model| seen.insert(model.model.as_str())).map(|model| (model.model.as_str(), model.label)).collect()
}

fn row(group: &Group<'_>, workload: &str, (model, label): (&str, Label), metric: Metric) -> Row {
    let machines: Vec<OnMachine> = group.machines.iter().map(|on| on_machine(on, workload, model, metric)).collect();
    let effects: Vec<Effect> =
        group.machines.iter().filter_map(|on| effect(figure(on, workload, model, metric)?, on.summary)).collect();
    let together = together(&effects);
    let entries: Vec<_> = group.machines.iter().map(|on| &on.entry).collect();
    let judged = judged(&machines, together.as_ref(), &entries);
    Row {
        model: model.to_owned(),
        label,
        metric,
        machines,
        together,
        verdict: judged.verdict,
        words: judged.words,
        separation: judged.separation,
    }
}

fn figure<'a>(on: &On<'a>, workload: &str, model: &str, metric: Metric) -> Option<&'a Figure> {
    on.workload(workload)?.models.iter().find(|it| it.model == model)?.ratio(metric)
}

fn on_machine(on: &On<'_>, workload: &str, model: &str, metric: Metric) -> OnMachine {
    let machine = on.entry.name.clone();
    let (Some(figure), Some(under)) = (figure(on, workload, model, metric), on.workload(workload)) else {
        let reason = Some("not run".to_owned());
        return OnMachine { machine, ratio: None, low: None, high: None, rounds: 0, side: Side::NotTold, reason };
    };
    OnMachine {
        machine,
        ratio: figure.estimate,
        low: figure.low,
        high: figure.high,
        rounds: figure.rounds,
        side: side(figure, under, model, &on.summary.baseline, metric),
        reason: figure.reason.clone(),
    }
}

/// On which side of the baseline a model is on one machine, by the rules of its summary; but for Holm, because how many other
/// models ran beside it is no part of how its ratio carries.
pub(super) fn side(figure: &Figure, under: &WorkloadSummary, model: &str, baseline: &str, metric: Metric) -> Side {
    let peak = |name: &str| {
        under.models.iter().find(|it| it.model == name).and_then(|it| it.figure(Metric::PeakMemory)?.estimate)
    };
    let apart = metric != Metric::MemoryPerRequestInFlight || memory_differs(peak(model), peak(baseline));
    let reach = under.controls.again.iter().find(|again| again.metric == metric).and_then(|again| again.reach);
    let beyond = |ratio: f64| reach.is_some_and(|reach| ratio.ln().abs() >= reach.ln_1p());
    match (figure.estimate, figure.limits()) {
        (Some(ratio), Some((_, high))) if apart && high < 1.0 && beyond(ratio) => Side::Less,
        (Some(ratio), Some((low, _))) if apart && low > 1.0 && beyond(ratio) => Side::More,
        _ => Side::NotTold,
    }
}

/// The interval of a ratio on the scale of logarithms.
pub(super) fn logarithms(figure: &Figure) -> Option<Interval> {
    let ((low, high), estimate) = (figure.limits()?, figure.estimate?);
    Some(Interval { low, estimate, high }).filter(|it| it.low > 0.0).map(|it| it.map(f64::ln))
}

/// What a machine says of the logarithm of a ratio; nothing without an interval.
fn effect(figure: &Figure, summary: &Summary) -> Option<Effect> {
    let effect = Effect::of(&logarithms(figure)?, figure.rounds, stopping(summary.rounds))?;
    Some(Effect { error: effect.error.max(LEAST_ERROR), ..effect })
}

fn together(effects: &[Effect]) -> Option<Together> {
    let found = random_effects(effects)?;
    let ratio = |logarithm: f64| Some(twelve(logarithm.exp())).filter(|ratio| ratio.is_finite());
    Some(Together {
        machines: effects.len(),
        ratio: ratio(found.pooled.estimate)?,
        low: ratio(found.pooled.low)?,
        high: ratio(found.pooled.high)?,
        next_low: ratio(found.prediction.low)?,
        next_high: ratio(found.prediction.high)?,
        spread: twelve(found.spread.estimate),
        spread_low: twelve(found.spread.low),
        spread_high: twelve(found.spread.high),
        i_squared: twelve(found.i_squared),
        q: twelve(found.q),
        p: twelve(found.p),
    })
}
