//! What each model costs before it runs: crates, build, binary, lines, releases and advisories; one file of JSON.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;

/// Version of [`Costs`]; another one is refused.
pub const SCHEMA_VERSION: u32 = 1;

/// What the crates of all models cost, measured in one go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Costs {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When it was measured, UTC, such as `2026-01-02T03:04:05Z`.
    pub measured_at: String,
    /// Machine, compiler and commit.
    pub environment: Environment,
    /// The harness with no model at all: a worker that knows none.
    pub harness: Program,
    /// The commit of `RustSec`'s database, where one was given.
    pub advisory_database: Known<String>,
    /// The crates, in the order of the line-up.
    pub crates: Vec<CrateCosts>,
}

/// What one crate of models costs; its variants share it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrateCosts {
    /// The crate's name.
    pub name: String,
    /// Ids of the models in it.
    pub models: Vec<String>,
    /// Crates that it names itself; ours and those for tests left out.
    pub direct: Vec<Package>,
    /// Those and all that they pull in on this platform, for building too; nothing that the harness alone needs.
    pub all: Vec<Package>,
    /// A clean release build of `all`, behind an empty `main`.
    pub crates_alone: Known<Build>,
    /// A clean release build of a worker that knows this crate's models only, the harness in it.
    pub worker: Known<Program>,
    /// Lines of Rust in the crate that are neither blank, comment nor test.
    pub code_lines: u64,
    /// The first crate on the card of its first model.
    pub client: ClientCrate,
    /// Open advisories against `all`: not withdrawn, and the version is neither patched nor unaffected.
    pub advisories: Known<Vec<Advisory>>,
}

/// What could be found out, or why it could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Known<T> {
    /// The value; null where it is not known.
    pub value: Option<T>,
    /// Why it is not known; null where it is.
    pub reason: Option<String>,
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for Known<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self { value: Some(value), reason: None },
            Err(error) => Self { value: None, reason: Some(error.to_string()) },
        }
    }
}

/// A crate in the version that Cargo.lock holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// What a clean release build took, on all CPUs of the machine, by cargo's own release profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// Wall time, nanoseconds.
    pub wall_ns: u64,
    /// CPU time of cargo and all that it ran, nanoseconds.
    pub cpu_ns: u64,
}

/// A program that was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// Its clean release build.
    pub build: Build,
    /// The stripped binary, bytes.
    pub binary_bytes: u64,
}

/// The client behind a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientCrate {
    /// Its name.
    pub name: String,
    /// The version that Cargo.lock holds.
    pub version: String,
    /// Its newest release in the registry, pre-releases and yanked ones left out.
    pub last_release: Known<Release>,
}

/// A release of a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// Version.
    pub version: String,
    /// The day, UTC: `2026-01-02`.
    pub date: String,
}

/// A security advisory that is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Advisory {
    /// Such as `RUSTSEC-2021-0001`.
    pub id: String,
    /// The crate that it is about.
    pub package: String,
    /// `unmaintained`, `unsound` or `notice` where it is no vulnerability.
    pub informational: Option<String>,
    /// What it says in one line.
    pub title: String,
}

/// Why a file of costs could not be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum CostsError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is of another version.
    #[error(
        "{}: schema_version {found} is unknown: this is version {SCHEMA_VERSION}; use the inflight that wrote it, or measure \
         again with `inflight costs`", path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// It is not what `inflight costs` writes.
    #[error("{}: {message}; it has to be a file that `inflight costs` wrote", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

impl Costs {
    /// Loads a file.
    ///
    /// # Errors
    /// It cannot be read, is of another version, or of another shape.
    pub fn load(path: &Path) -> Result<Self, CostsError> {
        let text = fs::read_to_string(path).map_err(|source| CostsError::Io { path: path.to_owned(), source })?;
        let shape = |message: String| CostsError::Shape { path: path.to_owned(), message };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| shape(error.to_string()))?;
        // The version first: another one may have any shape.
        match value.get("schema_version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(SCHEMA_VERSION) => {}
            Some(found) => return Err(CostsError::Version { path: path.to_owned(), found }),
            None => return Err(shape("it has no schema_version".to_owned())),
        }
        serde_json::from_value(value).map_err(|error| shape(error.to_string()))
    }

    /// Saves it; whoever reads meanwhile sees the old file or the new one, whole.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn save(&self, path: &Path) -> Result<(), CostsError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = path.with_file_name(format!(".{name}.unfinished"));
        let written = File::create(&unfinished).and_then(|mut file| {
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        });
        written.map_err(|source| {
            // What went wrong is said already.
            let _ = fs::remove_file(&unfinished);
            CostsError::Io { path: path.to_owned(), source }
        })
    }

    /// The costs of the crate with this model in it.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<&CrateCosts> {
        self.crates.iter().find(|costs| costs.models.iter().any(|id| id == model))
    }
}

impl CrateCosts {
    /// The open advisories against the client itself; `None` where none were looked up.
    #[must_use]
    pub fn of_client(&self) -> Option<Vec<&Advisory>> {
        let all = self.advisories.value.as_ref()?;
        Some(all.iter().filter(|advisory| advisory.package == self.client.name).collect())
    }
}
