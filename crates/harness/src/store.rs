//! Where records go: one file of records, one of environments beside it, and a folder of whole samples.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use inflight_record::files::{ENVIRONMENTS, SAMPLES};
use inflight_record::jsonl::Cut;
use inflight_record::jsonl::{Appender, JsonlError, load};
use inflight_record::{Environment, Record, Row, Sample};

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
        let records = Appender::open(path)?;
        let environments = Appender::open(&beside(path, ENVIRONMENTS))?;
        Self::new(path, records, environments, environment)
    }

    /// Opens a store whose last writer may have been stopped in the middle of a line: what it left of that line is cut
    /// off, and named in the second value.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn go_on(path: &Path, environment: &Environment) -> Result<(Self, Vec<Cut>), StoreError> {
        let (records, cut_record) = Appender::repair(path)?;
        let (environments, cut_environment) = Appender::repair(&beside(path, ENVIRONMENTS))?;
        let store = Self::new(path, records, environments, environment)?;
        Ok((store, cut_record.into_iter().chain(cut_environment).collect()))
    }

    fn new(
        path: &Path,
        records: Appender,
        mut environments: Appender,
        environment: &Environment,
    ) -> Result<Self, StoreError> {
        let known: Vec<Environment> = load(&beside(path, ENVIRONMENTS))?;
        if !known.iter().any(|known| known.environment_id == environment.environment_id) {
            environments.append(environment)?;
        }
        Ok(Self { records, samples: beside(path, SAMPLES), cells_kept: HashSet::new() })
    }

    /// Keeps no more samples of cells of which one of these rows has them.
    pub fn know(&mut self, rows: &[Row]) {
        for row in rows {
            let id = Record::id(&row.study_id, &row.slug, row.round, &row.arm);
            if self.sample_file(&id).exists() {
                self.cells_kept.insert((row.arm.to_string(), row.slug.to_string()));
            }
        }
    }

    /// Puts a record on disk. The first batch of each cell (arm and workload) with samples keeps them whole.
    ///
    /// # Errors
    /// The disk is full or gone.
    pub fn put(&mut self, record: &Record, samples: &[Sample]) -> Result<(), StoreError> {
        let cell = (record.arm.clone(), record.workload.slug.clone());
        if samples.is_empty() {
            // A writer that was stopped before its record may have left those of another attempt at this batch.
            let path = self.sample_file(&record.record_id);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::Samples { path, source });
                }
                _ => {}
            }
        } else if self.cells_kept.insert(cell) {
            let path = self.sample_file(&record.record_id);
            self.put_samples(&path, samples).map_err(|source| StoreError::Samples { path, source })?;
        }
        Ok(self.records.append(record)?)
    }

    fn sample_file(&self, record_id: &str) -> PathBuf {
        self.samples.join(format!("{record_id}.zst"))
    }

    /// JSON lines, one sample each, compressed with zstd. Under its name once it is whole: what a stopped writer left
    /// has another, and its batch is run again.
    fn put_samples(&self, path: &Path, samples: &[Sample]) -> io::Result<()> {
        fs::create_dir_all(&self.samples)?;
        let part = self.samples.join("part");
        let mut encoder = zstd::Encoder::new(File::create(&part)?, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        for sample in samples {
            serde_json::to_writer(&mut encoder, sample)?;
            io::Write::write_all(&mut encoder, b"\n")?;
        }
        encoder.finish()?.sync_data()?;
        fs::rename(&part, path)?;
        File::open(&self.samples)?.sync_all()
    }
}

/// A file beside another.
fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}
