//! The command line: what can be asked, and which exit code answers.

mod advise;
mod batches;
mod cite;
mod compare;
mod costs;
mod crawl;
mod doctor;
mod elsewhere;
mod list;
mod merge;
mod pack;
mod peers;
mod pool_process;
mod portability;
mod print;
mod report;
mod run;
mod schema;
mod serve;
mod splice;
mod study;
mod summary;
mod table;
mod watch;
mod worker;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use inflight_record::{Connections, Placement, text};

/// Everything was `ok`, or skipped by rule.
pub const FINE: u8 = 0;
/// Something failed, overran, or was invalid.
pub const SOMETHING_FAILED: u8 = 1;
/// The input was wrong; nothing was started.
pub const BAD_INPUT: u8 = 2;
/// There is no answer: what was asked was not measured.
pub const NO_ANSWER: u8 = 3;
/// Ctrl-C: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// Which concurrency model should fetch my N slow URLs, and what does it cost?
#[derive(Debug, Parser)]
#[command(name = "inflight", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Names every model, with its client and what it declares.
    List(list::ListArguments),
    /// Measures what each model's crate costs before it runs: crates, build, binary, lines, releases, advisories.
    ///
    /// Builds two small packages for each crate, one after the other: some minutes each. Needs a checkout, and the network
    /// where crates are not here yet.
    ///
    /// Exit code: 0 measured; 1 measured, and a build failed; 2 bad input, or it could not go on; 130 interrupted.
    Costs(costs::CostsArguments),
    /// Names the programs from outside that speak the worker protocol, or checks each under the witness.
    Peers(peers::PeersArguments),
    /// Runs models on one workload, in interleaved rounds, and prints the comparison.
    ///
    /// Exit code: 0 all batches ok or skipped by rule; 1 a batch failed, overran or was invalid; 2 bad input;
    /// 130 interrupted.
    Run(run::RunArguments),
    /// Crawls a site of books or films: fetches its lists and every detail that they name, and stores each as it arrives.
    ///
    /// Each batch is one model's crawl, into an empty store. A page that fails is named on stderr, tried again, and in the
    /// end given up and counted: that is no failure of the batch.
    ///
    /// Exit code: 0 all batches ok or skipped by rule, pages given up or not; 1 a batch failed, overran or was invalid, such
    /// as one whose store could not be opened or broke; 2 bad input, such as a store that is not built in: nothing was
    /// started; 130 interrupted, to be gone on with by --resume where the store lasts.
    Crawl(crawl::CrawlArguments),
    /// Runs a study file: its workloads and models in interleaved rounds, batch by batch on disk. Or watches studies run.
    ///
    /// Exit code: 0 complete; 1 complete, and a batch failed or was invalid; 2 bad input, or it could not go on (such as a full disk);
    /// 130 interrupted, to be gone on with by --resume.
    Study(study::StudyArguments),
    /// Puts parts and machines of one study together in a new directory.
    Merge(merge::MergeArguments),
    /// Compresses the records of a study that has ended, to records.jsonl.zst, which every command reads as it is.
    Pack(pack::PackArguments),
    /// Prints the comparison tables of records that `run --out` has written; runs nothing.
    Table(TableArguments),
    /// Sums up a study: writes DIR/summary.json and prints a table for each workload; runs nothing.
    Summary(summary::SummaryArguments),
    /// Draws and writes what a study came to: charts, page.html, README.md, records.csv, summary.json; runs nothing.
    ///
    /// DIR is a study, or a directory of studies, such as results/<date>-<machine>: that gets one page for all of them.
    Report(report::ReportArguments),
    /// Compares two studies of the same models, such as before and after a change of a client library.
    ///
    /// Exit code: 0 compared, no regression past --fail-above; 1 a regression, or B lost what A has; 2 bad input, or
    /// nothing could be compared.
    Compare(compare::CompareArguments),
    /// Says which ratios to the baseline carry from machine to machine: on each, together, and on the next; runs nothing.
    ///
    /// Exit code: 0 answered; 2 bad input, such as one study given twice or run with different baselines; 3 no answer, because
    /// no study ran on three machines or more.
    Portability(portability::PortabilityArguments),
    /// Prints the sentence that cites a figure, with its interval, machine, day, commit and records.
    ///
    /// Exit code: 0 printed; 2 no such figure, or its records cannot be read.
    Cite(cite::CiteArguments),
    /// Fills the numbers and tables between `<!-- inflight:ID -->` and `<!-- /inflight -->` in Markdown from the records.
    ///
    /// Exit code: 0 done, or with --check nothing differs; 1 with --check something differs; 2 a marker is wrong or names
    /// what there is not, and nothing was written.
    Splice(splice::SpliceArguments),
    /// Says which models to take for a workload and what they cost, by what was measured; runs nothing.
    ///
    /// Exit code: 0 answered; 2 bad input; 3 no answer, because it lies outside what was measured: the text says which
    /// study would measure it.
    Advise(advise::AdviseArguments),
    /// Serves `/delay/{seconds}` and the pages of crawls, and keeps the ledger, until it gets SIGTERM or its parent ends.
    ///
    /// For batches of another machine: --bind 0.0.0.0:8080 --token-file F --outlive-parent.
    Serve(ServeArguments),
    /// Prints each limit of this machine that matters, what C it allows, and how to raise it.
    Doctor,
    /// Speaks the worker protocol on stdin and stdout for one batch of one model.
    #[command(hide = true)]
    Worker(worker::WorkerArguments),
    /// Fetches for the model process-pool, whose parent speaks to it through stdin, a socket.
    #[command(hide = true)]
    PoolProcess,
    /// Writes the JSON schemas of records and protocol into a directory.
    #[command(hide = true)]
    Schema {
        /// The directory, such as results/schema.
        directory: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ConnectionsWord {
    Cold,
    Warm,
}

impl From<ConnectionsWord> for Connections {
    fn from(word: ConnectionsWord) -> Self {
        match word {
            ConnectionsWord::Cold => Self::Cold,
            ConnectionsWord::Warm => Self::Warm,
        }
    }
}

/// Takes the word of a placement.
fn placement() -> impl TypedValueParser<Value = Placement> {
    PossibleValuesParser::new(Placement::ALL.map(Placement::as_str)).try_map(|word| word.parse())
}

#[derive(Debug, Args)]
struct TableArguments {
    /// The file of records; environments.jsonl is looked for beside it.
    file: PathBuf,
    /// As Markdown, for a README.
    #[arg(long)]
    markdown: bool,
}

#[derive(Debug, Args)]
struct ServeArguments {
    /// Address and port; port 0 takes a free one. Loopback, unless there is a token: whoever reaches it may load it.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// Answer nobody but who has the token in this file, one line that its owner alone may read: for `--server` of `run`,
    /// `crawl` and `study` on another machine. A new one: (umask 077; openssl rand -hex 32 > F). There is no TLS: take a
    /// network or a tunnel that nobody listens on.
    #[arg(long, value_name = "F", conflicts_with = "key_from_stdin")]
    token_file: Option<PathBuf>,
    /// Listen on so many loopback addresses, all with one port: ADDR and those after it.
    #[arg(long, value_name = "H", default_value_t = 1)]
    hosts: u64,
    /// Go on when the process that started it ends.
    #[arg(long)]
    outlive_parent: bool,
    /// The process whose end it shares; by default the one that started it.
    #[arg(long, hide = true, value_name = "PID")]
    parent: Option<u32>,
    /// Take the run's secret as the first line of stdin, and let nobody else open batches.
    #[arg(long, hide = true)]
    key_from_stdin: bool,
    /// For tests: a listen backlog other than the kernel's most.
    #[arg(long, hide = true)]
    backlog: Option<u32>,
    /// For tests: after the first batch was opened, accept nothing for so long.
    #[arg(long, hide = true, value_parser = text::duration)]
    pause_accept: Option<Duration>,
}

/// Does what was asked; returns the exit code.
pub fn run(arguments: Arguments) -> anyhow::Result<u8> {
    match arguments.command {
        Command::List(list) => list::run(&list),
        Command::Peers(peers) => peers::run(&peers),
        Command::Costs(costs) => costs::run(&costs),
        Command::Run(run) => run::run(&run),
        Command::Crawl(crawl) => crawl::run(&crawl),
        Command::Table(table) => table::run(&table),
        Command::Summary(summary) => summary::run(&summary),
        Command::Report(report) => report::run(&report),
        Command::Compare(compare) => compare::run(&compare),
        Command::Portability(portability) => portability::run(&portability),
        Command::Cite(cite) => cite::run(&cite),
        Command::Splice(splice) => splice::run(&splice),
        Command::Advise(advise) => advise::run(&advise),
        Command::Pack(pack) => pack::run(&pack),
        Command::Serve(serve) => serve::run(&serve),
        Command::Doctor => doctor::run(),
        Command::Study(study) => study::run(&study),
        Command::Merge(merge) => merge::run(&merge),
        Command::Worker(worker) => worker::run(&worker),
        Command::PoolProcess => pool_process::run(),
        Command::Schema { directory } => schema::run(&directory),
    }
}
