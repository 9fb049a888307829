//! JSON lines: append one and know that it is on disk; load them all or say which line is wrong.

mod append;
mod blocks;
mod pack;
mod packed;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::files::{PACKED_RECORDS, RECORDS};
use crate::record::SCHEMA_VERSION;

pub use append::{Appender, Cut};
pub(crate) use blocks::read_lines;
pub use blocks::{Blocks, MAX_LINE_BYTES, Stopped};
pub use pack::{Packing, pack, unpack};
pub(crate) use packed::load_lines;
pub use packed::{reader, records_in, stream};

/// Why lines could not be appended or loaded; each names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum JsonlError {
    /// The operating system refused.
    #[error("{}: {source}{}", path.display(), advice(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The last line has no end: a writer was stopped in the middle of it.
    #[error("{}:{line}: the last line is cut off in the middle; remove it, or write to another file", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// Number of the last line, from 1.
        line: usize,
    },
    /// A line could not be appended, and nothing of it stayed in the file.
    #[error("{}: {source}; nothing was appended, and what was there is whole{}", path.display(), advice(source))]
    Append {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An append failed, and the part of its line that got into the file cannot be removed.
    #[error(
        "{}: a failed append left part of a line behind, which cannot be removed: {source}; all after byte {whole_bytes} is \
         to be cut off{}", path.display(), advice(source)
    )]
    Torn {
        /// The file.
        path: PathBuf,
        /// What the system said to the removing.
        source: io::Error,
        /// Bytes of the whole lines before it.
        whole_bytes: u64,
    },
    /// Another process holds the file: to append to it, to pack or unpack it, or to merge from it.
    #[error(
        "{}: another process holds it, to append to it, to pack or unpack it, or to merge it; wait until that has ended, or \
         name another file", path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A packed file cannot be unpacked.
    #[error(
        "{}: damaged or cut off, so that it cannot be unpacked ({source}); nothing in it was changed: put a whole copy in its place",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Lines are to be appended to a file that is packed.
    #[error(
        "{} is packed, and nothing can be appended to packed records; unpack them first: inflight pack --unpack {}",
        packed.display(),
        packed.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).display()
    )]
    Packed {
        /// The packed file.
        packed: PathBuf,
    },
    /// A directory has its records twice.
    #[error(
        "{dir} holds both {RECORDS} and {PACKED_RECORDS}: `inflight pack {dir}` removes {RECORDS} where both hold the same; \
         where they differ, remove the one that is out of date, which as a rule is {PACKED_RECORDS}, because nothing is ever \
         appended to it",
        dir = directory.display()
    )]
    Both {
        /// The directory.
        directory: PathBuf,
    },
    /// A directory has no records.
    #[error(
        "{} holds no {RECORDS} and no {PACKED_RECORDS}: name a directory that `inflight study` has made",
        directory.display()
    )]
    NoRecords {
        /// The directory.
        directory: PathBuf,
    },
    /// A copy that was just written does not hold what it was made from.
    #[error(
        "{}: it was read back, and does not hold what was written; it is removed again, and what it was made from is as it \
         was: check the disk",
        path.display()
    )]
    NotTheSame {
        /// The copy.
        path: PathBuf,
    },
}

/// What to do about it, where that is known.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free space there, then go on",
        io::ErrorKind::IsADirectory => "; it has to be a file, such as records.jsonl in that directory",
        io::ErrorKind::NotADirectory => "; what stands before the last / has to be a directory",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; name a place that this user may write to, or read from"
        }
        _ => "",
    }
}

/// Loads every line of a file whose lines carry a `schema_version`: records or environments, packed where its name ends
/// in `.zst`. An empty file has none, which is for the caller to judge.
///
/// # Errors
/// The file cannot be read or unpacked, a line is no JSON of that type, or its schema version is not [`SCHEMA_VERSION`].
pub fn load<T: DeserializeOwned + Send>(path: &Path) -> Result<Vec<T>, JsonlError> {
    load_lines(path, || parse)
}

/// The same from anything that can be read; `path` is what errors call it.
///
/// # Errors
/// As [`load`].
pub fn read<T: DeserializeOwned + Send>(
    source: impl Read + Send,
    path: &Path,
    blocks: Blocks,
) -> Result<Vec<T>, JsonlError> {
    read_lines(source, path, blocks, || parse)
}

/// One line, without its end, as JSON of our version.
///
/// # Errors
/// What is wrong with it, without its number.
pub fn parse<T: DeserializeOwned>(line: &str) -> Result<T, String> {
    check_version(line)?;
    serde_json::from_str(line).map_err(|error| say(&error))
}

/// Whether a line is JSON of our version.
fn check_version(line: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }
    match serde_json::from_str(line) {
        Ok(Versioned { schema_version: SCHEMA_VERSION }) => Ok(()),
        Ok(Versioned { schema_version }) => Err(format!(
            "schema version {schema_version}, but this inflight reads version {SCHEMA_VERSION}; use the inflight that wrote it"
        )),
        Err(error) => Err(say(&error)),
    }
}

/// What the parser says; its "line 1" would be taken for the file's.
fn say(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    match text.strip_suffix(&format!(" at line {line} column {column}")) {
        Some(text) => format!("{text} (column {column})"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, Deserialize)]
    struct Row {
        schema_version: u32,
        value: u64,
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn what_is_appended_is_loaded() {
        let (_dir, path) = file("");
        for value in 0..3 {
            let row = Row { schema_version: SCHEMA_VERSION, value };
            Appender::open(&path).unwrap().append(&row).unwrap();
        }
        let rows: Vec<Row> = load(&path).unwrap();
        assert_eq!(rows.iter().map(|row| row.value).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_cut_line_is_neither_appended_to_nor_loaded() {
        let (_dir, path) = file("{\"schema_version\":1,\"val");
        assert!(matches!(Appender::open(&path), Err(JsonlError::CutOff { line: 1, .. })));
        assert!(matches!(load::<Row>(&path), Err(JsonlError::CutOff { line: 1, .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"schema_version\":1,\"val");
    }

    #[test]
    fn an_unknown_version_is_refused_with_its_line() {
        let (_dir, path) = file("{\"schema_version\":1,\"value\":1}\n{\"schema_version\":99,\"value\":1}\n");
        let error = load::<Row>(&path).unwrap_err().to_string();
        assert!(error.contains("rows.jsonl:2") && error.contains("99"), "{error}");
    }

    #[test]
    fn garbage_is_refused_with_its_line() {
        let (_dir, path) = file("{\"schema_version\":1,\"value\":1}\nhello\n");
        let error = load::<Row>(&path).unwrap_err().to_string();
        assert!(error.ends_with("rows.jsonl:2: expected value (column 1)"), "{error}");
    }
}
