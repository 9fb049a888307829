//! A study in memory: manifests, environments and rows that belong together.

use std::collections::{HashMap, HashSet};

use inflight_record::files::{MANIFESTS, RECORDS};
use inflight_record::{Arm, ArmKind, Environment, Manifest, NamedWorkload, Outcome, RoundsRule, Row};
use inflight_stats::Stopping;

/// What a study's directory holds; [`StudyRecords::new`] has checked that it belongs together.
#[derive(Debug, Clone)]
pub struct StudyRecords {
    manifests: Vec<Manifest>,
    environments: Vec<Environment>,
    rows: Vec<Row>,
    placed: Vec<Placed>,
}

/// Where server and workers ran in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The environment.
    pub environment_id: String,
    /// `split`, `shared` or `remote`.
    pub placement: String,
    /// The CPUs that the server was given.
    pub server_cpus: Vec<u32>,
    /// The CPUs that the workers were given.
    pub worker_cpus: Vec<u32>,
}

/// Which line of a study's files does not fit, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct Misfit {
    /// The file, inside the study's directory.
    pub file: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a line of a study.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each fault is the sentence above it")]
pub enum Fault {
    #[error("there is no manifest; `inflight study` writes it")]
    NoManifest,
    #[error("this manifest is of another study (study file {here}) than line 1 (study file {first}); keep them apart")]
    OtherStudy { here: String, first: String },
    #[error("the study id {0:?} stands on a line above too")]
    ManifestTwice(String),
    #[error("{what} {name:?} is not what it is in line 1, though the study file is the same; keep them apart")]
    OtherContent { what: &'static str, name: String },
    #[error("{what} {name:?} stands twice in this manifest")]
    NameTwice { what: &'static str, name: String },
    #[error("the id of workload {0:?} holds a /, which parts the ids of figures")]
    Slash(String),
    #[error("the baseline {0:?} is none of the models")]
    NoBaseline(String),
    #[error("study id {0:?} is in no line of {MANIFESTS}")]
    UnknownStudy(String),
    #[error("workload {slug:?} is not of study {study_id:?}, as {MANIFESTS} has it")]
    UnknownWorkload { slug: String, study_id: String },
    #[error("arm {arm:?} is not of study {study_id:?}, as {MANIFESTS} has it")]
    UnknownArm { arm: String, study_id: String },
    #[error("environment {0:?} is in no line of environments.jsonl")]
    UnknownEnvironment(String),
    #[error("this batch stands in line {first} too: study {study_id}, workload {slug}, round {round}, arm {arm}")]
    BatchTwice { first: usize, study_id: String, slug: String, round: u32, arm: String },
    #[error("this batch is ok, but has no {0}: the line was edited, or another inflight wrote it")]
    Hollow(&'static str),
}

/// How the number of rounds comes about by this rule.
pub(crate) fn stopping(rounds: RoundsRule) -> Stopping {
    match rounds {
        RoundsRule::Fixed(_) => Stopping::Fixed,
        RoundsRule::Auto { .. } => Stopping::Auto,
    }
}

impl StudyRecords {
    /// A study of these parts, once they are found to belong together. Row i is taken to stand on line i + 1.
    ///
    /// # Errors
    /// No manifest; manifests of different studies; a row whose study, workload, arm or environment is unknown; a batch
    /// that stands twice, or is ok without the figures of one.
    pub fn new(manifests: Vec<Manifest>, environments: Vec<Environment>, rows: Vec<Row>) -> Result<Self, Misfit> {
        check_manifests(&manifests)?;
        let study = Self { manifests, environments, rows, placed: Vec::new() };
        study.check_names()?;
        study.check_twice()?;
        Ok(study)
    }

    /// The same with where server and workers ran, for the line above a table.
    #[must_use]
    pub fn placed(self, placed: Vec<Placed>) -> Self {
        Self { placed, ..self }
    }

    /// Its manifests: one, or one for each part that was merged. Never none.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// What all parts have in common is read from the first.
    pub(crate) fn first(&self) -> &Manifest {
        &self.manifests[0]
    }

    /// The environments that it ran in.
    #[must_use]
    pub fn environments(&self) -> &[Environment] {
        &self.environments
    }

    /// Where server and workers ran in this environment, if that was said.
    #[must_use]
    pub fn placed_in(&self, environment_id: &str) -> Option<&Placed> {
        self.placed.iter().find(|placed| placed.environment_id == environment_id)
    }

    /// Its rows, in the order of their lines.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The workloads of all parts, each once, in their order.
    #[must_use]
    pub fn workloads(&self) -> Vec<&NamedWorkload> {
        let mut seen = HashSet::new();
        self.manifests.iter().flat_map(|manifest| &manifest.workloads).filter(|it| seen.insert(&it.id)).collect()
    }

    /// The arms of all parts, each once, in their order.
    #[must_use]
    pub fn arms(&self) -> Vec<&Arm> {
        let mut seen = HashSet::new();
        self.manifests.iter().flat_map(|manifest| &manifest.arms).filter(|it| seen.insert(&it.arm)).collect()
    }

    /// How many rounds it runs: the first rule that is `Auto`, else that of the first part.
    #[must_use]
    pub fn rounds(&self) -> RoundsRule {
        let rules = || self.manifests.iter().map(|manifest| manifest.rounds);
        rules().find(|rule| stopping(*rule) == Stopping::Auto).unwrap_or(self.first().rounds)
    }

    /// How the number of rounds came about: `Auto` as soon as one part's was.
    #[must_use]
    pub fn stopping(&self) -> Stopping {
        stopping(self.rounds())
    }

    fn check_names(&self) -> Result<(), Misfit> {
        let manifests: HashMap<&str, (HashSet<&str>, HashSet<&str>)> = self
            .manifests
            .iter()
            .map(|manifest| {
                let slugs = manifest.workloads.iter().map(|workload| workload.slug.as_str()).collect();
                let arms = manifest.arms.iter().map(|arm| arm.arm.as_str()).collect();
                (manifest.study_id.as_str(), (slugs, arms))
            })
            .collect();
        let environments: HashSet<&str> = self.environments.iter().map(|it| it.environment_id.as_str()).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let wrong = |fault| Err(Misfit { file: RECORDS, line: index + 1, fault });
            let study_id = row.study_id.to_string();
            let Some((slugs, arms)) = manifests.get(&*row.study_id) else {
                return wrong(Fault::UnknownStudy(study_id));
            };
            if !slugs.contains(&*row.slug) {
                return wrong(Fault::UnknownWorkload { slug: row.slug.to_string(), study_id });
            }
            if !arms.contains(&*row.arm) {
                return wrong(Fault::UnknownArm { arm: row.arm.to_string(), study_id });
            }
            if !environments.contains(&*row.environment_id) {
                return wrong(Fault::UnknownEnvironment(row.environment_id.to_string()));
            }
            if let Some(lacking) = lacking(row) {
                return wrong(Fault::Hollow(lacking));
            }
        }
        Ok(())
    }

    fn check_twice(&self) -> Result<(), Misfit> {
        let mut lines = HashMap::with_capacity(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            let line = index + 1;
            if let Some(first) = lines.insert((&*row.study_id, &*row.slug, &*row.arm, row.round), line) {
                let fault = Fault::BatchTwice {
                    first,
                    study_id: row.study_id.to_string(),
                    slug: row.slug.to_string(),
                    round: row.round,
                    arm: row.arm.to_string(),
                };
                return Err(Misfit { file: RECORDS, line, fault });
            }
        }
        Ok(())
    }
}

/// What a batch that is ok must have, and this one has not.
fn lacking(row: &Row) -> Option<&'static str> {
    let figures = [("makespan_ns", row.makespan_ns.is_some()), ("cpu", row.cpu_ns.is_some())];
    let ok = row.outcome == Outcome::Ok;
    figures.into_iter().find(|(_, there)| ok && !there).map(|(name, _)| name)
}

fn check_manifests(manifests: &[Manifest]) -> Result<(), Misfit> {
    let wrong = |line, fault| Err(Misfit { file: MANIFESTS, line, fault });
    let Some(first) = manifests.first() else { return wrong(1, Fault::NoManifest) };
    for (index, manifest) in manifests.iter().enumerate() {
        let line = index + 1;
        if manifest.study_sha256 != first.study_sha256 {
            let (here, first) = (manifest.study_sha256.clone(), first.study_sha256.clone());
            return wrong(line, Fault::OtherStudy { here, first });
        }
        if manifests[..index].iter().any(|above| above.study_id == manifest.study_id) {
            return wrong(line, Fault::ManifestTwice(manifest.study_id.clone()));
        }
        if let Some(fault) = inner_fault(manifest).or_else(|| outer_fault(manifest, first)) {
            return wrong(line, fault);
        }
    }
    Ok(())
}

/// What is wrong with a manifest by itself.
fn inner_fault(manifest: &Manifest) -> Option<Fault> {
    let workloads = || manifest.workloads.iter();
    let twice = |what, names: Vec<&String>| {
        let mut seen = HashSet::new();
        let name = names.into_iter().find(|name| !seen.insert(*name))?;
        Some(Fault::NameTwice { what, name: name.clone() })
    };
    let slash = || workloads().find(|it| it.id.contains('/')).map(|it| Fault::Slash(it.id.clone()));
    let baseline = || {
        let known = manifest.arms.iter().any(|arm| arm.arm == manifest.baseline && arm.kind == ArmKind::Model);
        (!known).then(|| Fault::NoBaseline(manifest.baseline.clone()))
    };
    twice("workload", workloads().map(|it| &it.id).collect())
        .or_else(|| twice("slug", workloads().map(|it| &it.slug).collect()))
        .or_else(|| twice("arm", manifest.arms.iter().map(|it| &it.arm).collect()))
        .or_else(slash)
        .or_else(baseline)
}

/// What a manifest says differently from the first one of the same study.
fn outer_fault(manifest: &Manifest, first: &Manifest) -> Option<Fault> {
    let other = |what, name: &str| Some(Fault::OtherContent { what, name: name.to_owned() });
    if manifest.name != first.name {
        return other("name", &manifest.name);
    }
    if manifest.baseline != first.baseline {
        return other("baseline", &manifest.baseline);
    }
    if manifest.controls != first.controls {
        return other("size of controls of", &manifest.name);
    }
    for here in &manifest.workloads {
        // Whole: the seed of delays that vary is not in the slug.
        let other_there = |there: &NamedWorkload| (here.id == there.id || here.slug == there.slug) && here != there;
        if first.workloads.iter().any(other_there) {
            return other("workload", &here.id);
        }
    }
    let changed =
        manifest.arms.iter().find(|here| first.arms.iter().any(|there| here.arm == there.arm && *here != there));
    changed.and_then(|arm| other("arm", &arm.arm))
}
