//! Two workloads against each other that differ in one thing without a scale: cold and warm, fixed and varying, …

use super::against::{axis, words};
use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::group::Pair;
use super::rows::{Cell, Column, Dot, Rows, Style};
use super::scene::Fill;
use super::select::{Candidate, select};
use crate::metric::Metric;
use crate::style::describe;
use crate::summary::{ModelSummary, WorkloadSummary};

/// More rows than this are no picture any more.
const MOST: usize = 40;

/// The chart of a pair: time and CPU time beside each other, hollow and full.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, pair: &Pair<'_>) {
    let name = [pair.either.word(), pair.second.id.as_str()];
    let both = [pair.first, pair.second];
    let time = if both.iter().all(|it| it.ideal_ns.is_some()) { Metric::Excess } else { Metric::Makespan };
    let metrics = [time, Metric::CpuPerRequest];
    let value = |workload: &WorkloadSummary, model: &str| estimate(workload, model, time).map(|(value, _)| value);
    let there = |model: &&ModelSummary| both.iter().any(|it| value(it, &model.model).is_some());
    let models: Vec<&ModelSummary> = pair.second.models.iter().filter(there).collect();
    if models.is_empty() {
        return gallery.without(site, &name, format!("no model has the figure. {}", caption::left_out(&both, time)));
    }
    let at = |model: &str| value(pair.second, model).or_else(|| value(pair.first, model)).unwrap_or(f64::INFINITY);
    let candidates = models.iter().map(|model| Candidate::new(site, &model.model, at(&model.model))).collect();
    let (kept, dropped) = select(candidates, MOST);
    let mut models: Vec<&str> =
        kept.into_iter().filter_map(|place| models.get(place)).map(|it| it.model.as_str()).collect();
    models.sort_by(|a, b| at(a).total_cmp(&at(b)).then_with(|| a.cmp(b)));
    let (hollow, full) = (pair.either.level(&pair.first.workload), pair.either.level(&pair.second.workload));
    let rows = Rows {
        names: models.iter().map(|model| ((*model).to_owned(), site.looks.get(model))).collect(),
        columns: metrics.map(|metric| column(both, &models, metric)).to_vec(),
        remarks: None,
    };
    let figures: Vec<(String, f64, String)> = models
        .iter()
        .filter_map(|model| {
            let (from, to) = (value(pair.first, model)?, value(pair.second, model)?);
            let text = format!("{} to {}", words(time.unit(), from), words(time.unit(), to));
            Some(((*model).to_owned(), to / from, text))
        })
        .collect();
    let draft = Draft {
        title: pair.either.title().to_owned(),
        subtitle: format!("hollow: {} · full: {full}", describe(&pair.first.workload)),
        caption: caption::of(&[
            &format!("Hollow: workload {} ({hollow}); full: workload {} ({full}).", pair.first.id, pair.second.id),
            &of_each(metrics, |metric| caption::figures(site, &both, metric, "whiskers, where wider than the marker")),
            if rows.has_cut_intervals() { super::lines::CUT } else { "" },
            &dropped,
            &of_each(metrics, |metric| caption::left_out(&both, metric)),
            &caption::site(site),
        ]),
        alt: format!(
            "{} from {hollow} to {full}, of {} models: {}.",
            axis(time),
            models.len(),
            caption::extremes(&figures)
        ),
    };
    gallery.add(site, &name, draft, |sheet| rows.draw(sheet));
}

/// What is said of both panels, or of each where that differs.
fn of_each(metrics: [Metric; 2], say: impl Fn(Metric) -> String) -> String {
    let [left, right] = metrics.map(say);
    if left == right { left } else { format!("Left panel: {left} Right panel: {right}") }
}

fn estimate(workload: &WorkloadSummary, model: &str, metric: Metric) -> Option<(f64, Option<(f64, f64)>)> {
    let figure = workload.models.iter().find(|it| it.model == model)?.figure(metric)?;
    Some((figure.estimate?, figure.limits()))
}

fn column(both: [&WorkloadSummary; 2], models: &[&str], metric: Metric) -> Column {
    let cell = |model: &&str| {
        let dot = |(workload, fill): (&WorkloadSummary, Fill)| {
            let (value, limits) = estimate(workload, model, metric)?;
            Some(Dot { value, limits, text: words(metric.unit(), value), fill: Some(fill) })
        };
        let dots: Vec<Dot> = both.into_iter().zip([Fill::Hollow, Fill::Full]).filter_map(dot).collect();
        if dots.is_empty() { Cell::Absent("no figure".to_owned()) } else { Cell::Figures(dots) }
    };
    Column {
        title: super::against::title(metric).to_owned(),
        axis: axis(metric).to_owned(),
        unit: metric.unit(),
        style: Style::Dots,
        cells: models.iter().map(cell).collect(),
        band: None,
        line: None,
    }
}
