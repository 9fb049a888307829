//! `inflight study`: the workloads of a study file, in interleaved rounds, batch by batch on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use inflight::study::estimate::spoken;
use inflight::study::fingerprint::Fingerprint;
use inflight::study::prepare::{Overrides, Prepared, RoundsWord, prepare, try_stores};
use inflight::study::runner::{Ended, Progress, Runner};
use inflight::study::{directory, lock};
use inflight::{comparison, peers, software};
use inflight_harness::environment::named;
use inflight_harness::server::ServerAt;
use inflight_record::study::MAX_ROUNDS;
use inflight_record::{Outcome, Placement, Record, RoundsRule, Shard, text};

use super::elsewhere::ElsewhereArguments;
use super::{FINE, INTERRUPTED, SOMETHING_FAILED, placement};

/// Our own binary. Not the path that it was started by: a build in the meantime would put another one there.
const OURSELVES: &str = "/proc/self/exe";

#[derive(Debug, Args)]
pub struct StudyArguments {
    /// The study file, such as benches/studies/quick.toml.
    #[arg(required_unless_present = "watch")]
    file: Option<PathBuf>,
    /// The directory for its records: a new one, or with --resume one that was interrupted.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["fingerprint", "watch"])]
    out: Option<PathBuf>,
    /// Go on after an interruption; refused where study, build or machine differ. Starts where there is nothing yet.
    #[arg(long)]
    resume: bool,
    /// Only these of the file's workloads: ids with commas between them.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    workloads: Option<Vec<String>>,
    /// Instead of the file's models: ids with commas between them.
    #[arg(long, value_name = "ID,…")]
    models: Option<String>,
    /// Instead of the file's peers: all, installed, none, or ids with commas between them.
    #[arg(long, value_name = "ID,…")]
    peers: Option<String>,
    /// The list of peers.
    #[arg(long, value_name = "FILE", default_value = peers::FILE)]
    peers_file: PathBuf,
    /// Instead of the file's rounds: a number, or auto, which goes on until every interval is narrow enough.
    #[arg(long, value_name = "R", value_parser = parse_rounds)]
    rounds: Option<RoundsWord>,
    /// With --rounds auto: width of each interval of a ratio, from end to end, at which it stops: 2%.
    #[arg(long, value_name = "P", value_parser = text::share)]
    precision: Option<f64>,
    /// With --rounds auto: the time after which no round but the first begins: 20m.
    #[arg(long, value_name = "T", value_parser = text::limit)]
    budget: Option<Duration>,
    /// Run only the k-th of every n rounds; `inflight merge` puts the parts together.
    #[arg(long, value_name = "K/N", value_parser = parse_shard)]
    shard: Option<Shard>,
    /// Instead of the file's placement: server and workers on CPUs of their own (split), or on all (shared).
    #[arg(long, value_parser = placement(), conflicts_with = "server")]
    placement: Option<Placement>,
    /// Wait for another study on this machine to end, instead of refusing to start.
    #[arg(long)]
    wait_lock: bool,
    /// What this machine is called in the records: two nodes that are equal in all that can be seen are two machines then.
    #[arg(long, value_name = "NAME", value_parser = parse_node)]
    node: Option<String>,
    /// Start only if commit, binary and study file are those of this fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    expect: Option<Fingerprint>,
    /// Check the study, print the fingerprint of commit, binary and study file, and run nothing.
    #[arg(long, conflicts_with_all = ["out", "resume", "shard", "wait_lock", "node", "expect", "server"])]
    fingerprint: bool,
    /// Show how far all studies in this directory and below it are, from their records alone, and run nothing: once, or on a
    /// terminal until all are done (never, where precision decides the end).
    #[arg(long, value_name = "DIR", exclusive = true)]
    watch: Option<PathBuf>,
    #[command(flatten)]
    elsewhere: ElsewhereArguments,
    /// For tests: another file for the lock.
    #[arg(long, hide = true)]
    lock: Option<PathBuf>,
}

pub fn run(arguments: &StudyArguments) -> anyhow::Result<u8> {
    match arguments {
        StudyArguments { watch: Some(directory), .. } => super::watch::run(directory),
        StudyArguments { file: Some(file), fingerprint: true, .. } => {
            let environment = software::environment();
            let prepared = prepare(file, &arguments.overrides(), &environment, Path::new(OURSELVES))?;
            super::print::print_line(&Fingerprint::of(&prepared.manifest, &environment.software).to_string())?;
            Ok(FINE)
        }
        StudyArguments { file: Some(file), out: Some(out), .. } => study(file, out, arguments),
        _ => anyhow::bail!("a study needs its FILE and the directory --out"),
    }
}

fn study(file: &Path, out: &Path, arguments: &StudyArguments) -> anyhow::Result<u8> {
    let environment = software::environment();
    let environment = arguments.node.iter().fold(environment, |environment, node| named(environment, node));
    let inflight = Path::new(OURSELVES);
    let mut prepared = prepare(file, &arguments.overrides(), &environment, inflight)?;
    if let Some(submitted) = &arguments.expect {
        submitted.check(&Fingerprint::of(&prepared.manifest, &environment.software)).context("--expect")?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)).context("cannot handle Ctrl-C")?;

    let holder = format!("process {}, into {}", std::process::id(), out.display());
    let path = arguments.lock.as_deref().unwrap_or(Path::new(lock::PATH));
    let waiting = |other: &str| eprintln!("waiting for another study on this machine ({other})");
    let Some(_lock) = lock::take(path, &holder, arguments.wait_lock, &stop, waiting)? else {
        return Ok(INTERRUPTED);
    };
    try_stores(&prepared.manifest.workloads)?;
    // Not before the lock: to measure the way takes all of it.
    let workloads = prepared.manifest.workloads.iter().map(|named| &named.workload);
    let here = ServerAt::Here(comparison::server(inflight));
    let found = arguments.elsewhere.find(here, environment, workloads, &stop)?;
    let Some((server, environment)) = found else { return Ok(INTERRUPTED) };
    prepared.manifest.environment_id.clone_from(&environment.environment_id);
    let mut open = directory::open(out, &prepared, &environment, arguments.resume)?;
    for cut in &open.cut {
        eprintln!("warning: {cut}");
    }
    if environment.software.profile != "release" {
        eprintln!("note: this is a {} build; its figures are not to be cited", environment.software.profile);
    }
    let manifest = open.manifest.clone();
    let mut failures = open.rows.iter().filter(|row| is_failure(row.outcome)).count();
    let mut runner = Runner::new(&prepared, &environment, &manifest, std::mem::take(&mut open.rows), server);
    announce(&prepared, &runner);
    let mut watcher = Watcher::new(&runner);
    let ended = runner.run(&mut open.store, &stop, |progress| {
        if let Progress::Ended { record, .. } = progress {
            failures += usize::from(is_failure(record.outcome));
        }
        watcher.hear(&progress);
    });
    watcher.bar.finish_and_clear();
    let ended = ended.with_context(|| format!("{} is whole so far: --resume goes on with it", out.display()))?;
    conclude(out, &ended)?;
    Ok(match ended {
        Ended::Interrupted => INTERRUPTED,
        _ if failures > 0 => SOMETHING_FAILED,
        _ => FINE,
    })
}

impl StudyArguments {
    fn overrides(&self) -> Overrides {
        Overrides {
            workloads: self.workloads.clone(),
            models: self.models.clone(),
            peers: self.peers.clone(),
            peers_file: self.peers_file.clone(),
            rounds: self.rounds,
            precision: self.precision,
            budget: self.budget,
            shard: self.shard,
            placement: self.placement,
        }
    }
}

/// Overrunning a limit, and being skipped for it, are answers to a study's question.
fn is_failure(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Invalid)
}

/// What is about to run, and for how long.
fn announce(prepared: &Prepared, runner: &Runner<'_>) {
    let manifest = &prepared.manifest;
    eprintln!("{}: {}", manifest.name, manifest.question);
    let (done, all) = runner.batches();
    let of = format!("{} × {} arms", counted(manifest.workloads.len(), "workload"), manifest.arms.len());
    let on_record = if done > 0 { format!(", {done} of them on record") } else { String::new() };
    let left = spoken(runner.time_left());
    match (manifest.rounds, all) {
        (RoundsRule::Auto { precision, .. }, _) => eprintln!(
            "{of}, until every interval is narrower than {} % or the budget is spent{on_record}; no round but the first begins after {left} from now, and one takes about {}",
            precision * 100.0,
            spoken(runner.a_round())
        ),
        (RoundsRule::Fixed(_), all) => {
            let rounds = counted(usize::try_from(runner.rounds().unwrap_or(0)).unwrap_or(usize::MAX), "round");
            eprintln!("{of} × {rounds} = {} batches{on_record}; about {left}", all.unwrap_or(0));
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// What is shown while it runs. It is drawn between batches only: no thread of its own may run on the worker's CPUs.
struct Watcher {
    bar: ProgressBar,
    workload: String,
    left: String,
    round: u32,
}

impl Watcher {
    fn new(runner: &Runner<'_>) -> Self {
        let (done, all) = runner.batches();
        let (bar, template) = match all {
            Some(all) => (ProgressBar::new(all), "{bar:30} {pos}/{len} batches · {elapsed} · {msg}"),
            None => (ProgressBar::no_length(), "{pos} batches · {elapsed} · {msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_position(done);
        Self { bar, workload: String::new(), left: spoken(runner.time_left()), round: 0 }
    }

    fn hear(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Round { round, left } => {
                self.round = *round;
                if self.bar.is_hidden() {
                    // No terminal: a line a round, for a log.
                    eprintln!("round {}: {} left", round + 1, spoken(*left));
                }
            }
            Progress::Waits { server } => self.bar.suspend(|| eprintln!("waiting for the server at {server}")),
            Progress::Begins { workload, arm } => {
                (*workload).clone_into(&mut self.workload);
                let (left, round) = (&self.left, self.round + 1);
                self.bar.set_message(format!("{left} left · round {round} · {workload} · {arm}"));
            }
            Progress::Ended { record, left } => {
                self.bar.suspend(|| tell(&self.workload, record));
                self.bar.inc(1);
                self.left = spoken(*left);
            }
        }
    }
}

/// Says what went wrong with a batch, if anything did.
fn tell(workload: &str, record: &Record) {
    if !matches!(record.outcome, Outcome::Ok | Outcome::Counted) {
        let reason = record.reason.as_deref().unwrap_or("no reason");
        eprintln!("{workload} · {}: {} · {reason}", record.arm, record.outcome.as_str());
    }
}

/// Says why it ended, and shows what it came to.
fn conclude(out: &Path, ended: &Ended) -> anyhow::Result<()> {
    match ended {
        Ended::AllRounds => {}
        Ended::Precise { rounds } => eprintln!("after {rounds} rounds every interval is narrower than the precision"),
        Ended::BudgetSpent { rounds, wide } => {
            let state = match wide {
                None => {
                    "no ratio to the baseline has an interval: the table says what was left out, and why".to_owned()
                }
                Some(wide) if wide.is_empty() => "every interval is narrower than the precision".to_owned(),
                Some(wide) => format!("still wider than the precision: {}", wide.join(", ")),
            };
            eprintln!("the budget is spent after {}; {state}", counted(*rounds as usize, "round"));
        }
        Ended::Interrupted => {
            eprintln!("interrupted; --resume goes on with {}", out.display());
            return Ok(());
        }
    }
    super::summary::show(out)
}

/// `12` or `auto`.
fn parse_rounds(text: &str) -> Result<RoundsWord, String> {
    match text.parse() {
        Ok(rounds) if (1..=MAX_ROUNDS).contains(&rounds) => Ok(RoundsWord::Fixed(rounds)),
        _ if text == "auto" => Ok(RoundsWord::Auto),
        _ => Err(format!("rounds must be 1 to {MAX_ROUNDS}, or auto")),
    }
}

/// A name that may stand in a path and in an id.
fn parse_node(text: &str) -> Result<String, String> {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    match text.len() {
        1..=64 if text.chars().all(fine) => Ok(text.to_owned()),
        _ => Err("a name is 1 to 64 letters, digits, dots, dashes and underscores, such as n1".to_owned()),
    }
}

/// `2/3`: the second of three parts.
fn parse_shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((index, of)) if (1..=of).contains(&index) && of <= MAX_ROUNDS => Ok(Shard { index, of }),
        _ => Err("a part is k/n with k from 1 to n, such as 2/3".to_owned()),
    }
}
