//! `inflight merge`: parts and machines of one study, put together.

use inflight::study::merge::merge;

use super::{FINE, MergeArguments};

pub fn run(arguments: &MergeArguments) -> anyhow::Result<u8> {
    let merged = merge(&arguments.directories, &arguments.out)?;
    for lacking in &merged.lacking {
        eprintln!("note: {lacking} is not among them");
    }
    let machines: std::collections::BTreeSet<&str> =
        merged.parts.iter().map(|part| part.environment_id.as_str()).collect();
    super::run::print_line(&format!(
        "{} records of {} parts on {} machines are in {}",
        merged.records,
        merged.parts.len(),
        machines.len(),
        arguments.out.display()
    ))?;
    Ok(FINE)
}
