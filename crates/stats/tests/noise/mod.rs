//! The noise that a benchmark has, made up with a seed: figures of arms, round by round, whose truth is known.

#![allow(dead_code, reason = "each of those who include this file uses a part of it")]

use inflight_stats::{auto, holm, log_ratios, median, sign_flip};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One contender's noise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    /// The first of a pair: where the two differ, the noisier.
    One,
    /// The second of a pair.
    Other,
}

/// Which noise the baseline, and so the A/A pair, has, and which the model beside it.
#[derive(Clone, Copy)]
pub struct Contest {
    /// The kind of noise.
    pub scenario: &'static Scenario,
    /// The noise of the baseline.
    pub baseline: Arm,
    /// The noise of the model.
    pub model: Arm,
    /// What takes the model to the baseline's middle: the factor at which neither is the faster one.
    level: f64,
}

/// Every kind of noise with arms that are alike, then those whose arms differ, with the model as the quieter and as the
/// noisier of the two.
pub fn contests() -> Vec<Contest> {
    let of = |baseline, model| {
        move |scenario: &'static Scenario| {
            // The truth is that of the first against the other.
            let level = match (model, baseline) {
                (Arm::One, Arm::Other) => (-scenario.truth().pseudomedian).exp(),
                (Arm::Other, Arm::One) => scenario.truth().pseudomedian.exp(),
                _ => 1.0,
            };
            Contest { scenario, baseline, model, level }
        }
    };
    let differ = || SCENARIOS.iter().filter(|scenario| scenario.arms_differ);
    SCENARIOS
        .iter()
        .map(of(Arm::One, Arm::One))
        .chain(differ().map(of(Arm::One, Arm::Other)))
        .chain(differ().map(of(Arm::Other, Arm::One)))
        .collect()
}

impl Contest {
    /// As the tables call it.
    pub fn name(&self) -> String {
        let model = match (self.baseline, self.model) {
            (Arm::One, Arm::Other) => ", model quieter than the baseline",
            (Arm::Other, Arm::One) => ", model noisier than the baseline",
            _ if self.scenario.arms_differ => ", all arms as the first",
            _ => "",
        };
        format!("{}{model}", self.scenario.name)
    }

    /// Whether the model is noisier than the baseline, which nobody who looks at the A/A pair can see.
    pub fn model_is_noisier(&self) -> bool {
        self.baseline == Arm::Other && self.model == Arm::One
    }

    /// Figures as read of so many models none of which is the faster one: like the model and like the baseline in turn.
    pub fn same(&self, rng: &mut ChaCha8Rng, models: usize, rounds: usize) -> Vec<Vec<f64>> {
        let arms: Vec<Arm> = (0..models).map(|place| [self.model, self.baseline][place % 2]).collect();
        let figures = self.scenario.study(rng, &arms, rounds);
        let factor = |place| if place % 2 == 0 { self.level } else { 1.0 };
        figures.iter().enumerate().map(|(place, figures)| self.scenario.read(figures, factor(place))).collect()
    }

    /// Figures of the baseline, of its second name, of the model at the baseline's middle, and of one more that is like
    /// the baseline.
    pub fn with_aa(&self, rng: &mut ChaCha8Rng, rounds: usize) -> Vec<Vec<f64>> {
        let mut figures = self.scenario.study(rng, &[self.baseline, self.baseline, self.model, self.baseline], rounds);
        figures[2].iter_mut().for_each(|figure| *figure *= self.level);
        figures
    }
}

/// A kind of noise: what is added to the logarithm of a figure.
pub struct Scenario {
    /// As the tables call it.
    pub name: &'static str,
    noise: fn(&mut ChaCha8Rng, Arm) -> f64,
    /// How far the machine drifts within a round: the arms run at random places of it.
    within: f64,
    /// The figure is a whole number of these; 100 is its middle.
    tick: f64,
    /// Whether the difference of the arms is as often so much above as below 0.
    pub symmetric: bool,
    /// Whether the two arms of a pair have different noise.
    pub arms_differ: bool,
}

/// One whose arms are alike.
const fn alike(name: &'static str, noise: fn(&mut ChaCha8Rng, Arm) -> f64, within: f64, tick: f64) -> Scenario {
    Scenario { name, noise, within, tick, symmetric: true, arms_differ: false }
}

/// One whose arms differ.
const fn apart(name: &'static str, noise: fn(&mut ChaCha8Rng, Arm) -> f64, within: f64, symmetric: bool) -> Scenario {
    Scenario { name, noise, within, tick: 0.0, symmetric, arms_differ: true }
}

/// The kinds of noise that an interval has to stand.
pub static SCENARIOS: [Scenario; 10] = [
    alike("normal", |rng, _| 0.02 * normal(rng), 0.0, 0.0),
    apart("unequal", unequal, 0.0, true),
    alike("drift", |rng, _| 0.01 * normal(rng), 0.08, 0.0),
    alike("outliers", |rng, _| outliers(rng, 0.05), 0.01, 0.0),
    apart("skewed outliers", skewed_outliers, 0.01, false),
    apart("skewed", skewed, 0.0, false),
    alike("two states", two_states, 0.0, 0.0),
    alike("heavy tails", |rng, _| 0.02 * heavy(rng), 0.01, 0.0),
    alike("ticks", |rng, _| 0.02 * normal(rng), 0.0, 1.0),
    alike("coarse ticks", |rng, _| 0.02 * normal(rng), 0.0, 3.0),
];

/// A generator of its own for each seed.
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Standard normal, by Box and Muller 1958.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, turn) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
}

fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    -(1.0 - rng.random::<f64>()).ln()
}

/// Student's t with 2 degrees of freedom: no variance. By inversion.
fn heavy(rng: &mut ChaCha8Rng) -> f64 {
    let p: f64 = rng.random();
    (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt().max(1e-9)
}

/// One arm is four times as noisy as the other.
fn unequal(rng: &mut ChaCha8Rng, arm: Arm) -> f64 {
    let size = if matches!(arm, Arm::One) { 0.04 } else { 0.01 };
    size * normal(rng)
}

/// Now and then a round takes longer, by a fifth in the mean.
fn outliers(rng: &mut ChaCha8Rng, rate: f64) -> f64 {
    let late = if rng.random::<f64>() < rate { 0.2 * exponential(rng) } else { 0.0 };
    0.02 * normal(rng) + late
}

/// The one arm is late in 5 % of its rounds, the other in 1 %.
fn skewed_outliers(rng: &mut ChaCha8Rng, arm: Arm) -> f64 {
    outliers(rng, if matches!(arm, Arm::One) { 0.05 } else { 0.01 })
}

/// The one arm has a sharp floor and a long tail, the other hardly varies.
fn skewed(rng: &mut ChaCha8Rng, arm: Arm) -> f64 {
    if matches!(arm, Arm::One) { 0.03 * exponential(rng) } else { 0.005 * normal(rng) }
}

/// A process falls into one of two states that lie 5 % apart (memory layout, which core), half of the time each.
fn two_states(rng: &mut ChaCha8Rng, _: Arm) -> f64 {
    let state = if rng.random::<bool>() { 0.05 } else { 0.0 };
    state + 0.005 * normal(rng)
}

impl Scenario {
    /// Figures around 100, before ticks: for each arm one a round. All arms of a round share its drift; within it, each
    /// is hit by what passes until its turn, in random order.
    pub fn study(&self, rng: &mut ChaCha8Rng, arms: &[Arm], rounds: usize) -> Vec<Vec<f64>> {
        let mut figures = vec![Vec::with_capacity(rounds); arms.len()];
        let mut drift = 0.0;
        for _ in 0..rounds {
            drift += 0.01 * normal(rng);
            let slope = if self.within > 0.0 { self.within * normal(rng) } else { 0.0 };
            for (figures, &arm) in figures.iter_mut().zip(arms) {
                let moved = if slope == 0.0 { 0.0 } else { slope * rng.random::<f64>() };
                figures.push(100.0 * (drift + moved + (self.noise)(rng, arm)).exp());
            }
        }
        figures
    }

    /// The figures of an arm as the instrument reads them, with an effect of `factor`.
    pub fn read(&self, figures: &[f64], factor: f64) -> Vec<f64> {
        let tick =
            |figure: f64| if self.tick > 0.0 { (figure / self.tick).round().max(1.0) * self.tick } else { figure };
        figures.iter().map(|figure| tick(figure * factor)).collect()
    }

    /// The log-ratios of two arms as the instrument reads them, the first with an effect of `factor`.
    pub fn ratios(&self, one: &[f64], factor: f64, other: &[f64]) -> Vec<f64> {
        log_ratios(&self.read(one, factor), &self.read(other, 1.0))
    }

    /// The log-ratios of a pair of arms.
    pub fn differences(&self, rng: &mut ChaCha8Rng, rounds: usize) -> Vec<f64> {
        let figures = self.study(rng, &[Arm::One, Arm::Other], rounds);
        self.ratios(&figures[0], 1.0, &figures[1])
    }

    /// The middles of the log-ratios of a pair in all rounds that could be: 0 by symmetry, else from 400,000 rounds.
    pub fn truth(&self) -> Truth {
        if self.symmetric {
            return Truth { pseudomedian: 0.0, median: 0.0, mean: 0.0 };
        }
        let values = self.differences(&mut seeded(1), 400_000);
        let averages: Vec<f64> = (1..=5).flat_map(|gap| values.iter().zip(&values[gap..])).map(half_way).collect();
        let mean = values.iter().sum::<f64>() / 400_000.0;
        Truth { pseudomedian: median(&averages).unwrap(), median: median(&values).unwrap(), mean }
    }
}

/// What the estimates stand for.
pub struct Truth {
    /// The median of the mean of two: Hodges–Lehmann.
    pub pseudomedian: f64,
    /// The median.
    pub median: f64,
    /// The mean.
    pub mean: f64,
}

fn half_way((x, y): (&f64, &f64)) -> f64 {
    f64::midpoint(*x, *y)
}

/// The looks of a study with a budget of so many rounds.
pub fn looks(budget: usize) -> Vec<usize> {
    (1..=budget).filter(|&rounds| auto::is_look(rounds)).collect()
}

/// Where studies stop whose widths at each look are known: at the first below `precision`, or at the last.
pub fn stop(widths: impl IntoIterator<Item = f64>, precision: f64) -> usize {
    let mut last = 0;
    for (look, width) in widths.into_iter().enumerate() {
        last = look;
        if width < precision {
            break;
        }
    }
    last
}

/// Precisions that spread the stops over the looks: for each look but the last, three quantiles of the widths there.
pub fn precisions(widths: &[Vec<f64>]) -> Vec<f64> {
    let looks = widths.first().map_or(0, Vec::len);
    let mut precisions = Vec::new();
    for look in 0..looks.saturating_sub(1) {
        let mut at: Vec<f64> = widths.iter().map(|study| study[look]).collect();
        at.sort_by(f64::total_cmp);
        precisions.extend([20, 5, 2].map(|part| at[at.len() / part]));
    }
    precisions
}

/// `work` for each number below `count`, on two threads, in order.
pub fn each<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let result = work(number);
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The log-ratios of all pairs of arms in the first rounds.
pub fn pairs(figures: &[Vec<f64>], rounds: usize) -> Vec<Vec<f64>> {
    let pair = |i: usize, j: usize| log_ratios(&figures[i][..rounds], &figures[j][..rounds]);
    (0..figures.len()).flat_map(|i| (0..i).map(move |j| pair(i, j))).collect()
}

/// The smallest p of all pairs, adjusted: whether the study declares any difference.
pub fn smallest_adjusted(pairs: &[Vec<f64>]) -> f64 {
    let p: Vec<f64> = pairs.iter().map(|pair| sign_flip(pair).unwrap()).collect();
    holm(&p).into_iter().fold(1.0, f64::min)
}

/// The share of what is true.
pub fn share(of: impl IntoIterator<Item = bool>) -> f64 {
    let (mut yes, mut all) = (0.0, 0.0);
    for one in of {
        all += 1.0;
        yes += f64::from(one);
    }
    yes / all
}
