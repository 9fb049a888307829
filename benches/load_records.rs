//! A million records to rows: wall time, speed and highest resident memory of a process that does nothing else.
//!
//! The records are real ones with other ids, some 3 GB in the temporary directory, removed afterwards. This file is its
//! own loader: it starts itself again as `load <file>`. A missed limit fails nothing: speed is for reading, not for gates.

mod million;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use inflight_record::{Record, jsonl, row};
use million::Outcome;

/// Real records of every model.
const PATTERN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/records.jsonl");
/// What a study of a million records is promised, on two CPUs and with the file in the page cache.
const LIMIT: Duration = Duration::from_secs(5);
/// How often the file is loaded; the first time may wait for the disk.
const RUNS: usize = 3;

fn main() -> Outcome<()> {
    if let Some(file) = million::child_of("load") {
        let bytes = std::fs::metadata(&file)?.len();
        return million::timed(bytes, LIMIT, || Ok(format!("{} rows", row::load(Path::new(&file))?.len())));
    }
    let Some(count) = million::wanted("load_records") else { return Ok(()) };
    let patterns: Vec<Record> = jsonl::load(Path::new(PATTERN))?;
    let directory = tempfile::tempdir()?;
    let needed = std::fs::metadata(PATTERN)?.len() / patterns.len() as u64 * count as u64 * 11 / 10;
    if !million::has_room(directory.path(), needed)? {
        return Ok(());
    }
    let file = directory.path().join("records.jsonl");
    write(&file, patterns, count)?;
    println!("\n{count} records of {} MB to rows", std::fs::metadata(&file)?.len() / 1_000_000);
    million::run_itself("load", file.as_os_str(), RUNS)
}

/// Writes so many records: the patterns in turns, with round, record id and study id of their own.
fn write(file: &Path, mut patterns: Vec<Record>, count: usize) -> Outcome<()> {
    let mut writer = BufWriter::with_capacity(1 << 20, File::create_new(file)?);
    for number in 0..count {
        let at = number % patterns.len();
        let round = number / patterns.len();
        let record = &mut patterns[at];
        record.round = u32::try_from(round)?;
        record.record_id = format!("study-{number:07}-{}", record.arm);
        record.study_id = format!("study-part-{}", round % 4);
        serde_json::to_writer(&mut writer, record)?;
        writer.write_all(b"\n")?;
    }
    // On disk now, so that writing it back does not go on while it is loaded.
    Ok(writer.into_inner()?.sync_all()?)
}
