//! `inflight list`: every model with its card.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use inflight::{lineup, software};
use inflight_record::DeclaredPeak;

use super::{FINE, ListArguments};

pub fn run(arguments: &ListArguments) -> anyhow::Result<u8> {
    let cards: Vec<_> = lineup::models().iter().map(|model| model.card()).collect();
    if arguments.json {
        for card in &cards {
            super::run::print_line(&serde_json::to_string(card)?)?;
        }
        return Ok(FINE);
    }
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["model", "label", "client", "in flight", "idea", "caps its libraries hide"]);
    for card in &cards {
        let peak = match card.declared_peak {
            DeclaredPeak::Concurrency => "C".to_owned(),
            DeclaredPeak::Cpus => "min(C, CPUs)".to_owned(),
            DeclaredPeak::AtMost(peak) => format!("min(C, {peak})"),
            DeclaredPeak::AtMostPerHost(peak) => format!("min(C, {peak} a host)"),
        };
        let caps: Vec<String> = card.hidden_caps.iter().map(|cap| format!("{}: {}", cap.what, cap.here)).collect();
        let idea = match &card.historical {
            Some(why) => format!("{} {why}", card.idea),
            None => card.idea.clone(),
        };
        let client = format!("{} ({})", card.client, software::versions(&card.crates));
        table.add_row([card.id.clone(), card.label.as_str().to_owned(), client, peak, idea, caps.join("\n")]);
    }
    super::run::print_line(&table.to_string())?;
    for (alias, id) in lineup::ALIASES {
        super::run::print_line(&format!("{alias} is another name of {id}."))?;
    }
    Ok(FINE)
}
