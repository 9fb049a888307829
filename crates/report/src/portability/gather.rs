//! From directories to machines: which studies ran on three or more, and whether they can be put beside each other.

use std::collections::HashMap;

use inflight_stats::LEAST_EFFECTS;

use super::MachineEntry;
use super::names::{distinct, names};
use crate::summary::{MachineSummary, Summary, WorkloadSummary};

/// A study's directory with what its records say.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The directory, its parts separated by `/`.
    pub path: String,
    /// All that its records say.
    pub summary: &'a Summary,
}

/// Why nothing can be said; each says what would help.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortabilityError {
    /// No directory has records.
    #[error("no study there has records; `inflight study` makes them, one directory a machine")]
    Nothing,
    /// Not enough machines.
    #[error("how a ratio carries takes {LEAST_EFFECTS} machines or more: there is {}", of.join("; "))]
    TooFew {
        /// Each study with its machines.
        of: Vec<String>,
    },
    /// One part of a study counts once.
    #[error("{a} and {b} hold the same part of study {study} ({id}): give one of them")]
    Twice {
        /// The study.
        study: String,
        /// Id of the part.
        id: String,
        /// One directory.
        a: String,
        /// The other.
        b: String,
    },
    /// Ratios to different models are not one ratio.
    #[error("study {study} compares with {a} and with {b}: run it with one baseline everywhere")]
    OtherBaseline {
        /// The study.
        study: String,
        /// One baseline, and in which directory.
        a: String,
        /// The other.
        b: String,
    },
    /// One id means two workloads.
    #[error("workload {id:?} of study {study} is {a} and {b}: run one study file everywhere, with one seed")]
    OtherWorkload {
        /// The study.
        study: String,
        /// The id.
        id: String,
        /// What it is, and in which directory.
        a: String,
        /// What it is in another.
        b: String,
    },
}

/// One study on all of its machines.
pub(super) struct Group<'a> {
    pub(super) first: &'a Summary,
    pub(super) machines: Vec<On<'a>>,
}

/// A study on one machine.
pub(super) struct On<'a> {
    pub(super) summary: &'a Summary,
    pub(super) machine: &'a MachineSummary,
    pub(super) entry: MachineEntry,
}

impl<'a> On<'a> {
    /// The workload of this id.
    pub(super) fn workload(&self, id: &str) -> Option<&'a WorkloadSummary> {
        self.machine.workloads.iter().find(|workload| workload.id == id)
    }
}

/// The studies of enough machines, and a sentence on each other one.
pub(super) fn groups<'a>(sources: &[Source<'a>]) -> Result<(Vec<Group<'a>>, Vec<String>), PortabilityError> {
    let mut by_study: Vec<(&str, Vec<&Source<'a>>)> = Vec::new();
    let counts = |source: &&Source<'a>| !source.summary.machines.is_empty() && !repeats(source, sources);
    for source in sources.iter().filter(counts) {
        match by_study.iter_mut().find(|(study, _)| *study == source.summary.study) {
            Some((_, all)) => all.push(source),
            None => by_study.push((source.summary.study.as_str(), vec![source])),
        }
    }
    if by_study.is_empty() {
        return Err(PortabilityError::Nothing);
    }
    let (mut groups, mut few) = (Vec::new(), Vec::new());
    for (study, sources) in by_study {
        let machines = machines(&sources);
        if machines.len() < LEAST_EFFECTS {
            let named: Vec<&str> = machines.iter().map(|on| on.entry.name.as_str()).collect();
            few.push(format!("study {study} on {} ({})", machines.len(), named.join(", ")));
            continue;
        }
        check(&sources)?;
        groups.extend(sources.first().map(|first| Group { first: first.summary, machines }));
    }
    if groups.is_empty() { Err(PortabilityError::TooFew { of: few }) } else { Ok((groups, few)) }
}

/// Whether it was merged from others that are there too: a fleet's directory holds its nodes, and what they come to.
fn repeats(source: &Source<'_>, all: &[Source<'_>]) -> bool {
    let ids = &source.summary.study_ids;
    let held_apart =
        |id| all.iter().any(|other| other.summary.study_ids.len() < ids.len() && other.summary.study_ids.contains(id));
    ids.len() > 1 && ids.iter().all(held_apart)
}

fn machines<'a>(sources: &[&Source<'a>]) -> Vec<On<'a>> {
    let paths: Vec<String> = sources.iter().map(|source| source.path.clone()).collect();
    let named = names(&paths);
    let all: Vec<(&Source<'a>, &'a MachineSummary, String)> = sources
        .iter()
        .zip(&named)
        .flat_map(|(source, name)| {
            let summary: &'a Summary = source.summary;
            let several = summary.machines.len() > 1;
            summary.machines.iter().map(move |machine| {
                // In a merged study the environment is what tells machines apart, and their names are part of it.
                let environment = machine.environment_id.get(..8).unwrap_or(&machine.environment_id);
                let own = machine.machine.node.as_deref().unwrap_or(environment);
                let name = match (several, sources.len()) {
                    (false, _) => name.clone(),
                    (true, 1) => own.to_owned(),
                    (true, _) => format!("{name}@{own}"),
                };
                (*source, machine, name)
            })
        })
        .collect();
    let names = distinct(all.iter().map(|(_, _, name)| name.clone()));
    let on = |((source, machine, _), name): ((&Source<'a>, &'a MachineSummary, String), String)| On {
        summary: source.summary,
        machine,
        entry: MachineEntry {
            name,
            path: source.path.clone(),
            environment_id: machine.environment_id.clone(),
            machine: machine.machine.clone(),
            software: machine.software.clone(),
            placed: machine.placed.clone(),
            dates: machine.dates.clone(),
        },
    };
    all.into_iter().zip(names).map(on).collect()
}

/// Refuses what is no comparison of one study.
fn check(sources: &[&Source<'_>]) -> Result<(), PortabilityError> {
    let mut parts: HashMap<&str, &str> = HashMap::new();
    let mut workloads: HashMap<&str, (&WorkloadSummary, &str)> = HashMap::new();
    for source in sources {
        let (summary, path) = (source.summary, source.path.as_str());
        for id in &summary.study_ids {
            if let Some(other) = parts.insert(id, path) {
                let (study, id, a, b) = (summary.study.clone(), id.clone(), other.to_owned(), path.to_owned());
                return Err(PortabilityError::Twice { study, id, a, b });
            }
        }
        if let Some(first) = sources.first().filter(|first| first.summary.baseline != summary.baseline) {
            let one = |source: &Source<'_>| format!("{} in {}", source.summary.baseline, source.path);
            let (study, a, b) = (summary.study.clone(), one(first), one(source));
            return Err(PortabilityError::OtherBaseline { study, a, b });
        }
        for workload in summary.machines.iter().flat_map(|machine| &machine.workloads) {
            let (first, in_a) = *workloads.entry(&workload.id).or_insert((workload, path));
            if first.workload != workload.workload {
                let (study, id) = (summary.study.clone(), workload.id.clone());
                let (a, b) = (called(first, in_a), called(workload, path));
                return Err(PortabilityError::OtherWorkload { study, id, a, b });
            }
        }
    }
    Ok(())
}

/// A workload with what its slug leaves out, and its directory.
fn called(workload: &WorkloadSummary, path: &str) -> String {
    let of_pages = || workload.workload.crawl.as_ref().map(|crawl| crawl.site.seed);
    let seed = workload.workload.lognormal.map(|lognormal| lognormal.seed).or_else(of_pages);
    let seed = seed.map(|seed| format!(" with seed {seed}")).unwrap_or_default();
    format!("{}{seed} in {path}", workload.slug)
}
