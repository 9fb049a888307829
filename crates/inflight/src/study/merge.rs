//! Puts parts and machines of one study together in a new directory, grouped by machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use inflight_harness::environment::sha256_hex;
use inflight_record::files::{ENVIRONMENTS, MANIFESTS, RECORDS, SAMPLES, STUDY};
use inflight_record::{Environment, Locked, Manifest, Software, jsonl};
use inflight_report::{StudyRecords, directory};
use serde::{Deserialize, Serialize};

/// What a merge has put together.
#[derive(Debug)]
pub struct Merged {
    /// Manifests of its parts, grouped by machine.
    pub parts: Vec<Manifest>,
    /// How many records.
    pub records: usize,
    /// What is not among them, each as text: parts of a split study, batches of an interrupted one.
    pub lacking: Vec<String>,
    /// Whole studies that count as one machine's, by their directories: nothing that is recorded tells where they ran apart.
    pub alike: Vec<Vec<PathBuf>>,
}

/// One part, and the directory that it is from.
struct Part<'a> {
    manifest: &'a Manifest,
    directory: &'a Path,
    records: usize,
}

/// Merges `directories` into `out`, which must not hold anything. It is there whole or not at all.
///
/// # Errors
/// A directory is no study, is damaged or is being written, they are of different studies or builds, or the same part
/// comes twice.
pub fn merge(directories: &[PathBuf], out: &Path) -> anyhow::Result<Merged> {
    let empty = !out.exists() || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(empty, "{} holds something already: choose a directory that is not there yet", out.display());
    let mut sources = Vec::new();
    for directory in directories {
        sources.push(Source::open(directory)?);
    }
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut environments: BTreeMap<String, Environment> = BTreeMap::new();
    for source in &sources {
        for manifest in source.study.manifests() {
            if let Some(twice) = parts.iter().find(|part| part.manifest.study_id == manifest.study_id) {
                bail!(
                    "{} and {} hold the same part, {}: name it once",
                    twice.directory.display(),
                    source.directory.display(),
                    manifest.study_id
                );
            }
            let records = source.study.rows().iter().filter(|row| *row.study_id == *manifest.study_id).count();
            parts.push(Part { manifest, directory: source.directory, records });
        }
        for environment in source.study.environments() {
            environments.insert(environment.environment_id.clone(), environment.clone());
        }
    }
    let Some(first) = sources.first() else { bail!("there is nothing to merge: name two directories or more") };
    same_study(&parts, &environments)?;
    parts.sort_by(|a, b| a.manifest.environment_id.cmp(&b.manifest.environment_id));
    write(&parts, &first.text, &environments, out)?;
    Ok(Merged {
        lacking: lacking(&parts),
        alike: alike(&parts),
        records: parts.iter().map(|part| part.records).sum(),
        parts: parts.iter().map(|part| part.manifest.clone()).collect(),
    })
}

/// A directory that is merged, and that nobody writes meanwhile.
struct Source<'a> {
    directory: &'a Path,
    study: StudyRecords,
    text: String,
    _records: Option<Locked>,
}

impl<'a> Source<'a> {
    fn open(directory: &'a Path) -> anyhow::Result<Self> {
        let named = |name: &str| directory.join(name).display().to_string();
        // Whoever appends to it, packs or unpacks it holds it alone. What cannot be opened at all is no study, which is
        // said below.
        let path = jsonl::records_in(directory)?;
        let records = File::open(&path).ok().map(Locked::shared).transpose();
        let Ok(records) = records else { bail!("{} is being written: wait until its study has ended", path.display()) };
        let study = directory::load(directory)?;
        let text = fs::read_to_string(directory.join(STUDY)).with_context(|| named(STUDY))?;
        let hash = sha256_hex(text.as_bytes());
        ensure!(
            study.manifests().iter().all(|manifest| manifest.study_sha256 == hash),
            "{} is not the file that its study was begun with: put that one back",
            named(STUDY)
        );
        Ok(Self { directory, study, text, _records: records })
    }
}

/// Refuses parts of another study, by another rule, or by another build.
fn same_study(parts: &[Part<'_>], environments: &BTreeMap<String, Environment>) -> anyhow::Result<()> {
    let Some(first) = parts.first() else { return Ok(()) };
    let build = |part: &Part<'_>| {
        let software = environments.get(&part.manifest.environment_id).map(|environment| environment.software.clone());
        software.map(|software| {
            // A commit says which build it was, unless files differed from it. Each machine may have made its own binary of it.
            let told = !software.commit.ends_with("-dirty") && software.commit != "unknown";
            let binary = if told { String::new() } else { part.manifest.binary_sha256.clone() };
            (software, binary)
        })
    };
    let named = |part: &Part<'_>| {
        build(part).map_or_else(String::new, |(software, binary)| {
            let Software { commit, lockfile_sha256, profile, rustc, .. } = software;
            let binary = if binary.is_empty() { String::new() } else { format!(", binary {binary:.12}") };
            format!("commit {commit}, {profile}, {rustc}, lockfile {lockfile_sha256:.12}{binary}")
        })
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
            part.manifest.rounds == first.manifest.rounds,
            "{} were begun with different rounds: {:?} and {:?}",
            between(),
            first.manifest.rounds,
            part.manifest.rounds
        );
        ensure!(
            part.manifest.placement == first.manifest.placement,
            "{} were begun with different --placement: run all parts with the same",
            between()
        );
        ensure!(
            part.manifest.workloads == first.manifest.workloads && part.manifest.arms == first.manifest.arms,
            "{} were begun with different --workloads or --models: run all parts with the same",
            between()
        );
        ensure!(
            build(part) == build(first),
            "{} were run by different builds ({}; {}): build all from the same commit by the same compiler, or copy one binary",
            between(),
            named(first),
            named(part)
        );
    }
    Ok(())
}

/// Parts of a split study that are not there, by machine, and parts that have not all their batches.
fn lacking(parts: &[Part<'_>]) -> Vec<String> {
    let mut lacking = Vec::new();
    for part in parts {
        if let Some(rounds) = part.manifest.own_rounds() {
            let owed = rounds * part.manifest.workloads.len() * part.manifest.arms.len();
            if part.records < owed {
                let directory = part.directory.display();
                lacking.push(format!("{} of the {owed} batches of {directory}", owed - part.records));
            }
        }
    }
    for machine in parts.chunk_by(|a, b| a.manifest.environment_id == b.manifest.environment_id) {
        let shards: Vec<_> = machine.iter().filter_map(|part| part.manifest.shard).collect();
        let Some(of) = shards.iter().map(|shard| shard.of).max() else { continue };
        for index in (1..=of).filter(|index| !shards.iter().any(|shard| shard.of == of && shard.index == *index)) {
            lacking.push(format!("part {index}/{of} of machine {}", machine[0].manifest.environment_id));
        }
    }
    lacking
}

/// Whole studies of one environment: of one machine that ran it more than once, or of several that are equal in all that is
/// recorded and were given no name.
fn alike(parts: &[Part<'_>]) -> Vec<Vec<PathBuf>> {
    let machines = parts.chunk_by(|a, b| a.manifest.environment_id == b.manifest.environment_id);
    let whole = machines.map(|machine| {
        let whole = machine.iter().filter(|part| part.manifest.shard.is_none());
        whole.map(|part| part.directory.to_owned()).collect::<Vec<_>>()
    });
    whole.filter(|machine| machine.len() > 1).collect()
}

/// Writes everything beside `out`, and gives it its name when it is whole and on disk.
fn write(
    parts: &[Part<'_>],
    text: &str,
    environments: &BTreeMap<String, Environment>,
    out: &Path,
) -> anyhow::Result<()> {
    let name = out.file_name().with_context(|| format!("{} names no directory", out.display()))?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    let unfinished = parent.join(format!(".{}.{:08x}.part", name.display(), rand::random::<u32>()));
    fs::create_dir(&unfinished).with_context(|| unfinished.display().to_string())?;
    let write = || -> anyhow::Result<()> {
        let samples = unfinished.join(SAMPLES);
        fs::create_dir(&samples)?;
        lines(&unfinished.join(MANIFESTS), parts.iter().map(|part| part.manifest))?;
        lines(&unfinished.join(ENVIRONMENTS), environments.values())?;
        fs::write(unfinished.join(STUDY), text)?;
        let mut records = BufWriter::new(File::create(unfinished.join(RECORDS))?);
        for part in parts {
            let named = || part.directory.display().to_string();
            copy_records(part, &mut records).with_context(named)?;
            copy_samples(part, &samples).with_context(named)?;
        }
        records.into_inner()?.sync_data()?;
        for synced in [&unfinished.join(STUDY), &samples, &unfinished] {
            File::open(synced)?.sync_all()?;
        }
        fs::rename(&unfinished, parent.join(name))?;
        Ok(File::open(parent)?.sync_all()?)
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
    let mut reader = jsonl::reader(&jsonl::records_in(part.directory)?)?;
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
            let copy = out.join(&*name);
            fs::copy(entry.path(), &copy)?;
            File::open(&copy)?.sync_all()?;
        }
    }
    Ok(())
}
