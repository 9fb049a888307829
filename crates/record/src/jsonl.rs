//! JSON lines: append one and know that it is on disk; load them all or say which line is wrong.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::SCHEMA_VERSION;

/// Why lines could not be appended or loaded; each names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum JsonlError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
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
    #[error("{}: the last line is cut off in the middle; remove it, or write to another file", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
    },
}

/// Appends lines to a file; what is there stays as it is.
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Opens the file for appending, or makes it.
    ///
    /// # Errors
    /// The file cannot be opened, or it ends in the middle of a line, to which nothing may be appended.
    pub fn open(path: &Path) -> Result<Self, JsonlError> {
        let io = |source| JsonlError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() > 0 {
            file.seek(SeekFrom::End(-1)).map_err(io)?;
            let mut last = [0];
            file.read_exact(&mut last).map_err(io)?;
            if last != *b"\n" {
                return Err(JsonlError::CutOff { path: path.to_owned() });
            }
        }
        Ok(Self { file, path: path.to_owned() })
    }

    /// Appends one line, and returns when it is on disk.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn append<T: Serialize>(&mut self, value: &T) -> Result<(), JsonlError> {
        let io = |source| JsonlError::Io { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(value).map_err(|error| io(error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(io)?;
        self.file.sync_data().map_err(io)
    }
}

/// Loads every line of a file whose lines carry a `schema_version`: records or environments.
///
/// # Errors
/// The file cannot be read, a line is no JSON of that type, or its schema version is not [`SCHEMA_VERSION`].
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, JsonlError> {
    let io = |source| JsonlError::Io { path: path.to_owned(), source };
    let mut reader = BufReader::new(File::open(path).map_err(io)?);
    let mut values = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        if reader.read_line(&mut text).map_err(io)? == 0 {
            break;
        }
        let wrong = |message| JsonlError::Line { path: path.to_owned(), line, message };
        if !text.ends_with('\n') {
            return Err(JsonlError::CutOff { path: path.to_owned() });
        }
        match serde_json::from_str(&text) {
            Ok(Versioned { schema_version: SCHEMA_VERSION }) => {}
            Ok(Versioned { schema_version }) => {
                return Err(wrong(format!(
                    "schema version {schema_version}, but this inflight reads version {SCHEMA_VERSION}; use the inflight that wrote it"
                )));
            }
            Err(error) => return Err(wrong(error.to_string())),
        }
        values.push(serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(values)
}

#[derive(serde::Deserialize)]
struct Versioned {
    schema_version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
        assert!(matches!(Appender::open(&path), Err(JsonlError::CutOff { .. })));
        assert!(matches!(load::<Row>(&path), Err(JsonlError::CutOff { .. })));
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
        assert!(load::<Row>(&path).unwrap_err().to_string().contains("rows.jsonl:2"));
    }
}
