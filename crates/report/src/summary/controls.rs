//! The control arms: what noise looks like, what could have been seen, and whether known effects were found back.

use inflight_record::{ArmKind, Controls};
use inflight_stats::{Stopping, half_width, log_ratios, reach, smallest_detectable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batches::Batches;
use super::figure::{Figure, Ids, Made, ratio_figure, twelve};
use crate::grid::{ArmRows, Cells, Values, pairs};
use crate::metric::{Metric, Unit};

/// The control arms of one workload on one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlArms {
    /// A/A, by metric: empty where the study has no such arm.
    pub again: Vec<Again>,
    /// The known delay, found back as time.
    pub delay: Option<FoundBack>,
    /// The known work, found back as CPU time.
    pub work: Option<FoundBack>,
    /// How the batches of each control arm ended.
    pub batches: Vec<ArmBatches>,
}

/// How the batches of an arm ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArmBatches {
    /// The arm.
    pub arm: String,
    /// Its batches.
    pub batches: Batches,
}

/// The baseline against itself in one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Again {
    /// The metric.
    pub metric: Metric,
    /// Ratio of the baseline's second name to its first: 1, but for noise.
    pub ratio: Figure,
    /// How far the ratio's interval reaches from 1, on the side where it reaches further, as a ratio − 1: no smaller
    /// difference is claimed.
    pub reach: Option<f64>,
    /// Half the width of the ratio's interval, as a ratio − 1: how noisy the study is.
    pub half_width: Option<f64>,
    /// The smallest difference, as a ratio − 1, that a study with this noise and so many rounds finds 9 times of 10 in one
    /// comparison that was planned beforehand (p of the sign-flip test at most `alpha`), of models as noisy as the
    /// baseline. Ranks over all pairs need more, and so does a model that is noisier.
    pub smallest_detectable: Option<f64>,
}

/// A known effect and what was measured of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundBack {
    /// What the arm did on top of the baseline: nanoseconds a batch (delay), or a request (work).
    pub injected_ns: u64,
    /// Middle of the paired differences from the baseline.
    pub found: Figure,
    /// Whether the interval lies above 0: the effect was seen at all. Null without an interval.
    pub resolved: Option<bool>,
    /// Whether the interval holds what was injected. Null without an interval.
    pub holds_injected: Option<bool>,
}

impl ControlArms {
    pub(super) fn of(ids: &Ids, cells: &Cells<'_>, baseline: &str, sizes: Controls, stopping: Stopping) -> Self {
        let base = cells.arm(baseline);
        let values = |metric| base.map_or_else(Vec::new, |base| base.values(metric));
        let again = cells.control(ArmKind::Again).map_or_else(Vec::new, |again| {
            let one = |metric| Again::of(ids, cells, again, metric, &values(metric), stopping);
            Metric::COMPARED.into_iter().filter(|it| it.absent(&cells.named.workload).is_none()).map(one).collect()
        });
        let found = |kind, metric: Metric, injected_ns| {
            let control = cells.control(kind)?;
            Some(FoundBack::of(ids, cells, control, metric, &values(metric), injected_ns, stopping))
        };
        let controls = ArmKind::CONTROLS.into_iter().filter_map(|kind| cells.control(kind));
        Self {
            again,
            delay: found(ArmKind::Delay, Metric::Makespan, sizes.delay_ns),
            work: found(ArmKind::Work, Metric::CpuPerRequest, sizes.work_ns),
            batches: controls
                .map(|rows| ArmBatches { arm: rows.arm.arm.clone(), batches: Batches::of(rows) })
                .collect(),
        }
    }

    /// How far the A/A interval of a metric reaches from 1.
    pub(super) fn reach(&self, metric: Metric) -> Option<f64> {
        self.again.iter().find(|again| again.metric == metric)?.reach
    }

    /// Every figure of the control arms, with its arm.
    pub(super) fn figures(&self) -> impl Iterator<Item = (&str, &Figure)> {
        let again = self.again.iter().map(|again| (ArmKind::Again, &again.ratio));
        let delay = self.delay.iter().map(|delay| (ArmKind::Delay, &delay.found));
        let work = self.work.iter().map(|work| (ArmKind::Work, &work.found));
        again.chain(delay).chain(work).map(|(kind, figure)| (self.arm(kind), figure))
    }

    /// The name of the control arm of this kind.
    fn arm(&self, kind: ArmKind) -> &str {
        let mut arms = self.batches.iter().map(|batches| batches.arm.as_str());
        arms.find(|arm| arm.ends_with(kind.ending())).unwrap_or(kind.ending())
    }
}

impl Again {
    fn of(
        ids: &Ids,
        cells: &Cells<'_>,
        again: &ArmRows<'_>,
        metric: Metric,
        baseline: &Values<'_>,
        stopping: Stopping,
    ) -> Self {
        let values = again.values(metric);
        let (a, b) = pairs(&values, baseline);
        let noise = log_ratios(&a, &b);
        Self {
            metric,
            ratio: ratio_figure(ids, cells, &again.arm.arm, metric, (&values, baseline), stopping),
            reach: finite(reach(&noise, stopping)),
            half_width: finite(half_width(&noise, stopping)),
            smallest_detectable: finite(smallest_detectable(&noise, stopping)),
        }
    }
}

fn finite(size: Option<f64>) -> Option<f64> {
    size.filter(|it| it.is_finite()).map(twelve)
}

impl FoundBack {
    fn of(
        ids: &Ids,
        cells: &Cells<'_>,
        control: &ArmRows<'_>,
        metric: Metric,
        baseline: &Values<'_>,
        injected_ns: u64,
        stopping: Stopping,
    ) -> Self {
        let (a, b) = pairs(&control.values(metric), baseline);
        let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let made = Made::difference(&differences, stopping);
        let interval = made.interval;
        let name = format!("{}_difference", metric.as_str());
        let id = ids.id(&cells.named.id, &control.arm.arm, &name);
        let left_out = cells.rounds - differences.len();
        Self {
            injected_ns,
            found: Figure::new(id, name, Unit::Ns, differences.len(), left_out, made),
            resolved: interval.map(|it| it.low > 0.0),
            holds_injected: interval.map(|it| it.contains(crate::metric::number(injected_ns))),
        }
    }
}
