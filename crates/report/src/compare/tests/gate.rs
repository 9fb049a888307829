//! What a gate has to catch and what it must not: lost rows, a slower machine, memory below the resolution, zeros, D = 0.

use inflight_record::{Flag, FlagSet, Manifest, Outcome, Row, Workload};

use super::{MODELS, before, compare, cpu, on};
use crate::compare::{CompareError, Comparison, text};
use crate::fixture::{environment, manifest, named, of, plain, rows, study};
use crate::study::{Placed, StudyRecords};
use crate::style::Style;
use crate::summary::Metric;

/// What is lost, as model, metric, rounds and reason.
fn lost(comparison: &Comparison) -> Vec<(&str, &str, usize, &str)> {
    let lost = comparison.lost.iter();
    lost.map(|it| (it.model.as_str(), it.metric.as_str(), it.rounds_b, it.reason.as_str())).collect()
}

/// The study before with some batches of `a/b` changed.
fn with(edit: fn(&mut Row)) -> StudyRecords {
    study(&MODELS, 12, move |row| {
        if &*row.arm == "a/b" {
            edit(row);
        }
        true
    })
}

#[test]
fn a_model_that_no_longer_runs_is_lost() {
    let comparison = compare(&with(|row| row.outcome = Outcome::Failed));
    let reason = "0 of its 12 batches in B are ok, and 0 may be used";
    let metrics = ["excess", "cpu_per_request", "memory_per_request_in_flight"];
    assert_eq!(lost(&comparison), metrics.map(|metric| ("a/b", metric, 0, reason)));
    assert!(comparison.fails(1.0) && comparison.nothing_compared().is_none());
    assert_eq!(cpu(&comparison).reason.as_deref(), Some("B has no batch that may be used"));
    let line = "LOST: a/b by CPU/request under c100: 12 rounds in A, 0 in B: 0 of its 12 batches in B are ok";
    assert!(text(&comparison, None, Style::Terminal).contains(line));
}

#[test]
fn so_is_one_that_runs_now_and_then_or_is_always_flagged() {
    let seldom = compare(&with(|row| {
        if row.round > 2 {
            row.outcome = Outcome::Timeout;
        }
    }));
    assert_eq!(lost(&seldom)[0], ("a/b", "excess", 3, "3 of its 12 batches in B are ok, and 3 may be used"));
    assert_eq!(seldom.lost.len(), 3);
    let flagged = compare(&with(|row| row.flags = FlagSet::from_iter([Flag::ServerSaturated])));
    // The flag leaves out times only.
    assert_eq!(lost(&flagged), [("a/b", "excess", 0, "12 of its 12 batches in B are ok, and 0 may be used")]);
    assert!(seldom.fails(1.0) && flagged.fails(1.0));
    // What A could not compare either is not lost.
    let few = study(&MODELS, 5, |_| true);
    assert_eq!(Comparison::of(&few, &few, false).unwrap().lost, []);
}

#[test]
fn so_is_what_was_taken_out_of_the_study() {
    let two = [plain(), named("c10", &Workload::new(10, 10, 5_000_000))];
    let a = of(manifest(&MODELS, &two), 12, |_| true);
    let without_workload = Comparison::of(&a, &before(), false).unwrap();
    assert_eq!(without_workload.lost.len(), 9);
    assert_eq!(lost(&without_workload)[0], ("base", "excess", 0, "B does not have the workload"));
    let without_model = compare(&study(&["base", "floor"], 12, |_| true));
    assert_eq!(lost(&without_model)[0], ("a/b", "excess", 0, "B does not have the model"));
    assert!(without_workload.fails(1.0) && without_model.fails(1.0));
    assert!(!compare(&study(&["base", "a/b", "floor", "new"], 12, |_| true)).fails(0.05), "one more is none less");
}

#[test]
fn across_machines_a_floor_that_fails_loses_all() {
    let manifest = manifest(&MODELS, &[plain()]);
    let all = rows(&manifest, 12, |row| {
        if &*row.arm == "floor" && row.round > 1 {
            row.outcome = Outcome::Failed;
        }
        true
    });
    let mut there = environment("e");
    there.machine.kernel = "6.8".to_owned();
    let b = StudyRecords::new(vec![manifest], vec![there], all).unwrap();
    let comparison = Comparison::of(&before(), &b, true).unwrap();
    assert_eq!(comparison.lost.len(), 6);
    let reason =
        "12 of its 12 batches in B are ok, and 12 may be used; of floor, by which they are divided, 2 may be used";
    assert_eq!(lost(&comparison)[0], ("base", "excess", 2, reason));
    assert!(comparison.nothing_compared().is_some() && comparison.fails(1.0));
}

#[test]
fn a_machine_that_got_slower_is_no_regression_of_its_models() {
    let slower = |percent: u64, own: u64| {
        study(&MODELS, 12, move |row| {
            let own = if &*row.arm == "a/b" { own } else { 100 };
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu * percent / 100 * own / 100);
            true
        })
    };
    let drifted = compare(&slower(120, 100));
    let (change, floor) =
        (cpu(&drifted), drifted.changes.iter().find(|it| it.is_floor && it.metric == Metric::CpuPerRequest).unwrap());
    assert!(change.low.unwrap() > 1.15 && floor.low.unwrap() > 1.15 && change.floor_high == floor.high, "{change:?}");
    assert!(!drifted.fails(0.05));
    let shown = text(&drifted, Some(0.05), Style::Terminal);
    for words in
        ["more, and so may the floor be", "The rows of floor show how much that is", "above the upper limit of floor"]
    {
        assert!(shown.contains(words), "{words:?} is not in\n{shown}");
    }
    let worse = compare(&slower(120, 110));
    assert_eq!(worse.regressions(0.05).map(|it| it.model.as_str()).collect::<Vec<_>>(), ["a/b"]);
    // The floor alone: shown, and never a regression.
    let floor_alone = compare(&study(&MODELS, 12, |row| {
        if &*row.arm == "floor" {
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu * 2);
        }
        true
    }));
    assert!(!floor_alone.fails(0.05));
}

#[test]
fn memory_regresses_from_half_a_mebibyte_on() {
    let more = |bytes: u64| {
        study(&["base", "a/b"], 12, move |row| {
            // Some 200 KiB, and what is added.
            row.memory_bytes = row.memory_bytes.map(|it| it / 8 + if &*row.arm == "a/b" { bytes } else { 0 });
            true
        })
    };
    let gate = |bytes| Comparison::of(&more(0), &more(bytes), false).unwrap();
    let near = gate((1 << 19) - 4096);
    let row = near.changes.iter().find(|it| it.model == "a/b" && it.peak_memory_a.is_some()).unwrap();
    assert!(row.low.unwrap() > 3.0 && !near.fails(0.05), "{row:?}");
    assert!(text(&near, Some(0.05), Style::Terminal).contains("less than 512 KiB apart"));
    assert_eq!(gate((1 << 19) + 4096).regressions(0.05).count(), 1);
}

#[test]
fn rounds_at_zero_are_counted_and_leave_no_ratio() {
    let comparison = compare(&with(|row| {
        if row.round < 3 {
            row.cpu_ns = Some(0);
            row.memory_bytes = Some(0);
        }
    }));
    let row = cpu(&comparison);
    assert_eq!((row.ratio, row.rounds_b), (None, 12), "{row:?}");
    assert!(row.b.unwrap() < row.a.unwrap(), "the median is of all rounds: {row:?}");
    assert_eq!(row.reason.as_deref(), Some("0 rounds of A and 3 of B are 0 or below, which has no ratio"));
    // Memory has not risen by anything that can be seen; CPU time cannot be told.
    assert_eq!(lost(&comparison), [("a/b", "cpu_per_request", 12, "3 of its 12 rounds in B are 0 or below")]);
}

#[test]
fn a_floor_at_zero_leaves_no_ratio_across_machines() {
    let manifest = manifest(&MODELS, &[plain()]);
    let all = rows(&manifest, 12, |row| {
        if &*row.arm == "floor" && row.round < 2 {
            row.cpu_ns = Some(0);
        }
        true
    });
    let b = StudyRecords::new(vec![manifest], vec![environment("e")], all).unwrap();
    let comparison = Comparison::of(&before(), &b, true).unwrap();
    assert_eq!(cpu(&comparison).ratio, None);
    assert_eq!(cpu(&comparison).reason.as_deref(), Some("0 rounds of A and 2 of B are 0 or below, which has no ratio"));
    assert_eq!(lost(&comparison).len(), 2, "CPU time of both models");
}

#[test]
fn without_delay_only_cpu_is_compared() {
    let zero = || of(manifest(&MODELS, &[named("d0", &Workload::new(100, 100, 0))]), 12, |_| true);
    let comparison = Comparison::of(&zero(), &zero(), false).unwrap();
    assert!(comparison.changes.iter().all(|change| change.metric == Metric::CpuPerRequest));
    assert_eq!(comparison.changes.len(), 3);
}

#[test]
fn placements_have_to_be_the_same_and_limits_are_named() {
    let placed = |study: StudyRecords, placement: &str, server: u32| {
        study.placed(vec![Placed {
            environment_id: "e".to_owned(),
            placement: placement.to_owned(),
            server_cpus: vec![server],
            worker_cpus: vec![1],
        }])
    };
    let (split, shared) = (placed(before(), "split", 0), placed(before(), "shared", 0));
    let error = Comparison::of(&split, &shared, false).unwrap_err();
    assert!(matches!(error, CompareError::OtherPlacement { .. }), "{error}");
    assert!(error.to_string().contains("placement shared: server on CPU 0, worker on CPU 1 in B"), "{error}");
    let moved = placed(before(), "split", 1);
    assert!(Comparison::of(&split, &moved, false).is_err());
    assert!(Comparison::of(&split, &before(), false).is_ok(), "where it is not known nothing is refused");
    assert!(Comparison::of(&split, &placed(on("6.8", 3), "split", 7), true).is_ok(), "another machine has other CPUs");
    assert!(Comparison::of(&split, &placed(on("6.8", 3), "shared", 0), true).is_err());

    let manifest: Manifest = manifest(&MODELS, &[plain()]);
    let all = rows(&manifest, 12, |_| true);
    let mut limited = environment("e");
    (limited.limits.nofile, limited.limits.pids_max) = (1024, Some(500));
    let b = StudyRecords::new(vec![manifest], vec![limited], all).unwrap();
    let line = "Limits that differ (A, B): nofile (1048576, 1024), pids_max (none, 500).";
    assert!(text(&compare(&b), None, Style::Terminal).contains(line));
    assert_eq!(compare(&before()).limits_differ, [] as [String; 0]);
}
