//! A chart of lines: one for each model, with its intervals, and its name where it ends.

use super::look::Look;
use super::scale::{Scale, Tick};
use super::scene::{Anchor, At, Dash, Ink, LABEL, Stroke, Words};
use super::sheet::{Area, MARGIN, Sheet, WIDTH, room_for};
use super::spread::spread;
use crate::metric::{Unit, number_of};

/// One model.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its name, at the end of its line.
    pub(super) name: String,
    /// What stands behind the name in the second rank.
    pub(super) note: String,
    pub(super) look: Look,
    /// From left to right; `None` where there is no figure, and the line is broken.
    pub(super) points: Vec<Option<Point>>,
    /// A line through the points that takes the place of the one from point to point.
    pub(super) fit: Option<Vec<At>>,
}

/// One figure of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Its interval.
    pub(super) limits: Option<(f64, f64)>,
    /// Whether a marker stands on it.
    pub(super) marked: bool,
}

/// A line that is not a model: the ideal, a delay.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) points: Vec<At>,
}

/// What stands along the foot.
#[derive(Debug, Clone)]
pub(super) struct Across {
    pub(super) title: String,
    pub(super) log: bool,
    /// Where the values are; ascending.
    pub(super) ticks: Vec<Tick>,
    /// The ends, where they are not the first and the last tick.
    pub(super) ends: Option<(f64, f64)>,
}

/// What is measured, upwards.
#[derive(Debug, Clone)]
pub(super) struct Up {
    pub(super) title: String,
    pub(super) unit: Unit,
    pub(super) kind: UpKind,
    /// What is above this is not shown, and lines that go there leave at the top.
    pub(super) until: f64,
}

/// How the axis upwards is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UpKind {
    /// By logarithms.
    Log,
    /// Evenly, from 0.
    FromZero,
    /// By logarithms where values differ so much that lines would lie on each other, else evenly, from 0 or around the
    /// values.
    AsNeeded { from_zero: bool },
}

/// A chart of lines.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    pub(super) across: Across,
    pub(super) up: Up,
    pub(super) lines: Vec<Line>,
    pub(super) references: Vec<Reference>,
    /// Least height of the area between the axes.
    pub(super) height: f64,
}

/// Height of one name at the end of a line.
const ROW: f64 = 15.5;
/// Between the area and the names.
const LEADER: f64 = 22.0;
/// A name is as wide at most.
const WIDEST: f64 = 250.0;
/// A line that ends so far from the right ends inside the chart.
const FAR: f64 = 40.0;
/// From where on values upwards are divided by logarithms as needed.
const FAR_APART: f64 = 4.0;
/// Values of 0 stand apart from those on a logarithmic axis, by so much of its width.
const ZERO: f64 = 0.1;

/// What a caption says of intervals that reach beyond the axis.
pub(super) const CUT: &str = "Intervals that reach the low end of the axis, without a cap there, go on beyond it.";

impl Lines {
    /// What a caption has to say of intervals that are cut and of points without one.
    pub(super) fn remarks(&self) -> String {
        let up = self.scale_up((self.height, 0.0));
        let mut shown = self.lines.iter().flat_map(|line| shown(line, &up));
        let cut = shown.any(|point| point.limits.is_some_and(|(low, _)| up.is_below(low)));
        let points = || self.lines.iter().flat_map(|line| line.points.iter().flatten());
        let small = self.has_intervals() && points().any(|point| point.limits.is_none());
        let small = if small { "Small markers: too few rounds for an interval." } else { "" };
        super::caption::of(&[if cut { CUT } else { "" }, small])
    }

    fn has_intervals(&self) -> bool {
        self.lines.iter().flat_map(|line| line.points.iter().flatten()).any(|point| point.limits.is_some())
    }

    /// Draws the chart under what is on the sheet.
    pub(super) fn draw(&self, sheet: &mut Sheet) {
        let height = self.height.max(ROW * number_of(self.lines.len() + self.references.len()) + 8.0);
        let top = sheet.y + if self.up.title.is_empty() { 18.0 } else { 42.0 };
        let up = self.scale_up((top + height, top));
        let references = self.references.iter().map(|it| Words::new(&it.name).width());
        let names = self.lines.iter().map(|line| label(line).width()).chain(references).fold(0.0, f64::max);
        let notes = self.lines.iter().map(|line| note(line).width()).fold(0.0, f64::max);
        let right = WIDTH - MARGIN - LEADER - 16.0 - names - if notes > 0.0 { notes + 10.0 } else { 0.0 };
        let area = Area { left: room_for(&up), top, right, bottom: top + height };
        sheet.axis_up(area, &up, &self.up.title);
        let foot = Foot::new(&self.across, area);
        foot.draw(sheet, area, &self.across.title);
        for reference in &self.references {
            let runs = foot.runs(reference.points.iter().map(|point| Some(*point)), &up);
            runs.into_iter().for_each(|run| sheet.scene.line(run, reference_stroke()));
        }
        for line in &self.lines {
            foot.traced(line, &up).into_iter().for_each(|run| sheet.scene.line(run, line.look.stroke(1.8)));
        }
        for line in &self.lines {
            draw_points(sheet, line, &foot, &up, self.has_intervals());
        }
        self.draw_names(sheet, area, &foot, &up, names);
        sheet.y = area.bottom + 40.0;
    }

    fn scale_up(&self, pixels: (f64, f64)) -> Scale {
        let log = |value: &f64| *value > 0.0;
        let points =
            || self.lines.iter().flat_map(|line| line.points.iter().flatten()).filter(|it| it.y <= self.up.until);
        let mut values: Vec<f64> = points().map(|point| point.y).collect();
        values.extend(self.references.iter().flat_map(|it| it.points.iter().map(|point| point.1)));
        let limits = points().filter_map(|point| point.limits).flat_map(|(low, high)| [low, high]);
        let logarithmic = match self.up.kind {
            UpKind::Log => true,
            UpKind::FromZero => false,
            UpKind::AsNeeded { .. } => {
                let (low, high) = ends(values.iter().copied().filter(log));
                high > FAR_APART * low
            }
        };
        let all = values.iter().copied().chain(limits);
        let count = (pixels.0 - pixels.1) / 45.0;
        match self.up.kind {
            _ if logarithmic => {
                // An interval may reach far below its estimate: what is shown of it ends with the axis.
                let (low, _) = ends(values.iter().copied().filter(log));
                let (least, high) = ends(all.filter(log));
                Scale::log(least.max(low / 2.0), high, self.up.unit, pixels, count)
            }
            UpKind::FromZero | UpKind::AsNeeded { from_zero: true } => {
                Scale::from_zero(ends(all).1, self.up.unit, pixels, count)
            }
            _ => {
                let (low, high) = ends(all);
                Scale::around(low, high, self.up.unit, pixels, count)
            }
        }
    }

    /// The names at the right, each as near to the end of its line as the others let it, with a thin line to it.
    fn draw_names(&self, sheet: &mut Sheet, area: Area, foot: &Foot, up: &Scale, names: f64) {
        let end_of = |line: &Line| foot.end(line, up);
        let ends: Vec<(&Line, At)> = self.lines.iter().filter_map(|line| Some((line, end_of(line)?))).collect();
        let reference = |it: &Reference| it.points.last().map(|(x, y)| (foot.at(*x), up.at(*y)));
        let references: Vec<(&Reference, At)> =
            self.references.iter().filter_map(|it| Some((it, reference(it)?))).collect();
        let wanted: Vec<f64> =
            ends.iter().map(|(_, end)| end.1).chain(references.iter().map(|(_, end)| end.1)).collect();
        let placed = spread(&wanted, ROW, (area.top - 4.0, area.bottom));
        let x = area.right + LEADER;
        for ((line, end), y) in ends.iter().zip(&placed) {
            draw_leader(sheet, *end, area.right, (x - 4.0, *y), line.look.ink);
            sheet.scene.line([(x - 4.0, *y), (x + 14.0, *y)], line.look.stroke(1.8));
            sheet.scene.marker((x + 5.0, *y), line.look.glyph(3.4));
            sheet.scene.text((x + 18.0, y + LABEL * 0.36), label(line));
            sheet.scene.text((x + 28.0 + names, y + LABEL * 0.36), note(line));
        }
        for ((reference, end), y) in references.iter().zip(&placed[ends.len()..]) {
            draw_leader(sheet, *end, area.right, (x - 4.0, *y), Ink::Muted);
            sheet.scene.line([(x - 4.0, *y), (x + 14.0, *y)], reference_stroke());
            sheet.scene.text((x + 18.0, y + LABEL * 0.36), Words::new(&reference.name).ink(Ink::Muted));
        }
    }
}

fn label(line: &Line) -> Words {
    Words::new(&line.name).fitted(WIDEST)
}

fn note(line: &Line) -> Words {
    Words::new(&line.note).ink(Ink::Muted)
}

/// The thin line from the end of a line to its name. From one that ends inside the chart there is none: it would cross
/// the chart as if something had been measured there.
fn draw_leader(sheet: &mut Sheet, end: At, right: f64, to: At, ink: Ink) {
    if right - end.0 > FAR {
        return;
    }
    let stroke = Stroke::new(ink, 0.7).opacity(0.6);
    let turn = (right + 6.0, end.1);
    sheet.scene.line([(end.0 + 6.0, end.1), turn, to], stroke);
}

fn reference_stroke() -> Stroke {
    Stroke::new(Ink::Muted, 1.4).dash(Dash::Dashed)
}

/// The least and the greatest; 1 and 1 of none.
pub(super) fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    if low <= high { (low, high) } else { (1.0, 1.0) }
}

fn can_show(up: &Scale, y: f64) -> bool {
    !up.is_log() || y > 0.0
}

/// The points that stand between the axes.
fn shown<'a>(line: &'a Line, up: &Scale) -> impl DoubleEndedIterator<Item = &'a Point> {
    let up = up.clone();
    line.points.iter().flatten().filter(move |point| can_show(&up, point.y) && !up.is_above(point.y))
}

fn draw_points(sheet: &mut Sheet, line: &Line, foot: &Foot, up: &Scale, intervals: bool) {
    for point in shown(line, up) {
        if let Some((low, high)) = point.limits {
            let x = foot.at(point.x);
            let (from, to) = (up.at(low), up.at(high));
            // What a marker hides needs no whisker.
            if (from - to).abs() > 5.0 {
                sheet.scene.whisker(((x, from), (x, to)), up.is_below(low), Stroke::new(line.look.ink, 1.2));
            }
        }
    }
    for point in shown(line, up).filter(|point| point.marked) {
        // Among points with intervals one without is told by its size.
        let radius = if intervals && point.limits.is_none() { 2.2 } else { 3.4 };
        sheet.scene.marker((foot.at(point.x), up.at(point.y)), line.look.glyph(radius));
    }
}

/// The axis along the foot, with a place apart for 0 where it has logarithms.
struct Foot {
    scale: Scale,
    /// Where 0 stands.
    zero: Option<(f64, Tick)>,
}

impl Foot {
    fn new(across: &Across, area: Area) -> Self {
        let zero = across.ticks.first().filter(|tick| across.log && tick.value <= 0.0);
        let (left, right) = area.across();
        let width = right - left;
        let zero = zero.map(|tick| (left + 0.04 * width, tick.clone()));
        let ticks: Vec<Tick> = across.ticks.iter().filter(|tick| !across.log || tick.value > 0.0).cloned().collect();
        let first_and_last = ends(ticks.iter().map(|tick| tick.value));
        let ends = across.ends.unwrap_or(first_and_last);
        // One value alone stands in the middle.
        let ends = if ends.0 < ends.1 { ends } else { (ends.0 * 0.5, ends.1 * 2.0) };
        let room = if across.ends.is_some() { 0.0 } else { 0.04 * width };
        let from = left + room + if zero.is_some() { ZERO * width } else { 0.0 };
        Self { scale: Scale::new(across.log, ends, (from, right - room), ticks), zero }
    }

    fn at(&self, value: f64) -> f64 {
        match &self.zero {
            Some((x, tick)) if value <= tick.value => *x,
            _ => self.scale.at(value),
        }
    }

    fn draw(&self, sheet: &mut Sheet, area: Area, title: &str) {
        let Some((x, tick)) = &self.zero else { return sheet.axis_across(area, &self.scale, title, false) };
        let first = self.scale.ticks.first().map_or(area.right, |tick| self.scale.at(tick.value));
        let gap = f64::midpoint(*x, first);
        sheet.axis_across(area, &self.scale, title, false);
        // Two strokes through the axis say that what lies between is not to scale.
        let cut = |x: f64| ((x - 3.0, area.bottom + 5.0), (x + 3.0, area.bottom - 5.0));
        sheet.scene.line([(gap - 2.5, area.bottom), (gap + 2.5, area.bottom)], Stroke::new(Ink::Paper, 3.0));
        sheet.scene.strokes(vec![cut(gap - 2.5), cut(gap + 2.5)], Stroke::new(Ink::Muted, 1.0));
        sheet.scene.line([(*x, area.bottom), (*x, area.bottom + 4.0)], Stroke::new(Ink::Muted, 1.0));
        let words = Words::new(&tick.label).ink(Ink::Muted).anchor(Anchor::Middle);
        sheet.scene.text((*x, area.bottom + 17.0), words);
    }

    /// A line in pixels, in runs without a gap.
    fn traced(&self, line: &Line, up: &Scale) -> Vec<Vec<At>> {
        match &line.fit {
            Some(fit) => self.runs(fit.iter().map(|point| Some(*point)), up),
            None => self.runs(line.points.iter().map(|point| point.map(|point| (point.x, point.y))), up),
        }
    }

    /// Where a line ends between the axes; one that is above all along ends where it would begin.
    fn end(&self, line: &Line, up: &Scale) -> Option<At> {
        let run = self.traced(line, up).pop().and_then(|mut run| run.pop());
        let point = shown(line, up).next_back().map(|point| (self.at(point.x), up.at(point.y)));
        let above = line.points.iter().flatten().find(|point| up.is_above(point.y));
        let rightmost = |a: At, b: At| if a.0 > b.0 { a } else { b };
        let end = [run, point].into_iter().flatten().reduce(rightmost);
        end.or(above.map(|point| (self.at(point.x), up.end())))
    }

    /// Points in pixels, in runs without a gap: a missing figure is one, and so is the way from 0 to a logarithm. A line
    /// that goes above the axis leaves at its end.
    fn runs(&self, points: impl Iterator<Item = Option<At>>, up: &Scale) -> Vec<Vec<At>> {
        let mut runs: Vec<Vec<At>> = vec![Vec::new()];
        for point in points {
            let shown = point.filter(|(_, y)| can_show(up, *y));
            let at_zero = self.zero.as_ref().is_some_and(|(_, zero)| shown.is_some_and(|(x, _)| x <= zero.value));
            match (shown, runs.last_mut()) {
                (Some((x, y)), Some(run)) if up.is_above(y) => {
                    if let Some(from) = run.last().copied() {
                        let to = (self.at(x), up.beyond(y));
                        let share = (up.end() - from.1) / (to.1 - from.1);
                        run.push((from.0 + (to.0 - from.0) * share, up.end()));
                    }
                    runs.push(Vec::new());
                }
                (Some((x, y)), Some(run)) if !at_zero => run.push((self.at(x), up.at(y))),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| run.len() > 1);
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_intervals_and_points_without_one_are_said() {
        let summary = crate::Summary::of(&crate::fixture::study(&["floor"], 1, |_| true));
        let remarks = |limits: &[Option<(f64, f64)>]| {
            let look = crate::chart::Looks::of(&summary).get("floor");
            let point = |limits: &Option<(f64, f64)>| Some(Point { x: 1.0, y: 100.0, limits: *limits, marked: true });
            let points = limits.iter().map(point).collect();
            let line = Line { name: String::new(), note: String::new(), look, points, fit: None };
            let across = Across { title: String::new(), log: true, ticks: Vec::new(), ends: None };
            let up = Up { title: String::new(), unit: Unit::Ns, kind: UpKind::Log, until: f64::INFINITY };
            Lines { across, up, lines: vec![line], references: Vec::new(), height: 300.0 }.remarks()
        };
        assert_eq!(remarks(&[Some((90.0, 110.0)), Some((95.0, 130.0))]), "");
        assert_eq!(remarks(&[Some((1.0, 110.0))]), CUT);
        assert_eq!(remarks(&[Some((90.0, 110.0)), None]), "Small markers: too few rounds for an interval.");
        assert_eq!(remarks(&[None, None]), "");
    }
}
