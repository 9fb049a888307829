//! A study's answer in three sentences: what is fastest, what it costs, what cannot be told. Every number is a figure.

mod extreme;

use inflight_record::Label;

use crate::axes::{self, Axis};
use crate::metric::{Metric, number};
use crate::style::describe;
use crate::summary::{Figure, MachineSummary, ModelSummary, Summary, WorkloadSummary, counted, time};
use crate::units::{duration, percent, three};
use extreme::{End, Extreme, and, code, contenders, extreme, ranked};

/// The answer of a study, as Markdown: a paragraph for each machine.
#[must_use]
pub fn answers(summary: &Summary) -> String {
    let mut text = String::new();
    if summary.machines.is_empty() {
        text.push_str("No batch has been recorded yet.\n");
    }
    for machine in &summary.machines {
        if summary.machines.len() > 1 {
            text += &format!("On {} (environment `{}`): ", machine.machine.title(), machine.environment_id);
        }
        text += &format!("{}\n\n", answer(summary, machine));
    }
    format!("{}\n", text.trim_end())
}

/// The answer that one machine gives, as Markdown.
#[must_use]
pub fn answer(summary: &Summary, machine: &MachineSummary) -> String {
    let workloads: Vec<_> = machine.workloads.iter().map(|it| &it.workload).collect();
    let axes = axes::varying(&workloads);
    let sentences = [fastest(machine, &axes), cheapest(machine, &axes), uncertain(summary, machine, &axes)];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Where the workload stands among those of the study, as a sentence goes on.
fn at(axes: &[Axis], workload: &WorkloadSummary) -> String {
    format!("at {}", axes::label(axes, &workload.workload))
}

fn floor(workload: &WorkloadSummary, metric: Metric) -> Option<(&ModelSummary, &Figure)> {
    let floor = workload.models.iter().find(|model| model.label == Label::Floor)?;
    floor.figure(metric).filter(|figure| figure.estimate.is_some()).map(|figure| (floor, figure))
}

/// Who comes closest to the ideal; where workloads vary, on the first and on the last of which most models have times.
fn fastest(machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    // At D = 0 no time is ranked: either side may be what is measured.
    let timed = machine.workloads.iter().filter(|workload| workload.ideal_ns.is_some());
    // Where most models have no times, who is left says nothing of the others.
    let (told, untold): (Vec<_>, Vec<_>) =
        timed.partition(|workload| ranked(workload, Metric::Excess).len() * 2 > contenders(workload));
    let (first, last) = (*told.first()?, *told.last()?);
    let untold: Vec<String> = untold.into_iter().map(|workload| at(axes, workload)).collect();
    let untold = match &untold[..] {
        [] => String::new(),
        some => format!("; {} most models have no usable times", and(some)),
    };
    if told.len() == 1 && axes.is_empty() {
        let floor = floor(first, Metric::Excess).map_or_else(String::new, |(floor, figure)| {
            format!("; the measured floor, {}, has {}", code(floor), figure.text())
        });
        return Some(format!(
            "With {}, {}{floor}{}{untold}.",
            describe(&first.workload),
            closest(first)?,
            slowest(first)
        ));
    }
    let one = |workload: &WorkloadSummary| {
        Some(format!("{} {}{}", at(axes, workload), closest(workload)?, slowest(workload)))
    };
    let ends = if told.len() == 1 { vec![first] } else { vec![first, last] };
    let ends: Vec<String> = ends.into_iter().filter_map(one).collect();
    Some(capital(&format!("{}{untold}.", ends.join("; "))))
}

/// The model of the least excess.
fn closest(workload: &WorkloadSummary) -> Option<String> {
    let Extreme { model, figure, beside } = extreme(workload, Metric::Excess, End::Least)?;
    let ideal = workload.ideal_ns.map(|ideal| duration(number(ideal)))?;
    let excess = figure.text();
    Some(format!("{model} comes closest to the ideal of {ideal}, with an excess of {excess}{beside}"))
}

/// The model of the most excess, with its makespan as a multiple of the ideal; and how many have no times.
fn slowest(workload: &WorkloadSummary) -> String {
    let slowest = extreme(workload, Metric::Excess, End::Most).and_then(|Extreme { model, beside, .. }| {
        let makespan = workload.models.iter().find(|it| code(it) == model)?.figure(Metric::Makespan)?;
        let times = three(makespan.estimate? / number(workload.ideal_ns?));
        Some(format!("; the slowest, {model}{beside}, takes {}, {times} × the ideal", makespan.text()))
    });
    let without = match contenders(workload) - ranked(workload, Metric::Excess).len() {
        0 => String::new(),
        some => format!("; {} no usable times there", counted(some, "model has", "models have")),
    };
    slowest.unwrap_or_default() + &without
}

/// What models cost, on the last workload that has costs; the floor beside them.
fn cheapest(machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    let metric = Metric::CpuPerRequest;
    let workload = machine.workloads.iter().rev().find(|workload| ranked(workload, metric).len() > 1)?;
    let (least, most) = (extreme(workload, metric, End::Least)?, extreme(workload, metric, End::Most)?);
    let beside = |metric| {
        floor(workload, metric).map_or_else(String::new, |(_, figure)| format!(" (the floor: {})", figure.text()))
    };
    let memory = ranked(workload, Metric::PeakMemory);
    // No ranks are made of it: its ends are the ends of the medians.
    let memory = match (memory.first(), memory.last()) {
        (Some((low, lower)), Some((high, higher))) if memory.len() > 1 => format!(
            "; medians of peak memory go from {} with {} to {} with {}{}",
            lower.text(),
            code(low),
            higher.text(),
            code(high),
            beside(Metric::PeakMemory)
        ),
        _ => String::new(),
    };
    let place = if axes.is_empty() { "A".to_owned() } else { format!("{} a", capital(&at(axes, workload))) };
    Some(format!(
        "{place} request takes the least CPU with {}, {}{}, and the most with {}, {}{}{}{memory}.",
        least.model,
        least.figure.text(),
        least.beside,
        most.model,
        most.figure.text(),
        most.beside,
        beside(metric)
    ))
}

/// What the baseline against itself says, which difference would be found, and what was left out.
fn uncertain(summary: &Summary, machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    let said: Vec<_> = machine
        .workloads
        .iter()
        .filter_map(|workload| {
            let again = workload.controls.again.iter().find(|again| again.metric == time(workload))?;
            Some((workload, again, again.half_width?))
        })
        .collect();
    let (all, left_out) = batches(machine);
    let kept = format!("{left_out} of {all} batches are left out of the times by rule");
    let Some((workload, again, _)) = said.iter().max_by(|a, b| a.2.total_cmp(&b.2)) else {
        return (all > 0).then(|| format!("What is noise is not known: the control arms have no interval; {kept}."));
    };
    let place = match (axes, machine.workloads.len() - said.len()) {
        ([], _) => String::new(),
        (_, 0) => format!(" {}, where the noise is greatest,", at(axes, workload)),
        (_, some) => format!(
            " {}, the noisiest that has an interval ({} none),",
            at(axes, workload),
            counted(some, "workload has", "workloads have")
        ),
    };
    let smallest = again.smallest_detectable.map_or_else(String::new, |share| {
        format!(
            ", so that one comparison planned beforehand, of models as noisy as it, finds a difference of {} nine times of ten",
            percent(share)
        )
    });
    Some(format!(
        "The baseline `{}` against itself gives{place} a ratio of {} in {}{smallest}; {kept}.",
        summary.baseline,
        again.ratio.text(),
        again.metric.title(),
    ))
}

/// All batches of models, and those whose times are not used.
fn batches(machine: &MachineSummary) -> (usize, usize) {
    let all = || machine.workloads.iter().flat_map(|workload| &workload.models).map(|model| &model.batches);
    let count: usize = all().map(|batches| batches.all).sum();
    (count, count - all().map(|batches| batches.times).sum::<usize>())
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use inflight_record::{Outcome, Row, Workload};

    use super::*;
    use crate::fixture::{manifest, named, of, study};
    use crate::study::StudyRecords;

    const MODELS: [&str; 4] = ["base", "second", "third", "floor"];

    fn said(study: &StudyRecords) -> String {
        let summary = Summary::of(study);
        answer(&summary, &summary.machines[0])
    }

    #[test]
    fn the_least_excess_is_named_with_its_interval_and_the_floor_apart() {
        let text = said(&study(&MODELS, 12, |_| true));
        assert!(text.starts_with("With 100 requests, 100 in flight"), "{text}");
        assert!(text.contains("`base` comes closest to the ideal of 50.0 ms, with an excess of 1.00 ms ("), "{text}");
        assert!(text.contains("the measured floor, `floor`, has 4.0"), "{text}");
        assert!(text.contains("the slowest, `third`") && text.contains("1.06 × the ideal"), "{text}");
        assert!(text.contains("the least CPU with `base`, 10.0 µs"), "{text}");
        assert!(text.contains("against itself gives a ratio of") && text.contains("0 of 48 batches"), "{text}");
    }

    #[test]
    fn a_tie_is_a_tie_only_where_rounds_could_have_told() {
        // As the baseline does: nothing is between them but the noise of the rounds.
        let twin = |row: &mut Row| {
            if &*row.arm == "second" {
                row.makespan_ns = row.makespan_ns.map(|it| it - 1_000 * 1_000);
            }
            true
        };
        let text = said(&study(&MODELS, 12, twin));
        assert!(text.contains("not to be told apart from `"), "{text}");
        let text = said(&study(&MODELS, 12, |row| twin(row) && (&*row.arm != "second" || row.round < 5)));
        assert!(text.contains("1 model has too few rounds to be ranked beside it"), "{text}");
        let text = said(&study(&MODELS, 2, |_| true));
        assert!(text.contains("(no ranks: 2 paired rounds: 6 pairs of models need 8)"), "{text}");
        assert!(text.contains("What is noise is not known"), "{text}");
    }

    #[test]
    fn along_an_axis_its_ends_are_told() {
        let levels: Vec<_> =
            [10, 100, 1000].map(|c| named(&format!("c{c}"), &Workload::new(2 * c, c, 50_000_000))).into();
        let text = said(&of(manifest(&MODELS, &levels), 12, |_| true));
        assert!(text.starts_with("At C = 10 `base`") && text.contains("; at C = 1000 `base`"), "{text}");
        assert!(text.contains("At C = 1000 a request takes"), "{text}");
    }

    #[test]
    fn without_a_batch_that_counts_nothing_is_claimed() {
        let failed = |row: &mut Row| {
            row.outcome = Outcome::Failed;
            true
        };
        let text = said(&study(&MODELS, 12, failed));
        assert_eq!(
            text,
            "What is noise is not known: the control arms have no interval; 48 of 48 batches are left out of the times by rule."
        );
        assert_eq!(said(&study(&["base"], 1, |_| true)).matches("`base`").count(), 1);
    }
}
