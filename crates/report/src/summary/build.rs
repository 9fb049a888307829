//! From the rows of a study to its summary.

use std::collections::HashMap;

use inflight_stats::{Stopping, median};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::batches::Batches;
use super::claims::claims;
use super::controls::ControlArms;
use super::crawl::crawls;
use super::figure::{Figure, Ids, median_figure, ratio_figure};
use super::marginal::marginal_memory;
use super::ranking::{Entry, Ranking};
use super::yardstick::yardsticks;
use super::{MachineSummary, ModelSummary, RoundTrips, SUMMARY_VERSION, Summary, WorkloadSummary};
use crate::grid::{ArmRows, Cells, Values, machines, plain};
use crate::metric::Metric;
use crate::study::StudyRecords;

pub(super) fn summary(study: &StudyRecords) -> Summary {
    let (first, stopping) = (study.first(), study.stopping());
    let machines = machines(study);
    let several = machines.len() > 1;
    let summaries = machines.iter().map(|machine| {
        let id = &machine.environment.environment_id;
        let ending = if several { format!("@{id}") } else { String::new() };
        let ids = Ids { study: first.name.clone(), ending };
        MachineSummary {
            // Each by itself, and in their order whichever is done first.
            workloads: machine.workloads.par_iter().map(|cells| workload(&ids, cells, study, stopping)).collect(),
            marginal_memory: marginal_memory(&ids, machine, stopping),
            ..MachineSummary::new(machine, study.placed_in(id))
        }
    });
    Summary {
        summary_version: SUMMARY_VERSION,
        study: first.name.clone(),
        question: first.question.clone(),
        study_sha256: first.study_sha256.clone(),
        study_ids: study.manifests().iter().map(|manifest| manifest.study_id.clone()).collect(),
        baseline: first.baseline.clone(),
        rounds: study.rounds(),
        level: stopping.level(),
        alpha: stopping.alpha(),
        controls: first.controls,
        machines: summaries.collect(),
    }
}

/// The values of each model that is compared, by metric: made once, paired many times.
type Compared<'a> = HashMap<(Metric, &'a str), Values<'a>>;

fn workload(ids: &Ids, cells: &Cells<'_>, study: &StudyRecords, stopping: Stopping) -> WorkloadSummary {
    let named = cells.named;
    let baseline = &study.first().baseline;
    let mut compared = Compared::new();
    for rows in cells.models() {
        compared.extend(Metric::COMPARED.map(|metric| ((metric, rows.arm.arm.as_str()), rows.values(metric))));
    }
    let controls = ControlArms::of(ids, cells, baseline, study.first().controls, stopping);
    let metrics = Metric::COMPARED.into_iter().filter(|metric| metric.absent(&named.workload).is_none());
    let rankings = metrics.map(|metric| {
        let of = |rows: &ArmRows<'_>| compared.get(&(metric, rows.arm.arm.as_str())).cloned().unwrap_or_default();
        let entry = |rows| {
            let peak_memory = median(&plain(&ArmRows::values(rows, Metric::PeakMemory)));
            Entry { model: &rows.arm.arm, values: of(rows), peak_memory }
        };
        let models: Vec<Entry<'_>> = cells.models().map(entry).collect();
        Ranking::of(metric, &named.workload, &models, controls.reach(metric), stopping)
    });
    WorkloadSummary {
        id: named.id.clone(),
        slug: named.slug.clone(),
        ideal_ns: (named.workload.delay_ns > 0).then(|| named.workload.ideal_ns()),
        round_trips: RoundTrips::of(cells.rows().filter_map(|row| row.round_trip_ns)),
        workload: named.workload.clone(),
        rounds: cells.rounds,
        models: cells.models().map(|rows| model(ids, cells, rows, &compared, baseline, stopping)).collect(),
        yardsticks: yardsticks(ids, cells, stopping),
        crawls: crawls(ids, cells, stopping),
        claims: claims(ids, cells, &study.first().claims, stopping),
        rankings: rankings.collect(),
        controls,
    }
}

fn model(
    ids: &Ids,
    cells: &Cells<'_>,
    rows: &ArmRows<'_>,
    compared: &Compared<'_>,
    baseline: &str,
    stopping: Stopping,
) -> ModelSummary {
    let name = rows.arm.arm.as_str();
    let figures = Metric::ALL.into_iter().map(|metric| {
        let values = rows.values(metric);
        median_figure(ids, cells, name, metric, &values, stopping)
    });
    let none = Values::new();
    let ratio = |metric| -> Figure {
        let of = |arm| compared.get(&(metric, arm)).unwrap_or(&none);
        ratio_figure(ids, cells, name, metric, (of(name), of(baseline)), stopping)
    };
    ModelSummary {
        model: name.to_owned(),
        label: rows.arm.label,
        figures: figures.collect(),
        ratios: if name == baseline { Vec::new() } else { Metric::COMPARED.into_iter().map(ratio).collect() },
        batches: Batches::of(rows),
    }
}
