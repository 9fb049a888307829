//! `inflight summary`: the figures of a study, as summary.json and as tables.

use std::path::{Path, PathBuf};

use clap::Args;
use inflight_report::{Style, Summary, directory, summary};

use super::FINE;

#[derive(Debug, Args)]
pub struct SummaryArguments {
    /// The study's directory, as `inflight study` makes it; summary.json is written into it.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Print the tables as Markdown, for a README.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print summary.json on stdout, instead of the tables.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &SummaryArguments) -> anyhow::Result<u8> {
    let summary = written(&arguments.directory)?;
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    let text = if arguments.json { summary.to_json() } else { summary::tables(&summary, style) };
    super::run::print_line(text.trim_end())?;
    Ok(FINE)
}

/// Writes the summary of a study that has just run, and prints its tables.
pub fn show(directory: &Path) -> anyhow::Result<()> {
    let tables = summary::tables(&written(directory)?, Style::Terminal);
    Ok(super::run::print_line(tables.trim_end())?)
}

fn written(directory: &Path) -> anyhow::Result<Summary> {
    let summary = Summary::of(&directory::load(directory)?);
    directory::write_summary(directory, &summary)?;
    Ok(summary)
}
