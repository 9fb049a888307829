//! The paired test: how often would signs thrown by a coin look so one-sided?

use crate::Stopping;
use crate::null::coin_tail;

/// The two-sided p of the sign-flip test on paired differences, with the sum of signed ranks as statistic (Wilcoxon's
/// signed-rank test as a permutation test).
///
/// Where two models do not differ, the two figures of a round might as well change names, so each difference might as
/// well have the other sign: all 2ⁿ sign patterns are equally likely, whatever the noise is like. p is the share of
/// patterns whose rank sum is at least as far from the middle as the one seen. It is counted exactly, by dynamic
/// programming over the ranks, up to 100 values; above that by the normal approximation with continuity correction.
///
/// Equal sizes share the mean of their ranks, and the count is over these ranks, so it is exact with ties too. Zeros
/// take the lowest ranks and then no side (Pratt 1959), which keeps the test in step with the Walsh averages of
/// [`location`](crate::location()). Where all values are zero p is 1.
///
/// `None` of nothing and where a value is not finite.
///
/// ```
/// use inflight_stats::sign_flip;
/// assert_eq!(sign_flip(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), Some(2.0 / 64.0));
/// assert_eq!(sign_flip(&[0.0; 12]), Some(1.0));
/// assert_eq!(sign_flip(&[]), None);
/// ```
#[must_use]
pub fn sign_flip(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let ranked = doubled_ranks(values);
    let side = |above: bool| {
        ranked.iter().filter(move |&&(value, _)| if above { value > 0.0 } else { value < 0.0 }).map(|&(_, rank)| rank)
    };
    let smaller = side(true).sum::<usize>().min(side(false).sum());
    let mut ranks: Vec<usize> = side(true).chain(side(false)).collect();
    // Without ties every doubled rank is even, and half the steps do.
    let step = if ranks.iter().all(|rank| rank % 2 == 0) { 2 } else { 1 };
    ranks.iter_mut().for_each(|rank| *rank /= step);
    Some((2.0 * coin_tail(&ranks, smaller / step)).min(1.0))
}

/// The smallest p that [`sign_flip`] can give: `2 / 2ⁿ`, all differences of one sign. At most 1.
///
/// ```
/// assert_eq!(inflight_stats::least_p(12), 2.0 / 4096.0);
/// ```
#[must_use]
pub fn least_p(rounds: usize) -> f64 {
    i32::try_from(rounds).map_or(0.0, |rounds| 0.5_f64.powi(rounds - 1)).min(1.0)
}

/// The fewest rounds at which [`holm`](crate::holm()) over `pairs` comparisons can declare a difference: the smallest n
/// with `pairs · 2 / 2ⁿ` at most [`Stopping::alpha`]. With fewer rounds there are intervals and no ranks. Automatic rounds
/// first look at their intervals after 12, which is enough for 71 pairs; a budget that ends before leaves fewer.
///
/// ```
/// use inflight_stats::{Stopping, rounds_for_ranks};
/// assert_eq!(rounds_for_ranks(36, Stopping::Fixed), 11); // 9 models
/// assert_eq!(rounds_for_ranks(55, Stopping::Fixed), 12); // 11 models
/// assert_eq!(rounds_for_ranks(1, Stopping::Fixed), 6);
/// assert_eq!(rounds_for_ranks(3, Stopping::Fixed), 7);
/// assert_eq!(rounds_for_ranks(3, Stopping::Auto), 8);
/// ```
#[must_use]
pub fn rounds_for_ranks(pairs: usize, stopping: Stopping) -> usize {
    let pairs = pairs.max(1) as f64;
    let mut rounds = 1;
    while pairs * least_p(rounds) > stopping.alpha() {
        rounds += 1;
    }
    rounds
}

/// Each value with twice its rank by size, smallest first; equal sizes share the mean of their ranks.
fn doubled_ranks(values: &[f64]) -> Vec<(f64, usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|x, y| x.abs().total_cmp(&y.abs()));
    let mut ranked = Vec::with_capacity(sorted.len());
    for tied in sorted.chunk_by(|x, y| x.abs() == y.abs()) {
        // Ranks first to last, from 1: twice their mean is first + last.
        let rank = 2 * ranked.len() + 1 + tied.len();
        ranked.extend(tied.iter().map(|&value| (value, rank)));
    }
    ranked
}
