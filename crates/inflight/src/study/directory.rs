//! A study's directory: begun, or gone on with after an interruption.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use inflight_harness::environment::steady;
use inflight_harness::store::Store;
use inflight_record::files::{ENVIRONMENTS, MANIFESTS, PACKED_RECORDS, RECORDS, STUDY};
use inflight_record::jsonl::{Cut, JsonlError};
use inflight_record::{Arm, Environment, Manifest, Placement, Row, jsonl};
use inflight_report::directory::DirectoryError;

use super::prepare::Prepared;

/// A study that is open to be run.
#[derive(Debug)]
pub struct Open {
    /// What it was begun with.
    pub manifest: Manifest,
    /// The records that it has.
    pub rows: Vec<Row>,
    /// Where the next ones go.
    pub store: Store,
    /// Half-written lines that were cut off.
    pub cut: Vec<Cut>,
}

/// Opens `directory` for the study: a new one, or, with `resume`, one that was interrupted.
///
/// # Errors
/// The directory cannot be written, holds something else, or what it was begun with differs. Nothing in it is changed
/// then.
pub fn open(directory: &Path, prepared: &Prepared, environment: &Environment, resume: bool) -> anyhow::Result<Open> {
    let manifests = directory.join(MANIFESTS);
    if !manifests.exists() {
        return begin(directory, prepared, environment);
    }
    ensure!(
        resume,
        "{} holds a study already: go on with it by --resume, or choose another directory",
        directory.display()
    );
    go_on(directory, prepared, environment)
}

fn begin(directory: &Path, prepared: &Prepared, environment: &Environment) -> anyhow::Result<Open> {
    let records = directory.join(RECORDS);
    let len = fs::metadata(&records).map_or(0, |records| records.len());
    let packed = directory.join(PACKED_RECORDS).exists();
    ensure!(len == 0 && !packed, "{} holds records of something else: choose another directory", directory.display());
    let study = directory.join(STUDY);
    match fs::read(&study) {
        Ok(there) if there != prepared.text.as_bytes() => {
            bail!("{} is another study file: choose another directory", study.display())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        there => drop(there.with_context(|| study.display().to_string())?),
    }
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    // The manifest comes last: while it is not there, nothing has begun.
    let (store, cut) = Store::go_on(&records, environment)?;
    write_whole(&study, prepared.text.as_bytes())?;
    let mut line = serde_json::to_vec(&prepared.manifest)?;
    line.push(b'\n');
    write_whole(&directory.join(MANIFESTS), &line)?;
    Ok(Open { manifest: prepared.manifest.clone(), rows: Vec::new(), store, cut })
}

fn go_on(directory: &Path, prepared: &Prepared, environment: &Environment) -> anyhow::Result<Open> {
    let packed = directory.join(PACKED_RECORDS);
    if packed.exists() {
        return Err(JsonlError::Packed { packed }.into());
    }
    let path = directory.join(MANIFESTS);
    let manifests: Vec<Manifest> = jsonl::load(&path)?;
    let [manifest] = &manifests[..] else {
        bail!("{} holds {} parts: only a study of one part can be gone on with", path.display(), manifests.len());
    };
    let begun = begun_in(directory, manifest)?;
    let differences = differences(manifest, begun.as_ref(), prepared, environment)?;
    ensure!(
        differences.is_empty(),
        "{} cannot be gone on with, because this differs from when it was begun:\n  {}\nFinish it as it was begun, or begin another in another directory",
        directory.display(),
        differences.join("\n  ")
    );
    // Looked at before anything is cut off: what is damaged elsewhere too stays as it is.
    match inflight_report::directory::load(directory) {
        Ok(_) | Err(DirectoryError::Lines(JsonlError::CutOff { .. })) => {}
        Err(error) => return Err(error.into()),
    }
    let records = directory.join(RECORDS);
    let (mut store, cut) = Store::go_on(&records, environment)?;
    let rows = inflight_report::directory::load(directory)?.rows().to_vec();
    store.know(&rows);
    Ok(Open { manifest: manifest.clone(), rows, store, cut })
}

/// The environment that a study was begun in; `None` if it was stopped before that was on disk.
fn begun_in(directory: &Path, manifest: &Manifest) -> anyhow::Result<Option<Environment>> {
    let path = directory.join(ENVIRONMENTS);
    let known: Vec<Environment> = match jsonl::load(&path) {
        Ok(known) => known,
        Err(JsonlError::CutOff { .. }) => Vec::new(),
        Err(JsonlError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(known.into_iter().find(|known| known.environment_id == manifest.environment_id))
}

/// What differs between the study as it was begun and as it would go on: one line each.
fn differences(
    manifest: &Manifest,
    begun: Option<&Environment>,
    prepared: &Prepared,
    environment: &Environment,
) -> anyhow::Result<Vec<String>> {
    let now = &prepared.manifest;
    let mut differences = Vec::new();
    if manifest.study_sha256 != now.study_sha256 {
        differences.push(format!("the study file: not the text of {STUDY} in the directory"));
    }
    if manifest.rounds != now.rounds {
        differences.push(format!("rounds: {:?} then, {:?} now", manifest.rounds, now.rounds));
    }
    let workloads = |it: &Manifest| it.workloads.iter().map(|named| named.id.clone()).collect::<Vec<_>>().join(", ");
    if manifest.workloads != now.workloads {
        differences.push(format!("the workloads: {} then, {} now", workloads(manifest), workloads(now)));
    }
    let named = |arm: &Arm| match &arm.versions {
        Some(versions) => format!("{} ({versions})", arm.arm),
        None => arm.arm.clone(),
    };
    let arms = |it: &Manifest| it.arms.iter().map(named).collect::<Vec<_>>().join(", ");
    if manifest.arms != now.arms {
        differences.push(format!("the models: {} then, {} now", arms(manifest), arms(now)));
    }
    if manifest.shard != now.shard {
        let part = |shard: Option<inflight_record::Shard>| {
            shard.map_or_else(|| "the whole".to_owned(), |shard| format!("{}/{}", shard.index, shard.of))
        };
        differences.push(format!("the part: {} then, {} now", part(manifest.shard), part(now.shard)));
    }
    if manifest.placement != now.placement {
        let placed = |it: &Manifest| it.placement.map_or("that of the file", Placement::as_str);
        differences.push(format!("the placement: {} then, {} now", placed(manifest), placed(now)));
    }
    if let Some(begun) = begun {
        let then = steady(&begun.machine, &begun.software, &begun.limits);
        let now = steady(&environment.machine, &environment.software, &environment.limits);
        let fields = [
            ("machine", serde_json::to_value(then.0)?, serde_json::to_value(now.0)?),
            ("software", serde_json::to_value(then.1)?, serde_json::to_value(now.1)?),
            ("limits", serde_json::to_value(then.2)?, serde_json::to_value(now.2)?),
        ];
        for (name, then, now) in fields {
            differences.extend(different_fields(name, &then, &now));
        }
        differences.extend(different_servers(begun, environment));
    } else if manifest.environment_id != environment.environment_id {
        differences.push("the machine, its limits, or what inflight was built from".to_owned());
    }
    if manifest.binary_sha256 != now.binary_sha256 && differences.is_empty() {
        differences.push("the binary: built again, or elsewhere, from the same commit".to_owned());
    }
    Ok(differences)
}

/// What differs of a server that runs elsewhere.
fn different_servers(begun: &Environment, environment: &Environment) -> Option<String> {
    let known = |it: &Environment| it.server.as_ref().map(|it| steady(&it.machine, &it.software, &it.limits));
    let place = |it: &Environment| {
        it.server.as_ref().map_or_else(
            || "on this machine".to_owned(),
            |it| {
                let (cpu, kernel, commit) = (&it.machine.cpu_model, &it.machine.kernel, &it.software.commit);
                format!("elsewhere ({cpu}, Linux {kernel}, commit {commit})")
            },
        )
    };
    let (then, now) = (place(begun), place(environment));
    (known(begun) != known(environment)).then(|| format!("the server, or its limits: {then} then, {now} now"))
}

fn different_fields(name: &str, then: &serde_json::Value, now: &serde_json::Value) -> Vec<String> {
    let (Some(then), Some(now)) = (then.as_object(), now.as_object()) else { return Vec::new() };
    // A field without a value is left out of the line: it may be there on one side only.
    let value = |of: &serde_json::Map<String, serde_json::Value>, field| of.get(field).cloned().unwrap_or_default();
    let fields: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let both = fields.into_iter().map(|field| (field, value(then, field), value(now, field)));
    let different = both.filter(|(_, then, now)| then != now);
    different.map(|(field, then, now)| format!("{name}.{field}: {then} then, {now} now")).collect()
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let part = PathBuf::from(format!("{}.part", path.display()));
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&part, path)?;
        // The name itself has to survive a power cut too.
        path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    };
    write().with_context(|| path.display().to_string())
}
