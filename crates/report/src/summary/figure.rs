//! A figure: an estimate with its interval, its unit, its rounds and an id under which it can be cited.

use inflight_stats::{Interval, Stopping, least_rounds, location, log_ratios, median, median_interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grid::{Cells, Values, pairs, plain};
use crate::metric::{Metric, Unit};

/// A figure of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// `study/workload/model/metric`, with `@environment` behind it where the study ran in several.
    pub id: String,
    /// The metric; with `_ratio` behind it for a ratio to the baseline.
    pub metric: String,
    /// The unit of the estimate and its limits.
    pub unit: Unit,
    /// How many rounds it is made from.
    pub rounds: usize,
    /// How many rounds of the workload are left out of it: no batch, a batch that did not end `ok`, a flag, or, of a ratio,
    /// a figure of 0 or below on either side.
    pub left_out: usize,
    /// The estimate.
    pub estimate: Option<f64>,
    /// Lower limit of its interval.
    pub low: Option<f64>,
    /// Upper limit of its interval.
    pub high: Option<f64>,
    /// Why there is no estimate, or no interval; of a ratio also how many rounds it had to leave out because a figure of 0
    /// or below has no ratio.
    pub reason: Option<String>,
}

/// Why a round in which both batches may be used has no ratio.
pub(super) const NO_RATIO: &str = "a figure of 0 or below has no ratio";

/// The number to twelve significant digits, as summaries hold them: the last digits of a logarithm or an exponential are
/// those of the C library at hand, and the same records have to give the same bytes.
pub(crate) fn twelve(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Names figures: what all ids of one machine begin and end with.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    pub(super) study: String,
    pub(super) ending: String,
}

impl Ids {
    pub(super) fn id(&self, workload: &str, model: &str, metric: &str) -> String {
        format!("{}/{workload}/{model}/{metric}{}", self.study, self.ending)
    }
}

impl Figure {
    /// A figure without an estimate.
    pub(super) fn absent(id: String, metric: String, unit: Unit, left_out: usize, reason: String) -> Self {
        Self { id, metric, unit, rounds: 0, left_out, estimate: None, low: None, high: None, reason: Some(reason) }
    }

    /// A figure of so many rounds.
    pub(super) fn new(id: String, metric: String, unit: Unit, rounds: usize, left_out: usize, made: Made) -> Self {
        let Made { estimate, interval, reason } = made;
        let (low, high) = interval.map(|it| (twelve(it.low), twelve(it.high))).unzip();
        let estimate = estimate.map(twelve);
        Self { id, metric, unit, rounds, left_out, estimate, low, high, reason }
    }

    /// The limits of its interval.
    #[must_use]
    pub fn limits(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }

    /// Width of its interval from end to end, as a share of the estimate.
    #[must_use]
    pub fn relative_width(&self) -> Option<f64> {
        let (low, high) = self.limits()?;
        self.estimate.filter(|estimate| *estimate > 0.0).map(|estimate| (high - low) / estimate)
    }
}

/// An estimate as it was made: without an interval where the rounds are too few for one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Made {
    pub(crate) estimate: Option<f64>,
    pub(crate) interval: Option<Interval>,
    pub(crate) reason: Option<String>,
}

impl Made {
    /// The median of unpaired values.
    pub(crate) fn median(values: &[f64], stopping: Stopping) -> Self {
        Self::new(values, median_interval(values, stopping), stopping, |it| it)
    }

    /// The middle of paired differences.
    pub(crate) fn difference(values: &[f64], stopping: Stopping) -> Self {
        Self::new(values, location(values, stopping), stopping, |it| it)
    }

    /// The middle of paired log-ratios, as a ratio.
    pub(crate) fn ratio(log_ratios: &[f64], stopping: Stopping) -> Self {
        Self::new(log_ratios, location(log_ratios, stopping), stopping, f64::exp)
    }

    fn new(values: &[f64], interval: Option<Interval>, stopping: Stopping, change: fn(f64) -> f64) -> Self {
        let interval = interval.map(|it| it.map(change)).filter(|it| [it.low, it.high].iter().all(|x| x.is_finite()));
        // Below the least rounds for an interval there is still a middle to show.
        let estimate = interval.map_or_else(|| median(values).map(change), |it| Some(it.estimate));
        let reason = match (values.len(), interval) {
            (0, _) => Some("no batch of it may be used".to_owned()),
            (_, Some(_)) => None,
            (rounds, None) => Some(too_few(rounds, least_rounds(stopping))),
        };
        Self { estimate: estimate.filter(|it| it.is_finite()), interval, reason }
    }
}

fn too_few(rounds: usize, needed: usize) -> String {
    let plural = if rounds == 1 { "" } else { "s" };
    format!("{rounds} round{plural}: an interval needs {needed}")
}

/// The median of one metric of one arm under one workload.
pub(super) fn median_figure(
    ids: &Ids,
    cells: &Cells<'_>,
    arm: &str,
    metric: Metric,
    values: &Values<'_>,
    stopping: Stopping,
) -> Figure {
    let id = ids.id(&cells.named.id, arm, metric.as_str());
    let name = metric.as_str().to_owned();
    if let Some(reason) = metric.absent(&cells.named.workload) {
        return Figure::absent(id, name, metric.unit(), cells.rounds, reason.to_owned());
    }
    let made = Made::median(&plain(values), stopping);
    Figure::new(id, name, metric.unit(), values.len(), cells.rounds - values.len(), made)
}

/// The ratio of one arm to the baseline in one metric, round by round.
pub(super) fn ratio_figure(
    ids: &Ids,
    cells: &Cells<'_>,
    arm: &str,
    metric: Metric,
    values: (&Values<'_>, &Values<'_>),
    stopping: Stopping,
) -> Figure {
    let name = format!("{}_ratio", metric.as_str());
    let id = ids.id(&cells.named.id, arm, &name);
    if let Some(reason) = metric.absent(&cells.named.workload) {
        return Figure::absent(id, name, Unit::Ratio, cells.rounds, reason.to_owned());
    }
    ratio_of(id, name, cells, values, stopping)
}

/// The ratio of paired values, round by round.
pub(super) fn ratio_of(
    id: String,
    name: String,
    cells: &Cells<'_>,
    values: (&Values<'_>, &Values<'_>),
    stopping: Stopping,
) -> Figure {
    let (a, b) = pairs(values.0, values.1);
    let ratios = log_ratios(&a, &b);
    let mut made = Made::ratio(&ratios, stopping);
    if a.is_empty() {
        made.reason = Some("in no round may both batches be used".to_owned());
    }
    if ratios.len() < a.len() {
        let without = format!("{} of {} rounds are left out: {NO_RATIO}", a.len() - ratios.len(), a.len());
        made.reason = Some(match made.reason {
            Some(reason) if !ratios.is_empty() => format!("{reason}; {without}"),
            _ => without,
        });
    }
    Figure::new(id, name, Unit::Ratio, ratios.len(), cells.rounds - ratios.len(), made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digits_of_a_library_do_not_matter() {
        let value = 1.1_f64.ln();
        assert_eq!(twelve(value), twelve(f64::from_bits(value.to_bits() + 3)));
        assert_eq!((twelve(value), twelve(-1234.5), twelve(0.0)), (0.095_310_179_804_3, -1234.5, 0.0));
    }
}
