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
    /// A share of 1, in words, and what stands under it, line by line; a bar at its left edge where it is marked.
    Figure { share: f64, text: String, remarks: Vec<String>, marked: bool },
    /// Why there is none.
    Absent(String),
}

/// Height of a row whose cells have two lines at most, and of each line more.
const ROW: f64 = 34.0;
const LINE: f64 = 12.5;
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
        let height = self.rows.iter().flat_map(|row| &row.cells).map(HeatCell::height).fold(ROW, f64::max);
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
            let y = top + height * number_of(place);
            sheet.scene.marker((MARGIN + 6.0, y + height / 2.0), row.look.glyph(4.0));
            sheet.scene.text((MARGIN + 18.0, y + height / 2.0 + LABEL * 0.36), named(&row.name));
            for (place, cell) in row.cells.iter().enumerate() {
                cell.draw(sheet, (left + width * number_of(place), y), (width, height));
            }
        }
        sheet.y = top + height * number_of(self.rows.len()) + 8.0;
    }
}

impl HeatCell {
    fn height(&self) -> f64 {
        match self {
            Self::Figure { remarks, .. } => ROW + LINE * (number_of(remarks.len()) - 1.0),
            Self::Absent(_) => ROW,
        }
    }

    fn draw(&self, sheet: &mut Sheet, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let size = (width - 2.0, height - 2.0);
        let middle = x + width / 2.0 - 1.0;
        let words = |text: &str| Words::new(text).anchor(Anchor::Middle).fitted(width - 8.0);
        match self {
            Self::Figure { share, text, remarks, marked } => {
                sheet.scene.rect((x, y), size, Ink::Heat(*share), 1.0);
                let ink = Ink::OnHeat(*share);
                // The lines together stand in the middle.
                let first = y + height / 2.0 + 3.5 - LINE / 2.0 * number_of(remarks.len());
                sheet.scene.text((middle, first), words(text).ink(ink));
                for (place, remark) in remarks.iter().enumerate() {
                    let below = first + LINE * number_of(place + 1);
                    sheet.scene.text((middle, below), words(remark).size(SMALL).fitted(width - 8.0).ink(ink));
                }
                if *marked {
                    // It stands out among cells without one.
                    sheet.scene.rect((x, y), (4.0, size.1), ink, 1.0);
                }
            }
            Self::Absent(why) => {
                sheet.scene.rect((x, y), size, Ink::Grid, 0.5);
                let words = words(why).size(SMALL).fitted(width - 8.0).ink(Ink::Muted);
                sheet.scene.text((middle, y + height / 2.0 + 3.5), words);
            }
        }
    }
}
