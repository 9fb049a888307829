//! The directory of a study: its manifests, environments and rows, loaded and checked to belong together.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};

use inflight_record::files::{ENVIRONMENTS, MANIFESTS, PACKED_RECORDS, RECORDS};
use inflight_record::jsonl::{self, JsonlError};
use inflight_record::{Environment, Manifest, Row, row};
use serde::Deserialize;

use crate::study::{Misfit, Placed, StudyRecords};
use crate::summary::Summary;
use crate::whole::whole;

/// What [`write_summary`] writes.
pub const SUMMARY: &str = "summary.json";

/// Why a directory cannot be read as a study; each says where.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It holds no study.
    #[error("{} is no study: it has no {}; `inflight study` makes one", dir.display(), missing.join(" and no "))]
    NoStudy {
        /// The directory.
        dir: PathBuf,
        /// The files that it lacks.
        missing: Vec<&'static str>,
    },
    /// A file cannot be read, or a line of it.
    #[error(transparent)]
    Lines(#[from] JsonlError),
    /// Its lines do not belong together.
    #[error("{}/{source}", dir.display())]
    Misfit {
        /// The directory.
        dir: PathBuf,
        /// Which line, and why.
        source: Box<Misfit>,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Loads a study from its directory, its records packed or not.
///
/// # Errors
/// The directory is no study, or has its records both packed and not, a line cannot be read, or the lines do not belong together: see [`StudyRecords::new`].
pub fn load(dir: &Path) -> Result<StudyRecords, DirectoryError> {
    let path = jsonl::records_in(dir)?;
    let there = |file: &str| if file == RECORDS { path.is_file() } else { dir.join(file).is_file() };
    let missing: Vec<&str> = [MANIFESTS, RECORDS, ENVIRONMENTS].into_iter().filter(|file| !there(file)).collect();
    if !missing.is_empty() {
        return Err(DirectoryError::NoStudy { dir: dir.to_owned(), missing });
    }
    let manifests: Vec<Manifest> = jsonl::load(&dir.join(MANIFESTS))?;
    let environments: Vec<Environment> = jsonl::load(&dir.join(ENVIRONMENTS))?;
    // In their order: row i stands on line i + 1.
    let rows = row::load(&path)?;
    let io = |source| DirectoryError::Io { path: path.clone(), source };
    let placed = placed(jsonl::reader(&path)?, &rows).map_err(io)?;
    let misfit = |source: Misfit| {
        let packed = source.file == RECORDS && path.ends_with(PACKED_RECORDS);
        let file = if packed { PACKED_RECORDS } else { source.file };
        DirectoryError::Misfit { dir: dir.to_owned(), source: Misfit { file, ..source }.into() }
    };
    StudyRecords::new(manifests, environments, rows).map(|study| study.placed(placed)).map_err(misfit)
}

/// Where server and workers ran, as the first record of each environment says; rows do not hold it. Reads no further than
/// the last of these: an environment without records is not waited for.
fn placed(records: impl BufRead, rows: &[Row]) -> io::Result<Vec<Placed>> {
    let mut missing: BTreeSet<&str> = rows.iter().map(|row| &*row.environment_id).collect();
    let mut placed = Vec::new();
    let mut lines = records.lines();
    while !missing.is_empty() {
        let Some(line) = lines.next() else { break };
        // `row::load` has read the same lines: what is wrong with one was said there.
        let Ok(first) = serde_json::from_str::<PlacedRecord>(&line?) else { continue };
        if missing.remove(first.environment_id.as_str()) {
            placed.push(Placed {
                environment_id: first.environment_id,
                placement: first.workload.placement,
                server_cpus: first.server_cpus,
                worker_cpus: first.cpus,
            });
        }
    }
    Ok(placed)
}

#[derive(Deserialize)]
struct PlacedRecord {
    environment_id: String,
    workload: PlacedWorkload,
    cpus: Vec<u32>,
    server_cpus: Vec<u32>,
}

#[derive(Deserialize)]
struct PlacedWorkload {
    placement: String,
}

/// Writes `summary.json` into the study's directory; whoever reads it meanwhile sees the old one or the new one, whole.
///
/// # Errors
/// The operating system refuses.
pub fn write_summary(dir: &Path, summary: &Summary) -> Result<(), DirectoryError> {
    let io = |path: &Path, source| DirectoryError::Io { path: path.to_owned(), source };
    let path = dir.join(SUMMARY);
    whole(&path, io, |file| file.write_all(summary.to_json().as_bytes()).map_err(|error| io(&path, error)))
}

#[cfg(test)]
mod tests;
