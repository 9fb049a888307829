//! A million records to rows: wall time, speed and highest resident memory of a process that does nothing else.
//!
//! The records are real ones with other ids, some 3 GB in the temporary directory, removed afterwards. This file is its
//! own loader: it starts itself again as `load <file>`. A missed limit fails nothing: speed is for reading, not for gates.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use inflight_harness::probes::own;
use inflight_record::{Record, jsonl, row};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Real records of every model.
const PATTERN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/records.jsonl");
/// What a study of a million records is promised, on two CPUs and with the file in the page cache.
const LIMIT: Duration = Duration::from_secs(5);
/// The same for memory, in bytes.
const LIMIT_BYTES: u64 = 1 << 30;
const FULL: usize = 1_000_000;
const TEST: usize = 1_000;
/// How often the file is loaded; the first time may wait for the disk.
const RUNS: usize = 3;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, file] = &arguments[..]
        && word == "load"
    {
        return load(Path::new(file));
    }
    // `cargo bench` hands the same words to every bench: criterion's options, and perhaps a filter.
    let filter = arguments.iter().find(|word| !word.starts_with('-'));
    let listing = arguments.iter().any(|word| word == "--list");
    if listing || filter.is_some_and(|filter| !"load_records".contains(filter.as_str())) {
        return Ok(());
    }
    let count = if arguments.iter().any(|word| word == "--test") { TEST } else { FULL };
    let patterns: Vec<Record> = jsonl::load(Path::new(PATTERN))?;
    let directory = tempfile::tempdir()?;
    let needed = std::fs::metadata(PATTERN)?.len() / patterns.len() as u64 * count as u64 * 11 / 10;
    let free = free_bytes(directory.path())?;
    if free < needed {
        println!(
            "\nskipped: {} has {} MB free, and {} MB are needed (set TMPDIR)",
            directory.path().display(),
            free >> 20,
            needed >> 20
        );
        return Ok(());
    }
    let file = directory.path().join("records.jsonl");
    write(&file, patterns, count)?;
    println!("\n{count} records of {} MB to rows", std::fs::metadata(&file)?.len() / 1_000_000);
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?).arg("load").arg(&file).output()?;
        if !output.status.success() {
            return Err(format!("loading failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        print!("{}", String::from_utf8(output.stdout)?);
    }
    Ok(())
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

/// Free space for a user of this directory's file system, in bytes.
fn free_bytes(directory: &Path) -> Outcome<u64> {
    let system = nix::sys::statvfs::statvfs(directory)?;
    Ok(system.blocks_available() * system.fragment_size())
}

/// The other side: loads the rows and says what that took.
fn load(file: &Path) -> Outcome<()> {
    let bytes = std::fs::metadata(file)?.len();
    let before = own::usage();
    let start = Instant::now();
    let rows = row::load(file)?;
    let took = start.elapsed();
    let used = own::usage().since(before);
    let peak = own::peak_memory().ok_or("/proc/self/status has no VmHWM")?;
    println!(
        "  {} rows in {took:.2?} (limit for a million: {LIMIT:?}) · {} MB/s · CPU {:.2?} · peak {} MiB (limit: {} MiB)",
        rows.len(),
        u128::from(bytes) / took.as_micros().max(1),
        Duration::from_nanos(used.user_ns + used.system_ns),
        peak >> 20,
        LIMIT_BYTES >> 20,
    );
    Ok(())
}
