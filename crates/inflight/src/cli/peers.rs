//! `inflight peers`: which programs from outside there are, and whether each is installed and passes the witness.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use inflight::comparison::{Choices, gather, plan};
use inflight::{peers, software};
use inflight_harness::plan::Contender;
use inflight_record::peers::Peer;
use inflight_record::{Connections, Environment, Outcome, Record, Workload};

use super::run::print_line;
use super::{FINE, SOMETHING_FAILED};

#[derive(Debug, Args)]
pub struct PeersArguments {
    #[command(subcommand)]
    command: PeersCommand,
}

#[derive(Debug, Subcommand)]
enum PeersCommand {
    /// Names every peer with its client, what it declares, and how to get it.
    List(Which),
    /// Says for each peer whether it is installed, which versions it tells, and whether it passes the witness on a small
    /// batch, cold and warm.
    ///
    /// Exit code: 0 all that are installed pass; 1 one does not, or one that was asked for by name is not installed;
    /// 2 bad input.
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

/// Small enough for a peer that takes a second to start, large enough that a wrong pool or a lost token shows.
const SMALL: Workload = Workload::new(60, 12, 20_000_000);

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
    format!("{} · {} · {} · {state} ({install})\n    {}", card.id, card.label.as_str(), card.client, card.idea)
}

fn check(which: &Which) -> anyhow::Result<u8> {
    let inflight = std::env::current_exe().context("cannot find this binary to start its server")?;
    let environment = software::environment();
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
            let record = batch(&contender, connections, &environment, &inflight)?;
            fine &= matches!(record.outcome, Outcome::Ok | Outcome::Counted | Outcome::Skipped);
            verdicts.push(verdict(&record));
            versions = versions.or(record.model.client_version);
        }
        let versions = versions.unwrap_or_else(|| "no versions told".to_owned());
        print_line(&format!("{arm}: {versions} · {}", verdicts.join(" · ")))?;
    }
    Ok(if fine { FINE } else { SOMETHING_FAILED })
}

fn batch(
    contender: &Contender,
    connections: Connections,
    environment: &Environment,
    inflight: &Path,
) -> anyhow::Result<Record> {
    let workload = Workload { connections, ..SMALL };
    let choices = Choices::for_bench(&workload, vec![contender.clone()], 1);
    let mut records = gather(&plan(choices, environment, inflight))?;
    records.pop().context("the driver left no record")
}

/// `cold ok, 60 requests proved`, or what was wrong.
fn verdict(record: &Record) -> String {
    let connections = record.workload.connections.as_str();
    let requests = record.ledger.map_or(0, |ledger| ledger.requests);
    match (record.outcome, &record.reason) {
        (Outcome::Ok, _) => format!("{connections} ok, {requests} requests proved"),
        (Outcome::Counted, _) => format!("{connections} counted, {requests} requests"),
        (outcome, reason) => {
            format!("{connections} {}: {}", outcome.as_str(), reason.as_deref().unwrap_or("no reason"))
        }
    }
}
