//! Appending: a line is on disk when the call returns, or nothing of it is in the file.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memrchr};
use serde::Serialize;

use super::packed::packed_name;
use super::{JsonlError, MAX_LINE_BYTES, check_version};
use crate::lock::Locked;

/// How many bytes are looked at at once.
const STEP: usize = 64 << 10;

/// Appends lines to a file; what is there stays as it is. One process at a time may hold a file so.
#[derive(Debug)]
pub struct Appender {
    file: Locked,
    path: PathBuf,
    /// Length to which the file is yet to be set back.
    torn: Option<u64>,
}

/// What [`Appender::repair`] cut off: the half-written line that a crash or a power cut left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Its number, from 1.
    pub line: usize,
    /// How many bytes there were of it.
    pub bytes: u64,
}

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} was cut off in the middle: its {} bytes were removed", self.line, self.bytes)
    }
}

impl Appender {
    /// Opens the file for appending, or makes it.
    ///
    /// # Errors
    /// The file cannot be opened, is packed (under the same name with `.zst` behind it), another process appends to it or
    /// packs it, or it ends in the middle of a line, to which nothing may be appended.
    pub fn open(path: &Path) -> Result<Self, JsonlError> {
        let io = |source| JsonlError::Io { path: path.to_owned(), source };
        let mut appender = Self::take(path)?;
        let length = appender.file.metadata().map_err(io)?.len();
        if appender.whole_bytes(length).map_err(io)? < length {
            let line = appender.lines().map_err(io)? + 1;
            return Err(JsonlError::CutOff { path: path.to_owned(), line });
        }
        Ok(appender)
    }

    /// The same, but where the last line has no end, because a crash or a power cut came in the middle of it, it is cut
    /// off: its append never returned, so nothing relies on it. All before it stays as it is.
    ///
    /// # Errors
    /// As [`Appender::open`]. What no stopped append can have left is not cut: a last line that has an end and is wrong,
    /// or one without an end that does not begin as ours do. The file is as it was then.
    pub fn repair(path: &Path) -> Result<(Self, Option<Cut>), JsonlError> {
        let io = |source| JsonlError::Io { path: path.to_owned(), source };
        let mut appender = Self::take(path)?;
        let length = appender.file.metadata().map_err(io)?.len();
        let whole = appender.whole_bytes(length).map_err(io)?;
        let lines = appender.lines().map_err(io)?;
        let wrong = |line, message| JsonlError::Line { path: path.to_owned(), line, message };
        if whole > 0 {
            let before = appender.whole_bytes(whole - 1).map_err(io)?;
            let last = appender.bytes(before, whole - 1).map_err(io)?;
            let last = last.ok_or_else(|| wrong(lines, "too long for a record".to_owned()))?;
            let text = std::str::from_utf8(&last).map_err(|error| error.to_string());
            text.and_then(check_version).map_err(|message| wrong(lines, message))?;
        }
        if whole == length {
            return Ok((appender, None));
        }
        // Some file systems set the length before the bytes: then zeros stand where bytes were to come.
        if !matches!(appender.bytes(whole, whole + 1).map_err(io)?.as_deref(), Some(b"{" | b"\0")) {
            let message = "the last line has no end, and is no beginning of a record: remove it, or name another file";
            return Err(wrong(lines + 1, message.to_owned()));
        }
        appender.file.set_len(whole).map_err(io)?;
        appender.file.sync_all().map_err(io)?;
        Ok((appender, Some(Cut { line: lines + 1, bytes: length - whole })))
    }

    /// Appends one line, and returns when it is on disk.
    ///
    /// # Errors
    /// The disk is full or gone. The file is as it was then, and the line may be appended again; where it is not, the
    /// error says so, and the next call begins by setting it back.
    pub fn append<T: Serialize>(&mut self, value: &T) -> Result<(), JsonlError> {
        let mut line = serde_json::to_vec(value).map_err(|error| self.failed(error.into()))?;
        line.push(b'\n');
        self.set_back()?;
        let whole = self.file.metadata().map_err(|source| self.failed(source))?.len();
        let Err(source) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) else { return Ok(()) };
        self.torn = Some(whole);
        self.set_back()?;
        Err(self.failed(source))
    }

    fn failed(&self, source: io::Error) -> JsonlError {
        JsonlError::Append { path: self.path.clone(), source }
    }

    /// Removes what a failed append left behind.
    fn set_back(&mut self) -> Result<(), JsonlError> {
        let Some(whole_bytes) = self.torn else { return Ok(()) };
        let done = self.file.set_len(whole_bytes).and_then(|()| self.file.sync_all());
        done.map_err(|source| JsonlError::Torn { path: self.path.clone(), source, whole_bytes })?;
        self.torn = None;
        Ok(())
    }

    /// Opens or makes the file, for this process alone: what another one is writing would look half-written.
    fn take(path: &Path) -> Result<Self, JsonlError> {
        let io = |source| JsonlError::Io { path: path.to_owned(), source };
        let packed = packed_name(path);
        let not_packed = || match packed.exists() {
            true => Err(JsonlError::Packed { packed: packed.clone() }),
            false => Ok(()),
        };
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        let mut new = false;
        let file = locked(path, || {
            not_packed()?;
            match options.clone().create_new(true).open(path) {
                Ok(file) => {
                    new = true;
                    Ok(Some(file))
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    new = false;
                    match options.open(path) {
                        // Removed between the two.
                        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                        file => file.map(Some).map_err(io),
                    }
                }
                Err(error) => Err(io(error)),
            }
        })?;
        let Some(file) = file else { return Err(JsonlError::Busy { path: path.to_owned() }) };
        // Whoever packs it holds the lock until the packed file has taken its place.
        if let Err(error) = not_packed() {
            if new {
                // Ours, and nothing is in it.
                let _ = std::fs::remove_file(path);
            }
            return Err(error);
        }
        if new {
            sync_directory(path).map_err(io)?;
        }
        Ok(Self { file, path: path.to_owned(), torn: None })
    }

    /// Length up to the last line end before `end`, 0 where there is none.
    fn whole_bytes(&mut self, mut end: u64) -> io::Result<u64> {
        while end > 0 {
            let start = end.saturating_sub(STEP as u64);
            let step = self.bytes(start, end)?.unwrap_or_default();
            if let Some(place) = memrchr(b'\n', &step) {
                return Ok(start + place as u64 + 1);
            }
            end = start;
        }
        Ok(0)
    }

    /// These bytes of the file, unless they are more than a line may have.
    fn bytes(&mut self, start: u64, end: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(length) = usize::try_from(end - start).ok().filter(|length| *length <= MAX_LINE_BYTES) else {
            return Ok(None);
        };
        let mut bytes = vec![0; length];
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// How many lines have an end.
    fn lines(&mut self) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(0))?;
        let (mut step, mut lines) = (vec![0; STEP], 0);
        loop {
            match self.file.read(&mut step) {
                Ok(0) => return Ok(lines),
                Ok(got) => lines += memchr_iter(b'\n', &step[..got]).count(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Takes the file for this process alone.
pub(super) fn lock(file: File, path: &Path) -> Result<Locked, JsonlError> {
    Locked::alone(file).map_err(|error| match error {
        TryLockError::WouldBlock => JsonlError::Busy { path: path.to_owned() },
        TryLockError::Error(source) => JsonlError::Io { path: path.to_owned(), source },
    })
}

/// Opens the file for this process alone, and again where the name has gone to another file before the lock was there: who
/// packs and unpacks puts new files in place of old ones, and a lock on one that has no name any more keeps nobody away. None
/// where `open` finds none.
pub(super) fn locked(
    path: &Path,
    mut open: impl FnMut() -> Result<Option<File>, JsonlError>,
) -> Result<Option<Locked>, JsonlError> {
    loop {
        let Some(file) = open()? else { return Ok(None) };
        let file = lock(file, path)?;
        if file.has_name(path).map_err(|source| JsonlError::Io { path: path.to_owned(), source })? {
            return Ok(Some(file));
        }
    }
}

/// Makes a new file's name survive a power cut, as [`Appender::append`] makes its lines.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(directory)?.sync_all() {
        // Not every file system knows how to; those that do not have no better way either.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_append_left_is_removed_before_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.jsonl");
        std::fs::write(&path, "1\n").unwrap();
        let mut appender = Appender::open(&path).unwrap();
        // A file that can be neither written to nor shortened.
        let writable = std::mem::replace(&mut *appender.file, File::open(&path).unwrap());
        for _ in 0..2 {
            let error = appender.append(&2).unwrap_err();
            assert!(matches!(error, JsonlError::Torn { whole_bytes: 2, .. }), "{error}");
            assert!(error.to_string().contains("all after byte 2 is to be cut off"), "{error}");
        }
        std::fs::write(&path, "1\n{\"half").unwrap();
        *appender.file = writable;
        appender.append(&2).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n");
    }
    #[test]
    fn what_is_locked_is_what_has_the_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.jsonl");
        std::fs::write(&path, "old\n").unwrap();
        let mut opened = 0;
        let mut open = |then: &dyn Fn()| {
            let file = File::open(&path).unwrap();
            opened += 1;
            if opened == 1 {
                then();
            }
            Ok(Some(file))
        };
        // Between opening and locking, another process packs the file and unpacks it again.
        let replace = || {
            let part = path.with_extension("part");
            std::fs::write(&part, "new\n").unwrap();
            std::fs::rename(&part, &path).unwrap();
        };
        let mut file = locked(&path, || open(&replace)).unwrap().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), opened), ("new\n", 2));
        assert!(matches!(Appender::open(&path), Err(JsonlError::Busy { .. })), "the lock is that of the name");
    }
}
