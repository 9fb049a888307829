//! The bootstrap of Nagashima, Noma and Furukawa 2019: spreads drawn from their confidence distribution by Q.

use super::noise::normal;
use super::plain::{common, hartung_knapp, q};
use inflight_stats::{Effect, Interval};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

const DRAWS: usize = 4_000;
/// Spreads at which the confidence distribution is computed; between them it is taken to be straight.
const KNOTS: usize = 80;
const STRIPS: usize = 800;

/// The interval of the next machine's effect.
pub fn nagashima(rng: &mut ChaCha8Rng, effects: &[Effect]) -> Interval {
    let confidence = confidence(effects);
    let freedom = effects.len() - 1;
    let mut next: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let spread = drawn(&confidence, rng.random());
            let (_, _, mean) = common(effects, spread * spread);
            let of_chance: f64 = (0..freedom).map(|_| normal(rng).powi(2)).sum();
            let student = normal(rng) / (of_chance / freedom as f64).sqrt();
            mean + normal(rng) * spread - student * hartung_knapp(effects, spread * spread).sqrt()
        })
        .collect();
    next.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| next[DRAWS * share / 1_000];
    Interval { low: at(25), estimate: at(500), high: at(975) }
}

/// Spreads, ascending, with the confidence that the true one is no larger: the chance of a larger Q at that spread.
fn confidence(effects: &[Effect]) -> Vec<(f64, f64)> {
    let seen = q(effects, 0.0);
    let (low, high) = effects.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
        (low.min(it.estimate - it.error), high.max(it.estimate + it.error))
    });
    let mut least = 0.0_f64;
    let knot = |knot: usize| {
        let place = knot as f64 / KNOTS as f64;
        // Dense near 0, and up to 80 times the distances seen.
        let spread = (high - low) * place / (1.0 + 1.0 / KNOTS as f64 - place);
        least = least.max(exceeds(effects, spread * spread, seen));
        (spread, least)
    };
    (0..=KNOTS).map(knot).collect()
}

fn drawn(confidence: &[(f64, f64)], chance: f64) -> f64 {
    match confidence.partition_point(|(_, below)| *below < chance) {
        0 => 0.0,
        place if place == confidence.len() => confidence[place - 1].0,
        place => {
            let ((from, low), (to, high)) = (confidence[place - 1], confidence[place]);
            from + (to - from) * (chance - low) / (high - low)
        }
    }
}

/// The chance that Cochran's Q is larger than `seen` where the effects have this variance between them. By inversion of its
/// characteristic function: Imhof, *Computing the distribution of quadratic forms in normal variables*, 1961. Q is
/// `Σ vᵢ (yᵢ − ȳ)²` with `vᵢ = 1 / σᵢ²`; the determinant in that function is that of a diagonal matrix and a matrix of
/// rank 1, `Π (1 − i u dᵢ) · Σ vᵢ / (1 − i u dᵢ) / Σ vᵢ` with `dᵢ = 1 + vᵢ τ²`.
fn exceeds(effects: &[Effect], between: f64, seen: f64) -> f64 {
    let weights: Vec<f64> = effects.iter().map(|it| 1.0 / (it.error * it.error)).collect();
    let sum: f64 = weights.iter().sum();
    let sizes: Vec<f64> = weights.iter().map(|weight| 1.0 + weight * between).collect();
    // Twice as far as where the integrand, u^(-(k + 1) / 2) over sizes that are all alike, has fallen to a ten thousandth.
    let count = effects.len() as f64;
    let typical = (sizes.iter().map(|size| size.ln()).sum::<f64>() / count).exp();
    let strip = 2.0 * 1e4_f64.powf(2.0 / (count + 1.0)) / typical / STRIPS as f64;
    let integral: f64 = (0..STRIPS)
        .map(|place| {
            let u = (place as f64 + 0.5) * strip;
            let (mut turn, mut length, mut real, mut imaginary) = (0.0, 1.0, 0.0, 0.0);
            for (weight, size) in weights.iter().zip(&sizes) {
                let square = 1.0 + (u * size).powi(2);
                turn += (u * size).atan();
                length *= square;
                real += weight / sum / square;
                imaginary += weight / sum * u * size / square;
            }
            let angle = (turn - imaginary.atan2(real) - u * seen) / 2.0;
            let modulus = length.powf(0.25) * real.hypot(imaginary).sqrt();
            angle.sin() / (u * modulus)
        })
        .sum();
    (0.5 + integral * strip / std::f64::consts::PI).clamp(0.0, 1.0)
}
