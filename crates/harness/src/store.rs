//! Where records go: one file of records, one of environments beside it, and a folder of whole samples.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use inflight_record::jsonl::{Appender, JsonlError, load};
use inflight_record::{Environment, Record, Sample};

/// Why records cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file of records or environments.
    #[error(transparent)]
    Jsonl(#[from] JsonlError),
    /// A file of samples.
    #[error("{}: {source}", path.display())]
    Samples {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An open store. Everything is appended; nothing that is there is changed.
#[derive(Debug)]
pub struct Store {
    records: Appender,
    samples: PathBuf,
    cells_kept: HashSet<(String, String)>,
}

impl Store {
    /// Opens `path` for records, and notes the environment in `environments.jsonl` beside it unless it is there.
    ///
    /// # Errors
    /// A file cannot be opened, or what it holds is not what it should be.
    pub fn open(path: &Path, environment: &Environment) -> Result<Self, StoreError> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let records = Appender::open(path)?;
        let environments = directory.join("environments.jsonl");
        let known: Vec<Environment> = if environments.exists() { load(&environments)? } else { Vec::new() };
        if !known.iter().any(|known| known.environment_id == environment.environment_id) {
            Appender::open(&environments)?.append(environment)?;
        }
        Ok(Self { records, samples: directory.join("samples"), cells_kept: HashSet::new() })
    }

    /// Puts a record on disk. The first batch of each cell (arm and workload) with samples keeps them whole.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn put(&mut self, record: &Record, samples: &[Sample]) -> Result<(), StoreError> {
        let cell = (record.arm.clone(), record.workload.slug.clone());
        if !samples.is_empty() && self.cells_kept.insert(cell) {
            let path = self.samples.join(format!("{}.zst", record.record_id));
            self.put_samples(&path, samples).map_err(|source| StoreError::Samples { path, source })?;
        }
        Ok(self.records.append(record)?)
    }

    /// JSON lines, one sample each, compressed with zstd.
    fn put_samples(&self, path: &Path, samples: &[Sample]) -> io::Result<()> {
        fs::create_dir_all(&self.samples)?;
        let mut encoder = zstd::Encoder::new(File::create_new(path)?, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        for sample in samples {
            serde_json::to_writer(&mut encoder, sample)?;
            io::Write::write_all(&mut encoder, b"\n")?;
        }
        encoder.finish()?.sync_data()
    }
}
