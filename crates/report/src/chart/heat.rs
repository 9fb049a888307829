//! A heat map: models by concurrency, each cell with its figure.

use super::look::Look;
use super::scene::{Anchor, Ink, LABEL, Words};
use super::sheet::{MARGIN, Sheet, WIDTH};
use crate::metric::number_of;

/// A heat map.
#[derive(Debug, Clone)]
pub(super) struct Heat {
    /// What the columns are.
    pub(super) across: String,
    /// From left to right.
    pub(super) columns: Vec<String>,
    /// From top to bottom.
    pub(super) rows: Vec<HeatRow>,
}

/// One model.
#[derive(Debug, Clone)]
pub(super) struct HeatRow {
    pub(super) name: String,
    pub(super) look: Look,
    /// One for each column.
    pub(super) cells: Vec<HeatCell>,
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) enum HeatCell {
    /// A share of 1, in words, and a remark under it; an empty one where there is none.
    Figure { share: f64, text: String, remark: String },
    /// Why there is none.
    Absent(String),
}

const ROW: f64 = 34.0;
const NAMES: f64 = 220.0;
const SMALL: f64 = 10.5;

impl Heat {
    /// Draws the map under what is on the sheet.
    pub(super) fn draw(&self, sheet: &mut Sheet) {
        let named = |name: &str| Words::new(name).fitted(NAMES);
        let names = self.rows.iter().map(|row| named(&row.name).width()).fold(0.0, f64::max) + 26.0;
        let left = MARGIN + names + 8.0;
        let width = (WIDTH - MARGIN - left) / number_of(self.columns.len().max(1));
        let top = sheet.y + 50.0;
        let middle = f64::midpoint(left, WIDTH - MARGIN);
        sheet
            .scene
            .text((middle, top - 26.0), Words::new(&self.across).size(11.5).ink(Ink::Muted).anchor(Anchor::Middle));
        for (place, column) in self.columns.iter().enumerate() {
            let x = left + width * (number_of(place) + 0.5);
            let words = Words::new(column).ink(Ink::Muted).anchor(Anchor::Middle).fitted(width - 4.0);
            sheet.scene.text((x, top - 8.0), words);
        }
        for (place, row) in self.rows.iter().enumerate() {
            let y = top + ROW * number_of(place);
            sheet.scene.marker((MARGIN + 6.0, y + ROW / 2.0), row.look.glyph(4.0));
            sheet.scene.text((MARGIN + 18.0, y + ROW / 2.0 + LABEL * 0.36), named(&row.name));
            for (place, cell) in row.cells.iter().enumerate() {
                cell.draw(sheet, (left + width * number_of(place), y), width);
            }
        }
        sheet.y = top + ROW * number_of(self.rows.len()) + 8.0;
    }
}

impl HeatCell {
    fn draw(&self, sheet: &mut Sheet, (x, y): (f64, f64), width: f64) {
        let size = (width - 2.0, ROW - 2.0);
        let middle = x + width / 2.0 - 1.0;
        let words = |text: &str| Words::new(text).anchor(Anchor::Middle).fitted(width - 8.0);
        match self {
            Self::Figure { share, text, remark } => {
                sheet.scene.rect((x, y), size, Ink::Heat(*share), 1.0);
                let ink = Ink::OnHeat(*share);
                if remark.is_empty() {
                    sheet.scene.text((middle, y + ROW / 2.0 + 3.5), words(text).ink(ink));
                } else {
                    sheet.scene.text((middle, y + 14.0), words(text).ink(ink));
                    sheet.scene.text((middle, y + 26.5), words(remark).size(SMALL).fitted(width - 8.0).ink(ink));
                    // A bar at its left edge, which stands out among cells without one.
                    sheet.scene.rect((x, y), (4.0, size.1), ink, 1.0);
                }
            }
            Self::Absent(why) => {
                sheet.scene.rect((x, y), size, Ink::Grid, 0.5);
                let words = words(why).size(SMALL).fitted(width - 8.0).ink(Ink::Muted);
                sheet.scene.text((middle, y + ROW / 2.0 + 3.5), words);
            }
        }
    }
}
