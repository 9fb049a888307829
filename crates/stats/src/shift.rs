//! Two studies against each other: how far one sample lies from another.

use crate::Interval;
use crate::location::between;
use crate::null::shift_cut;

/// How far `b` lies above `a`, two independent samples (one figure in two studies), in their unit: the Hodges–Lehmann
/// shift and the interval of the Mann–Whitney test at `level`, between 0 and 1 (0.95, or by Bonferroni 0.9985).
///
/// The estimate is the median of all differences `bⱼ − aᵢ`; the limits are the k-th difference from below and from
/// above, with k the exact cut of the Mann–Whitney distribution (Hollander, Wolfe and Chicken 2014, section 4.3) up to
/// 50 values in the larger sample, above that by its normal approximation with continuity correction. Ties only widen
/// it. It asks of the two samples that they are of one shape; logarithms of figures whose noise is in proportion are.
///
/// `None` where a value is not finite, where `level` is not between 0 and 1, and where the samples are too small for the
/// level: `2 / C(m + n, m)` has to be at most `1 − level`, 4 against 4 at 0.95. Takes `m · n` numbers of memory.
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
    between(a.iter().flat_map(|&a| b.iter().map(move |&b| b - a)).collect(), cut)
}
