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
    let (from_start, from_send): (Of, Of) = (|it| &it.from_start, |it| &it.from_send);
    let above =
        [("from the batch's start", from_start), ("from send", from_send)].map(|(by, of)| above(&drawn, of, by));
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
                "Histograms of {} as one, {counted} requests a model; figures beside the names: the 99th percentile (p99), or the slowest of less than 100 requests (max). Requests of one batch are not independent: there are no intervals here.",
                batches(workload, &drawn)
            ),
            &caption::of(&above.each_ref().map(String::as_str)),
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
        ("From the batch's start", drawn_lines(site, &drawn, from_start), until(&drawn, from_start)),
        ("From the request's send", drawn_lines(site, &drawn, from_send), until(&drawn, from_send)),
    ];
    gallery.add(site, &name, draft, |sheet| {
        for (heading, lines, until) in panels {
            sheet.heading(heading);
            let chart = Lines {
                across: across(most),
                up: Up {
                    title: "latency".to_owned(),
                    unit: Unit::Ns,
                    kind: UpKind::AsNeeded { from_zero: false },
                    until,
                },
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

/// The latencies of a panel.
type Of = fn(&Latencies) -> &[Point];

/// The median; of a single request that request.
fn median(points: &[Point]) -> Option<f64> {
    at(points, 50.0).or_else(|| at(points, 100.0)).map(number)
}

/// The batches whose times count, of the models that are drawn.
fn batches(workload: &WorkloadSummary, drawn: &[&Latencies]) -> String {
    let is_drawn = |model: &str| drawn.iter().any(|it| it.model == model);
    let times = || workload.models.iter().filter(|it| is_drawn(&it.model)).map(|it| it.batches.times);
    match (times().min().unwrap_or(0), times().max().unwrap_or(0)) {
        (1, 1) => "1 round".to_owned(),
        (least, most) if least == most => format!("{most} rounds"),
        (least, most) => format!("{least} to {most} rounds"),
    }
}

/// Says which models leave a panel.
fn above(drawn: &[&Latencies], of: Of, by: &str) -> String {
    let median = |it: &Latencies| median(of(it)).unwrap_or(f64::INFINITY);
    let least = drawn.iter().map(|it| median(it)).fold(f64::INFINITY, f64::min);
    let above: Vec<&str> = drawn.iter().filter(|it| median(it) > ALIKE * least).map(|it| it.model.as_str()).collect();
    match above.as_slice() {
        [] => String::new(),
        above => format!(
            "Lines that leave at the top are, {by}, of models whose median is more than {ALIKE} times the least: {}.",
            caption::listed(above)
        ),
    }
}

fn drawn_lines(site: Site<'_>, latencies: &[&Latencies], of: Of) -> Vec<Line> {
    let line = |it: &&Latencies| {
        let points = of(it).iter().map(|point| {
            let marked = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0].contains(&point.percentile);
            Some(At { x: across_at(point.percentile, it.requests), y: number(point.ns), limits: None, marked })
        });
        let p99 = at(of(it), 99.0).map(|ns| ("p99", ns));
        let note = p99.or_else(|| of(it).last().map(|point| ("max", point.ns)));
        Line {
            name: it.model.clone(),
            note: note.map_or_else(String::new, |(what, ns)| format!("{what} {}", duration(number(ns)))),
            look: site.looks.get(&it.model),
            points: points.collect(),
            fit: None,
        }
    };
    latencies.iter().map(line).collect()
}

/// Where the axis upwards ends: models that take many times as long as the others from the first request on would push
/// all others into one line.
fn until(drawn: &[&Latencies], of: Of) -> f64 {
    let least = drawn.iter().filter_map(|it| median(of(it))).fold(f64::INFINITY, f64::min);
    let like = drawn.iter().filter(|it| median(of(it)).is_some_and(|it| it <= ALIKE * least));
    like.flat_map(|it| of(it)).map(|point| number(point.ns)).fold(least, f64::max)
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

#[cfg(test)]
mod tests {
    use super::{Latencies, Point, median, until};

    #[test]
    fn the_median_is_that_of_percentile_50_however_many_points_there_are() {
        let points = |ns: [u64; 5]| {
            let point = |(percentile, ns)| Point { percentile, ns };
            [0.0, 50.0, 90.0, 99.0, 100.0].into_iter().zip(ns).map(point).collect::<Vec<_>>()
        };
        let of = |from_start: Vec<Point>, from_send: Vec<Point>| Latencies {
            environment_id: "e".to_owned(),
            workload: "w".to_owned(),
            model: "m".to_owned(),
            requests: 100,
            from_start,
            from_send,
        };
        let fast = of(points([1, 2, 3, 4, 5]), points([1, 1, 1, 1, 1]));
        // Its middle point is above 5 times the least median, its median is not.
        let late = of(points([1, 9, 11, 12, 60]), points([1, 6, 6, 6, 6]));
        assert_eq!(median(&late.from_start), Some(9.0));
        let both = [&fast, &late];
        assert_eq!(until(&both, |it| &it.from_start).to_bits(), 60.0_f64.to_bits());
        assert_eq!(until(&both, |it| &it.from_send).to_bits(), 1.0_f64.to_bits());
        assert_eq!(median(&[Point { percentile: 100.0, ns: 7 }]), Some(7.0));
    }
}
