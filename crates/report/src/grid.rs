//! The grid: rows by machine, workload and arm, their rounds in order, so that they can be paired.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use inflight_record::{Arm, ArmKind, Environment, NamedWorkload, Row};

use crate::metric::Metric;
use crate::study::StudyRecords;

/// One round of one part of a study. Rounds of different parts are never the same.
pub(crate) type Round<'a> = (&'a str, u32);

/// Values by round, in the order of rounds.
pub(crate) type Values<'a> = Vec<(Round<'a>, f64)>;

/// The rows of one environment.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) workloads: Vec<Cells<'a>>,
}

/// The rows of one workload in one environment.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) named: &'a NamedWorkload,
    /// How many rounds any arm ran.
    pub(crate) rounds: usize,
    pub(crate) arms: Vec<ArmRows<'a>>,
}

/// The rows of one arm under one workload in one environment, by round.
#[derive(Debug)]
pub(crate) struct ArmRows<'a> {
    pub(crate) arm: &'a Arm,
    pub(crate) rows: BTreeMap<Round<'a>, &'a Row>,
}

/// The machines that have rows, in the order of their environments; each with all workloads and arms of the study.
pub(crate) fn machines(study: &StudyRecords) -> Vec<Machine<'_>> {
    let mut groups: HashMap<(&str, &str, &str), BTreeMap<Round<'_>, &Row>> = HashMap::new();
    for row in study.rows() {
        let group = groups.entry((&row.environment_id, &row.slug, &row.arm)).or_default();
        group.insert((&row.study_id, row.round), row);
    }
    let seen: BTreeSet<&str> = study.rows().iter().map(|row| &*row.environment_id).collect();
    let mut done = BTreeSet::new();
    let (workloads, arms) = (study.workloads(), study.arms());
    let environments = study.environments().iter();
    environments
        .filter(|it| seen.contains(it.environment_id.as_str()) && done.insert(it.environment_id.as_str()))
        .map(|environment| {
            let cells = workloads.iter().map(|named| {
                let arms: Vec<ArmRows<'_>> = arms
                    .iter()
                    .map(|arm| {
                        let key = (environment.environment_id.as_str(), named.slug.as_str(), arm.arm.as_str());
                        ArmRows { arm, rows: groups.remove(&key).unwrap_or_default() }
                    })
                    .collect();
                let rounds: BTreeSet<&Round<'_>> = arms.iter().flat_map(|arm| arm.rows.keys()).collect();
                Cells { named, rounds: rounds.len(), arms }
            });
            Machine { environment, workloads: cells.collect() }
        })
        .collect()
}

impl Machine<'_> {
    /// The first and the last day of its rows.
    pub(crate) fn dates(&self) -> Option<(&str, &str)> {
        let dates = || self.workloads.iter().flat_map(Cells::rows).map(|row| &*row.date);
        dates().min().zip(dates().max())
    }
}

impl<'a> Cells<'a> {
    /// The rows of all arms.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a Row> {
        self.arms.iter().flat_map(|arm| arm.rows.values()).copied()
    }

    /// The arms that are compared.
    pub(crate) fn models(&self) -> impl Iterator<Item = &ArmRows<'a>> {
        self.arms.iter().filter(|rows| rows.arm.kind == ArmKind::Model)
    }

    /// The arm of this name.
    pub(crate) fn arm(&self, name: &str) -> Option<&ArmRows<'a>> {
        self.arms.iter().find(|rows| rows.arm.arm == name)
    }

    /// The control arm of this kind.
    pub(crate) fn control(&self, kind: ArmKind) -> Option<&ArmRows<'a>> {
        self.arms.iter().find(|rows| rows.arm.kind == kind)
    }
}

impl<'a> ArmRows<'a> {
    /// The values of the batches that may be used for this metric.
    pub(crate) fn values(&self, metric: Metric) -> Values<'a> {
        self.rows.iter().filter_map(|(round, row)| Some((*round, metric.of(row)?))).collect()
    }
}

/// The values without their rounds.
pub(crate) fn plain(values: &Values<'_>) -> Vec<f64> {
    values.iter().map(|(_, value)| *value).collect()
}

/// The values of the rounds that both have: a round that one of them lacks gives no pair.
pub(crate) fn pairs(a: &Values<'_>, b: &Values<'_>) -> (Vec<f64>, Vec<f64>) {
    let of_b: HashMap<Round<'_>, f64> = b.iter().copied().collect();
    a.iter().filter_map(|(round, value)| Some((*value, *of_b.get(round)?))).unzip()
}
