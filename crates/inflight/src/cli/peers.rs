//! `inflight peers`: which programs from outside there are, and whether each is installed and passes the witness.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use inflight::comparison::{Choices, gather_until, plan};
use inflight::{peers, software};
use inflight_harness::driver::DriverError;
use inflight_harness::plan::Contender;
use inflight_record::peers::Peer;
use inflight_record::{Connections, Flag, Outcome, Record, Workload};

use super::print::print_line;
use super::{FINE, INTERRUPTED, SOMETHING_FAILED};

#[derive(Debug, Args)]
pub struct PeersArguments {
    #[command(subcommand)]
    command: PeersCommand,
}

#[derive(Debug, Subcommand)]
enum PeersCommand {
    /// Names every peer with its client, what it declares and hides, and how to get it.
    List(Which),
    /// Says for each peer whether it is installed, which versions it tells, and whether it passes the witness on a small
    /// batch, cold and warm.
    ///
    /// Exit code: 0 all that are installed pass; 1 one does not, or one that was asked for by name is not installed;
    /// 2 bad input; 130 interrupted.
    Check(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// all, installed, or ids with commas between them.
    #[arg(default_value = "all")]
    ids: String,
    /// The list of peers.
    #[arg(long, value_name = "FILE", default_value = peers::FILE)]
    peers_file: PathBuf,
}

/// So many at once that the usual pools (10, 20, 50) show, for as long as the witness needs to see one; short enough for a
/// peer that fetches one after the other.
const SMALL: Workload = Workload::new(120, 60, 100_000_000);

pub fn run(arguments: &PeersArguments) -> anyhow::Result<u8> {
    match &arguments.command {
        PeersCommand::List(which) => {
            let known = peers::load(&which.peers_file)?;
            for contender in peers::choose(&which.ids, known.clone())? {
                print_line(&described(&contender, &known))?;
            }
            Ok(FINE)
        }
        PeersCommand::Check(which) => check(which),
    }
}

fn described(contender: &Contender, known: &[Peer]) -> String {
    let card = &contender.card;
    let install = known.iter().find(|peer| peer.card.id == card.id).map_or("", |peer| peer.install.as_str());
    let state = if contender.lacks.is_none() { "installed" } else { "not installed" };
    let caps: String = card.hidden_caps.iter().map(|cap| format!("\n    caps {}: {}", cap.what, cap.here)).collect();
    format!(
        "{} · {} · {} · in flight {} · {state} ({install})\n    {}{caps}",
        card.id,
        card.label.as_str(),
        card.client,
        super::list::peak(card.declared_peak),
        card.idea
    )
}

fn check(which: &Which) -> anyhow::Result<u8> {
    let inflight = std::env::current_exe().context("cannot find this binary to start its server")?;
    let environment = software::environment();
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot handle Ctrl-C")?;
    let by_name = !matches!(which.ids.trim(), "all" | "installed");
    let mut fine = true;
    for contender in peers::choose(&which.ids, peers::load(&which.peers_file)?)? {
        let arm = contender.arm.clone();
        if let Some(lacks) = &contender.lacks {
            print_line(&format!("{arm}: {lacks}"))?;
            fine &= !by_name;
            continue;
        }
        let mut versions = None;
        let mut verdicts = Vec::new();
        for connections in [Connections::Cold, Connections::Warm] {
            let workload = Workload { connections, ..SMALL };
            let choices = Choices::for_bench(&workload, vec![contender.clone()], 1);
            let mut records = match gather_until(&plan(choices, &environment, &inflight), &stop) {
                Err(DriverError::Interrupted) => return Ok(INTERRUPTED),
                records => records?,
            };
            let record = records.pop().context("the driver left no record")?;
            fine &= matches!(record.outcome, Outcome::Ok | Outcome::Counted | Outcome::Skipped);
            verdicts.push(verdict(&record));
            versions = versions.or(record.model.client_version);
        }
        let versions = versions.unwrap_or_else(|| "no versions told".to_owned());
        print_line(&format!("{arm}: {versions} · {}", verdicts.join(" · ")))?;
    }
    Ok(if fine { FINE } else { SOMETHING_FAILED })
}

/// `cold ok, 120 requests proved`, or what was wrong.
fn verdict(record: &Record) -> String {
    let connections = record.workload.connections.as_str();
    let requests = record.ledger.map_or(0, |ledger| ledger.requests);
    match (record.outcome, &record.reason) {
        (Outcome::Ok, _) if record.flags.contains(&Flag::Underfilled) => {
            format!("{connections} ok, {requests} requests proved, but fewer in flight than declared")
        }
        (Outcome::Ok, _) => format!("{connections} ok, {requests} requests proved"),
        (Outcome::Counted, _) => format!("{connections} counted, {requests} requests"),
        (outcome, reason) => {
            format!("{connections} {}: {}", outcome.as_str(), reason.as_deref().unwrap_or("no reason"))
        }
    }
}
