//! Prints how often each candidate covers the next machine, and how wide it is: a table of SIMULATION.md. Takes the number
//! of runs.

#![allow(clippy::unwrap_used, reason = "a table that cannot be made has nothing better to do than to panic")]

#[path = "../../tests/fleet/mod.rs"]
mod fleet;
mod nagashima;
#[path = "../../tests/noise/mod.rs"]
mod noise;
mod plain;

use fleet::{Fleet, I_SQUARED, SPREADS, Spread};
use inflight_stats::{Interval, random_effects};
use noise::{SCENARIOS, Scenario, each, seeded, share};

const CANDIDATES: [&str; 6] = [
    "reference prior",
    "DerSimonian–Laird, normal",
    "DerSimonian–Laird, t(k − 2)",
    "REML, Hartung–Knapp, t(k − 2)",
    "REML, Hartung–Knapp, t(k − 1)",
    "Nagashima–Noma–Furukawa",
];
const ROUNDS: usize = 12;
/// The slowest candidate runs in one of so many.
const SELDOM: usize = 5;

/// One row of the table.
struct Setting {
    machines: usize,
    scenario: &'static Scenario,
    spread: &'static Spread,
    i_squared: f64,
}

/// What came of one setting.
struct Row {
    /// Coverage and mean width of each candidate.
    candidates: [(f64, f64); CANDIDATES.len()],
    /// How often the pooled effect and the spread are covered, and how often p of Q is below 5 %.
    beside: [f64; 3],
}

fn settings() -> Vec<Setting> {
    let at = |machines, scenario: usize, spread: usize| {
        let (scenario, spread) = (&SCENARIOS[scenario], &SPREADS[spread]);
        I_SQUARED.map(|i_squared| Setting { machines, scenario, spread, i_squared })
    };
    // Machines as the model has them; noise with outliers; machines as the model does not have them.
    let all = [(3, 0, 0), (4, 0, 0), (8, 0, 0), (16, 0, 0), (8, 3, 0), (8, 0, 1), (8, 0, 2), (8, 0, 3)];
    all.into_iter().flat_map(|(machines, scenario, spread)| at(machines, scenario, spread)).collect()
}

fn row(setting: &Setting, runs: usize, seed: u64) -> Row {
    let Setting { machines, scenario, spread, i_squared } = *setting;
    let fleet = Fleet::new(machines, ROUNDS, i_squared, scenario, spread);
    let mut rng = seeded(seed);
    let mut found: [Vec<(bool, f64)>; CANDIDATES.len()] = Default::default();
    let mut beside: [Vec<bool>; 3] = Default::default();
    for run in 0..runs {
        let (effects, truth) = fleet.study(&mut rng);
        let together = random_effects(&effects).unwrap();
        let mut note = |candidate: usize, it: Interval| found[candidate].push((it.contains(truth), it.width()));
        note(0, together.prediction);
        note(1, plain::normal(&effects));
        note(2, plain::higgins(&effects));
        note(3, plain::partlett(&effects, 2));
        note(4, plain::partlett(&effects, 1));
        if run % SELDOM == 0 {
            note(5, nagashima::nagashima(&mut rng, &effects));
        }
        beside[0].push(together.pooled.contains(0.0));
        beside[1].push(together.spread.contains(fleet.between));
        beside[2].push(together.p < 0.05);
    }
    let candidates = found.map(|all| {
        let widths = all.iter().map(|(_, width)| width).sum::<f64>();
        (share(all.iter().map(|(covered, _)| *covered)), widths / all.len() as f64)
    });
    Row { candidates, beside: beside.map(share) }
}

fn main() {
    let runs = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(2_000);
    let settings = settings();
    let rows = each(settings.len(), |number| row(&settings[number], runs, 60_000 + number as u64));
    println!("The next machine: coverage in %, and mean width of the log-ratio's interval in %, of {runs} runs\n");
    println!("| machines | noise | spread | I² | {} |", CANDIDATES.join(" | "));
    println!("| ---: | --- | --- | ---: |{}", " ---: |".repeat(CANDIDATES.len()));
    for (setting, row) in settings.iter().zip(&rows) {
        let cells = row.candidates.map(|(covered, width)| format!("{:.1} / {:.1}", 100.0 * covered, 100.0 * width));
        println!("| {} | {} |", named(setting), cells.join(" | "));
    }
    println!("\nBeside it: coverage of the pooled ratio and of τ, and how often p of Q is below 5 %, in %\n");
    println!("| machines | noise | spread | I² | pooled ratio | τ | p of Q below 5 % |");
    println!("| ---: | --- | --- | ---: | ---: | ---: | ---: |");
    for (setting, row) in settings.iter().zip(&rows) {
        println!("| {} | {} |", named(setting), row.beside.map(|share| format!("{:.1}", 100.0 * share)).join(" | "));
    }
}

fn named(setting: &Setting) -> String {
    let Setting { machines, scenario, spread, i_squared } = setting;
    format!("{machines} | {} | {} | {i_squared}", scenario.name, spread.name)
}
