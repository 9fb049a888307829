//! What all tables have in common: how they are drawn, and the lines above them on workload and machine.

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use inflight_record::{Machine, Software, Workload};

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines, for a terminal.
    Terminal,
    /// Markdown, for a README.
    Markdown,
}

impl Style {
    /// An empty table with these columns; those from `first_number` to the last but one hold numbers.
    pub(crate) fn table(self, columns: &[&str], first_number: usize) -> Table {
        let mut table = Table::new();
        table.load_style(match self {
            Self::Terminal => UTF8_FULL_CONDENSED,
            Self::Markdown => ASCII_MARKDOWN,
        });
        // Broken into lines where a terminal is too narrow; whole everywhere else.
        table.set_content_arrangement(match self {
            Self::Terminal => ContentArrangement::Dynamic,
            Self::Markdown => ContentArrangement::Disabled,
        });
        table.set_header(columns);
        for column in first_number..columns.len() - 1 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    /// The table as text, with nothing behind it that would be taken for a row.
    pub(crate) fn text(self, table: &Table) -> String {
        match self {
            Self::Terminal => format!("{table}\n"),
            // Without the empty line the notes would be rows.
            Self::Markdown => format!("{table}\n\n"),
        }
    }

    /// A name in a cell: what would end the cell, or begin a tag, is itself.
    pub(crate) fn name(self, name: &str) -> String {
        match self {
            Self::Terminal => name.to_owned(),
            Self::Markdown => name.replace('|', "\\|").replace('<', "&lt;").replace('\n', " "),
        }
    }

    /// Lines that stay lines.
    pub(crate) fn lines(self, text: &str) -> String {
        match self {
            Self::Terminal => text.to_owned(),
            Self::Markdown => text.replace('\n', "  \n"),
        }
    }
}

/// The workload in words.
pub(crate) fn describe(workload: &Workload) -> String {
    let held = match workload.lognormal {
        None => format!("each held for {}", workload.delay_text()),
        Some(lognormal) => format!(
            "each held for a delay of its own ({}: median and sigma; seed {})",
            workload.delay_text(),
            lognormal.seed
        ),
    };
    let hosts = if workload.hosts == 1 { String::new() } else { format!(" to {} hosts", workload.hosts) };
    let capacity = workload.capacity.map_or_else(String::new, |it| format!(", a server that serves K = {it} at once"));
    format!(
        "{} requests, {} in flight, {held}, bodies of {} B, {} connections{hosts}{capacity}",
        workload.requests,
        workload.concurrency,
        workload.body_bytes,
        workload.connections.as_str()
    )
}

/// How the ideal of the workload comes about.
pub(crate) fn ideal_formula(workload: &Workload) -> String {
    // A capacity of C or more binds nobody.
    let at_once = if workload.capacity.is_some_and(|capacity| capacity < workload.concurrency) { "K" } else { "C" };
    match workload.lognormal {
        None => format!("⌈N/{at_once}⌉ · D"),
        Some(_) => format!("max(longest delay, sum of delays / {at_once})"),
    }
}

/// The machine and the build in words.
pub(crate) fn machine(machine: &Machine, software: &Software) -> String {
    format!(
        "{} · {} CPUs · {} · Linux {} · inflight {} ({})",
        machine.cpu_model,
        machine.cpus.len(),
        machine.os,
        machine.kernel,
        software.inflight,
        software.commit,
    )
}

/// Where server and workers ran.
pub(crate) fn placement(placement: &str, server_cpus: &[u32], worker_cpus: &[u32]) -> String {
    format!("placement {placement}: server on CPU {}, worker on CPU {}", list(server_cpus), list(worker_cpus))
}

fn list(cpus: &[u32]) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
