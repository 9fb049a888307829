//! Latencies of a model under a workload: the histograms of all its usable batches as one, at chosen percentiles.

mod merge;

use std::convert::Infallible;
use std::path::Path;

use inflight_record::ArmKind;
use inflight_record::jsonl::{self, Stopped};

use crate::directory::DirectoryError;
use crate::study::StudyRecords;
use merge::{Cells, Merged};

/// The latencies of all usable batches of one model under one workload on one machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Latencies {
    /// The environment that they ran in.
    pub environment_id: String,
    /// Id of the workload.
    pub workload: String,
    /// Id of the model.
    pub model: String,
    /// How many requests they are of.
    pub requests: u64,
    /// From the batch's start to the request's end: what whoever started the batch waits for it. A request that a client
    /// sends late is late here, so nothing is hidden by coordinated omission.
    pub from_start: Vec<Point>,
    /// From the request's own send to its end.
    pub from_send: Vec<Point>,
}

/// A latency that a share of all requests stays at or below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The share, in percent: 0 (fastest) to 100 (slowest).
    pub percentile: f64,
    /// The latency in nanoseconds, by nearest rank; at most 0.1 % above the true one.
    pub ns: u64,
}

/// The percentiles that are looked at, in hundredths of a percent. Those towards the slow end are fine, because that is
/// where models differ.
const GRID: [u64; 13] = [0, 100, 500, 1_000, 2_500, 5_000, 7_500, 9_000, 9_500, 9_900, 9_990, 9_999, 10_000];

/// The latencies of every model under every workload of a study: the histograms of its batches whose times count, merged.
///
/// In the order of the study's environments, workloads and models. A model without one such batch under a workload is
/// left out, and so are the control arms. Of the percentiles 0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99 and 100
/// there are those that the number of requests supports: at least one request has to lie on the far side.
///
/// The file of records is read once, by as many threads as there are CPUs. What is kept of a million records are the
/// counts of their cells.
///
/// # Errors
/// The records cannot be read, or a line is not what it should be; the error says which.
pub fn latencies(dir: &Path, study: &StudyRecords) -> Result<Vec<Latencies>, DirectoryError> {
    let (workloads, arms) = (study.workloads(), study.arms());
    let mut cells = Vec::new();
    for environment in study.environments() {
        for named in &workloads {
            for arm in arms.iter().filter(|arm| arm.kind == ArmKind::Model) {
                let key = (environment.environment_id.as_str(), named.slug.as_str(), arm.arm.as_str());
                cells.push((key, named.id.as_str()));
            }
        }
    }
    let all = Cells::new(cells.iter().map(|(key, _)| *key));
    // What is kept stands in `all`: nothing is handed over.
    let taker = |_: Vec<()>| Ok::<(), Infallible>(());
    jsonl::stream(&jsonl::records_in(dir)?, || all.parser(), taker).map_err(|stopped| match stopped {
        Stopped::Lines(error) => error,
        Stopped::Taker(never) => match never {},
    })?;
    let mut merged = all.merged();
    let found = cells.iter().enumerate().filter_map(|(place, ((environment_id, _, model), workload))| {
        let Merged { from_start, from_send } = merged.remove(&place)?;
        Some(Latencies {
            environment_id: (*environment_id).to_owned(),
            workload: (*workload).to_owned(),
            model: (*model).to_owned(),
            requests: from_start.total(),
            from_start: points(from_start.total(), |rank| from_start.at_rank(rank)),
            from_send: points(from_send.total(), |rank| from_send.at_rank(rank)),
        })
    });
    Ok(found.collect())
}

/// The percentiles that so many requests support, `at_rank` being the latency that so many stay at or below.
fn points(requests: u64, at_rank: impl Fn(u64) -> Option<u64>) -> Vec<Point> {
    let requests_wide = u128::from(requests);
    let point = |hundredths: u64| {
        // The far side of a low percentile are the fast ones.
        let beyond = u128::from(hundredths.min(10_000 - hundredths)) * requests_wide;
        if beyond > 0 && beyond < 10_000 {
            return None;
        }
        let rank = (u128::from(hundredths) * requests_wide).div_ceil(10_000).max(1);
        let ns = at_rank(u64::try_from(rank).ok()?)?;
        Some(Point { percentile: crate::metric::number(hundredths) / 100.0, ns })
    };
    GRID.into_iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests;
