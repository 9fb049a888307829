//! A report of a million records: wall time and highest resident memory of a process that does nothing else.
//!
//! A study of 40 workloads made from a real one's records (with other workloads, rounds and ids), some 3 GB in the
//! temporary directory, removed afterwards. This file is its own reporter: it starts itself again as `report <directory>`.
//! A missed limit fails nothing: speed is for reading, not for gates.

mod million;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use inflight_record::files::{ENVIRONMENTS, MANIFESTS, RECORDS, STUDY};
use inflight_record::{Manifest, NamedWorkload, Record, RoundsRule, jsonl};
use inflight_report::publish::publish;
use million::Outcome;

/// A real study of every model and one workload.
const PATTERN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/quick");
/// What a million records are promised, on two CPUs and with the file in the page cache.
const LIMIT: Duration = Duration::from_secs(20);
/// How many workloads the study has.
const WORKLOADS: u64 = 40;

fn main() -> Outcome<()> {
    if let Some(directory) = million::child_of("report") {
        let directory = Path::new(&directory);
        let bytes = fs::metadata(directory.join(RECORDS))?.len();
        return million::timed(bytes, LIMIT, || Ok(format!("{} files", publish(directory)?.files.len())));
    }
    let Some(count) = million::wanted("report") else { return Ok(()) };
    let pattern = Path::new(PATTERN);
    let directory = tempfile::tempdir()?;
    let patterns = jsonl::load::<Record>(&pattern.join(RECORDS))?.len();
    let needed = fs::metadata(pattern.join(RECORDS))?.len() / patterns as u64 * count as u64 * 13 / 10;
    if !million::has_room(directory.path(), needed)? {
        return Ok(());
    }
    let rounds = write(pattern, directory.path(), count)?;
    let bytes = fs::metadata(directory.path().join(RECORDS))?.len();
    println!("\n{count} records of {} MB: {WORKLOADS} workloads, {rounds} rounds", bytes / 1_000_000);
    million::run_itself("report", directory.path().as_os_str(), 1)
}

/// Writes a study of so many records, and says how many rounds it has.
fn write(pattern: &Path, directory: &Path, count: usize) -> Outcome<u32> {
    for file in [ENVIRONMENTS, STUDY] {
        fs::copy(pattern.join(file), directory.join(file))?;
    }
    let mut manifest: Manifest = jsonl::load(&pattern.join(MANIFESTS))?.remove(0);
    let first = manifest.workloads.remove(0).workload;
    manifest.workloads = (0..WORKLOADS)
        .map(|place| {
            let workload = inflight_record::Workload { delay_ns: (place + 1) * 1_000_000, ..first.clone() };
            NamedWorkload { id: format!("w{place}"), slug: workload.slug(), workload }
        })
        .collect();
    let mut by_arm: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in jsonl::load::<Record>(&pattern.join(RECORDS))? {
        by_arm.entry(record.arm.clone()).or_default().push(record);
    }
    let cells = manifest.workloads.len() * by_arm.len();
    let rounds = u32::try_from(count.div_ceil(cells))?;
    manifest.rounds = RoundsRule::Fixed(rounds);
    fs::write(directory.join(MANIFESTS), serde_json::to_string(&manifest)? + "\n")?;
    let mut writer = BufWriter::with_capacity(1 << 20, File::create_new(directory.join(RECORDS))?);
    let mut written = 0;
    for round in 0..rounds {
        for named in &manifest.workloads {
            for records in by_arm.values_mut() {
                if written == count {
                    break;
                }
                let at = (round as usize * 7 + written) % records.len();
                let record = &mut records[at];
                record.round = round;
                record.record_id = format!("study-{written:07}");
                record.study_id.clone_from(&manifest.study_id);
                record.workload.slug.clone_from(&named.slug);
                record.workload.delay_ns = named.workload.delay_ns;
                serde_json::to_writer(&mut writer, record)?;
                writer.write_all(b"\n")?;
                written += 1;
            }
        }
    }
    // On disk now, so that writing it back does not go on while it is read.
    writer.into_inner()?.sync_all()?;
    Ok(rounds)
}
