//! Finding what an id names: first the directory, then the entry; and what is nearest where there is none.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Found, Library, LibraryError, StudyDirectory};
use crate::summary::Summary;

/// How many names are proposed in place of one that is unknown.
const PROPOSED: usize = 3;
/// Names less alike than this are not proposed; 1 is the same, 0 no letter in common. Below it every second letter is
/// another one.
const ALIKE: f64 = 0.5;

/// Everything of one kind in a study, under its id.
pub(super) type Named<'a, T> = Vec<(Cow<'a, str>, T)>;

impl Library {
    /// What `asked` names among all that a study has of a kind.
    pub(super) fn find<'a, T>(
        &'a self,
        what: &'static str,
        asked: &str,
        all: impl FnOnce(&'a Summary) -> Named<'a, T>,
    ) -> Result<Found<'a, T>, LibraryError> {
        let (directory, id) = self.directory_of(asked)?;
        let summary = directory.summary()?;
        if summary.machines.is_empty() {
            return Err(LibraryError::NothingYet(directory.records()));
        }
        let mut named = all(summary);
        // An environment that need not be said may be said.
        let plain = match summary.machines.as_slice() {
            [only] => id.strip_suffix(only.environment_id.as_str()).and_then(|id| id.strip_suffix('@')).unwrap_or(id),
            _ => id,
        };
        if let Some(place) = named.iter().position(|(known, _)| known == id || known == plain) {
            return Ok(Found { directory, summary, it: named.swap_remove(place).1 });
        }
        let pin = asked.strip_suffix(id).unwrap_or_default();
        let ids = || named.iter().map(|(known, _)| known.as_ref());
        let on: Vec<String> =
            summary.machines.iter().map(|machine| format!("{id}{}", summary.ending(machine))).collect();
        if ids().any(|known| on.iter().any(|one| one == known)) {
            let of =
                on.iter().filter(|one| ids().any(|known| known == *one)).map(|one| format!("{pin}{one}")).collect();
            return Err(LibraryError::Ambiguous { asked: asked.to_owned(), of });
        }
        let near = nearest(id, ids()).into_iter().map(|near| format!("{pin}{near}")).collect();
        Err(LibraryError::Unknown { what, asked: asked.to_owned(), near })
    }

    /// The directory that an id means, and the id without a directory's name.
    fn directory_of<'i>(&self, asked: &'i str) -> Result<(&StudyDirectory, &'i str), LibraryError> {
        let named: Vec<&StudyDirectory> = self.studies.iter().filter(|it| is_of(asked, it)).collect();
        if let Some(study) = named.iter().map(|it| it.study()).max_by_key(|study| study.len()) {
            let directories = named.into_iter().filter(|it| it.study() == study).collect();
            return newest(asked, directories).map(|directory| (directory, asked));
        }
        let pinned: Vec<(&StudyDirectory, &str)> = self
            .studies
            .iter()
            .filter_map(|it| {
                let mut ids = it.pins().filter_map(|pin| asked.strip_prefix(pin)?.strip_prefix(':'));
                ids.find(|id| is_of(id, it)).map(|id| (it, id))
            })
            .collect();
        match pinned.as_slice() {
            [one] => Ok(*one),
            [] => Err(self.unknown_study(asked)),
            several => {
                let of = several.iter().map(|(it, id)| it.pinned(id)).collect();
                Err(LibraryError::Ambiguous { asked: asked.to_owned(), of })
            }
        }
    }

    /// Whether an id without a directory's name means this one.
    pub(crate) fn is_newest(&self, directory: &StudyDirectory) -> bool {
        self.directory_of(directory.study()).is_ok_and(|(newest, _)| std::ptr::eq(newest, directory))
    }

    fn unknown_study(&self, asked: &str) -> LibraryError {
        let asked = asked.split('/').next().unwrap_or(asked);
        let mut known: Vec<String> = self.studies.iter().map(|it| it.pinned(it.study())).collect();
        known.extend(self.studies.iter().map(|it| it.study().to_owned()));
        known.sort();
        known.dedup();
        LibraryError::Unknown {
            what: "study",
            asked: asked.to_owned(),
            near: nearest(asked, known.iter().map(String::as_str)).into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Whether the id is the study itself, or of something in it.
fn is_of(id: &str, directory: &StudyDirectory) -> bool {
    let rest = id.strip_prefix(directory.study());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
}

/// The one whose day is the last, and of those of one day and one machine the one that was begun last. Two of the same day
/// may be of two machines, between which nobody but the writer can choose. Those that stand beside each other in one directory
/// (nodes of a fleet, parts of a study) are not meant where there is one that stands alone.
fn newest<'a>(asked: &str, directories: Vec<&'a StudyDirectory>) -> Result<&'a StudyDirectory, LibraryError> {
    let beside =
        |one: &StudyDirectory| directories.iter().filter(|it| it.path().parent() == one.path().parent()).count() > 1;
    let alone: Vec<&StudyDirectory> = directories.iter().copied().filter(|it| !beside(it)).collect();
    let meant = if alone.is_empty() { directories } else { alone };
    let last = meant.iter().map(|it| it.date()).max();
    let newest: Vec<&StudyDirectory> = meant.into_iter().filter(|it| Some(it.date()) == last).collect();
    match newest.as_slice() {
        [one] => Ok(one),
        several => {
            let last = several.iter().max_by_key(|it| it.begun()).filter(|_| one_after_the_other(several));
            last.copied().ok_or_else(|| {
                let of = several.iter().map(|it| it.pinned(asked)).collect();
                LibraryError::Ambiguous { asked: asked.to_owned(), of }
            })
        }
    }
}

/// Whether all were begun on one machine, each at a time of its own, and stand in directories of their own.
fn one_after_the_other(directories: &[&StudyDirectory]) -> bool {
    let machine = directories.first().and_then(|it| it.machine());
    let same = machine.is_some() && directories.iter().all(|it| it.machine() == machine);
    let times: BTreeSet<&str> = directories.iter().filter_map(|it| it.begun()).collect();
    let names: BTreeSet<&str> = directories.iter().map(|it| it.dated()).collect();
    same && times.len() == directories.len() && names.len() == directories.len()
}

/// The names that are most like this one: those that it is the beginning of, then by edits.
pub(crate) fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| {
            let begun = !asked.is_empty() && name.starts_with(asked);
            (if begun { 1.0 } else { strsim::normalized_levenshtein(asked, name) }, name)
        })
        .filter(|(alike, _)| *alike > ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(b.1)));
    near.truncate(PROPOSED);
    near.into_iter().map(|(_, name)| name).collect()
}
