//! The sentence that says what a figure is, and under which circumstances.

use crate::style::describe;
use crate::summary::{
    Batches, Entry, Figure, MachineSummary, MarginalMemory, Metric, OVER, Of, PlacedSummary, Summary, crawl_phrase,
    in_percent, limits, standing, value,
};

/// The figure with its interval, model, workload, machine, days and build.
pub(super) fn sentence(summary: &Summary, entry: &Entry<'_>) -> String {
    format!(
        "{} {}, {}, {}.",
        capital(&subject(summary, entry)),
        verdict(summary, entry),
        workload(entry.of),
        circumstances(entry.machine),
    )
}

/// On which machine, on which days and with which build a figure was measured.
pub(crate) fn circumstances(on: &MachineSummary) -> String {
    let build = &on.software;
    let profile = match build.profile.as_str() {
        "release" => String::new(),
        other => format!(" in a {other} build, whose figures are not to be cited"),
    };
    format!(
        "on {}, measured {} with inflight {} at commit {}{profile}",
        machine(on),
        when(on),
        build.inflight,
        build.commit,
    )
}

/// What the figure is of: `the excess of raw-epoll`.
pub(super) fn subject(summary: &Summary, entry: &Entry<'_>) -> String {
    let (name, arm) = (entry.figure.metric.as_str(), entry.arm);
    let metric = |name: &str| {
        let known = Metric::ALL.into_iter().find(|metric| metric.as_str() == name);
        known.map(phrase).or_else(|| crawl_phrase(name)).unwrap_or(name).to_owned()
    };
    let baseline = &summary.baseline;
    if let Some(of) = name.strip_suffix("_ratio") {
        return format!("the {} of {arm}, divided by that of {baseline} in the same round,", metric(of));
    }
    if let Some(of) = name.strip_suffix("_difference") {
        return format!("the {} of {arm}, less that of {baseline} in the same round,", metric(of));
    }
    if let Some(fast) = name.strip_prefix(OVER) {
        return format!("the makespan of {arm}, divided by that of {fast} in the same round,");
    }
    match entry.of {
        Of::Workload(_) => format!("the {} of {arm}", metric(name)),
        Of::Workloads(_) => format!("the peak memory of {arm} for each request more in flight"),
    }
}

/// A metric in a sentence.
pub(crate) fn phrase(metric: Metric) -> &'static str {
    match metric {
        Metric::CpuPerRequest => "CPU time per request",
        Metric::MemoryPerRequestInFlight => "peak memory per request in flight",
        Metric::LatencyFromStartP50 => "median latency from the batch's start",
        Metric::LatencyFromStartP99 => "99th percentile of latency from the batch's start",
        Metric::LatencyFromSendP50 => "median latency from send",
        Metric::LatencyFromSendP99 => "99th percentile of latency from send",
        Metric::Threads => "peak number of threads",
        Metric::Connections => "number of connections",
        Metric::MeanInFlight => "mean number of requests in flight",
        Metric::Excess | Metric::Efficiency | Metric::Makespan | Metric::PeakMemory => metric.title(),
    }
}

/// The estimate with its interval and rounds, or why there is none.
fn verdict(summary: &Summary, entry: &Entry<'_>) -> String {
    let figure = entry.figure;
    let mut notes = Vec::new();
    let Some(estimate) = figure.estimate else {
        notes.extend(figure.reason.clone());
        notes.extend(unusable(entry).map(|batches| format!("its batches: {}", standing(batches))));
        return format!("has no estimate ({})", notes.join("; "));
    };
    notes.extend(
        figure.limits().map(|between| {
            format!("{} % interval {}", in_percent(summary.level), limits(figure.unit, estimate, between))
        }),
    );
    notes.push(rounds(figure, entry.of));
    notes.extend(figure.reason.clone());
    notes.extend(doubt(entry).map(str::to_owned));
    format!("was {} ({})", value(figure.unit, estimate), notes.join("; "))
}

fn rounds(figure: &Figure, of: Of<'_>) -> String {
    let metric = &figure.metric;
    let paired = metric.ends_with("_ratio") || metric.ends_with("_difference") || metric.starts_with(OVER);
    let what = match of {
        _ if paired => "Hodges–Lehmann estimate",
        Of::Workload(_) => "median",
        Of::Workloads(_) => "median of the slopes",
    };
    let plural = if figure.rounds == 1 { "" } else { "s" };
    let left_out = if figure.left_out == 0 { "none".to_owned() } else { figure.left_out.to_string() };
    format!("{what} of {} round{plural}, {left_out} left out", figure.rounds)
}

/// The batches of the model, where some of them say why there is no figure; a control arm is no model.
fn unusable<'a>(entry: &Entry<'a>) -> Option<&'a Batches> {
    let Of::Workload(workload) = entry.of else { return None };
    let batches = workload.models.iter().find(|model| model.model == entry.arm).map(|model| &model.batches);
    batches.filter(|batches| some_left_out(batches))
}

/// Whether batches of a model are left out of anything.
pub(crate) fn some_left_out(batches: &Batches) -> bool {
    batches.times.min(batches.costs) < batches.all
}

/// Why models are not compared by this figure, where they are not.
fn doubt(entry: &Entry<'_>) -> Option<&'static str> {
    let Of::Workload(workload) = entry.of else { return None };
    let name = entry.figure.metric.split("_ratio").next()?;
    Metric::ALL.into_iter().find(|metric| metric.as_str() == name)?.unranked(&workload.workload)
}

fn workload(of: Of<'_>) -> String {
    match of {
        Of::Workload(workload) => format!("for {}", describe(&workload.workload)),
        Of::Workloads(MarginalMemory { workloads, same_requests, .. }) => {
            let grows = if *same_requests { "" } else { ", whose number of requests grows with it" };
            format!("along workloads of rising concurrency{grows} ({})", workloads.join(", "))
        }
    }
}

fn machine(on: &MachineSummary) -> String {
    let machine = &on.machine;
    let placed = on.placed.as_ref().map_or_else(String::new, PlacedSummary::text);
    format!("{} with {} ({}, Linux {}{placed})", machine.title(), machine.cpus_text(), machine.os, machine.kernel)
}

fn when(on: &MachineSummary) -> String {
    let dates = &on.dates;
    if dates.first == dates.last { format!("on {dates}") } else { format!("from {dates}") }
}

/// The same, beginning a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
