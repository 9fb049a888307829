//! What is said of each model at one place: its figures, and how it stands to the best.

use std::collections::BTreeSet;

use inflight_record::Workload;

use super::checks::{Checks, unfit};
use super::ground::{Like, Place, Point, Seen, is_choice};
use super::mix::{Mixed, Weights};
use super::path::{Axes, Ladder, Path, Step};
use super::{Axis, Estimate, Standing};
use crate::metric::{Metric, Unit, number};
use crate::summary::twelve;

/// The share of the worker's CPUs above which a batch is no longer mostly waiting: what a step is worth there is not what it is
/// worth elsewhere.
const BUSY: f64 = 0.8;

/// One place, measured or interpolated.
pub(super) struct View<'a> {
    pub(super) like: &'a Like<'a>,
    pub(super) checks: &'a Checks,
    pub(super) workload: Workload,
    /// By metric: excess, CPU time, memory.
    weights: [Weights; 3],
    pub(super) axes: Axes,
    /// The points that its path begins with.
    begins: BTreeSet<usize>,
}

/// The metrics that are mixed, in the order of a view's weights.
pub(super) const MIXED: [Metric; 3] = [Metric::Excess, Metric::CpuPerRequest, Metric::PeakMemory];

/// How a model stands, why, and its ratio to the best.
pub(super) struct Stand {
    pub(super) standing: Standing,
    pub(super) reason: Option<String>,
    pub(super) ratio: Option<Estimate>,
    /// Whether it did not finish, here or in something that this is made from.
    pub(super) fell: bool,
}

impl Stand {
    fn new(standing: Standing, reason: Option<String>) -> Self {
        Self { standing, reason, ratio: None, fell: false }
    }
}

impl<'a> View<'a> {
    pub(super) fn new(like: &'a Like<'a>, checks: &'a Checks, workload: &Workload, path: &Path) -> Self {
        Self {
            like,
            checks,
            workload: workload.clone(),
            weights: MIXED.map(|metric| Weights::of(like, path, metric)),
            axes: path.axes(),
            begins: path.begins(like),
        }
    }

    /// The same workload with another C, and as many waves, by way of a ladder along concurrency.
    pub(super) fn moved(&self, ladder: &Ladder, to: Place) -> Self {
        let step = Step { ladder: ladder.clone(), from: self.concurrency(), to: to.on(Axis::Concurrency) };
        let waves = Place::of(&self.workload).on(Axis::Waves);
        let weights: [Weights; 3] =
            std::array::from_fn(|place| self.weights[place].clone().stepped(self.like, &step, waves, MIXED[place]));
        let measured = weights.iter().all(|weights| weights.single().is_some());
        let waves = self.workload.requests.div_ceil(self.workload.concurrency);
        let workload = Workload {
            concurrency: to.concurrency,
            requests: waves.saturating_mul(to.concurrency),
            ..self.workload.clone()
        };
        let mut axes = if measured { Axes::default() } else { self.axes.clone() };
        // On a ladder that it begins with, or has a step along already, nothing more is borrowed.
        let known = axes.all.contains(&Axis::Concurrency) || self.begins.iter().all(|it| ladder.knots.contains(it));
        if !measured {
            axes.all.insert(Axis::Concurrency);
            if !known {
                axes.stepped.insert(Axis::Concurrency);
            }
        }
        Self { axes, begins: self.begins.clone(), weights, workload, ..*self }
    }

    /// By which metric models are better or worse.
    pub(super) fn by(&self) -> Metric {
        if self.workload.delay_ns > 0 { Metric::Excess } else { Metric::CpuPerRequest }
    }

    pub(super) fn concurrency(&self) -> f64 {
        number(self.workload.concurrency)
    }

    /// The point, where it was measured.
    pub(super) fn measured(&self) -> Option<usize> {
        self.weights(self.by()).single().filter(|_| self.axes.all.is_empty())
    }

    /// Whether something comes from elsewhere.
    fn steps(&self) -> bool {
        !self.axes.stepped.is_empty()
    }

    fn weights(&self, metric: Metric) -> &Weights {
        let place = MIXED.iter().position(|mixed| *mixed == metric).unwrap_or_default();
        &self.weights[place]
    }

    /// Every point that has a weight in any metric.
    pub(super) fn points(&self) -> BTreeSet<usize> {
        self.weights.iter().flat_map(Weights::points).collect()
    }

    /// A model's figure here, or why there is none.
    pub(super) fn figure(&self, model: &str, metric: Metric) -> Result<Estimate, String> {
        if let Some(point) = self.measured() {
            let (figure, estimate) = self.like.points[point].figure(model, metric)?;
            let Some((low, high)) = figure.limits() else {
                return Ok(self.estimate(metric, bare(estimate, self.like.points[point].source.pinned(figure))));
            };
            let limits = Some((estimate - low, high - estimate));
            return Ok(self
                .estimate(metric, Mixed { limits, ..bare(estimate, self.like.points[point].source.pinned(figure)) }));
        }
        // Whoever did not finish somewhere is said so first.
        let mixed = self.weights(metric).value(self.like, model, metric)?;
        if let Some(reason) = unfit(self.like, &self.points(), self.steps(), model).or_else(|| self.busy(model)) {
            return Err(reason);
        }
        if mixed.estimate <= 0.0 {
            return Err("what was measured leads to nothing above 0 here".to_owned());
        }
        let error = self.checks.error(self.like, &self.axes, metric, model);
        let span = || {
            let figures = self
                .weights(metric)
                .points()
                .map(|point| self.like.points[point].figure(model, metric).ok()?.0.limits());
            span(figures)
        };
        Ok(self.widened(metric, mixed, error, span))
    }

    /// A mix with limits that are wider by what checks say; where nothing could be checked, those of all that lies around it
    /// on one ladder, and none where something comes from elsewhere.
    fn widened(
        &self,
        metric: Metric,
        mixed: Mixed,
        error: Option<f64>,
        span: impl Fn() -> Option<(f64, f64)>,
    ) -> Estimate {
        let estimate = mixed.estimate;
        let (low, high) = match (mixed.limits, error) {
            (Some((down, up)), Some(error)) if error.is_finite() => {
                (Some((estimate - down).max(0.0) / error.exp()), Some((estimate + up) * error.exp()))
            }
            (Some(_), None) if !self.steps() => span().unzip(),
            _ => (None, None),
        };
        Estimate {
            low: low.map(|low| twelve(low.min(estimate))),
            high: high.map(|high| twelve(high.max(estimate))),
            ..self.estimate(metric, Mixed { limits: None, ..mixed })
        }
    }

    fn estimate(&self, metric: Metric, mixed: Mixed) -> Estimate {
        let Mixed { estimate, limits, mut ids } = mixed;
        ids.sort();
        ids.dedup();
        let limits = limits.map(|(down, up)| (twelve(estimate - down), twelve(estimate + up)));
        let (low, high) = limits.unzip();
        let measured = self.measured().is_some();
        Estimate { unit: metric.unit(), estimate: twelve(estimate), low, high, measured, ids }
    }

    /// Why a model's CPU time leaves no room for waiting, here or in something that this is made from, so that steps from
    /// elsewhere say nothing.
    fn busy(&self, model: &str) -> Option<String> {
        if !self.steps() {
            return None;
        }
        let cpu = self.weights(Metric::CpuPerRequest).value(self.like, model, Metric::CpuPerRequest).ok()?.estimate;
        let points = self.points();
        let cpus = points.first().map_or(1.0, |point| self.like.points[*point].worker_cpus());
        let here = cpu * self.concurrency() / (number(self.workload.delay_ns) * cpus);
        if here > BUSY {
            return Some(
                "its CPU time fills D with C in flight: what a step from elsewhere costs then does not follow"
                    .to_owned(),
            );
        }
        let mut all = points.iter().map(|point| &self.like.points[*point]);
        let busy = all.find(|point| point.busy_share(model).is_some_and(|share| share > BUSY))?;
        Some(format!(
            "in {} its CPU time fills D with C in flight: what that comes to elsewhere does not follow",
            busy.id()
        ))
    }

    /// How every model stands, in the order of the models.
    pub(super) fn stands(&self) -> Vec<Stand> {
        let best = self.best();
        self.like.models.iter().map(|(model, _)| self.stand(model, best)).collect()
    }

    /// The choice with the least estimate.
    pub(super) fn best(&self) -> Option<&'a str> {
        let choices = self.like.models.iter().filter(|(_, label)| is_choice(*label));
        let figures = choices.filter_map(|(model, _)| Some((self.figure(model, self.by()).ok()?.estimate, *model)));
        figures.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1))).map(|(_, model)| model)
    }

    pub(super) fn stand(&self, model: &str, best: Option<&str>) -> Stand {
        if let Err(reason) = self.figure(model, self.by()) {
            return self.without_figure(model, reason);
        }
        match best {
            Some(best) if best == model => Stand::new(Standing::Best, None),
            Some(best) => {
                let ratio = self.ratio(model, best);
                let (standing, reason) = self.compared(model, best, ratio.as_ref());
                Stand { ratio, ..Stand::new(standing, reason) }
            }
            None => Stand::new(Standing::Unknown, Some("no model that is a choice has a figure here".to_owned())),
        }
    }

    /// A model that could not finish has fallen behind; so has one that is behind wherever it ran of what this is made from.
    fn without_figure(&self, model: &str, reason: String) -> Stand {
        let points: Vec<usize> = self.points().into_iter().collect();
        let ran: Vec<&Point<'_>> = points.iter().map(|point| &self.like.points[*point]).collect();
        let mut ran = ran.into_iter().filter(|point| !matches!(point.seen(model), Seen::Absent)).peekable();
        if ran.peek().is_none() || !ran.all(|point| self.behind_at(point, model)) {
            return Stand::new(Standing::Unknown, Some(reason));
        }
        let reason = match points.len() {
            1 => reason,
            _ => format!("behind in every workload that this is made from, by how much is not said: {reason}"),
        };
        let fell = points.iter().any(|point| matches!(self.like.points[*point].seen(model), Seen::Fell(_)));
        Stand { fell, ..Stand::new(Standing::Behind, Some(reason)) }
    }

    /// Whether the model did not finish at a measured point, or is worse than the best choice there.
    fn behind_at(&self, point: &Point<'_>, model: &str) -> bool {
        if matches!(point.seen(model), Seen::Fell(_)) {
            return true;
        }
        let label = |name: &str| self.like.models.iter().find(|(known, _)| *known == name).map(|(_, label)| *label);
        let Some(ranking) = point.ranking(self.by()) else { return false };
        let best = ranking.order.iter().find(|name| label(name).is_some_and(is_choice));
        best.is_some_and(|best| self.judged(point, model, best).0 == Standing::Behind)
    }

    /// How a model stands to the best at a measured point: as the study declares it; or by the interval of their ratio alone,
    /// where the study has no ranks, or too few rounds of both for any difference to be declared.
    fn judged(&self, point: &Point<'_>, model: &str, best: &str) -> (Standing, Option<String>) {
        let found = point.ranking(self.by()).zip(point.pair(self.by(), model, best));
        let Some((ranking, (pair, second))) = found else {
            return (Standing::Unknown, Some("the study does not compare it with the best".to_owned()));
        };
        let enough = ranking.tie_groups.is_some() && pair.rounds >= ranking.rounds_for_ranks;
        if enough || pair.different {
            return (if pair.different && second { Standing::Behind } else { Standing::Within }, None);
        }
        let few = || format!("{} rounds of both, and ranks need {}", pair.rounds, ranking.rounds_for_ranks);
        let reason = ranking.reason.clone().unwrap_or_else(few);
        let (Some(ratio), Some(low), Some(high)) = (pair.ratio, pair.low, pair.high) else {
            return (Standing::Unknown, Some(reason));
        };
        let (ratio, low) = if second { (1.0 / ratio, 1.0 / high) } else { (ratio, low) };
        let behind = low > 1.0 && ratio >= 1.0 + ranking.reach.unwrap_or(0.0);
        let standing = if behind { Standing::Behind } else { Standing::Within };
        (standing, Some(format!("by the interval of one ratio alone: {reason}")))
    }

    /// How many times the best's figure the model's is.
    pub(super) fn ratio(&self, model: &str, best: &str) -> Option<Estimate> {
        let metric = self.by();
        let mixed = self.weights(metric).ratio(self.like, metric, model, best)?;
        let estimate = if self.measured().is_some() {
            self.estimate(metric, mixed)
        } else {
            let error = self.checks.ratio_error(self.like, &self.axes, metric, (model, best));
            let span = || {
                let pairs = self.weights(metric).points().map(|point| {
                    let (pair, second) = self.like.points[point].pair(metric, model, best)?;
                    let (low, high) = pair.low.zip(pair.high)?;
                    Some(if second { (1.0 / high, 1.0 / low) } else { (low, high) })
                });
                span(pairs)
            };
            self.widened(metric, mixed, error, span)
        };
        Some(Estimate { unit: Unit::Ratio, ..estimate })
    }

    /// By how much a ratio may be off between measured places of different concurrency; none where nothing
    /// checks it, or where nothing above 0 was predicted.
    pub(super) fn error_between(&self, model: &str, other: &str) -> Option<f64> {
        let axes = Axes { all: BTreeSet::from([Axis::Concurrency]), stepped: BTreeSet::new() };
        let error = self.checks.ratio_error(self.like, &axes, self.by(), (model, other));
        error.filter(|error| error.is_finite())
    }

    fn compared(&self, model: &str, best: &str, ratio: Option<&Estimate>) -> (Standing, Option<String>) {
        if let Some(point) = self.measured() {
            return self.judged(&self.like.points[point], model, best);
        }
        let Some((ratio, (low, _))) = ratio.and_then(|ratio| Some((ratio, ratio.limits()?))) else {
            let reason = "its ratio to the best has no interval: too few rounds, or nothing measured to check it by";
            return (Standing::Unknown, Some(reason.to_owned()));
        };
        // No smaller difference is claimed than the A/A pairs of what it is made from allow.
        let metric = self.by();
        let reaches = self.weights(metric).points().filter_map(|point| self.like.points[point].ranking(metric)?.reach);
        let behind = low > 1.0 && ratio.estimate >= 1.0 + reaches.fold(0.0, f64::max);
        (if behind { Standing::Behind } else { Standing::Within }, None)
    }
}

fn bare(estimate: f64, id: String) -> Mixed {
    Mixed { estimate, limits: None, ids: vec![id] }
}

/// The least and the greatest limit, where all are there.
fn span(limits: impl Iterator<Item = Option<(f64, f64)>>) -> Option<(f64, f64)> {
    let limits: Option<Vec<(f64, f64)>> = limits.collect();
    limits.filter(|limits| !limits.is_empty()).map(|limits| {
        limits.into_iter().fold((f64::INFINITY, 0.0), |(least, most), (low, high)| (low.min(least), high.max(most)))
    })
}
