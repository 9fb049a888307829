//! Prints false differences and power of what a study decides: the tables of SIMULATION.md. Takes the number of studies.

#![allow(clippy::unwrap_used, reason = "a table that cannot be made has nothing better to do than to panic")]

#[path = "../tests/noise/mod.rs"]
mod noise;

use inflight_stats::{Stopping, location, log_ratios, sign_flip, smallest_detectable};
use noise::{Contest, SCENARIOS, Scenario, contests, each, looks, pairs, precisions, seeded, share};
use noise::{smallest_adjusted, stop};

const ROUNDS: [usize; 3] = [12, 20, 40];
const ALPHAS: [f64; 4] = [0.05, 0.04, 0.035, 0.03];

/// The two-sided p of the sign-flip test with the mean as statistic, every pattern of signs once. For up to 16 values.
fn mean_flip(values: &[f64]) -> f64 {
    let seen = values.iter().sum::<f64>().abs() * (1.0 - 1e-12);
    let patterns = 1_u32 << values.len();
    let sum = |pattern: u32| {
        let signed = values.iter().enumerate().map(|(i, value)| if pattern >> i & 1 == 1 { -value } else { *value });
        signed.sum::<f64>().abs()
    };
    share((0..patterns).map(|pattern| sum(pattern) >= seen))
}

/// Power at 12 rounds of rank sum and mean, at an effect of 1.5 mean half widths.
fn statistic(contest: Contest, studies: usize, seed: u64) -> (f64, f64) {
    let mut rng = seeded(seed);
    let values: Vec<Vec<f64>> = (0..studies)
        .map(|_| {
            let figures = contest.same(&mut rng, 2, 12);
            log_ratios(&figures[0], &figures[1])
        })
        .collect();
    let widths = values.iter().map(|values| location(values, Stopping::Fixed).unwrap().width());
    let effect = 0.75 * widths.sum::<f64>() / studies as f64;
    let moved = |values: &Vec<f64>| values.iter().map(|value| value + effect).collect::<Vec<_>>();
    let power = |test: fn(&[f64]) -> f64| share(values.iter().map(|values| test(&moved(values)) <= 0.05));
    (power(|values| sign_flip(values).unwrap()), power(mean_flip))
}

/// The share of A/A studies that declare a difference: at fixed rounds, and at the worst precision for each alpha.
/// Every other model is the contest's, those between are like its baseline.
fn false_differences(contest: Contest, models: usize, studies: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let looks = looks(54);
    let mut rng = seeded(seed);
    let mut read = |rounds| contest.same(&mut rng, models, rounds);
    let fixed = ROUNDS.map(|rounds| {
        share((0..studies).map(|_| smallest_adjusted(&pairs(&read(rounds), rounds)) <= Stopping::Fixed.alpha()))
    });
    let (mut widths, mut ps): (Vec<Vec<f64>>, Vec<Vec<f64>>) = Default::default();
    for _ in 0..studies {
        let figures = read(54);
        let pairs: Vec<Vec<Vec<f64>>> = looks.iter().map(|&rounds| pairs(&figures, rounds)).collect();
        let width = |pair: &Vec<f64>| location(pair, Stopping::Auto).unwrap().map(f64::exp).width();
        widths.push(pairs.iter().map(|pairs| pairs.iter().map(width).fold(0.0, f64::max)).collect());
        ps.push(pairs.iter().map(|pairs| smallest_adjusted(pairs)).collect());
    }
    let mut worst = vec![0.0_f64; ALPHAS.len()];
    for precision in precisions(&widths) {
        let at: Vec<f64> = widths.iter().zip(&ps).map(|(w, ps)| ps[stop(w.iter().copied(), precision)]).collect();
        for (worst, alpha) in worst.iter_mut().zip(ALPHAS) {
            *worst = worst.max(share(at.iter().map(|&p| p <= alpha)));
        }
    }
    (fixed.to_vec(), worst)
}

/// Whether an effect of the size that the A/A pair prints is found, if one is printed, in the first rounds.
fn found(scenario: &Scenario, figures: &[Vec<f64>], rounds: usize, against: usize, stopping: Stopping) -> Option<bool> {
    let first = |arm: usize| &figures[arm][..rounds];
    let size = smallest_detectable(&scenario.ratios(first(0), 1.0, first(1)), stopping)?;
    let injected = scenario.ratios(first(2), 1.0 + size, first(against));
    Some(sign_flip(&injected).unwrap() <= stopping.alpha())
}

/// Power at the printed size, against an arm of the A/A pair and against one that shares nothing with it: at 12, 20, 40
/// and 72 rounds, and at the worst precision.
fn power(contest: Contest, studies: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = seeded(seed);
    let (looks, scenario) = (looks(54), contest.scenario);
    let all: Vec<Vec<Vec<f64>>> = (0..studies).map(|_| contest.with_aa(&mut rng, 72)).collect();
    let fixed = |rounds: usize| {
        [0, 3].map(|arm| share(all.iter().filter_map(|study| found(scenario, study, rounds, arm, Stopping::Fixed))))
    };
    let widths: Vec<Vec<f64>> = all
        .iter()
        .map(|study| {
            let width = |&rounds: &usize| {
                let aa = scenario.ratios(&study[0][..rounds], 1.0, &study[1][..rounds]);
                location(&aa, Stopping::Auto).unwrap().map(f64::exp).width()
            };
            looks.iter().map(width).collect()
        })
        .collect();
    let mut worst = [1.0_f64; 2];
    for (worst, arm) in worst.iter_mut().zip([0, 3]) {
        let at = |study: &Vec<Vec<f64>>| -> Vec<Option<bool>> {
            looks.iter().map(|&rounds| found(scenario, study, rounds, arm, Stopping::Auto)).collect()
        };
        let found: Vec<Vec<Option<bool>>> = all.iter().map(at).collect();
        for precision in precisions(&widths) {
            let at_stop = widths.iter().zip(&found).filter_map(|(w, f)| f[stop(w.iter().copied(), precision)]);
            *worst = worst.min(share(at_stop));
        }
    }
    [12, 20, 40, 72].map(fixed).into_iter().chain([worst]).map(|[shared, apart]| (shared, apart)).collect()
}

fn percent(shares: &[f64]) -> String {
    shares.iter().map(|share| format!("{:.1}", 100.0 * share)).collect::<Vec<_>>().join(" | ")
}

fn main() {
    let studies = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(4_000);
    println!("Power of the sign-flip test at 12 rounds, an effect of 1.5 mean half widths, {studies} studies, in %\n");
    println!("| noise | sum of signed ranks | mean |\n| --- | ---: | ---: |");
    let contests = contests();
    let results = each(contests.len(), |number| statistic(contests[number], studies, 30_000 + number as u64));
    for (contest, (ranks, mean)) in contests.iter().zip(results) {
        println!("| {} | {} |", contest.name(), percent(&[ranks, mean]));
    }

    println!(
        "\nA/A studies with any difference declared, in %: at fixed rounds and 5 %; stopped at the worst precision\n"
    );
    println!("| noise | models | studies | 12 | 20 | 40 | stopped, 5 % | 4 % | 3.5 % | 3 % |");
    println!("| --- |{}", " ---: |".repeat(9));
    // All kinds for one pair and three; for 55 pairs the four that differ most, fewer studies.
    // Where arms differ, which of them is the model makes no difference to a pair.
    let kinds: Vec<(usize, usize)> = (0..contests.len())
        .filter(|&kind| !contests[kind].model_is_noisier())
        .flat_map(|kind| [(kind, 2), (kind, 3)])
        .chain([0, 3, 7, 8, SCENARIOS.len()].map(|kind| (kind, 11)))
        .collect();
    let studies_of = |models| if models == 11 { studies.div_ceil(4) } else { studies };
    let results = each(kinds.len(), |number| {
        let (kind, models) = kinds[number];
        false_differences(contests[kind], models, studies_of(models), 40_000 + number as u64)
    });
    for ((kind, models), (fixed, stopped)) in kinds.iter().zip(results) {
        let (name, studies) = (contests[*kind].name(), studies_of(*models));
        println!("| {name} | {models} | {studies} | {} | {} |", percent(&fixed), percent(&stopped));
    }

    println!(
        "\nPower at the printed size in %, against an arm of the A/A pair / against a fourth arm, {studies} studies\n"
    );
    println!("| noise | 12 | 20 | 40 | 72 | stopped at the worst precision |\n| --- |{}", " ---: |".repeat(5));
    let results = each(contests.len(), |number| power(contests[number], studies, 50_000 + number as u64));
    for (contest, cells) in contests.iter().zip(results) {
        let cells: Vec<String> = cells.iter().map(|(a, b)| format!("{:.1} / {:.1}", 100.0 * a, 100.0 * b)).collect();
        println!("| {} | {} |", contest.name(), cells.join(" | "));
    }
}
