//! `inflight advise`: which models to take for a workload, by what was measured.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use inflight_record::Workload;
use inflight_record::text::{self, DelayText};
use inflight_report::advise::{self, Question};
use inflight_report::{Library, Style};

use super::{ConnectionsWord, FINE, NO_ANSWER};

#[derive(Debug, Args)]
pub struct AdviseArguments {
    /// N: how many requests are to be made.
    #[arg(long, value_name = "N")]
    requests: u64,
    /// C: how many may be in flight at once; 1 to N.
    #[arg(long, value_name = "C")]
    concurrency: u64,
    /// D: how long the server takes for each response: 0, 50ms, 1.5s; or lognormal:50ms:0.6.
    #[arg(long, value_name = "D", value_parser = text::delay, allow_hyphen_values = true)]
    delay: DelayText,
    /// Bytes of each body: 200, 1KiB, 1MiB.
    #[arg(long, value_name = "SIZE", default_value = "1KiB", value_parser = text::size)]
    body: u64,
    /// cold: connecting is part of the time; warm: connections are there.
    #[arg(long, value_enum, default_value_t = ConnectionsWord::Cold)]
    connections: ConnectionsWord,
    /// Over how many hosts the URLs are spread.
    #[arg(long, value_name = "H", default_value_t = 1)]
    hosts: u64,
    /// How many requests the server serves at once, where that is limited.
    #[arg(long, value_name = "K")]
    capacity: Option<u64>,
    /// Only by what was measured on this machine: the beginning of its environment id. By each machine where none is named.
    #[arg(long, value_name = "ENV")]
    machine: Option<String>,
    /// Where the studies lie: all directories below it that hold one are read.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Print the text as Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &AdviseArguments) -> anyhow::Result<u8> {
    let workload = Workload {
        requests: arguments.requests,
        concurrency: arguments.concurrency,
        delay_ns: arguments.delay.ns,
        // Whatever the draw: studies of the same median and sigma are compared.
        lognormal: arguments.delay.lognormal(0),
        body_bytes: arguments.body,
        connections: arguments.connections.into(),
        hosts: arguments.hosts,
        capacity: arguments.capacity,
        crawl: None,
    };
    workload.validate()?;
    let library = Library::open(&arguments.results)?;
    let studies = advise::studies(&library)?;
    let question = Question { workload, machine: arguments.machine.clone() };
    let advice =
        advise::advise(&question, &studies).with_context(|| format!("--results {}", arguments.results.display()))?;
    let style = if arguments.markdown { Style::Markdown } else { Style::Terminal };
    let text = if arguments.json { advice.to_json() } else { advise::text(&advice, style) };
    super::print::print_line(text.trim_end())?;
    Ok(if advice.answers() { FINE } else { NO_ANSWER })
}
