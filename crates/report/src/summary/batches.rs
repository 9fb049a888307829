//! How the batches of an arm ended, and which of them are left out of what.

use std::collections::BTreeMap;

use inflight_record::{Flag, Outcome, Row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grid::ArmRows;

/// The batches of one arm under one workload on one machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batches {
    /// All.
    pub all: usize,
    /// Those that ended `ok`.
    pub ok: usize,
    /// Those whose times are used.
    pub times: usize,
    /// Those whose costs are used.
    pub costs: usize,
    /// Those that did not end `ok`, by outcome and reason.
    pub ended: Vec<Ended>,
    /// Those that ended `ok`, or were counted, and carry a flag, by flag.
    pub flagged: Vec<Flagged>,
}

/// Batches that ended alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// How many.
    pub count: usize,
}

/// Batches that carry a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flagged {
    /// Which.
    pub flag: Flag,
    /// How many.
    pub count: usize,
    /// Whether it leaves out their times.
    pub excludes_time: bool,
    /// Whether it leaves out their costs.
    pub excludes_cost: bool,
}

impl Batches {
    pub(super) fn of(rows: &ArmRows<'_>) -> Self {
        let rows = || rows.rows.values().copied();
        let count = |which: &dyn Fn(&Row) -> bool| rows().filter(|row| which(row)).count();
        let mut ended: BTreeMap<(&str, Option<&str>), Ended> = BTreeMap::new();
        for row in rows().filter(|row| row.outcome != Outcome::Ok) {
            let entry = ended.entry((row.outcome.as_str(), row.reason.as_deref())).or_insert_with(|| Ended {
                outcome: row.outcome,
                reason: row.reason.as_deref().map(str::to_owned),
                count: 0,
            });
            entry.count += 1;
        }
        let flagged = Flag::ALL.into_iter().map(|flag| Flagged {
            flag,
            count: count(&|row| matches!(row.outcome, Outcome::Ok | Outcome::Counted) && row.flags.has(flag)),
            excludes_time: flag.excludes_time(),
            excludes_cost: flag.excludes_cost(),
        });
        Self {
            all: rows().count(),
            ok: count(&|row| row.outcome == Outcome::Ok),
            times: count(&Row::times_count),
            costs: count(&Row::costs_count),
            ended: ended.into_values().collect(),
            flagged: flagged.filter(|flagged| flagged.count > 0).collect(),
        }
    }
}
