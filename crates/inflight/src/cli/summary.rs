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
    let summary = summarise(&arguments.directory)?;
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    let text = if arguments.json { summary.to_json() } else { summary::tables(&summary, style) };
    super::print::print_line(text.trim_end())?;
    Ok(FINE)
}

/// Sums up a study that has just ended.
pub fn show(directory: &Path) -> anyhow::Result<()> {
    let summary = summarise(directory)?;
    match super::print::print_line(summary::tables(&summary, Style::Terminal).trim_end()) {
        // The study is whole, and its summary on disk, whether somebody reads on or not.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn summarise(directory: &Path) -> anyhow::Result<Summary> {
    let summary = Summary::of(&directory::load(directory)?);
    directory::write_summary(directory, &summary)?;
    Ok(summary)
}
