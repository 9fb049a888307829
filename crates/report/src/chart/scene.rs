//! A picture before it has colours: shapes and text in CSS pixels, y downwards.

use super::font::{self, Weight};

/// A place in a picture.
pub(super) type At = (f64, f64);

/// What a colour is for; a theme says which it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ink {
    /// What all is drawn on.
    Paper,
    /// Text, and the floor.
    Text,
    /// Text of the second rank: axes, captions.
    Muted,
    /// Lines that guide the eye.
    Grid,
    /// The hue of a family of models.
    Series(usize),
    /// The same, paler: nothing behind it is seen.
    Soft(usize),
    /// The colour of text, paler.
    SoftText,
    /// Paler still.
    Pale(usize),
    /// Paler still.
    PaleText,
    /// A cell of a heat map: a share of 1.
    Heat(f64),
    /// Text on such a cell.
    OnHeat(f64),
}

/// How a line is broken, so that colour is not the only cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
    Mixed,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    pub(super) width: f64,
    pub(super) dash: Dash,
    pub(super) opacity: f64,
}

impl Ink {
    /// The ink for areas in place of lines.
    pub(super) fn soft(self) -> Self {
        match self {
            Self::Series(place) => Self::Soft(place),
            Self::Text => Self::SoftText,
            other => other,
        }
    }

    /// The ink for areas beside others of the same hue.
    pub(super) fn pale(self) -> Self {
        match self {
            Self::Series(place) => Self::Pale(place),
            Self::Text => Self::PaleText,
            other => other,
        }
    }
}

impl Stroke {
    /// A whole line.
    pub(super) fn new(ink: Ink, width: f64) -> Self {
        Self { ink, width, dash: Dash::Solid, opacity: 1.0 }
    }

    pub(super) fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    pub(super) fn opacity(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// The outline of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Nabla,
    Hexagon,
    Cross,
}

/// The inside of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Full,
    Hollow,
    /// Hollow, with a dot in it.
    Dotted,
    /// Full, with a hole in it.
    Holed,
}

/// A marker without its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Glyph {
    pub(super) shape: Shape,
    pub(super) fill: Fill,
    pub(super) ink: Ink,
    pub(super) radius: f64,
}

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text without its place, which is on its baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) ink: Ink,
    pub(super) anchor: Anchor,
    /// Whether what lies behind is kept off its letters.
    pub(super) halo: bool,
}

/// Size of labels on axes, lines and rows.
pub(super) const LABEL: f64 = 12.0;

impl Words {
    /// A label; what the font lacks is shown by its number.
    pub(super) fn new(text: &str) -> Self {
        let text = font::shown(text);
        Self { text, size: LABEL, weight: Weight::Regular, ink: Ink::Text, anchor: Anchor::Start, halo: false }
    }

    pub(super) fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub(super) fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub(super) fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    pub(super) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) fn halo(self) -> Self {
        Self { halo: true, ..self }
    }

    /// Its width in the bundled font.
    pub(super) fn width(&self) -> f64 {
        font::width(&self.text, self.size, self.weight)
    }

    /// The same, shortened in its middle where it is wider than this.
    pub(super) fn fitted(self, width: f64) -> Self {
        Self { text: font::fitted(&self.text, self.size, self.weight, width), ..self }
    }
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A line through points.
    Line { points: Vec<At>, stroke: Stroke },
    /// Many lines of two points each, as one.
    Strokes { lines: Vec<(At, At)>, stroke: Stroke },
    /// A filled rectangle from its upper left corner.
    Rect { at: At, size: At, fill: Ink, opacity: f64 },
    /// A marker around its middle.
    Marker { at: At, glyph: Glyph },
    /// A text.
    Text { at: At, words: Words },
}

/// A picture: what comes later lies on top.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
}

impl Scene {
    pub(super) fn line(&mut self, points: impl IntoIterator<Item = At>, stroke: Stroke) {
        self.marks.push(Mark::Line { points: points.into_iter().collect(), stroke });
    }

    pub(super) fn strokes(&mut self, lines: Vec<(At, At)>, stroke: Stroke) {
        if !lines.is_empty() {
            self.marks.push(Mark::Strokes { lines, stroke });
        }
    }

    pub(super) fn rect(&mut self, at: At, size: At, fill: Ink, opacity: f64) {
        self.marks.push(Mark::Rect { at, size, fill, opacity });
    }

    pub(super) fn marker(&mut self, at: At, glyph: Glyph) {
        self.marks.push(Mark::Marker { at, glyph });
    }

    pub(super) fn text(&mut self, at: At, words: Words) {
        if !words.text.is_empty() {
            self.marks.push(Mark::Text { at, words });
        }
    }

    /// An interval: a line between two places with an end across at each.
    pub(super) fn whisker(&mut self, (from, to): (At, At), cut: bool, stroke: Stroke) {
        const ARM: f64 = 2.5;
        let upright = (from.0 - to.0).abs() < (from.1 - to.1).abs();
        let across = |(x, y): At| {
            if upright { ((x - ARM, y), (x + ARM, y)) } else { ((x, y - ARM), (x, y + ARM)) }
        };
        let mut lines = vec![(from, to), across(to)];
        if !cut {
            lines.push(across(from));
        }
        self.strokes(lines, stroke);
    }
}
