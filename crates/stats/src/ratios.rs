//! Pairs of figures to log-ratios.

/// `ln(a / b)` of the pairs by place: 0 where they are equal, above 0 where `a` is larger. A pair is left out where one
/// of the two is not finite and above 0, and so is the rest of the longer list.
///
/// Two exactnesses that the tests on ranks rely on: arms that change places give exactly the negated values, and equal
/// ratios of whole numbers (ticks, pages) give equal values, because the larger is divided by the smaller and a quotient
/// is rounded by its value alone. Where the quotient overflows it is `ln a − ln b`.
///
/// ```
/// let ratios = inflight_stats::log_ratios(&[2.0, 1.0, 0.0, 3.0], &[1.0, 2.0, 1.0, f64::NAN]);
/// assert_eq!(ratios, [2_f64.ln(), -2_f64.ln()]);
/// ```
#[must_use]
pub fn log_ratios(a: &[f64], b: &[f64]) -> Vec<f64> {
    let usable = |x: f64| x.is_finite() && x > 0.0;
    a.iter().zip(b).filter(|&(&a, &b)| usable(a) && usable(b)).map(|(&a, &b)| log_ratio(a, b)).collect()
}

fn log_ratio(a: f64, b: f64) -> f64 {
    let (large, small) = if a >= b { (a, b) } else { (b, a) };
    let quotient = large / small;
    let size = if quotient.is_finite() { quotient.ln() } else { large.ln() - small.ln() };
    if a >= b { size } else { -size }
}
