//! Distributions of rank statistics where nothing differs, and the ranks that cut off their tails.

use statrs::function::erf::{erfc, erfc_inv};
use std::f64::consts::SQRT_2;

/// Up to this many values a signed-rank distribution is computed exactly, above it by the normal approximation with
/// continuity correction. At 100 values they are less than 0.001 apart, and the far tail of the normal one is the heavier.
pub(crate) const EXACT_SIGNED: usize = 100;

/// Up to this many values in the larger sample a Mann–Whitney distribution is computed exactly, above it by the normal
/// approximation with continuity correction. At 50 against 50 they differ by less than 0.0002.
pub(crate) const EXACT_SHIFT: usize = 50;

/// `P(S = s)` for `s` from 0 to `up_to`, where `S` is the sum of those of `ranks` that a fair coin picks.
///
/// Dynamic programming over the ranks (the recursion of Wilcoxon's signed-rank distribution), in `ranks.len() · up_to`
/// additions of positive numbers: no cancellation, so even the far tail is right to a few units in the 13th digit.
pub(crate) fn coin_sums(ranks: &[usize], up_to: usize) -> Vec<f64> {
    let mut probability = vec![0.0; up_to + 1];
    probability[0] = 1.0;
    let mut next = probability.clone();
    for &rank in ranks {
        let without = rank.min(up_to + 1);
        next.copy_from_slice(&probability);
        next[without..].iter_mut().zip(&probability).for_each(|(next, with)| *next += with);
        next.iter_mut().for_each(|next| *next /= 2.0);
        std::mem::swap(&mut probability, &mut next);
    }
    probability
}

/// `P(S ≤ sum)` of [`coin_sums`], by the normal approximation above [`EXACT_SIGNED`] ranks.
pub(crate) fn coin_tail(ranks: &[usize], sum: usize) -> f64 {
    if ranks.len() <= EXACT_SIGNED {
        return coin_sums(ranks, sum).iter().sum();
    }
    let mean = ranks.iter().sum::<usize>() as f64 / 2.0;
    let variance = ranks.iter().map(|&rank| (rank as f64).powi(2)).sum::<f64>() / 4.0;
    normal_below((sum as f64 + 0.5 - mean) / variance.sqrt())
}

/// The largest number `k` with `P(W < k) ≤ tail` for the signed-rank statistic `W` of `values` untied values: the
/// interval goes from the `k`-th Walsh average from below to the `k`-th from above. `None` where even `P(W < 1)` is more.
pub(crate) fn signed_rank_cut(values: usize, tail: f64) -> Option<usize> {
    let ranks: Vec<usize> = (1..=values).collect();
    let middle = values * (values + 1) / 4;
    if values <= EXACT_SIGNED {
        return cut(&coin_sums(&ranks, middle), tail);
    }
    let count = values as f64;
    let mean = count * (count + 1.0) / 4.0;
    let deviation = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
    normal_cut(mean, deviation, tail)
}

/// The largest number `k` with `P(B < k) ≤ tail` for the heads `B` of `values` fair coins: the interval of the median
/// goes from the `k`-th value from below to the `k`-th from above. `None` where even `P(B < 1)` is more.
pub(crate) fn sign_cut(values: usize, tail: f64) -> Option<usize> {
    cut(&coin_sums(&vec![1; values], values / 2), tail)
}

/// The largest number `k` with `P(U < k) ≤ tail` for the Mann–Whitney statistic `U` of two untied samples: the interval
/// goes from the `k`-th difference from below to the `k`-th from above. `None` where even `P(U < 1)` is more.
pub(crate) fn shift_cut(one: usize, other: usize, tail: f64) -> Option<usize> {
    if one.max(other) <= EXACT_SHIFT {
        return cut(&mann_whitney(one, other), tail);
    }
    let (one, other) = (one as f64, other as f64);
    let mean = one * other / 2.0;
    let deviation = (one * other * (one + other + 1.0) / 12.0).sqrt();
    normal_cut(mean, deviation, tail)
}

/// `P(U = u)` for `u` from 0 to the middle. Mann and Whitney 1947: the largest of all values is from the one sample and
/// beats all `other` values, or is from the other and beats none; `f(m, n, u) = f(m−1, n, u−n) + f(m, n−1, u)`, weighted
/// by the chance of either.
fn mann_whitney(one: usize, other: usize) -> Vec<f64> {
    let up_to = one * other / 2;
    let certain = || {
        let mut probability = vec![0.0; up_to + 1];
        probability[0] = 1.0;
        probability
    };
    // `row[n]` is the distribution for m values against n.
    let mut row: Vec<Vec<f64>> = (0..=other).map(|_| certain()).collect();
    for m in 1..=one {
        for n in 1..=other {
            let ours = m as f64 / (m + n) as f64;
            let next = (0..=up_to)
                .map(|u| {
                    let beats = if u >= n { row[n][u - n] } else { 0.0 };
                    ours * beats + (1.0 - ours) * row[n - 1][u]
                })
                .collect();
            row[n] = next;
        }
    }
    row.swap_remove(other)
}

/// The largest number of leading probabilities whose sum is at most `tail`; `None` where it is 0.
fn cut(probabilities: &[f64], tail: f64) -> Option<usize> {
    // Binary fractions add up exactly, tails like 0.025 are not binary fractions: nothing to round here.
    let mut sum = 0.0;
    let inside = probabilities.iter().take_while(|&&probability| {
        sum += probability;
        sum <= tail
    });
    Some(inside.count()).filter(|&count| count > 0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and checked to be at least 1")]
fn normal_cut(mean: f64, deviation: f64, tail: f64) -> Option<usize> {
    let quantile = SQRT_2 * erfc_inv(2.0 * tail);
    let below = (mean - 0.5 - quantile * deviation).floor() + 1.0;
    (below >= 1.0).then_some(below as usize)
}

/// The chance that a standard normal value is below `z`.
pub(crate) fn normal_below(z: f64) -> f64 {
    erfc(-z / SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approximations_join_the_exact_distributions() {
        for tail in [0.025, 0.01, 0.000_75] {
            let ranks: Vec<usize> = (1..=EXACT_SIGNED).collect();
            let exact = cut(&coin_sums(&ranks, 2525), tail).unwrap();
            let next = signed_rank_cut(EXACT_SIGNED + 1, tail).unwrap();
            assert!(next > exact && next - exact < 60, "{tail}: {exact} then {next}");
        }
        let ranks: Vec<usize> = (1..=EXACT_SIGNED).collect();
        let exact = coin_tail(&ranks, 1955);
        let mean = 2525.0;
        let deviation = (100.0 * 101.0 * 201.0_f64 / 24.0).sqrt();
        assert!((exact - normal_below((1955.5 - mean) / deviation)).abs() < 3e-4);
    }

    #[test]
    fn mann_whitney_is_a_distribution() {
        // 3 against 2: 1, 1, 2, 2, 2, 1, 1 of 10 ways, up to the middle.
        let known = [0.1, 0.1, 0.2, 0.2];
        assert!(mann_whitney(3, 2).iter().zip(known).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
