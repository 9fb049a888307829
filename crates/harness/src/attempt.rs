//! One batch: a fresh server, a fresh worker, the protocol between them, and what was seen.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use inflight_record::workload::MAX_DELAY_NS;
use inflight_record::{Connections, Ledger, OpenBatch, Outside, Sample, TokenKey, Workload};

use crate::child::{Child, Silence};
use crate::plan::{Contender, Cpus};
use crate::probes::machine::Reading;
use crate::protocol::{CHUNK, FromWorker, PROTOCOL_VERSION, Part, ToWorker, Usage};
use crate::server::{Server, ServerError};
use crate::watch::Watch;

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
    pub server: &'a crate::child::Program,
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
    /// As the worker says.
    pub samples: Vec<Sample>,
    /// Its first few error texts.
    pub texts: Vec<String>,
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
    /// Runs it. `started` hears the process ids of server and worker once both are ready.
    ///
    /// # Errors
    /// Why there is nothing to examine.
    pub fn run(&self, started: impl FnOnce(u32, u32)) -> Result<Seen, Broken> {
        let mut server = Server::start(self.server, &self.cpus.server, self.key, Arc::clone(self.stop))?;
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
        started: impl FnOnce(u32, u32),
    ) -> Result<Seen, Broken> {
        let versions = match self.hear(worker, PATIENCE, "hello")? {
            FromWorker::Hello { protocol: PROTOCOL_VERSION, versions } => versions,
            FromWorker::Hello { protocol, .. } => {
                return Err(Broken::Failed(format!(
                    "the worker speaks protocol {protocol}, this driver {PROTOCOL_VERSION}"
                )));
            }
            other => return Err(unexpected("hello", &other)),
        };
        self.send_job(server, worker)?;
        match self.hear(worker, self.limit + PATIENCE, "ready")? {
            FromWorker::Ready => {}
            other => return Err(unexpected("ready", &other)),
        }
        // Not before the warm-up: connections count as opened from here on.
        server.open(&OpenBatch {
            batch: self.batch,
            requests: self.workload.requests,
            slots: self.declared_peak,
            capacity: None,
        })?;
        started(server.pid(), worker.pid());

        let mut watch = Watch::start(worker.pid());
        say(worker, &ToWorker::Start);
        let interval = Duration::from_nanos(self.workload.ideal_ns() / 20)
            .clamp(Duration::from_millis(2), Duration::from_millis(50));
        let heard = worker.line(Instant::now() + self.limit, interval, || watch.look());
        let watched = watch.stop();
        let line = heard.map_err(|silence| self.silence(silence, server, "done"))?;
        let (makespan_ns, error, usage) = match parse(&line, "done")? {
            FromWorker::Done { makespan_ns, error, usage } => (makespan_ns, error, usage),
            other => return Err(unexpected("done", &other)),
        };
        let ledger = server.ledger(self.batch)?;
        say(worker, &ToWorker::Report);
        let (samples, texts) = self.samples(worker)?;
        Ok(Seen {
            makespan_ns,
            error,
            usage,
            versions,
            samples,
            texts,
            ledger,
            outside: watched.outside,
            threads_peak: watched.threads_peak,
            machine: watched.machine,
            foreign_ns: watched.foreign_ns,
        })
    }

    /// Sends the job with its URLs; for a `warm` batch, opens the warm-up's ledger.
    fn send_job(&self, server: &mut Server, worker: &Child) -> Result<(), Broken> {
        say(
            worker,
            &ToWorker::Job {
                protocol: PROTOCOL_VERSION,
                model: self.contender.card.id.clone(),
                workload: self.workload.clone(),
            },
        );
        if self.workload.connections == Connections::Warm {
            let (requests, hold_ns) = warm_up(self.workload, self.declared_peak);
            let batch = warm_up_number(self.batch);
            server.open(&OpenBatch { batch, requests, slots: self.declared_peak, capacity: None })?;
            send_urls(worker, Part::WarmUp, UrlList::new(server.url(), self.workload, hold_ns, batch), requests);
        }
        let urls = UrlList::new(server.url(), self.workload, self.workload.delay_ns, self.batch);
        send_urls(worker, Part::Timed, urls, self.workload.requests);
        say(worker, &ToWorker::Prepare);
        Ok(())
    }

    fn samples(&self, worker: &mut Child) -> Result<(Vec<Sample>, Vec<String>), Broken> {
        let mut samples = Vec::new();
        loop {
            match self.hear(worker, PATIENCE, "samples")? {
                FromWorker::Samples(columns) => {
                    let more = columns.into_samples(samples.len() as u64);
                    samples.extend(
                        more.ok_or_else(|| Broken::Failed("the worker's sample columns differ in length".to_owned()))?,
                    );
                    if samples.len() as u64 > self.workload.requests {
                        return Err(Broken::Failed(format!(
                            "the worker sent more than {} samples",
                            self.workload.requests
                        )));
                    }
                }
                FromWorker::End { texts } => return Ok((samples, texts)),
                other => return Err(unexpected("samples or end", &other)),
            }
        }
    }

    fn hear(&self, worker: &mut Child, patience: Duration, owed: &str) -> Result<FromWorker, Broken> {
        let line = worker.line(Instant::now() + patience, Duration::from_millis(50), || {});
        let line = line.map_err(|silence| match silence {
            Silence::Deadline => {
                Broken::Overran(format!("the worker did not say {owed} within {} s", patience.as_secs()))
            }
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

/// The batch number of the warm-up before a batch: batches of a run have even numbers.
fn warm_up_number(batch: u64) -> u64 {
    batch + 1
}

/// How many requests the warm-up makes, and how long each is held, in nanoseconds: one for each request that the model
/// may have in flight, held until all of them can have arrived, so that every connection exists afterwards. At D = 0 a
/// batch like the timed one would leave that to chance: early answers free connections for later requests.
fn warm_up(workload: &Workload, declared_peak: u64) -> (u64, u64) {
    const LEAST_NS: u64 = 100_000_000;
    const A_REQUEST_NS: u64 = 500_000;
    let hold_ns = (LEAST_NS + A_REQUEST_NS * declared_peak).min(MAX_DELAY_NS);
    (declared_peak, hold_ns.max(workload.delay_ns))
}

fn send_urls(worker: &Child, part: Part, urls: UrlList, requests: u64) {
    worker.write(move |stdin| {
        let mut first = 0;
        while first < requests {
            let last = (first + CHUNK as u64).min(requests);
            let urls = (first..last).map(|index| urls.url(index)).collect();
            write_line(stdin, &ToWorker::Urls { part, urls })?;
            first = last;
        }
        Ok(())
    });
}

/// Writes the URLs of one batch.
#[derive(Debug, Clone)]
struct UrlList {
    start: String,
    end: String,
}

impl UrlList {
    fn new(base: &str, workload: &Workload, hold_ns: u64, batch: u64) -> Self {
        Self {
            start: format!("{base}/delay/{}?batch={batch}&index=", seconds(hold_ns)),
            end: format!("&bytes={}", workload.body_bytes),
        }
    }

    fn url(&self, index: u64) -> String {
        format!("{}{index}{}", self.start, self.end)
    }
}

/// Nanoseconds as decimal seconds, exact: `0.05`.
fn seconds(ns: u64) -> String {
    let text = format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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

    #[test]
    fn delays_are_written_exactly() {
        assert_eq!(seconds(0), "0");
        assert_eq!(seconds(50_000_000), "0.05");
        assert_eq!(seconds(10_000_000_000), "10");
        assert_eq!(seconds(1_000_000_001), "1.000000001");
    }

    #[test]
    fn urls_name_batch_index_and_bytes() {
        let workload = Workload::new(1, 1, 50_000_000);
        let urls = UrlList::new("http://127.0.0.1:80", &workload, workload.delay_ns, 4);
        assert_eq!(urls.url(9), "http://127.0.0.1:80/delay/0.05?batch=4&index=9&bytes=1024");
    }
}
