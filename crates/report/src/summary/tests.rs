//! Summaries of studies made by hand: exact figures, no clock.

use std::collections::HashSet;

use inflight_record::{Flag, FlagSet, Outcome, RoundsRule, Workload};

use super::{Metric, Summary, tables, wide};
use crate::fixture::{DELAY_NS, WORK_NS, environment, manifest, named, of, plain, rows, study};
use crate::study::StudyRecords;
use crate::style::Style;

mod beside;
mod guards;
mod shown;

const MODELS: [&str; 3] = ["base", "a/b", "floor"];

fn summary(rounds: u32) -> Summary {
    Summary::of(&study(&MODELS, rounds, |_| true))
}

#[test]
fn figures_are_medians_with_limits_and_rounds() {
    let summary = summary(12);
    let cpu = summary.figure("s/c100/a/b/cpu_per_request").unwrap();
    assert_eq!((cpu.rounds, cpu.left_out), (12, 0));
    let (low, high) = cpu.limits().unwrap();
    let estimate = cpu.estimate.unwrap();
    assert!((20_000.0..=20_120.0).contains(&estimate) && low < estimate && estimate < high, "{cpu:?}");
    let ratio = summary.figure("s/c100/a/b/excess_ratio").unwrap();
    assert!((ratio.estimate.unwrap() - 2.0).abs() < 0.02 && ratio.rounds == 12, "{ratio:?}");
    assert_eq!(summary.figure("s/c100/base/excess_ratio"), None);
    // 100 requests held for 50 ms within a span of some 51 ms.
    let mean = summary.figure("s/c100/base/mean_in_flight").unwrap().estimate.unwrap();
    assert!((mean - 98.0).abs() < 0.1, "{mean}");
    let memory = summary.figure("s/c100/base/memory_per_request_in_flight").unwrap().estimate.unwrap();
    assert!((8_000.0..=8_048.0).contains(&memory), "{memory}");
}

#[test]
fn every_id_stands_once_and_finds_its_figure() {
    let levels: Vec<_> = [10, 100, 1000].map(|c| named(&format!("c{c}"), &Workload::new(2 * c, c, 50_000_000))).into();
    let mut first = manifest(&MODELS, &levels);
    let mut second = first.clone();
    second.study_id = "s-2".to_owned();
    second.environment_id = "f".to_owned();
    first.rounds = RoundsRule::Fixed(7);
    let all = [rows(&first, 7, |_| true), rows(&second, 7, |_| true)].concat();
    let study = StudyRecords::new(vec![first, second], vec![environment("e"), environment("f")], all).unwrap();
    let summary = Summary::of(&study);
    let ids: Vec<&str> = summary.figures().map(|figure| figure.id.as_str()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for id in
        ["s/c10/a/b/makespan@e", "s/c1000/base@again/excess_ratio@f", "s/c10/base@work/cpu_per_request_difference@e"]
    {
        assert_eq!(summary.figure(id).map(|figure| figure.id.as_str()), Some(id));
    }
    // 8 bytes and some for each thousandth of a cost: a line through the origin.
    let slope = summary.figure("s/d50ms-b1024-cold/base/marginal_memory@f").unwrap();
    assert!((8_000.0..=8_060.0).contains(&slope.estimate.unwrap()) && slope.rounds == 7, "{slope:?}");
    assert_eq!(summary.machines.len(), 2);
    assert_eq!(summary.machines[0].workloads[0].rounds, 7, "rounds of two parts are not one round");
}

#[test]
fn pairs_are_made_by_round_and_a_missing_batch_drops_only_its_pairs() {
    let drifting = |missing: bool| {
        let study = study(&MODELS, 12, move |row| {
            // A drift that hits whole rounds: paired ratios do not see it.
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu * (10 + u64::from(row.round)));
            !(missing && &*row.arm == "a/b" && row.round == 3)
        });
        Summary::of(&study)
    };
    let (whole, holed) = (drifting(false), drifting(true));
    let (a, base) = ("s/c100/a/b/cpu_per_request_ratio", "s/c100/floor/cpu_per_request_ratio");
    let ratio = whole.figure(a).unwrap();
    assert!(ratio.relative_width().unwrap() < 0.01, "the drift is in the ratio: {ratio:?}");
    assert_eq!((holed.figure(a).unwrap().rounds, holed.figure(a).unwrap().left_out), (11, 1));
    assert_eq!(holed.figure(base), whole.figure(base), "a pair of others was dropped");
    assert_eq!(holed.figure("s/c100/base/cpu_per_request").unwrap().rounds, 12);
}

#[test]
fn rounds_of_different_parts_are_not_paired() {
    let first = manifest(&MODELS, &[plain()]);
    let second = inflight_record::Manifest { study_id: "s-2".to_owned(), ..first.clone() };
    let mut all = rows(&first, 6, |row| &*row.arm == "base");
    all.extend(rows(&second, 6, |row| &*row.arm == "a/b"));
    let summary = Summary::of(&StudyRecords::new(vec![first, second], vec![environment("e")], all).unwrap());
    let ratio = summary.figure("s/c100/a/b/excess_ratio").unwrap();
    assert_eq!((ratio.estimate, ratio.rounds), (None, 0));
    assert!(ratio.reason.as_ref().unwrap().contains("in no round"), "{ratio:?}");
}

#[test]
fn flags_leave_out_times_or_costs_by_rule_and_are_counted() {
    let study = study(&MODELS, 12, |row| {
        if &*row.arm == "a/b" {
            row.flags = match row.round {
                0 | 1 => FlagSet::from_iter([Flag::ServerSaturated]),
                2 => FlagSet::from_iter([Flag::Steal]),
                3 => FlagSet::from_iter([Flag::Underfilled]),
                _ => FlagSet::default(),
            };
            if row.round == 4 {
                (row.outcome, row.reason) = (Outcome::Timeout, Some("overran".into()));
            }
        }
        true
    });
    let summary = Summary::of(&study);
    let rounds = |metric: &str| summary.figure(&format!("s/c100/a/b/{metric}")).unwrap().rounds;
    assert_eq!((rounds("excess"), rounds("excess_ratio"), rounds("latency_from_start_p99")), (8, 8, 8));
    assert_eq!((rounds("cpu_per_request"), rounds("cpu_per_request_ratio"), rounds("peak_memory")), (10, 10, 10));
    let batches = &summary.machines[0].workloads[0].models[1].batches;
    assert_eq!((batches.all, batches.ok, batches.times, batches.costs), (12, 11, 8, 10));
    assert_eq!((batches.ended[0].outcome, batches.ended[0].count), (Outcome::Timeout, 1));
    assert_eq!(
        batches.flagged.iter().map(|it| (it.flag, it.count)).collect::<Vec<_>>(),
        [(Flag::Steal, 1), (Flag::ServerSaturated, 2), (Flag::Underfilled, 1)]
    );
}

#[test]
fn with_too_few_rounds_there_are_intervals_and_no_ranks() {
    let few = summary(7);
    let ranking = &few.machines[0].workloads[0].rankings[0];
    // 3 models, 3 pairs: 3 · 2 / 2^7 = 0.047.
    assert_eq!((ranking.rounds_for_ranks, ranking.tie_groups.is_some()), (7, true));
    let few = summary(6);
    let ranking = &few.machines[0].workloads[0].rankings[0];
    assert_eq!(ranking.tie_groups, None);
    assert_eq!(ranking.reason.as_deref(), Some("6 paired rounds: 3 pairs of models need 7"));
    assert!(ranking.pairs.iter().all(|pair| !pair.different && pair.low.is_some()));
    assert_eq!(ranking.letters("base"), None);
}

#[test]
fn what_differs_is_told_apart_and_what_does_not_is_tied() {
    let study = study(&["base", "same", "other"], 12, |row| {
        if &*row.arm == "same" {
            // What the baseline's noise would be in another order.
            row.cpu_ns = row.cpu_ns.map(|cpu| cpu / 2);
        }
        true
    });
    let summary = Summary::of(&study);
    let rankings = &summary.machines[0].workloads[0].rankings;
    let cpu = rankings.iter().find(|ranking| ranking.metric == Metric::CpuPerRequest).unwrap();
    assert_eq!(cpu.order[2], "other");
    assert_eq!((cpu.letters("base").as_deref(), cpu.letters("same").as_deref()), (Some("a"), Some("a")));
    assert_eq!(cpu.letters("other").as_deref(), Some("b"));
    let pair = cpu.pairs.iter().find(|pair| pair.b == "other" && pair.a == "base").unwrap();
    assert!(pair.different && (pair.ratio.unwrap() - 1.0 / 3.0).abs() < 0.01, "{pair:?}");
    assert_eq!((pair.p, pair.p_holm), (Some(2.0 / 4096.0), Some(6.0 / 4096.0)));
}

#[test]
fn no_difference_below_the_noise_of_the_baseline_with_itself_is_claimed() {
    let study = study(&MODELS, 12, |row| {
        // The second name of the baseline swings by 3 either way: more than what the models differ by.
        if &*row.arm == "base@again" {
            row.cpu_ns = row.cpu_ns.map(|cpu| if row.round % 2 == 0 { cpu * 4 } else { cpu / 4 });
        }
        true
    });
    let summary = Summary::of(&study);
    let workload = &summary.machines[0].workloads[0];
    let cpu = workload.rankings.iter().find(|ranking| ranking.metric == Metric::CpuPerRequest).unwrap();
    assert!(cpu.reach.unwrap() > 2.0 && cpu.pairs.iter().all(|pair| !pair.different), "{cpu:?}");
    assert_eq!(cpu.tie_groups.as_ref().map(Vec::len), Some(1));
    assert!(workload.rankings[0].pairs.iter().all(|pair| pair.different), "excess has no such noise");
}

#[test]
fn known_effects_are_found_back() {
    let summary = summary(12);
    let controls = &summary.machines[0].workloads[0].controls;
    let (delay, work) = (controls.delay.as_ref().unwrap(), controls.work.as_ref().unwrap());
    assert_eq!((delay.injected_ns, work.injected_ns), (DELAY_NS, WORK_NS));
    for found in [delay, work] {
        assert_eq!((found.resolved, found.holds_injected), (Some(true), Some(true)), "{found:?}");
    }
    assert_eq!(delay.found.id, "s/c100/base@delay/makespan_difference");
    assert_eq!(controls.again.len(), 4);
    for again in &controls.again {
        assert!(again.smallest_detectable > again.half_width && again.reach >= again.half_width, "{again:?}");
    }
    let lost = Summary::of(&study(&MODELS, 12, |row| {
        if &*row.arm == "base@delay" {
            row.makespan_ns = row.makespan_ns.map(|ns| ns - DELAY_NS);
        }
        true
    }));
    let delay = lost.machines[0].workloads[0].controls.delay.as_ref().unwrap();
    assert_eq!((delay.resolved, delay.holds_injected), (Some(false), Some(false)));
}

#[test]
fn without_delay_there_is_no_excess_and_only_cpu_is_ranked() {
    let zero = named("d0", &Workload::new(100, 100, 0));
    let summary = Summary::of(&of(manifest(&MODELS, &[zero]), 12, |_| true));
    for metric in ["excess", "efficiency", "excess_ratio"] {
        let figure = summary.figure(&format!("s/d0/a/b/{metric}")).unwrap();
        assert_eq!((figure.estimate, figure.reason.as_deref()), (None, Some("no ideal at D = 0")));
    }
    assert!(summary.figure("s/d0/a/b/makespan_ratio").unwrap().low.is_some());
    let ranked: Vec<Metric> = summary.machines[0].workloads[0]
        .rankings
        .iter()
        .filter(|ranking| ranking.tie_groups.is_some())
        .map(|ranking| ranking.metric)
        .collect();
    assert_eq!(ranked, [Metric::CpuPerRequest]);
    assert_eq!(wide(&summary, 0.05), [], "excess and memory are no figures there");
}

#[test]
fn wide_names_what_further_rounds_may_mend() {
    let rough = |row: &mut inflight_record::Row| {
        match &*row.arm {
            "a/b" => row.cpu_ns = row.cpu_ns.map(|cpu| cpu + u64::from(row.round % 4) * 100_000),
            "floor" => row.outcome = Outcome::Failed,
            _ => {}
        }
        true
    };
    let summary = |rounds| Summary::of(&study(&MODELS, rounds, rough));
    let ids = |wide: Vec<super::Wide>| wide.into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(wide(&summary(12), 0.02)), ["s/c100/a/b/cpu_per_request_ratio"]);
    assert!(wide(&summary(12), 0.02)[0].width.unwrap() > 0.02);
    assert_eq!(wide(&summary(12), 0.5), []);
    assert_eq!(wide(&summary(3), 0.5).len(), 3, "three rounds have no intervals");
    assert!(wide(&summary(3), 0.5).iter().all(|it| it.width.is_none()));
    let broken = study(&MODELS, 12, |row| {
        row.outcome = if &*row.arm == "base" { Outcome::Failed } else { Outcome::Ok };
        true
    });
    assert_eq!(wide(&Summary::of(&broken), 0.02), [], "without a baseline no round helps");
}

#[test]
fn auto_rounds_have_a_higher_level() {
    let mut auto = manifest(&MODELS, &[plain()]);
    auto.rounds = RoundsRule::Auto { precision: 0.02, budget_ns: 1 };
    let summary_of = |rounds| Summary::of(&of(auto.clone(), rounds, |_| true));
    let twelve = summary_of(12);
    assert!(twelve.level > 0.95 && twelve.alpha < 0.05);
    assert!(tables(&twelve, Style::Terminal).contains("at the 97.5 % level"));
    assert!(tables(&twelve, Style::Terminal).contains("known to 2.00 % or the budget was spent"));
    let six = summary_of(6);
    let figure = six.figure("s/c100/a/b/excess_ratio").unwrap();
    assert!(figure.low.is_none() && figure.reason.as_ref().unwrap().contains("needs 7"), "{figure:?}");
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let manifest = manifest(&MODELS, &[plain(), named("d0", &Workload::new(9, 3, 0))]);
    let mut all = rows(&manifest, 9, |_| true);
    let json = |all: &[inflight_record::Row]| {
        let study = StudyRecords::new(vec![manifest.clone()], vec![environment("e")], all.to_vec()).unwrap();
        (Summary::of(&study).to_json(), tables(&Summary::of(&study), Style::Terminal))
    };
    let first = json(&all);
    let mut state = 1_u64;
    for _ in 0..20 {
        for place in (1..all.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            all.swap(place, (state >> 33) as usize % (place + 1));
        }
        assert!(json(&all) == first);
    }
    let back: Summary = serde_json::from_str(&first.0).unwrap();
    assert!(back.figures().count() > 100 && back.figures().all(|figure| first.0.contains(&figure.id)));
}

#[test]
fn empty_and_tiny_studies_are_summed_up_too() {
    for rounds in 0..3 {
        for edit in [true, false] {
            let study = study(&MODELS, rounds, |row| {
                if edit {
                    (row.ledger, row.memory_bytes, row.from_start_ns) = (None, Some(0), None);
                }
                true
            });
            let summary = Summary::of(&study);
            assert_eq!(summary.machines.len(), usize::from(rounds > 0));
            let text = tables(&summary, Style::Markdown);
            assert!(!text.contains("NaN") && !text.contains("inf ") && !text.contains("-inf"), "{text}");
            // JSON has no word for what is not a number: it would be a null without a reason.
            let back: Summary = serde_json::from_str(&summary.to_json()).unwrap();
            assert_eq!(back.figures().count() > 30, rounds > 0);
            for figure in back.figures().filter(|figure| figure.estimate.is_none() || figure.limits().is_none()) {
                assert!(figure.reason.as_ref().is_some_and(|reason| !reason.is_empty()), "{figure:?}");
            }
            assert!(wide(&summary, 0.02).iter().all(|it| it.width.is_none()));
        }
    }
    assert!(tables(&summary(0), Style::Terminal).contains("No batch has been recorded yet."));
}
