//! The README of a study's directory, and of a directory of studies: question, answer, charts, tables, how to reproduce.

use std::fmt::Write as _;

use inflight_record::study::Study;
use inflight_record::{ArmKind, Costs, Manifest, RoundsRule};

use crate::answer::answers;
use crate::chart::{Chart, LeftOut};
use crate::costs;
use crate::study::StudyRecords;
use crate::style::{Style, machine};
use crate::summary::{self, MachineSummary, PlacedSummary, Summary};
use crate::units::percent;

/// The first line of what this module writes: a file that begins otherwise is somebody's own.
pub const MARK: &str = "<!-- Written by `inflight report` from the records beside it; changes here are lost. -->\n";

/// What a study's README is made from.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The records.
    pub study: &'a StudyRecords,
    /// What they say.
    pub summary: &'a Summary,
    /// Its charts.
    pub charts: &'a [Chart],
    /// Charts that could not be drawn, or not whole.
    pub left_out: &'a [LeftOut],
    /// The study file's text.
    pub file: &'a str,
    /// What its machines say together, as a section; empty where there are fewer than three.
    pub carried: &'a str,
    /// Where the page is that shows it, seen from its README; none where it would be too large.
    pub page: Option<&'a str>,
}

/// The README of one study.
#[must_use]
pub fn study(parts: &Parts<'_>) -> String {
    let summary = parts.summary;
    let mut text = format!("{MARK}# {}\n\n**{}**\n\n", html(&summary.study), html(&summary.question));
    let _ = writeln!(text, "{}", answers(summary));
    if let Some(page) = parts.page {
        let _ = writeln!(text, "[page.html]({page}) shows it to be looked through: one file without a network.\n");
    }
    charts(&mut text, parts);
    text.push_str(parts.carried);
    let _ = write!(text, "## Tables\n\n{}", summary::tables(summary, Style::Markdown));
    text.push_str("\n## Machine\n\n");
    for on in &summary.machines {
        text.push_str(&where_it_ran(on));
    }
    let _ = write!(text, "\n## Reproduce\n\n{}", reproduce(parts));
    text.push_str(FILES);
    text
}

const FILES: &str = "\n## Files\n\n\
    | file | what |\n|------|------|\n\
    | `records.jsonl` or `records.jsonl.zst` | every batch, one a line |\n\
    | `records.csv` | the same for spreadsheets and pandas; its columns: `results/schema/records.csv.md` |\n\
    | `summary.json` | every figure with its interval and its id |\n\
    | `study.toml`, `study.jsonl`, `environments.jsonl` | the study file, what it was begun with, and where it ran |\n\
    | `samples/` | one round's requests of every model, one by one |\n\
    | `charts/` | the pictures above, as SVG and PNG, for light and dark pages |\n";

fn charts(text: &mut String, parts: &Parts<'_>) {
    if parts.charts.is_empty() && parts.left_out.is_empty() {
        return;
    }
    text.push_str("## Charts\n\n");
    for chart in parts.charts {
        let _ = writeln!(text, "{}", picture("charts", chart));
    }
    for LeftOut { name, reason } in parts.left_out {
        let _ = writeln!(text, "Not drawn: `{name}`: {}.\n", html(reason.trim_end_matches('.')));
    }
}

/// A chart as a page shows it, by the reader's theme; the caption is in the picture.
#[must_use]
pub fn picture(directory: &str, chart: &Chart) -> String {
    let (name, alt) = (&chart.name, html(&chart.alt));
    format!(
        "<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{directory}/{name}-dark.svg\">\n  \
         <img src=\"{directory}/{name}-light.svg\" width=\"830\" alt=\"{alt}\">\n</picture>\n"
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}

fn where_it_ran(on: &MachineSummary) -> String {
    let placed = on.placed.as_ref().map_or_else(String::new, PlacedSummary::text);
    format!(
        "{} · {}{placed} · {} · environment `{}`\n",
        machine(&on.machine, &on.software),
        on.dates,
        on.software.rustc,
        on.environment_id
    )
}

fn reproduce(parts: &Parts<'_>) -> String {
    let Some(manifest) = parts.study.manifests().first() else { return String::new() };
    let commit = parts
        .summary
        .machines
        .iter()
        .find(|machine| machine.environment_id == manifest.environment_id)
        .map_or("unknown", |machine| machine.software.commit.as_str());
    let checkout = if commit == "unknown" || commit.ends_with("-dirty") {
        format!("    # built from {commit}, which no checkout gives\n")
    } else {
        format!("    git checkout {commit}\n")
    };
    let parts_of_it = match parts.study.manifests().len() {
        1 => String::new(),
        parts => {
            format!("\nIt was put together by `inflight merge` from {parts} parts; this is the first one's command.\n")
        }
    };
    format!(
        "{checkout}    cargo build --release\n    {}\n    ./target/release/inflight summary my-{}\n{parts_of_it}",
        command(manifest, parts.file),
        manifest.name
    )
}

/// The command that runs the study again: what its file does not say stands in it.
fn command(manifest: &Manifest, file: &str) -> String {
    let name = &manifest.name;
    let mut command = format!("./target/release/inflight study benches/studies/{name}.toml --out my-{name}");
    let parsed = Study::parse(name, file).ok();
    if parsed.as_ref().is_none_or(|parsed| parsed.rounds != manifest.rounds) {
        let _ = match manifest.rounds {
            RoundsRule::Fixed(rounds) => write!(command, " --rounds {rounds}"),
            RoundsRule::Auto { precision, budget_ns } => write!(
                command,
                " --rounds auto --precision {} --budget {}",
                percent(precision).replace(' ', ""),
                inflight_record::workload::short_duration(budget_ns)
            ),
        };
    }
    if parsed.as_ref().is_none_or(|parsed| parsed.workloads != manifest.workloads) {
        let ids: Vec<&str> = manifest.workloads.iter().map(|named| named.id.as_str()).collect();
        let _ = write!(command, " --workloads {}", ids.join(","));
    }
    let models: Vec<&str> =
        manifest.arms.iter().filter(|arm| arm.kind == ArmKind::Model).map(|arm| arm.model.as_str()).collect();
    let in_file = parsed.and_then(|parsed| parsed.models);
    let same = in_file.is_some_and(|names| names.iter().map(|name| name.value.as_str()).eq(models.iter().copied()));
    if !same {
        // A file that says "all" means other models at another commit.
        let _ = write!(command, " --models {}", models.join(","));
    }
    if let Some(shard) = manifest.shard {
        let _ = write!(command, " --shard {}/{}", shard.index, shard.of);
    }
    command
}

/// A study as the README of its parent names it.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its directory's name.
    pub directory: &'a str,
    /// What it says.
    pub summary: &'a Summary,
    /// Its first chart, for a glance.
    pub chart: Option<&'a Chart>,
}

const PAGE: &str = "[page.html](page.html) shows all of it: pick N, C, D and metric. It is one file without a network; open \
    it from disk.\n\n";
const NO_PAGE: &str =
    "There is no page.html of all of it: it would be too large. `inflight report` makes one of each study.\n\n";

/// The README of a directory of studies; `page` says whether there is a page of all of them, `costs` what was measured of
/// the models before they ran.
#[must_use]
pub fn collection(title: &str, page: bool, entries: &[Entry<'_>], costs: Option<&Costs>) -> String {
    let mut text = format!("{MARK}# {}\n\n", html(title));
    text.push_str(if page { PAGE } else { NO_PAGE });
    text.push_str("| study | its question |\n|-------|--------------|\n");
    for entry in entries {
        let (directory, question) = (entry.directory, Style::Markdown.name(&entry.summary.question));
        let _ = writeln!(text, "| [{directory}]({directory}/README.md) | {question} |");
    }
    for entry in entries {
        let directory = entry.directory;
        let _ = writeln!(text, "\n## [{directory}]({directory}/README.md)\n\n{}\n", html(&entry.summary.question));
        let _ = writeln!(text, "{}", answers(entry.summary));
        if let Some(chart) = entry.chart {
            text.push_str(&picture(&format!("{directory}/charts"), chart));
        }
    }
    if let Some(costs) = costs {
        let _ = write!(text, "\n## {}\n\n{}", costs::TITLE, costs::table(costs, Style::Markdown));
    }
    text
}
