//! What others say, beside what was measured: two models of a workload and the ratio of their makespans.

use std::fmt::Write as _;

use inflight_record::Claim;
use inflight_stats::Stopping;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::figure::{Figure, Ids, ratio_of};
use super::text::NONE;
use super::{MachineSummary, WorkloadSummary};
use crate::grid::{Cells, Values};
use crate::metric::Metric;
use crate::style::{Style, describe};
use crate::units::three;

/// A claim and what was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimSummary {
    /// The claim, as the study file has it.
    pub claim: Claim,
    /// Makespan of `slow` over that of `fast`, round by round.
    pub ratio: Figure,
}

/// The metric in the id of a claim's ratio begins so; the model that it is divided by follows.
pub(crate) const OVER: &str = "makespan_over_";

/// The claims on one workload, in their order.
pub(super) fn claims(ids: &Ids, cells: &Cells<'_>, all: &[Claim], stopping: Stopping) -> Vec<ClaimSummary> {
    let here = all.iter().filter(|claim| claim.workload == cells.named.id);
    here.map(|claim| {
        let of = |arm: &str| cells.arm(arm).map_or_else(Values::new, |rows| rows.values(Metric::Makespan));
        let name = format!("{OVER}{}", claim.fast);
        let id = ids.id(&cells.named.id, &claim.slow, &name);
        let ratio = ratio_of(id, name, cells, (&of(&claim.slow), &of(&claim.fast)), stopping);
        ClaimSummary { claim: claim.clone(), ratio }
    })
    .collect()
}

/// The table of all claims on one machine; nothing where there are none.
pub(crate) fn claims_table(machine: &MachineSummary, style: Style) -> String {
    let mut claims = machine.workloads.iter().flat_map(|it| it.claims.iter().map(move |claim| (it, claim))).peekable();
    if claims.peek().is_none() {
        return String::new();
    }
    let mut reasons = String::new();
    let mut table = style.table(&["claim", "theirs", "theirs, ratio", "ours", "ours, ratio", "of"], 1);
    for (workload, ClaimSummary { claim, ratio }) in claims {
        if let Some(reason) = &ratio.reason {
            let _ = writeln!(reasons, "{} over {} on {}: {reason}.", claim.slow, claim.fast, workload.id);
        }
        table.add_row([
            style.name(&claim.says),
            style.name(&claim.theirs),
            claim.times.map_or_else(|| NONE.to_owned(), |times| format!("{} ×", three(times))),
            format!("{} against {}", makespan(workload, &claim.slow), makespan(workload, &claim.fast)),
            ratio.text(),
            format!("{} over {}: {}", style.name(&claim.slow), style.name(&claim.fast), describe(&workload.workload)),
        ]);
    }
    format!("{}{}", style.text(&table), style.lines(&format!("{NOTE}{reasons}")))
}

const NOTE: &str = "Ratios are of makespans, paired by round. Their figures are from other machines, servers and years: that a claim holds here is no proof of its number.\n";

fn makespan(workload: &WorkloadSummary, model: &str) -> String {
    let found = workload.models.iter().find(|it| it.model == model);
    found.and_then(|it| it.figure(Metric::Makespan)).map_or_else(|| NONE.to_owned(), Figure::text)
}
