//! A thread for every request: blocking code, made concurrent by the operating system.
//!
//! Each URL gets a thread of its own that lives for that one request. At most C are alive at once: when C are, a
//! finished one is joined before the next is spawned, so memory grows with C and not with N. What one learns: blocking
//! code scales further than its reputation, and what it costs is a stack, a kernel thread and a wake-up for each request
//! in flight, plus a spawn and a join for each request.
//!
//! Caps: the limits of the system on threads (`ulimit -u`, `kernel.threads-max`, the cgroup's `pids.max`, and
//! `vm.max_map_count`, because a thread's stacks and its connection's buffers take up to 6 mappings). Rust reserves 2 MiB
//! of stack for each, of which the kernel backs what is touched. The client ([ureq](https://docs.rs/ureq)) keeps only 3
//! idle connections a host and 10 in all. A thread that finds none idle opens one, so at C = 100 most requests of the
//! idiomatic form pay for a new connection; the tuned form raises both to C. ureq walks all its idle connections, under
//! a lock, whenever one is taken or given back, and its buffers cost 256 KiB a connection: a large pool has its price.

use std::sync::{Arc, mpsc};
use std::thread;

use inflight_harness::{Batch, Client, InFlight, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use ureq::Agent;
use ureq::http::HeaderValue;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&ThreadPerRequest, &Idiomatic];

/// `thread-per-request`: ureq keeps up to C idle connections.
#[derive(Debug, Clone, Copy)]
pub struct ThreadPerRequest;

/// `thread-per-request/idiomatic`: ureq keeps as many idle connections as it does by default.
#[derive(Debug, Clone, Copy)]
pub struct Idiomatic;

impl Model for ThreadPerRequest {
    fn card(&self) -> Card {
        card("thread-per-request", Label::Tuned, "raised to C; the age is left")
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let idle = setup.concurrency;
        let agent = agent().max_idle_connections(idle).max_idle_connections_per_host(idle).build().new_agent();
        Ok(Box::new(Threads { agent }))
    }
}

impl Model for Idiomatic {
    fn card(&self) -> Card {
        card("thread-per-request/idiomatic", Label::Idiomatic, "left at the default: the others connect anew")
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Threads { agent: agent().build().new_agent() }))
    }
}

fn card(id: &str, label: Label, idle: &str) -> Card {
    Card {
        id: id.to_owned(),
        idea: "Spawn a thread for each request, at most C alive at once.".to_owned(),
        label,
        client: "ureq on a thread of its own for each request".to_owned(),
        crates: vec!["ureq".to_owned()],
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: true,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![
            HiddenCap::new("idle connections kept: 3 a host, 10 in all, for 15 s", idle),
            HiddenCap::new("buffers of a connection: 2 of 128 KiB, written on first use", "left at the default"),
            HiddenCap::new("read_to_vec of a body: 10 MB", "lifted: the body is read without a limit"),
            HiddenCap::new("stack of a thread: 2 MiB reserved", "left at the default"),
        ],
        historical: None,
    }
}

/// What both forms have in common: every answer counts as one, and it comes from the server itself.
fn agent() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None)
}

struct Threads {
    agent: Agent,
}

impl Client for Threads {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let slots = batch.concurrency().min(batch.len());
        let (done, finished) = mpsc::channel();
        let agent = &self.agent;
        thread::scope(|scope| {
            let mut alive: Vec<Option<thread::ScopedJoinHandle<'_, ()>>> = (0..slots).map(|_| None).collect();
            for (index, ticket) in (0..batch.len()).map_while(|index| Some((index, batch.admit(index)?))) {
                // The first C threads each open a slot; every later one takes over that of a thread that has ended.
                let slot = if index < slots { index } else { finished.recv()? };
                if let Some(thread) = alive[slot].take() {
                    thread.join().map_err(|_| PANICKED)?;
                }
                let leave = Leave { slot, done: done.clone() };
                alive[slot] = Some(thread::Builder::new().spawn_scoped(scope, move || {
                    let _leave = leave;
                    fetch_one(agent, batch.send(ticket));
                })?);
            }
            alive.into_iter().flatten().try_for_each(thread::ScopedJoinHandle::join).map_err(|_| PANICKED.into())
        })
    }
}

const PANICKED: &str = "the thread of a request panicked";

/// Says that a thread has ended, also when it panicked.
struct Leave {
    slot: usize,
    done: mpsc::Sender<usize>,
}

impl Drop for Leave {
    fn drop(&mut self) {
        let _ = self.done.send(self.slot); // nobody listens any more once the last request is on its way
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
    fn both_forms_declare_c() {
        for model in VARIANTS {
            assert_eq!(model.card().declared_peak.resolve(100, 1, 2), 100);
            assert!(model.card().thread_per_request);
        }
    }
}
