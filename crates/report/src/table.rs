//! The comparison table of one workload, for a terminal or a README.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use inflight_record::workload::short_duration;
use inflight_record::{Environment, Outcome, Record, WorkloadFigures};

use crate::cells::{Cell, Spread, cells};
use crate::units::{bytes, duration, three};

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines, for a terminal.
    Terminal,
    /// Markdown, for a README.
    Markdown,
}

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
    let mut text = format!("{}\n", describe(workload));
    let _ = writeln!(
        text,
        "{}; {}; placement {}: server on CPU {}, worker on CPU {}",
        ideal(first),
        order(records),
        workload.placement,
        list(&first.server_cpus),
        list(&first.cpus),
    );
    if let Some(environment) = environment {
        let machine = &environment.machine;
        let _ = writeln!(
            text,
            "{} · {} CPUs · {} · Linux {} · inflight {} ({}) · {}",
            machine.cpu_model,
            machine.cpus.len(),
            machine.os,
            machine.kernel,
            environment.software.inflight,
            environment.software.commit,
            first.started_at.split('T').next().unwrap_or_default(),
        );
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "printed with three digits")]
fn ideal(record: &Record) -> String {
    let workload = &record.workload;
    if workload.delay_ns == 0 {
        return "no ideal at D = 0".to_owned();
    }
    // A capacity of C or more binds nobody.
    let at_once = if workload.capacity.is_some_and(|capacity| capacity < workload.concurrency) { "K" } else { "C" };
    let formula = match workload.lognormal {
        None => format!("⌈N/{at_once}⌉ · D"),
        Some(_) => format!("max(longest delay, sum of delays / {at_once})"),
    };
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

/// The workload in words.
fn describe(workload: &WorkloadFigures) -> String {
    let held = match workload.lognormal {
        None => format!("each held for {}", short_duration(workload.delay_ns)),
        Some(lognormal) => format!(
            "each held for a delay of its own ({}: median and sigma; seed {})",
            workload.workload().delay_text(),
            lognormal.seed
        ),
    };
    let mut text = format!(
        "{} requests, {} in flight, {held}, bodies of {} B, {} connections",
        workload.requests,
        workload.concurrency,
        workload.body_bytes,
        workload.connections.as_str()
    );
    if workload.hosts > 1 {
        let _ = write!(text, " to {} hosts", workload.hosts);
    }
    if let Some(capacity) = workload.capacity {
        let _ = write!(text, ", a server that serves K = {capacity} at once");
    }
    text
}

fn list(cpus: &[u32]) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// Header and table of each workload, placement and environment among the records, in the order of their first record.
#[must_use]
pub fn tables(records: &[Record], environments: &[Environment], style: Style) -> String {
    let key = |record: &Record| {
        // The slug leaves out the seed of delays that vary, and with it goes the ideal.
        let WorkloadFigures { slug, lognormal, placement, .. } = &record.workload;
        (slug.clone(), *lognormal, placement.clone(), record.environment_id.clone())
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
        let environment = environments.iter().find(|environment| environment.environment_id == wanted.3);
        let mut above = header(&group, environment);
        if style == Style::Markdown {
            // Lines that stay lines.
            above = above.replace('\n', "  \n");
        }
        let _ = writeln!(text, "{above}\n{}", table(&group, style));
    }
    text
}

/// The table of one workload's records, with notes under it on what the figures are and what was left out.
#[must_use]
pub fn table(records: &[Record], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Terminal => UTF8_FULL_CONDENSED,
        Style::Markdown => ASCII_MARKDOWN,
    });
    // Broken into lines where a terminal is too narrow; whole everywhere else.
    table.set_content_arrangement(match style {
        Style::Terminal => ContentArrangement::Dynamic,
        Style::Markdown => ContentArrangement::Disabled,
    });
    table.set_header(COLUMNS);
    for column in 1..COLUMNS.len() - 1 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let cells = cells(records);
    for cell in &cells {
        table.add_row(row(cell));
    }
    let mut text = format!("{table}\n");
    if style == Style::Markdown {
        // Without it the notes would be rows.
        text.push('\n');
    }
    notes(&mut text, records, &cells);
    text
}

fn row(cell: &Cell<'_>) -> Vec<String> {
    let show = |spread: Option<Spread>, unit: fn(f64) -> String| {
        spread.map_or_else(|| "–".to_owned(), |spread| unit(spread.median))
    };
    let makespan = cell.time(|record| record.makespan_ns);
    let range = makespan
        .map_or_else(|| "–".to_owned(), |spread| format!("{} – {}", duration(spread.least), duration(spread.greatest)));
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
    let ideal = cell.records.first().map_or(0.0, |record| record.ideal_ns as f64);
    let times_ideal = makespan
        .filter(|_| ideal > 0.0)
        .map_or_else(|| "–".to_owned(), |spread| format!("{} ×", three(spread.median / ideal)));
    vec![
        cell.arm.to_owned(),
        show(makespan, duration),
        range,
        times_ideal,
        show(cell.excess_ns().filter(|_| ideal > 0.0), duration),
        show(cell.cost(Record::cpu_per_request_ns), duration),
        show(cell.count(|record| record.memory.map(inflight_record::Memory::model_bytes)), bytes),
        show(cell.count(|record| record.threads_peak), |count| format!("{count:.0}")),
        show(cell.count(|record| record.ledger.map(|ledger| ledger.connections)), |count| format!("{count:.0}")),
        show(cell.time(|record| record.latency.map(|latency| latency.from_send_ns.p99)), duration),
        standing(cell),
    ]
}

/// How many batches ended how, and which flags they carry: `5 ok, 1 without times: steal 1`.
fn standing(cell: &Cell<'_>) -> String {
    let outcomes = [Outcome::Ok, Outcome::Failed, Outcome::Timeout, Outcome::Invalid, Outcome::Skipped];
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
    text.push_str(
        "Medians over the rounds, makespan with its range; no ranks: so few rounds cannot carry them. Memory is the peak above the harness's own; latency counts from send.\n",
    );
    if records.first().is_some_and(|record| record.workload.delay_ns == 0) {
        text.push_str("At D = 0 there is no ideal, how many were in flight cannot be seen and was not checked, and either side may be the bottleneck: compare CPU/request only.\n");
    }
    if cells.iter().any(|cell| cell.times_excluded() > 0) {
        text.push_str("Batches without times are kept, and left out of makespan, × ideal, excess and latency by the fixed rules of METHODOLOGY.md, \"Flags\".\n");
    }
    for cell in cells {
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
mod tests;
