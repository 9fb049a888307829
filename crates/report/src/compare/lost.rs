//! What study A has rounds enough to compare and study B has not: a client that broke is no client that got faster.

use inflight_record::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Change;
use super::rows::{Figures, figures, of_workload};
use super::sides::{Sides, models};
use crate::grid::Machine;
use crate::summary::{MEMORY_RESOLUTION_BYTES, Metric};

/// One model under one workload in one metric of which A has as many rounds as an interval takes, and B has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// Id of the workload.
    pub workload: String,
    /// The model.
    pub model: String,
    /// The metric.
    pub metric: Metric,
    /// Rounds of A that may be used.
    pub rounds_a: usize,
    /// Rounds of B that may be used.
    pub rounds_b: usize,
    /// What became of it in B.
    pub reason: String,
}

/// All that is lost. `needed` is how many rounds an interval takes.
pub(super) fn lost(
    sides: &Sides<'_>,
    a: &[Machine<'_>],
    b: &[Machine<'_>],
    made: &[Change],
    needed: usize,
) -> Vec<Lost> {
    let mut lost = Vec::new();
    for named in sides.a.workloads() {
        for model in models(sides.a).into_iter().filter(|model| Some(model.arm.as_str()) != sides.divisor()) {
            for metric in compared(&named.workload) {
                let row =
                    made.iter().find(|it| it.workload == named.id && it.model == model.arm && it.metric == metric);
                let of = |side| figures(side, &named.id, &model.arm, metric, sides.divisor());
                let (in_a, in_b) = (of(a), of(b));
                let comparable = in_a.usable >= needed && in_a.not_positive == 0;
                // Many rounds of A may give limits with few of B; that B has few is a finding all the same.
                let compared =
                    in_b.usable >= needed && row.is_some_and(|row| row.ratio.is_some() || below_resolution(row));
                if !comparable || compared {
                    continue;
                }
                lost.push(Lost {
                    workload: named.id.clone(),
                    model: model.arm.clone(),
                    metric,
                    rounds_a: in_a.usable,
                    rounds_b: in_b.usable,
                    reason: reason(sides, b, &named.id, &model.arm, metric, &in_b),
                });
            }
        }
    }
    lost
}

/// The metrics that are compared under a workload.
pub(super) fn compared(workload: &inflight_record::Workload) -> impl Iterator<Item = Metric> {
    let there = |it: &Metric| it.absent(workload).is_none() && it.unranked(workload).is_none();
    Metric::DECISIVE.into_iter().filter(there)
}

/// Memory that fell to what the kernel cannot count has no ratio, and has not risen.
fn below_resolution(row: &Change) -> bool {
    let risen = row.peak_memory_a.zip(row.peak_memory_b).map(|(a, b)| b - a);
    row.metric == Metric::MemoryPerRequestInFlight && risen.is_some_and(|risen| risen < MEMORY_RESOLUTION_BYTES)
}

fn reason(sides: &Sides<'_>, b: &[Machine<'_>], workload: &str, model: &str, metric: Metric, in_b: &Figures) -> String {
    if !sides.b.workloads().iter().any(|it| it.id == workload) {
        return "B does not have the workload".to_owned();
    }
    if !models(sides.b).iter().any(|it| it.arm == model) {
        return "B does not have the model".to_owned();
    }
    if in_b.not_positive > 0 {
        return format!("{} of its {} rounds in B are 0 or below", in_b.not_positive, in_b.usable);
    }
    let batches = |arm: &str, counts: &dyn Fn(&inflight_record::Row) -> bool| {
        let rows = of_workload(b, workload).filter_map(|cells| cells.arm(arm)).flat_map(|rows| rows.rows.values());
        rows.filter(|row| counts(row)).count()
    };
    let all = batches(model, &|_| true);
    if all == 0 {
        return "has no batch in B".to_owned();
    }
    let ok = batches(model, &|row| row.outcome == Outcome::Ok);
    let used = batches(model, &|row| metric.of(row).is_some());
    let mut reason = format!("{ok} of its {all} batches in B are ok, and {used} may be used");
    if let Some(floor) = sides.divisor() {
        let used = batches(floor, &|row| metric.of(row).is_some());
        reason += &format!("; of {floor}, by which they are divided, {used} may be used");
    }
    reason
}
