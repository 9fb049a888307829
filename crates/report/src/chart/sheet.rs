//! The sheet that every chart stands on: title and workload above, caption below, and axes in between.

use super::font::{Weight, wrapped};
use super::scale::{Scale, Tick};
use super::scene::{Anchor, Ink, LABEL, Scene, Stroke, Words};

/// Width of every chart in pixels: that of a README.
pub(super) const WIDTH: f64 = 830.0;
/// What stays free at each side.
pub(super) const MARGIN: f64 = 16.0;

const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;
const CAPTION: f64 = 11.0;
/// Size of the name of an axis.
const NAME: f64 = 11.5;
/// A label hangs over the end of its axis by so much at most.
const OVERHANG: f64 = 12.0;
/// From one line of text to the next, in sizes.
const LEADING: f64 = 1.45;

/// A chart that is being drawn, from top to bottom.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) scene: Scene,
    /// How far down it is drawn.
    pub(super) y: f64,
}

/// The rectangle between the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    /// Pixels of the axis to the right.
    pub(super) fn across(self) -> (f64, f64) {
        (self.left, self.right)
    }
}

impl Sheet {
    /// A sheet with its title and what stands under it.
    pub(super) fn new(title: &str, subtitle: &str) -> Self {
        let mut sheet = Self { scene: Scene { width: WIDTH, height: 0.0, marks: Vec::new() }, y: 6.0 };
        sheet.paragraph(title, TITLE, Weight::Bold, Ink::Text);
        sheet.paragraph(subtitle, SUBTITLE, Weight::Regular, Ink::Muted);
        sheet
    }

    /// A heading inside the sheet.
    pub(super) fn heading(&mut self, text: &str) {
        self.y += 6.0;
        self.paragraph(text, SUBTITLE, Weight::Bold, Ink::Text);
    }

    fn paragraph(&mut self, text: &str, size: f64, weight: Weight, ink: Ink) {
        let text = super::font::shown(text);
        for line in wrapped(&text, size, weight, WIDTH - 2.0 * MARGIN) {
            self.y += size * LEADING;
            let words = Words::new(&line).size(size).ink(ink);
            let words = if weight == Weight::Bold { words.bold() } else { words };
            self.scene.text((MARGIN, self.y), words);
        }
    }

    /// The picture, with its caption under it.
    pub(super) fn finished(mut self, caption: &str) -> Scene {
        self.y += 8.0;
        self.paragraph(caption, CAPTION, Weight::Regular, Ink::Muted);
        self.scene.height = (self.y + 12.0).ceil();
        self.scene
    }

    /// Lines across at the ticks of an axis upwards, with their labels to the left and its title above them.
    pub(super) fn axis_up(&mut self, area: Area, scale: &Scale, title: &str) {
        let at: Vec<f64> = scale.ticks.iter().map(|tick| scale.at(tick.value)).collect();
        let lines = at.iter().map(|y| ((area.left, *y), (area.right, *y))).collect();
        self.scene.strokes(lines, Stroke::new(Ink::Grid, 1.0));
        for (tick, y) in scale.ticks.iter().zip(&at) {
            let words = Words::new(&tick.label).ink(Ink::Muted).anchor(Anchor::End);
            self.scene.text((area.left - 8.0, y + LABEL * 0.36), words);
        }
        self.scene.text((MARGIN, area.top - 13.0), Words::new(&named(title, scale)).size(NAME).ink(Ink::Muted));
    }

    /// The axis to the right at the foot of an area: ticks, their labels and its title. Labels that would touch the one
    /// before are left out. Lines upwards where `guides` is set.
    pub(super) fn axis_across(&mut self, area: Area, scale: &Scale, title: &str, guides: bool) {
        let foot = area.bottom;
        let at: Vec<f64> = scale.ticks.iter().map(|tick| scale.at(tick.value)).collect();
        if guides {
            let lines = at.iter().map(|x| ((*x, area.top), (*x, foot))).collect();
            self.scene.strokes(lines, Stroke::new(Ink::Grid, 1.0));
        }
        self.scene.line([(area.left, foot), (area.right, foot)], Stroke::new(Ink::Muted, 1.0));
        self.scene.strokes(at.iter().map(|x| ((*x, foot), (*x, foot + 4.0))).collect(), Stroke::new(Ink::Muted, 1.0));
        let half = |label: &str| Words::new(label).width() / 2.0;
        // A label at an end hangs over it a little at most.
        let middle = |tick: &Tick| {
            let half = half(&tick.label);
            scale.at(tick.value).clamp(area.left - OVERHANG + half, (area.right + OVERHANG - half).max(area.left))
        };
        for (tick, x) in scale.labels(|tick| half(&tick.label), middle) {
            self.scene.text((x, foot + 17.0), Words::new(&tick.label).ink(Ink::Muted).anchor(Anchor::Middle));
        }
        if !title.is_empty() {
            let words = Words::new(&named(title, scale)).size(NAME).ink(Ink::Muted).anchor(Anchor::Middle);
            let half = words.width() / 2.0;
            let middle = f64::midpoint(area.left, area.right).clamp(MARGIN + half, WIDTH - MARGIN - half);
            self.scene.text((middle, foot + 35.0), words);
        }
    }
}

/// The title of an axis, which says how it is divided where that is not evenly.
fn named(title: &str, scale: &Scale) -> String {
    if scale.is_log() && !title.is_empty() { format!("{title}, logarithmic") } else { title.to_owned() }
}

/// The room that an axis upwards needs to its left for the labels of its ticks.
pub(super) fn room_for(scale: &Scale) -> f64 {
    let widest = scale.ticks.iter().map(|tick| Words::new(&tick.label).width()).fold(0.0, f64::max);
    MARGIN + widest + 10.0
}
