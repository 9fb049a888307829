//! What all tables have in common: how they are drawn, and the lines above them on workload and machine.

use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use inflight_record::crawl::Phases;
use inflight_record::{Crawl, Machine, Software, Workload};

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
    if let Some(crawl) = &workload.crawl {
        return describe_crawl(workload, crawl);
    }
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

/// `a crawl of 100 lists and their 1800 books, all lists first, 100 in flight, each page held for 50ms, stored in sqlite, cold
/// connections`.
fn describe_crawl(workload: &Workload, crawl: &Crawl) -> String {
    let site = &crawl.site;
    let phases = match crawl.phases {
        Phases::Barrier => "all lists first",
        Phases::Pipelined => "each detail as soon as its list is in",
    };
    let resume = if crawl.resume { ", going on with what was stored" } else { "" };
    let faults = if site.faults_per_mille > 0 { format!(", {}", faults(crawl)) } else { String::new() };
    let lists = if site.lists == 1 { "1 list and its".to_owned() } else { format!("{} lists and their", site.lists) };
    format!(
        "a crawl of {lists} {} {}, {phases}, {} in flight, each page held for {}, {}, {} connections{faults}{resume}",
        site.details(),
        site.catalogue.as_str(),
        workload.concurrency,
        workload.delay_text(),
        stored(crawl),
        workload.connections.as_str()
    )
}

/// Where a crawl is stored, in words.
pub(crate) fn stored(crawl: &Crawl) -> String {
    match crawl.store_kind() {
        "none" => "not stored".to_owned(),
        kind => format!("stored in {kind}"),
    }
}

/// The faults of a crawl and what is done about them, in words.
pub(crate) fn faults(crawl: &Crawl) -> String {
    let percent = f64::from(crawl.site.faults_per_mille) / 10.0;
    let retries = match crawl.retries {
        1 => "1 retry".to_owned(),
        retries => format!("{retries} retries"),
    };
    format!("faults in {percent} % of the attempts, {retries}")
}

/// How the ideal of the workload comes about.
pub(crate) fn ideal_formula(workload: &Workload) -> String {
    match workload.crawl.as_ref().map(|crawl| crawl.phases) {
        Some(Phases::Barrier) => return "(⌈L/C⌉ + ⌈M/C⌉) · D".to_owned(),
        Some(Phases::Pipelined) => return "max(2, ⌈(L + M)/C⌉) · D".to_owned(),
        None => {}
    }
    // A capacity of C or more binds nobody.
    let at_once = if workload.capacity.is_some_and(|capacity| capacity < workload.concurrency) { "K" } else { "C" };
    match workload.lognormal {
        None => format!("⌈N/{at_once}⌉ · D"),
        Some(_) => format!("max(longest delay, sum of delays / {at_once})"),
    }
}

/// The machine and the build in words; a machine that is restricted is called so.
pub(crate) fn machine(machine: &Machine, software: &Software) -> String {
    format!(
        "{} · {} · {} · Linux {} · inflight {} ({})",
        machine.title(),
        machine.cpus_text(),
        machine.os,
        machine.kernel,
        software.inflight,
        software.commit,
    )
}

/// Where server and workers ran.
pub(crate) fn placement(placement: &str, server_cpus: &[u32], worker_cpus: &[u32]) -> String {
    if placement == "remote" {
        let (server, worker) = (list(server_cpus), list(worker_cpus));
        return format!("placement remote: server on another machine's CPU {server}, worker on CPU {worker}");
    }
    format!("placement {placement}: server on CPU {}, worker on CPU {}", list(server_cpus), list(worker_cpus))
}

fn list(cpus: &[u32]) -> String {
    cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
