//! Where a figure stands in a summary: on which machine, of which workload, of which arm.

use super::{Figure, MachineSummary, MarginalMemory, Summary, WorkloadSummary};

/// A figure with what it is a figure of.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The machine.
    pub machine: &'a MachineSummary,
    /// The workload, or workloads.
    pub of: Of<'a>,
    /// The model, or the control arm.
    pub arm: &'a str,
    /// The figure.
    pub figure: &'a Figure,
}

/// What was asked of a model where a figure comes from.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// One workload.
    Workload(&'a WorkloadSummary),
    /// Several that differ in concurrency, along which memory grows.
    Workloads(&'a MarginalMemory),
}

impl Summary {
    /// What stands at the end of the ids of this machine's figures: nothing where it is the only one.
    pub(crate) fn ending(&self, machine: &MachineSummary) -> String {
        if self.machines.len() > 1 { format!("@{}", machine.environment_id) } else { String::new() }
    }

    /// Every figure that has an id, each once, with where it stands.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.machines.iter().flat_map(|machine| {
            let workloads = machine.workloads.iter().flat_map(move |workload| {
                let models = workload.models.iter().flat_map(|model| {
                    model.figures.iter().chain(&model.ratios).map(|figure| (model.model.as_str(), figure))
                });
                let yardsticks = workload.yardsticks.iter().map(|it| (it.yardstick.as_str(), &it.cpu_per_request));
                let claims = workload.claims.iter().map(|it| (it.claim.slow.as_str(), &it.ratio));
                let crawls = workload.crawls.iter();
                let crawls = crawls.flat_map(|it| it.figures().map(move |figure| (it.model.as_str(), figure)));
                let beside = claims.chain(yardsticks).chain(crawls);
                let all = models.chain(beside).chain(workload.controls.figures());
                all.map(move |(arm, figure)| Entry { machine, of: Of::Workload(workload), arm, figure })
            });
            let slopes = machine.marginal_memory.iter().flat_map(move |group| {
                let of = Of::Workloads(group);
                group.models.iter().map(move |it| Entry { machine, of, arm: &it.model, figure: &it.figure })
            });
            workloads.chain(slopes)
        })
    }
}
