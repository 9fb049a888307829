//! Packing: the records of a study that has ended, compressed, and back. Each file is there whole or not at all, and none
//! is removed before the other was read back and holds the same.
//!
//! Whoever packs or unpacks holds the lock of every file that it may remove, as an appender holds that of its file.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use memchr::memchr_iter;

use super::JsonlError;
use super::append::{lock, locked, sync_directory};
use super::packed::{damaged, unpacked};
use crate::files::{PACKED_RECORDS, RECORDS};
use crate::lock::Locked;

/// How hard zstd tries, of 1 to 22: records shrink to about a quarter, their histograms being compressed already, at some
/// 25 MB/s.
const LEVEL: i32 = 12;
/// How many bytes are copied and compared at once.
const STEP: usize = 128 << 10;

/// What there is after packing or unpacking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The file that holds the records now.
    pub path: PathBuf,
    /// Size of the records as lines, in bytes.
    pub bytes: u64,
    /// Size of the packed file that there is or was, in bytes; none where there never was one.
    pub packed_bytes: Option<u64>,
    /// Whether anything was changed: not where it was so before.
    pub changed: bool,
}

/// Puts `records.jsonl.zst` in the place of a directory's `records.jsonl`. Where it is there already, nothing is changed;
/// where both are there and hold the same, because it was stopped at the last step, that step is done.
///
/// # Errors
/// There are no records, another process appends to them or packs them, they end in the middle of a line, the packed ones
/// are damaged or hold something else, or the disk is full. The directory is as it was then.
pub fn pack(directory: &Path) -> Result<Packing, JsonlError> {
    let (plain, packed) = (directory.join(RECORDS), directory.join(PACKED_RECORDS));
    let Some(plain_lock) = take(&plain)? else {
        let Some(there) = take(&packed)? else { return Err(no_records(directory)) };
        let bytes = length(unpacked(&packed)?).map_err(|source| unreadable(&packed, source))?;
        return Ok(Packing { bytes, packed_bytes: Some(size(&there, &packed)?), path: packed, changed: false });
    };
    let bytes = size(&plain_lock, &plain)?;
    let packed_lock = match take(&packed)? {
        Some(there) if same(&plain, &packed)? => there,
        Some(_) => return Err(both(directory)),
        None => put(&packed, |part| compress(&plain, part), |part| same(&plain, part))?,
    };
    remove(&plain)?;
    Ok(Packing { bytes, packed_bytes: Some(size(&packed_lock, &packed)?), path: packed, changed: true })
}

/// The way back: puts `records.jsonl` in the place of a directory's `records.jsonl.zst`.
///
/// # Errors
/// As [`pack`].
pub fn unpack(directory: &Path) -> Result<Packing, JsonlError> {
    let (plain, packed) = (directory.join(RECORDS), directory.join(PACKED_RECORDS));
    let Some(packed_lock) = take(&packed)? else {
        let Some(there) = take(&plain)? else { return Err(no_records(directory)) };
        return Ok(Packing { bytes: size(&there, &plain)?, packed_bytes: None, path: plain, changed: false });
    };
    let packed_bytes = Some(size(&packed_lock, &packed)?);
    let plain_lock = match take(&plain)? {
        Some(there) if same(&plain, &packed)? => there,
        Some(_) => return Err(both(directory)),
        None => put(&plain, |part| decompress(&packed, part), |part| same(part, &packed))?,
    };
    remove(&packed)?;
    Ok(Packing { bytes: size(&plain_lock, &plain)?, packed_bytes, path: plain, changed: true })
}

fn no_records(directory: &Path) -> JsonlError {
    JsonlError::NoRecords { directory: directory.to_owned() }
}

fn both(directory: &Path) -> JsonlError {
    JsonlError::Both { directory: directory.to_owned() }
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> JsonlError {
    |source| JsonlError::Io { path: path.to_owned(), source }
}

fn unreadable(packed: &Path, source: io::Error) -> JsonlError {
    damaged(JsonlError::Io { path: packed.to_owned(), source })
}

fn size(file: &File, path: &Path) -> Result<u64, JsonlError> {
    Ok(file.metadata().map_err(io_error(path))?.len())
}

/// Opens the file for this process alone, if it is there.
fn take(path: &Path) -> Result<Option<Locked>, JsonlError> {
    locked(path, || match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path)(error)),
    })
}

/// Has `write` make a file beside `path`, locked like the one that it becomes, and gives it its name once it is on disk and
/// `holds` the same as what it was made from.
fn put(
    path: &Path,
    write: impl FnOnce(&File) -> Result<(), JsonlError>,
    holds: impl FnOnce(&Path) -> Result<bool, JsonlError>,
) -> Result<Locked, JsonlError> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    let io = io_error(&part);
    let made = || {
        let file = lock(File::create(&part).map_err(&io)?, &part)?;
        write(&file)?;
        file.sync_all().map_err(&io)?;
        if !holds(&part)? {
            return Err(JsonlError::NotTheSame { path: part.clone() });
        }
        fs::rename(&part, path).map_err(&io)?;
        sync_directory(path).map_err(&io)?;
        Ok(file)
    };
    let made = made();
    if made.is_err() {
        // What it was made from is still there; the error says what went wrong first.
        let _ = fs::remove_file(&part);
    }
    made
}

/// Removes a file whose content is in another now.
fn remove(path: &Path) -> Result<(), JsonlError> {
    fs::remove_file(path).and_then(|()| sync_directory(path)).map_err(io_error(path))
}

/// Compresses whole lines: with a checksum, so that damage shows when they are read.
fn compress(plain: &Path, part: &File) -> Result<(), JsonlError> {
    let mut lines = BufReader::with_capacity(STEP, File::open(plain).map_err(io_error(plain))?);
    let packed = plain.with_file_name(PACKED_RECORDS);
    let compressed = io_error(&packed);
    let mut encoder = zstd::Encoder::new(part, LEVEL).map_err(&compressed)?;
    encoder.include_checksum(true).map_err(&compressed)?;
    let (mut ends, mut whole) = (0, true);
    loop {
        let step = lines.fill_buf().map_err(io_error(plain))?;
        let Some(last) = step.last() else { break };
        ends += memchr_iter(b'\n', step).count();
        whole = *last == b'\n';
        encoder.write_all(step).map_err(&compressed)?;
        let taken = step.len();
        lines.consume(taken);
    }
    if !whole {
        return Err(JsonlError::CutOff { path: plain.to_owned(), line: ends + 1 });
    }
    encoder.finish().map(drop).map_err(&compressed)
}

fn decompress(packed: &Path, mut part: &File) -> Result<(), JsonlError> {
    let mut lines = unpacked(packed)?;
    let mut step = vec![0; STEP];
    loop {
        match lines.read(&mut step).map_err(|source| unreadable(packed, source))? {
            0 => return Ok(()),
            got => part.write_all(&step[..got]).map_err(io_error(&packed.with_file_name(RECORDS)))?,
        }
    }
}

/// Whether a plain file and a packed one hold the same bytes.
fn same(plain: &Path, packed: &Path) -> Result<bool, JsonlError> {
    let mut lines = BufReader::with_capacity(STEP, File::open(plain).map_err(io_error(plain))?);
    let mut unpacked = BufReader::with_capacity(STEP, unpacked(packed)?);
    loop {
        let here = lines.fill_buf().map_err(io_error(plain))?;
        let there = unpacked.fill_buf().map_err(|source| unreadable(packed, source))?;
        let both = here.len().min(there.len());
        if both == 0 {
            return Ok(here.len() == there.len());
        }
        if here[..both] != there[..both] {
            return Ok(false);
        }
        lines.consume(both);
        unpacked.consume(both);
    }
}

fn length(mut lines: impl Read) -> io::Result<u64> {
    io::copy(&mut lines, &mut io::sink())
}
