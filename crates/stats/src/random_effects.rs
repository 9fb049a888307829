//! One figure on several machines: what they have in common, how far they lie apart, and where the next one lies.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::Interval;
use crate::effects::{Common, Effect, farthest};
use crate::posterior::{Posterior, TAIL};

/// Fewer effects than this say nothing of how far machines lie apart.
pub const LEAST_EFFECTS: usize = 3;
/// Squares of squares of numbers on this side of it, and of 1 over it, are finite.
const BEYOND: f64 = 1e60;

/// What several machines say together. All limits are at 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomEffects {
    /// The middle of the machines that these are taken to be drawn from.
    pub pooled: Interval,
    /// The true effect of the next machine that is drawn like these: with 95 % it lies between the limits.
    pub prediction: Interval,
    /// Standard deviation of the true effects between machines, τ: the estimate of Paule and Mandel, between the limits
    /// of the Q profile.
    pub spread: Interval,
    /// Cochran's Q: the sum of squared distances from the common estimate, each over its variance.
    pub q: f64,
    /// The chance of a Q as large where all machines have one and the same true effect.
    pub p: f64,
    /// I²: the share of the variance of the estimates that is not that of their errors, `max(0, (Q − (k − 1)) / Q)`.
    pub i_squared: f64,
}

/// What these machines say together; see [`RandomEffects`].
///
/// The model is that of random effects: machine i has a true effect drawn from a normal distribution with middle μ and
/// standard deviation τ, and its estimate is off by a normal error whose standard error is known. Pooled effect and
/// prediction are quantiles of the distributions of μ and of the next true effect given the estimates, with a flat prior
/// of μ and the reference prior of τ, `√Σ (τ / (σᵢ² + τ²))²` (Bodnar, Link and Elster, *Objective Bayesian inference for a
/// generalized marginal random effects model*, 2016; Bodnar, Link, Arendacká, Possolo and Elster, *Bayesian estimation in
/// random effects meta-analysis using a non-informative prior*, 2017). Where errors are small beside τ the prediction is
/// the classical one, `ȳ ± t(k − 1) · s · √(1 + 1/k)`; where they are not it allows for a τ that was not seen. That it
/// covers the next machine was simulated: SIMULATION.md has it beside DerSimonian–Laird, REML with Hartung–Knapp, and
/// the bootstrap of Nagashima, Noma and Furukawa. No random numbers are drawn: the distribution of τ is integrated.
///
/// τ has the estimate of Paule and Mandel, *Consensus values and weighting factors*, 1982, and the limits of Viechtbauer,
/// *Confidence intervals for the amount of heterogeneity in meta-analysis*, 2007: where Q, with weights `1 / (σᵢ² + τ²)`,
/// is k − 1, and where it is a quantile of χ² with k − 1 degrees of freedom. I² is that of Higgins and Thompson,
/// *Quantifying heterogeneity in a meta-analysis*, 2002.
///
/// `None` below [`LEAST_EFFECTS`] effects, and where an error is not above 0 or a number beyond what any logarithm is.
///
/// ```
/// use inflight_stats::{Effect, random_effects};
/// let effects = [0.10, 0.20, 0.15, 0.25].map(|estimate| Effect { estimate, error: 0.01 });
/// let together = random_effects(&effects).unwrap();
/// assert!((together.pooled.estimate - 0.175).abs() < 1e-9);
/// // The next machine may lie further off than any that was seen.
/// assert!(together.prediction.low < 0.10 && together.prediction.high > 0.25);
/// assert!(together.i_squared > 0.9);
/// ```
#[must_use]
pub fn random_effects(effects: &[Effect]) -> Option<RandomEffects> {
    let usable = |it: &Effect| it.estimate.abs() < BEYOND && it.error > 1.0 / BEYOND && it.error < BEYOND;
    if effects.len() < LEAST_EFFECTS || !effects.iter().all(usable) {
        return None;
    }
    let freedom = (effects.len() - 1) as f64;
    let of_chance = ChiSquared::new(freedom).ok()?;
    let q = Common::of(effects, 0.0).q;
    let posterior = Posterior::of(effects);
    let spread = Interval {
        low: spread_above(effects, |q| of_chance.sf(q) < TAIL),
        estimate: spread_above(effects, |q| q > freedom),
        high: spread_above(effects, |q| of_chance.cdf(q) > TAIL),
    };
    let together = RandomEffects {
        pooled: posterior.middle(),
        prediction: posterior.next(),
        spread,
        q,
        p: of_chance.sf(q),
        i_squared: if q > freedom { (q - freedom) / q } else { 0.0 },
    };
    let RandomEffects { pooled, prediction, .. } = together;
    let limits = [pooled.low, pooled.high, prediction.low, prediction.high, spread.high, q];
    limits.iter().all(|number| number.is_finite()).then_some(together)
}

/// The least τ at which Q, which falls as τ rises, is no longer too large.
fn spread_above(effects: &[Effect], too_large: impl Fn(f64) -> bool) -> f64 {
    let is_below = |spread: f64| too_large(Common::of(effects, spread * spread).q);
    if !is_below(0.0) {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, farthest(effects));
    while is_below(high) {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if is_below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
