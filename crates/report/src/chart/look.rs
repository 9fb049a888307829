//! The look of a model: hue and marker by its family, line and filling by its variant; the same in every chart.

use std::collections::{BTreeMap, BTreeSet};

use inflight_record::Label;

use super::scene::{Dash, Fill, Glyph, Ink, Shape, Stroke};
use super::theme::HUES;
use crate::summary::Summary;

/// Places for families: each hue with two shapes.
const PLACES: usize = 2 * HUES;
/// Looks of variants inside a family.
const VARIANTS: usize = 4;

/// How one model is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) ink: Ink,
    pub(crate) shape: Shape,
    pub(crate) fill: Fill,
    pub(crate) dash: Dash,
}

impl Look {
    /// Its line.
    pub(super) fn stroke(self, width: f64) -> Stroke {
        Stroke::new(self.ink, width).dash(self.dash)
    }

    /// Its marker.
    pub(super) fn glyph(self, radius: f64) -> Glyph {
        Glyph { shape: self.shape, fill: self.fill, ink: self.ink, radius }
    }
}

/// The looks of all models of a study.
///
/// A name has its place by its hash, so that it looks the same in studies of other models too, as long as no other name
/// wants the same place: then the later in alphabetical order takes the next one that is free.
#[derive(Debug)]
pub(crate) struct Looks {
    looks: BTreeMap<String, Look>,
    floors: BTreeSet<String>,
}

impl Looks {
    pub(super) fn of(summary: &Summary) -> Self {
        let workloads = summary.machines.iter().flat_map(|machine| &machine.workloads);
        Self::new(workloads.flat_map(|it| &it.models).map(|it| (it.model.as_str(), it.label)))
    }

    /// The looks of these models.
    pub(crate) fn new<'a>(models: impl Iterator<Item = (&'a str, Label)>) -> Self {
        let models: BTreeMap<&str, Label> = models.collect();
        let floors: BTreeSet<&str> =
            models.iter().filter(|(_, label)| **label == Label::Floor).map(|(model, _)| *model).collect();
        let mut families: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (family, variant) in models.keys().map(|model| parts(model)) {
            families.entry(family).or_default().extend(Some(variant).filter(|it| !it.is_empty()));
        }
        let floor: BTreeSet<&str> = floors.iter().map(|model| parts(model).0).collect();
        let hues = places(families.keys().copied().filter(|it| !floor.contains(it)), HUES, PLACES);
        let mut looks = BTreeMap::new();
        for (family, variants) in families {
            // The floor has the colour of text and a shape of its own.
            let (ink, shape) = hues.get(family).map_or((Ink::Text, Shape::Cross), |place| hue_and_shape(*place));
            let look = |variant: usize| Look { ink, shape, fill: FILLS[variant], dash: DASHES[variant] };
            looks.insert(family.to_owned(), look(0));
            let variants = places(variants.into_iter(), VARIANTS - 1, VARIANTS - 1).into_iter();
            looks.extend(variants.map(|(variant, place)| (format!("{family}/{variant}"), look(place + 1))));
        }
        Self { looks, floors: floors.into_iter().map(str::to_owned).collect() }
    }

    /// The look of a model of the study.
    pub(crate) fn get(&self, model: &str) -> Look {
        let other = Look { ink: Ink::Muted, shape: Shape::Circle, fill: Fill::Hollow, dash: Dash::Dotted };
        self.looks.get(model).copied().unwrap_or(other)
    }

    /// Whether it is a measured floor and not a model.
    pub(super) fn is_floor(&self, model: &str) -> bool {
        self.floors.contains(model)
    }
}

const SHAPES: [Shape; HUES] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Nabla, Shape::Hexagon];
const FILLS: [Fill; VARIANTS] = [Fill::Full, Fill::Hollow, Fill::Dotted, Fill::Holed];
const DASHES: [Dash; VARIANTS] = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::Mixed];

/// The second time that a hue is given out it has another shape.
fn hue_and_shape(place: usize) -> (Ink, Shape) {
    let hue = place % HUES;
    let shape = (hue + place / HUES * HUES / 2) % HUES;
    (Ink::Series(hue), SHAPES[shape])
}

/// The family of a model and its variant: what stands before and behind the first /.
fn parts(model: &str) -> (&str, &str) {
    model.split_once('/').unwrap_or((model, ""))
}

/// A place for each of some sorted names: that of its hash among the first `homes`, or the next one that is free among `all`; where none
/// is free, that of its hash.
fn places<'a>(names: impl Iterator<Item = &'a str>, homes: usize, all: usize) -> BTreeMap<&'a str, usize> {
    let mut taken = BTreeSet::new();
    let place = |name: &'a str| {
        let home = hash(name) % homes;
        let place = (home..homes).chain(0..home).chain(homes..all).find(|place| !taken.contains(place));
        taken.extend(place);
        (name, place.unwrap_or(home))
    };
    names.map(place).collect()
}

/// FNV-1a. The seed is not the usual one, but one with which the models of this project have places of their own.
fn hash(name: &str) -> usize {
    const SEED: u32 = 37_659;
    let hash = name.bytes().fold(SEED, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    (hash >> 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(models: &[&str]) -> Looks {
        let label = |model: &str| if model == "raw-epoll" { Label::Floor } else { Label::Idiomatic };
        Looks::new(models.iter().map(|model| (*model, label(model))))
    }

    const ALL: [&str; 11] = [
        "sequential",
        "thread-per-request",
        "thread-per-request/idiomatic",
        "rayon-pool",
        "rayon-pool/default",
        "rayon-pool/idiomatic",
        "tokio-reqwest",
        "tokio-reqwest/current-thread",
        "async-std-surf",
        "async-std-surf/idiomatic",
        "raw-epoll",
    ];

    #[test]
    fn a_model_looks_the_same_whoever_else_takes_part() {
        let all = looks(&ALL);
        for model in ALL {
            assert_eq!(looks(&[model]).get(model), all.get(model), "{model}");
            assert_eq!(looks(&["tokio-reqwest", model, "raw-epoll"]).get(model), all.get(model), "{model}");
        }
    }

    #[test]
    fn no_two_models_look_alike() {
        let mut names: Vec<String> = ALL.iter().map(|model| (*model).to_owned()).collect();
        names.extend((0..6).map(|more| format!("more-{more}")));
        let looks = looks(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let alike = |a: &String, b: &String| {
            let (a, b) = (looks.get(a), looks.get(b));
            (a.shape, a.fill) == (b.shape, b.fill) && a.ink == b.ink
        };
        for (place, a) in names.iter().enumerate() {
            assert!(names[..place].iter().all(|b| !alike(a, b)), "{a}");
        }
        // A family has one hue and one shape; the floor has the colour of text.
        assert_eq!(looks.get("rayon-pool").ink, looks.get("rayon-pool/default").ink);
        assert_eq!((looks.get("raw-epoll").ink, looks.get("raw-epoll").shape), (Ink::Text, Shape::Cross));
    }

    #[test]
    fn more_names_than_places_are_drawn_all_the_same() {
        let names: Vec<String> = (0..100).map(|more| format!("m{more}/v{more}")).collect();
        let looks = looks(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(names.iter().all(|name| looks.looks.contains_key(name)));
    }
}
