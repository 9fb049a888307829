//! The answer: which model has the least of a metric, and which cannot be told apart from it.

use std::collections::BTreeSet;

use inflight_record::Label;
use serde::Serialize;

use crate::metric::{Metric, Unit};
use crate::summary::{Pair, Ranking, WorkloadSummary, time, with_limits};

/// The answer by one metric under one workload. Models by their ids.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Answer<'a> {
    /// The metric.
    pub(super) metric: &'static str,
    /// The model with the least median, the floor apart: nobody would use it. The floor where there is nothing else.
    pub(super) best: &'a str,
    /// Those that cannot be told apart from the best one, by their medians; the floor is not among them.
    pub(super) tied: Vec<Distance<'a>>,
    /// Those of the same letter that share so few rounds with the best one that no test could tell them apart.
    pub(super) unsettled: Vec<Distance<'a>>,
    /// The first one that can be told apart, or that comes next where there are no ranks; with how many times the best
    /// one's figure it has.
    pub(super) next: Option<Distance<'a>>,
    /// The floor, and how many times its figure the best one has.
    pub(super) floor: Option<Distance<'a>>,
    /// How many paired rounds a rank needs.
    pub(super) needed: usize,
    /// Why nothing is said of ties, where there are no ranks.
    pub(super) unranked: Option<&'a str>,
}

/// How far one model lies from another.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Distance<'a> {
    /// The other one.
    pub(super) model: &'a str,
    /// The ratio with its limits, above 1 where the one that is named second has less.
    pub(super) times: Option<String>,
    /// Whether the two can be told apart.
    pub(super) different: bool,
    /// Whether they cannot be for want of rounds.
    pub(super) unsettled: bool,
    /// In how many rounds both may be used.
    pub(super) rounds: usize,
}

/// The answers by time, CPU and memory, as far as the workload has these metrics and a model its figure.
pub(super) fn answers(workload: &WorkloadSummary) -> Vec<Answer<'_>> {
    let metrics = [time(workload), Metric::CpuPerRequest, Metric::MemoryPerRequestInFlight];
    let ranking = |metric| workload.rankings.iter().find(move |ranking| ranking.metric == metric);
    metrics.into_iter().filter_map(|metric| answer(workload, ranking(metric)?)).collect()
}

fn answer<'a>(workload: &'a WorkloadSummary, ranking: &'a Ranking) -> Option<Answer<'a>> {
    let is_floor = |id: &str| workload.models.iter().any(|model| model.model == id && model.label == Label::Floor);
    let used: Vec<&str> = ranking.order.iter().map(String::as_str).filter(|id| !is_floor(id)).collect();
    let best = used.first().copied().or_else(|| ranking.order.first().map(String::as_str))?;
    let tied_with_best: BTreeSet<&str> = ranking
        .tie_groups
        .iter()
        .flatten()
        .filter(|group| group.iter().any(|id| id == best))
        .flat_map(|group| group.iter().map(String::as_str))
        .collect();
    let others = || used.iter().copied().filter(|id| *id != best);
    let next = others().find(|id| !tied_with_best.contains(id));
    let floor = ranking.order.iter().map(String::as_str).find(|id| is_floor(id) && *id != best);
    let like = others().filter(|id| tied_with_best.contains(id)).map(|id| distance(ranking, id, best, id));
    let (unsettled, tied): (Vec<_>, Vec<_>) = like.partition(|it| it.unsettled);
    Some(Answer {
        metric: ranking.metric.as_str(),
        best,
        tied,
        unsettled,
        next: next.map(|id| distance(ranking, id, best, id)),
        needed: ranking.rounds_for_ranks,
        floor: floor.map(|id| distance(ranking, best, id, id)),
        unranked: ranking.reason.as_deref(),
    })
}

/// How many times the figure of `below` that of `above` is; `named` is the one that the reader does not know yet.
fn distance<'a>(ranking: &Ranking, above: &str, below: &str, named: &'a str) -> Distance<'a> {
    let pair = |a: &str, b: &str| ranking.pairs.iter().find(|pair| pair.a == a && pair.b == b);
    let found = pair(above, below).map(|pair| (pair, false)).or_else(|| pair(below, above).map(|pair| (pair, true)));
    // Not different, and could not have been: that is no tie.
    let short = |pair: &Pair| !pair.different && pair.rounds < ranking.rounds_for_ranks;
    Distance {
        model: named,
        times: found.and_then(|(pair, turned)| times(pair, turned)),
        different: found.is_some_and(|(pair, _)| pair.different),
        unsettled: found.is_some_and(|(pair, _)| short(pair)),
        rounds: found.map_or(0, |(pair, _)| pair.rounds),
    }
}

fn times(pair: &Pair, turned: bool) -> Option<String> {
    let limits = pair.low.zip(pair.high);
    let (ratio, limits) = if turned {
        (1.0 / pair.ratio?, limits.map(|(low, high)| (1.0 / high, 1.0 / low)))
    } else {
        (pair.ratio?, limits)
    };
    ratio.is_finite().then(|| with_limits(Unit::Ratio, ratio, limits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::study;
    use crate::summary::Summary;

    fn of(models: &[&str], rounds: u32, change: impl Fn(&mut inflight_record::Row) -> bool) -> Summary {
        Summary::of(&study(models, rounds, change))
    }

    fn first(summary: &Summary) -> Vec<Answer<'_>> {
        answers(&summary.machines[0].workloads[0])
    }

    #[test]
    fn the_floor_is_the_measure_and_not_the_answer() {
        // Costs grow with the place: the floor has the least.
        let summary = of(&["floor", "a", "b"], 12, |_| true);
        let answers = first(&summary);
        let metrics: Vec<_> = answers.iter().map(|answer| answer.metric).collect();
        assert_eq!(metrics, ["excess", "cpu_per_request", "memory_per_request_in_flight"]);
        let by_cpu = &answers[1];
        assert_eq!((by_cpu.best, by_cpu.tied.len(), by_cpu.unranked), ("a", 0, None));
        let next = by_cpu.next.as_ref().unwrap();
        assert_eq!((next.model, next.different), ("b", true));
        assert!(next.times.as_ref().unwrap().starts_with("1.49"), "{next:?}");
        let floor = by_cpu.floor.as_ref().unwrap();
        assert!(floor.model == "floor" && floor.times.as_ref().unwrap().starts_with("2.00"), "{floor:?}");
    }

    #[test]
    fn who_cannot_be_told_apart_is_named_in_order() {
        let summary = of(&["base", "same", "other"], 12, |row| {
            if &*row.arm == "same" {
                row.cpu_ns = row.cpu_ns.map(|cpu| cpu / 2);
            }
            true
        });
        let by_cpu = &first(&summary)[1];
        let both: BTreeSet<&str> = by_cpu.tied.iter().map(|it| it.model).chain([by_cpu.best]).collect();
        assert_eq!(both, BTreeSet::from(["base", "same"]));
        assert_eq!((by_cpu.next.as_ref().unwrap().model, by_cpu.floor.is_none()), ("other", true));
    }

    #[test]
    fn without_ranks_nothing_is_said_of_ties() {
        let summary = of(&["base", "a", "b"], 4, |_| true);
        let by_time = &first(&summary)[0];
        assert_eq!((by_time.best, by_time.tied.len(), by_time.unsettled.len()), ("base", 0, 0));
        assert_eq!(by_time.next.as_ref().unwrap().model, "a");
        assert!(by_time.unranked.unwrap().contains("4 paired rounds"), "{by_time:?}");
    }

    #[test]
    fn who_lacks_rounds_is_not_called_tied() {
        let summary = of(&["base", "a", "b"], 12, |row| !(&*row.arm == "a" && row.round > 5));
        let by_cpu = &first(&summary)[1];
        assert_eq!((by_cpu.best, by_cpu.tied.len(), by_cpu.needed), ("base", 0, 7));
        let lacks = &by_cpu.unsettled[0];
        assert_eq!((lacks.model, lacks.rounds, lacks.different), ("a", 6, false));
        assert!(lacks.times.as_ref().unwrap().starts_with("2.00"), "{lacks:?}");
        assert_eq!(by_cpu.next.as_ref().unwrap().model, "b");
    }

    #[test]
    fn a_floor_alone_and_no_figure_at_all() {
        let alone = of(&["floor"], 12, |_| true);
        assert_eq!(first(&alone)[0].best, "floor");
        let none = of(&["base", "a"], 12, |row| {
            row.outcome = inflight_record::Outcome::Failed;
            true
        });
        assert_eq!(first(&none), []);
    }
}
