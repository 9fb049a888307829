//! The manifest of a study: what it was begun with, written once beside its records (`study.jsonl`).

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Label, Workload};

/// What a study was begun with. A study's directory holds one; a merged directory one for each part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Version of the record schema that this line follows.
    pub schema_version: u32,
    /// The id that all records of this part carry.
    pub study_id: String,
    /// Name of the study: that of its file, without `.toml`. Figures carry it in their ids.
    pub name: String,
    /// The question that it answers.
    pub question: String,
    /// SHA-256 of the study file, whose text is beside it as `study.toml`.
    pub study_sha256: String,
    /// SHA-256 of the binary that runs it.
    pub binary_sha256: String,
    /// The environment that it was begun in.
    pub environment_id: String,
    /// Seed of the orders, and of delays that vary.
    pub seed: u64,
    /// How many rounds it runs.
    pub rounds: RoundsRule,
    /// Which part of the rounds this is, where the study is split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Where server and workers run, where that was said when it was begun, and not by its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// Id of the model that all others are compared with, and that the control arms run.
    pub baseline: String,
    /// Sizes of the control arms.
    pub controls: Controls,
    /// Its workloads, in their order.
    pub workloads: Vec<NamedWorkload>,
    /// Who runs them: the models, then the control arms.
    pub arms: Vec<Arm>,
    /// What others say, to be put beside what was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

impl Manifest {
    /// Whether this part runs the round.
    #[must_use]
    pub fn has(&self, round: u32) -> bool {
        self.shard.is_none_or(|shard| shard.has(round))
    }

    /// How many rounds this part runs; `None` where precision decides.
    #[must_use]
    pub fn own_rounds(&self) -> Option<usize> {
        let RoundsRule::Fixed(rounds) = self.rounds else { return None };
        Some((0..rounds).filter(|round| self.has(*round)).count())
    }

    /// When it was begun, as its id has it, in UTC: `20261121T095944Z`; `None` where its id has no time.
    ///
    /// ```
    /// # use inflight_record::Manifest;
    /// assert_eq!(Manifest::begun_by_id("body-20261121T101203Z-22b0c984"), Some("20261121T101203Z"));
    /// assert_eq!(Manifest::begun_by_id("body"), None);
    /// ```
    #[must_use]
    pub fn begun_by_id(study_id: &str) -> Option<&str> {
        let time = study_id.rsplit('-').nth(1)?;
        let is_time = time.len() == 16 && time.as_bytes()[8] == b'T' && time.ends_with('Z');
        is_time.then_some(time)
    }
}

/// What somebody says about two models, and where the study puts it to the test: the makespan of one over that of the
/// other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// In one sentence.
    pub says: String,
    /// The figures that it rests on, as its source has them.
    pub theirs: String,
    /// Makespan of `slow` over that of `fast` by those figures, where they give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// Id of the workload that stands for theirs.
    pub workload: String,
    /// The model that is said to be slower.
    pub slow: String,
    /// The model that is said to be faster.
    pub fast: String,
}

/// How many rounds a study runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundsRule {
    /// So many.
    Fixed(u32),
    /// Until every interval is narrower than the precision, or the budget is spent.
    Auto {
        /// Width of an interval of a ratio, from end to end, as a share: 0.02 is 2 %.
        precision: f64,
        /// Time for all rounds, in nanoseconds.
        budget_ns: u64,
    },
}

/// Where server and workers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The server on the first CPU, workers on the others. On one CPU it is as `Shared`.
    Split,
    /// Both on all CPUs.
    Shared,
}

impl Placement {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Split, Self::Shared];

    /// Its word in files, records and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Shared => "shared",
        }
    }
}

impl FromStr for Placement {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|placement| placement.as_str() == word);
        found.ok_or_else(|| format!("placement must be \"split\" or \"shared\", not {word:?}"))
    }
}

/// One part of a split study: round r is its if r mod `of` = `index` − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// Which part, from 1.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// Whether this round belongs to the part.
    #[must_use]
    pub fn has(self, round: u32) -> bool {
        round % self.of == self.index - 1
    }
}

/// How much the control arms do on top of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Controls {
    /// Time that `@delay` waits at the end of each batch, in nanoseconds.
    pub delay_ns: u64,
    /// CPU time that `@work` spins for each request, in nanoseconds.
    pub work_ns: u64,
}

/// A workload of a study, under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedWorkload {
    /// Its id in figures: `c1000`.
    pub id: String,
    /// Its slug, by which records name it.
    pub slug: String,
    /// Itself.
    pub workload: Workload,
}

/// One arm of a study: a model under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arm {
    /// The name in records: the model's id, or that of the baseline with a control's ending.
    pub arm: String,
    /// The model's id.
    pub model: String,
    /// In which spirit it is written.
    pub label: Label,
    /// What the arm is for.
    pub kind: ArmKind,
    /// Of a peer: what it told its versions to be when the study was begun. Those of models are the binary's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<String>,
}

/// What an arm is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmKind {
    /// To be compared.
    Model,
    /// A/A: the baseline under a second name. Its difference from the baseline is noise.
    Again,
    /// A/A with a known delay: time that must be found.
    Delay,
    /// A/A with known spun work: CPU time that must be found.
    Work,
    /// A load generator, to be shown beside the others and not compared.
    Yardstick,
}

impl ArmKind {
    /// The control arms, in their order.
    pub const CONTROLS: [Self; 3] = [Self::Again, Self::Delay, Self::Work];

    /// What stands behind the baseline's id in the arm's name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Model | Self::Yardstick => "",
            Self::Again => "@again",
            Self::Delay => "@delay",
            Self::Work => "@work",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_out_the_rounds() {
        for round in 0..12 {
            assert_eq!((1..=3).filter(|index| Shard { index: *index, of: 3 }.has(round)).count(), 1);
        }
        assert!(Shard { index: 1, of: 3 }.has(0) && Shard { index: 1, of: 1 }.has(5));
    }
}
