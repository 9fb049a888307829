//! Weights of measured places: what an interpolated figure is made of, and its figures from theirs.
//!
//! A path gives weights that hold for every model alike: a place on a ladder is a mean of its two neighbours, a step adds one
//! such mean and takes away another. So a ratio of two models is a mean of the ratios that were measured round by round, and
//! keeps what pairing has gained.

use std::collections::BTreeMap;

use super::Axis;
use super::ground::Like;
use super::path::{Home, Ladder, Path, Step};
use crate::metric::Metric;

/// Weights of points, which add up to 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Weights(BTreeMap<usize, f64>);

/// A weight below this is what rounding has left of none.
const NONE: f64 = 1e-9;

/// An estimate with the distances of its limits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mixed {
    pub(super) estimate: f64,
    /// Down to the lower limit and up to the upper one.
    pub(super) limits: Option<(f64, f64)>,
    /// Ids of the figures in it.
    pub(super) ids: Vec<String>,
}

/// The scale on which a metric lies on a straight line along an axis.
///
/// A batch takes its start, which grows with C, and the same again for each wave: excess is a line in C and in ⌈N/C⌉. CPU
/// time is so much for the client, for each connection and for each request: by request, a line in 1/C and in C/N. Memory is
/// so much for the client and for each request in flight. Delays and bodies are taken as they are.
fn scale(metric: Metric, axis: Axis, coordinate: f64) -> f64 {
    match (metric, axis) {
        (Metric::CpuPerRequest, Axis::Concurrency | Axis::Waves) => 1.0 / coordinate,
        (Metric::Excess, Axis::Waves) => coordinate.ceil(),
        _ => coordinate,
    }
}

impl Weights {
    /// Of the place that a path leads to.
    pub(super) fn of(like: &Like<'_>, path: &Path, metric: Metric) -> Self {
        let (mut weights, mut waves) = match &path.home {
            Home::Point(point) => (Self(BTreeMap::from([(*point, 1.0)])), like.points[*point].place.on(Axis::Waves)),
            Home::Ladder(ladder) => {
                let waves = if ladder.axis == Axis::Waves { path.place } else { like.points[ladder.knots[0]].place };
                (Self::at(like, ladder, path.place.on(ladder.axis), metric), waves.on(Axis::Waves))
            }
        };
        for step in &path.steps {
            weights = weights.stepped(like, step, waves, metric);
            waves = if step.ladder.axis == Axis::Waves { step.to } else { waves };
        }
        weights
    }

    /// Of a coordinate of a ladder.
    fn at(like: &Like<'_>, ladder: &Ladder, coordinate: f64, metric: Metric) -> Self {
        let Some((lower, upper)) = ladder.around(like, coordinate) else { return Self::default() };
        let on = |point: usize| scale(metric, ladder.axis, like.points[point].place.on(ladder.axis));
        let (from, to) = (on(lower), on(upper));
        // Two places between which the scale does not change are one.
        let share = if from.total_cmp(&to).is_eq() {
            0.0
        } else {
            (scale(metric, ladder.axis, coordinate) - from) / (to - from)
        };
        let mut weights = BTreeMap::from([(lower, 1.0 - share)]);
        *weights.entry(upper).or_insert(0.0) += share;
        Self(weights).tidy()
    }

    /// The same with a step added, at so many waves.
    ///
    /// Excess and memory change by as much as along the ladder. CPU time by request is (client + connections · C) / N and so
    /// much for each request: what a step in C changes of it goes with 1 / waves; after a step in waves, what there was before
    /// counts for as many of the requests as were made before.
    pub(super) fn stepped(self, like: &Like<'_>, step: &Step, waves: f64, metric: Metric) -> Self {
        let Step { ladder, from, to } = step;
        let (keep, add) = match (metric, ladder.axis) {
            (Metric::CpuPerRequest, Axis::Waves) => (from / to, 1.0),
            (Metric::CpuPerRequest, Axis::Concurrency) => {
                (1.0, like.points[ladder.knots[0]].place.on(Axis::Waves) / waves)
            }
            _ => (1.0, 1.0),
        };
        let mut sum = Self::default();
        let parts = [(self, keep), (Self::at(like, ladder, *to, metric), add)];
        for (weights, factor) in parts.into_iter().chain([(Self::at(like, ladder, *from, metric), -keep * add)]) {
            for (point, weight) in weights.0 {
                *sum.0.entry(point).or_insert(0.0) += factor * weight;
            }
        }
        sum.tidy()
    }

    fn tidy(mut self) -> Self {
        self.0.retain(|_, weight| weight.abs() > NONE);
        self
    }

    /// The points that have a weight.
    pub(super) fn points(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }

    /// The one point that it is, where it is one.
    pub(super) fn single(&self) -> Option<usize> {
        let (point, weight) = self.0.first_key_value()?;
        (self.0.len() == 1 && (weight - 1.0).abs() < NONE).then_some(*point)
    }

    /// A model's figure: the sum of the measured ones by their weights. Each comes from batches of its own, so distances to
    /// the limits add up by their squares.
    pub(super) fn value(&self, like: &Like<'_>, model: &str, metric: Metric) -> Result<Mixed, String> {
        let mut mixed = Mixed { estimate: 0.0, limits: Some((0.0, 0.0)), ids: Vec::new() };
        for (point, weight) in &self.0 {
            let (figure, estimate) = like.points[*point].figure(model, metric)?;
            mixed.estimate += weight * estimate;
            mixed.limits = add(mixed.limits, *weight, estimate, figure.limits());
            mixed.ids.push(like.points[*point].source.pinned(figure));
        }
        Ok(mixed.rooted())
    }

    /// The ratio of two models, from the ratios within rounds of the measured places. Each counts by what it has of the
    /// other's figure. None where a place has no such pair.
    pub(super) fn ratio(&self, like: &Like<'_>, metric: Metric, model: &str, other: &str) -> Option<Mixed> {
        let whole = self.value(like, other, metric).ok().filter(|whole| whole.estimate > 0.0)?.estimate;
        let mut mixed = Mixed { estimate: 0.0, limits: Some((0.0, 0.0)), ids: Vec::new() };
        for (point, weight) in &self.0 {
            let point = &like.points[*point];
            let (theirs, estimate) = point.figure(other, metric).ok()?;
            let (ours, _) = point.figure(model, metric).ok()?;
            let (pair, second) = point.pair(metric, model, other)?;
            let turn = |ratio: f64| if second { 1.0 / ratio } else { ratio };
            let (ratio, limits) = (pair.ratio.map(turn)?, pair.low.zip(pair.high));
            let limits = limits.map(|(low, high)| if second { (1.0 / high, 1.0 / low) } else { (low, high) });
            let weight = weight * estimate / whole;
            mixed.estimate += weight * ratio;
            mixed.limits = add(mixed.limits, weight, ratio, limits);
            mixed.ids.extend([ours, theirs].map(|figure| point.source.pinned(figure)));
        }
        Some(mixed.rooted())
    }
}

/// Adds the squares of the weighted distances to the limits. Under a weight below 0 the limits change places.
fn add(sum: Option<(f64, f64)>, weight: f64, estimate: f64, limits: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let ((down, up), (low, high)) = (sum?, limits?);
    let (below, above) = (weight * (estimate - low), weight * (high - estimate));
    let (below, above) = if weight < 0.0 { (above, below) } else { (below, above) };
    Some((down + below * below, up + above * above))
}

impl Mixed {
    fn rooted(self) -> Self {
        Self { limits: self.limits.map(|(down, up)| (down.sqrt(), up.sqrt())), ..self }
    }
}
