//! The comparison table of one workload, for a terminal or a README.

mod crawl;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use inflight_record::{Environment, Label, Outcome, Record, Row, WorkloadFigures};

use crate::cells::{Cell, Spread, cells};
pub use crate::style::Style;
use crate::style::{describe, ideal_formula, machine, placement};
use crate::summary::{NONE, RoundTrips};
use crate::units::{bytes, duration, three};
use crate::yardstick::{self, Counted};

const COLUMNS: [&str; 11] = [
    "model",
    "makespan",
    "range",
    "× ideal",
    "excess",
    "CPU/request",
    "peak memory",
    "threads",
    "connections",
    "p99 latency",
    "batches and flags",
];

/// What stands above a table: workload, ideal, CPUs, machine and date, from the records and their environment.
#[must_use]
pub fn header(records: &[Record], environment: Option<&Environment>) -> String {
    let Some(first) = records.first() else { return "no records\n".to_owned() };
    let workload = &first.workload;
    let mut text = format!("{}\n", describe(&workload.workload()));
    let _ = writeln!(
        text,
        "{}; {}; {}",
        ideal(first),
        order(records),
        placement(&workload.placement, &first.server_cpus, &first.cpus),
    );
    text.push_str(&away(records));
    if let Some(environment) = environment {
        let date = first.started_at.split('T').next().unwrap_or_default();
        let _ = writeln!(text, "{} · {date}", machine(&environment.machine, &environment.software));
        if let Some(server) = &environment.server {
            let _ = writeln!(text, "server on {}", machine(&server.machine, &server.software));
        }
    }
    text
}

/// How far away the server was, where it was elsewhere: what the bound leaves out.
fn away(records: &[Record]) -> String {
    let trips = records.iter().filter_map(|record| record.round_trip).map(|it| it.pair_ns());
    RoundTrips::of(trips).map_or_else(String::new, |trips| trips.text() + "\n")
}

#[expect(clippy::cast_precision_loss, reason = "printed with three digits")]
fn ideal(record: &Record) -> String {
    let workload = record.workload.workload();
    if workload.delay_ns == 0 {
        return "no ideal at D = 0".to_owned();
    }
    let formula = ideal_formula(&workload);
    format!("ideal {} ({formula})", duration(record.ideal_ns as f64))
}

/// Whether the rounds were interleaved, as far as the records show it, and the seed of their orders.
fn order(records: &[Record]) -> String {
    let rounds: BTreeSet<(&str, u32)> = records.iter().map(|record| (record.study_id.as_str(), record.round)).collect();
    if rounds.len() == records.len() && records.iter().any(|record| record.arm != records[0].arm) {
        return "one model after the other, not interleaved".to_owned();
    }
    let plural = if rounds.len() == 1 { "" } else { "s" };
    format!("{} round{plural} in random order, seed {}", rounds.len(), records[0].seed)
}

/// Header and table of each workload, placement and environment among the records, in the order of their first record.
#[must_use]
pub fn tables(records: &[Record], environments: &[Environment], style: Style) -> String {
    let key = |record: &Record| {
        // The slug leaves out the seed of delays that vary, and with it goes the ideal; and the seed and store of a crawl.
        let WorkloadFigures { slug, lognormal, crawl, placement, .. } = &record.workload;
        (slug.clone(), *lognormal, crawl.clone(), placement.clone(), record.environment_id.clone())
    };
    let mut keys = Vec::new();
    for record in records {
        if !keys.contains(&key(record)) {
            keys.push(key(record));
        }
    }
    let mut text = String::new();
    for wanted in keys {
        let group: Vec<Record> = records.iter().filter(|record| key(record) == wanted).cloned().collect();
        let environment = environments.iter().find(|environment| environment.environment_id == wanted.4);
        let above = style.lines(&header(&group, environment));
        let _ = writeln!(text, "{above}\n{}", table(&group, style));
    }
    text
}

/// The table of one workload's records, with notes under it on what the figures are and what was left out.
#[must_use]
pub fn table(records: &[Record], style: Style) -> String {
    let cells = cells(records);
    let (yardsticks, models): (Vec<&Cell<'_>>, Vec<_>) = cells.iter().partition(|cell| cell.is_of(Label::Yardstick));
    let is_crawl = records.first().is_some_and(|record| record.workload.crawl.is_some());
    let columns: &[&str] = if is_crawl { &crawl::COLUMNS } else { &COLUMNS };
    let mut table = style.table(columns, 1);
    for cell in models {
        table.add_row(if is_crawl { crawl::row(cell) } else { row(cell) });
    }
    let mut text = style.text(&table);
    text.push_str(&yardstick::table(yardsticks.into_iter().map(yardstick_line), style));
    text.push_str(if is_crawl { crawl::NOTE } else { NOTE });
    notes(&mut text, records, &cells);
    text
}

const NOTE: &str = "Medians over the rounds, makespan with its range; no ranks: so few rounds cannot carry them. Memory is the peak above the harness's own; latency counts from send.\n";

fn yardstick_line<'a>(cell: &Cell<'a>) -> yardstick::Line<'a> {
    let counted: Vec<Counted> = cell.records.iter().filter_map(|record| Counted::of(&Row::from(*record))).collect();
    let middle =
        |of: fn(&Counted) -> Option<f64>| inflight_stats::median(&counted.iter().filter_map(of).collect::<Vec<_>>());
    yardstick::Line {
        name: cell.arm,
        answers_per_second: middle(|it| it.answers_per_second),
        cpu_per_request: middle(|it| it.cpu_per_request_ns).map_or_else(|| "–".to_owned(), duration),
        batches: standing(cell),
    }
}

/// The median in its unit; a dash where there is none.
fn show(spread: Option<Spread>, unit: fn(f64) -> String) -> String {
    spread.map_or_else(|| NONE.to_owned(), |spread| unit(spread.median))
}

/// From the least to the greatest; a dash where there is none.
fn range(spread: Option<Spread>) -> String {
    spread.map_or_else(|| NONE.to_owned(), |it| format!("{} – {}", duration(it.least), duration(it.greatest)))
}

/// A count without a unit.
fn whole(count: f64) -> String {
    format!("{count:.0}")
}

fn row(cell: &Cell<'_>) -> Vec<String> {
    let makespan = cell.time(|record| record.makespan_ns);
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
    let ideal = cell.records.first().map_or(0.0, |record| record.ideal_ns as f64);
    let times_ideal = makespan
        .filter(|_| ideal > 0.0)
        .map_or_else(|| NONE.to_owned(), |spread| format!("{} ×", three(spread.median / ideal)));
    vec![
        cell.arm.to_owned(),
        show(makespan, duration),
        range(makespan),
        times_ideal,
        show(cell.excess_ns().filter(|_| ideal > 0.0), duration),
        show(cell.cost(Record::cpu_per_request_ns), duration),
        show(cell.count(|record| record.memory.map(inflight_record::Memory::model_bytes)), bytes),
        show(cell.count(|record| record.threads_peak), whole),
        show(cell.count(|record| record.ledger.map(|ledger| ledger.connections)), whole),
        show(cell.time(|record| record.latency.map(|latency| latency.from_send_ns.p99)), duration),
        standing(cell),
    ]
}

/// How many batches ended how, and which flags they carry: `5 ok, 1 without times: steal 1`.
fn standing(cell: &Cell<'_>) -> String {
    let outcomes =
        [Outcome::Ok, Outcome::Counted, Outcome::Failed, Outcome::Timeout, Outcome::Invalid, Outcome::Skipped];
    let mut text = outcomes
        .iter()
        .filter(|outcome| cell.ended(**outcome) > 0)
        .map(|outcome| format!("{} {}", cell.ended(*outcome), outcome.as_str()))
        .collect::<Vec<_>>()
        .join(", ");
    if cell.times_excluded() > 0 {
        let _ = write!(text, ", {} without times", cell.times_excluded());
    }
    let flags: Vec<String> = cell.flags().iter().map(|(flag, count)| format!("{} {count}", flag.as_str())).collect();
    if !flags.is_empty() {
        let _ = write!(text, ": {}", flags.join(", "));
    }
    text
}

fn notes(text: &mut String, records: &[Record], cells: &[Cell<'_>]) {
    if records.first().is_some_and(|record| record.workload.delay_ns == 0) {
        text.push_str("At D = 0 there is no ideal, how many were in flight cannot be seen and was not checked, and either side may be the bottleneck: compare CPU/request only.\n");
    }
    if cells.iter().any(|cell| cell.times_excluded() > 0) {
        text.push_str("Batches without times are kept, and left out of makespan, × ideal, excess and latency by the fixed rules of METHODOLOGY.md, \"Flags\".\n");
    }
    for cell in cells {
        crawl::given_up(text, cell);
        let mut seen = Vec::new();
        for record in &cell.records {
            if let Some(reason) = &record.reason
                && !seen.contains(&reason)
            {
                seen.push(reason);
                let _ = writeln!(text, "{} · {}: {reason}", record.arm, record.outcome.as_str());
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
