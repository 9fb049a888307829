//! Directories of studies: found below a directory of results, loaded when they are first asked for.

use std::cell::OnceCell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use inflight_record::files::{ENVIRONMENTS, MANIFESTS, PACKED_RECORDS, RECORDS};
use inflight_record::{Environment, Machine, Manifest, jsonl};

use super::LibraryError;
use crate::directory::{self, DirectoryError, SUMMARY};
use crate::study::{Fault, Misfit};
use crate::summary::Summary;

/// The directory of a study.
#[derive(Debug)]
pub struct StudyDirectory {
    path: PathBuf,
    /// Below the directory of results, with / between names; empty for that directory itself.
    relative: String,
    /// The shortest of its names that is no other directory's of the same study.
    pin: String,
    study: String,
    /// When it was begun, where its id says so: `20261121T095944Z`.
    begun: Option<String>,
    environment_id: String,
    machine: OnceCell<Option<Machine>>,
    summary: OnceCell<Summary>,
}

/// Every study in `results` or below it, by name, day, time and path.
pub(super) fn below(results: &Path) -> Result<Vec<StudyDirectory>, LibraryError> {
    let mut paths = Vec::new();
    walk(results, &mut paths)?;
    let mut studies: Vec<StudyDirectory> =
        paths.into_iter().map(|path| StudyDirectory::new(path, results)).collect::<Result<_, _>>()?;
    let key = |it: &StudyDirectory| (it.study.clone(), it.date().to_owned(), it.begun.clone(), it.relative.clone());
    studies.sort_by_key(key);
    let pins: Vec<String> = studies.iter().map(|it| pin(it, &studies)).collect();
    studies.iter_mut().zip(pins).for_each(|(it, pin)| it.pin = pin);
    Ok(studies)
}

fn pin(it: &StudyDirectory, all: &[StudyDirectory]) -> String {
    let same = all.iter().filter(|other| other.study == it.study && other.dated() == it.dated()).count();
    let short = same == 1 && !it.dated().is_empty();
    if short { it.dated() } else { &it.relative }.to_owned()
}

/// Directories that hold a manifest; what is below one of them belongs to it. Links are not followed: they may go round.
fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), LibraryError> {
    if directory.join(MANIFESTS).is_file() {
        found.push(directory.to_owned());
        return Ok(());
    }
    let unreadable = |source| LibraryError::Unreadable { path: directory.to_owned(), source };
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

impl StudyDirectory {
    fn new(path: PathBuf, results: &Path) -> Result<Self, DirectoryError> {
        let manifests: Vec<Manifest> = jsonl::load(&path.join(MANIFESTS))?;
        let Some(first) = manifests.into_iter().next() else {
            let source = Misfit { file: MANIFESTS, line: 1, fault: Fault::NoManifest }.into();
            return Err(DirectoryError::Misfit { dir: path, source });
        };
        let below = path.strip_prefix(results).unwrap_or(&path);
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        Ok(Self {
            relative: names.join("/"),
            pin: String::new(),
            begun: Manifest::begun_by_id(&first.study_id).map(str::to_owned),
            environment_id: first.environment_id,
            machine: OnceCell::new(),
            study: first.name,
            summary: OnceCell::new(),
            path,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Name of the study, with which the ids of its figures begin.
    #[must_use]
    pub fn study(&self) -> &str {
        &self.study
    }

    /// Name of the directory that it stands in, such as `2026-11-21-2-cpu-vm`; empty right below the results.
    #[must_use]
    pub fn dated(&self) -> &str {
        self.relative.rsplit('/').nth(1).unwrap_or_default()
    }

    /// The day with which that name begins; empty where it begins with none, which counts as older than any.
    #[must_use]
    pub fn date(&self) -> &str {
        let day = self.dated().get(..10).unwrap_or_default();
        let is_day = day.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if is_day { day } else { "" }
    }

    /// When it was begun, where its id says so, in UTC: `20261121T095944Z`.
    pub(super) fn begun(&self) -> Option<&str> {
        self.begun.as_deref()
    }

    /// The machine that it was begun on, where its environments say so; loaded at the first call.
    pub(super) fn machine(&self) -> Option<&Machine> {
        let load = || {
            let environments: Vec<Environment> = jsonl::load(&self.path.join(ENVIRONMENTS)).ok()?;
            environments.into_iter().find(|it| it.environment_id == self.environment_id).map(|it| it.machine)
        };
        self.machine.get_or_init(load).as_ref()
    }

    /// What stands before the colon of an id that means this directory and no other: [`StudyDirectory::dated`], or the path
    /// below the results where that name is not enough.
    #[must_use]
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// The id with this directory before it.
    pub(super) fn pinned(&self, id: &str) -> String {
        if self.pin.is_empty() { id.to_owned() } else { format!("{}:{id}", self.pin) }
    }

    /// What may stand before the colon: the name of the directory above, or the whole path below the results.
    pub(super) fn pins(&self) -> impl Iterator<Item = &str> {
        [self.dated(), &self.relative].into_iter().filter(|name| !name.is_empty())
    }

    /// The file of its records, packed or not.
    #[must_use]
    pub fn records(&self) -> PathBuf {
        let [plain, packed] = [RECORDS, PACKED_RECORDS].map(|file| self.path.join(file));
        if packed.is_file() && !plain.is_file() { packed } else { plain }
    }

    /// All that its records say; loaded at the first call.
    ///
    /// # Errors
    /// As [`directory::load`].
    pub fn summary(&self) -> Result<&Summary, DirectoryError> {
        if let Some(summary) = self.summary.get() {
            return Ok(summary);
        }
        let summary = Summary::of(&directory::load(&self.path)?);
        Ok(self.summary.get_or_init(|| summary))
    }

    /// Whether there is a `summary.json` that is not what the records give.
    ///
    /// # Errors
    /// The study cannot be loaded, or the file cannot be read.
    pub fn stale(&self) -> Result<bool, DirectoryError> {
        let path = self.path.join(SUMMARY);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes != self.summary()?.to_json().as_bytes()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(source) => Err(DirectoryError::Io { path, source }),
        }
    }
}
