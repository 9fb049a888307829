//! Small multiples of batches: one panel for each model, each request a line from send to answer.

use super::look::Look;
use super::scale::Scale;
use super::scene::{At, Dash, Ink, Stroke, Words};
use super::sheet::{Area, MARGIN, Sheet, WIDTH};
use crate::metric::{Unit, number, number_of};
use crate::timeline::Span;

/// Panels with the same axis.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    /// What stands above them; empty where nothing does.
    pub(super) heading: String,
    pub(super) panels: Vec<Panel>,
    /// How far the axis goes, nanoseconds.
    pub(super) until_ns: u64,
    /// Where the ideal is, nanoseconds; none at D = 0.
    pub(super) ideal_ns: Option<u64>,
}

/// One batch.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) name: String,
    pub(super) look: Look,
    /// Its makespan in words, under its name.
    pub(super) makespan: String,
    /// The requests that are drawn, from top to bottom.
    pub(super) requests: Vec<Span>,
}

const GAP: f64 = 20.0;
const HEIGHT: f64 = 96.0;
const PITCH: f64 = HEIGHT + 68.0;
/// A line is this thick at least, however many there are, or it would not be seen.
const THINNEST: f64 = 2.0;
/// A line is this thick at most.
const THICKEST: f64 = 3.0;

impl Lanes {
    /// Draws the panels under what is on the sheet, so many beside each other.
    pub(super) fn draw(&self, sheet: &mut Sheet, columns: usize) {
        if !self.heading.is_empty() {
            sheet.heading(&self.heading);
        }
        let width = (WIDTH - 2.0 * MARGIN - GAP * number_of(columns - 1)) / number_of(columns);
        let start = sheet.y + 44.0;
        for (place, panel) in self.panels.iter().enumerate() {
            let (column, row) = (number_of(place % columns), number_of(place / columns));
            let (left, top) = (MARGIN + (width + GAP) * column, start + PITCH * row);
            let area = Area { left, top, right: left + width, bottom: top + HEIGHT };
            self.panel(sheet, area, panel);
        }
        sheet.y = start + PITCH * number_of(self.panels.len().div_ceil(columns)) - 34.0;
    }

    fn panel(&self, sheet: &mut Sheet, area: Area, panel: &Panel) {
        let count = (area.right - area.left) / 45.0;
        let scale = Scale::up_to(number(self.until_ns), Unit::Ns, area.across(), count);
        let room = area.right - area.left - 15.0;
        sheet.scene.marker((area.left + 5.0, area.top - 26.0), panel.look.glyph(4.0));
        sheet.scene.text((area.left + 15.0, area.top - 22.0), Words::new(&panel.name).bold().fitted(room));
        let makespan = Words::new(&panel.makespan).size(11.0).ink(Ink::Muted).fitted(room);
        sheet.scene.text((area.left + 15.0, area.top - 7.0), makespan);
        sheet.scene.rect((area.left, area.top), (area.right - area.left, HEIGHT), Ink::Grid, 0.28);
        requests(sheet, area, panel, &scale);
        if let Some(ideal) = self.ideal_ns.filter(|ideal| *ideal <= self.until_ns) {
            let x = scale.at(number(ideal));
            let stroke = Stroke::new(Ink::Text, 1.2).dash(Dash::Dashed);
            sheet.scene.line([(x, area.top - 3.0), (x, area.bottom)], stroke);
        }
        sheet.axis_across(area, &scale, "", false);
    }
}

/// The lines of a panel: the part that the server held, and the rest in a fuller colour before it.
fn requests(sheet: &mut Sheet, area: Area, panel: &Panel, scale: &Scale) {
    let pitch = (HEIGHT - 6.0) / number_of(panel.requests.len().max(1));
    // Gaps of less than a pixel would make patterns of their own.
    let thick = if pitch < 2.5 { pitch.max(THINNEST) } else { (pitch * 0.8).min(THICKEST) };
    let (mut held, mut rest, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (place, span) in panel.requests.iter().enumerate() {
        let y = area.top + 3.0 + pitch * (number_of(place) + 0.5);
        let (start, end) = (number(span.start_ns), number(span.end_ns));
        let hold = end - number(span.hold_ns.min(span.end_ns - span.start_ns));
        let line = |lines: &mut Vec<(At, At)>, from: f64, to: f64| {
            if to > from {
                lines.push(((scale.at(from), y), (scale.at(to), y)));
            }
        };
        if span.ok {
            line(&mut rest, start, hold);
            line(&mut held, hold, end);
        } else {
            line(&mut failed, start, end);
        }
    }
    sheet.scene.strokes(held, Stroke::new(panel.look.ink.pale(), thick));
    sheet.scene.strokes(rest, Stroke::new(panel.look.ink, thick));
    sheet.scene.strokes(failed, Stroke::new(Ink::Text, thick).dash(Dash::Dotted));
}
