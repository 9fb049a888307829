//! The library: every study below a directory of results, and what an id names among them.
//!
//! An id is `study/workload/model/metric`, with `@environment` behind it where the study ran in several environments. The
//! same study may stand in several directories: an id by itself means the newest one, by the date with which the name of
//! the directory above it begins, and of one day the one that was begun last, where they are of one machine. Those that
//! stand beside each other in one directory, as the nodes of a fleet do, are not meant where there is one that stands
//! alone. A directory's name and a colon before the id means that one (`2026-11-21-2-cpu-vm:quick/c60/raw-epoll/excess`).
//! Figures are always made from the records, never read from a `summary.json`.

mod find;
mod studies;
#[cfg(test)]
pub(crate) mod tests;

use std::io;
use std::path::{Path, PathBuf};

use inflight_record::Costs;
use inflight_record::costs::CostsError;
use inflight_record::files::COSTS;

use crate::directory::DirectoryError;
use crate::summary::{Entry, MachineSummary, Summary, WorkloadSummary};

pub(crate) use find::nearest;
pub use studies::StudyDirectory;

/// All studies below a directory of results. Their records are loaded when they are first asked for.
#[derive(Debug)]
pub struct Library {
    results: PathBuf,
    studies: Vec<StudyDirectory>,
}

/// What an id names, with the study that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a, T> {
    /// The directory of the study.
    pub directory: &'a StudyDirectory,
    /// All that its records say.
    pub summary: &'a Summary,
    /// What was asked for.
    pub it: T,
}

/// Why nothing is found; each says what would be.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The directory of results cannot be read.
    #[error("{}: {source}; it has to be a directory with studies in it, such as results", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no study in it.
    #[error("{} holds no study: there is no study.jsonl in it or below it; `inflight study` makes one", .0.display())]
    NoStudies(PathBuf),
    /// A study cannot be loaded.
    #[error(transparent)]
    Study(#[from] DirectoryError),
    /// A study has begun, and nothing has come of it yet.
    #[error("{}: no batch has been recorded yet; `inflight study --resume` goes on with it", .0.display())]
    NothingYet(PathBuf),
    /// There is nothing of that name.
    #[error("there is no {what} {asked:?}; {}", hint(near))]
    Unknown {
        /// What was asked for: a study, workload or figure.
        what: &'static str,
        /// As asked.
        asked: String,
        /// The nearest of those that there are, the nearest first.
        near: Vec<String>,
    },
    /// There is more than one.
    #[error("{asked:?} may mean {}: name one of them", of.join(" or "))]
    Ambiguous {
        /// As asked.
        asked: String,
        /// What it may mean.
        of: Vec<String>,
    },
}

fn hint(near: &[String]) -> String {
    if near.is_empty() {
        "`inflight cite --list` names them".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    }
}

impl Library {
    /// Finds every study below `results`, or in it. Only manifests are read.
    ///
    /// # Errors
    /// The directory cannot be read, holds no study, or a manifest in it cannot be read.
    pub fn open(results: &Path) -> Result<Self, LibraryError> {
        let studies = studies::below(results)?;
        if studies.is_empty() {
            return Err(LibraryError::NoStudies(results.to_owned()));
        }
        Ok(Self { results: results.to_owned(), studies })
    }

    /// What the models cost before they run, as measured into this directory of the results.
    ///
    /// # Errors
    /// There is no `costs.json`, or it cannot be read.
    pub fn costs(&self, directory: &str) -> Result<Costs, CostsError> {
        Costs::load(&self.results.join(directory).join(COSTS))
    }

    /// The directories of its studies, by study, the oldest first.
    #[must_use]
    pub fn studies(&self) -> &[StudyDirectory] {
        &self.studies
    }

    /// The figure of this id.
    ///
    /// # Errors
    /// There is no such figure, the id may mean several, or the study cannot be loaded.
    pub fn figure(&self, id: &str) -> Result<Found<'_, Entry<'_>>, LibraryError> {
        self.find("figure", id, |summary| {
            summary.entries().map(|entry| (entry.figure.id.as_str().into(), entry)).collect()
        })
    }

    /// The workload of this id, on its machine: `study/workload`, with directory and environment as figures have them.
    ///
    /// # Errors
    /// As [`Library::figure`].
    pub fn workload(&self, id: &str) -> Result<Found<'_, (&MachineSummary, &WorkloadSummary)>, LibraryError> {
        self.find("workload", id, |summary| {
            let machines = summary.machines.iter();
            let all = machines.flat_map(|machine| machine.workloads.iter().map(move |workload| (machine, workload)));
            let id = |it: &str, on| format!("{}/{it}{}", summary.study, summary.ending(on)).into();
            all.map(|(machine, workload)| (id(&workload.id, machine), (machine, workload))).collect()
        })
    }

    /// The study of this name, on its machine: `study`, with directory and environment as figures have them.
    ///
    /// # Errors
    /// As [`Library::figure`]; also that no batch of the study has been recorded.
    pub fn study(&self, name: &str) -> Result<Found<'_, &MachineSummary>, LibraryError> {
        self.find("study", name, |summary| {
            let id = |machine| format!("{}{}", summary.study, summary.ending(machine)).into();
            summary.machines.iter().map(|machine| (id(machine), machine)).collect()
        })
    }

    /// The ids of all figures that begin so, each as it has to be written: those of older directories with the
    /// directory's name.
    ///
    /// # Errors
    /// A study that may have such ids cannot be loaded.
    pub fn ids(&self, beginning: &str) -> Result<Vec<String>, LibraryError> {
        let mut ids = Vec::new();
        for directory in &self.studies {
            let asked_for = beginning.strip_prefix(directory.pin()).is_some_and(|rest| rest.starts_with(':'));
            let pin = if self.is_newest(directory) && !asked_for { String::new() } else { directory.pinned("") };
            let all = format!("{pin}{}/", directory.study());
            if all.starts_with(beginning) || beginning.starts_with(&all) {
                let here = directory.summary()?.figures().map(|figure| format!("{pin}{}", figure.id));
                ids.extend(here.filter(|id| id.starts_with(beginning)));
            }
        }
        Ok(ids)
    }
}
