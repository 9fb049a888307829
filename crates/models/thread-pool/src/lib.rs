//! A pool of threads made for waiting: C long-lived threads, fed by a channel.
//!
//! The calling thread sends each URL down one channel, and C threads take from its other end; whichever is free is next.
//! What one learns: spawning is what is left out beside thread-per-request, and stealing beside rayon's pool, whose
//! threads look through each other's queues; what stays is a thread, its stack and its wake-ups for each request in
//! flight. It is the fair rival of both: the threads are there before the first request, and stay for the next batch.
//!
//! The channel is [crossbeam's](https://docs.rs/crossbeam-channel), because any number of threads may take from it. The
//! receiver of std's has one owner: shared behind a mutex, the thread that waits for a job holds the lock, and all others
//! wait for the lock, so each job wakes two. It holds up to C jobs, so that a thread that is done finds the next without
//! waiting for the sender, and memory does not grow with N.
//!
//! Caps: those of the system on threads (`ulimit -u`, `kernel.threads-max`, the cgroup's `pids.max`, and
//! `vm.max_map_count`), and 2 MiB of stack reserved for each. The client ([ureq](https://docs.rs/ureq)) keeps only 3 idle
//! connections a host and 10 in all; both are raised to C, as thread-per-request does, whose `/idiomatic` form shows what
//! the default costs.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use inflight_harness::{Batch, Client, InFlight, Model, ModelError, Setup, Ticket};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&ThreadPool];

/// `thread-pool`: C threads, and ureq keeps up to C idle connections.
#[derive(Debug, Clone, Copy)]
pub struct ThreadPool;

impl Model for ThreadPool {
    fn card(&self) -> Card {
        Card {
            id: "thread-pool".to_owned(),
            idea: "C threads take URLs from one channel, each the next one when it is done.".to_owned(),
            label: Label::Tuned,
            client: "ureq on C threads behind a channel".to_owned(),
            crates: vec!["crossbeam-channel".to_owned(), "ureq".to_owned()],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: true,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("idle connections kept: 3 a host, 10 in all, for 15 s", "raised to C; the age is left"),
                HiddenCap::new("buffers of a connection: 2 of 128 KiB, written on first use", "left at the default"),
                HiddenCap::new("read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"),
                HiddenCap::new("stack of a thread: 2 MiB reserved", "left at the default"),
            ],
            historical: None,
        }
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let threads = setup.concurrency;
        let agent = Agent::config_builder()
            .http_status_as_error(false) // any status is an answer,
            .max_redirects(0) // a redirect too,
            .proxy(None) // from the server itself, whatever the environment says
            .max_idle_connections(threads)
            .max_idle_connections_per_host(threads)
            .build()
            .new_agent();
        Ok(Box::new(Pool::new(threads, &agent)?))
    }
}

/// The sending end of the channel. Its threads end when it is dropped.
struct Pool {
    jobs: Sender<Job>,
}

/// One request, on its way to whichever thread is free.
struct Job {
    batch: Arc<Batch>,
    ticket: Ticket,
    /// Never sent on: when the last job of a batch is dropped, the caller hears that nobody is left to.
    _done: Sender<Infallible>,
}

impl Pool {
    fn new(threads: usize, agent: &Agent) -> std::io::Result<Self> {
        let (jobs, waiting) = bounded(threads);
        for _ in 0..threads {
            let (agent, waiting) = (agent.clone(), waiting.clone());
            thread::Builder::new().spawn(move || work(&agent, &waiting))?;
        }
        Ok(Self { jobs })
    }
}

/// What a thread of the pool does for as long as there is one. Should a request panic, its thread is gone, its sample says
/// that it never finished, and the others go on.
fn work(agent: &Agent, waiting: &Receiver<Job>) {
    for job in waiting {
        fetch_one(agent, job.batch.send(job.ticket));
    }
}

impl Client for Pool {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let (done, all_done) = bounded(0);
        for ticket in (0..batch.len()).map_while(|index| batch.admit(index)) {
            let job = Job { batch: Arc::clone(batch), ticket, _done: done.clone() };
            self.jobs.send(job).map_err(|_| "all threads of the pool have panicked")?;
        }
        drop(done);
        match all_done.recv() {
            Ok(never) => match never {},
            Err(_) => Ok(()),
        }
    }
}

fn fetch_one(agent: &Agent, request: InFlight<'_>) {
    let answer = agent.get(request.url()).call().and_then(|mut response| {
        // Through with_config, because read_to_vec alone stops at 10 MB.
        let body = response.body_mut().with_config().read_to_vec()?;
        Ok((response, body))
    });
    match answer {
        Ok((response, body)) => {
            let timing = response.headers().get("server-timing").map(HeaderValue::as_bytes);
            request.finish(response.status().as_u16(), timing, &body);
        }
        Err(error) => request.fail(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_declares_c_and_a_thread_for_each() {
        assert_eq!(ThreadPool.card().declared_peak.resolve(100, 1, 2), 100);
        assert!(ThreadPool.card().thread_per_request);
    }

    #[test]
    fn the_threads_outlive_a_batch() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let url = format!("http://{address}/");
        let mut pool = Pool::new(3, &Agent::new_with_defaults()).unwrap();
        for requests in [2, 20] {
            let batch = Arc::new(Batch::new(std::iter::repeat_n(url.as_str(), requests).collect(), 3));
            pool.fetch(&batch).unwrap();
            let failed = |index| batch.log().sample(index).error == Some(inflight_record::SampleError::Client);
            assert!((0..requests).all(failed));
        }
    }

    #[test]
    fn the_threads_end_with_the_channel() {
        let (jobs, waiting) = bounded(3);
        let agent = Agent::new_with_defaults();
        let threads = [(); 3].map(|()| {
            let (agent, waiting) = (agent.clone(), waiting.clone());
            thread::spawn(move || work(&agent, &waiting))
        });
        drop(jobs);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
