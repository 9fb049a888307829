//! Forest plots: the ratio of each model to the baseline on every machine, what they say together, and the next machine.

use super::caption::{self, listed};
use super::font::{Weight, wrapped};
use super::gallery::{Draft, Gallery};
use super::lines::ends;
use super::look::{Look, Looks};
use super::scale::Scale;
use super::scene::{Anchor, Dash, Fill, Glyph, Ink, LABEL, Shape, Stroke, Words};
use super::select::evenly;
use super::sheet::{Area, MARGIN, Sheet, WIDTH};
use super::{Charts, against};
use crate::metric::{Metric, Unit, number_of};
use crate::portability::WorkloadPortability;
use crate::portability::{MachineEntry, OnMachine, Portability, Row, StudyPortability, Together, Verdict};
use crate::style::describe;
use crate::summary::with_limits;

/// Workloads of a study that are drawn, by each metric.
const WORKLOADS: usize = 3;
/// More lines than this are no picture any more.
const MOST: usize = 120;
/// From one line to the next.
const LINE: f64 = 18.0;
/// What stands above the lines of a model.
const HEAD: f64 = 26.0;
/// What stands below them: ticks and their labels.
const FOOT: f64 = 30.0;
const NAMES: f64 = 190.0;
const GAP: f64 = 14.0;
/// A line at 1 is drawn where the ratios come as near to it as this, as a ratio.
const NEAR: f64 = 1.5;

/// The forest plots of these studies: by metric and workload, a block for each model.
#[must_use]
pub fn forests(portability: &Portability) -> Charts {
    let mut gallery = Gallery::default();
    for study in &portability.studies {
        for metric in Metric::DECISIVE {
            draw(&mut gallery, study, metric);
        }
    }
    gallery.charts()
}

fn draw(gallery: &mut Gallery, study: &StudyPortability, metric: Metric) {
    let kind = format!("forest-{}", metric.as_str().replace('_', "-"));
    let has = |workload: &&WorkloadPortability| workload.rows.iter().any(|row| shows(row, metric));
    let there: Vec<&WorkloadPortability> = study.workloads.iter().filter(has).collect();
    for place in evenly(there.len(), WORKLOADS) {
        let Some(workload) = there.get(place) else { continue };
        one(gallery, study, workload, metric, &kind);
    }
    if there.len() > WORKLOADS {
        let reason = format!("{WORKLOADS} of {} workloads are drawn, evenly chosen", there.len());
        gallery.without_of_all(&[&kind, &study.study], reason);
    }
}

fn shows(row: &Row, metric: Metric) -> bool {
    row.metric == metric && row.together.is_some()
}

fn one(gallery: &mut Gallery, study: &StudyPortability, workload: &WorkloadPortability, metric: Metric, kind: &str) {
    let all: Vec<&Row> = workload.rows.iter().filter(|row| shows(row, metric)).collect();
    let most = (MOST / (study.machines.len() + 2)).max(1);
    let (rows, dropped) = chosen(all, most);
    let looks = Looks::new(workload.rows.iter().map(|row| (row.model.as_str(), row.label)));
    let sheet = Forest { machines: &study.machines, rows: &rows, looks: &looks };
    let without = workload.rows.iter().filter(|row| row.metric == metric && row.together.is_none());
    let without: Vec<&str> = without.map(|row| row.model.as_str()).collect();
    let without = if without.is_empty() { String::new() } else { format!("No prediction: {}.", listed(&without)) };
    let draft = Draft {
        title: format!("{} against {}, on {} machines", against::title(metric), study.baseline, study.machines.len()),
        subtitle: format!("{} · {}", workload.id, describe(&workload.workload)),
        caption: caption::of(&[
            "Ratios to the baseline, paired by round, each with the interval of its machine; below 1 is less. Diamond: all machines together; bar: where the next machine's ratio lies with 95 %, pale where it goes on beyond the picture. Each model has a scale of its own; dashed line: 1.",
            &sheet.restricted(),
            &dropped,
            &without,
            &format!("Study {}.", study.study),
            &described(&study.machines),
        ]),
        alt: format!("{} on {} machines: {}.", against::title(metric), study.machines.len(), spoken(&rows)),
    };
    gallery.add_of_all(&[kind, &study.study, &workload.id], draft, |on| sheet.draw(on));
}

/// At most so many rows, by their ratios: those that do not hold everywhere before those that do; and a word on the others.
fn chosen(mut rows: Vec<&Row>, most: usize) -> (Vec<&Row>, String) {
    let plain = |row: &Row| matches!(row.verdict, Verdict::HoldsEverywhere | Verdict::NotTold);
    let ratio = |row: &Row| row.together.as_ref().map_or(f64::INFINITY, |it| it.ratio);
    let by_ratio = |a: &&Row, b: &&Row| ratio(a).total_cmp(&ratio(b)).then_with(|| a.model.cmp(&b.model));
    rows.sort_by(|a, b| plain(a).cmp(&plain(b)).then_with(|| by_ratio(a, b)));
    let dropped = rows.split_off(most.min(rows.len()));
    rows.sort_by(by_ratio);
    let names: Vec<&str> = dropped.iter().map(|row| row.model.as_str()).collect();
    let text = if names.is_empty() { String::new() } else { format!("Not drawn: {}.", listed(&names)) };
    (rows, text)
}

/// Every machine in words, many of them only counted.
fn described(machines: &[MachineEntry]) -> String {
    let each: Vec<String> = machines.iter().map(|it| format!("{}: {}", it.name, it.described())).collect();
    format!("{}.", listed(&each.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// The verdicts, for those who do not see the picture.
fn spoken(rows: &[&Row]) -> String {
    let each: Vec<String> = rows.iter().map(|row| format!("{} {}", row.model, row.words)).collect();
    listed(&each.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What is drawn between title and caption.
struct Forest<'a> {
    machines: &'a [MachineEntry],
    rows: &'a [&'a Row],
    looks: &'a Looks,
}

impl Forest<'_> {
    /// A word on hollow markers, where there are any.
    fn restricted(&self) -> String {
        let names: Vec<&str> =
            self.machines.iter().filter(|it| it.machine.restricted.is_some()).map(|it| it.name.as_str()).collect();
        if names.is_empty() { String::new() } else { format!("Hollow: restricted machines ({}).", listed(&names)) }
    }

    fn draw(&self, sheet: &mut Sheet) {
        sheet.y += 8.0;
        for row in self.rows {
            if let Some(together) = &row.together {
                self.block(sheet, row, together);
            }
        }
    }

    fn block(&self, sheet: &mut Sheet, row: &Row, together: &Together) {
        let look = self.looks.get(&row.model);
        self.head(sheet, row, look);
        let texts: Vec<String> = row.machines.iter().map(figure).collect();
        let (of_all, of_next) = (together.text(), together.next_text());
        let widths = texts.iter().chain([&of_all, &of_next]).map(|text| small(text).width());
        let right = WIDTH - MARGIN - widths.fold(0.0, f64::max) - GAP;
        let left = MARGIN + NAMES + GAP;
        let lines = number_of(row.machines.len() + 2);
        let area = Area { left, top: sheet.y, right, bottom: sheet.y + LINE * lines + 4.0 };
        let scale = scale(row, together, area);
        sheet.axis_across(area, &scale, "", true);
        if !scale.is_below(1.0) && !scale.is_above(1.0) {
            let at = scale.at(1.0);
            let stroke = Stroke::new(Ink::Text, 1.2).dash(Dash::Dashed);
            sheet.scene.line([(at, area.top), (at, area.bottom)], stroke);
        }
        for (place, ((on, entry), text)) in row.machines.iter().zip(self.machines).zip(&texts).enumerate() {
            let y = middle(area.top, place);
            line(sheet, y, &entry.called(), text);
            // Of the model's look the filling stands for the variant, which is named above.
            let fill = if entry.machine.restricted.is_some() { Fill::Hollow } else { Fill::Full };
            let glyph = Glyph { fill, ..look.glyph(4.0) };
            if let Some(ratio) = on.ratio {
                whisker(sheet, &scale, on.limits(), y, Stroke::new(look.ink, 1.3));
                sheet.scene.marker((scale.at(ratio), y), glyph);
            }
        }
        let (all, next) = (middle(area.top, row.machines.len()), middle(area.top, row.machines.len() + 1));
        line(sheet, all, "all machines", &of_all);
        whisker(sheet, &scale, Some((together.low, together.high)), all, Stroke::new(Ink::Text, 1.6));
        let diamond = Glyph { shape: Shape::Diamond, fill: Fill::Full, ink: Ink::Text, radius: 4.5 };
        sheet.scene.marker((scale.at(together.ratio), all), diamond);
        line(sheet, next, "next machine", &of_next);
        bar(sheet, &scale, (together.next_low, together.next_high), next, look.ink);
        sheet.y = area.bottom + FOOT;
    }

    /// The model with its verdict.
    fn head(&self, sheet: &mut Sheet, row: &Row, look: Look) {
        sheet.y += HEAD - 8.0;
        sheet.scene.marker((MARGIN + 6.0, sheet.y - LABEL * 0.36), look.glyph(4.0));
        let name = Words::new(&row.model).bold().fitted(WIDTH / 2.0 - MARGIN);
        let verdict = MARGIN + 18.0 + name.width() + 12.0;
        sheet.scene.text((MARGIN + 18.0, sheet.y), name);
        let words = Words::new(&row.words).ink(Ink::Muted);
        if words.width() <= WIDTH - MARGIN - verdict {
            sheet.scene.text((verdict, sheet.y), words);
        } else {
            for line in wrapped(&words.text, LABEL, Weight::Regular, WIDTH - 2.0 * MARGIN - 18.0) {
                sheet.y += LABEL * 1.4;
                sheet.scene.text((MARGIN + 18.0, sheet.y), Words::new(&line).ink(Ink::Muted));
            }
        }
        sheet.y += 8.0;
    }
}

fn small(text: &str) -> Words {
    Words::new(text).size(11.0).ink(Ink::Muted)
}

fn figure(on: &OnMachine) -> String {
    on.ratio.map_or_else(|| "no ratio".to_owned(), |ratio| with_limits(Unit::Ratio, ratio, on.limits()))
}

/// The middle of a line.
fn middle(top: f64, place: usize) -> f64 {
    top + 2.0 + LINE * (number_of(place) + 0.5)
}

/// The words at both ends of a line.
fn line(sheet: &mut Sheet, y: f64, name: &str, text: &str) {
    sheet.scene.text((MARGIN + 18.0, y + 4.0), Words::new(name).fitted(NAMES - 18.0));
    sheet.scene.text((WIDTH - MARGIN, y + 4.0), small(text).anchor(Anchor::End));
}

fn whisker(sheet: &mut Sheet, scale: &Scale, limits: Option<(f64, f64)>, y: f64, stroke: Stroke) {
    let Some((low, high)) = limits else { return };
    sheet.scene.whisker(((scale.at(low), y), (scale.at(high), y)), scale.is_below(low), stroke);
}

/// The prediction; an end that lies beyond the picture is pale.
fn bar(sheet: &mut Sheet, scale: &Scale, (low, high): (f64, f64), y: f64, ink: Ink) {
    const HEIGHT: f64 = 8.0;
    const FADE: f64 = 14.0;
    let (from, to) = (scale.at(low), scale.at(high));
    let mut part = |from: f64, to: f64, ink: Ink| {
        sheet.scene.rect((from, y - HEIGHT / 2.0), ((to - from).max(1.0), HEIGHT), ink, 1.0);
    };
    part(from, to, ink.soft());
    if scale.is_below(low) {
        part(from, (from + FADE).min(to), ink.pale());
    }
    if scale.is_above(high) {
        part((to - FADE).max(from), to, ink.pale());
    }
}

/// The scale of a model: all that was seen on machines, as much again at either end for the prediction, and 1 where it is near.
fn scale(row: &Row, together: &Together, area: Area) -> Scale {
    let seen = row.machines.iter().flat_map(|on| [on.ratio, on.low, on.high]).flatten();
    let seen = seen.chain([together.ratio, together.low, together.high]).filter(|it| *it > 0.0 && it.is_finite());
    let (least, most) = ends(seen);
    let span = (most / least).max(1.02);
    let low = least.min(together.next_low.max(least / span));
    let high = most.max(together.next_high.min(most * span));
    let (low, high) = match () {
        () if low > 1.0 && low < NEAR => (1.0, high),
        () if high < 1.0 && high > 1.0 / NEAR => (low, 1.0),
        () => (low, high),
    };
    Scale::log(low, high, Unit::Ratio, area.across(), ((area.right - area.left) / 60.0).max(2.0))
}

#[cfg(test)]
mod tests {
    use super::super::tests::texts;
    use super::super::{Theme, raster};
    use super::*;
    use crate::portability::tests::fleet;
    use resvg::usvg::Tree;

    /// Machines that differ, one of them restricted and one far off.
    fn charts() -> Charts {
        let long = "a-node-with-a-rather-long-name-of-its-own";
        forests(&fleet(&[("node1", 300, false), ("node2", 330, false), (long, 360, false), ("node4", 2_700, true)]))
    }

    #[test]
    fn every_metric_has_its_plot_with_all_machines_in_it() {
        let charts = charts();
        let names: Vec<&str> = charts.charts.iter().map(|chart| chart.name.as_str()).collect();
        let expected =
            ["forest-excess-s-c100", "forest-cpu-per-request-s-c100", "forest-memory-per-request-in-flight-s-c100"];
        assert_eq!(names, expected);
        assert_eq!(charts.left_out, []);
        for chart in &charts.charts {
            let svg = chart.svg(Theme::Light);
            for part in ["node1", "node2", "node4 (restricted)", "all machines", "next machine", "other"] {
                assert!(svg.contains(part), "{part}: {svg}");
            }
            assert!(chart.caption.contains("Hollow: restricted machines (node4)"), "{}", chart.caption);
            assert!(chart.caption.contains("restricted: 2 of 8 online"), "{}", chart.caption);
            assert_ne!(svg, chart.svg(Theme::Dark));
        }
    }

    #[test]
    fn no_text_is_cut_off_and_none_lies_on_another() {
        for chart in &charts().charts {
            let tree = Tree::from_str(&chart.svg(Theme::Light), &raster::options()).unwrap();
            let mut found = Vec::new();
            texts(tree.root(), &mut found);
            for (place, ([left, top, right, bottom], text)) in found.iter().enumerate() {
                let inside = *left >= 4.0 && *top >= 0.0 && *right <= tree.size().width() - 4.0;
                assert!(inside && *bottom <= tree.size().height(), "{}: {text:?}", chart.name);
                for ([l, t, r, b], other) in &found[..place] {
                    let apart = right.min(*r) - left.max(*l) <= 0.5 || bottom.min(*b) - top.max(*t) <= 3.0;
                    assert!(apart, "{}: {text:?} on {other:?}", chart.name);
                }
            }
        }
    }
}
