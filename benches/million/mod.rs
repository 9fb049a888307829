//! What the benches over a million records have in common: whether to run, room on disk, and themselves as a child.

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use inflight_harness::probes::own;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// What every figure promises in memory, in bytes.
pub const LIMIT_BYTES: u64 = 1 << 30;
const FULL: usize = 1_000_000;
const TEST: usize = 1_000;

/// How many records the bench of this name is to make; none where cargo asks for another one, or for a list.
pub fn wanted(name: &str) -> Option<usize> {
    // `cargo bench` hands the same words to every bench: criterion's options, and perhaps a filter.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filter = arguments.iter().find(|word| !word.starts_with('-'));
    let listing = arguments.iter().any(|word| word == "--list");
    if listing || filter.is_some_and(|filter| !name.contains(filter.as_str())) {
        return None;
    }
    Some(if arguments.iter().any(|word| word == "--test") { TEST } else { FULL })
}

/// The path that follows this word, where the bench was started by itself.
pub fn child_of(word: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [first, path] if first == word => Some(path.clone()),
        _ => None,
    }
}

/// Whether so many bytes are free; says so where they are not.
pub fn has_room(directory: &Path, needed: u64) -> Outcome<bool> {
    let system = nix::sys::statvfs::statvfs(directory)?;
    let free = system.blocks_available() * system.fragment_size();
    if free < needed {
        println!(
            "\nskipped: {} has {} MB free, and {} MB are needed (set TMPDIR)",
            directory.display(),
            free >> 20,
            needed >> 20
        );
    }
    Ok(free >= needed)
}

/// Starts this bench again as `word path` so many times, and prints what it says.
pub fn run_itself(word: &str, path: &OsStr, times: usize) -> Outcome<()> {
    for _ in 0..times {
        let output = Command::new(std::env::current_exe()?).arg(word).arg(path).output()?;
        if !output.status.success() {
            return Err(format!("{word} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        print!("{}", String::from_utf8(output.stdout)?);
    }
    Ok(())
}

/// Does something and says what it took; `limit` is what a million records are promised.
pub fn timed(bytes: u64, limit: Duration, what: impl FnOnce() -> Outcome<String>) -> Outcome<()> {
    let before = own::usage();
    let start = Instant::now();
    let said = what()?;
    let took = start.elapsed();
    let used = own::usage().since(before);
    let peak = own::peak_memory().ok_or("/proc/self/status has no VmHWM")?;
    println!(
        "  {said} in {took:.2?} (limit for a million: {limit:?}) · {} MB/s · CPU {:.2?} · peak {} MiB (limit: {} MiB)",
        u128::from(bytes) / took.as_micros().max(1),
        Duration::from_nanos(used.user_ns + used.system_ns),
        peak >> 20,
        LIMIT_BYTES >> 20,
    );
    Ok(())
}
