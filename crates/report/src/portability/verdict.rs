//! The verdict: whether a ratio carries, in words, and what sets the machines apart on which it does not.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attributes::separation;
use super::{MachineEntry, OnMachine, Side, Together};
use crate::units::percent;

/// Whether a ratio carries from machine to machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Told on one machine or more and on none the other way round, and the next one's ratio is on this side too, with 95 %.
    HoldsEverywhere,
    /// All machines are on one side; the next one may not be.
    HoldsOnAllSeen,
    /// On one side on some machines and not told on the others, and something that is recorded sets them apart.
    HoldsWhere,
    /// On one side on some machines, on the other on others.
    Reversed,
    /// Nothing can be said of it.
    NotTold,
}

/// What sets some machines apart from the others. With few machines something nearly always does: that is a hint where to
/// look, and no test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Separation {
    /// In words: `CPUs 4 or more`, `not restricted`. Several where what is recorded goes together.
    pub attributes: Vec<String>,
    /// The share of all choices of so many of these machines that something recorded sets apart as well.
    pub chance: f64,
}

/// A verdict with its words.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) words: String,
    pub(super) separation: Option<Separation>,
}

/// The verdict on one ratio; `entries` are the machines in the order of `machines`.
pub(super) fn judged(machines: &[OnMachine], together: Option<&Together>, entries: &[&MachineEntry]) -> Judged {
    let known: Vec<(&OnMachine, &MachineEntry)> =
        machines.iter().zip(entries).filter(|(on, _)| on.limits().is_some()).map(|(on, entry)| (on, *entry)).collect();
    let Some(together) = together else {
        let words = format!("not to be told: {} of {} machines have an interval", known.len(), machines.len());
        return Judged { verdict: Verdict::NotTold, words, separation: None };
    };
    let told = |side: Side| known.iter().filter(move |(on, _)| on.side == side).count();
    let (less, more) = (told(Side::Less), told(Side::More));
    let apart = |side: Side| {
        let inside: Vec<bool> = known.iter().map(|(on, _)| on.side == side).collect();
        separation(&known.iter().map(|(_, entry)| *entry).collect::<Vec<_>>(), &inside)
    };
    let names = |side: Side| {
        let names = known.iter().filter(|(on, _)| on.side == side).map(|(_, entry)| entry.called());
        names.collect::<Vec<_>>().join(", ")
    };
    let next = together.next_text();
    match (less, more) {
        (0, 0) => {
            let words = format!("not to be told: no difference shown on any of {}; next {next}", known.len());
            Judged { verdict: Verdict::NotTold, words, separation: None }
        }
        (1.., 1..) => {
            // Of as many on either side, those that take more: what is worth a warning.
            let (usual, other) = if less >= more { (Side::Less, Side::More) } else { (Side::More, Side::Less) };
            let separation = apart(other);
            let mut words = format!("reversed on {}", names(other));
            if let Some(separation) = &separation {
                let _ = write!(words, ", where {}", separation.text());
            }
            let _ = write!(words, ": {} there, {} on {}", other.as_str(), usual.as_str(), names(usual));
            let untold = names(Side::NotTold);
            if !untold.is_empty() {
                let _ = write!(words, ", not told on {untold}");
            }
            Judged { verdict: Verdict::Reversed, words, separation }
        }
        _ => one_sided(
            known.len(),
            if less > 0 { (Side::Less, less) } else { (Side::More, more) },
            together,
            &next,
            apart,
        ),
    }
}

/// The verdict where no machine is on the other side.
fn one_sided(
    all: usize,
    (side, told): (Side, usize),
    together: &Together,
    next: &str,
    apart: impl Fn(Side) -> Option<Separation>,
) -> Judged {
    let on = format!("{} on {told} of {all}", side.as_str());
    let carries = if side == Side::Less { together.next_high < 1.0 } else { together.next_low > 1.0 };
    if carries {
        let words = format!("holds everywhere: {on}, next {next}");
        return Judged { verdict: Verdict::HoldsEverywhere, words, separation: None };
    }
    if told == all {
        let words = format!("holds on all {all} seen: {}; the next may not be, {next}", side.as_str());
        return Judged { verdict: Verdict::HoldsOnAllSeen, words, separation: None };
    }
    match apart(side) {
        Some(separation) => {
            let words = format!("holds where {}: {on}, not told on the others; next {next}", separation.text());
            Judged { verdict: Verdict::HoldsWhere, words, separation: Some(separation) }
        }
        None => {
            let words = format!("not to be told: {on}, and nothing recorded sets these apart; next {next}");
            Judged { verdict: Verdict::NotTold, words, separation: None }
        }
    }
}

impl Separation {
    /// What sets them apart, and how often something would by chance.
    fn text(&self) -> String {
        format!("{} (by chance {})", self.attributes.join(" and "), percent(self.chance))
    }
}
