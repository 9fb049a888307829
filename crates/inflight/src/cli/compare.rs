//! `inflight compare`: what changed between two studies, and whether it is a regression.

use std::path::PathBuf;

use clap::Args;
use inflight_record::text;
use inflight_report::{Comparison, Style, compare, directory};

use super::{FINE, SOMETHING_FAILED};

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The first study's directory: before.
    #[arg(value_name = "DIR_A")]
    a: PathBuf,
    /// The second study's directory: after.
    #[arg(value_name = "DIR_B")]
    b: PathBuf,
    /// End with code 1 where B costs more than A by more than this share, with a lower limit above 1 and above the upper
    /// limit of the floor's own ratio: 5%. What A has rounds enough to compare and B has not counts as well.
    #[arg(long, value_name = "SHARE", value_parser = text::share)]
    fail_above: Option<f64>,
    /// Compare studies of different machines by their ratios to the floor of each.
    #[arg(long)]
    across_machines: bool,
    /// Print the table as Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print the comparison as JSON, instead of the table.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &CompareArguments) -> anyhow::Result<u8> {
    let (a, b) = (directory::load(&arguments.a)?, directory::load(&arguments.b)?);
    let comparison = Comparison::of(&a, &b, arguments.across_machines)?;
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    let text =
        if arguments.json { comparison.to_json() } else { compare::text(&comparison, arguments.fail_above, style) };
    super::print::print_line(text.trim_end())?;
    match (arguments.fail_above, comparison.nothing_compared()) {
        // That B lost what A has is a finding too, even where it lost all.
        (Some(above), _) if comparison.fails(above) => Ok(SOMETHING_FAILED),
        (_, Some(nothing)) => anyhow::bail!(nothing),
        _ => Ok(FINE),
    }
}
