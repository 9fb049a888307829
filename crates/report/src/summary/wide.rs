//! Which ratios to the baseline are not yet known well enough: what `--rounds auto` goes on for.

use super::metric::Metric;
use super::{Summary, WorkloadSummary};

/// The metrics whose ratios have to be narrow. A makespan follows from its excess.
const WATCHED: [Metric; 3] = [Metric::Excess, Metric::CpuPerRequest, Metric::MemoryPerRequestInFlight];

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
/// models without one `ok` batch, and workloads of which the baseline has none.
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
    let watched = WATCHED.into_iter().filter(|metric| metric.absent(&workload.workload).is_none());
    let models = workload.models.iter().filter(|model| model.batches.ok > 0);
    let ratios = watched.flat_map(|metric| models.clone().filter_map(move |model| model.ratio(metric)));
    ratios
        .map(|figure| Wide { id: figure.id.clone(), width: figure.relative_width() })
        .filter(|wide| wide.width.is_none_or(|width| width > precision))
        .collect()
}
