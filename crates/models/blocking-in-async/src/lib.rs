//! Async in name only: tasks that call a blocking client, on a runtime of one thread.
//!
//! Every request is a task, C of them are spawned, and nothing waits together: a task gives its thread back at an
//! `await`, and there is none in a blocking call. The first task holds the only thread until its whole answer is there,
//! then the second does. What one learns: it is the client that makes code asynchronous, and not the word before `fn`.
//! Nothing warns; it takes as long as a loop.
//!
//! `/spawn-blocking` is the cure where the client cannot be changed: the same call on a thread that may block, one of
//! those that the runtime keeps for it. It costs what threads cost, and has a cap that nobody sees. It differs in the line
//! that spawns, and in its runtime, which is tokio's default.
//!
//! Caps: one request in flight, by the mistake. For `/spawn-blocking` tokio's blocking threads: at most 512, each kept for
//! 10 s after its last job; what is beyond 512 waits in a queue, whatever C is. The client ([ureq](https://docs.rs/ureq))
//! keeps only 3 idle connections a host and 10 in all, of which one request at a time uses one; for `/spawn-blocking` both
//! are raised to C, as thread-per-request does, whose `/idiomatic` form shows what the default costs.

use std::sync::Arc;

use inflight_harness::{Batch, Client, InFlight, Model, ModelError, Setup, Ticket};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&BlockingInAsync, &SpawnBlocking];

/// `blocking-in-async`: each task blocks the one thread of its runtime.
#[derive(Debug, Clone, Copy)]
pub struct BlockingInAsync;

/// `blocking-in-async/spawn-blocking`: each task is handed to a thread that may block.
#[derive(Debug, Clone, Copy)]
pub struct SpawnBlocking;

const BODY: [&str; 2] = ["read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"];
const IDLE: &str = "idle connections kept: 3 a host, 10 in all, for 15 s";

impl Model for BlockingInAsync {
    fn card(&self) -> Card {
        Card {
            id: "blocking-in-async".to_owned(),
            idea: "Spawn a task for each request, and call a blocking client in it: one thread, one request."
                .to_owned(),
            label: Label::Pitfall,
            client: "ureq in tasks on tokio, current thread".to_owned(),
            crates: vec!["tokio".to_owned(), "ureq".to_owned()],
            declared_peak: DeclaredPeak::AtMost(1),
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("requests in flight: 1 for each thread of the runtime", "1: that is the mistake"),
                HiddenCap::new(
                    IDLE,
                    "left at the default: one host needs one, more than 10 hosts in turn connect anew",
                ),
                HiddenCap::new(BODY[0], BODY[1]),
            ],
            historical: None,
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Box::new(Tasks { runtime, agent: agent().build().new_agent(), spawn: in_a_task }))
    }
}

impl Model for SpawnBlocking {
    fn card(&self) -> Card {
        Card {
            id: "blocking-in-async/spawn-blocking".to_owned(),
            idea: "Hand each blocking request to a thread that may block, at most C at a time.".to_owned(),
            label: Label::Tuned,
            client: "ureq on tokio's blocking threads".to_owned(),
            crates: vec!["tokio".to_owned(), "ureq".to_owned()],
            declared_peak: DeclaredPeak::AtMost(512),
            thread_per_request: true,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("blocking threads: 512, each kept for 10 s without a job", "left at the default"),
                HiddenCap::new(IDLE, "raised to C; the age is left"),
                HiddenCap::new("buffers of a connection: 2 of 128 KiB, written on first use", "left at the default"),
                HiddenCap::new(BODY[0], BODY[1]),
                HiddenCap::new("stack of a thread: 2 MiB reserved", "left at the default"),
            ],
            historical: None,
        }
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let idle = setup.concurrency;
        let agent = agent().max_idle_connections(idle).max_idle_connections_per_host(idle).build().new_agent();
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        Ok(Box::new(Tasks { runtime, agent, spawn: on_a_blocking_thread }))
    }
}

/// What both forms have in common: every answer counts as one, and it comes from the server itself.
fn agent() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None)
}

struct Tasks {
    runtime: Runtime,
    agent: Agent,
    spawn: Spawn,
}

type Spawn = fn(&mut JoinSet<()>, Agent, Arc<Batch>, Ticket);

/// The mistake: `fetch_one` never awaits.
fn in_a_task(tasks: &mut JoinSet<()>, agent: Agent, batch: Arc<Batch>, ticket: Ticket) {
    tasks.spawn(async move { fetch_one(&agent, batch.send(ticket)) });
}

/// The cure.
fn on_a_blocking_thread(tasks: &mut JoinSet<()>, agent: Agent, batch: Arc<Batch>, ticket: Ticket) {
    tasks.spawn_blocking(move || fetch_one(&agent, batch.send(ticket)));
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let whole = fetch_all(self.spawn, self.agent.clone(), Arc::clone(batch));
        self.runtime.block_on(self.runtime.spawn(whole))?
    }
}

async fn fetch_all(spawn: Spawn, agent: Agent, batch: Arc<Batch>) -> Result<(), ModelError> {
    let mut tasks = JoinSet::new();
    for index in 0..batch.len() {
        if tasks.len() == batch.concurrency() {
            tasks.join_next().await.transpose()?;
        }
        let Some(ticket) = batch.admit_async(index).await else { break };
        spawn(&mut tasks, agent.clone(), Arc::clone(&batch), ticket);
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
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
    fn the_mistake_declares_one_request_in_flight_and_the_cure_512() {
        let peaks = |c| VARIANTS.iter().map(move |model| model.card().declared_peak.resolve(c, 1, 2));
        assert!(peaks(100).eq([1, 100]));
        assert!(peaks(600).eq([1, 512]));
    }

    #[test]
    fn refused_connections_fail_their_requests_on_a_client_that_is_used_twice() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let url = format!("http://{address}/");
        for model in VARIANTS {
            let mut client = model.client(&Setup { concurrency: 3 }).unwrap();
            for requests in [2, 20] {
                let batch = Arc::new(Batch::new(std::iter::repeat_n(url.as_str(), requests).collect(), 3));
                client.fetch(&batch).unwrap();
                let failed = |index| batch.log().sample(index).error == Some(inflight_record::SampleError::Client);
                assert!((0..requests).all(failed), "{}", model.card().id);
            }
        }
    }
}
