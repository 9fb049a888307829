//! The worker: the child process that runs one model through one batch. The timing loop is here, and only here.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use inflight_record::{Connections, Workload};

use crate::batch::{Batch, Urls};
use crate::crawling::{Keeping, Kept};
use crate::error::ModelError;
use crate::feed::Crawler;
use crate::model::{Client, Model, Setup};
use crate::probes::own::{self, OwnUsage};
use crate::protocol::{CHUNK, FromWorker, PROTOCOL_VERSION, Part, SampleColumns, ToWorker, Usage};

/// Why a worker gave up before it could measure.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The pipe to the driver broke.
    #[error("the driver went away: {0}")]
    Pipe(#[from] io::Error),
    /// A line was not what the protocol says.
    #[error("protocol: {0}")]
    Protocol(String),
    /// The model could not be prepared.
    #[error("{model}: {message}")]
    Model {
        /// Which.
        model: String,
        /// What it said.
        message: String,
    },
}

/// Speaks the protocol on `input` and `output` and runs the one batch that it is asked for.
///
/// `find` gives the model of an id; `versions` says what it is made of. `crawl` opens a crawl: its store, and what knows its
/// pages, from the URLs of its lists.
///
/// # Errors
/// The driver went away or broke the protocol, or a warm-up failed. What goes wrong in the timed span is reported, not
/// an error.
pub fn run<'m>(
    find: impl FnOnce(&str) -> Option<(&'m dyn Model, Option<String>)>,
    crawl: impl FnOnce(&Workload, &Urls) -> Result<Crawler, ModelError>,
    model: &str,
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), WorkerError> {
    let (contender, versions) = find(model)
        .ok_or_else(|| WorkerError::Model { model: model.to_owned(), message: "no such model".to_owned() })?;
    say(&mut output, &FromWorker::Hello { protocol: PROTOCOL_VERSION, versions })?;
    let job = Job::read(&mut input)?;
    let failed = |message: String| WorkerError::Model { model: model.to_owned(), message };

    let setup = Setup { concurrency: size(job.workload.concurrency)? };
    let (mut batch, keeping) = match job.workload.crawl {
        None => (Batch::new(job.timed, setup.concurrency), None),
        Some(_) => {
            let crawler = crawl(&job.workload, &job.timed).map_err(|error| failed(error.to_string()))?;
            let started = Keeping::start(crawler, size(job.workload.indices())?, setup.concurrency);
            let (batch, keeping) = started.map_err(|error| failed(format!("the store's thread: {error}")))?;
            (batch, Some(keeping))
        }
    };
    let warm_up = Arc::new(Batch::new(job.warm_up, setup.concurrency));
    own::release_free_memory();
    let memory = own::reset_peak_memory();
    let client = match job.workload.connections {
        Connections::Cold => None,
        Connections::Warm => {
            let mut client = contender.client(&setup).map_err(|error| failed(format!("client: {error}")))?;
            client.fetch(&warm_up).map_err(|error| failed(format!("warm-up: {error}")))?;
            Some(client)
        }
    };
    say(&mut output, &FromWorker::Ready)?;
    expect(&mut input, &ToWorker::Start)?;

    let span = timed(contender, client, &setup, &mut batch, keeping);

    let peak_bytes = own::peak_memory();
    let usage = Usage {
        user_ns: span.usage.user_ns,
        system_ns: span.usage.system_ns,
        voluntary: span.usage.voluntary,
        involuntary: span.usage.involuntary,
        baseline_bytes: memory.unwrap_or(0),
        peak_bytes: peak_bytes.filter(|_| memory.is_some()).unwrap_or(0),
    };
    let usage = (!contender.card().child_processes).then_some(usage);
    let done = FromWorker::Done { makespan_ns: span.makespan_ns, error: span.error, usage, reported: None };
    say(&mut output, &done)?;
    expect(&mut input, &ToWorker::Report)?;
    report(&mut output, &span.batch, span.kept)
}

/// The `crawl` of a worker that does not crawl.
///
/// # Errors
/// Always.
pub fn no_crawl(_: &Workload, _: &Urls) -> Result<Crawler, ModelError> {
    Err("this worker does not crawl".into())
}

/// What came of the timed span.
struct Span {
    batch: Arc<Batch>,
    makespan_ns: u64,
    usage: OwnUsage,
    error: Option<String>,
    /// Of a crawl: what stored it.
    kept: Option<Kept>,
    /// Kept so that tearing it down is outside the span.
    _client: Option<Box<dyn Client>>,
}

/// The timed span: from the moment before the model gets the URLs to the moment after it returns; of a crawl, to the moment
/// after everything is stored.
fn timed(
    model: &dyn Model,
    client: Option<Box<dyn Client>>,
    setup: &Setup,
    batch: &mut Batch,
    keeping: Option<Keeping>,
) -> Span {
    let mut batch = std::mem::replace(batch, Batch::new(Urls::default(), 1));
    let before = own::usage();
    batch.start_clock();
    let batch = Arc::new(batch);
    let ended = catch_unwind(AssertUnwindSafe(|| -> Result<Box<dyn Client>, ModelError> {
        let mut client = match client {
            Some(client) => client,
            None => model.client(setup)?,
        };
        client.fetch(&batch)?;
        Ok(client)
    }));
    let kept = keeping.map(|keeping| keeping.end(&batch));
    let makespan_ns = batch.now_ns();
    let usage = own::usage().since(before);
    let (client, error) = match ended {
        Ok(Ok(client)) => (Some(client), None),
        Ok(Err(error)) => (None, Some(error.to_string())),
        Err(panic) => (None, Some(format!("the model panicked: {}", panic_text(panic.as_ref())))),
    };
    // A store that is gone is why the model had nothing left to do, and not the other way round.
    let error = kept.as_ref().and_then(|kept| kept.error.clone()).or(error);
    Span { batch, makespan_ns, usage, error, kept, _client: client }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

fn report(output: &mut impl Write, batch: &Batch, kept: Option<Kept>) -> Result<(), WorkerError> {
    let log = batch.log();
    let end = batch.made();
    for first in (0..end).step_by(CHUNK) {
        let mut columns = SampleColumns::default();
        for index in first..(first + CHUNK).min(end) {
            columns.push(&log.sample(index));
        }
        say(output, &FromWorker::Samples(columns))?;
    }
    let (crawl, unread) = match kept.map(|kept| kept.account(batch)) {
        None => (None, None),
        Some(Ok(figures)) => (Some(figures), None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    say(output, &FromWorker::End { texts: log.texts(), crawl, unread })
}

/// What the driver asked for, read up to `prepare`.
struct Job {
    workload: Workload,
    warm_up: Urls,
    timed: Urls,
}

impl Job {
    fn read(input: &mut impl BufRead) -> Result<Self, WorkerError> {
        let wrong = |message: String| WorkerError::Protocol(message);
        let workload = match hear(input)? {
            ToWorker::Job { protocol: PROTOCOL_VERSION, workload, .. } => workload,
            ToWorker::Job { protocol, .. } => {
                return Err(wrong(format!("this worker speaks version {PROTOCOL_VERSION}, the driver {protocol}")));
            }
            other => return Err(wrong(format!("expected a job, got {other:?}"))),
        };
        let mut job = Self { workload, warm_up: Urls::default(), timed: Urls::default() };
        loop {
            match hear(input)? {
                ToWorker::Urls { part, urls } => {
                    let list = match part {
                        Part::WarmUp => &mut job.warm_up,
                        Part::Timed => &mut job.timed,
                    };
                    urls.iter().for_each(|url| list.push(url));
                }
                ToWorker::Prepare => {
                    let owed = job.workload.crawl.as_ref().map_or(job.workload.requests, |crawl| crawl.site.lists);
                    let got = job.timed.len();
                    return if got as u64 == owed { Ok(job) } else { Err(wrong(format!("{got} URLs, owed: {owed}"))) };
                }
                other => return Err(wrong(format!("expected urls or prepare, got {other:?}"))),
            }
        }
    }
}

fn say(output: &mut impl Write, line: &FromWorker) -> Result<(), WorkerError> {
    let mut text = serde_json::to_vec(line).map_err(io::Error::from)?;
    text.push(b'\n');
    output.write_all(&text)?;
    Ok(output.flush()?)
}

fn hear(input: &mut impl BufRead) -> Result<ToWorker, WorkerError> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(WorkerError::Pipe(io::ErrorKind::UnexpectedEof.into()));
    }
    serde_json::from_str(&line).map_err(|error| WorkerError::Protocol(format!("{error} in {}", line.trim_end())))
}

fn expect(input: &mut impl BufRead, owed: &ToWorker) -> Result<(), WorkerError> {
    let got = hear(input)?;
    if got == *owed { Ok(()) } else { Err(WorkerError::Protocol(format!("expected {owed:?}, got {got:?}"))) }
}

fn size(count: u64) -> Result<usize, WorkerError> {
    usize::try_from(count).map_err(|_| WorkerError::Protocol(format!("{count} is more than this machine can address")))
}
