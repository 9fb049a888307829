//! JSON lines: a file to which rows are appended. A row that is there again takes the former one's place when it is
//! read.
//!
//! The first line says whose the file is, each other line is a row: `{"kind":"detail","id":1017,"row":{…}}`.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use inflight_harness::feed::{Item, ItemKind};
use inflight_record::Locked;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tempfile::TempDir;

use super::{EachRow, OURS, Opening, Store, StoreError, place};

/// More than any first line of ours takes.
const HEADER_BYTES: u64 = 1 << 10;

/// An open file, which no other process appends to where its file system has locks.
#[derive(Debug)]
pub(super) struct Jsonl {
    file: Locked,
    /// Bytes of its whole lines.
    length: u64,
    place: String,
    folder: Option<TempDir>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header<'a> {
    store: &'a str,
}

/// Any other line.
#[derive(Deserialize)]
struct Line<'a> {
    kind: &'a str,
    id: u64,
    #[serde(borrow)]
    row: &'a RawValue,
}

impl Jsonl {
    /// Opens the file, or one of the crawl's own.
    pub(super) fn open(path: Option<&Path>, opening: &Opening<'_>) -> Result<Self, StoreError> {
        let (path, folder) = place::file(opening.place, path, "crawl.jsonl")?;
        let failed = |source| StoreError::io(opening.place, source);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(opening.foreign("it is no regular file"));
        }
        let file = Locked::alone(file).map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::Busy { place: opening.place.to_owned() },
            TryLockError::Error(source) => failed(source),
        })?;
        let mut jsonl = Self { file, length: 0, place: opening.place.to_owned(), folder };
        let label = jsonl.label(opening)?;
        label.as_deref().map_or(Ok(()), |label| opening.judge(label))?;
        let goes_on = label.is_some() && opening.resume;
        let ready = if goes_on { jsonl.cut_off_half_a_line() } else { jsonl.begin(opening) };
        ready.map_err(failed)?;
        Ok(jsonl)
    }

    /// What the file says of itself; nothing where it is empty, or its first writer was stopped within the first line.
    fn label(&self, opening: &Opening<'_>) -> Result<Option<String>, StoreError> {
        let mut line = Vec::new();
        let read = BufReader::new((&*self.file).take(HEADER_BYTES)).read_until(b'\n', &mut line);
        let size = read.and_then(|_| self.file.metadata()).map(|all| all.len());
        let size = size.map_err(|source| StoreError::io(opening.place, source))?;
        if let Some(whole) = line.strip_suffix(b"\n") {
            let header: Result<Header<'_>, _> = serde_json::from_slice(whole);
            return match header {
                Ok(header) => Ok(Some(header.store.to_owned())),
                Err(_) => Err(opening.foreign("its first line is not one that a crawl writes")),
            };
        }
        let beginning = format!("{{\"store\":\"{OURS}");
        let ours = line.starts_with(beginning.as_bytes()) || beginning.as_bytes().starts_with(&line);
        if ours && size == line.len() as u64 {
            return Ok(None);
        }
        Err(opening.foreign("it has no first line that a crawl writes"))
    }

    /// Empties the file, but for its first line.
    fn begin(&mut self, opening: &Opening<'_>) -> io::Result<()> {
        let mut header = serde_json::to_vec(&Header { store: &opening.label() })?;
        header.push(b'\n');
        self.file.set_len(0)?;
        self.length = 0;
        self.append(&header)
    }

    /// What the crash of a writer left of its last line goes.
    fn cut_off_half_a_line(&mut self) -> io::Result<()> {
        let mut reader = self.rewound()?;
        let (mut whole, mut line) = (0, Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            whole += line.len() as u64;
            line.clear();
        }
        self.length = whole;
        self.file.set_len(whole)
    }

    /// All of it, or nothing.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(lines, self.length);
        match written {
            Ok(()) => self.length += lines.len() as u64,
            // Where even that fails, whole lines of it are rows that will come again, and half a line is cut off on
            // resuming.
            Err(_) => self.file.set_len(self.length)?,
        }
        written
    }

    fn rewound(&self) -> io::Result<BufReader<&File>> {
        (&*self.file).rewind()?;
        Ok(BufReader::new(&*self.file))
    }

    /// Reads the rows of one kind in the order in which they were written, with the number of their line.
    fn lines(
        &self,
        kind: ItemKind,
        each: &mut dyn FnMut(u64, u64, &str) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |source| StoreError::io(&self.place, source);
        let mut reader = self.rewound().map_err(failed)?;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            if number == 1 {
                continue;
            }
            let row: Line<'_> = serde_json::from_slice(&line).map_err(|error| StoreError::Refused {
                place: self.place.clone(),
                message: format!("line {number}: {error}; begin anew without resuming, which empties it"),
            })?;
            if row.kind == word(kind) {
                each(number, row.id, row.row.get())?;
            }
        }
        Ok(())
    }
}

const fn word(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::List => "list",
        ItemKind::Detail => "detail",
    }
}

impl Store for Jsonl {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        let mut lines = Vec::new();
        for Item { kind, id, text } in items {
            // The text is JSON already, without a line's end in it. Writing to memory cannot fail.
            let _ = writeln!(lines, "{{\"kind\":\"{}\",\"id\":{id},\"row\":{text}}}", word(*kind));
        }
        self.append(&lines).map_err(|source| StoreError::io(&self.place, source))
    }

    fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
        let mut last = HashMap::new();
        self.lines(kind, &mut |number, id, _| {
            last.insert(id, number);
            Ok(())
        })?;
        self.lines(kind, &mut |number, id, text| if last[&id] == number { row(id, text) } else { Ok(()) })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        if self.folder.is_some() {
            return Ok(());
        }
        self.file.sync_data().map_err(|source| StoreError::io(&self.place, source))
    }
}

#[cfg(test)]
mod tests;
