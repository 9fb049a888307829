//! The classical candidates: an estimate of the spread put in as if it were the truth, and a quantile of Student's t.

use inflight_stats::{Effect, Interval};
use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::erfc_inv;

/// What the effects have in common at a variance between machines: weights, their sum, and the weighted mean.
pub fn common(effects: &[Effect], between: f64) -> (Vec<f64>, f64, f64) {
    let weights: Vec<f64> = effects.iter().map(|it| 1.0 / (it.error * it.error + between)).collect();
    let sum: f64 = weights.iter().sum();
    let mean = effects.iter().zip(&weights).map(|(it, weight)| weight * it.estimate).sum::<f64>() / sum;
    (weights, sum, mean)
}

/// The weighted sum of squared distances from the weighted mean.
pub fn q(effects: &[Effect], between: f64) -> f64 {
    let (weights, _, mean) = common(effects, between);
    effects.iter().zip(&weights).map(|(it, weight)| weight * (it.estimate - mean).powi(2)).sum()
}

/// `DerSimonian` and Laird 1986: the variance between machines by the method of moments.
fn dersimonian_laird(effects: &[Effect]) -> f64 {
    let (weights, sum, _) = common(effects, 0.0);
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let freedom = (effects.len() - 1) as f64;
    ((q(effects, 0.0) - freedom) / (sum - squares / sum)).max(0.0)
}

/// By restricted maximum likelihood, as the fixed point that it is.
fn reml(effects: &[Effect]) -> f64 {
    let mut between = dersimonian_laird(effects);
    for _ in 0..500 {
        let (weights, sum, mean) = common(effects, between);
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let excess =
            |(it, weight): (&Effect, &f64)| weight * weight * ((it.estimate - mean).powi(2) - it.error * it.error);
        let next = (effects.iter().zip(&weights).map(excess).sum::<f64>() / squares + 1.0 / sum).max(0.0);
        if (next - between).abs() < 1e-9 * (next + between) {
            return next;
        }
        between = next;
    }
    between
}

/// The variance of the mean by Hartung and Knapp 2001.
pub fn hartung_knapp(effects: &[Effect], between: f64) -> f64 {
    let (_, sum, _) = common(effects, between);
    q(effects, between) / (effects.len() - 1) as f64 / sum
}

fn around(mean: f64, variance: f64, quantile: f64) -> Interval {
    let half = quantile * variance.sqrt();
    Interval { low: mean - half, estimate: mean, high: mean + half }
}

fn student(freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64).unwrap().inverse_cdf(0.975)
}

/// `DerSimonian`–Laird with the quantile of the normal distribution.
pub fn normal(effects: &[Effect]) -> Interval {
    let between = dersimonian_laird(effects);
    let (_, sum, mean) = common(effects, between);
    around(mean, between + 1.0 / sum, std::f64::consts::SQRT_2 * erfc_inv(0.05))
}

/// Higgins, Thompson and Spiegelhalter 2009: `DerSimonian`–Laird with t(k − 2).
pub fn higgins(effects: &[Effect]) -> Interval {
    let between = dersimonian_laird(effects);
    let (_, sum, mean) = common(effects, between);
    around(mean, between + 1.0 / sum, student(effects.len() - 2))
}

/// Partlett and Riley 2017: REML with the variance of Hartung and Knapp and t(k − `less`), `less` being 2 there.
pub fn partlett(effects: &[Effect], less: usize) -> Interval {
    let between = reml(effects);
    let (_, _, mean) = common(effects, between);
    around(mean, between + hartung_knapp(effects, between), student(effects.len() - less))
}
