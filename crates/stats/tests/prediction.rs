//! Several machines: whether intervals cover the next one, and whether the figures are those of others.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod fleet;
mod noise;

use fleet::{Fleet, I_SQUARED, SPREADS};
use inflight_stats::{Effect, Interval, random_effects};
use noise::{SCENARIOS, each, seeded, share};

const MACHINES: usize = 8;
const ROUNDS: usize = 12;
const RUNS: usize = 1_000;
/// Noise without and with outliers.
const NOISE: [usize; 2] = [0, 3];

#[test]
fn the_next_machine_and_the_middle_of_all_are_covered() {
    each(I_SQUARED.len() * NOISE.len(), |number| {
        let (i_squared, scenario) = (I_SQUARED[number / NOISE.len()], &SCENARIOS[NOISE[number % NOISE.len()]]);
        let fleet = Fleet::new(MACHINES, ROUNDS, i_squared, scenario, &SPREADS[0]);
        let mut rng = seeded(600 + number as u64);
        let (mut next, mut middle) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (effects, truth) = fleet.study(&mut rng);
            let together = random_effects(&effects).unwrap();
            next.push(together.prediction.contains(truth));
            middle.push(together.pooled.contains(0.0));
        }
        for (what, covered) in [("the next machine", share(next)), ("the middle", share(middle))] {
            assert!(covered >= 0.93, "{what} at I² = {i_squared}, {}: {covered}", scenario.name);
        }
    });
}

/// Cases and all, treated and not, in the thirteen trials of BCG vaccine (Colditz and others, *Efficacy of BCG vaccine in
/// the prevention of tuberculosis*, 1994), on which programs for such analyses are compared.
const TRIALS: [[f64; 4]; 13] = [
    [4.0, 123.0, 11.0, 139.0],
    [6.0, 306.0, 29.0, 303.0],
    [3.0, 231.0, 11.0, 220.0],
    [62.0, 13_598.0, 248.0, 12_867.0],
    [33.0, 5_069.0, 47.0, 5_808.0],
    [180.0, 1_541.0, 372.0, 1_451.0],
    [8.0, 2_545.0, 10.0, 629.0],
    [505.0, 88_391.0, 499.0, 88_391.0],
    [29.0, 7_499.0, 45.0, 7_277.0],
    [17.0, 1_716.0, 65.0, 1_665.0],
    [186.0, 50_634.0, 141.0, 27_338.0],
    [5.0, 2_498.0, 3.0, 2_341.0],
    [27.0, 16_913.0, 29.0, 17_854.0],
];

fn trials() -> Vec<Effect> {
    let effect = |[a, m, b, n]: [f64; 4]| Effect {
        estimate: (a / m / (b / n)).ln(),
        error: (1.0 / a - 1.0 / m + 1.0 / b - 1.0 / n).sqrt(),
    };
    TRIALS.map(effect).to_vec()
}

#[test]
fn heterogeneity_is_that_of_a_known_analysis() {
    // Computed from the definitions by another program, in Python; Q is 152.2330 in the documentation of the R package metafor.
    let found = random_effects(&trials()).unwrap();
    let near = |ours: f64, theirs: f64| assert!((ours - theirs).abs() < 1e-6, "{ours} here, {theirs} there");
    near(found.q, 152.233_008_082);
    near(found.i_squared, (152.233_008_082 - 12.0) / 152.233_008_082);
    near(found.spread.estimate.powi(2), 0.318_068_452);
    near(found.spread.low.powi(2), 0.119_718_361);
    near(found.spread.high.powi(2), 1.111_479_084);
    assert!(found.p < 1e-4);
    assert!(found.pooled.low < found.pooled.estimate && found.pooled.high < 0.0, "{found:?}");
    assert!(found.prediction.low < found.pooled.low && found.prediction.high > found.pooled.high, "{found:?}");
}

#[test]
fn without_errors_it_is_the_prediction_of_a_normal_sample() {
    let effects = [0.1, 0.35, -0.05, 0.2, 0.4, 0.15, 0.3, 0.0].map(|estimate| Effect { estimate, error: 1e-5 });
    let found = random_effects(&effects).unwrap();
    let mean = effects.iter().map(|it| it.estimate).sum::<f64>() / 8.0;
    let variance = effects.iter().map(|it| (it.estimate - mean).powi(2)).sum::<f64>() / 7.0;
    // The quantile of Student's t with 7 degrees of freedom.
    let t = 2.364_624_251_592_8;
    let same = |found: Interval, half: f64| {
        for (ours, classical) in [(found.low, mean - half), (found.estimate, mean), (found.high, mean + half)] {
            assert!((ours - classical).abs() < 1e-6, "{ours}, {classical}");
        }
    };
    same(found.prediction, t * (variance * 9.0 / 8.0).sqrt());
    same(found.pooled, t * (variance / 8.0).sqrt());
    assert!((found.spread.estimate - variance.sqrt()).abs() < 1e-6);
}

/// The chance that the next effect is below `x`, by a hundred thousand strips of even width in τ / (1 + τ).
fn below(effects: &[Effect], x: f64) -> f64 {
    let (mut part, mut all) = (0.0, 0.0);
    let strips = 100_000;
    for strip in 0..strips {
        let place = (f64::from(strip) + 0.5) / f64::from(strips);
        let spread = place / (1.0 - place);
        let weights: Vec<f64> = effects.iter().map(|it| 1.0 / (it.error.powi(2) + spread.powi(2))).collect();
        let sum: f64 = weights.iter().sum();
        let mean = effects.iter().zip(&weights).map(|(it, weight)| weight * it.estimate).sum::<f64>() / sum;
        let q: f64 = effects.iter().zip(&weights).map(|(it, weight)| weight * (it.estimate - mean).powi(2)).sum();
        let prior = spread * weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        let likelihood = weights.iter().product::<f64>().sqrt() / sum.sqrt() * (-q / 2.0).exp();
        let density = prior * likelihood / (1.0 - place).powi(2);
        let z = (x - mean) / (spread.powi(2) + 1.0 / sum).sqrt();
        part += density * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2) / 2.0;
        all += density;
    }
    part / all
}

#[test]
fn limits_are_quantiles_by_any_other_integration_too() {
    let effect = |(estimate, error): (f64, f64)| Effect { estimate, error };
    let three = [(0.2, 0.1), (0.5, 0.3), (-0.1, 0.2)].map(effect).to_vec();
    let alike = [(0.11, 0.1), (0.1, 0.1), (0.09, 0.1), (0.1, 0.1)].map(effect).to_vec();
    for effects in [trials(), three, alike] {
        let found = random_effects(&effects).unwrap().prediction;
        for (limit, chance) in [(found.low, 0.025), (found.estimate, 0.5), (found.high, 0.975)] {
            let other = below(&effects, limit);
            assert!((other - chance).abs() < 1e-5, "{limit}: {other}, not {chance}");
        }
    }
}

#[test]
fn what_says_nothing_gives_nothing() {
    let effect = |error: f64| Effect { estimate: 0.1, error };
    assert_eq!(random_effects(&[effect(0.1), effect(0.1)]), None);
    for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(random_effects(&[effect(0.1), effect(0.1), effect(odd)]), None);
    }
    let nowhere = Effect { estimate: f64::NAN, error: 0.1 };
    assert_eq!(random_effects(&[effect(0.1), effect(0.1), nowhere]), None);
    let same = random_effects(&[effect(0.1); 4]).unwrap();
    assert_eq!((same.q, same.i_squared, same.spread.low, same.spread.estimate), (0.0, 0.0, 0.0, 0.0));
}
