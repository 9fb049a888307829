//! `inflight report`: charts, page, tables and README from records; runs nothing.

use std::path::PathBuf;

use clap::Args;
use inflight_report::publish::publish;

use super::FINE;

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// A study's directory, or a directory of such, as results/<date>-<machine> is.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub fn run(arguments: &ReportArguments) -> anyhow::Result<u8> {
    let published = publish(&arguments.directory)?;
    for left_out in &published.left_out {
        eprintln!("{left_out}");
    }
    let (studies, files) = (published.studies.len(), published.files.len());
    let plural = if studies == 1 { "study" } else { "studies" };
    super::print::print_line(&format!(
        "{studies} {plural}, {files} files: {}",
        arguments.directory.join("README.md").display()
    ))?;
    Ok(FINE)
}
