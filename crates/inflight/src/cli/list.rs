//! `inflight list`: every model with its card, and on request with what it costs before it runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use inflight::{lineup, software};
use inflight_record::files::COSTS;
use inflight_record::{Card, Costs, CrateCosts, DeclaredPeak};
use inflight_report::costs::{COLUMNS, cells, notes};
use serde::Serialize;

use super::FINE;

/// Where results are looked for.
const RESULTS: &str = "results";

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Print the cards as JSON, one a line.
    #[arg(long)]
    json: bool,
    /// Show what each model costs before it runs, in place of its idea and caps: from the newest results/*/costs.json.
    #[arg(long)]
    costs: bool,
    /// Take the costs from this file.
    #[arg(long, value_name = "FILE", requires = "costs")]
    from: Option<PathBuf>,
}

/// A card with its costs, as one line of JSON.
#[derive(Serialize)]
struct WithCosts<'a> {
    #[serde(flatten)]
    card: &'a Card,
    /// Null where its crate was not measured.
    costs: Option<&'a CrateCosts>,
}

pub fn run(arguments: &ListArguments) -> anyhow::Result<u8> {
    let cards: Vec<_> = lineup::models().iter().map(|model| model.card()).collect();
    let costs = match (&arguments.from, arguments.costs) {
        (Some(file), _) => Some(Costs::load(file)?),
        (None, true) => Some(newest(Path::new(RESULTS))?),
        (None, false) => None,
    };
    if arguments.json {
        for card in &cards {
            let line = match &costs {
                None => serde_json::to_string(card)?,
                Some(costs) => serde_json::to_string(&WithCosts { card, costs: costs.of(&card.id) })?,
            };
            super::print::print_line(&line)?;
        }
        return Ok(FINE);
    }
    match costs {
        None => {
            super::print::print_line(&with_ideas(&cards).to_string())?;
            for (alias, id) in lineup::ALIASES {
                super::print::print_line(&format!("{alias} is another name of {id}."))?;
            }
        }
        Some(costs) => {
            super::print::print_line(&format!("{}\n{}", with_costs(&cards, &costs), notes(&costs).trim_end()))?;
        }
    }
    Ok(FINE)
}

/// The costs that were measured last.
fn newest(results: &Path) -> anyhow::Result<Costs> {
    let entries = std::fs::read_dir(results)
        .with_context(|| format!("{}: run this in a checkout, or name a file with --from", results.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let file = entry?.path().join(COSTS);
        if file.is_file() {
            found.push(Costs::load(&file)?);
        }
    }
    let newest = found.into_iter().max_by(|a, b| a.measured_at.cmp(&b.measured_at));
    newest.with_context(|| format!("there is no {}/*/{COSTS}: scripts/costs.sh makes one", results.display()))
}

fn table(titles: impl IntoIterator<Item = &'static str>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(titles);
    table
}

fn with_ideas(cards: &[Card]) -> Table {
    let mut table = table(["model", "label", "client", "in flight", "idea", "caps its libraries hide"]);
    for card in cards {
        let caps: Vec<String> = card.hidden_caps.iter().map(|cap| format!("{}: {}", cap.what, cap.here)).collect();
        let idea = match &card.historical {
            Some(why) => format!("{} {why}", card.idea),
            None => card.idea.clone(),
        };
        let client = format!("{} ({})", card.client, software::versions(&card.crates));
        let label = card.label.as_str().to_owned();
        table.add_row([card.id.clone(), label, client, peak(card.declared_peak), idea, caps.join("\n")]);
    }
    table
}

fn with_costs(cards: &[Card], costs: &Costs) -> Table {
    let mut table = table(["model", "label", "in flight"].into_iter().chain(COLUMNS));
    for card in cards {
        let of_card = [card.id.clone(), card.label.as_str().to_owned(), peak(card.declared_peak)];
        let of_crate = match costs.of(&card.id) {
            Some(of_crate) => cells(costs, of_crate),
            None => COLUMNS.map(|_| "not measured".to_owned()),
        };
        table.add_row(of_card.into_iter().chain(of_crate));
    }
    table
}

pub(super) fn peak(declared: DeclaredPeak) -> String {
    match declared {
        DeclaredPeak::Concurrency => "C".to_owned(),
        DeclaredPeak::Cpus => "min(C, CPUs)".to_owned(),
        DeclaredPeak::AtMost(peak) => format!("min(C, {peak})"),
        DeclaredPeak::AtMostPerHost(peak) => format!("min(C, {peak} a host)"),
        DeclaredPeak::AboutPerHost(peak) => format!("min(C, about {peak} a host)"),
    }
}
