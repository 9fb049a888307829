//! The middle of paired differences and the median of unpaired figures, each between limits.

use crate::null::{sign_cut, signed_rank_cut};
use crate::sums::kth_own_sum;
use crate::{Interval, Stopping};

/// Up to so many Walsh averages or differences are written down and selected from, which is the fastest; of more (from
/// 1,000 values on, of 1,000 against 500) the places that are needed are counted, in memory that grows with n only.
pub(crate) const WRITTEN_DOWN: usize = 500_000;

/// The middle of paired differences (log-ratios of one pair of models, round by round) with its interval: the
/// Hodges–Lehmann estimate and the interval of the signed-rank test.
///
/// The estimate is the median of the Walsh averages `(xᵢ + xⱼ) / 2`, `i ≤ j`, and stands for the median of
/// `(X + X′) / 2`, the pseudomedian: the median itself where the differences are as often so much above as below it.
/// The limits are the k-th Walsh average from below and from above, with k the exact cut of the signed-rank
/// distribution at [`Stopping::level`] (Hollander, Wolfe and Chicken 2014, section 3.3); above 100 values by its normal
/// approximation. Ties only widen it. Equal values give three equal numbers.
///
/// `None` below [`least_rounds`] values and where one is not finite. Above some 1,000 values memory grows with n only.
///
/// ```
/// use inflight_stats::{Stopping, location};
/// let interval = location(&[0.03, 0.01, 0.02, 0.05, 0.04, 0.06], Stopping::Fixed).unwrap();
/// assert_eq!((interval.low, interval.high), (0.01, 0.06));
/// assert!((interval.estimate - 0.035).abs() < 1e-12);
/// assert_eq!(location(&[0.1; 5], Stopping::Fixed), None);
/// ```
#[must_use]
pub fn location(values: &[f64], stopping: Stopping) -> Option<Interval> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let cut = signed_rank_cut(values.len(), stopping.tail())?;
    // Halves first: their sum cannot overflow.
    let mut halves: Vec<f64> = values.iter().map(|value| value / 2.0).collect();
    let count = halves.len() * (halves.len() + 1) / 2;
    if count > WRITTEN_DOWN {
        halves.sort_unstable_by(f64::total_cmp);
        return limits(count, cut, |place| kth_own_sum(&halves, place));
    }
    let averages = halves.iter().enumerate().flat_map(|(i, x)| halves[i..].iter().map(move |y| x + y));
    between(averages.collect(), cut)
}

/// The median of figures that are not paired, with its distribution-free interval: the k-th value from below and from
/// above, with k the exact cut of the binomial distribution of signs at [`Stopping::level`] (David and Nagaraja 2003,
/// section 7.1). Holds for any distribution; ties only widen it.
///
/// `None` below [`least_rounds`] values and where one is not finite.
///
/// ```
/// use inflight_stats::{Stopping, median_interval};
/// let figures: Vec<f64> = (1..=12).map(f64::from).collect();
/// let interval = median_interval(&figures, Stopping::Fixed).unwrap();
/// assert_eq!((interval.low, interval.estimate, interval.high), (3.0, 6.5, 10.0));
/// ```
#[must_use]
pub fn median_interval(values: &[f64], stopping: Stopping) -> Option<Interval> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let cut = sign_cut(values.len(), stopping.tail())?;
    between(values.to_vec(), cut)
}

/// The fewest values at which [`location`] and [`median_interval`] exist: both need `2 / 2ⁿ ≤ 1 − level`, the chance
/// that all values lie on one side. 6 for fixed rounds.
///
/// ```
/// assert_eq!(inflight_stats::least_rounds(inflight_stats::Stopping::Fixed), 6);
/// ```
#[must_use]
pub fn least_rounds(stopping: Stopping) -> usize {
    match stopping {
        Stopping::Fixed => 6,
        Stopping::Auto => 7,
    }
}

/// The median of the points, between the `cut`-th from below and from above. Selects instead of sorting: simulations
/// and large tables spend their time here.
pub(crate) fn between(mut points: Vec<f64>, cut: usize) -> Option<Interval> {
    limits(points.len(), cut, |place| *points.select_nth_unstable_by(place, f64::total_cmp).1)
}

/// The median of `count` points, between the `cut`-th from below and from above; `at` finds the point at a place.
pub(crate) fn limits(count: usize, cut: usize, mut at: impl FnMut(usize) -> f64) -> Option<Interval> {
    let from_below = cut.checked_sub(1)?;
    let from_above = count.checked_sub(cut).filter(|&from_above| from_below <= from_above && from_above < count)?;
    let (low, high) = (at(from_below), at(from_above));
    Some(Interval { low, estimate: f64::midpoint(at((count - 1) / 2), at(count / 2)), high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_rounds_are_where_intervals_begin() {
        for stopping in [Stopping::Fixed, Stopping::Auto] {
            let least = least_rounds(stopping);
            let values = vec![0.5; least];
            let point = Interval { low: 0.5, estimate: 0.5, high: 0.5 };
            assert_eq!(location(&values, stopping), Some(point));
            assert_eq!(median_interval(&values, stopping), Some(point));
            assert_eq!(location(&values[1..], stopping), None);
            assert_eq!(median_interval(&values[1..], stopping), None);
        }
    }

    #[test]
    fn many_values_give_what_few_give() {
        // 1,100 values: 605,550 averages, so these are counted and the others written down.
        let values: Vec<f64> = (0..1_100_u32).map(|i| f64::from(i * 7_919 % 1_009) / 8.0 - 60.0).collect();
        let counted = location(&values, Stopping::Fixed).unwrap();
        let cut = signed_rank_cut(values.len(), Stopping::Fixed.tail()).unwrap();
        let averages =
            values.iter().enumerate().flat_map(|(i, x)| values[i..].iter().map(move |y| x / 2.0 + y / 2.0)).collect();
        assert_eq!(counted, between(averages, cut).unwrap());
    }

    #[test]
    fn what_is_not_a_number_gives_nothing() {
        let mut values = vec![0.5; 12];
        values[3] = f64::NAN;
        assert_eq!(location(&values, Stopping::Fixed), None);
        values[3] = f64::INFINITY;
        assert_eq!(median_interval(&values, Stopping::Fixed), None);
    }
}
