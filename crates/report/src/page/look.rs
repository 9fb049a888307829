//! The look of a model on the page: hue, marker and dash, the same as in the charts.

use inflight_record::Label;
use serde::Serialize;

use crate::chart::{Dash, Fill, Ink, Looks, Shape};

/// How a model is drawn: names that the page's scripts know.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Look {
    /// Which of the families' hues; none for the floor, which has the colour of text.
    hue: Option<usize>,
    shape: &'static str,
    fill: &'static str,
    dash: &'static str,
}

/// The looks of these models, in their order.
pub(super) fn looks(models: &[(&str, Label)]) -> Vec<Look> {
    let looks = Looks::new(models.iter().copied());
    models.iter().map(|(model, _)| look(looks.get(model))).collect()
}

fn look(look: crate::chart::Look) -> Look {
    Look {
        hue: match look.ink {
            Ink::Series(hue) => Some(hue),
            _ => None,
        },
        shape: match look.shape {
            Shape::Circle => "circle",
            Shape::Square => "square",
            Shape::Triangle => "triangle",
            Shape::Diamond => "diamond",
            Shape::Nabla => "nabla",
            Shape::Hexagon => "hexagon",
            Shape::Cross => "cross",
        },
        fill: match look.fill {
            Fill::Full => "full",
            Fill::Hollow => "hollow",
            Fill::Dotted => "dotted",
            Fill::Holed => "holed",
        },
        dash: match look.dash {
            Dash::Solid => "solid",
            Dash::Dashed => "dashed",
            Dash::Dotted => "dotted",
            Dash::Mixed => "mixed",
        },
    }
}
