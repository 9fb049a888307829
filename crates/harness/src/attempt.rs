//! One batch: a fresh server or one elsewhere, a fresh worker, the protocol between them, and what was seen.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use inflight_record::workload::MAX_DELAY_NS;
use inflight_record::{
    Connections, CrawlFigures, Ledger, OpenBatch, OpenCrawl, Outside, Reported, Sample, TokenKey, Workload,
};

use crate::child::{Child, Silence};
use crate::plan::{Contender, Cpus};
use crate::probes::machine::Reading;
use crate::protocol::{CHUNK, FromWorker, PROTOCOL_VERSION, Part, ToWorker, Usage};
use crate::server::{Across, Server, ServerAt, ServerError};
use crate::urls::{UrlList, list_url};
use crate::watch::{Watch, baseline_bytes};

/// How long a worker may take to say hello, to send its samples, or to warm up beyond the batch's own limit.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one batch needs to know.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Who runs.
    pub contender: &'a Contender,
    /// What.
    pub workload: &'a Workload,
    /// With how many declared in flight.
    pub declared_peak: u64,
    /// The server.
    pub server: &'a ServerAt,
    /// Where.
    pub cpus: &'a Cpus,
    /// The run's secret.
    pub key: &'a TokenKey,
    /// The batch's number.
    pub batch: u64,
    /// Its time limit.
    pub limit: Duration,
    /// Set when the user asks to stop.
    pub stop: &'a Arc<AtomicBool>,
}

/// What was seen of a batch whose model returned.
#[derive(Debug)]
pub struct Seen {
    /// As the worker says.
    pub makespan_ns: u64,
    /// What stopped the whole batch, as the worker says.
    pub error: Option<String>,
    /// As the worker says; `None` from a peer that cannot tell.
    pub usage: Option<Usage>,
    /// Versions, as the worker says.
    pub versions: Option<String>,
    /// As a yardstick says.
    pub reported: Option<Reported>,
    /// As the worker says.
    pub samples: Vec<Sample>,
    /// Its first few error texts.
    pub texts: Vec<String>,
    /// Of a crawl: what came of it, as the worker says, or why it cannot tell.
    pub crawl: Option<Result<CrawlFigures, String>>,
    /// As the server says.
    pub ledger: Ledger,
    /// As the driver saw it.
    pub outside: Outside,
    /// Most threads seen.
    pub threads_peak: u64,
    /// What the kernel counted.
    pub machine: Reading,
    /// CPU time of processes that are not ours.
    pub foreign_ns: u64,
    /// Of a server elsewhere: how far away it was, and what its side counted.
    pub across: Option<Across>,
}

/// Why there is nothing to examine.
#[derive(Debug)]
pub enum Broken {
    /// Something broke; the text says what.
    Failed(String),
    /// It overran its limit; the text says how far it had come.
    Overran(String),
    /// The user asked to stop.
    Interrupted,
}

impl From<ServerError> for Broken {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Interrupted => Self::Interrupted,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl Attempt<'_> {
    /// Runs it. `started` hears the process ids of server, where it is our own, and worker once both are ready.
    ///
    /// # Errors
    /// Why there is nothing to examine.
    pub fn run(&self, started: impl FnOnce(Option<u32>, u32)) -> Result<Seen, Broken> {
        let mut server = self.server.server(self.workload.hosts, &self.cpus.server, self.key, Arc::clone(self.stop))?;
        let mut worker = Child::start(&self.contender.worker, &self.cpus.worker, Arc::clone(self.stop))
            .map_err(|error| Broken::Failed(format!("the worker cannot be started: {error}")))?;
        let seen = self.converse(&mut server, &mut worker, started);
        let seen = seen.map_err(|broken| match (broken, server.ended()) {
            (Broken::Failed(reason), Some(how)) if !reason.starts_with("the server") => {
                Broken::Failed(format!("the server {how}, in the middle of the batch; {reason}"))
            }
            (broken, _) => broken,
        });
        drop(worker);
        server.stop();
        seen
    }

    fn converse(
        &self,
        server: &mut Server,
        worker: &mut Child,
        started: impl FnOnce(Option<u32>, u32),
    ) -> Result<Seen, Broken> {
        let versions = match self.hear(worker, PATIENCE, "hello", Broken::Failed)? {
            FromWorker::Hello { protocol: PROTOCOL_VERSION, versions } => versions,
            FromWorker::Hello { protocol, .. } => {
                return Err(Broken::Failed(format!(
                    "the worker speaks protocol {protocol}, this driver {PROTOCOL_VERSION}"
                )));
            }
            other => return Err(unexpected("hello", &other)),
        };
        let pid = worker.pid();
        let baseline = |of| if self.workload.connections == of { baseline_bytes(pid) } else { None };
        // Where a warm-up follows, what it leaves behind is the model's.
        let before_warm_up = baseline(Connections::Warm);
        self.send_job(server, worker)?;
        let ready = self.hear(worker, self.limit + PATIENCE, "ready", Broken::Overran);
        // A worker whose server is lost waits for good: that is no answer of the model's.
        match ready.map_err(|broken| match broken {
            Broken::Overran(_) => server.look().err().map_or(broken, Broken::from),
            broken => broken,
        })? {
            FromWorker::Ready => {}
            other => return Err(unexpected("ready", &other)),
        }
        let interval = Duration::from_nanos(self.workload.ideal_ns() / 20)
            .clamp(Duration::from_millis(2), Duration::from_millis(50));
        let before = server.look()?;
        // Not before the warm-up: connections count as opened from here on.
        server.open(&OpenBatch {
            batch: self.batch,
            requests: self.workload.indices(),
            slots: self.declared_peak,
            capacity: self.workload.capacity,
            crawl: self.open_crawl(),
        })?;
        started(server.pid(), worker.pid());

        let mut watch = Watch::start(pid, before_warm_up.or_else(|| baseline(Connections::Cold)));
        say(worker, &ToWorker::Start);
        let heard = worker.line(Instant::now() + self.limit, interval, || watch.look_if_due());
        let watched = watch.stop();
        let line = heard.map_err(|silence| self.silence(silence, server, "done"))?;
        let (makespan_ns, error, usage, reported) = match parse(&line, "done")? {
            FromWorker::Done { makespan_ns, error, usage, reported } => (makespan_ns, error, usage, reported),
            other => return Err(unexpected("done", &other)),
        };
        let ledger = server.ledger(self.batch)?;
        let across = before.zip(server.look()?).map(|(before, after)| before.until(&after));
        say(worker, &ToWorker::Report);
        let (samples, texts, crawl) = self.samples(worker)?;
        Ok(Seen {
            makespan_ns,
            error,
            usage,
            versions,
            reported,
            samples,
            texts,
            crawl,
            ledger,
            outside: watched.outside,
            threads_peak: watched.threads_peak,
            machine: watched.machine,
            foreign_ns: watched.foreign_ns,
            across,
        })
    }

    /// Sends the job with its URLs; for a `warm` batch, opens the warm-up's ledger.
    fn send_job(&self, server: &mut Server, worker: &Child) -> Result<(), Broken> {
        let hosts = server.hosts(self.workload.hosts)?;
        say(
            worker,
            &ToWorker::Job {
                protocol: PROTOCOL_VERSION,
                model: self.contender.card.id.clone(),
                workload: self.workload.clone(),
            },
        );
        if self.workload.connections == Connections::Warm {
            let workload = warm_up(self.workload, self.declared_peak);
            let batch = warm_up_number(self.batch);
            server.open(&OpenBatch::new(batch, workload.requests, self.declared_peak))?;
            send_urls(worker, Part::WarmUp, UrlList::new(&hosts, &workload, batch), workload);
        }
        match &self.workload.crawl {
            None => {
                send_urls(worker, Part::Timed, UrlList::new(&hosts, self.workload, self.batch), self.workload.clone());
            }
            Some(crawl) => {
                let (host, site, batch) = (hosts.into_iter().next().unwrap_or_default(), crawl.site, self.batch);
                send_all(worker, Part::Timed, (0..site.lists).map(move |list| list_url(&host, &site, batch, list)));
            }
        }
        say(worker, &ToWorker::Prepare);
        Ok(())
    }

    fn open_crawl(&self) -> Option<OpenCrawl> {
        let Workload { crawl, delay_ns, .. } = self.workload;
        crawl.as_ref().map(|crawl| OpenCrawl { site: crawl.site, delay_ns: *delay_ns })
    }

    /// The samples, the first few error texts, and what came of a crawl.
    fn samples(&self, worker: &mut Child) -> Result<Reports, Broken> {
        let most = self.workload.indices();
        // The store of a crawl is read back before the end is said, and is waited for where it does not answer.
        let patience = if self.workload.crawl.is_some() { 4 * PATIENCE } else { PATIENCE };
        let mut samples = Vec::new();
        loop {
            match self.hear(worker, patience, "samples", Broken::Failed)? {
                FromWorker::Samples(columns) => {
                    let more = columns.into_samples(samples.len() as u64);
                    samples.extend(
                        more.ok_or_else(|| Broken::Failed("the worker's sample columns differ in length".to_owned()))?,
                    );
                    if samples.len() as u64 > most {
                        return Err(Broken::Failed(format!("the worker sent more than {most} samples")));
                    }
                }
                FromWorker::End { texts, crawl, unread } => {
                    let crawl = unread.map(Err).or(crawl.map(Ok));
                    return Ok((samples, texts, crawl));
                }
                other => return Err(unexpected("samples or end", &other)),
            }
        }
    }

    /// The worker's next line, which should be `owed`; `late` says what it is if it does not come in time.
    fn hear(
        &self,
        worker: &mut Child,
        patience: Duration,
        owed: &str,
        late: fn(String) -> Broken,
    ) -> Result<FromWorker, Broken> {
        let line = worker.line(Instant::now() + patience, Duration::from_millis(50), || {});
        let line = line.map_err(|silence| match silence {
            Silence::Deadline => late(format!("the worker did not say {owed} within {} s", patience.as_secs())),
            Silence::Ended(how) => Broken::Failed(format!("the worker {how}, before it said {owed}")),
            Silence::Interrupted => Broken::Interrupted,
        })?;
        parse(&line, owed)
    }

    /// Why the model's end was not heard, and how far it had come by the ledger.
    fn silence(&self, silence: Silence, server: &mut Server, owed: &str) -> Broken {
        if let Silence::Interrupted = silence {
            return Broken::Interrupted;
        }
        let progress = match server.ledger(self.batch) {
            Ok(ledger) => format!("{} of {} answered", ledger.completed, self.workload.requests),
            // Gone, or back without this batch: whatever the worker waits for, it is not the worker that failed.
            Err(error @ (ServerError::Lost { .. } | ServerError::Refused { .. })) => {
                return Broken::Failed(format!("{error}, in the middle of the batch"));
            }
            Err(error) => error.to_string(),
        };
        match silence {
            Silence::Deadline => Broken::Overran(format!(
                "stopped after its time limit of {:.1} s; {progress}",
                self.limit.as_secs_f64()
            )),
            Silence::Ended(how) => Broken::Failed(format!("the worker {how}, before it said {owed}; {progress}")),
            Silence::Interrupted => Broken::Interrupted,
        }
    }
}

type Reports = (Vec<Sample>, Vec<String>, Option<Result<CrawlFigures, String>>);

/// The batch number of the warm-up before a batch: batches of a run have even numbers.
fn warm_up_number(batch: u64) -> u64 {
    batch + 1
}

/// What the warm-up does: one request for each that the model may have in flight, held until all of them can have
/// arrived, so that every connection exists afterwards. At D = 0 a batch like the timed one would leave that to chance:
/// early answers free connections for later requests; and so would delays that vary, or a queue.
fn warm_up(workload: &Workload, declared_peak: u64) -> Workload {
    const LEAST_NS: u64 = 100_000_000;
    const A_REQUEST_NS: u64 = 500_000;
    let hold_ns = (LEAST_NS + A_REQUEST_NS * declared_peak).min(MAX_DELAY_NS);
    Workload {
        requests: declared_peak,
        delay_ns: hold_ns.max(workload.delay_ns),
        lognormal: None,
        capacity: None,
        crawl: None,
        ..workload.clone()
    }
}

fn send_urls(worker: &Child, part: Part, urls: UrlList, workload: Workload) {
    // One delay after the other: a batch may have ten million.
    worker.write(move |stdin| {
        let delays = (0..).zip(workload.delays_ns());
        write_urls(stdin, part, delays.map(|(index, delay_ns)| urls.url(index, delay_ns)))
    });
}

fn send_all(worker: &Child, part: Part, urls: impl Iterator<Item = String> + Send + 'static) {
    worker.write(move |stdin| write_urls(stdin, part, urls));
}

fn write_urls(stdin: &mut impl Write, part: Part, mut urls: impl Iterator<Item = String>) -> io::Result<()> {
    loop {
        let urls: Vec<String> = urls.by_ref().take(CHUNK).collect();
        if urls.is_empty() {
            return Ok(());
        }
        write_line(stdin, &ToWorker::Urls { part, urls })?;
    }
}

fn write_line(stdin: &mut impl Write, line: &ToWorker) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    stdin.write_all(&text)
}

fn say(worker: &Child, line: &ToWorker) {
    let line = line.clone();
    worker.write(move |stdin| write_line(stdin, &line));
}

fn parse(line: &str, owed: &str) -> Result<FromWorker, Broken> {
    serde_json::from_str(line).map_err(|error| {
        let start: String = line.chars().take(80).collect();
        Broken::Failed(format!("the worker should have said {owed}, but said {start:?} ({error})"))
    })
}

fn unexpected(owed: &str, got: &FromWorker) -> Broken {
    let name = match got {
        FromWorker::Hello { .. } => "hello",
        FromWorker::Ready => "ready",
        FromWorker::Done { .. } => "done",
        FromWorker::Samples(_) => "samples",
        FromWorker::End { .. } => "end",
    };
    Broken::Failed(format!("the worker should have said {owed}, but said {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::LogNormal;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_warm_up_has_a_request_a_slot_and_holds_them_for_long_enough() {
        let lognormal = Some(LogNormal { sigma_milli: 600, seed: 1 });
        let workload = Workload { lognormal, hosts: 3, capacity: Some(2), ..Workload::new(1_000, 100, 50 * MS) };
        let warm_up = warm_up(&workload, 40);
        assert_eq!(warm_up.delays_ns().collect::<Vec<_>>(), [120 * MS; 40]);
        assert_eq!((warm_up.hosts, warm_up.capacity), (3, None));
        let slow = super::warm_up(&Workload { delay_ns: 900 * MS, ..workload }, 40);
        assert!(slow.delays_ns().all(|delay| delay == 900 * MS), "the median where that is longer");
    }
}
