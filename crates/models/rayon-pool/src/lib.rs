//! A pool of threads made for computing, fed with waiting: rayon's parallel iterator over blocking requests.
//!
//! `batch.into_par_iter().for_each(fetch)` is the shortest concurrent program there is. What one learns: rayon's pool has
//! a thread for each CPU, because its jobs are meant to keep a CPU busy; a job that waits keeps a thread idle instead, so
//! the default form has as many requests in flight as there are CPUs, whatever C is. A pool of C threads repairs it, and
//! then costs what C threads cost, plus stealing: a thread without work looks through the queues of all others, which
//! makes pools of many thousand threads slow to fill.
//!
//! Caps: the pool's size; `RAYON_NUM_THREADS` overrides the default one. Each request is a job of its own
//! (`with_max_len(1)`): left to itself rayon splits the range into about as many pieces as there are threads, and a piece
//! of two requests makes the second wait while other threads have nothing to do. The client
//! ([ureq](https://docs.rs/ureq)) keeps only 3 idle connections a host and 10 in all unless told otherwise.

use std::sync::Arc;

use inflight_harness::{Batch, Client, InFlight, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&RayonPool, &CpuSized, &Idiomatic];

/// `rayon-pool`: a pool of C threads, and ureq keeps up to C idle connections.
#[derive(Debug, Clone, Copy)]
pub struct RayonPool;

/// `rayon-pool/default`: the pool that rayon makes when it is not asked, a thread for each CPU.
#[derive(Debug, Clone, Copy)]
pub struct CpuSized;

/// `rayon-pool/idiomatic`: a pool of C threads, and ureq keeps as many idle connections as it does by default.
#[derive(Debug, Clone, Copy)]
pub struct Idiomatic;

const POOL_RAISED: &str = "raised to C";
const IDLE_LEFT: &str = "left at the default: the others connect anew";

impl Model for RayonPool {
    fn card(&self) -> Card {
        card("rayon-pool", Label::Tuned, DeclaredPeak::Concurrency, POOL_RAISED, "raised to C; the age is left")
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let idle = setup.concurrency;
        let agent = agent().max_idle_connections(idle).max_idle_connections_per_host(idle).build().new_agent();
        Pool::boxed(setup.concurrency, agent)
    }
}

impl Model for CpuSized {
    fn card(&self) -> Card {
        card("rayon-pool/default", Label::Idiomatic, DeclaredPeak::Cpus, "left at the default", IDLE_LEFT)
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        // Rayon would take RAYON_NUM_THREADS for a size of 0; the card says CPUs, so they are counted here.
        let cpus = std::thread::available_parallelism()?.get();
        Pool::boxed(cpus.min(setup.concurrency), agent().build().new_agent())
    }
}

impl Model for Idiomatic {
    fn card(&self) -> Card {
        card("rayon-pool/idiomatic", Label::Idiomatic, DeclaredPeak::Concurrency, POOL_RAISED, IDLE_LEFT)
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Pool::boxed(setup.concurrency, agent().build().new_agent())
    }
}

fn card(id: &str, label: Label, declared_peak: DeclaredPeak, pool: &str, idle: &str) -> Card {
    Card {
        id: id.to_owned(),
        idea: "A parallel iterator over the URLs; each thread of the pool waits for one answer at a time.".to_owned(),
        label,
        client: "ureq in a rayon pool".to_owned(),
        crates: vec!["rayon".to_owned(), "ureq".to_owned()],
        thread_per_request: declared_peak == DeclaredPeak::Concurrency,
        http2: false,
        child_processes: false,
        declared_peak,
        keeps_connections: true,
        hidden_caps: vec![
            HiddenCap::new("threads of the pool: one for each CPU", pool),
            HiddenCap::new("idle connections kept: 3 a host, 10 in all, for 15 s", idle),
            HiddenCap::new("buffers of a connection: 2 of 128 KiB, written on first use", "left at the default"),
            HiddenCap::new("read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"),
        ],
        historical: None,
    }
}

/// What all forms have in common: every answer counts as one, and it comes from the server itself.
fn agent() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None)
}

struct Pool {
    threads: ThreadPool,
    agent: Agent,
}

impl Pool {
    fn boxed(threads: usize, agent: Agent) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Self { threads: ThreadPoolBuilder::new().num_threads(threads).build()?, agent }))
    }
}

impl Client for Pool {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let requests = (0..batch.len()).into_par_iter().with_max_len(1);
        self.threads.install(|| {
            let tickets = requests.filter_map(|index| batch.admit(index));
            tickets.for_each(|ticket| fetch_one(&self.agent, batch.send(ticket)));
        });
        Ok(())
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
    fn the_default_pool_declares_the_cpus_and_the_others_c() {
        let peaks: Vec<_> = VARIANTS.iter().map(|model| model.card().declared_peak.resolve(100, 1, 2)).collect();
        assert_eq!(peaks, [100, 2, 100]);
    }
}
