//! A straight line through points: what one more costs.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A least-squares line with the 95 % interval of its slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// How much y rises for each 1 of x: the marginal cost, in units of y over units of x.
    pub per_x: f64,
    /// y at x = 0, in units of y.
    pub intercept: f64,
    /// The lower limit of `per_x`.
    pub low: f64,
    /// The upper limit of `per_x`.
    pub high: f64,
}

/// The least-squares line through points `(x, y)`, with the 95 % t interval of its slope.
///
/// `per_x = Sxy / Sxx`, `intercept = ȳ − per_x · x̄`, limits at `± t(0.975; n − 2) · √(SSR / (n − 2) / Sxx)`. The
/// interval takes the errors of y to be independent and of one size; with errors that grow with x (memory over C) give
/// it the medians of cells, not the rounds.
///
/// `None` of fewer than 3 points, of points over one x, where one is not finite, and where the sums overflow.
///
/// ```
/// let line = inflight_stats::slope(&[(1.0, 3.0), (2.0, 5.0), (3.0, 7.0)]).unwrap();
/// assert_eq!((line.per_x, line.intercept), (2.0, 1.0));
/// assert_eq!((line.low, line.high), (2.0, 2.0));
/// assert_eq!(inflight_stats::slope(&[(1.0, 3.0), (1.0, 5.0), (1.0, 7.0)]), None);
/// ```
#[must_use]
pub fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    if points.len() < 3 || points.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
        return None;
    }
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let spread_x: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    let together: f64 = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum();
    if points.iter().all(|point| point.0 == points[0].0) {
        return None;
    }
    let per_x = together / spread_x;
    let left: f64 = points.iter().map(|point| (point.1 - mean_y - per_x * (point.0 - mean_x)).powi(2)).sum();
    let quantile = StudentsT::new(0.0, 1.0, count - 2.0).ok()?.inverse_cdf(0.975);
    let half = quantile * (left / (count - 2.0) / spread_x).sqrt();
    let line = Slope { per_x, intercept: mean_y - per_x * mean_x, low: per_x - half, high: per_x + half };
    [line.intercept, line.low, line.high].iter().all(|x| x.is_finite()).then_some(line)
}
