//! Whose files are in the way: what a report wrote is written again, what somebody else wrote is left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{PAGE, PublishError, README, io_error};
use crate::{csv, readme};

/// What stands in every page's head.
const GENERATOR: &str = "<meta name=\"generator\" content=\"inflight report\">";

/// Refuses a directory in which a file that would be written is somebody's own.
pub(super) fn check(directory: &Path) -> Result<(), PublishError> {
    let columns: Vec<&str> = csv::COLUMNS.iter().take(3).map(|column| column.name).collect();
    let columns = columns.join(",");
    let ours = |name: &str, text: &str| match name {
        README => text.starts_with(readme::MARK),
        PAGE => text.contains(GENERATOR),
        _ => text.starts_with(&columns),
    };
    for name in [README, PAGE, csv::FILE] {
        let path = directory.join(name);
        if read(&path)?.is_some_and(|text| !ours(name, &text)) {
            return Err(PublishError::Own(path));
        }
    }
    Ok(())
}

/// Removes the page of an earlier report, if there is one.
pub(super) fn remove_page(directory: &Path) -> Result<(), PublishError> {
    let path = directory.join(PAGE);
    match read(&path)? {
        Some(text) if text.contains(GENERATOR) => fs::remove_file(&path).map_err(io_error(&path)),
        _ => Ok(()),
    }
}

fn read(path: &PathBuf) -> Result<Option<String>, PublishError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path)(error)),
    }
}
