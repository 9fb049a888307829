//! Whether the promises hold: coverage, false differences and power, in studies made up with fixed seeds.
//!
//! The tables behind the choices are printed by `examples/candidates.rs` and `examples/decisions.rs`; SIMULATION.md has
//! them. Shares below are of 1,000 studies or more; the tables have them from many more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod noise;

use inflight_stats::{Interval, Stopping, location, median_interval, sign_flip, smallest_detectable};
use noise::{Contest, SCENARIOS, Scenario, contests, each, looks, pairs, precisions, seeded, share};
use noise::{smallest_adjusted, stop};

const STUDIES: usize = 2_000;
const ROUNDS: [usize; 3] = [12, 20, 40];
/// The last look of a study that stops at a precision.
const BUDGET: usize = 54;

/// Ticks put the truth on a limit: equal but for rounding.
fn covers(interval: Interval, truth: f64) -> bool {
    interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high
}

/// The widths at each look of each study.
fn widths<T>(studies: &[Vec<(f64, T)>]) -> Vec<Vec<f64>> {
    studies.iter().map(|looks| looks.iter().map(|look| look.0).collect()).collect()
}

/// What a study found at the look where it stopped.
fn at_stop<T: Copy>(looks: &[(f64, T)], precision: f64) -> T {
    looks[stop(looks.iter().map(|look| look.0), precision)].1
}

#[test]
fn intervals_cover_at_a_fixed_number_of_rounds() {
    each(SCENARIOS.len() * ROUNDS.len(), |number| {
        let (scenario, rounds) = (&SCENARIOS[number / ROUNDS.len()], ROUNDS[number % ROUNDS.len()]);
        let (truth, mut rng) = (scenario.truth(), seeded(100 + number as u64));
        let (mut paired, mut median) = (Vec::new(), Vec::new());
        for _ in 0..3_000 {
            let values = scenario.differences(&mut rng, rounds);
            paired.push(covers(location(&values, Stopping::Fixed).unwrap(), truth.pseudomedian));
            median.push(covers(median_interval(&values, Stopping::Fixed).unwrap(), truth.median));
        }
        for (what, covered) in [("location", share(paired)), ("median", share(median))] {
            assert!(covered >= 0.94, "{what}, {}, {rounds} rounds: {covered}", scenario.name);
        }
    });
}

#[test]
fn intervals_cover_where_rounds_stop_at_a_precision() {
    let looks = looks(BUDGET);
    each(SCENARIOS.len(), |number| {
        let scenario = &SCENARIOS[number];
        let (truth, mut rng) = (scenario.truth(), seeded(200 + number as u64));
        for by_location in [true, false] {
            let studies: Vec<Vec<(f64, bool)>> = (0..1_000)
                .map(|_| {
                    let values = scenario.differences(&mut rng, BUDGET);
                    let at = |&rounds: &usize| {
                        let interval = if by_location { location } else { median_interval };
                        let interval = interval(&values[..rounds], Stopping::Auto).unwrap();
                        let middle = if by_location { truth.pseudomedian } else { truth.median };
                        (interval.map(f64::exp).width(), covers(interval, middle))
                    };
                    looks.iter().map(at).collect()
                })
                .collect();
            for precision in precisions(&widths(&studies)) {
                let covered = share(studies.iter().map(|looks| at_stop(looks, precision)));
                let name = scenario.name;
                assert!(covered >= 0.94, "location {by_location}, {name}, precision {precision}: {covered}");
            }
        }
    });
}

#[test]
fn eleven_models_that_are_the_same_are_rarely_told_apart() {
    // Normal, outliers, heavy tails, ticks, and arms that differ (unequal, every other model the noisier). Holm keeps the bound at each number of rounds by proof; a share of 1,000
    // studies has a standard error of 0.7 points, so the three numbers are taken together.
    let (contests, kinds) = (contests(), [0, 3, 7, 8, SCENARIOS.len()]);
    let declared = each(kinds.len() * ROUNDS.len(), |number| {
        let (contest, rounds) = (contests[kinds[number / ROUNDS.len()]], ROUNDS[number % ROUNDS.len()]);
        let mut rng = seeded(300 + number as u64);
        share((0..1_000).map(|_| {
            let figures = contest.same(&mut rng, 11, rounds);
            smallest_adjusted(&pairs(&figures, rounds)) <= Stopping::Fixed.alpha()
        }))
    });
    for (kind, declared) in kinds.iter().zip(declared.chunks(ROUNDS.len())) {
        let declared_share = declared.iter().sum::<f64>() / declared.len() as f64;
        assert!(declared_share <= 0.05, "{}: {declared:?}", contests[*kind].name());
    }
}

/// The share of A/A studies with a false difference, at the worst of the precisions.
fn false_differences(contest: Contest, models: usize, studies: usize, seed: u64) -> f64 {
    let looks = looks(40);
    let chunk = studies / 10;
    let studies: Vec<Vec<(f64, f64)>> = each(10, |part| {
        let mut rng = seeded(seed + part as u64);
        let study = |_| {
            let figures = contest.same(&mut rng, models, 40);
            let at = |&rounds: &usize| {
                let pairs = pairs(&figures, rounds);
                let width = |pair: &Vec<f64>| location(pair, Stopping::Auto).unwrap().map(f64::exp).width();
                (pairs.iter().map(width).fold(0.0, f64::max), smallest_adjusted(&pairs))
            };
            looks.iter().map(at).collect()
        };
        (0..chunk).map(study).collect::<Vec<_>>()
    })
    .concat();
    let declared = |precision| share(studies.iter().map(|looks| at_stop(looks, precision) <= Stopping::Auto.alpha()));
    precisions(&widths(&studies)).into_iter().map(declared).fold(0.0, f64::max)
}

#[test]
fn nor_where_rounds_stop_at_a_precision() {
    let (contests, unequal) = (contests(), SCENARIOS.len());
    for (kind, models, studies) in [(0, 11, 1_000), (0, 2, 4_000), (8, 2, 4_000), (3, 3, 2_000), (unequal, 2, 4_000)] {
        let worst = false_differences(contests[kind], models, studies, 400 + 20 * kind as u64);
        assert!(worst <= 0.05, "{models} models, {}: {worst}", contests[kind].name());
    }
}

/// With an effect against one of the A/A pair, or against a third arm that shares nothing with it.
const AGAINST: [usize; 2] = [0, 3];

/// Whether an effect of the size that an A/A pair prints is found. Where nothing varied nothing is printed.
fn found(scenario: &Scenario, figures: &[Vec<f64>], rounds: usize, against: usize, stopping: Stopping) -> Option<bool> {
    let first = |arm: usize| &figures[arm][..rounds];
    let size = smallest_detectable(&scenario.ratios(first(0), 1.0, first(1)), stopping)?;
    let injected = scenario.ratios(first(2), 1.0 + size, first(against));
    Some(sign_flip(&injected).unwrap() <= stopping.alpha())
}

/// Models that are as noisy as the baseline, or quieter: what an A/A pair can speak for.
fn like_the_baseline() -> Vec<Contest> {
    contests().into_iter().filter(|contest| !contest.model_is_noisier()).collect()
}

#[test]
fn an_effect_of_the_printed_size_is_found() {
    let contests = like_the_baseline();
    each(contests.len() * ROUNDS.len(), |number| {
        let (contest, rounds) = (contests[number / ROUNDS.len()], ROUNDS[number % ROUNDS.len()]);
        let mut rng = seeded(500 + number as u64);
        let studies: Vec<_> = (0..STUDIES).map(|_| contest.with_aa(&mut rng, rounds)).collect();
        for against in AGAINST {
            let found = |study: &Vec<Vec<f64>>| found(contest.scenario, study, rounds, against, Stopping::Fixed);
            let power = share(studies.iter().filter_map(found));
            assert!(power >= 0.9, "{}, {rounds} rounds, against arm {against}: {power}", contest.name());
        }
    });
}

#[test]
fn an_effect_of_the_printed_size_is_found_where_rounds_stop_at_a_precision() {
    let (looks, contests) = (looks(BUDGET), like_the_baseline());
    each(contests.len() * AGAINST.len(), |number| {
        let (contest, against) = (contests[number / AGAINST.len()], AGAINST[number % AGAINST.len()]);
        let scenario = contest.scenario;
        let mut rng = seeded(600 + number as u64);
        let studies: Vec<Vec<(f64, Option<bool>)>> = (0..1_000)
            .map(|_| {
                let figures = contest.with_aa(&mut rng, BUDGET);
                let at = |&rounds: &usize| {
                    let aa = scenario.ratios(&figures[0][..rounds], 1.0, &figures[1][..rounds]);
                    let width = location(&aa, Stopping::Auto).unwrap().map(f64::exp).width();
                    (width, found(scenario, &figures, rounds, against, Stopping::Auto))
                };
                looks.iter().map(at).collect()
            })
            .collect();
        for precision in precisions(&widths(&studies)) {
            let power = share(studies.iter().filter_map(|looks| at_stop(looks, precision)));
            assert!(power >= 0.9, "{}, against arm {against}, precision {precision}: {power}", contest.name());
        }
    });
}
