//! An answer out of a view: a line for each model, and from what it is made.

use std::collections::BTreeSet;

use inflight_record::Label;

use super::ground::{Source, is_choice};
use super::path::Path;
use super::view::{MIXED, Stand, View};
use super::{Basis, Checked, Estimate, ModelAdvice, StepTaken};
use crate::metric::{Metric, number};
use crate::summary::twelve;

impl View<'_> {
    /// What is said of every model, the best first, those that are no choice last.
    pub(super) fn models(&self) -> Vec<ModelAdvice> {
        let stands = self.stands();
        let mut models: Vec<ModelAdvice> = self
            .like
            .models
            .iter()
            .zip(stands)
            .map(|((model, label), stand)| self.model(model, *label, stand))
            .collect();
        let key = |model: &ModelAdvice| {
            let by = if self.by() == Metric::Excess { &model.excess } else { &model.cpu_per_request };
            let estimate = by.as_ref().map_or(f64::INFINITY, |estimate| estimate.estimate);
            let choice = is_choice(model.label);
            // Those that are no choice have no place among the others.
            (!choice, choice.then_some(model.standing), estimate)
        };
        models.sort_by(|a, b| {
            let (one, other) = (key(a), key(b));
            (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2)).then(a.model.cmp(&b.model))
        });
        models
    }

    fn model(&self, model: &str, label: Label, stand: Stand) -> ModelAdvice {
        let figure = |metric| self.figure(model, metric).ok();
        let excess = if self.by() == Metric::Excess { figure(Metric::Excess) } else { None };
        let makespan = match self.measured() {
            Some(_) => figure(Metric::Makespan),
            None => excess.as_ref().map(|excess| excess.plus(number(self.workload.ideal_ns()))),
        };
        let cpu_per_request = figure(Metric::CpuPerRequest);
        ModelAdvice {
            model: model.to_owned(),
            label,
            standing: stand.standing,
            reason: stand.reason,
            makespan,
            excess,
            times_the_best: stand.ratio,
            cpu_total: cpu_per_request.as_ref().map(|cpu| cpu.times(number(self.workload.requests))),
            cpu_per_request,
            peak_memory: figure(Metric::PeakMemory),
            marginal_memory: self.marginal(model),
        }
    }

    /// The slope of memory along the concurrency of a workload that this is made from.
    fn marginal(&self, model: &str) -> Option<Estimate> {
        let sources = self.points().into_iter().map(|point| self.like.points[point].source);
        let (source, figure) = sources.into_iter().find_map(|source| {
            let groups = source.machine.marginal_memory.iter();
            let mut groups = groups.filter(|group| group.workloads.contains(&source.workload.id));
            let slope = groups.find_map(|group| group.models.iter().find(|it| it.model == model))?;
            Some((source, &slope.figure))
        })?;
        let (low, high) = figure.limits().unzip();
        let ids = vec![source.pinned(figure)];
        Some(Estimate { unit: figure.unit, estimate: figure.estimate?, low, high, measured: true, ids })
    }

    /// From what this is made.
    pub(super) fn basis(&self, path: &Path) -> Basis {
        let ids = |points: BTreeSet<usize>| points.into_iter().map(|point| self.like.points[point].id()).collect();
        let measured = self.measured();
        let steps = path.steps.iter().map(|step| StepTaken {
            axis: step.ladder.axis,
            from: step.from,
            to: step.to,
            along: ids(step.uses(self.like)),
        });
        let checks = MIXED.map(|metric| Checked {
            metric,
            workloads: self.checks.count(&self.axes),
            typical_error: self
                .checks
                .typical(self.like, &self.axes, metric)
                .filter(|error| error.is_finite())
                .map(|error| twelve(error.exp_m1())),
        });
        Basis {
            measured: measured.is_some(),
            from: ids(path.begins(self.like)),
            also: measured.map_or_else(Vec::new, |point| self.like.points[point].also.iter().map(Source::id).collect()),
            steps: steps.collect(),
            checks: if measured.is_some() { Vec::new() } else { checks.into() },
        }
    }
}
