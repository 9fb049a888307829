//! A chart of rows: one for each model, with dots and intervals or bars in one column or several.

use super::lines::ends;
use super::look::Look;
use super::scale::Scale;
use super::scene::{Anchor, Dash, Fill, Glyph, Ink, LABEL, Stroke, Words};
use super::sheet::{Area, MARGIN, Sheet, WIDTH};
use crate::metric::{Unit, number_of};

/// A chart of rows.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// The models, from top to bottom.
    pub(super) names: Vec<(String, Look)>,
    pub(super) columns: Vec<Column>,
    /// What stands at the right end of each row, under its title; empty where nothing does.
    pub(super) remarks: Option<(String, Vec<String>)>,
}

/// One column: a workload, or a metric.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Above it.
    pub(super) title: String,
    /// Under its axis.
    pub(super) axis: String,
    pub(super) unit: Unit,
    pub(super) style: Style,
    /// One for each row.
    pub(super) cells: Vec<Cell>,
    /// A band from one value to another.
    pub(super) band: Option<(f64, f64)>,
    /// A line at a value.
    pub(super) line: Option<f64>,
}

/// How figures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As dots; by logarithms where they differ much, else evenly from 0.
    Dots,
    /// As bars, which begin at 0.
    Bars,
}

/// What is in one row of one column.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// Figures, the first at the beginning of the line that joins them; never none.
    Figures(Vec<Dot>),
    /// Why there is none.
    Absent(String),
}

/// A figure.
#[derive(Debug, Clone)]
pub(super) struct Dot {
    pub(super) value: f64,
    pub(super) limits: Option<(f64, f64)>,
    /// The figure in words.
    pub(super) text: String,
    /// The filling of its marker, where it is not the model's.
    pub(super) fill: Option<Fill>,
}

/// Columns beside each other; more stand below.
const BESIDE: usize = 2;
const ROW: f64 = 23.0;
const GAP: f64 = 18.0;
const NAMES: f64 = 220.0;
/// Figures that lie further apart than this are shown by logarithms.
const FAR_APART: f64 = 8.0;
/// Columns that lie further apart than this have scales of their own.
const ALIKE: f64 = 5.0;

impl Rows {
    /// Draws the chart under what is on the sheet.
    pub(super) fn draw(&self, sheet: &mut Sheet) {
        let named = |name: &str| Words::new(name).fitted(NAMES);
        let names = self.names.iter().map(|(name, _)| named(name).width()).fold(0.0, f64::max) + 26.0;
        let remarks = self.remarks.as_ref().map_or(0.0, |(title, remarks)| {
            let all = remarks.iter().chain([title]).map(|it| Words::new(it).width());
            all.fold(0.0, f64::max) + GAP
        });
        let left = MARGIN + names + 8.0;
        let beside = number_of(self.columns.len().clamp(1, BESIDE));
        let width = (WIDTH - MARGIN - remarks - left - GAP * (beside - 1.0)) / beside;
        let scales = self.scales(width);
        let columns: Vec<(&Column, Made)> = self.columns.iter().zip(scales).collect();
        for band in columns.chunks(BESIDE) {
            let top = sheet.y + if band.iter().all(|(column, _)| column.title.is_empty()) { 26.0 } else { 36.0 };
            let bottom = top + ROW * number_of(self.names.len()) + 6.0;
            for (place, (column, made)) in band.iter().enumerate() {
                let start = left + (width + GAP) * number_of(place);
                column.draw(sheet, Area { left: start, top, right: start + width, bottom }, made, &self.names);
            }
            for (place, (name, look)) in self.names.iter().enumerate() {
                let y = middle(top, place);
                sheet.scene.marker((MARGIN + 6.0, y), look.glyph(4.0));
                sheet.scene.text((MARGIN + 18.0, y + LABEL * 0.36), named(name));
            }
            self.draw_remarks(sheet, top);
            sheet.y = bottom + 40.0;
        }
    }

    fn draw_remarks(&self, sheet: &mut Sheet, top: f64) {
        let Some((title, remarks)) = &self.remarks else { return };
        let words = |text: &str| Words::new(text).ink(Ink::Muted).anchor(Anchor::End);
        sheet.scene.text((WIDTH - MARGIN, top - 10.0), words(title));
        for (place, remark) in remarks.iter().enumerate() {
            sheet.scene.text((WIDTH - MARGIN, middle(top, place) + LABEL * 0.36), words(remark));
        }
    }

    /// The scale of each column before it has a place: one for all that show alike figures in the same way.
    fn scales(&self, width: f64) -> Vec<Made> {
        let one = |column: &Column| {
            let members: Vec<&Column> = if self.is_dwarfed(column) { vec![column] } else { self.kin(column).collect() };
            Made::of(&members, width)
        };
        self.columns.iter().map(one).collect()
    }

    /// The columns that show the same in the same way.
    fn kin<'a>(&'a self, column: &'a Column) -> impl Iterator<Item = &'a Column> {
        self.columns.iter().filter(|other| (&column.axis, column.style) == (&other.axis, other.style))
    }

    /// Whether bars on one scale with their kin would hide those of one column beside those of another.
    fn is_dwarfed(&self, column: &Column) -> bool {
        let (least, most) = ends(self.kin(column).map(|it| ends(it.estimates()).1));
        column.style == Style::Bars && most > ALIKE * least
    }

    /// Whether an interval reaches below the scale of its column.
    pub(super) fn has_cut_intervals(&self) -> bool {
        let anywhere = Area { left: 0.0, top: 0.0, right: WIDTH, bottom: 1.0 };
        let cut = |(column, made): (&Column, Made)| {
            let scale = made.scale(anywhere);
            column.limits().any(|limit| scale.is_below(limit))
        };
        self.columns.iter().zip(self.scales(WIDTH)).any(cut)
    }

    /// Whether columns have scales of their own though they show the same.
    pub(super) fn has_own_scales(&self) -> bool {
        self.columns.iter().any(|column| self.is_dwarfed(column))
    }
}

/// The middle of a row.
fn middle(top: f64, place: usize) -> f64 {
    top + 3.0 + ROW * (number_of(place) + 0.5)
}

/// A scale that still lacks its place, and the room that words take at each end.
struct Made {
    log: bool,
    low: f64,
    high: f64,
    unit: Unit,
    before: f64,
    after: f64,
    count: f64,
}

impl Made {
    fn of(columns: &[&Column], width: f64) -> Self {
        let estimates = || columns.iter().flat_map(|column| column.estimates()).filter(|value| *value > 0.0);
        let (low, high) = ends(estimates());
        let log = columns.iter().all(|column| column.style == Style::Dots) && high > FAR_APART * low;
        let limits = columns.iter().flat_map(|column| column.limits());
        let lines = columns.iter().filter_map(|column| column.line);
        let all = limits.chain(lines).chain(columns.iter().flat_map(|column| column.estimates()));
        let (least, most) = ends(all.filter(|value| !log || *value > low / 2.0));
        let texts = columns.iter().flat_map(|column| column.dots());
        let text = texts.map(|dot| Words::new(&dot.text).width()).fold(0.0, f64::max);
        // Joined figures have their words at both sides.
        let joined = columns.iter().flat_map(|column| &column.cells).any(|cell| cell.dots().len() > 1);
        let unit = columns.first().map_or(Unit::Count, |column| column.unit);
        let before = if joined { text + 12.0 } else { 0.0 };
        let after = text + 14.0;
        let count = ((width - before - after) / if log { 42.0 } else { 60.0 }).max(2.0);
        Self { log, low: least, high: most, unit, before, after, count }
    }

    fn scale(&self, area: Area) -> Scale {
        let pixels = (area.left + self.before, area.right - self.after);
        if self.log {
            Scale::log(self.low, self.high, self.unit, pixels, self.count)
        } else if self.low < 0.0 {
            Scale::around(self.low, self.high, self.unit, pixels, self.count)
        } else {
            Scale::from_zero(self.high, self.unit, pixels, self.count)
        }
    }
}

impl Cell {
    fn dots(&self) -> &[Dot] {
        match self {
            Self::Figures(dots) => dots,
            Self::Absent(_) => &[],
        }
    }
}

impl Column {
    fn dots(&self) -> impl Iterator<Item = &Dot> {
        self.cells.iter().flat_map(Cell::dots)
    }

    fn estimates(&self) -> impl Iterator<Item = f64> {
        self.dots().map(|dot| dot.value)
    }

    fn limits(&self) -> impl Iterator<Item = f64> {
        self.dots().filter_map(|dot| dot.limits).flat_map(|(low, high)| [low, high])
    }

    fn draw(&self, sheet: &mut Sheet, area: Area, made: &Made, names: &[(String, Look)]) {
        let scale = made.scale(area);
        let title = Words::new(&self.title).bold().fitted(area.right - area.left - made.before);
        sheet.scene.text((area.left + made.before, area.top - 10.0), title);
        if let Some((low, high)) = self.band {
            let (from, to) = (scale.at(low), scale.at(high));
            sheet.scene.rect((from, area.top), ((to - from).max(1.0), area.bottom - area.top), Ink::Muted, 0.18);
        }
        let axis = Area { left: area.left + made.before, right: area.right - made.after, ..area };
        sheet.axis_across(axis, &scale, &self.axis, true);
        for (place, (cell, (_, look))) in self.cells.iter().zip(names).enumerate() {
            let y = middle(area.top, place);
            match (cell, self.style) {
                (Cell::Absent(why), _) => {
                    let words = figure(why).fitted(area.right - axis.left - 6.0);
                    sheet.scene.text((axis.left + 4.0, y + 4.0), words);
                }
                (Cell::Figures(dots), Style::Dots) => draw_dots(sheet, dots, *look, &scale, y),
                (Cell::Figures(dots), Style::Bars) => draw_bar(sheet, dots, *look, &scale, y),
            }
        }
        if let Some(value) = self.line {
            let x = scale.at(value);
            let stroke = Stroke::new(Ink::Text, 1.2).dash(Dash::Dashed);
            sheet.scene.line([(x, area.top - 3.0), (x, area.bottom)], stroke);
        }
    }
}

fn draw_dots(sheet: &mut Sheet, dots: &[Dot], look: Look, scale: &Scale, y: f64) {
    let at: Vec<f64> = dots.iter().map(|dot| scale.at(dot.value)).collect();
    let (first, last) = ends(at.iter().copied());
    if dots.len() > 1 {
        sheet.scene.line([(first, y), (last, y)], Stroke::new(look.ink, 3.0).opacity(0.45));
    }
    let mut reach = (first - 5.0, last + 5.0);
    for dot in dots {
        if let Some((low, high)) = dot.limits {
            let (from, to) = (scale.at(low), scale.at(high));
            reach = (reach.0.min(from), reach.1.max(to));
            sheet.scene.whisker(((from, y), (to, y)), scale.is_below(low), Stroke::new(look.ink, 1.3));
        }
    }
    for (dot, x) in dots.iter().zip(&at) {
        let glyph = look.glyph(4.0);
        let glyph = match dot.fill {
            // Larger, so that something of it is seen where a full one lies on it.
            Some(Fill::Hollow) => Glyph { fill: Fill::Hollow, radius: 5.2, ..glyph },
            Some(fill) => Glyph { fill, radius: 3.4, ..glyph },
            None => glyph,
        };
        sheet.scene.marker((*x, y), glyph);
    }
    // The words of the lower figure stand before it, those of the higher behind it.
    let lower = at.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(place, _)| place);
    for (place, dot) in dots.iter().enumerate() {
        let before = dots.len() > 1 && place == lower;
        let (x, anchor) = if before { (reach.0 - 6.0, Anchor::End) } else { (reach.1 + 6.0, Anchor::Start) };
        sheet.scene.text((x, y + 4.0), figure(&dot.text).anchor(anchor));
    }
}

fn draw_bar(sheet: &mut Sheet, dots: &[Dot], look: Look, scale: &Scale, y: f64) {
    for dot in dots {
        let (zero, end) = (scale.at(0.0), scale.at(dot.value));
        sheet.scene.rect((zero, y - 7.0), (end - zero, 14.0), look.ink.soft(), 1.0);
        let mut reach = end;
        if let Some((low, high)) = dot.limits {
            let (from, to) = (scale.at(low), scale.at(high));
            reach = reach.max(to);
            if to - from > 2.5 {
                sheet.scene.whisker(((from, y), (to, y)), scale.is_below(low), Stroke::new(Ink::Text, 1.2));
            }
        }
        sheet.scene.text((reach + 6.0, y + 4.0), figure(&dot.text));
    }
}

fn figure(text: &str) -> Words {
    Words::new(text).size(11.0).ink(Ink::Muted).halo()
}
