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
            &caption::figures(site, &group.workloads, Metric::Efficiency, "after ±: half their width, rounded up"),
            "A bar at the left edge of a cell: by the server's ledger the model had fewer than C in flight at its peak, about as many as given, because of a cap or because it was too slow to start them.",
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
    let half = figure.limits().map(|(low, high)| (high - low) / 2.0 * 100.0);
    let capped = peak_in_flight(model).filter(|peak| *peak < FULL * number(workload.workload.concurrency));
    HeatCell::Figure {
        share,
        text: half.map_or_else(|| format!("{} %", three(percent)), |half| format!("{} %", with_half(percent, half))),
        remark: capped.map_or_else(String::new, |peak| format!("{peak:.0} in flight")),
    }
}

/// `96.8 ± 0.5`: both with the digits behind the point that the first has, the second rounded up.
fn with_half(percent: f64, half: f64) -> String {
    let value = three(percent);
    let digits = value.split_once('.').map_or(0, |(_, part)| part.len());
    let unit = [1.0, 10.0, 100.0].get(digits).copied().unwrap_or(100.0);
    format!("{value} ± {:.digits$}", (half * unit).ceil() / unit)
}

#[cfg(test)]
mod tests {
    use super::with_half;

    #[test]
    fn half_widths_are_rounded_up_to_the_digits_of_their_figure() {
        assert_eq!(with_half(96.84, 0.42), "96.8 ± 0.5");
        assert_eq!(with_half(4.921, 0.0001), "4.92 ± 0.01");
        assert_eq!(with_half(100.0, 0.2), "100 ± 1");
        assert_eq!(with_half(50.0, 0.0), "50.0 ± 0.0");
    }
}
