//! `inflight portability`: which ratios to the baseline carry from machine to machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use inflight_report::portability::{PortabilityError, Source, text};
use inflight_report::{Library, Portability, Style, forests};

use super::{FINE, NO_ANSWER};

#[derive(Debug, Args)]
pub struct PortabilityArguments {
    /// Directories of studies, one a machine, or directories that hold such; a merged study counts as all of its machines.
    #[arg(required = true, num_args = 1.., value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Also draw forest plots into this directory, as SVG and PNG for light and dark pages. `inflight report` draws those of
    /// one directory into its README.
    #[arg(long, value_name = "OUT")]
    charts: Option<PathBuf>,
    /// Print the tables as Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &PortabilityArguments) -> anyhow::Result<u8> {
    let libraries: Vec<Library> =
        arguments.directories.iter().map(|directory| Library::open(directory)).collect::<Result<_, _>>()?;
    let mut sources = Vec::new();
    for directory in libraries.iter().flat_map(Library::studies) {
        sources.push(Source { path: directory.path().display().to_string(), summary: directory.summary()? });
    }
    let portability = match Portability::of(&sources) {
        Err(error @ (PortabilityError::TooFew { .. } | PortabilityError::Nothing)) => {
            eprintln!("no answer: {error}");
            return Ok(NO_ANSWER);
        }
        other => other?,
    };
    if let Some(out) = &arguments.charts {
        draw(&portability, out)?;
    }
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    let text = if arguments.json { portability.to_json() } else { text(&portability, style) };
    super::print::print_line(text.trim_end())?;
    Ok(FINE)
}

fn draw(portability: &Portability, out: &Path) -> anyhow::Result<()> {
    let drawn = forests(portability);
    fs::create_dir_all(out).with_context(|| format!("--charts {}", out.display()))?;
    for chart in &drawn.charts {
        for (name, bytes) in chart.files()? {
            let path = out.join(name);
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    for left_out in &drawn.left_out {
        eprintln!("{left_out}");
    }
    Ok(())
}
