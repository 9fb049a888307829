//! All pairs of models in one metric: ratios, tests, who differs from whom, and the groups that cannot be told apart.

use inflight_record::Workload;
use inflight_stats::{Interval, Stopping, holm, location, log_ratios, median, rounds_for_ranks, sign_flip, tie_groups};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figure::twelve;
use crate::grid::{Values, pairs, plain};
use crate::metric::{Metric, memory_differs};

/// All pairs of models under one workload in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ranking {
    /// The metric.
    pub metric: Metric,
    /// The models that have the figure, the least median first.
    pub order: Vec<String>,
    /// Their pairs.
    pub pairs: Vec<Pair>,
    /// How many rounds the smallest p needs, adjusted for so many pairs.
    pub rounds_for_ranks: usize,
    /// How far the A/A interval reaches from 1, as a ratio − 1: no smaller difference is claimed.
    pub reach: Option<f64>,
    /// Models that cannot be told apart, the best first; a model may be in several. Null where there are no ranks.
    pub tie_groups: Option<Vec<Vec<String>>>,
    /// Why there are no ranks.
    pub reason: Option<String>,
}

/// Two models in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// The one with the lesser median.
    pub a: String,
    /// The other.
    pub b: String,
    /// In how many rounds both may be used.
    pub rounds: usize,
    /// a / b.
    pub ratio: Option<f64>,
    /// Lower limit of the ratio.
    pub low: Option<f64>,
    /// Upper limit of the ratio.
    pub high: Option<f64>,
    /// p of the sign-flip test.
    pub p: Option<f64>,
    /// The same, adjusted by Holm for all pairs of this workload and metric.
    pub p_holm: Option<f64>,
    /// Whether the two are declared different: adjusted p at most the study's `alpha`, interval without 1, a difference
    /// that is not smaller than the reach of the A/A interval, and, in memory, medians of peak memory that lie 0.5 MiB
    /// apart or more.
    pub different: bool,
}

/// A model that takes part in a ranking.
pub(super) struct Entry<'a> {
    pub(super) model: &'a str,
    /// What it is ranked by.
    pub(super) values: Values<'a>,
    /// Median of its peak memory.
    pub(super) peak_memory: Option<f64>,
}

impl Ranking {
    /// The ranking of these models by this metric.
    pub(super) fn of(
        metric: Metric,
        workload: &Workload,
        models: &[Entry<'_>],
        reach: Option<f64>,
        stopping: Stopping,
    ) -> Self {
        let mut order: Vec<(f64, &Entry<'_>)> =
            models.iter().filter_map(|entry| Some((median(&plain(&entry.values))?, entry))).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.model.cmp(b.1.model)));
        let mut pairs = Vec::new();
        // Whether a pair lies far enough apart for the instrument.
        let mut apart = Vec::new();
        for (place, (_, a)) in order.iter().enumerate() {
            for (_, b) in &order[place + 1..] {
                pairs.push(Pair::of(a, b, stopping));
                let is_memory = metric == Metric::MemoryPerRequestInFlight;
                apart.push(!is_memory || memory_differs(a.peak_memory, b.peak_memory));
            }
        }
        let adjusted = holm(&pairs.iter().map(|pair| pair.p.unwrap_or(f64::NAN)).collect::<Vec<_>>());
        for (pair, adjusted) in pairs.iter_mut().zip(adjusted) {
            pair.p_holm = pair.p.map(|_| adjusted);
        }
        let needed = rounds_for_ranks(pairs.len(), stopping);
        let most = pairs.iter().map(|pair| pair.rounds).max().unwrap_or(0);
        let reason = if let Some(reason) = metric.unranked(workload) {
            Some(reason.to_owned())
        } else if pairs.is_empty() {
            Some("fewer than two models have the figure".to_owned())
        } else if most < needed {
            Some(format!("{most} paired rounds: {} pairs of models need {needed}", pairs.len()))
        } else if reach.is_none() {
            Some("no A/A interval: what is noise is not known".to_owned())
        } else {
            None
        };
        if let (None, Some(reach)) = (&reason, reach) {
            for (pair, apart) in pairs.iter_mut().zip(apart) {
                pair.different = apart && pair.differs(reach, stopping);
            }
        }
        // Once everything is decided.
        pairs.iter_mut().for_each(Pair::round);
        let order: Vec<String> = order.into_iter().map(|(_, entry)| entry.model.to_owned()).collect();
        let groups = reason.is_none().then(|| groups(&order, &pairs));
        Self { metric, order, pairs, rounds_for_ranks: needed, reach, tie_groups: groups, reason }
    }

    /// The letters of the groups that a model is in; `None` where there are no ranks or it has no figure.
    #[must_use]
    pub fn letters(&self, model: &str) -> Option<String> {
        let groups = self.tie_groups.as_ref()?;
        let letters: Vec<String> = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.iter().any(|member| member == model))
            .map(|(place, _)| letter(place))
            .collect();
        (!letters.is_empty()).then(|| letters.concat())
    }
}

fn groups(order: &[String], pairs: &[Pair]) -> Vec<Vec<String>> {
    // Pairs stand in the order of their first, then of their second: place of (i, j) with i < j.
    let place = |i: usize, j: usize| i * order.len() - i * (i + 1) / 2 + (j - i - 1);
    let different = |i: usize, j: usize| pairs.get(place(i.min(j), i.max(j))).is_some_and(|pair| pair.different);
    let groups = tie_groups(order.len(), different);
    groups.into_iter().map(|group| group.into_iter().filter_map(|it| order.get(it).cloned()).collect()).collect()
}

/// a to z, then A to Z, then numbers.
fn letter(place: usize) -> String {
    match ('a'..='z').chain('A'..='Z').nth(place) {
        Some(letter) => letter.to_string(),
        None => format!("({})", place + 1),
    }
}

impl Pair {
    /// Whether it is the pair of these two, in either order.
    #[must_use]
    pub fn is_of(&self, one: &str, other: &str) -> bool {
        (self.a == one && self.b == other) || (self.a == other && self.b == one)
    }

    fn of(a: &Entry<'_>, b: &Entry<'_>, stopping: Stopping) -> Self {
        let (of_a, of_b) = pairs(&a.values, &b.values);
        let ratios = log_ratios(&of_a, &of_b);
        let interval = location(&ratios, stopping).map(|it| it.map(f64::exp)).filter(finite);
        let estimate = interval.map(|it| it.estimate).or_else(|| median(&ratios).map(f64::exp));
        Self {
            a: a.model.to_owned(),
            b: b.model.to_owned(),
            rounds: ratios.len(),
            ratio: estimate.filter(|it| it.is_finite()),
            low: interval.map(|it| it.low),
            high: interval.map(|it| it.high),
            p: sign_flip(&ratios),
            p_holm: None,
            different: false,
        }
    }

    fn round(&mut self) {
        for number in [&mut self.ratio, &mut self.low, &mut self.high, &mut self.p, &mut self.p_holm] {
            *number = number.map(twelve);
        }
    }

    fn differs(&self, reach: f64, stopping: Stopping) -> bool {
        let (Some(p), Some(ratio), Some(low), Some(high)) = (self.p_holm, self.ratio, self.low, self.high) else {
            return false;
        };
        // On the scale of logarithms, so that half as much and twice as much are the same effect.
        p <= stopping.alpha() && (low > 1.0 || high < 1.0) && ratio.ln().abs() >= reach.ln_1p()
    }
}

fn finite(interval: &Interval) -> bool {
    interval.low.is_finite() && interval.high.is_finite()
}
