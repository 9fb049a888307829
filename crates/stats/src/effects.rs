//! What each machine says of a figure, and what these have in common where their true values have a known variance.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{Interval, Stopping};

/// What one machine says of a figure such as the logarithm of a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, in the same unit: above 0.
    pub error: f64,
}

impl Effect {
    /// The effect whose interval is that of [`location`](crate::location()) over so many rounds: its standard error is
    /// half the width over the quantile of Student's t with `rounds − 1` degrees of freedom at [`Stopping::level`]. (The
    /// signed-rank interval of 12 rounds with normal noise is 2 % wider than that of the same estimate by t would be.)
    ///
    /// `None` below 2 rounds and where a number is not finite.
    ///
    /// ```
    /// use inflight_stats::{Effect, Interval, Stopping};
    /// let interval = Interval { low: 0.0, estimate: 0.11, high: 0.22 };
    /// let effect = Effect::of(&interval, 12, Stopping::Fixed).unwrap();
    /// assert!((effect.error - 0.11 / 2.201).abs() < 1e-5);
    /// ```
    #[must_use]
    pub fn of(interval: &Interval, rounds: usize, stopping: Stopping) -> Option<Self> {
        let freedom = rounds.checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
        let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(1.0 - stopping.tail());
        let (estimate, error) = (interval.estimate, interval.width() / 2.0 / quantile);
        [estimate, error].iter().all(|number| number.is_finite()).then_some(Self { estimate, error })
    }

    /// 1 over the variance of the estimate around the middle of all machines, whose true effects have this variance.
    fn weight(&self, between: f64) -> f64 {
        1.0 / (self.error * self.error + between)
    }
}

/// What the effects have in common where their true values have a known variance.
pub(crate) struct Common {
    /// The weighted mean.
    pub(crate) mean: f64,
    /// Sum of the weights: 1 over the variance of the mean.
    pub(crate) weight: f64,
    /// Sum of the squared weights.
    pub(crate) squares: f64,
    /// Sum of the logarithms of the weights.
    pub(crate) logarithms: f64,
    /// The weighted sum of squared distances from the mean.
    pub(crate) q: f64,
}

impl Common {
    pub(crate) fn of(effects: &[Effect], between: f64) -> Self {
        let (mut weight, mut squares, mut logarithms, mut sum) = (0.0, 0.0, 0.0, 0.0);
        // From the first effect: sums of small distances lose fewer digits.
        let first = effects.first().map_or(0.0, |effect| effect.estimate);
        for effect in effects {
            let one = effect.weight(between);
            weight += one;
            squares += one * one;
            logarithms += one.ln();
            sum += one * (effect.estimate - first);
        }
        let mean = first + sum / weight;
        let q = effects.iter().map(|it| it.weight(between) * (it.estimate - mean).powi(2)).sum();
        Self { mean, weight, squares, logarithms, q }
    }
}

/// A length that no plausible τ is far above: how far the estimates lie apart, and their largest error.
pub(crate) fn farthest(effects: &[Effect]) -> f64 {
    let estimates = || effects.iter().map(|effect| effect.estimate);
    let (low, high) = (estimates().fold(f64::INFINITY, f64::min), estimates().fold(f64::NEG_INFINITY, f64::max));
    let error = effects.iter().map(|effect| effect.error).fold(0.0, f64::max);
    (high - low).hypot(error)
}
