//! The tables of a summary, for a terminal or a README.

use std::fmt::Write as _;

use inflight_record::Label;

use super::claims::claims_table;
use super::crawl::crawl_table;
use super::notes::notes;
use super::text::{NONE, counted, standing};
use super::yardstick::yardstick_table;
use super::{MachineSummary, MarginalMemory, ModelSummary, Summary, WorkloadSummary};
use crate::metric::{Metric, number};
use crate::style::{Style, describe, ideal_formula, machine};
use crate::units::duration;

/// The metrics whose tie letters stand in a row.
const LETTERS: [Metric; 3] = [Metric::Excess, Metric::CpuPerRequest, Metric::MemoryPerRequestInFlight];

/// The tables of every workload on every machine, with what they are and what was left out under each.
#[must_use]
pub fn tables(summary: &Summary, style: Style) -> String {
    let mut text = style.lines(&format!("{}: {}\n", summary.study, summary.question));
    text.push('\n');
    if summary.machines.is_empty() {
        text.push_str("No batch has been recorded yet.\n");
    }
    for machine in &summary.machines {
        for workload in &machine.workloads {
            let _ = writeln!(text, "{}", style.lines(&above(workload, machine)));
            text.push_str(&table(workload, summary, style));
            text.push_str(&crawl_table(workload, style));
            text.push_str(&yardstick_table(workload, style));
            text.push_str(&style.lines(&notes(workload, summary)));
            text.push('\n');
        }
        text.push_str(&claims_table(machine, style));
        for group in &machine.marginal_memory {
            text.push_str(&marginal(group, style));
            text.push('\n');
        }
    }
    text
}

/// The lines above a table: workload, ideal, rounds and placement, machine, build and days.
pub(crate) fn above(workload: &WorkloadSummary, on: &MachineSummary) -> String {
    let mut text = format!("{} · {}\n", workload.id, describe(&workload.workload));
    let _ = match workload.ideal_ns {
        Some(ideal) => {
            write!(text, "ideal {} ({}); ", duration(number(ideal)), ideal_formula(&workload.workload))
        }
        None => write!(text, "no ideal at D = 0; "),
    };
    text.push_str(&counted(workload.rounds, "round", "rounds"));
    if let Some(placed) = &on.placed {
        text.push_str(&placed.text());
    }
    if let Some(trips) = workload.round_trips {
        let _ = write!(text, "\n{}", trips.text());
    }
    let _ = writeln!(text, "\n{} · {}", machine(&on.machine, &on.software), on.dates);
    if let Some(server) = &on.server {
        let _ = writeln!(text, "server on {}", machine(&server.machine, &server.software));
    }
    text
}

fn table(workload: &WorkloadSummary, summary: &Summary, style: Style) -> String {
    let time = time(workload);
    let (time_ratio, cpu_ratio) = (format!("{} / baseline", time.title()), "CPU / baseline");
    let columns = [
        "model",
        time.title(),
        "efficiency",
        Metric::CpuPerRequest.title(),
        Metric::MemoryPerRequestInFlight.title(),
        Metric::LatencyFromStartP99.title(),
        &time_ratio,
        cpu_ratio,
        "tied: time · CPU · memory",
        "batches and flags",
    ];
    let mut table = style.table(&columns, 1);
    for model in in_order(workload, time) {
        table.add_row(row(model, workload, time, &summary.baseline, style));
    }
    style.text(&table)
}

/// The metric of time: excess, and makespan where there is no ideal.
pub(crate) fn time(workload: &WorkloadSummary) -> Metric {
    if workload.ideal_ns.is_some() { Metric::Excess } else { Metric::Makespan }
}

/// The floor first, the others by their medians, those without one last.
pub(crate) fn in_order(workload: &WorkloadSummary, time: Metric) -> Vec<&ModelSummary> {
    let key = |model: &ModelSummary| {
        let median = model.figure(time).and_then(|figure| figure.estimate);
        (model.label != Label::Floor, median.unwrap_or(f64::INFINITY))
    };
    let mut models: Vec<&ModelSummary> = workload.models.iter().collect();
    models.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    models
}

fn row(model: &ModelSummary, workload: &WorkloadSummary, time: Metric, baseline: &str, style: Style) -> Vec<String> {
    let figure = |metric| model.figure(metric).map_or_else(|| NONE.to_owned(), super::Figure::text);
    let ratio = |metric| match model.ratio(metric) {
        _ if model.model == baseline => "1 (baseline)".to_owned(),
        Some(figure) => figure.text(),
        None => NONE.to_owned(),
    };
    vec![
        style.name(&model.model),
        figure(time),
        figure(Metric::Efficiency),
        figure(Metric::CpuPerRequest),
        figure(Metric::MemoryPerRequestInFlight),
        figure(Metric::LatencyFromStartP99),
        ratio(time),
        ratio(Metric::CpuPerRequest),
        letters(model, workload),
        standing(&model.batches),
    ]
}

/// In which groups a model is that cannot be told apart, by time, CPU and memory.
pub(crate) fn letters(model: &ModelSummary, workload: &WorkloadSummary) -> String {
    let one = |metric: Metric| {
        let ranking = workload.rankings.iter().find(|ranking| ranking.metric == metric);
        ranking.and_then(|ranking| ranking.letters(&model.model)).unwrap_or_else(|| NONE.to_owned())
    };
    let letters = LETTERS.map(one);
    if letters.iter().all(|letters| letters == NONE) { NONE.to_owned() } else { letters.join(" · ") }
}

fn marginal(group: &MarginalMemory, style: Style) -> String {
    let above = format!("Marginal memory of {}, along {}\n", group.group, group.workloads.join(", "));
    let mut table = style.table(&["model", "memory/request more in flight", "rounds"], 1);
    for model in &group.models {
        table.add_row([style.name(&model.model), model.figure.text(), model.figure.rounds.to_string()]);
    }
    let requests = if group.same_requests { "" } else { NOTE_ON_REQUESTS };
    format!("{}\n{}{NOTE_ON_SLOPES}{requests}", style.lines(&above), style.text(&table))
}

const NOTE_ON_SLOPES: &str = "The slope of each round's least-squares line of peak memory over the peak in flight; median and limits over the rounds that have all workloads in which the model counted at all. Models whose peak does not at least double along the workloads, or does not grow from each C to the next, are left out.\n";

const NOTE_ON_REQUESTS: &str = "The number of requests is not the same in these workloads: what a client keeps for each request is in the slope too.\n";
