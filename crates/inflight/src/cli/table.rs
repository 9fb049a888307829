//! `inflight table`: the tables of records on disk.

use std::path::Path;

use inflight_record::{Environment, Record, jsonl};
use inflight_report::table::Style;

use super::{FINE, TableArguments};

pub fn run(arguments: &TableArguments) -> anyhow::Result<u8> {
    let records: Vec<Record> = jsonl::load(&arguments.file)?;
    anyhow::ensure!(!records.is_empty(), "{} holds no records", arguments.file.display());
    let environments = environments(&arguments.file)?;
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    super::print::print_line(inflight_report::tables(&records, &environments, style).trim_end())?;
    Ok(FINE)
}

/// The environments beside the records; none where the file was moved without them.
fn environments(records: &Path) -> anyhow::Result<Vec<Environment>> {
    let path = records.with_file_name("environments.jsonl");
    Ok(if path.exists() { jsonl::load(&path)? } else { Vec::new() })
}
