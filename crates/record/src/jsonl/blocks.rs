//! Reading: bounded blocks cut at line ends, parsed by as many threads as there are CPUs, kept in the file's order.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use memchr::{memchr, memrchr};

use super::JsonlError;

/// Longest line, in bytes: 64 MiB. A record has some 3 KB; what has no end of line for so long is no file of records,
/// and must not fill the memory.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// How a file is read. The default suits every file; other figures are for tests.
#[derive(Debug, Clone, Copy)]
pub struct Blocks {
    /// How many bytes a thread reads at once, at least 1; to the end of a line that is longer.
    pub bytes: usize,
    /// How many threads parse, at least 1.
    pub threads: usize,
}

impl Default for Blocks {
    /// As many threads as CPUs, and blocks that a core's own cache holds.
    fn default() -> Self {
        Self { bytes: 1 << 20, threads: thread::available_parallelism().map_or(1, usize::from) }
    }
}

/// Why the reading of lines ended before their end.
#[derive(Debug)]
pub enum Stopped<E> {
    /// A line is not what it should be, or the source cannot be read.
    Lines(JsonlError),
    /// Whoever took the lines wants no more of them.
    Taker(E),
}

impl<E> From<JsonlError> for Stopped<E> {
    fn from(error: JsonlError) -> Self {
        Self::Lines(error)
    }
}

/// Parses every line of a source, in its order; `parser` makes each thread's own parser of lines.
///
/// # Errors
/// The first line, in the source's order, that the parser does not take, that is no UTF-8, is longer than
/// [`MAX_LINE_BYTES`] or has no end; or the source cannot be read.
pub(crate) fn read_lines<R, T, P>(
    source: R,
    path: &Path,
    blocks: Blocks,
    parser: impl Fn() -> P + Sync,
) -> Result<Vec<T>, JsonlError>
where
    R: Read + Send,
    T: Send,
    P: FnMut(&str) -> Result<T, String>,
{
    let mut values = Vec::new();
    let taker = |mut block: Vec<T>| {
        values.append(&mut block);
        Ok::<(), Infallible>(())
    };
    match stream_lines(source, path, blocks, parser, taker) {
        Ok(()) => Ok(values),
        Err(Stopped::Lines(error)) => Err(error),
        Err(Stopped::Taker(never)) => match never {},
    }
}

/// The same, but what was parsed is handed to `taker` block by block, in the source's order, instead of being kept. It is
/// called by one thread at a time; a slow one makes the others wait, so that no more than a few blocks are in memory.
///
/// # Errors
/// As [`read_lines`], or what the taker says.
pub(crate) fn stream_lines<R, T, P, E>(
    source: R,
    path: &Path,
    blocks: Blocks,
    parser: impl Fn() -> P + Sync,
    taker: impl FnMut(Vec<T>) -> Result<(), E> + Send,
) -> Result<(), Stopped<E>>
where
    R: Read + Send,
    T: Send,
    E: Send,
    P: FnMut(&str) -> Result<T, String>,
{
    let bytes = blocks.bytes.max(1);
    let source = Mutex::new(Source { reader: source, bytes, rest: Vec::new(), taken: 0, ended: false });
    let sorted = Mutex::new(Sorted { taker, lines: 0, next: 0, waiting: BTreeMap::new(), end: None });
    let work = |mut block: Vec<u8>, mut taken: Option<(usize, io::Result<()>)>| {
        let mut parser = parser();
        while let Some((number, read)) = taken {
            let parsed = match read {
                Ok(()) => Parsed::new(&block, &mut parser),
                Err(error) => Parsed { values: Vec::new(), lines: 0, wrong: Some(Wrong::Io(error)) },
            };
            if parsed.wrong.is_some() {
                // Blocks before this one are in other hands already; those after it do not matter any more.
                lock(&source).ended = true;
            }
            // A lock is held to hand values in or to read a block, and never both.
            let ended = lock(&sorted).put(number, parsed);
            let mut source = lock(&source);
            source.ended |= ended;
            taken = source.take(&mut block);
        }
    };
    let mut block = Vec::new();
    let taken = lock(&source).take(&mut block);
    // What fits into one block is not worth a thread.
    let helpers = if lock(&source).ended { 0 } else { blocks.threads.saturating_sub(1) };
    thread::scope(|scope| {
        let help = || {
            let mut block = Vec::new();
            let taken = lock(&source).take(&mut block);
            work(block, taken);
        };
        // A thread that the system refuses is done without.
        let helpers: Vec<_> =
            (0..helpers).filter_map(|_| thread::Builder::new().spawn_scoped(scope, help).ok()).collect();
        work(block, taken);
        for helper in helpers {
            // A scope waits for what its threads do, and not for their end, with which their memory is free.
            if let Err(panic) = helper.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let Sorted { lines, end, .. } = sorted.into_inner().unwrap_or_else(PoisonError::into_inner);
    let path = path.to_owned();
    let wrong = match end {
        None => return Ok(()),
        Some(End::Taker(error)) => return Err(Stopped::Taker(error)),
        Some(End::Wrong(wrong)) => wrong,
    };
    Err(Stopped::Lines(match wrong {
        Wrong::Io(source) => JsonlError::Io { path, source },
        Wrong::CutOff => JsonlError::CutOff { path, line: lines },
        Wrong::Line(message) => JsonlError::Line { path, line: lines, message },
    }))
}

/// A thread that panicked is reported when it is joined; until then the others may go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is yet to be read.
struct Source<R> {
    reader: R,
    /// How many bytes are read at once.
    bytes: usize,
    /// The beginning of the next block's first line, which came with the last block.
    rest: Vec<u8>,
    /// How many blocks are taken.
    taken: usize,
    ended: bool,
}

impl<R: Read> Source<R> {
    /// Puts the next block of whole lines into `block`, and says which block it is.
    ///
    /// Without an end comes only the source's last line, and one that is longer than a line may be.
    fn take(&mut self, block: &mut Vec<u8>) -> Option<(usize, io::Result<()>)> {
        if self.ended {
            return None;
        }
        block.clear();
        block.append(&mut self.rest);
        let mut searched = block.len();
        let read = loop {
            let want = self.bytes as u64;
            match (&mut self.reader).take(want).read_to_end(block) {
                Ok(got) => self.ended = (got as u64) < want,
                Err(error) => {
                    self.ended = true;
                    break Err(error);
                }
            }
            if self.ended {
                break Ok(());
            }
            if let Some(end) = memrchr(b'\n', &block[searched..]) {
                let whole = searched + end + 1;
                self.rest.extend_from_slice(&block[whole..]);
                block.truncate(whole);
                break Ok(());
            }
            searched = block.len();
            if block.len() > MAX_LINE_BYTES {
                self.ended = true;
                break Ok(());
            }
        };
        if block.is_empty() && read.is_ok() {
            return None;
        }
        self.taken += 1;
        Some((self.taken - 1, read))
    }
}

/// What came out of one block.
struct Parsed<T> {
    values: Vec<T>,
    /// How many lines it has, the wrong one included.
    lines: usize,
    wrong: Option<Wrong>,
}

/// What ended the reading.
enum Wrong {
    Io(io::Error),
    CutOff,
    Line(String),
}

impl<T> Parsed<T> {
    fn new(mut block: &[u8], parser: &mut impl FnMut(&str) -> Result<T, String>) -> Self {
        let mut parsed = Self { values: Vec::new(), lines: 0, wrong: None };
        while !block.is_empty() {
            parsed.lines += 1;
            let end = memchr(b'\n', block);
            let (line, rest) = block.split_at(end.unwrap_or(block.len()));
            if line.len() > MAX_LINE_BYTES {
                let limit = MAX_LINE_BYTES >> 20;
                parsed.wrong =
                    Some(Wrong::Line(format!("longer than {limit} MiB; a line is one record, of some 3 KB")));
                break;
            }
            let [b'\n', rest @ ..] = rest else {
                parsed.wrong = Some(Wrong::CutOff);
                break;
            };
            let value = match std::str::from_utf8(line) {
                Ok(line) => parser(line),
                Err(error) => Err(format!("no UTF-8 (column {}); records are UTF-8 text", error.valid_up_to() + 1)),
            };
            match value {
                Ok(value) => parsed.values.push(value),
                Err(message) => {
                    parsed.wrong = Some(Wrong::Line(message));
                    break;
                }
            }
            block = rest;
        }
        parsed
    }
}

/// Hands values over in the source's order.
struct Sorted<T, K, E> {
    taker: K,
    /// How many lines are in order, up to the first wrong one.
    lines: usize,
    /// The next block to come.
    next: usize,
    /// Blocks that came before their turn.
    waiting: BTreeMap<usize, Parsed<T>>,
    /// Why no more are handed over.
    end: Option<End<E>>,
}

/// Why no more values are handed over.
enum End<E> {
    /// The first wrong line, or the failure to read it.
    Wrong(Wrong),
    Taker(E),
}

impl<T, E, K: FnMut(Vec<T>) -> Result<(), E>> Sorted<T, K, E> {
    /// Takes a block, hands over those whose turn it is, and says whether that was the end.
    fn put(&mut self, number: usize, parsed: Parsed<T>) -> bool {
        self.waiting.insert(number, parsed);
        while self.end.is_none()
            && let Some(parsed) = self.waiting.remove(&self.next)
        {
            self.next += 1;
            self.lines += parsed.lines;
            self.end = match (self.taker)(parsed.values) {
                Err(error) => Some(End::Taker(error)),
                Ok(()) => parsed.wrong.map(End::Wrong),
            };
        }
        self.end.is_some()
    }
}
