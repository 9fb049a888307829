//! Packed files: lines compressed with zstd, unpacked while they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::blocks::{Blocks, Stopped, stream_lines};
use super::{JsonlError, read_lines};
use crate::files::{PACKED_RECORDS, RECORDS};

/// What stands behind the name of a packed file.
const ENDING: &str = ".zst";
/// How many bytes are unpacked at once for who reads line by line: a block of zstd.
const STEP: usize = 128 << 10;

/// Which file of a study's directory holds its records: the packed one where it is there, else [`RECORDS`], which may be
/// missing.
///
/// # Errors
/// Both are there.
pub fn records_in(directory: &Path) -> Result<PathBuf, JsonlError> {
    let (plain, packed) = (directory.join(RECORDS), directory.join(PACKED_RECORDS));
    match (plain.exists(), packed.exists()) {
        (true, true) => Err(JsonlError::Both { directory: directory.to_owned() }),
        (false, true) => Ok(packed),
        (_, false) => Ok(plain),
    }
}

/// The text of a file of lines, to be read in its order by one thread: as it is, or unpacked on the way where its name
/// ends in `.zst`. What it says while it is read of a damaged packed file names no file: that is for the reader to add.
///
/// # Errors
/// The file cannot be opened, or is packed and empty.
pub fn reader(path: &Path) -> Result<Box<dyn BufRead + Send>, JsonlError> {
    Ok(if is_packed(path) {
        Box::new(BufReader::with_capacity(STEP, unpacked(path)?))
    } else {
        Box::new(BufReader::with_capacity(STEP, open(path)?))
    })
}

/// Every line of a file, packed or not, by as many threads as there are CPUs; blocks of lines are handed to `taker` in the
/// file's order, and no more than a few are in memory. `parser` makes each thread's own parser of lines.
///
/// # Errors
/// As [`super::load`]: then some lines before the wrong one may have been handed over. Or what the taker says.
pub fn stream<T, P, E>(
    path: &Path,
    parser: impl Fn() -> P + Sync,
    taker: impl FnMut(Vec<T>) -> Result<(), E> + Send,
) -> Result<(), Stopped<E>>
where
    T: Send,
    E: Send,
    P: FnMut(&str) -> Result<T, String>,
{
    let blocks = Blocks::default();
    if !is_packed(path) {
        return stream_lines(open(path)?, path, blocks, parser, taker);
    }
    stream_lines(unpacked(path)?, path, blocks, parser, taker).map_err(|stopped| match stopped {
        Stopped::Lines(error) => Stopped::Lines(damaged(error)),
        taker @ Stopped::Taker(_) => taker,
    })
}

/// All lines of a file, packed or not.
pub(crate) fn load_lines<T, P>(path: &Path, parser: impl Fn() -> P + Sync) -> Result<Vec<T>, JsonlError>
where
    T: Send,
    P: FnMut(&str) -> Result<T, String>,
{
    if is_packed(path) {
        read_lines(unpacked(path)?, path, Blocks::default(), parser).map_err(damaged)
    } else {
        read_lines(open(path)?, path, Blocks::default(), parser)
    }
}

fn is_packed(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(ENDING.as_bytes())
}

/// The name that a file has when it is packed.
pub(super) fn packed_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ENDING);
    name.into()
}

fn open(path: &Path) -> Result<File, JsonlError> {
    File::open(path).map_err(|source| JsonlError::Io { path: path.to_owned(), source })
}

/// Unpacks a file while it is read.
pub(super) fn unpacked(path: &Path) -> Result<zstd::Decoder<'static, BufReader<File>>, JsonlError> {
    let io = |source| JsonlError::Io { path: path.to_owned(), source };
    let file = open(path)?;
    // Nothing at all is no compressed nothing: something was cut off.
    if file.metadata().map_err(io)?.len() == 0 {
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, "the file is empty");
        return Err(JsonlError::Damaged { path: path.to_owned(), source });
    }
    zstd::Decoder::new(file).map_err(io)
}

/// What the kernel refuses has a number; what cannot be unpacked has none.
pub(super) fn damaged(error: JsonlError) -> JsonlError {
    match error {
        JsonlError::Io { path, source } if source.raw_os_error().is_none() => JsonlError::Damaged { path, source },
        other => other,
    }
}
