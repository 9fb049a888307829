//! `inflight merge`: parts and machines of one study, put together.

use std::path::PathBuf;

use clap::Args;
use inflight::study::merge::merge;

use super::FINE;

#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Directories of studies: parts, or other machines.
    #[arg(required = true, num_args = 1.., value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// The new directory.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub fn run(arguments: &MergeArguments) -> anyhow::Result<u8> {
    let merged = merge(&arguments.directories, &arguments.out)?;
    for lacking in &merged.lacking {
        eprintln!("note: not among them: {lacking}");
    }
    for alike in &merged.alike {
        let directories: Vec<String> = alike.iter().map(|directory| directory.display().to_string()).collect();
        eprintln!(
            "note: taken for one machine, because nothing on record tells them apart: {}; of different nodes, run each with \
             `--node NAME`",
            directories.join(", ")
        );
    }
    let machines: std::collections::BTreeSet<&str> =
        merged.parts.iter().map(|part| part.environment_id.as_str()).collect();
    super::print::print_line(&format!(
        "{} records of {} parts on {} machines are in {}",
        merged.records,
        merged.parts.len(),
        machines.len(),
        arguments.out.display()
    ))?;
    Ok(FINE)
}
