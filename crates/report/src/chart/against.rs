//! A metric against what workloads differ in: makespan, excess and the like along concurrency, delay, requests or body.

use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::group::{Dim, Group};
use super::lines::{Across, Line, Lines, Point, Reference, Up, UpKind};
use super::scale::Tick;
use super::select::{Candidate, select};
use crate::metric::{Metric, Unit, number};
use crate::summary::WorkloadSummary;
use crate::units::{bytes, duration, percent};

/// More lines than this are not told apart.
const MOST: usize = 14;

/// The metrics that answer what a study along this asks.
fn metrics(group: &Group<'_>) -> &'static [Metric] {
    let limited = group.workloads.iter().any(|it| it.workload.capacity.is_some());
    match group.dim {
        // With a limited server the price of more in flight is the wait of each request.
        Dim::Concurrency if limited => {
            &[Metric::Makespan, Metric::LatencyFromSendP99, Metric::Excess, Metric::CpuPerRequest]
        }
        Dim::Concurrency => &[Metric::Makespan, Metric::Excess, Metric::CpuPerRequest],
        Dim::Delay => &[Metric::Makespan, Metric::Efficiency, Metric::Excess],
        Dim::Requests => &[Metric::Makespan, Metric::Excess, Metric::CpuPerRequest, Metric::PeakMemory],
        Dim::Body => &[Metric::Makespan, Metric::Excess, Metric::CpuPerRequest],
    }
}

/// The metric at the beginning of a title.
pub(super) fn title(metric: Metric) -> &'static str {
    match metric {
        Metric::Excess => "Excess over the ideal",
        Metric::Efficiency => "Efficiency",
        Metric::Makespan => "Makespan",
        Metric::CpuPerRequest => "CPU time per request",
        Metric::PeakMemory => "Peak memory",
        Metric::LatencyFromSendP99 => "99th percentile of latency from send",
        other => other.title(),
    }
}

/// The metric along its axis.
pub(super) fn axis(metric: Metric) -> &'static str {
    match metric {
        Metric::Excess => "excess: makespan − ideal",
        Metric::Efficiency => "efficiency: ideal / makespan",
        Metric::Makespan => "makespan of a batch",
        Metric::CpuPerRequest => "CPU time of the worker per request",
        Metric::PeakMemory => "peak memory above the harness's own",
        Metric::LatencyFromSendP99 => "latency from send, 99th percentile",
        other => other.title(),
    }
}

/// A figure in words, without its limits.
pub(super) fn words(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ns => duration(value),
        Unit::Bytes => bytes(value),
        Unit::Share => percent(value),
        Unit::Count | Unit::Ratio => crate::units::three(value),
    }
}

/// All charts along a group of workloads.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, group: &Group<'_>) {
    for metric in metrics(group) {
        one(gallery, site, group, *metric);
    }
}

fn one(gallery: &mut Gallery, site: Site<'_>, group: &Group<'_>, metric: Metric) {
    let kind = format!("{}-against-{}", metric.as_str().replace('_', "-"), group.dim.word());
    let name = [kind.as_str(), &group.name];
    let up = match metric {
        Metric::Efficiency => UpKind::FromZero,
        Metric::CpuPerRequest | Metric::PeakMemory => UpKind::AsNeeded { from_zero: true },
        _ => UpKind::Log,
    };
    let lines = lines(site, group, metric);
    if lines.is_empty() {
        let reason = caption::left_out(&group.workloads, metric);
        return gallery.without(site, &name, format!("no model has the figure. {reason}"));
    }
    let candidates = lines.iter().map(|line| Candidate::new(site, &line.name, last(line).map_or(f64::NAN, |it| it.y)));
    let (kept, dropped) = select(candidates.collect(), MOST);
    let lines: Vec<Line> = kept.into_iter().filter_map(|place| lines.get(place).cloned()).collect();
    let below = if up == UpKind::Log { below_zero(&lines) } else { String::new() };
    let greatest = group.workloads.last().map_or_else(String::new, |it| group.level(&it.workload));
    let ends: Vec<(String, f64, String)> =
        lines.iter().filter_map(|it| Some((it.name.clone(), last(it)?.y, it.note.clone()))).collect();
    let references = references(group, metric);
    let means = match references.first() {
        None => "",
        Some(_) if metric == Metric::Makespan => "The dashed line is the ideal, which no client can beat.",
        Some(_) => "The dashed line is the delay, below which no answer can come.",
    };
    let ticks: Vec<Tick> = group
        .workloads
        .iter()
        .filter(|it| metric.absent(&it.workload).is_none())
        .map(|it| Tick { value: group.dim.of(&it.workload), label: group.level(&it.workload) })
        .collect();
    let chart = Lines {
        across: Across { title: group.dim.axis().to_owned(), log: true, ticks, ends: None },
        up: Up { title: axis(metric).to_owned(), unit: metric.unit(), kind: up, until: f64::INFINITY },
        lines,
        references,
        height: 320.0,
    };
    let draft = Draft {
        title: format!("{} against {}", title(metric), group.dim.word()),
        subtitle: group.describe(),
        caption: caption::of(&[
            &caption::figures(site, &group.workloads, metric, "whiskers, where wider than the marker"),
            means,
            "Figures beside the names: at the right end of each line.",
            &chart.remarks(),
            &below,
            &dropped,
            &caption::left_out(&group.workloads, metric),
            &caption::site(site),
        ]),
        alt: format!(
            "Line chart of {} models: {} at {} = {greatest} {}.",
            chart.lines.len(),
            axis(metric),
            group.dim.letter(),
            caption::extremes(&ends),
        ),
    };
    gallery.add(site, &name, draft, |sheet| chart.draw(sheet));
}

/// A line for each model that has the figure under one of the workloads.
fn lines(site: Site<'_>, group: &Group<'_>, metric: Metric) -> Vec<Line> {
    let models = group.workloads.first().map_or(&[][..], |it| it.models.as_slice());
    let point = |workload: &&WorkloadSummary, model: &str| {
        let figure = workload.models.iter().find(|it| it.model == model)?.figure(metric)?;
        let x = group.dim.of(&workload.workload);
        Some(Point { x, y: figure.estimate?, limits: figure.limits(), marked: true })
    };
    let lines = models.iter().map(|model| Line {
        name: model.model.clone(),
        note: String::new(),
        look: site.looks.get(&model.model),
        points: group.workloads.iter().map(|workload| point(workload, &model.model)).collect(),
        fit: None,
    });
    let rightmost = group.workloads.last().map_or(0.0, |it| group.dim.of(&it.workload));
    let noted = lines.filter_map(|line| {
        let last = last(&line)?;
        let at = if last.x < rightmost {
            format!(" ({} = {})", group.dim.letter(), super::scale::label(last.x, group.dim.unit()))
        } else {
            String::new()
        };
        Some(Line { note: format!("{}{at}", words(metric.unit(), last.y)), ..line })
    });
    noted.collect()
}

fn last(line: &Line) -> Option<&Point> {
    line.points.iter().flatten().last()
}

/// What no client can beat, as a line.
fn references(group: &Group<'_>, metric: Metric) -> Vec<Reference> {
    let value = |workload: &WorkloadSummary| match metric {
        Metric::Makespan => workload.ideal_ns,
        Metric::LatencyFromSendP99 => Some(workload.workload.delay_ns).filter(|delay| *delay > 0),
        _ => None,
    };
    let point = |it: &&WorkloadSummary| Some((group.dim.of(&it.workload), number(value(it)?)));
    let points: Vec<(f64, f64)> = group.workloads.iter().filter_map(point).collect();
    let name = if metric == Metric::Makespan { "ideal" } else { "delay D" };
    if points.is_empty() { Vec::new() } else { vec![Reference { name: name.to_owned(), points }] }
}

/// Says which figures a logarithmic axis cannot show.
fn below_zero(lines: &[Line]) -> String {
    let below = |line: &&Line| line.points.iter().flatten().any(|point| point.y <= 0.0);
    let names: Vec<&str> = lines.iter().filter(below).map(|line| line.name.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("Figures of 0 or below, which the axis cannot show, are not drawn: of {}.", caption::listed(&names))
}
