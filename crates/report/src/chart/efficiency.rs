//! Efficiency by model and concurrency, as a heat map that marks who never had C in flight.

use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::group::{Dim, Group};
use super::heat::{Heat, HeatCell, HeatRow};
use super::memory::peak_in_flight;
use super::select::{Candidate, select};
use crate::metric::{Metric, number};
use crate::summary::{ModelSummary, WorkloadSummary};
use crate::units::{percent, three};

/// More rows than this are no picture any more.
const MOST: usize = 40;
/// Below this share of C a model is said not to have had C in flight.
const FULL: f64 = 0.95;

/// The heat map of a group along concurrency.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, group: &Group<'_>) {
    if group.dim != Dim::Concurrency {
        return;
    }
    let name = ["efficiency-by-concurrency", group.name.as_str()];
    let models = group.workloads.first().map_or(&[][..], |it| it.models.as_slice());
    let at = |workload: &WorkloadSummary, model: &str| {
        let model = workload.models.iter().find(|it| it.model == model)?;
        model.figure(Metric::Efficiency)?.estimate
    };
    // Those with the highest efficiency at the greatest C come first.
    let waste = |model: &ModelSummary| {
        let found = group.workloads.iter().rev().find_map(|workload| at(workload, &model.model));
        found.map_or(f64::INFINITY, |share| 1.0 - share)
    };
    if models.iter().all(|model| waste(model).is_infinite()) {
        let reason = caption::left_out(&group.workloads, Metric::Efficiency);
        return gallery.without(site, &name, format!("no model has an efficiency. {reason}"));
    }
    let candidates = models.iter().map(|model| Candidate::new(site, &model.model, waste(model))).collect();
    let (kept, dropped) = select(candidates, MOST);
    let mut kept: Vec<&ModelSummary> = kept.into_iter().filter_map(|place| models.get(place)).collect();
    kept.sort_by(|a, b| waste(a).total_cmp(&waste(b)).then_with(|| a.model.cmp(&b.model)));
    let row = |model: &&ModelSummary| HeatRow {
        name: model.model.clone(),
        look: site.looks.get(&model.model),
        cells: group.workloads.iter().map(|workload| cell(workload, &model.model)).collect(),
    };
    let figures = group.workloads.last().map_or_else(Vec::new, |workload| {
        let one = |model: &&ModelSummary| {
            at(workload, &model.model).map(|share| (model.model.clone(), share, percent(share)))
        };
        kept.iter().filter_map(one).collect()
    });
    let heat = Heat {
        across: group.dim.axis().to_owned(),
        columns: group.workloads.iter().map(|it| group.level(&it.workload)).collect(),
        rows: kept.iter().map(row).collect(),
    };
    let draft = Draft {
        title: "Efficiency by model and concurrency".to_owned(),
        subtitle: group.describe(),
        caption: caption::of(&[
            "Efficiency is ideal / makespan: 100 % is what no client can beat.",
            &caption::figures(site, &group.workloads, Metric::Efficiency, "the second line of a cell"),
            "A bar at the left edge of a cell: the model had fewer than C in flight at its peak, about as many as given (its median peak memory by that per request in flight), because of a cap or because it was too slow to start them.",
            &dropped,
            &caption::left_out(&group.workloads, Metric::Efficiency),
            &caption::site(site),
        ]),
        alt: format!("Heat map of efficiency: at the greatest concurrency {}.", caption::extremes(&figures)),
    };
    gallery.add(site, &name, draft, |sheet| heat.draw(sheet));
}

fn cell(workload: &WorkloadSummary, model: &str) -> HeatCell {
    let Some(model) = workload.models.iter().find(|it| it.model == model) else {
        return HeatCell::Absent("not run".to_owned());
    };
    let Some(figure) = model.figure(Metric::Efficiency) else { return HeatCell::Absent("no figure".to_owned()) };
    let Some(share) = figure.estimate else { return HeatCell::Absent(caption::briefly(model)) };
    let percent = share * 100.0;
    let capped = peak_in_flight(model).filter(|peak| *peak < FULL * number(workload.workload.concurrency));
    let in_flight = capped.map(|peak| format!("{peak:.0} in flight"));
    HeatCell::Figure {
        share,
        text: format!("{} %", three(percent)),
        marked: in_flight.is_some(),
        remarks: figure.limits().map(from_to).into_iter().chain(in_flight).collect(),
    }
}

/// `40.9–47.2`: limits in percent. They lie unevenly around their figure, so a ± would name others.
fn from_to((low, high): (f64, f64)) -> String {
    format!("{}–{}", three(low * 100.0), three(high * 100.0))
}

#[cfg(test)]
mod tests {
    use super::from_to;

    #[test]
    fn limits_are_those_of_the_record() {
        assert_eq!(from_to((0.409, 0.4724)), "40.9–47.2");
        assert_eq!(from_to((0.0492, 0.0493)), "4.92–4.93");
        assert_eq!(from_to((0.998, 1.0)), "99.8–100");
    }
}
