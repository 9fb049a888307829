//! `inflight doctor`: what this machine allows, and how to allow more.

use std::fs;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use inflight::software;
use inflight_harness::plan::Cpus;
use inflight_harness::probes::machine;
use inflight_harness::{child, guards, limits};
use inflight_record::Placement;

use super::FINE;

pub fn run() -> anyhow::Result<u8> {
    let environment = software::environment();
    let (machine, limits) = (&environment.machine, &environment.limits);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["what", "here", "what it means", "how to change it"]);
    let ceilings = limits::ceilings(limits);
    for ceiling in &ceilings {
        let whom = if ceiling.threads_only { " for models with a thread a request" } else { "" };
        let meaning = format!("C up to {}{whom}", ceiling.concurrency);
        table.add_row([ceiling.name, &ceiling.value.to_string(), &meaning, ceiling.raise]);
    }
    let lowest = ceilings.iter().filter(|ceiling| !ceiling.threads_only).map(|ceiling| ceiling.concurrency).min();
    let mut row = |what: &str, here: String, meaning: &str, change: &str| {
        table.add_row([what, here.as_str(), meaning, change]);
    };
    let queue = if limits.somaxconn < lowest.unwrap_or(0) {
        "a burst of more connections than this may overflow the accept queue; the counters will tell"
    } else {
        "longer than any burst that the limits above allow"
    };
    row("accept queue (somaxconn)", limits.somaxconn.to_string(), queue, "sysctl net.core.somaxconn=65535");
    let tw = match limits.tcp_tw_reuse {
        0 => "not used again for 60 s: models that reconnect for each request can run out of ports",
        _ => "used again after 1 s on loopback",
    };
    row("ports in TIME_WAIT", machine::time_wait().to_string(), tw, "sysctl net.ipv4.tcp_tw_reuse=2");
    let cpus = Cpus::dealt(Placement::Split, &machine.cpus);
    let placed = format!("{}: server on {:?}, workers on {:?}", cpus.placement, cpus.server, cpus.worker);
    row("CPUs", machine.cpus.len().to_string(), &placed, "taskset, cpuset, or a machine with more");
    let governor = machine.governor.clone().unwrap_or_else(|| "not visible".to_owned());
    row(
        "frequency governor",
        governor,
        "a changing frequency changes CPU time",
        "cpupower frequency-set -g performance",
    );
    let pacing = if limits.tcp_congestion_control == "bbr" { "paces what it sends" } else { "does not pace" };
    row(
        "TCP congestion control",
        limits.tcp_congestion_control.clone(),
        pacing,
        "sysctl net.ipv4.tcp_congestion_control=cubic",
    );
    row("clock source", machine.clock_source.clone(), "tsc is read without a system call", "clocksource= at boot");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    row("load average", load, "of 1, 5 and 15 minutes; our own batches count in it", "end what runs beside");
    let foreign = guards::foreign_share() * 100.0;
    let meaning = if foreign > 10.0 { "above 10 %: batches would be flagged" } else { "below 10 %: fit to measure" };
    row("foreign load now", format!("{foreign:.0} % of a core"), meaning, "end what runs beside");
    super::print::print_line(&table.to_string())?;
    super::print::print_line(&format!(
        "With these limits C may be up to {}. This process may use CPUs {:?}.",
        lowest.unwrap_or(0),
        child::allowed_cpus()
    ))?;
    Ok(FINE)
}
