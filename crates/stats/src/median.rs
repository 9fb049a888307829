//! Middles and percentiles of numbers as they are.

/// The median of finite numbers: the middle one, or the mean of the two in the middle. `None` of nothing.
///
/// ```
/// assert_eq!(inflight_stats::median(&[3.0, 1.0, 2.0]), Some(2.0));
/// assert_eq!(inflight_stats::median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
/// assert_eq!(inflight_stats::median(&[]), None);
/// ```
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The percentile of a sorted list by nearest rank: the smallest value that at least `percent` in 100 do not exceed.
/// `None` of nothing.
///
/// ```
/// assert_eq!(inflight_stats::nearest_rank(&[10, 20, 30, 40], 50), Some(20));
/// assert_eq!(inflight_stats::nearest_rank(&[10, 20, 30, 40], 99), Some(40));
/// ```
#[must_use]
pub fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}
