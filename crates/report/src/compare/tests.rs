//! Comparisons of studies made by hand: what changed, what is refused, and which exit follows.

use inflight_record::{Manifest, Row, Workload};

use super::{Change, CompareError, Comparison, text};
use crate::fixture::{environment, manifest, named, of, plain, rows, served_from, study};
use crate::study::StudyRecords;
use crate::style::Style;
use crate::summary::Metric;

mod gate;

const MODELS: [&str; 3] = ["base", "a/b", "floor"];

fn before() -> StudyRecords {
    study(&MODELS, 12, |_| true)
}

fn compare(after: &StudyRecords) -> Comparison {
    Comparison::of(&before(), after, false).unwrap()
}

/// The same study with the CPU time of one model changed, in parts of 100.
fn with_cpu(percent: u64) -> StudyRecords {
    study(&MODELS, 12, move |row| {
        if &*row.arm == "a/b" {
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu * percent / 100);
        }
        true
    })
}

fn cpu(comparison: &Comparison) -> &Change {
    comparison.changes.iter().find(|it| it.model == "a/b" && it.metric == Metric::CpuPerRequest).unwrap()
}

#[test]
fn a_regression_past_the_threshold_fails_and_less_does_not() {
    let comparison = compare(&with_cpu(110));
    let change = cpu(&comparison);
    assert!((change.ratio.unwrap() - 1.1).abs() < 0.005 && change.low.unwrap() > 1.05, "{change:?}");
    assert!(comparison.fails(0.05) && !comparison.fails(0.15));
    assert_eq!(comparison.regressions(0.05).count(), 1);
    assert!(!compare(&with_cpu(90)).fails(0.0), "an improvement is no regression");
    assert!(!compare(&before()).fails(0.0), "the same is no regression");
}

#[test]
fn a_large_estimate_whose_interval_holds_no_change_does_not_fail() {
    let noisy = study(&MODELS, 12, |row| {
        if &*row.arm == "a/b" {
            row.cpu_ns = row.cpu_ns.map(|cpu| if row.round % 2 == 0 { cpu / 2 } else { cpu * 3 });
        }
        true
    });
    let comparison = compare(&noisy);
    let change = cpu(&comparison);
    assert!(change.low.unwrap() < 1.0 && change.high.unwrap() > 1.0, "{change:?}");
    assert!(!comparison.fails(0.0));
}

#[test]
fn the_level_is_shared_among_all_rows() {
    let comparison = compare(&before());
    // 3 models, 3 metrics: a makespan follows from its excess.
    assert_eq!(comparison.changes.len(), 9);
    assert!((comparison.level_each - (1.0 - 0.05 / 9.0)).abs() < 1e-12);
    // 2 / C(12, 6) = 0.0022 and 2 / C(10, 5) = 0.0079, either side of 0.0056.
    assert_eq!((comparison.rounds_needed, comparison.nothing_compared()), (6, None));
    let few = Comparison::of(&before(), &study(&MODELS, 2, |_| true), false).unwrap();
    assert!(few.changes.iter().all(|change| change.ratio.is_none()));
    let nothing = few.nothing_compared().unwrap();
    assert!(nothing.contains("99.444 % level") && nothing.contains("6 rounds"), "{nothing}");
    assert!(text(&few, None, Style::Terminal).contains("NOTHING COULD BE COMPARED: no row has an interval"));
    assert!(cpu(&few).reason.as_ref().unwrap().contains("12 and 2 rounds are too few"), "{few:?}");
}

fn on(kernel: &str, factor: u64) -> StudyRecords {
    let manifest = manifest(&MODELS, &[plain()]);
    let all = rows(&manifest, 12, |row| {
        row.cpu_ns = row.cpu_ns.map(|cpu| cpu * factor);
        if &*row.arm == "a/b" && factor > 1 {
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu * 2);
        }
        true
    });
    let mut environment = environment("e");
    environment.machine.kernel = kernel.to_owned();
    StudyRecords::new(vec![manifest], vec![environment], all).unwrap()
}

#[test]
fn across_machines_only_ratios_to_the_floor_are_compared() {
    let other = on("6.8", 3);
    let error = Comparison::of(&before(), &other, false).unwrap_err();
    assert_eq!(error, CompareError::OtherMachine { fields: vec!["kernel (6.1, 6.8)".to_owned()] });
    assert!(error.to_string().contains("--across-machines"));
    let comparison = Comparison::of(&before(), &other, true).unwrap();
    assert_eq!(comparison.floor.as_deref(), Some("floor"));
    assert!(comparison.changes.iter().all(|change| change.model != "floor"));
    // Three times slower a machine, and on it twice the cost: only the latter is the model's.
    assert!((cpu(&comparison).ratio.unwrap() - 2.0).abs() < 0.02, "{:?}", cpu(&comparison));
    let base = comparison.changes.iter().find(|it| it.model == "base" && it.metric == Metric::CpuPerRequest).unwrap();
    assert!((base.ratio.unwrap() - 1.0).abs() < 0.01, "{base:?}");
    assert!(text(&comparison, None, Style::Terminal).contains("a ratio to floor in the same round"));
}

#[test]
fn a_servers_machine_is_one_of_the_machines() {
    let on = |kernel| {
        let manifest = manifest(&MODELS, &[plain()]);
        let all = rows(&manifest, 2, |_| true);
        StudyRecords::new(vec![manifest], vec![served_from(kernel)], all).unwrap()
    };
    let error = Comparison::of(&on("6.1"), &on("6.8"), false).unwrap_err();
    assert_eq!(error, CompareError::OtherMachine { fields: vec!["server's kernel (6.1, 6.8)".to_owned()] });
    assert!(Comparison::of(&on("6.1"), &on("6.1"), false).is_ok());
}

fn refused(a: Manifest, b: Manifest, across_machines: bool) -> String {
    let study = |manifest| of(manifest, 2, |_: &mut Row| true);
    Comparison::of(&study(a), &study(b), across_machines).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let here = || manifest(&MODELS, &[plain()]);
    let workload = |id: &str, n| manifest(&MODELS, &[named(id, &Workload::new(n, 10, 1_000_000))]);
    assert!(refused(here(), workload("c10", 10), false).contains("no workload in common: A has c100, B has c10"));
    let error = refused(workload("c10", 10), workload("c10", 20), false);
    assert!(error.contains("n10-c10") && error.contains("n20-c10"), "{error}");
    let error = refused(here(), manifest(&["x"], &[plain()]), false);
    assert!(error.contains("no model in common: A has base, a/b, floor, B has x"), "{error}");
    assert!(refused(here(), manifest(&["base"], &[plain()]), true).contains("no model in common that is labelled so"));
    let empty = study(&MODELS, 0, |_| true);
    assert_eq!(Comparison::of(&before(), &empty, false).unwrap_err(), CompareError::NoRecords("B"));
    let first = here();
    let second = Manifest { study_id: "s-2".to_owned(), environment_id: "f".to_owned(), ..here() };
    let all = [rows(&first, 2, |_| true), rows(&second, 2, |_| true)].concat();
    let mut other = environment("f");
    other.machine.governor = Some("performance".to_owned());
    let merged = StudyRecords::new(vec![first, second], vec![environment("e"), other], all).unwrap();
    let error = Comparison::of(&merged, &before(), true).unwrap_err().to_string();
    assert!(error.contains("A was run on machines that differ in governor (unknown, performance)"), "{error}");
}

#[test]
fn what_only_one_side_has_is_named_and_changed_crates_too() {
    let more = manifest(&["base", "a/b", "new"], &[plain(), named("c10", &Workload::new(10, 10, 5_000_000))]);
    let all = rows(&more, 12, |_| true);
    let mut changed = environment("e");
    changed.software.crates.insert("reqwest".to_owned(), "0.13.1".to_owned());
    let after = StudyRecords::new(vec![more], vec![changed], all).unwrap();
    let comparison = compare(&after);
    let text = text(&comparison, Some(0.05), Style::Markdown);
    for line in [
        "Only B has the workloads c10.",
        "Only B has the models new.",
        "Only A has the models floor.",
        "crates that changed: reqwest – → 0.13.1",
        "Bonferroni over 6 rows).",
        "Without a floor in both it cannot be told how much that is.",
        "LOST: floor by CPU/request under c100: 12 rounds in A, 0 in B: B does not have the model.",
        "0 regressions: an estimate more than 5.00 % above A, with a lower limit above 1; in memory",
        "3 lost: enough rounds for limits in A (5), and not in B.",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn rows_show_both_medians_the_ratio_and_the_verdict() {
    let text = text(&compare(&with_cpu(110)), Some(0.05), Style::Markdown);
    let row = text.lines().find(|line| line.contains("a/b") && line.contains("CPU/request")).unwrap();
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!((cells[3], cells[4], cells[6], cells[7]), ("20.1 µs", "22.1 µs", "12, 12", "REGRESSION"));
    assert!(cells[5].starts_with("1.10"), "{row}");
    assert!(text.contains("no difference shown"));
}
