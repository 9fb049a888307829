//! A study's answer in three sentences: what is fastest, what it costs, what cannot be told. Every number is a figure.

use inflight_record::Label;

use crate::axes::{self, Axis};
use crate::metric::{Metric, number};
use crate::style::describe;
use crate::summary::{Figure, MachineSummary, ModelSummary, Summary, WorkloadSummary, counted, time};
use crate::units::{duration, percent};

/// The answer of a study, as Markdown: a paragraph for each machine.
#[must_use]
pub fn answers(summary: &Summary) -> String {
    let mut text = String::new();
    if summary.machines.is_empty() {
        text.push_str("No batch has been recorded yet.\n");
    }
    for machine in &summary.machines {
        if summary.machines.len() > 1 {
            text += &format!("On {} (environment `{}`): ", machine.machine.cpu_model, machine.environment_id);
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

/// Where the workload stands among those of the study, as a sentence begins or goes on.
fn at(axes: &[Axis], workload: &WorkloadSummary) -> String {
    format!("at {}", axes::label(axes, &workload.workload))
}

/// Models other than the floor that have the figure, the least first.
fn ranked(workload: &WorkloadSummary, metric: Metric) -> Vec<(&ModelSummary, &Figure)> {
    let figures = workload.models.iter().filter(|model| model.label != Label::Floor);
    let mut ranked: Vec<(&ModelSummary, &Figure)> = figures
        .filter_map(|model| Some((model, model.figure(metric)?)))
        .filter(|(_, figure)| figure.estimate.is_some())
        .collect();
    ranked.sort_by(|a, b| {
        let estimate = |it: &Figure| it.estimate.unwrap_or(f64::INFINITY);
        estimate(a.1).total_cmp(&estimate(b.1)).then(a.0.model.cmp(&b.0.model))
    });
    ranked
}

/// How many models take part; the floor does not.
fn contenders(workload: &WorkloadSummary) -> usize {
    workload.models.iter().filter(|model| model.label != Label::Floor).count()
}

/// How many of them have no usable times, where there are such.
fn without_times(workload: &WorkloadSummary) -> String {
    match contenders(workload) - ranked(workload, time(workload)).len() {
        0 => String::new(),
        some => format!("; {} no usable times there", counted(some, "model has", "models have")),
    }
}

fn floor(workload: &WorkloadSummary, metric: Metric) -> Option<(&ModelSummary, &Figure)> {
    let floor = workload.models.iter().find(|model| model.label == Label::Floor)?;
    floor.figure(metric).filter(|figure| figure.estimate.is_some()).map(|figure| (floor, figure))
}

fn code(model: &ModelSummary) -> String {
    format!("`{}`", model.model)
}

/// `a`, `b` and `c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// The best model, what is said of the others beside it, and its figure.
fn best(workload: &WorkloadSummary, metric: Metric) -> Option<(String, String, &Figure)> {
    let ranked = ranked(workload, metric);
    let (first, figure) = *ranked.first()?;
    let ranking = workload.rankings.iter().find(|ranking| ranking.metric == metric);
    let Some(ranking) = ranking.filter(|ranking| ranking.tie_groups.is_some()) else {
        return Some((code(first), " (too few rounds for ranks)".to_owned(), figure));
    };
    let (mut tied, mut unknown) = (Vec::new(), 0);
    for (other, _) in &ranked[1..] {
        match ranking.pairs.iter().find(|pair| pair.is_of(&first.model, &other.model)) {
            Some(pair) if pair.different => {}
            Some(pair) if pair.rounds >= ranking.rounds_for_ranks => tied.push(code(other)),
            // Not different, and could not have been: that is no tie.
            _ => unknown += 1,
        }
    }
    let mut said = if tied.is_empty() { String::new() } else { format!(", not to be told apart from {}", and(&tied)) };
    if unknown > 0 {
        said += &format!(" ({} too few rounds to be ranked beside it)", counted(unknown, "model has", "models have"));
    }
    Some((code(first), said, figure))
}

/// Who comes closest to the ideal; where workloads vary, on the first and on the last.
fn fastest(machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    // Where most models have no times, who is left says nothing of the others.
    let most = |workload: &&WorkloadSummary| ranked(workload, time(workload)).len() * 2 > contenders(workload);
    let with_times: Vec<&WorkloadSummary> = machine.workloads.iter().filter(most).collect();
    let (first, last) = (*with_times.first()?, *with_times.last()?);
    if with_times.len() == 1 {
        let (model, tied, figure) = best(first, time(first))?;
        let floor = floor(first, time(first)).map_or_else(String::new, |(floor, figure)| {
            format!("; the measured floor, {}, has {}", code(floor), figure.text())
        });
        let slowest = slowest(first).map_or_else(String::new, |text| format!("; {text}"));
        let held = describe(&first.workload);
        let without = without_times(first);
        return Some(format!("With {held}, {model} {}{tied}{floor}{slowest}{without}.", closest(first, figure)));
    }
    let one = |workload: &WorkloadSummary| {
        let (model, tied, figure) = best(workload, time(workload))?;
        let slowest = slowest(workload).map_or_else(String::new, |text| format!("; {text}"));
        let without = without_times(workload);
        Some(format!("{} {model} {}{tied}{slowest}{without}", at(axes, workload), closest(workload, figure)))
    };
    let both: Vec<String> = [first, last].into_iter().filter_map(one).collect();
    Some(capital(&format!("{}.", both.join("; "))))
}

fn closest(workload: &WorkloadSummary, figure: &Figure) -> String {
    match workload.ideal_ns {
        Some(ideal) => {
            format!("comes closest to the ideal of {}, with an excess of {}", duration(number(ideal)), figure.text())
        }
        None => format!("has the least makespan, {}", figure.text()),
    }
}

/// The slowest model, as a multiple of the ideal.
fn slowest(workload: &WorkloadSummary) -> Option<String> {
    let ranked = ranked(workload, Metric::Makespan);
    let (model, figure) = ranked.last().filter(|_| ranked.len() > 1)?;
    let times = figure.estimate.zip(workload.ideal_ns).map(|(makespan, ideal)| makespan / number(ideal));
    let times = times.map_or_else(String::new, |times| format!(", {} × the ideal", crate::units::three(times)));
    Some(format!("the slowest, {}, takes {}{times}", code(model), figure.text()))
}

/// Who costs least and most, on the last workload that has costs; the floor beside them.
fn cheapest(machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    let metric = Metric::CpuPerRequest;
    let workload = machine.workloads.iter().rev().find(|workload| ranked(workload, metric).len() > 1)?;
    let cpu = span(workload, metric, "the least CPU", "the most")?;
    let floor =
        floor(workload, metric).map_or_else(String::new, |(_, figure)| format!(" (the floor {})", figure.text()));
    let memory = span(workload, Metric::PeakMemory, "the least memory", "the most")
        .map_or_else(String::new, |text| format!("; the batch takes {text}"));
    let place = if axes.is_empty() { "Each".to_owned() } else { format!("{} each", capital(&at(axes, workload))) };
    Some(format!("{place} request takes {cpu}{floor}{memory}."))
}

fn span(workload: &WorkloadSummary, metric: Metric, least: &str, most: &str) -> Option<String> {
    let ranked = ranked(workload, metric);
    let ((low_model, low), (high_model, high)) = (ranked.first()?, ranked.last().filter(|_| ranked.len() > 1)?);
    Some(format!(
        "{least} with {}, {}, and {most} with {}, {}",
        code(low_model),
        low.text(),
        code(high_model),
        high.text()
    ))
}

/// What the baseline against itself says, which difference would be found, and what was left out.
fn uncertain(summary: &Summary, machine: &MachineSummary, axes: &[Axis]) -> Option<String> {
    let noisiest = machine
        .workloads
        .iter()
        .filter_map(|workload| {
            let again = workload.controls.again.iter().find(|again| again.metric == time(workload))?;
            Some((workload, again, again.half_width?))
        })
        .max_by(|a, b| a.2.total_cmp(&b.2));
    let (all, left_out) = batches(machine);
    let kept = format!("{left_out} of {all} batches are left out of the times by rule");
    let Some((workload, again, _)) = noisiest else {
        return (all > 0).then(|| format!("What is noise is not known: the control arms have no interval; {kept}."));
    };
    let place =
        if axes.is_empty() { String::new() } else { format!(" {}, where the noise is greatest,", at(axes, workload)) };
    let smallest = again.smallest_detectable.map_or_else(String::new, |share| {
        format!(", and a difference of {} would be found nine times of ten", percent(share))
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
        assert!(text.contains("(too few rounds for ranks)") && text.contains("What is noise is not known"), "{text}");
    }

    #[test]
    fn along_an_axis_its_ends_are_told() {
        let levels: Vec<_> =
            [10, 100, 1000].map(|c| named(&format!("c{c}"), &Workload::new(2 * c, c, 50_000_000))).into();
        let text = said(&of(manifest(&MODELS, &levels), 12, |_| true));
        assert!(text.starts_with("At C = 10 `base`") && text.contains("; at C = 1000 `base`"), "{text}");
        assert!(text.contains("At C = 1000 each request takes"), "{text}");
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
