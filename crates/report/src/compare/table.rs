//! The comparison of two studies as a table, for a terminal or a README.

use std::fmt::Write as _;

use super::{Change, Comparison, Side};
use crate::style::{Style, machine};
use crate::summary::{NONE, Unit, in_percent, with_limits};
use crate::units::percent;

const COLUMNS: [&str; 8] = ["workload", "model", "metric", "A", "B", "B / A", "rounds", "verdict"];

/// The table with what stands above and under it. Regressions past `fail_above` are marked.
#[must_use]
pub fn text(comparison: &Comparison, fail_above: Option<f64>, style: Style) -> String {
    let mut text = style.lines(&above(comparison)) + "\n";
    let mut table = style.table(&COLUMNS, 3);
    for change in &comparison.changes {
        table.add_row(row(change, fail_above));
    }
    text.push_str(&style.text(&table));
    text.push_str(&style.lines(&notes(comparison, fail_above)));
    text
}

fn above(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        let _ = writeln!(
            text,
            "{name} · {} ({}) · {}",
            side.study,
            side.study_ids.join(", "),
            machine(&side.machine, &side.software)
        );
    }
    let crates = changed_crates(&comparison.a, &comparison.b);
    if !crates.is_empty() {
        let _ = writeln!(text, "crates that changed: {}", crates.join(", "));
    }
    text
}

fn changed_crates(a: &Side, b: &Side) -> Vec<String> {
    let (of_a, of_b) = (&a.software.crates, &b.software.crates);
    let mut names: Vec<&String> = of_a.keys().chain(of_b.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let version = |version: Option<&String>| version.map_or(NONE, String::as_str).to_owned();
    let changed = names.into_iter().filter(|name| of_a.get(*name) != of_b.get(*name));
    changed.map(|name| format!("{name} {} → {}", version(of_a.get(name)), version(of_b.get(name)))).collect()
}

fn row(change: &Change, fail_above: Option<f64>) -> Vec<String> {
    let median =
        |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| with_limits(change.unit, value, None));
    let limits = change.low.zip(change.high);
    let ratio = change.ratio.map_or_else(|| NONE.to_owned(), |ratio| with_limits(Unit::Ratio, ratio, limits));
    vec![
        change.workload.clone(),
        change.model.clone(),
        change.metric.title().to_owned(),
        median(change.a),
        median(change.b),
        ratio,
        format!("{}, {}", change.rounds_a, change.rounds_b),
        verdict(change, fail_above),
    ]
}

fn verdict(change: &Change, fail_above: Option<f64>) -> String {
    match (&change.reason, change.low.zip(change.high)) {
        (Some(reason), _) => reason.clone(),
        _ if fail_above.is_some_and(|above| change.regressed(above)) => "REGRESSION".to_owned(),
        (_, Some((low, _))) if low > 1.0 => "more".to_owned(),
        (_, Some((_, high))) if high < 1.0 => "less".to_owned(),
        _ => "no difference shown".to_owned(),
    }
}

fn notes(comparison: &Comparison, fail_above: Option<f64>) -> String {
    let mut text = String::new();
    let compared = comparison.changes.iter().filter(|change| change.rounds_a > 0 && change.rounds_b > 0).count();
    let _ = writeln!(
        text,
        "B / A above 1: B costs more. Medians; the ratio is the middle of all ratios of a round of B to a round of A, with the limits of the Mann–Whitney test on logarithms, each at the {} % level (Bonferroni over {compared} rows), so that all of them hold together at {} %.",
        in_percent(comparison.level_each),
        in_percent(comparison.level),
    );
    if comparison.changes.iter().all(|change| change.ratio.is_none()) {
        text.push_str("NOTHING COULD BE COMPARED: no row has enough rounds that may be used.\n");
    }
    if let Some(floor) = &comparison.floor {
        let _ = writeln!(
            text,
            "Across machines: every figure is a ratio to {floor} in the same round. That ratios carry from one machine to another is not claimed."
        );
    }
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        for (what, own) in [("workloads", &side.own_workloads), ("models", &side.own_models)] {
            if !own.is_empty() {
                let _ = writeln!(text, "Only {name} has the {what} {}.", own.join(", "));
            }
        }
    }
    for lost in &comparison.lost {
        let _ = writeln!(text, "{} under {}: ran in A, has no ok batch in B.", lost.model, lost.workload);
    }
    if let Some(above) = fail_above {
        let count = comparison.regressions(above).count() + comparison.lost.len();
        let _ = writeln!(
            text,
            "{count} regressions: an estimate more than {} above A with an interval above 1, or a model that no longer runs.",
            percent(above)
        );
    }
    text
}
