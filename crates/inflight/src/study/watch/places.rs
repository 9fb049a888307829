//! Studies below a directory, read while they are being written: whole lines only, each once, and without a lock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use inflight_record::files::{MANIFESTS, RECORDS, STUDY};
use inflight_record::{Manifest, jsonl};

use super::{Batch, Part};

/// All studies in a directory or below it.
#[derive(Debug)]
pub struct Places {
    root: PathBuf,
    places: BTreeMap<PathBuf, Place>,
}

/// A directory that holds a study, or will.
#[derive(Debug, Default)]
pub struct Place {
    /// Its path below the root; empty for the root.
    pub name: String,
    /// The parts in it: one, or several where they were merged; none while nothing has begun.
    pub parts: Vec<Part>,
    /// Why it cannot be read, if so.
    pub fault: Option<String>,
    manifests: Vec<u8>,
    records: PathBuf,
    /// How many bytes of whole lines, and how many lines, were taken.
    taken: (u64, usize),
}

impl Places {
    /// What there is in this directory; [`Places::look`] looks.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), places: BTreeMap::new() }
    }

    /// Reads what has come since the last look, and hands out the places that have something of their own, by path: what was
    /// merged repeats what others hold.
    ///
    /// # Errors
    /// A directory cannot be read. A file that cannot is its place's fault.
    pub fn look(&mut self) -> anyhow::Result<Vec<&Place>> {
        let mut found = BTreeSet::new();
        find(&self.root, &mut found)?;
        self.places.retain(|path, _| found.contains(path));
        for path in found {
            let below = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
            let place = self.places.entry(path.clone()).or_insert_with(|| Place { name: below, ..Place::default() });
            place.fault = place.read(&path).err().map(|error| format!("{error:#}"));
        }
        let mut by_parts: Vec<&Place> = self.places.values().collect();
        // Of two that hold the same parts, the one that is further: what was merged before the last of them ended stays behind.
        let batches = |place: &Place| place.parts.iter().flat_map(|part| part.rounds.values()).sum::<u64>();
        by_parts.sort_by_cached_key(|place| (place.parts.len(), Reverse(batches(place)), place.name == "merged"));
        let mut seen = BTreeSet::new();
        by_parts.retain(|place| {
            let new = |part: &Part| seen.insert(part.manifest().study_id.clone());
            place.parts.is_empty() || place.parts.iter().map(new).fold(false, |any, new| any | new)
        });
        by_parts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(by_parts)
    }
}

/// Directories with a manifest, or with a study file for the time when it begins; what is below one of them belongs to it.
/// Links are not followed: they may go round.
fn find(directory: &Path, found: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    if [MANIFESTS, STUDY].iter().any(|file| directory.join(file).is_file()) {
        found.insert(directory.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let entry = entry?;
        // What a merge is putting together has a hidden name.
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            match find(&entry.path(), found) {
                // It went while we were on our way: what was merged is made anew.
                Err(error)
                    if error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::NotFound) => {}
                found => found?,
            }
        }
    }
    Ok(())
}

impl Place {
    fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let records = jsonl::records_in(path)?;
        let manifests = match fs::read(path.join(MANIFESTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            manifests => manifests.with_context(|| path.join(MANIFESTS).display().to_string())?,
        };
        let shrunk = records.ends_with(RECORDS) && fs::metadata(&records).is_ok_and(|it| it.len() < self.taken.0);
        if manifests != self.manifests || records != self.records || shrunk {
            // Another study, or a packed one: all is read again.
            let parts: Vec<Manifest> =
                if manifests.is_empty() { Vec::new() } else { jsonl::load(&path.join(MANIFESTS))? };
            self.parts = parts.into_iter().map(Part::new).collect();
            (self.manifests, self.records, self.taken) = (manifests, records, (0, 0));
        }
        if self.parts.is_empty() {
            return Ok(());
        }
        let text = if self.records.ends_with(RECORDS) { self.appended()? } else { self.packed()? };
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
            let batch: Batch = serde_json::from_slice(line)
                .with_context(|| format!("{}:{}", self.records.display(), self.taken.1 + 1))?;
            self.parts.iter_mut().for_each(|part| part.note(&batch));
            self.taken = (self.taken.0 + line.len() as u64, self.taken.1 + 1);
        }
        Ok(())
    }

    /// What has come since the last look; maybe half a line at its end.
    fn appended(&self) -> anyhow::Result<Vec<u8>> {
        let mut text = Vec::new();
        match File::open(&self.records) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                let mut file = file.with_context(|| self.records.display().to_string())?;
                file.seek(SeekFrom::Start(self.taken.0))?;
                file.read_to_end(&mut text)?;
            }
        }
        Ok(text)
    }

    /// All of a packed file, once: nothing is appended to it.
    fn packed(&self) -> anyhow::Result<Vec<u8>> {
        let mut text = Vec::new();
        if self.taken.1 == 0 {
            let mut reader = jsonl::reader(&self.records)?;
            reader.read_to_end(&mut text).with_context(|| self.records.display().to_string())?;
        }
        Ok(text)
    }
}
