//! How far studies are, from their records alone: a manifest and batches in, a view out.

mod places;

use std::collections::BTreeMap;
use std::time::Duration;

use inflight_record::{Flag, Manifest, Outcome};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

pub use places::{Place, Places};

/// What progress needs of a record, under the names that it has there.
#[derive(Debug, Clone, Deserialize)]
pub struct Batch {
    /// Id of its part.
    pub study_id: String,
    /// Which round, from 0.
    pub round: u32,
    /// Who.
    pub arm: String,
    /// When it began.
    #[serde(deserialize_with = "time")]
    pub started_at: Timestamp,
    /// On what.
    pub workload: BatchWorkload,
    /// What came of it.
    pub outcome: Outcome,
    /// What is doubtful about it.
    pub flags: Vec<Flag>,
    /// How long it took, where that is known.
    pub makespan_ns: Option<u64>,
}

/// The workload of a batch.
#[derive(Debug, Clone, Deserialize)]
pub struct BatchWorkload {
    /// Its slug.
    pub slug: String,
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// One part of a study, with what its records have told so far.
#[derive(Debug)]
pub struct Part {
    manifest: Manifest,
    /// By place of the workload and then of the arm.
    cells: Vec<Cell>,
    /// Batches on record, by round.
    rounds: BTreeMap<u32, u64>,
    counts: Counts,
    /// The last record: its cell, when it began and when it ended.
    last: Option<(usize, Timestamp, Timestamp)>,
}

/// One arm on one workload.
#[derive(Debug, Default, Clone)]
struct Cell {
    done: u64,
    /// From the beginning of a batch to that of the next, with all that stands between: a pause is in it too, which the
    /// median leaves out.
    taken: Vec<Duration>,
}

/// Batches by what came of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Ok, or counted.
    pub ok: u64,
    /// Failed, or invalid.
    pub failed: u64,
    /// Over their time limit, or skipped by rule: an answer too.
    pub limited: u64,
    /// Flagged, of all of these.
    pub flagged: u64,
}

/// How far a part is.
#[derive(Debug, PartialEq)]
pub struct View {
    /// Whole rounds on record, and how many it has where that is known.
    pub rounds: (u64, Option<u64>),
    /// Batches on record, and how many it has where that is known.
    pub batches: (u64, Option<u64>),
    /// What came of them.
    pub counts: Counts,
    /// Time since the last one ended.
    pub age: Option<Duration>,
    /// Time for what is left, once each arm has told how long it takes.
    pub left: Option<Duration>,
}

impl View {
    /// Whether all batches are on record.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.batches.1 == Some(self.batches.0)
    }
}

impl Part {
    /// A part of which no record is known yet.
    #[must_use]
    pub fn new(manifest: Manifest) -> Self {
        let cells = vec![Cell::default(); manifest.workloads.len() * manifest.arms.len()];
        Self { manifest, cells, rounds: BTreeMap::new(), counts: Counts::default(), last: None }
    }

    /// What it was begun with.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// A batch is on record; those of other parts are none of its business.
    pub fn note(&mut self, batch: &Batch) {
        let Some(cell) = self.cell(batch) else { return };
        if let Some((before, began, _)) = self.last
            && let Ok(took) = Duration::try_from(batch.started_at.duration_since(began))
        {
            self.cells[before].taken.push(took);
        }
        let makespan = Duration::from_nanos(batch.makespan_ns.unwrap_or(0));
        let ended = batch.started_at.checked_add(makespan).unwrap_or(batch.started_at);
        self.last = Some((cell, batch.started_at, ended));
        self.cells[cell].done += 1;
        *self.rounds.entry(batch.round).or_default() += 1;
        let count = match batch.outcome {
            Outcome::Ok | Outcome::Counted => &mut self.counts.ok,
            Outcome::Failed | Outcome::Invalid => &mut self.counts.failed,
            Outcome::Timeout | Outcome::Skipped => &mut self.counts.limited,
        };
        *count += 1;
        self.counts.flagged += u64::from(!batch.flags.is_empty());
    }

    fn cell(&self, batch: &Batch) -> Option<usize> {
        let Manifest { study_id, workloads, arms, .. } = &self.manifest;
        let workload = workloads.iter().position(|named| named.slug == batch.workload.slug)?;
        let arm = arms.iter().position(|arm| arm.arm == batch.arm)?;
        (*study_id == batch.study_id).then_some(workload * arms.len() + arm)
    }

    /// How far it is at this time. Clocks of machines differ: what seems to lie ahead was just now.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> View {
        let a_round = self.cells.len() as u64;
        let all = self.manifest.own_rounds().map(|rounds| rounds as u64);
        let whole = self.rounds.values().filter(|batches| **batches == a_round).count() as u64;
        let since = |(_, _, ended)| Duration::try_from(now.duration_since(ended)).unwrap_or_default();
        View {
            rounds: (whole, all),
            batches: (self.rounds.values().sum(), all.map(|all| all * a_round)),
            counts: self.counts,
            age: self.last.map(since),
            left: all.and_then(|all| self.left(all)),
        }
    }

    fn left(&self, rounds: u64) -> Option<Duration> {
        let mut left = Duration::ZERO;
        for cell in &self.cells {
            let batches = u32::try_from(rounds.saturating_sub(cell.done)).unwrap_or(u32::MAX);
            if batches > 0 {
                left = left.saturating_add(cell.takes()?.saturating_mul(batches));
            }
        }
        Some(left)
    }
}

impl Cell {
    /// The median of what its batches took, of two the shorter: it had no pause.
    fn takes(&self) -> Option<Duration> {
        let mut taken = self.taken.clone();
        taken.sort_unstable();
        taken.get(taken.len().checked_sub(1)? / 2).copied()
    }
}

#[cfg(test)]
mod tests;
