//! What keeps small or lopsided figures from being claimed: the A/A reach, the memory's resolution, zeros, lost rounds.

use inflight_record::{Flag, FlagSet, RoundsRule, Row, Workload};

use super::{MODELS, study};
use crate::fixture::{manifest, named, of, plain};
use crate::style::Style;
use crate::summary::{Metric, Ranking, Summary, tables, wide};

fn ranking(summary: &Summary, metric: Metric) -> &Ranking {
    summary.machines[0].workloads[0].rankings.iter().find(|ranking| ranking.metric == metric).unwrap()
}

#[test]
fn a_difference_that_the_baseline_has_with_itself_is_not_claimed() {
    // The second name of the baseline costs 4 % more in every round, the model 2 %: an order effect, say. Half the width
    // of the A/A interval is a few thousandths.
    let summary = Summary::of(&study(&["base", "other"], 12, |row| {
        row.cpu_ns = row.cpu_ns.map(|cpu| match &*row.arm {
            "base@again" => cpu * 104 / 100,
            "other" => cpu / 2 * 102 / 100,
            _ => cpu,
        });
        true
    }));
    let line = "The baseline differs from itself in CPU/request: the interval leaves out 1, as 5 % do by chance; read";
    assert!(tables(&summary, Style::Terminal).contains(line));
    let (cpu, again) = (ranking(&summary, Metric::CpuPerRequest), &summary.machines[0].workloads[0].controls.again[2]);
    assert!(again.half_width.unwrap() < 0.01 && again.reach.unwrap() > 0.04, "{again:?}");
    assert_eq!(cpu.reach, again.reach);
    let pair = &cpu.pairs[0];
    assert!(pair.p_holm.unwrap() < 0.05 && pair.high.unwrap() < 0.99 && !pair.different, "{pair:?}");
}

/// A study in which one model needs so many bytes more than the baseline, in every round.
fn with_memory(more: u64) -> Summary {
    let base = 40 << 20;
    Summary::of(&study(&["base", "other"], 12, |row| {
        let noise = u64::from(row.round) * 8 % 13;
        row.memory_bytes = Some(base + noise + if &*row.arm == "other" { more } else { 0 });
        true
    }))
}

#[test]
fn memory_is_told_apart_from_half_a_mebibyte_on() {
    let near = with_memory((1 << 19) - 64);
    let pair = &ranking(&near, Metric::MemoryPerRequestInFlight).pairs[0];
    assert!(pair.high.unwrap() < 0.99 && pair.p_holm.unwrap() < 0.05 && !pair.different, "{pair:?}");
    let far = with_memory((1 << 19) + 64);
    assert!(ranking(&far, Metric::MemoryPerRequestInFlight).pairs[0].different);
    assert!(tables(&far, Style::Terminal).contains("medians of peak memory are less than 512 KiB apart"));
}

#[test]
fn rounds_without_a_ratio_are_counted() {
    let with_zeros = |zeros: u32| {
        Summary::of(&study(&MODELS, 12, move |row| {
            if &*row.arm == "floor" && row.round < zeros {
                row.memory_bytes = Some(0);
            }
            true
        }))
    };
    let id = "s/c100/floor/memory_per_request_in_flight";
    let some = with_zeros(3);
    let ratio = some.figure(&format!("{id}_ratio")).unwrap();
    assert_eq!((ratio.rounds, ratio.left_out), (9, 3));
    assert!(ratio.low.is_some());
    assert_eq!(ratio.reason.as_deref(), Some("3 of 12 rounds are left out: a figure of 0 or below has no ratio"));
    assert_eq!(some.figure(id).unwrap().rounds, 12, "the median takes zeros as they are");
    let line = "floor / base by memory/in flight: 3 of 12 rounds are left out: a figure of 0 or below has no ratio.";
    assert!(tables(&some, Style::Terminal).contains(line));
    let all = with_zeros(12);
    let ratio = all.figure(&format!("{id}_ratio")).unwrap();
    assert_eq!((ratio.estimate, ratio.rounds), (None, 0));
    assert!(ratio.reason.as_ref().unwrap().starts_with("12 of 12 rounds are left out"), "{ratio:?}");
    let few = with_zeros(8);
    let reason = few.figure(&format!("{id}_ratio")).unwrap().reason.clone().unwrap();
    assert!(reason.starts_with("4 rounds: an interval needs 6; 8 of 12 rounds"), "{reason}");
}

#[test]
fn automatic_rounds_need_more_for_ranks_than_fixed_ones() {
    let mut auto = manifest(&MODELS, &[plain()]);
    auto.rounds = RoundsRule::Auto { precision: 0.02, budget_ns: 1 };
    let summary_of = |rounds| Summary::of(&of(auto.clone(), rounds, |_| true));
    // 3 pairs · 2 / 2^7 is 4.7 %: enough at 5 %, not at 3.5 %.
    let seven = summary_of(7);
    let excess = ranking(&seven, Metric::Excess);
    assert_eq!((excess.rounds_for_ranks, excess.tie_groups.is_some()), (8, false));
    assert!(ranking(&summary_of(8), Metric::Excess).tie_groups.is_some());
}

#[test]
fn a_model_that_never_counts_does_not_hold_automatic_rounds_up() {
    let flagged = |models: &'static [&'static str]| {
        Summary::of(&study(&MODELS, 12, move |row: &mut Row| {
            if models.contains(&&*row.arm) {
                row.flags = FlagSet::from_iter([Flag::ServerSaturated]);
            }
            true
        }))
    };
    // Every time of one model is left out; the other's are there.
    assert_eq!(wide(&flagged(&["a/b"]), 0.02), []);
    // All times but the baseline's, or the baseline's: nothing is known yet, and nothing is narrow.
    for models in [&["a/b", "floor"][..], &["base"]] {
        let waits: Vec<String> = wide(&flagged(models), 0.02).into_iter().map(|wide| wide.id).collect();
        assert_eq!(waits, ["s/c100/a/b/excess_ratio", "s/c100/floor/excess_ratio"]);
    }
}

#[test]
fn slopes_are_made_from_rounds_that_have_all_workloads() {
    let levels = |requests: fn(u64) -> u64| -> Vec<_> {
        [10, 100, 1000, 2000].map(|c| named(&format!("c{c}"), &Workload::new(requests(c), c, 50_000_000))).into()
    };
    // In rounds 0 to 3 the largest is missing, whose memory is not on the line of the others.
    let study = of(manifest(&MODELS, &levels(|c| c)), 12, |row| {
        let largest = row.ledger.is_some_and(|ledger| ledger.peak_in_flight == 2000);
        if largest && &*row.arm == "base" {
            row.memory_bytes = row.memory_bytes.map(|bytes| bytes * 2);
        }
        !(largest && row.round < 4)
    });
    let summary = Summary::of(&study);
    let group = &summary.machines[0].marginal_memory[0];
    assert_eq!((group.models[0].figure.rounds, group.models[0].figure.left_out), (8, 4));
    assert!(group.models[0].figure.low.unwrap() > 10_000.0, "{group:?}");
    let note = "The number of requests is not the same in these workloads";
    assert!(!group.same_requests && tables(&summary, Style::Terminal).contains(note));
    let same = Summary::of(&of(manifest(&MODELS, &levels(|_| 2000)), 6, |_| true));
    assert!(same.machines[0].marginal_memory[0].same_requests && !tables(&same, Style::Terminal).contains(note));
}
