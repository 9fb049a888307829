//! The yardsticks of a workload in a summary.

use inflight_record::ArmKind;
use inflight_stats::{Stopping, median};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WorkloadSummary;
use super::batches::Batches;
use super::figure::{Figure, Ids, median_figure, twelve};
use super::text::standing;
use crate::grid::{Cells, Values};
use crate::metric::Metric;
use crate::style::Style;
use crate::yardstick::{Counted, Line, table};

/// A load generator under one workload on one machine: shown beside the models, compared with none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct YardstickSummary {
    /// Its id.
    pub yardstick: String,
    /// Answers that it took by second of the makespan, median over the rounds.
    pub answers_per_second: Option<f64>,
    /// CPU time by answer that it took.
    pub cpu_per_request: Figure,
    /// How its batches ended.
    pub batches: Batches,
}

/// The yardsticks of a workload, in the order of the study.
pub(super) fn yardsticks(ids: &Ids, cells: &Cells<'_>, stopping: Stopping) -> Vec<YardstickSummary> {
    let arms = cells.arms.iter().filter(|rows| rows.arm.kind == ArmKind::Yardstick);
    arms.map(|rows| {
        let counted: Vec<_> = rows.rows.iter().filter_map(|(round, row)| Some((*round, Counted::of(row)?))).collect();
        let cpu: Values<'_> = counted.iter().filter_map(|(round, it)| Some((*round, it.cpu_per_request_ns?))).collect();
        let rates: Vec<f64> = counted.iter().filter_map(|(_, it)| it.answers_per_second).collect();
        YardstickSummary {
            yardstick: rows.arm.arm.clone(),
            answers_per_second: median(&rates).map(twelve),
            cpu_per_request: median_figure(ids, cells, &rows.arm.arm, Metric::CpuPerRequest, &cpu, stopping),
            batches: Batches::of(rows),
        }
    })
    .collect()
}

/// Their table.
pub(super) fn yardstick_table(workload: &WorkloadSummary, style: Style) -> String {
    let lines = workload.yardsticks.iter().map(|it| Line {
        name: &it.yardstick,
        answers_per_second: it.answers_per_second,
        cpu_per_request: it.cpu_per_request.text(),
        // None of them can be ok, and nobody should wonder why.
        batches: standing(&it.batches).trim_start_matches("0 ok, ").to_owned(),
    });
    table(lines, style)
}
