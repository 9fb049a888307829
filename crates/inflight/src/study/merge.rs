//! Puts parts and machines of one study together in a new directory, grouped by machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use inflight_record::files::{ENVIRONMENTS, MANIFESTS, RECORDS, SAMPLES, STUDY};
use inflight_record::{Environment, Manifest};
use inflight_report::directory;
use serde::{Deserialize, Serialize};

/// What a merge has put together.
#[derive(Debug)]
pub struct Merged {
    /// Manifests of its parts, grouped by machine.
    pub parts: Vec<Manifest>,
    /// How many records.
    pub records: usize,
    /// Parts of a split study that are not among them, each as text.
    pub lacking: Vec<String>,
}

/// One part, and the directory that it is from.
struct Part<'a> {
    manifest: Manifest,
    directory: &'a Path,
}

/// Merges `directories` into `out`, which must not hold anything. It is there whole or not at all.
///
/// # Errors
/// A directory is no study or is damaged, they are of different studies or builds, or the same part comes twice.
pub fn merge(directories: &[PathBuf], out: &Path) -> anyhow::Result<Merged> {
    let empty = !out.exists() || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(empty, "{} holds something already: choose a directory that is not there yet", out.display());
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut environments: BTreeMap<String, Environment> = BTreeMap::new();
    let mut records = 0;
    for directory in directories {
        let study = directory::load(directory)?;
        records += study.rows().len();
        for manifest in study.manifests() {
            if let Some(twice) = parts.iter().find(|part| part.manifest.study_id == manifest.study_id) {
                anyhow::bail!(
                    "{} and {} hold the same part, {}: name it once",
                    twice.directory.display(),
                    directory.display(),
                    manifest.study_id
                );
            }
            parts.push(Part { manifest: manifest.clone(), directory });
        }
        for environment in study.environments() {
            environments.insert(environment.environment_id.clone(), environment.clone());
        }
    }
    same_study(&parts, &environments)?;
    parts.sort_by(|a, b| a.manifest.environment_id.cmp(&b.manifest.environment_id));
    write(&parts, &environments, out)?;
    let lacking = lacking(&parts);
    Ok(Merged { parts: parts.into_iter().map(|part| part.manifest).collect(), records, lacking })
}

/// Refuses parts of another study, or by another build.
fn same_study(parts: &[Part<'_>], environments: &BTreeMap<String, Environment>) -> anyhow::Result<()> {
    let Some(first) = parts.first() else { anyhow::bail!("there is nothing to merge: name two directories or more") };
    let build = |part: &Part<'_>| {
        let software = environments.get(&part.manifest.environment_id).map(|environment| environment.software.clone());
        // The compiler may name its host; what it compiled is the same.
        software.map(|software| (software.commit, software.lockfile_sha256, software.profile))
    };
    for part in parts {
        let between = || format!("{} and {}", first.directory.display(), part.directory.display());
        ensure!(
            part.manifest.study_sha256 == first.manifest.study_sha256,
            "{} hold different studies: {:?} and {:?}, or one study file that was edited in between",
            between(),
            first.manifest.name,
            part.manifest.name
        );
        ensure!(
            build(part) == build(first),
            "{} were run by different builds ({:?} and {:?}): build all from the same commit",
            between(),
            build(first).map(|build| build.0),
            build(part).map(|build| build.0)
        );
    }
    Ok(())
}

/// Parts of a split study that are not there, by machine.
fn lacking(parts: &[Part<'_>]) -> Vec<String> {
    let mut lacking = Vec::new();
    for machine in parts.chunk_by(|a, b| a.manifest.environment_id == b.manifest.environment_id) {
        let shards: Vec<_> = machine.iter().filter_map(|part| part.manifest.shard).collect();
        let Some(of) = shards.iter().map(|shard| shard.of).max() else { continue };
        for index in (1..=of).filter(|index| !shards.iter().any(|shard| shard.of == of && shard.index == *index)) {
            lacking.push(format!("part {index}/{of} of machine {}", machine[0].manifest.environment_id));
        }
    }
    lacking
}

fn write(parts: &[Part<'_>], environments: &BTreeMap<String, Environment>, out: &Path) -> anyhow::Result<()> {
    let unfinished = PathBuf::from(format!("{}.part", out.display()));
    let write = || -> anyhow::Result<()> {
        fs::create_dir_all(unfinished.join(SAMPLES))?;
        lines(&unfinished.join(MANIFESTS), parts.iter().map(|part| &part.manifest))?;
        lines(&unfinished.join(ENVIRONMENTS), environments.values())?;
        if let Some(first) = parts.first() {
            fs::copy(first.directory.join(STUDY), unfinished.join(STUDY))?;
        }
        let mut records = BufWriter::new(File::create(unfinished.join(RECORDS))?);
        for part in parts {
            copy_records(part, &mut records)?;
            copy_samples(part, &unfinished.join(SAMPLES))?;
        }
        records.into_inner()?.sync_data()?;
        if out.exists() {
            fs::remove_dir(out)?;
        }
        Ok(fs::rename(&unfinished, out)?)
    };
    let written = write();
    if written.is_err() {
        // What is left of it is of no use to anybody; the error says what went wrong first.
        let _ = fs::remove_dir_all(&unfinished);
    }
    written.with_context(|| out.display().to_string())
}

fn lines<T: Serialize>(path: &Path, values: impl Iterator<Item = T>) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for value in values {
        serde_json::to_writer(&mut file, &value)?;
        file.write_all(b"\n")?;
    }
    Ok(file.into_inner()?.sync_data()?)
}

/// The part's records to the letter: a directory may hold those of several parts.
fn copy_records(part: &Part<'_>, out: &mut impl std::io::Write) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Of<'a> {
        study_id: std::borrow::Cow<'a, str>,
    }
    let mut reader = BufReader::new(File::open(part.directory.join(RECORDS))?);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if serde_json::from_str::<Of<'_>>(&line)?.study_id == part.manifest.study_id {
            out.write_all(line.as_bytes())?;
        }
        line.clear();
    }
    Ok(())
}

/// The part's samples: their names begin with its id.
fn copy_samples(part: &Part<'_>, out: &Path) -> anyhow::Result<()> {
    let Ok(entries) = fs::read_dir(part.directory.join(SAMPLES)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!("{}-", part.manifest.study_id)) && name.ends_with(".zst") {
            fs::copy(entry.path(), out.join(&*name))?;
        }
    }
    Ok(())
}
