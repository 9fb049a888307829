//! Which ratios to the baseline are not yet known well enough: what `--rounds auto` goes on for.

use super::figure::Figure;
use super::{Summary, WorkloadSummary};
use crate::metric::Metric;

/// A ratio to the baseline whose interval is missing or wide.
#[derive(Debug, Clone, PartialEq)]
pub struct Wide {
    /// Id of the figure.
    pub id: String,
    /// Width of its interval from end to end, as a share of the estimate; none where there is no interval yet.
    pub width: Option<f64>,
}

/// The ratios to the baseline of excess, CPU time per request and memory per request in flight whose interval is missing
/// or wider than `precision`, on every machine and under every workload.
///
/// Left out is what no further round will mend: figures that the workload does not have (excess and memory at D = 0),
/// models without one `ok` batch, and workloads of which the baseline has none. Left out too is a model without one
/// usable pair in a metric in which another model under that workload has an interval: the rounds are there, and that
/// model's figures never are (every batch flagged, or never above 0). Where no model has an interval yet, all count.
#[must_use]
pub fn wide(summary: &Summary, precision: f64) -> Vec<Wide> {
    let workloads = summary.machines.iter().flat_map(|machine| &machine.workloads);
    workloads.flat_map(|workload| of(workload, &summary.baseline, precision)).collect()
}

fn of(workload: &WorkloadSummary, baseline: &str, precision: f64) -> Vec<Wide> {
    let runs = |model: &str| workload.models.iter().any(|it| it.model == model && it.batches.ok > 0);
    if !runs(baseline) {
        return Vec::new();
    }
    let watched = Metric::DECISIVE.into_iter().filter(|metric| metric.absent(&workload.workload).is_none());
    let waited_for = watched.flat_map(|metric| {
        let models = workload.models.iter().filter(|model| model.batches.ok > 0);
        let mut ratios: Vec<&Figure> = models.filter_map(|model| model.ratio(metric)).collect();
        // Another has an interval, so the baseline has batches that may be used.
        if ratios.iter().any(|ratio| ratio.limits().is_some()) {
            ratios.retain(|ratio| ratio.rounds > 0);
        }
        ratios
    });
    waited_for
        .map(|figure| Wide { id: figure.id.clone(), width: figure.relative_width() })
        .filter(|wide| wide.width.is_none_or(|width| width > precision))
        .collect()
}
