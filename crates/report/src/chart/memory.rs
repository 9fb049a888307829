//! Memory against requests in flight, with the slope that a request more costs.

use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::group::{Dim, Group};
use super::lines::{Across, Line, Lines, Point, Up, UpKind, ends};
use super::scale::Scale;
use super::select::{Candidate, select};
use crate::metric::{Metric, Unit, number_of};
use crate::style::describe;
use crate::summary::{MarginalMemory, ModelMarginal, ModelSummary, WorkloadSummary};

/// More lines than this are not told apart.
const MOST: usize = 14;

/// The most that a model had in flight, from its peak memory and its peak memory by request in flight: exact where the
/// peak was the same in all rounds, as the peak of a model that reaches C or a cap is.
pub(super) fn peak_in_flight(model: &ModelSummary) -> Option<f64> {
    let bytes = model.figure(Metric::PeakMemory)?.estimate?;
    let by_request = model.figure(Metric::MemoryPerRequestInFlight)?.estimate?;
    (by_request > 0.0).then(|| (bytes / by_request).round())
}

/// One chart for each group of workloads along which memory was fitted.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, groups: &[Group<'_>]) {
    for group in &site.machine.marginal_memory {
        one(gallery, site, group, groups);
    }
}

fn one(gallery: &mut Gallery, site: Site<'_>, group: &MarginalMemory, groups: &[Group<'_>]) {
    let name = ["memory-against-in-flight", group.group.as_str()];
    let workloads: Vec<&WorkloadSummary> = group.workloads.iter().filter_map(|id| site.workload(id)).collect();
    let lines: Vec<Line> = group.models.iter().filter_map(|model| line(site, &workloads, model)).collect();
    if lines.is_empty() {
        return gallery.without(site, &name, "no model has a slope and the peaks that it is of");
    }
    let slope = |line: &Line| group.models.iter().find(|it| it.model == line.name).and_then(|it| it.figure.estimate);
    let candidate = |line: &Line| Candidate::new(site, &line.name, slope(line).unwrap_or(f64::NAN));
    let (kept, dropped) = select(lines.iter().map(candidate).collect(), MOST);
    let lines: Vec<Line> = kept.into_iter().filter_map(|place| lines.get(place).cloned()).collect();
    let all = workloads.first().map_or(&[][..], |it| it.models.as_slice());
    let flat: Vec<&str> = all
        .iter()
        .map(|it| it.model.as_str())
        .filter(|model| group.models.iter().all(|it| it.model != *model))
        .collect();
    let flat = if flat.is_empty() {
        String::new()
    } else {
        format!(
            "No slope, because the peak in flight does not double or stops growing with C, or rounds are missing: {}.",
            caption::listed(&flat)
        )
    };
    let grows = if group.same_requests {
        ""
    } else {
        "The number of requests grows with C here: what a client keeps for each request is in the slope too."
    };
    let figures: Vec<(String, f64, String)> =
        lines.iter().filter_map(|line| Some((line.name.clone(), slope(line)?, line.note.clone()))).collect();
    let (_, most) = ends(lines.iter().flat_map(|line| line.points.iter().flatten().map(|point| point.x)));
    let ticks = Scale::from_zero(most, Unit::Count, (0.0, 1.0), 6.0).ticks;
    let chart = Lines {
        across: Across {
            title: "most requests in flight at once: median memory by median memory per request".to_owned(),
            log: false,
            ticks: ticks.into_iter().filter(|tick| tick.value <= most).collect(),
            ends: Some((0.0, most * 1.03)),
        },
        up: Up {
            title: super::against::axis(Metric::PeakMemory).to_owned(),
            unit: Unit::Bytes,
            kind: UpKind::FromZero,
            until: f64::INFINITY,
        },
        lines,
        references: Vec::new(),
        height: 340.0,
    };
    let draft = Draft {
        title: "Memory against requests in flight".to_owned(),
        subtitle: common(groups, &workloads),
        caption: caption::of(&[
            &caption::figures(site, &workloads, Metric::PeakMemory, "whiskers, where wider than the marker"),
            "Lines: the median slope of each round's least-squares fit, drawn through the middle of the points; beside the names, what one request more in flight costs.",
            &chart.remarks(),
            grows,
            &flat,
            &dropped,
            &caption::left_out(&workloads, Metric::PeakMemory),
            &caption::site(site),
        ]),
        alt: format!(
            "Peak memory of {} models over their requests in flight; one request more costs {}.",
            chart.lines.len(),
            caption::extremes(&figures)
        ),
    };
    gallery.add(site, &name, draft, |sheet| chart.draw(sheet));
}

/// The peaks of a model with the line of its slope through them.
fn line(site: Site<'_>, workloads: &[&WorkloadSummary], marginal: &ModelMarginal) -> Option<Line> {
    let slope = marginal.figure.estimate?;
    let point = |workload: &&WorkloadSummary| {
        let model = workload.models.iter().find(|it| it.model == marginal.model)?;
        let figure = model.figure(Metric::PeakMemory)?;
        Some(Point { x: peak_in_flight(model)?, y: figure.estimate?, limits: figure.limits(), marked: true })
    };
    let mut points: Vec<Point> = workloads.iter().filter_map(point).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    let (first, last) = (points.first()?.x, points.last()?.x);
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / number_of(points.len());
    let (x, y) = (mean(|point| point.x), mean(|point| point.y));
    let at = |there: f64| (there, (y + slope * (there - x)).max(0.0));
    Some(Line {
        name: marginal.model.clone(),
        note: marginal.figure.text(),
        look: site.looks.get(&marginal.model),
        fit: Some(vec![at(first), at(last)]),
        points: points.into_iter().map(Some).collect(),
    })
}

/// The workloads in words, with letters for what differs.
fn common(groups: &[Group<'_>], workloads: &[&WorkloadSummary]) -> String {
    let mut groups = groups.iter().filter(|group| group.dim == Dim::Concurrency);
    let all = |group: &&Group<'_>| workloads.iter().all(|it| group.workloads.iter().any(|other| other.id == it.id));
    match (groups.find(all), workloads.last()) {
        (Some(group), _) => group.describe(),
        // N and C vary, but not together.
        (None, Some(last)) => {
            let ids: Vec<&str> = workloads.iter().map(|it| it.id.as_str()).collect();
            format!("{}; the last is {}", caption::listed(&ids), describe(&last.workload))
        }
        (None, None) => String::new(),
    }
}
