//! The page's data: every figure with its text, its interval and all that a citation needs, as compact as it goes.

use inflight_record::{Label, Workload};
use serde::Serialize;

use super::answer::{Answer, answers};
use super::carried::Carried;
use super::look::{Look, looks};
use super::words::about;
use super::{Part, embed};
use crate::cite;
use crate::metric::{Metric, Unit};
use crate::portability::Portability;
use crate::style::{describe, ideal_formula, machine, placement};
use crate::summary::{
    Figure, MachineSummary, MarginalMemory, ModelSummary, Summary, WorkloadSummary, in_percent, notes, standing, time,
};
use crate::units::{duration, percent};

/// All but the traces.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    title: &'a str,
    metrics: Vec<MetricData>,
    models: Vec<ModelData<'a>>,
    studies: Vec<StudyData<'a>>,
    /// Studies that ran on several machines.
    portability: Vec<Carried<'a>>,
    licences: Vec<embed::Licence>,
}

#[derive(Serialize)]
struct MetricData {
    id: String,
    title: String,
    unit: Unit,
    about: String,
    /// As citations call it.
    phrase: &'static str,
    /// Of a ratio: the metric of which it is one.
    of: Option<&'static str>,
}

#[derive(Serialize)]
struct ModelData<'a> {
    id: &'a str,
    label: Label,
    look: Look,
}

#[derive(Serialize)]
struct StudyData<'a> {
    /// The word in links: the study's name, with its path where another study has the same.
    key: String,
    name: &'a str,
    question: &'a str,
    path: &'a str,
    date: &'a str,
    baseline: &'a str,
    level: f64,
    alpha: f64,
    machines: Vec<MachineData<'a>>,
}

#[derive(Serialize)]
struct MachineData<'a> {
    id: &'a str,
    words: String,
    /// On which day or days it ran the study.
    date: String,
    placed: Option<String>,
    /// What stands behind the metric in the ids of its figures.
    ending: String,
    /// The part of a citation's sentence on machine, day and build.
    circumstances: String,
    workloads: Vec<WorkloadData<'a>>,
    marginal: Vec<MarginalData<'a>>,
}

#[derive(Serialize)]
struct WorkloadData<'a> {
    id: &'a str,
    workload: &'a Workload,
    words: String,
    delay: String,
    ideal_ns: Option<u64>,
    ideal: Option<String>,
    formula: String,
    rounds: usize,
    time: &'static str,
    models: Vec<Row<'a>>,
    answers: Vec<Answer<'a>>,
    /// Metrics in which models are not compared under this workload, and why.
    doubts: Vec<(&'static str, &'static str)>,
    again: Vec<AgainData<'a>>,
    found: Vec<FoundData<'a>>,
    notes: Vec<String>,
}

/// A model under a workload.
#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    /// What the ids of its figures begin with.
    stem: &'a str,
    figures: Vec<FigureData<'a>>,
    ratios: Vec<FigureData<'a>>,
    /// Tie letters by metric, where there are ranks.
    letters: Vec<(&'static str, String)>,
    batches: String,
    /// Whether some of its batches are left out of anything.
    left_out: bool,
}

/// Metric, estimate, low, high, rounds, rounds left out, text, reason.
#[derive(Serialize)]
struct FigureData<'a>(
    &'a str,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    usize,
    usize,
    String,
    #[serde(skip_serializing_if = "Option::is_none")] Option<&'a str>,
);

#[derive(Serialize)]
struct AgainData<'a> {
    metric: &'static str,
    stem: &'a str,
    figure: FigureData<'a>,
    reach: Option<String>,
    smallest: Option<String>,
}

#[derive(Serialize)]
struct FoundData<'a> {
    metric: &'static str,
    stem: &'a str,
    figure: FigureData<'a>,
    injected: String,
}

#[derive(Serialize)]
struct MarginalData<'a> {
    group: &'a str,
    workloads: &'a [String],
    same_requests: bool,
    models: Vec<Slope<'a>>,
}

#[derive(Serialize)]
struct Slope<'a> {
    model: &'a str,
    stem: &'a str,
    figure: FigureData<'a>,
}

impl<'a> Data<'a> {
    pub(super) fn new(title: &'a str, parts: &'a [Part<'a>], portability: Option<&'a Portability>) -> Self {
        let models = models(parts);
        let looks = looks(&models);
        let names: Vec<&str> = parts.iter().map(|part| part.summary.study.as_str()).collect();
        Self {
            title,
            metrics: Metric::ALL
                .into_iter()
                .map(MetricData::of)
                .chain(Metric::COMPARED.map(MetricData::ratio))
                .collect(),
            models: models.iter().zip(looks).map(|((id, label), look)| ModelData { id, label: *label, look }).collect(),
            studies: parts.iter().map(|part| StudyData::new(part, &names)).collect(),
            portability: portability.into_iter().flat_map(|it| &it.studies).map(Carried::of).collect(),
            licences: embed::licences(),
        }
    }
}

/// All models of all parts, each once, in the order in which they are first met.
fn models<'a>(parts: &'a [Part<'a>]) -> Vec<(&'a str, Label)> {
    let mut models: Vec<(&str, Label)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for part in parts {
        let workloads = part.summary.machines.iter().flat_map(|machine| &machine.workloads);
        for model in workloads.flat_map(|workload| &workload.models) {
            if seen.insert(model.model.as_str()) {
                models.push((&model.model, model.label));
            }
        }
    }
    models
}

impl MetricData {
    fn of(metric: Metric) -> Self {
        Self {
            id: metric.as_str().to_owned(),
            title: metric.title().to_owned(),
            unit: metric.unit(),
            about: about(metric).to_owned(),
            phrase: cite::phrase(metric),
            of: None,
        }
    }

    fn ratio(metric: Metric) -> Self {
        Self {
            id: format!("{}_ratio", metric.as_str()),
            title: format!("{} / baseline", metric.title()),
            unit: Unit::Ratio,
            about: "Ratio to the baseline, paired by round: 1 is the baseline itself.".to_owned(),
            of: Some(metric.as_str()),
            ..Self::of(metric)
        }
    }
}

impl<'a> StudyData<'a> {
    fn new(part: &'a Part<'a>, names: &[&str]) -> Self {
        let summary = part.summary;
        let alone = names.iter().filter(|name| **name == summary.study).count() == 1;
        Self {
            key: if alone { summary.study.clone() } else { format!("{}@{}", summary.study, part.path) },
            name: &summary.study,
            question: &summary.question,
            path: &part.path,
            date: &part.date,
            baseline: &summary.baseline,
            level: in_percent(summary.level),
            alpha: in_percent(summary.alpha),
            machines: summary.machines.iter().map(|on| MachineData::new(summary, on)).collect(),
        }
    }
}

impl<'a> MachineData<'a> {
    fn new(summary: &'a Summary, on: &'a MachineSummary) -> Self {
        let ending = summary.ending(on);
        let slope = |group: &'a MarginalMemory| MarginalData {
            group: &group.group,
            workloads: &group.workloads,
            same_requests: group.same_requests,
            models: group
                .models
                .iter()
                .map(|it| Slope {
                    model: &it.model,
                    stem: stem(&it.figure, &ending),
                    figure: FigureData::new(&it.figure),
                })
                .collect(),
        };
        Self {
            id: &on.environment_id,
            words: machine(&on.machine, &on.software),
            date: on.dates.to_string(),
            placed: on.placed.as_ref().map(|it| placement(&it.placement, &it.server_cpus, &it.worker_cpus)),
            circumstances: cite::circumstances(on),
            workloads: on.workloads.iter().map(|workload| WorkloadData::new(summary, workload, &ending)).collect(),
            marginal: on.marginal_memory.iter().map(slope).collect(),
            ending,
        }
    }
}

impl<'a> WorkloadData<'a> {
    fn new(summary: &'a Summary, on: &'a WorkloadSummary, ending: &str) -> Self {
        let controls = &on.controls;
        let again = controls.again.iter().map(|again| AgainData {
            metric: again.metric.as_str(),
            stem: stem(&again.ratio, ending),
            figure: FigureData::new(&again.ratio),
            reach: again.reach.map(percent),
            smallest: again.smallest_detectable.map(percent),
        });
        let found = [(Metric::Makespan, &controls.delay), (Metric::CpuPerRequest, &controls.work)];
        let found = found.into_iter().filter_map(|(metric, found)| {
            let found = found.as_ref()?;
            Some(FoundData {
                metric: metric.as_str(),
                stem: stem(&found.found, ending),
                figure: FigureData::new(&found.found),
                injected: duration(crate::metric::number(found.injected_ns)),
            })
        });
        let doubt = |metric: Metric| Some((metric.as_str(), metric.unranked(&on.workload)?));
        Self {
            id: &on.id,
            workload: &on.workload,
            words: describe(&on.workload),
            delay: on.workload.delay_text(),
            ideal_ns: on.ideal_ns,
            ideal: on.ideal_ns.map(|ideal| duration(crate::metric::number(ideal))),
            formula: ideal_formula(&on.workload),
            rounds: on.rounds,
            time: time(on).as_str(),
            models: on.models.iter().map(|model| Row::new(on, model, ending)).collect(),
            answers: answers(on),
            doubts: Metric::ALL.into_iter().filter_map(doubt).collect(),
            again: again.collect(),
            found: found.collect(),
            notes: notes(on, summary).lines().map(str::to_owned).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn new(workload: &'a WorkloadSummary, model: &'a ModelSummary, ending: &str) -> Self {
        let letters = workload.rankings.iter().filter_map(|it| Some((it.metric.as_str(), it.letters(&model.model)?)));
        Self {
            model: &model.model,
            stem: model.figures.first().map_or("", |figure| stem(figure, ending)),
            figures: model.figures.iter().map(FigureData::new).collect(),
            ratios: model.ratios.iter().map(FigureData::new).collect(),
            letters: letters.collect(),
            batches: standing(&model.batches),
            left_out: cite::some_left_out(&model.batches),
        }
    }
}

impl<'a> FigureData<'a> {
    fn new(figure: &'a Figure) -> Self {
        let Figure { metric, estimate, low, high, rounds, left_out, reason, .. } = figure;
        Self(metric, *estimate, *low, *high, *rounds, *left_out, figure.text(), reason.as_deref())
    }
}

/// What the id of a figure begins with, up to its metric.
fn stem<'a>(figure: &'a Figure, ending: &str) -> &'a str {
    let id = figure.id.strip_suffix(ending).unwrap_or(&figure.id);
    id.strip_suffix(figure.metric.as_str()).unwrap_or(id)
}
