//! The distribution of latencies under a workload, from the batch's start and from send, on a percentile axis.

use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::lines::{Across, Line, Lines, Point as At, Reference, Up, UpKind};
use super::scale::Tick;
use super::select::{Candidate, select};
use crate::latency::{Latencies, Point};
use crate::metric::{Metric, Unit, number};
use crate::style::describe;
use crate::summary::WorkloadSummary;
use crate::units::duration;

/// More lines than this are not told apart.
const MOST: usize = 14;
/// A model whose median is so many times the least leaves the chart at its top.
const ALIKE: f64 = 5.0;
/// Percentiles that stand on the axis.
const NAMED: [(f64, &str); 6] =
    [(0.0, "min"), (50.0, "50 %"), (90.0, "90 %"), (99.0, "99 %"), (99.9, "99.9 %"), (99.99, "99.99 %")];

/// The chart of one workload.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, workload: &WorkloadSummary, latencies: &[&Latencies]) {
    let name = ["latency", workload.id.as_str()];
    if latencies.is_empty() {
        let reason = caption::left_out(&[workload], Metric::LatencyFromStartP99);
        return gallery.without(site, &name, format!("no record of it has latencies that may be used. {reason}"));
    }
    let p99 = |it: &Latencies| at(&it.from_start, 99.0).map_or(f64::NAN, number);
    let (kept, dropped) = select(latencies.iter().map(|it| Candidate::new(site, &it.model, p99(it))).collect(), MOST);
    let drawn: Vec<&Latencies> = kept.into_iter().filter_map(|place| latencies.get(place).copied()).collect();
    let requests: Vec<u64> = drawn.iter().map(|it| it.requests).collect();
    let (least, most) = (requests.iter().min().copied().unwrap_or(0), requests.iter().max().copied().unwrap_or(0));
    let counted = if least == most { format!("{most}") } else { format!("{least} to {most}") };
    let absent: Vec<&str> = workload
        .models
        .iter()
        .map(|it| it.model.as_str())
        .filter(|model| latencies.iter().all(|it| it.model != *model))
        .collect();
    let absent = match absent.as_slice() {
        [] => String::new(),
        absent => format!("No batch that may be used: {}.", caption::listed(absent)),
    };
    let above = above(&drawn);
    let figures: Vec<(String, f64, String)> = drawn
        .iter()
        .filter_map(|it| at(&it.from_start, 99.0).or_else(|| at(&it.from_start, 100.0)).map(|ns| (it, number(ns))))
        .map(|(it, ns)| (it.model.clone(), ns, duration(ns)))
        .collect();
    let draft = Draft {
        title: "Latency of single requests".to_owned(),
        subtitle: describe(&workload.workload),
        caption: caption::of(&[
            "Each line: the latency that a share of all requests stays at or below; the axis stretches towards the slowest. From the batch's start is what a user of the batch waits, so a request that a model sends late is late.",
            &format!(
                "Histograms of {} rounds as one, {counted} requests a model; figures beside the names: the slowest request. Requests of one batch are not independent: there are no intervals here.",
                workload.rounds
            ),
            &above,
            &dropped,
            &absent,
            &caption::left_out(&[workload], Metric::LatencyFromStartP99),
            &caption::site(site),
        ]),
        alt: format!(
            "Latency distributions of {} models; 99th percentile from the batch's start {}.",
            drawn.len(),
            caption::extremes(&figures)
        ),
    };
    let panels = [
        ("From the batch's start", drawn_lines(site, &drawn, |it| it.from_start.as_slice())),
        ("From the request's send", drawn_lines(site, &drawn, |it| it.from_send.as_slice())),
    ];
    gallery.add(site, &name, draft, |sheet| {
        for (heading, lines) in panels {
            sheet.heading(heading);
            let until = until(&lines);
            let chart = Lines {
                across: across(most),
                up: Up { title: String::new(), unit: Unit::Ns, kind: UpKind::AsNeeded { from_zero: false }, until },
                lines,
                references: delay(workload, most),
                height: 190.0,
            };
            chart.draw(sheet);
        }
    });
}

/// The latency at a percentile, where there are requests enough.
fn at(points: &[Point], percentile: f64) -> Option<u64> {
    points.iter().find(|point| (point.percentile - percentile).abs() < 1e-9).map(|point| point.ns)
}

/// Says which models leave the chart.
fn above(drawn: &[&Latencies]) -> String {
    let median = |it: &Latencies| at(&it.from_start, 50.0).map_or(f64::INFINITY, number);
    let least = drawn.iter().map(|it| median(it)).fold(f64::INFINITY, f64::min);
    let above: Vec<&str> = drawn.iter().filter(|it| median(it) > ALIKE * least).map(|it| it.model.as_str()).collect();
    match above.as_slice() {
        [] => String::new(),
        above => format!(
            "Lines that leave at the top are of models whose median is more than {ALIKE} times the least: {}.",
            caption::listed(above)
        ),
    }
}

fn drawn_lines(site: Site<'_>, latencies: &[&Latencies], of: fn(&Latencies) -> &[Point]) -> Vec<Line> {
    let line = |it: &&Latencies| {
        let points = of(it).iter().map(|point| {
            let marked = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0].contains(&point.percentile);
            Some(At { x: across_at(point.percentile, it.requests), y: number(point.ns), limits: None, marked })
        });
        let slowest = of(it).last().map_or_else(String::new, |point| duration(number(point.ns)));
        Line {
            name: it.model.clone(),
            note: slowest,
            look: site.looks.get(&it.model),
            points: points.collect(),
            fit: None,
        }
    };
    latencies.iter().map(line).collect()
}

/// Where the axis upwards ends: models that take many times as long as the others from the first request on would push
/// all others into one line.
fn until(lines: &[Line]) -> f64 {
    let median = |line: &Line| line.points.iter().flatten().map(|point| point.y).nth(line.points.len() / 2);
    let least = lines.iter().filter_map(median).fold(f64::INFINITY, f64::min);
    let like = lines.iter().filter(|line| median(line).is_some_and(|it| it <= ALIKE * least));
    like.flat_map(|line| line.points.iter().flatten()).map(|point| point.y).fold(least, f64::max)
}

/// Where a percentile stands: each tenth of what is left is as far again. The slowest stands where one request is left.
fn across_at(percentile: f64, requests: u64) -> f64 {
    let beyond = (1.0 - percentile / 100.0).max(1.0 / number(requests.max(1)));
    -beyond.log10()
}

fn across(requests: u64) -> Across {
    let end = across_at(100.0, requests);
    let within = NAMED.iter().map(|(percentile, label)| (across_at(*percentile, u64::MAX), *label));
    let slowest = Tick { value: end, label: "max".to_owned() };
    // The slowest has its name before one that would touch it.
    let named = within.filter(|(value, _)| *value < end * 0.89);
    let ticks = named.map(|(value, label)| Tick { value, label: label.to_owned() }).chain([slowest]).collect();
    Across { title: "share of requests".to_owned(), log: false, ticks, ends: Some((0.0, end.max(0.1) * 1.02)) }
}

/// The fixed delay that every answer takes at least; delays that vary have no such line.
fn delay(workload: &WorkloadSummary, requests: u64) -> Vec<Reference> {
    let workload = &workload.workload;
    if workload.delay_ns == 0 || workload.lognormal.is_some() {
        return Vec::new();
    }
    let ns = number(workload.delay_ns);
    let name = format!("delay {}", duration(ns));
    vec![Reference { name, points: vec![(0.0, ns), (across_at(100.0, requests), ns)] }]
}
