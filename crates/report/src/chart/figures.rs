//! Figures of each workload side by side: excess as dots with intervals, CPU time and memory as bars beside the floor.

use inflight_record::Label;

use super::against::{axis, title, words};
use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::group::Group;
use super::rows::{Cell, Column, Dot, Rows, Style};
use super::select::{Candidate, evenly, select};
use crate::metric::Metric;
use crate::style::describe;
use crate::summary::{ModelSummary, WorkloadSummary};

/// Workloads that are drawn, in one chart.
const WORKLOADS: usize = 4;
/// More rows than this are no picture any more.
const MOST: usize = 40;

/// The charts of all metrics of a machine; where its workloads differ in one thing only, by that.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, groups: &[Group<'_>]) {
    for metric in [Metric::Excess, Metric::CpuPerRequest, Metric::PeakMemory] {
        let name = metric.as_str().replace('_', "-");
        let all: Vec<&WorkloadSummary> = site.machine.workloads.iter().collect();
        let there = |it: &&WorkloadSummary| it.models.iter().any(|model| estimate(model, metric).is_some());
        let there: Vec<&WorkloadSummary> = all.iter().copied().filter(there).collect();
        let chosen: Vec<&WorkloadSummary> =
            evenly(there.len(), WORKLOADS).into_iter().filter_map(|place| there.get(place).copied()).collect();
        match chosen.as_slice() {
            [] => {
                let reason = caption::left_out(&all, metric);
                gallery.without(site, &[&name], format!("no model has the figure. {reason}"));
            }
            [alone] if all.len() == 1 => one(gallery, site, &[*alone], metric, (&[&name, &alone.id], None, &there)),
            several => {
                let holds = |group: &&Group<'_>| group.workloads.len() == all.len();
                one(gallery, site, several, metric, (&[&name], groups.iter().find(holds), &there));
            }
        }
    }
}

fn estimate(model: &ModelSummary, metric: Metric) -> Option<f64> {
    model.figure(metric).and_then(|figure| figure.estimate)
}

/// What the charts of a metric have in common: a name, the group that all workloads are in, and all that could be drawn.
type Common<'a> = (&'a [&'a str], Option<&'a Group<'a>>, &'a [&'a WorkloadSummary]);

/// One chart of some of the workloads.
fn one(
    gallery: &mut Gallery,
    site: Site<'_>,
    workloads: &[&WorkloadSummary],
    metric: Metric,
    (name, group, there): Common<'_>,
) {
    let Some(first) = workloads.first() else { return };
    let alone = workloads.len() == 1;
    // By the figures under the last workload in which a model has one.
    let at = |model: &str| {
        let of = |workload: &&WorkloadSummary| {
            workload.models.iter().find(|it| it.model == model).and_then(|it| estimate(it, metric))
        };
        workloads.iter().rev().find_map(of).unwrap_or(f64::INFINITY)
    };
    let candidates = first.models.iter().map(|model| Candidate::new(site, &model.model, at(&model.model))).collect();
    let (kept, dropped) = select(candidates, MOST);
    let mut models: Vec<&str> =
        kept.into_iter().filter_map(|place| first.models.get(place)).map(|it| it.model.as_str()).collect();
    models.sort_by(|a, b| at(a).total_cmp(&at(b)).then_with(|| a.cmp(b)));
    let rows = Rows {
        names: models.iter().map(|model| ((*model).to_owned(), site.looks.get(model))).collect(),
        columns: workloads.iter().map(|workload| column(site, workload, &models, metric, group, alone)).collect(),
        remarks: letters(first, &models, metric).filter(|_| alone).map(|it| ("ties".to_owned(), it)),
    };
    let figures: Vec<(String, f64, String)> = models
        .iter()
        .map(|model| ((*model).to_owned(), at(model)))
        .filter(|(_, value)| value.is_finite())
        .map(|(model, value)| (model, value, words(metric.unit(), value)))
        .collect();
    let draft = Draft {
        title: title(metric).to_owned(),
        subtitle: match group {
            _ if alone => describe(&first.workload),
            Some(group) => group.describe(),
            None => format!("{} workloads of the study", workloads.len()),
        },
        caption: caption::of(&[
            &if alone || group.is_some() { String::new() } else { each(workloads) },
            &caption::figures(site, workloads, metric, "whiskers, where wide enough to be seen"),
            &explained(&rows, metric, site),
            &dropped,
            &unshown(there.len()),
            &caption::left_out(workloads, metric),
            &caption::site(site),
        ]),
        alt: format!("{} of {} models: {}.", title(metric), models.len(), caption::extremes(&figures)),
    };
    gallery.add(site, name, draft, |sheet| rows.draw(sheet));
}

/// Each workload in words.
fn each(workloads: &[&WorkloadSummary]) -> String {
    let one = |it: &&WorkloadSummary| format!("{}: {}.", it.id, describe(&it.workload));
    workloads.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn unshown(all: usize) -> String {
    if all <= WORKLOADS { String::new() } else { format!("{WORKLOADS} of {all} workloads are drawn, evenly chosen.") }
}

fn column(
    site: Site<'_>,
    workload: &WorkloadSummary,
    models: &[&str],
    metric: Metric,
    group: Option<&Group<'_>>,
    alone: bool,
) -> Column {
    let find = |model: &str| workload.models.iter().find(|it| it.model == model);
    let cell = |model: &&str| {
        let Some(model) = find(model) else { return Cell::Absent("not run".to_owned()) };
        let Some(figure) = model.figure(metric) else { return Cell::Absent("no figure".to_owned()) };
        let Some(value) = figure.estimate else { return Cell::Absent(caption::briefly(model)) };
        let text = if alone { figure.text() } else { words(figure.unit, value) };
        Cell::Figures(vec![Dot { value, limits: figure.limits(), text, fill: None }])
    };
    let dots = metric == Metric::Excess;
    let floor = workload.models.iter().find(|it| it.label == Label::Floor).and_then(|it| estimate(it, metric));
    Column {
        title: match group {
            _ if alone => String::new(),
            Some(group) => format!("{} = {}", group.dim.letter(), group.level(&workload.workload)),
            None => workload.id.clone(),
        },
        axis: axis(metric).to_owned(),
        unit: metric.unit(),
        style: if dots { Style::Dots } else { Style::Bars },
        cells: models.iter().map(cell).collect(),
        band: if dots { band(site, workload, metric) } else { None },
        line: floor.filter(|_| !dots),
    }
}

/// How far the baseline differs from itself, around its figure.
fn band(site: Site<'_>, workload: &WorkloadSummary, metric: Metric) -> Option<(f64, f64)> {
    let reach = workload.controls.again.iter().find(|it| it.metric == metric)?.reach?;
    let baseline = workload.models.iter().find(|it| it.model == site.summary.baseline)?;
    let value = estimate(baseline, metric).filter(|value| *value > 0.0)?;
    Some((value / (1.0 + reach), value * (1.0 + reach)))
}

/// The letters of tie groups; none where there are no ranks.
fn letters(workload: &WorkloadSummary, models: &[&str], metric: Metric) -> Option<Vec<String>> {
    let ranking = workload.rankings.iter().find(|it| it.metric == metric).filter(|it| it.tie_groups.is_some())?;
    Some(models.iter().map(|model| ranking.letters(model).unwrap_or_default()).collect())
}

/// What band, line and letters are, where they are drawn.
fn explained(rows: &Rows, metric: Metric, site: Site<'_>) -> String {
    let baseline = &site.summary.baseline;
    let band = rows.columns.iter().any(|column| column.band.is_some()).then(|| {
        format!("Grey band: how far {baseline} differs from itself (A/A control); no smaller difference is claimed.")
    });
    let line = rows.columns.iter().any(|column| column.line.is_some());
    let line = line.then(|| "Dashed line: the measured floor.".to_owned());
    let letters = rows
        .remarks
        .is_some()
        .then(|| format!("Models that share a letter cannot be told apart by {}.", metric.title()));
    let own = rows.has_own_scales().then(|| "Each column has a scale of its own.".to_owned());
    let cut = rows.has_cut_intervals().then(|| super::lines::CUT.to_owned());
    [band, line, letters, own, cut].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
