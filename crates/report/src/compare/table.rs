//! The comparison of two studies as a table, for a terminal or a README.

use std::fmt::Write as _;

use super::{Change, Comparison, Side};
use crate::style::{Style, machine};
use crate::summary::{MEMORY_RESOLUTION_BYTES, NONE, Unit, in_percent, with_limits};
use crate::units::{bytes, percent};

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
        (_, Some((low, high))) if (low > 1.0 || high < 1.0) && !change.is_resolved() => {
            format!("less than {} apart", bytes(MEMORY_RESOLUTION_BYTES))
        }
        (_, Some((low, _))) if change.floor_high.is_some_and(|floor| low > 1.0 && low <= floor) => {
            "more, and so may the floor be".to_owned()
        }
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
        "B / A above 1: B costs more. Medians; the ratio is the middle of all ratios of a round of B to a round of A, with the limits of the Mann–Whitney test on logarithms, each at the {} % level (Bonferroni over {compared} rows).",
        in_percent(comparison.level_each),
    );
    if let Some(nothing) = comparison.nothing_compared() {
        let _ = writeln!(text, "{}.", nothing.replacen("nothing could be compared", "NOTHING COULD BE COMPARED", 1));
    }
    text.push_str(&match &comparison.floor {
        Some(floor) if comparison.across_machines => format!(
            "Across machines: every figure is a ratio to {floor} in the same round. That ratios carry from one machine to another is not claimed.\n"
        ),
        Some(floor) => format!(
            "Rounds of two studies are not pairs: what the machine did between the two is in these ratios, and the limits know nothing of it. The rows of {floor} show how much that is.\n"
        ),
        None => "Rounds of two studies are not pairs: what the machine did between the two is in these ratios, and the limits know nothing of it. Without a floor in both it cannot be told how much that is.\n".to_owned(),
    });
    if !comparison.limits_differ.is_empty() {
        let _ = writeln!(text, "Limits that differ (A, B): {}.", comparison.limits_differ.join(", "));
    }
    for (name, side) in [("A", &comparison.a), ("B", &comparison.b)] {
        for (what, own) in [("workloads", &side.own_workloads), ("models", &side.own_models)] {
            if !own.is_empty() {
                let _ = writeln!(text, "Only {name} has the {what} {}.", own.join(", "));
            }
        }
    }
    for lost in &comparison.lost {
        let _ = writeln!(
            text,
            "LOST: {} by {} under {}: {} rounds in A, {} in B: {}.",
            lost.model,
            lost.metric.title(),
            lost.workload,
            lost.rounds_a,
            lost.rounds_b,
            lost.reason
        );
    }
    if let Some(above) = fail_above {
        let beside = match &comparison.floor {
            Some(floor) if !comparison.across_machines => format!(" and above the upper limit of {floor}"),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "{} regressions: an estimate more than {} above A, with a lower limit above 1{beside}; in memory, medians of peak memory {} apart or more. {} lost: enough rounds for limits in A ({}), and not in B.",
            comparison.regressions(above).count(),
            percent(above),
            bytes(MEMORY_RESOLUTION_BYTES),
            comparison.lost.len(),
            comparison.rounds_needed
        );
    }
    text
}
