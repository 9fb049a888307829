//! Prints the coverage and width of each candidate interval: the tables of SIMULATION.md. Takes the number of studies.

#![allow(clippy::unwrap_used, reason = "a table that cannot be made has nothing better to do than to panic")]

#[path = "../tests/noise/mod.rs"]
mod noise;

use inflight_stats::{Interval, median};
use noise::{SCENARIOS, Truth, each, precisions, seeded, share, stop};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

const CANDIDATES: [&str; 4] = ["Hodges–Lehmann", "order statistics", "t", "bootstrap of the median"];
const LEVELS: [f64; 6] = [0.95, 0.96, 0.97, 0.975, 0.98, 0.99];

/// Ranks that cut off `tail`, for the Walsh averages and for the values; here at any level.
fn walsh_cut(rounds: usize, tail: f64) -> usize {
    let most = rounds * (rounds + 1) / 2;
    let mut probability = vec![0.0; most + 1];
    probability[0] = 1.0;
    for rank in 1..=rounds {
        for sum in (0..=most).rev() {
            let with = if sum >= rank { probability[sum - rank] } else { 0.0 };
            probability[sum] = f64::midpoint(probability[sum], with);
        }
    }
    let mut sum = 0.0;
    probability.iter().take_while(|&&p| (sum += p, sum <= tail).1).count()
}

fn order_cut(rounds: usize, tail: f64) -> usize {
    let heads = Binomial::new(0.5, rounds as u64).unwrap();
    (0..rounds as u64).take_while(|&below| heads.cdf(below) <= tail).count()
}

fn cut_off(mut points: Vec<f64>, cut: usize) -> Interval {
    points.sort_unstable_by(f64::total_cmp);
    Interval { low: points[cut - 1], estimate: median(&points).unwrap(), high: points[points.len() - cut] }
}

fn walsh(values: &[f64]) -> Vec<f64> {
    values.iter().enumerate().flat_map(|(i, x)| values[i..].iter().map(move |y| f64::midpoint(*x, *y))).collect()
}

fn student(values: &[f64], tail: f64) -> Interval {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let quantile = StudentsT::new(0.0, 1.0, count - 1.0).unwrap().inverse_cdf(1.0 - tail);
    let half = quantile * (variance / count).sqrt();
    Interval { low: mean - half, estimate: mean, high: mean + half }
}

fn bootstrap(rng: &mut ChaCha8Rng, values: &[f64]) -> Interval {
    let again = |_| median(&values.iter().map(|_| values[rng.random_range(0..values.len())]).collect::<Vec<_>>());
    let medians: Vec<f64> = (0..400).filter_map(again).collect();
    cut_off(medians, 10)
}

fn covers(interval: &Interval, truth: f64) -> bool {
    interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high
}

/// Coverage and mean width of the candidates at a fixed number of rounds.
fn fixed(scenario: usize, rounds: usize, studies: usize) -> [(f64, f64); 4] {
    let (kind, mut rng) = (&SCENARIOS[scenario], seeded(10_000 + 100 * scenario as u64 + rounds as u64));
    let Truth { pseudomedian, median, mean } = kind.truth();
    let truths = [pseudomedian, median, mean, median];
    let cuts = (walsh_cut(rounds, 0.025), order_cut(rounds, 0.025));
    let mut intervals: [Vec<Interval>; 4] = Default::default();
    for study in 0..studies {
        let values = kind.differences(&mut rng, rounds);
        intervals[0].push(cut_off(walsh(&values), cuts.0));
        intervals[1].push(cut_off(values.clone(), cuts.1));
        intervals[2].push(student(&values, 0.025));
        // The slowest, so in a quarter of them.
        if study % 4 == 0 {
            intervals[3].push(bootstrap(&mut rng, &values));
        }
    }
    [0, 1, 2, 3].map(|candidate| {
        let all = &intervals[candidate];
        let covered = share(all.iter().map(|interval| covers(interval, truths[candidate])));
        (covered, all.iter().map(Interval::width).sum::<f64>() / all.len() as f64)
    })
}

/// For each level, the lowest coverage over the precisions, Hodges–Lehmann and order statistics.
fn automatic(scenario: usize, looks: &[usize], studies: usize) -> Vec<(f64, f64)> {
    let (kind, mut rng) = (&SCENARIOS[scenario], seeded(20_000 + 100 * scenario as u64 + looks.len() as u64));
    let truth = kind.truth();
    let budget = looks[looks.len() - 1];
    let values: Vec<Vec<f64>> = (0..studies).map(|_| kind.differences(&mut rng, budget)).collect();
    let worst = |by_walsh: bool| -> Vec<f64> {
        let (truth, cut): (f64, fn(usize, f64) -> usize) =
            if by_walsh { (truth.pseudomedian, walsh_cut) } else { (truth.median, order_cut) };
        let cuts: Vec<Vec<usize>> =
            looks.iter().map(|&rounds| LEVELS.iter().map(|level| cut(rounds, (1.0 - level) / 2.0)).collect()).collect();
        // Of each study at each look: the points in order, from which every level takes its limits.
        let at_levels = |values: &Vec<f64>| -> Vec<Vec<(f64, bool)>> {
            let at = |(&rounds, cuts): (&usize, &Vec<usize>)| {
                let mut points = if by_walsh { walsh(&values[..rounds]) } else { values[..rounds].to_vec() };
                points.sort_unstable_by(f64::total_cmp);
                let limits = |&cut: &usize| {
                    let (low, high) = (points[cut - 1], points[points.len() - cut]);
                    (high.exp() - low.exp(), covers(&Interval { low, estimate: low, high }, truth))
                };
                cuts.iter().map(limits).collect()
            };
            looks.iter().zip(&cuts).map(at).collect()
        };
        let studies: Vec<Vec<Vec<(f64, bool)>>> = values.iter().map(at_levels).collect();
        let of_level = |level: usize| {
            let widths: Vec<Vec<f64>> =
                studies.iter().map(|looks| looks.iter().map(|look| look[level].0).collect()).collect();
            let covered = |precision| {
                let stops = widths.iter().map(|widths| stop(widths.iter().copied(), precision));
                share(studies.iter().zip(stops).map(|(looks, stop)| looks[stop][level].1))
            };
            precisions(&widths).into_iter().map(covered).fold(1.0, f64::min)
        };
        (0..LEVELS.len()).map(of_level).collect()
    };
    worst(true).into_iter().zip(worst(false)).collect()
}

fn main() {
    let studies = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(4_000);
    let rounds = [12, 20, 40];
    println!("Fixed rounds: coverage in %, and mean width of the log-ratio's interval in %, of {studies} studies\n");
    println!("| noise | rounds | {} |", CANDIDATES.join(" | "));
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let results = each(SCENARIOS.len() * 3, |number| fixed(number / 3, rounds[number % 3], studies));
    for (number, cells) in results.iter().enumerate() {
        let cells = cells.map(|(covered, width)| format!("{:.1} / {:.2}", 100.0 * covered, 100.0 * width));
        println!("| {} | {} | {} |", SCENARIOS[number / 3].name, rounds[number % 3], cells.join(" | "));
    }
    let best = |candidate: usize| results.iter().map(|cells| cells[candidate].0).fold(1.0, f64::min);
    let width = |candidate: usize| {
        let ratios = results.iter().map(|cells| (cells[candidate].1 / cells[0].1).ln());
        (ratios.sum::<f64>() / results.len() as f64).exp()
    };
    println!("\n| over all | {} |\n| --- | ---: | ---: | ---: | ---: |", CANDIDATES.join(" | "));
    println!("| lowest coverage | {} |", [0, 1, 2, 3].map(|c| format!("{:.1}", 100.0 * best(c))).join(" | "));
    println!("| width, relative | {} |", [0, 1, 2, 3].map(|c| format!("{:.2}", width(c))).join(" | "));

    let schedules: [(&str, Vec<usize>); 3] = [
        ("a third more", noise::looks(96)),
        ("every 4", (12..=96).step_by(4).collect()),
        ("doubled", vec![12, 24, 48, 96]),
    ];
    println!(
        "\nStopping at a precision, up to 96 rounds: lowest coverage in % over the precisions, of {studies} studies\n"
    );
    println!("| looks | noise | {} | order statistics, 97.5 |", LEVELS.map(|l| format!("{}", 100.0 * l)).join(" | "));
    println!("| --- | --- |{}", " ---: |".repeat(LEVELS.len() + 1));
    for (name, looks) in &schedules {
        let kinds = each(SCENARIOS.len(), |scenario| automatic(scenario, looks, studies));
        for (scenario, levels) in SCENARIOS.iter().zip(&kinds) {
            let cells: Vec<String> = levels.iter().map(|worst| format!("{:.1}", 100.0 * worst.0)).collect();
            println!("| {name} | {} | {} | {:.1} |", scenario.name, cells.join(" | "), 100.0 * levels[3].1);
        }
    }
}
