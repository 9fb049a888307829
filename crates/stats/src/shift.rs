//! Two studies against each other: how far one sample lies from another.

use crate::Interval;
use crate::location::{WRITTEN_DOWN, between, limits};
use crate::null::shift_cut;
use crate::sums::kth_sum;

/// How far `b` lies above `a`, two independent samples (one figure in two studies), in their unit: the Hodges–Lehmann
/// shift and the interval of the Mann–Whitney test at `level`, between 0 and 1 (0.95, or by Bonferroni 0.9985).
///
/// The estimate is the median of all differences `bⱼ − aᵢ`; the limits are the k-th difference from below and from
/// above, with k the exact cut of the Mann–Whitney distribution (Hollander, Wolfe and Chicken 2014, section 4.3) up to
/// 50 values in the larger sample, above that by its normal approximation with continuity correction. Ties only widen
/// it. It asks of the two samples that they are of one shape; logarithms of figures whose noise is in proportion are.
///
/// `None` where a value is not finite, where `level` is not between 0 and 1, and where the samples are too small for the
/// level: `2 / C(m + n, m)` has to be at most `1 − level`, 4 against 4 at 0.95 ([`rounds_for_shift`]). In large samples memory
/// grows with m + n only.
///
/// ```
/// let shift = inflight_stats::shift(&[1.0, 2.0, 3.0, 4.0], &[11.0, 12.0, 13.0, 14.0], 0.95).unwrap();
/// assert_eq!((shift.low, shift.estimate, shift.high), (7.0, 10.0, 13.0));
/// assert_eq!(inflight_stats::shift(&[1.0, 2.0], &[3.0, 4.0], 0.95), None);
/// ```
#[must_use]
pub fn shift(a: &[f64], b: &[f64], level: f64) -> Option<Interval> {
    let finite = a.iter().chain(b).all(|value| value.is_finite());
    if !finite || a.is_empty() || b.is_empty() || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let cut = shift_cut(a.len(), b.len(), (1.0 - level) / 2.0)?;
    let count = a.len() * b.len();
    if count > WRITTEN_DOWN {
        // A difference is the sum of the one and the other's negative, to the last bit.
        let (mut less, mut more): (Vec<f64>, Vec<f64>) = (a.iter().map(|a| -a).collect(), b.to_vec());
        less.sort_unstable_by(f64::total_cmp);
        more.sort_unstable_by(f64::total_cmp);
        return limits(count, cut, |place| kth_sum(&less, &more, place));
    }
    between(a.iter().flat_map(|&a| b.iter().map(move |&b| b - a)).collect(), cut)
}

/// The fewest values in each of two samples of one size at which [`shift`] has an interval at `level`: the smallest n
/// with `2 / C(2n, n) ≤ 1 − level`. 4 at 0.95. 0 where `level` is not between 0 and 1.
///
/// ```
/// assert_eq!(inflight_stats::rounds_for_shift(0.95), 4);
/// assert_eq!(inflight_stats::rounds_for_shift(1.0 - 0.05 / 36.0), 7);
/// ```
#[must_use]
pub fn rounds_for_shift(level: f64) -> usize {
    if !(level > 0.0 && level < 1.0) {
        return 0;
    }
    // 1 / C(2n, n), from one n to the next.
    let (mut size, mut chance) = (1_usize, 0.5);
    while chance > (1.0 - level) / 2.0 {
        size += 1;
        chance *= size as f64 / (2 * (2 * size - 1)) as f64;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_samples_give_what_small_ones_give() {
        // 900 against 700: 630,000 differences, so these are counted and the others written down.
        let sample = |count: u32, step: u32| -> Vec<f64> {
            (0..count).map(|i| f64::from(i * step % 1_013) / 16.0 - 20.0).collect()
        };
        let (a, b) = (sample(900, 7_919), sample(700, 104_729));
        let cut = shift_cut(a.len(), b.len(), (1.0 - 0.95) / 2.0).unwrap();
        let plain = between(a.iter().flat_map(|&a| b.iter().map(move |&b| b - a)).collect(), cut);
        assert_eq!(shift(&a, &b, 0.95), plain);
    }
}
