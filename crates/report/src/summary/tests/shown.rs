//! What is printed: rows and notes, word for word.

use inflight_record::{Flag, FlagSet, Outcome, Row, Workload};

use super::{MODELS, study, summary};
use crate::fixture::{self, manifest, named, of, plain, served_from};
use crate::study::StudyRecords;
use crate::style::Style;
use crate::summary::{Summary, tables};

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[test]
fn every_figure_stands_with_its_limits_and_the_floor_stands_first() {
    let text = tables(&summary(12), Style::Markdown);
    let rows = rows(&text);
    assert_eq!(
        rows[0],
        [
            "model",
            "excess",
            "efficiency",
            "CPU/request",
            "memory/in flight",
            "p99 from start",
            "excess / baseline",
            "CPU / baseline",
            "tied: time · CPU · memory",
            "batches and flags"
        ]
    );
    assert_eq!(
        rows[2],
        [
            "floor",
            "3.01 ms (3.00 – 3.02)",
            "94.3 % (94.3 – 94.3)",
            "30.1 µs (30.0 – 30.1)",
            "23.5 KiB (23.5 – 23.6)",
            "53.0 ms (53.0 – 53.0)",
            "3.001 (2.997 – 3.006)",
            "3.001 (2.997 – 3.006)",
            "c · c · c",
            "12 ok"
        ]
    );
    assert_eq!((rows[3][0].as_str(), rows[3][6].as_str()), ("base", "1 (baseline)"));
    for line in [
        "c100 · 100 requests, 100 in flight, each held for 50ms, bodies of 1024 B, cold connections",
        "ideal 50.0 ms (⌈N/C⌉ · D); 12 rounds",
        "A CPU · 2 CPUs · Debian · Linux 6.1 · inflight 0.1.0 (abc)",
        "12 rounds, their number set beforehand.",
        "at the 95 % level",
        "A/A, the baseline against itself: excess 0.999 (0.997 – 1.000), makespan 1.000 (1.000 – 1.000)",
        "How far that interval reaches from 1, and no smaller difference is claimed: excess 0.30 %",
        "Smallest effect found 9 times of 10 in one comparison planned beforehand (sign-flip p at most 5 %) of models as noisy as the baseline: excess 0.",
        "; ranks over all pairs need more.",
        "@delay, each batch waits 2.00 ms more: found back as 2.00 ms (2.00 – 2.00) (resolved).",
        "@work, each request spins 20.0 µs more: found back as 20.0 µs (20.0 – 20.0) (resolved).",
        "adjusted by Holm over all pairs (3 by excess), at 5 %",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn too_few_rounds_are_told() {
    let text = tables(&Summary::of(&study(&MODELS, 5, |_| true)), Style::Markdown);
    assert_eq!(rows(&text)[3][1..3], ["1.00 ms", "98.0 %"]);
    assert_eq!(rows(&text)[3][8], "–");
    for line in [
        "Figures without limits have fewer than the 6 rounds that limits need.",
        "Too few rounds may be used to say what is noise: no difference is claimed.",
        "found back as 2.00 ms (too few rounds to say)",
        "No ranks by excess, makespan, CPU/request, memory/in flight: 5 paired rounds: 3 pairs of models need 7.",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn what_was_left_out_is_told_with_its_reasons() {
    let edit = |row: &mut Row| {
        match (&*row.arm, row.round) {
            ("a/b", 0) => row.flags = FlagSet::from_iter([Flag::Steal]),
            ("a/b", round) if round < 6 => {
                (row.outcome, row.reason) = (Outcome::Failed, Some(format!("reason {round}").into()));
            }
            ("base@delay", 2) => row.flags = FlagSet::from_iter([Flag::HoldLate]),
            ("floor", _) => (row.outcome, row.reason) = (Outcome::Skipped, Some("too slow".into())),
            _ => {}
        }
        true
    };
    let text = tables(&Summary::of(&study(&MODELS, 12, edit)), Style::Terminal);
    for line in [
        "7 ok, 5 failed, 1 without times, 1 without costs: steal 1",
        "a/b · 1 failed: reason 1\n",
        "a/b · and 2 more reasons",
        "floor · 12 skipped: too slow",
        "base@delay: 12 ok, 1 without times: hold_late 1.",
        "left out of these figures by the fixed rules of METHODOLOGY.md, \"Flags\"",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn a_model_that_lost_rounds_is_named() {
    let edit = |row: &mut Row| &*row.arm != "a/b" || row.round > 5;
    let text = tables(&Summary::of(&study(&MODELS, 12, edit)), Style::Terminal);
    let line = "a/b by CPU/request: only 6 of the 7 paired rounds that a rank needs; its letters say little.";
    assert!(text.contains(line), "{text}");
}

#[test]
fn without_delay_makespan_takes_the_place_of_excess() {
    let zero = named("d0", &Workload::new(100, 100, 0));
    let text = tables(&Summary::of(&of(manifest(&MODELS, &[zero]), 12, |_| true)), Style::Markdown);
    let rows = rows(&text);
    assert_eq!((rows[0][1].as_str(), rows[0][6].as_str()), ("makespan", "makespan / baseline"));
    assert_eq!((rows[3][2].as_str(), rows[3][8].as_str()), ("–", "– · a · –"));
    assert!(text.contains("no ideal at D = 0; 12 rounds") && text.contains("only CPU/request is ranked"), "{text}");
}

#[test]
fn marginal_memory_has_a_table_of_its_own() {
    let levels: Vec<_> = [10, 100, 1000].map(|c| named(&format!("c{c}"), &Workload::new(c, c, 50_000_000))).into();
    let study = of(manifest(&MODELS, &levels), 12, |row| {
        // A cap: its peak is 20 whatever C is.
        if let (Some(ledger), "floor") = (&mut row.ledger, &*row.arm) {
            ledger.peak_in_flight = ledger.peak_in_flight.min(15);
        }
        true
    });
    let text = tables(&Summary::of(&study), Style::Markdown);
    assert!(text.contains("Marginal memory of d50ms-b1024-cold, along c10, c100, c1000"), "{text}");
    let last: Vec<String> = rows(&text).into_iter().rev().take(2).map(|mut row| row.remove(0)).collect();
    assert_eq!(last, ["a/b", "base"]);
}

#[test]
fn what_lies_between_two_machines_stands_beside_the_ideal() {
    let manifest = manifest(&MODELS, &[plain()]);
    let all = fixture::rows(&manifest, 12, |row| {
        let drift_ns = u64::from(row.round) * 1_000;
        row.round_trip_ns = Some((300_000 - drift_ns, 400_000 + drift_ns));
        true
    });
    let study = StudyRecords::new(vec![manifest], vec![served_from("6.8")], all).unwrap();
    let text = tables(&Summary::of(&study), Style::Terminal);
    let trips = "round trips of 289 µs at least, and of 411 µs in the median at most; the ideal has none\n";
    assert!(text.contains(trips) && text.contains("\nserver on A CPU · 2 CPUs · Debian · Linux 6.8"), "{text}");
}
