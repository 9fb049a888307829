//! `inflight pack`: the records of a study compressed in place, and back.

use std::path::PathBuf;

use clap::Args;
use inflight_record::jsonl::{self, Packing};

use super::FINE;

#[derive(Debug, Args)]
pub struct PackArguments {
    /// The study's directory.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The way back: records.jsonl.zst to records.jsonl.
    #[arg(long)]
    unpack: bool,
}

pub fn run(arguments: &PackArguments) -> anyhow::Result<u8> {
    let done = if arguments.unpack { jsonl::unpack(&arguments.directory)? } else { jsonl::pack(&arguments.directory)? };
    super::print::print_line(&said(&done))?;
    Ok(FINE)
}

fn said(done: &Packing) -> String {
    let again = if done.changed { "" } else { " (as it was before)" };
    let lines = format!("{} B as lines", done.bytes);
    match done.packed_bytes {
        Some(packed) => {
            format!("{}{again}: {lines}, {packed} B packed{}", done.path.display(), share(packed, done.bytes))
        }
        None => format!("{}{again}: {lines}", done.path.display()),
    }
}

/// What packing leaves of it, in percent.
fn share(packed: u64, bytes: u64) -> String {
    let tenths = packed.saturating_mul(1_000).checked_div(bytes);
    tenths.map_or_else(String::new, |tenths| format!(" ({}.{} %)", tenths / 10, tenths % 10))
}
