//! How far interpolation is off: each measured place in turn is predicted from the others, and the truth is known.

use std::collections::BTreeSet;

use super::Axis;
use super::ground::Like;
use super::mix::Weights;
use super::path::{self, Axes, Path};
use crate::metric::Metric;

/// What leaving out one measured place at a time says.
pub(super) struct Checks {
    tests: Vec<Test>,
}

/// A measured place that the others lead to.
struct Test {
    point: usize,
    path: Path,
    axes: Axes,
}

impl Checks {
    pub(super) fn of(like: &Like<'_>) -> Self {
        let test = |(point, it): (usize, &super::ground::Point<'_>)| {
            let path = path::find(like, it.place, Some(point))?;
            let axes = path.axes();
            Some(Test { point, path, axes })
        };
        Self { tests: like.points.iter().enumerate().filter_map(test).collect() }
    }

    /// The places that were predicted on these axes, or on some of them; none where one of the axes is in no such prediction, or
    /// one along which a step is borrowed is borrowed along in none: what a ladder foretells between its own knots says nothing
    /// of what its steps are worth elsewhere.
    fn on(&self, axes: &Axes) -> Vec<&Test> {
        let tests: Vec<&Test> = self.tests.iter().filter(|test| test.axes.all.is_subset(&axes.all)).collect();
        let all: BTreeSet<&Axis> = tests.iter().flat_map(|test| &test.axes.all).collect();
        let stepped: BTreeSet<&Axis> = tests.iter().flat_map(|test| &test.axes.stepped).collect();
        let tested = all.len() == axes.all.len() && axes.stepped.iter().all(|axis| stepped.contains(axis));
        if tested { tests } else { Vec::new() }
    }

    /// How many places were predicted on these axes, or on some of them.
    pub(super) fn count(&self, axes: &Axes) -> usize {
        self.on(axes).len()
    }

    /// By how much a model's figure may be off where it is interpolated on these axes, as a distance of logarithms: the
    /// greatest that was seen of this model, and at least what the median model has, so that luck with one model is not
    /// taken for skill. None where nothing checks these axes.
    pub(super) fn error(&self, like: &Like<'_>, axes: &Axes, metric: Metric, model: &str) -> Option<f64> {
        let tests = self.on(axes);
        let worst = |model: &str| worst(&tests, |test| test.off(like, metric, model));
        worse(worst(model), median(like.models.iter().filter_map(|(model, _)| worst(model))))
    }

    /// The same of the ratio of two models.
    pub(super) fn ratio_error(
        &self,
        like: &Like<'_>,
        axes: &Axes,
        metric: Metric,
        (model, other): (&str, &str),
    ) -> Option<f64> {
        let tests = self.on(axes);
        let worst = |model: &str| worst(&tests, |test| test.ratio_off(like, metric, model, other));
        let models = like.models.iter().map(|(model, _)| *model).filter(|model| *model != other);
        worse(worst(model), median(models.filter_map(worst)))
    }

    /// What the median model has in this metric.
    pub(super) fn typical(&self, like: &Like<'_>, axes: &Axes, metric: Metric) -> Option<f64> {
        let tests = self.on(axes);
        median(like.models.iter().filter_map(|(model, _)| worst(&tests, |test| test.off(like, metric, model))))
    }
}

fn worst(tests: &[&Test], off: impl Fn(&Test) -> Option<f64>) -> Option<f64> {
    tests.iter().filter_map(|test| off(test)).max_by(f64::total_cmp)
}

/// The greater, where either is there.
fn worse(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).max_by(f64::total_cmp)
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    // The lower one of two, rather than their mean: there may be an infinite one among them.
    values.get(values.len().saturating_sub(1) / 2).copied()
}

impl Test {
    fn weights(&self, like: &Like<'_>, metric: Metric) -> Weights {
        Weights::of(like, &self.path, metric)
    }

    /// By how much the model's figure is off. None where it cannot be predicted, for which it is not asked later either.
    fn off(&self, like: &Like<'_>, metric: Metric, model: &str) -> Option<f64> {
        if self.unfit(like, model) {
            return None;
        }
        let (_, truth) = like.points[self.point].figure(model, metric).ok()?;
        let predicted = self.weights(like, metric).value(like, model, metric).ok()?.estimate;
        distance(predicted, truth)
    }

    fn ratio_off(&self, like: &Like<'_>, metric: Metric, model: &str, other: &str) -> Option<f64> {
        if self.unfit(like, model) || self.unfit(like, other) {
            return None;
        }
        let at = Weights::of(
            like,
            &Path { steps: Vec::new(), home: path::Home::Point(self.point), ..self.path.clone() },
            metric,
        );
        let truth = at.ratio(like, metric, model, other)?.estimate;
        let predicted = self.weights(like, metric).ratio(like, metric, model, other)?.estimate;
        distance(predicted, truth)
    }

    fn unfit(&self, like: &Like<'_>, model: &str) -> bool {
        unfit(like, &self.path.uses(like), !self.path.steps.is_empty(), model).is_some()
    }
}

/// Between two figures, on the scale of logarithms; no end of it where nothing was predicted of something.
fn distance(predicted: f64, truth: f64) -> Option<f64> {
    if truth <= 0.0 {
        return None;
    }
    Some(if predicted > 0.0 { (predicted / truth).ln().abs() } else { f64::INFINITY })
}

/// Why a model's figures at these points do not lead to one elsewhere: a cap binds at some of them or, where steps come from
/// elsewhere, at any. What a cap costs grows with C, N and D at once, so no step is worth the same elsewhere; and between a
/// place where it binds and one where it does not there is no line.
pub(super) fn unfit(like: &Like<'_>, points: &BTreeSet<usize>, steps: bool, model: &str) -> Option<String> {
    let capped: Vec<&usize> = points.iter().filter(|point| like.points[**point].capped(model)).collect();
    let all_along = capped.len() == points.len() && !steps;
    let point = &like.points[**capped.first().filter(|_| !all_along)?];
    Some(format!(
        "in {} it waits with fewer than {} in flight: what that costs elsewhere does not follow",
        point.id(),
        point.place.concurrency
    ))
}
