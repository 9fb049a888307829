//! Machines made up with a seed: what a ratio truly is on each of them, and what rounds on each say of it.

#![allow(dead_code, reason = "each of those who include this file uses a part of it")]

use super::noise::{Scenario, normal, seeded};
use inflight_stats::{Effect, Stopping, location};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The shares of the variance of estimates that lie between machines, for which coverage is promised.
pub const I_SQUARED: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 0.9];

/// How the true logarithms of a ratio are spread over machines: with mean 0 and variance 1.
pub struct Spread {
    /// As the tables call it.
    pub name: &'static str,
    draw: fn(&mut ChaCha8Rng) -> f64,
}

/// The first is that of the model behind every candidate.
pub static SPREADS: [Spread; 4] = [
    Spread { name: "normal", draw: normal },
    Spread { name: "two kinds", draw: |rng| if rng.random::<bool>() { 1.0 } else { -1.0 } },
    Spread { name: "skewed", draw: |rng| -(1.0 - rng.random::<f64>()).ln() - 1.0 },
    Spread { name: "one in eight apart", draw: one_in_eight },
];

/// Seven of eight machines are alike, the eighth is not.
fn one_in_eight(rng: &mut ChaCha8Rng) -> f64 {
    let apart = 7_f64.sqrt();
    if rng.random_range(0..8) == 0 { apart } else { -apart / 7.0 }
}

/// Some machines that run one study.
pub struct Fleet {
    /// How noisy the rounds on each machine are, as a multiple of the scenario's noise.
    sizes: Vec<f64>,
    rounds: usize,
    scenario: &'static Scenario,
    spread: &'static Spread,
    /// Standard deviation of the true logarithms of the ratio: their mean is 0.
    pub between: f64,
}

impl Fleet {
    /// So many machines, the noisiest with four times the noise of the quietest. `i_squared` is a part of 1 below 1.
    pub fn new(
        machines: usize,
        rounds: usize,
        i_squared: f64,
        scenario: &'static Scenario,
        spread: &'static Spread,
    ) -> Self {
        let place = |machine: usize| machine as f64 / (machines - 1) as f64;
        let sizes: Vec<f64> = (0..machines).map(|machine| 4_f64.powf(place(machine) - 0.5)).collect();
        let variance = variance_of_estimates(scenario, rounds);
        let typical = typical(sizes.iter().map(|size| size * size * variance));
        let between = (i_squared / (1.0 - i_squared) * typical).sqrt();
        Self { sizes, rounds, scenario, spread, between }
    }

    /// What a study on all of them finds, and the true logarithm of the ratio on one machine more.
    pub fn study(&self, rng: &mut ChaCha8Rng) -> (Vec<Effect>, f64) {
        let truth = |rng: &mut ChaCha8Rng| self.between * (self.spread.draw)(rng);
        let effects = self.sizes.iter().map(|size| {
            let here = truth(rng);
            let values: Vec<f64> =
                self.scenario.differences(rng, self.rounds).iter().map(|value| here + size * value).collect();
            let interval = location(&values, Stopping::Fixed).unwrap();
            Effect::of(&interval, self.rounds, Stopping::Fixed).unwrap()
        });
        let effects = effects.collect();
        (effects, truth(rng))
    }
}

/// The variance of an estimate over so many rounds of this noise, whose truth is 0: from 20,000 studies.
fn variance_of_estimates(scenario: &Scenario, rounds: usize) -> f64 {
    let mut rng = seeded(2);
    let estimate = |_| location(&scenario.differences(&mut rng, rounds), Stopping::Fixed).unwrap().estimate;
    let squares = (0..20_000).map(estimate).map(|estimate| estimate * estimate);
    squares.sum::<f64>() / 20_000.0
}

/// The variance that stands for several in I²: Higgins and Thompson 2002, equation 9.
fn typical(variances: impl Iterator<Item = f64>) -> f64 {
    let weights: Vec<f64> = variances.map(|variance| 1.0 / variance).collect();
    let (sum, squares) = (weights.iter().sum::<f64>(), weights.iter().map(|weight| weight * weight).sum::<f64>());
    (weights.len() - 1) as f64 * sum / (sum * sum - squares)
}
