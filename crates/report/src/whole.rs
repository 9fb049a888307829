//! Files that are there whole, or as they were: written beside their place, and moved there once they are on disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file. Whoever reads it meanwhile sees the old one or the new one; where it goes wrong, nothing is left behind.
/// `io` makes an error of what the system said of a path.
///
/// # Errors
/// The operating system refuses, or what `write` says.
pub(crate) fn whole<E>(
    path: &Path,
    io: impl Fn(&Path, io::Error) -> E,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), E> {
    let unfinished = beside(path);
    let written = File::create(&unfinished).map_err(|error| io(&unfinished, error)).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        let synced = file.flush().and_then(|()| file.get_ref().sync_all());
        synced.map_err(|error| io(&unfinished, error))?;
        fs::rename(&unfinished, path).map_err(|error| io(path, error))
    });
    if written.is_err() {
        // What went wrong is said already.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// A hidden name in the same directory that no other process uses.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        let io = |_: &Path, error: io::Error| error.to_string();
        whole(&path, io, |file| file.write_all(b"old").map_err(|error| error.to_string())).unwrap();
        let error = whole(&path, io, |file| {
            file.write_all(b"new").map_err(|error| error.to_string())?;
            Err("no more".to_owned())
        });
        assert_eq!(error.unwrap_err(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
