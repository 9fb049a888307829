//! The distribution of the spread between machines given their estimates, and what follows from it by integration.

use crate::Interval;
use crate::effects::{Common, Effect, farthest};
use crate::null::normal_below;

/// What may lie outside on either side of an interval.
pub(crate) const TAIL: f64 = 0.025;

/// Possible spreads with their shares: a mixture of normal distributions, one for each.
pub(crate) struct Posterior(Vec<Possible>);

/// One spread that is possible.
struct Possible {
    /// The probability that it stands for.
    share: f64,
    /// The middle of all machines if it is the true one.
    mean: f64,
    /// Variance of that middle.
    of_mean: f64,
    /// The spread's square: variance of a machine's true effect around the middle.
    between: f64,
}

impl Posterior {
    /// By the trapezoidal rule on the logarithm of τ. The density there falls off exponentially at both ends, like τ²
    /// below the errors and like τ^(1 − k) above all distances, so the rule converges faster than any power of its step
    /// (Trefethen and Weideman, *The exponentially convergent trapezoidal rule*, 2014). What is left out at the ends is
    /// a millionth for three machines, and less for more.
    pub(crate) fn of(effects: &[Effect]) -> Self {
        const BEYOND: f64 = 1e3;
        /// Less than this changes no digit that is shown.
        const NOTHING: f64 = 1e-12;
        let error = effects.iter().map(|effect| effect.error).fold(f64::INFINITY, f64::min);
        let (first, last) = ((error / BEYOND).ln(), (farthest(effects) * BEYOND).ln());
        // The more machines, the narrower the peak.
        let step = (0.5 / (effects.len() as f64).sqrt()).min(0.1);
        let mut all = Vec::new();
        let mut at = first;
        while at <= last {
            all.push((density(effects, at), at));
            at += step;
        }
        let highest = all.iter().map(|(density, _)| *density).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = all.iter().map(|(density, _)| (density - highest).exp()).sum();
        let possible = |(density, at): (f64, f64)| {
            let between = (2.0 * at).exp();
            let Common { mean, weight, .. } = Common::of(effects, between);
            Possible { share: (density - highest).exp() / sum, mean, of_mean: 1.0 / weight, between }
        };
        Self(all.into_iter().map(possible).filter(|it| it.share > NOTHING).collect())
    }

    /// The middle of all machines.
    pub(crate) fn middle(&self) -> Interval {
        self.interval(|it| it.of_mean.sqrt())
    }

    /// The true effect of one more machine.
    pub(crate) fn next(&self) -> Interval {
        self.interval(|it| (it.of_mean + it.between).sqrt())
    }

    fn interval(&self, deviation: impl Fn(&Possible) -> f64) -> Interval {
        let parts: Vec<(f64, f64, f64)> = self.0.iter().map(|it| (it.share, it.mean, deviation(it))).collect();
        Interval { low: quantile(&parts, TAIL), estimate: quantile(&parts, 0.5), high: quantile(&parts, 1.0 - TAIL) }
    }
}

/// Logarithm of the density of ln τ, but for a constant: reference prior, likelihood with μ integrated out, and one τ more
/// for the change from τ to its logarithm.
fn density(effects: &[Effect], ln_spread: f64) -> f64 {
    let Common { weight, squares, logarithms, q, .. } = Common::of(effects, (2.0 * ln_spread).exp());
    let prior = ln_spread + squares.ln() / 2.0;
    let likelihood = (logarithms - weight.ln() - q) / 2.0;
    prior + likelihood + ln_spread
}

/// The quantile of a mixture of normal distributions, each with its share, middle and standard deviation.
fn quantile(parts: &[(f64, f64, f64)], at: f64) -> f64 {
    /// As many standard deviations from its middle a normal distribution has nothing any more.
    const FAR: f64 = 9.0;
    let below = |x: f64| parts.iter().map(|(share, mean, size)| share * normal_below((x - mean) / size)).sum::<f64>();
    let mut low = parts.iter().map(|(_, mean, size)| mean - FAR * size).fold(f64::INFINITY, f64::min);
    let mut high = parts.iter().map(|(_, mean, size)| mean + FAR * size).fold(f64::NEG_INFINITY, f64::max);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) < at {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
