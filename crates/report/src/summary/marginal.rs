//! What one more request in flight costs in memory: a line through the workloads of each round.

use std::collections::{BTreeMap, BTreeSet};

use inflight_record::{NamedWorkload, Workload};
use inflight_stats::{Stopping, slope};

use super::figure::{Figure, Ids, Made};
use super::{MarginalMemory, ModelMarginal};
use crate::grid::{Cells, Machine, Round};
use crate::metric::{Metric, Unit, number, peak_in_flight};

/// A line through two points fits them whatever they are.
const LEAST_WORKLOADS: usize = 3;
/// The peaks of a line's ends have to be this far apart: a model that keeps its peak whatever C is has no such cost.
const LEAST_RISE: f64 = 2.0;
/// From one C to the next the peak has to grow by this: one that stops growing is at a cap, and what memory does from
/// there on is no cost of a request more in flight.
const LEAST_STEP: f64 = 1.05;

const METRIC: &str = "marginal_memory";

/// The groups of workloads that differ only in concurrency and number of requests, with each model's slope.
pub(super) fn marginal_memory(ids: &Ids, machine: &Machine<'_>, stopping: Stopping) -> Vec<MarginalMemory> {
    let mut groups: Vec<(Workload, Vec<&Cells<'_>>)> = Vec::new();
    for cells in &machine.workloads {
        let key = Workload { requests: 1, concurrency: 1, ..cells.named.workload.clone() };
        // At D = 0 what is in flight cannot be seen.
        match groups.iter_mut().find(|(there, _)| *there == key) {
            _ if key.delay_ns == 0 => {}
            Some((_, group)) => group.push(cells),
            None => groups.push((key, vec![cells])),
        }
    }
    groups
        .iter()
        .filter(|(_, group)| rises(group))
        .map(|(key, group)| one(ids, key, group, stopping))
        .filter(|group| !group.models.is_empty())
        .collect()
}

fn rises(group: &[&Cells<'_>]) -> bool {
    let mut levels: Vec<u64> = group.iter().map(|cells| cells.named.workload.concurrency).collect();
    levels.sort_unstable();
    levels.dedup();
    levels.len() >= LEAST_WORKLOADS
}

fn one(ids: &Ids, key: &Workload, group: &[&Cells<'_>], stopping: Stopping) -> MarginalMemory {
    let name = name(key);
    let models = group.first().map_or_else(Vec::new, |first| first.models().map(|rows| &rows.arm.arm).collect());
    let slopes = models.into_iter().filter_map(|model| {
        let slopes = slopes(group, model);
        let rounds = group.iter().map(|cells| cells.rounds).max().unwrap_or(0);
        let made = Made::median(&slopes, stopping);
        let id = ids.id(&name, model, METRIC);
        let left_out = rounds.saturating_sub(slopes.len());
        let figure = Figure::new(id, METRIC.to_owned(), Unit::Bytes, slopes.len(), left_out, made);
        figure.estimate.is_some().then(|| ModelMarginal { model: model.clone(), figure })
    });
    let models = slopes.collect();
    let requests = |cells: &&Cells<'_>| cells.named.workload.requests;
    let same_requests = group.iter().map(requests).collect::<BTreeSet<u64>>().len() == 1;
    let workloads = group.iter().map(|cells| id(cells.named)).collect();
    MarginalMemory { workloads, same_requests, models, group: name }
}

fn id(named: &NamedWorkload) -> String {
    named.id.clone()
}

/// What the slugs of the group have in common, and the seed of delays that vary, which no slug holds.
fn name(key: &Workload) -> String {
    let slug = key.slug();
    if key.crawl.is_some() {
        return slug.replacen("-c1-", "-", 1);
    }
    let common = slug.strip_prefix("n1-c1-").unwrap_or(&slug);
    match key.lognormal {
        Some(lognormal) => format!("{common}-s{}", lognormal.seed),
        None => common.to_owned(),
    }
}

/// The slope of each whole round, in bytes for each request more at the peak in flight. A round is whole where it has all
/// workloads in which the model counted in any round: lines through different workloads are not the same figure.
fn slopes(group: &[&Cells<'_>], model: &str) -> Vec<f64> {
    let mut points: BTreeMap<Round<'_>, Vec<Point>> = BTreeMap::new();
    let mut workloads = BTreeSet::new();
    for (place, rows) in group.iter().enumerate().filter_map(|(place, cells)| Some((place, cells.arm(model)?))) {
        let level = group[place].named.workload.concurrency;
        for (round, row) in rows.rows.iter().filter(|(_, row)| Metric::PeakMemory.counts(row)) {
            if let (Some(peak), Some(bytes)) = (peak_in_flight(row), row.memory_bytes) {
                points.entry(*round).or_default().push(Point { level, peak, bytes: number(bytes) });
                workloads.insert(place);
            }
        }
    }
    let whole = points.into_values().filter(|points| points.len() == workloads.len());
    whole.filter_map(per_request).collect()
}

/// One batch of a round.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// The workload's concurrency.
    level: u64,
    /// The most that the model had in flight.
    peak: f64,
    /// Its peak memory.
    bytes: f64,
}

/// The slope through the points of one round, where the peak grows with C from each workload to the next.
fn per_request(mut points: Vec<Point>) -> Option<f64> {
    points.sort_by(|a, b| a.level.cmp(&b.level).then(a.peak.total_cmp(&b.peak)));
    let (first, last) = (points.first()?, points.last()?);
    let grows = |pair: &[Point]| pair[0].level == pair[1].level || pair[1].peak >= LEAST_STEP * pair[0].peak;
    let steep = points.len() >= LEAST_WORKLOADS && last.peak >= LEAST_RISE * first.peak && points.windows(2).all(grows);
    let line: Vec<(f64, f64)> = points.iter().map(|point| (point.peak, point.bytes)).collect();
    if steep { slope(&line).map(|line| line.per_x) } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Point, per_request};

    /// The slope of a model that takes 8 bytes for each request in flight.
    fn slope_of(points: &[(u64, f64)]) -> Option<f64> {
        let point = |(level, peak): &(u64, f64)| Point { level: *level, peak: *peak, bytes: 8.0 * peak };
        per_request(points.iter().map(point).collect())
    }

    #[test]
    fn a_peak_that_stops_growing_has_no_slope() {
        let near = |found: Option<f64>| found.is_some_and(|it| (it - 8.0).abs() < 1e-9);
        assert_eq!(slope_of(&[(1, 1.0), (10, 10.0), (100, 50.0), (1_000, 50.0)]), None);
        assert_eq!(slope_of(&[(1, 1.0), (10, 1.0), (100, 1.0)]), None);
        assert_eq!(slope_of(&[(10, 10.0), (100, 100.0), (1_000, 102.0)]), None);
        assert!(near(slope_of(&[(1_000, 1_000.0), (1, 1.0), (100, 99.0), (10, 10.0)])));
        // The same C with another N says nothing of a cap.
        assert!(near(slope_of(&[(10, 10.0), (100, 100.0), (100, 100.0)])));
        assert_eq!(slope_of(&[(10, 10.0), (100, 100.0)]), None);
    }
}
