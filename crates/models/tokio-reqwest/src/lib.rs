//! A task for every request: futures on tokio, the way of most asynchronous Rust.
//!
//! A request that waits costs its future and no thread. What one learns: waiting is nearly free, and what is left to pay
//! is the client's work on each request. `forms` has the four ways in which people keep C of N requests in flight:
//!
//! | variant | how | alive at once | on how many threads |
//! | --- | --- | --- | --- |
//! | `tokio-reqwest`, which is `/join-set` | spawn the next when one ends | C tasks | all of the runtime's |
//! | `/spawn-semaphore` | spawn all, each waits for one of C permits | N tasks | all of the runtime's |
//! | `/buffer-unordered` | a stream that polls C futures | C futures in one task | one |
//! | `/join-all` | poll all, each waits for one of C permits | N futures in one task | one |
//!
//! The first is the default form, because it alone keeps both promises: memory grows with C and not with N, and the work
//! on the answers spreads over the CPUs. `/current-thread` is the default form on a runtime of one thread, and
//! `/client-per-request` is the default form with a mistake in it.
//!
//! To read it: `forms` decides which requests are alive, `request` is one of them, `client_per_request` the mistake.
//!
//! Caps: none that binds here. reqwest keeps any number of idle connections a host, for 90 s, sets `TCP_NODELAY`, and has
//! no timeout of its own. A host *name* is looked up by `getaddrinfo` on tokio's blocking threads, at most 512 at once; an
//! address literal, which is what the workload's URLs have, is not looked up at all. When no idle connection is there,
//! the client connects and meanwhile waits for one to come back, and keeps both, so it may hold a few more than C.

mod client_per_request;
mod forms;
mod request;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use tokio::runtime::{Builder, Runtime};

pub use client_per_request::ClientPerRequest;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[
    &TokioReqwest::JoinSet,
    &TokioReqwest::CurrentThread,
    &TokioReqwest::SpawnSemaphore,
    &TokioReqwest::BufferUnordered,
    &TokioReqwest::JoinAll,
    &ClientPerRequest,
];

/// One client for all requests, and one of the ways to keep C of them in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokioReqwest {
    /// `tokio-reqwest`: at most C tasks in a `JoinSet`, on the multi-thread runtime, one worker for each CPU.
    JoinSet,
    /// `tokio-reqwest/current-thread`: the same tasks on a runtime of one thread.
    CurrentThread,
    /// `tokio-reqwest/spawn-semaphore`: N tasks, and a semaphore of C permits.
    SpawnSemaphore,
    /// `tokio-reqwest/buffer-unordered`: a stream of futures, C of them polled by one task.
    BufferUnordered,
    /// `tokio-reqwest/join-all`: N futures polled by one task, and a semaphore of C permits.
    JoinAll,
}

impl Model for TokioReqwest {
    fn card(&self) -> Card {
        let (id, idea) = match self {
            Self::JoinSet => ("tokio-reqwest", JOIN_SET),
            Self::CurrentThread => ("tokio-reqwest/current-thread", JOIN_SET),
            Self::SpawnSemaphore => (
                "tokio-reqwest/spawn-semaphore",
                "Spawn a task for every request at once; each waits for one of C permits.",
            ),
            Self::BufferUnordered => (
                "tokio-reqwest/buffer-unordered",
                "Turn the URLs into a stream of futures; one task polls C of them at a time.",
            ),
            Self::JoinAll => (
                "tokio-reqwest/join-all",
                "Join a future for every request in one task; each waits for one of C permits.",
            ),
        };
        match self {
            Self::CurrentThread => card(id, idea, "reqwest on tokio, current thread", "one, on the calling thread"),
            _ => card(id, idea, MULTI_THREAD, WORKERS),
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let mut runtime = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        let runtime = runtime.enable_all().build()?;
        Ok(Box::new(Tasks { runtime, client: request::client()?, form: *self }))
    }
}

const JOIN_SET: &str = "Spawn a task for each request into a JoinSet, at most C at a time.";
const MULTI_THREAD: &str = "reqwest on tokio, multi-thread";
const WORKERS: &str = "one for each CPU, left at the default";

fn card(id: &str, idea: &str, client: &str, workers: &str) -> Card {
    Card {
        id: id.to_owned(),
        idea: idea.to_owned(),
        label: Label::Idiomatic,
        client: client.to_owned(),
        crates: vec!["reqwest".to_owned(), "tokio".to_owned()],
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: false,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![
            HiddenCap::new("worker threads of the runtime", workers),
            HiddenCap::new("idle connections kept a host: no limit, for 90 s", "left at the default"),
            HiddenCap::new(
                "look-ups of host names at once: 512 blocking threads of tokio",
                "left at the default; address literals are not looked up",
            ),
        ],
        historical: None,
    }
}

struct Tasks {
    runtime: Runtime,
    client: reqwest::Client,
    form: TokioReqwest,
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let (runtime, client, batch) = (&self.runtime, self.client.clone(), Arc::clone(batch));
        // A task itself: what runs on the calling thread would be woken across threads for each answer.
        let whole = match self.form {
            TokioReqwest::JoinSet | TokioReqwest::CurrentThread => runtime.spawn(forms::join_set(client, batch)),
            TokioReqwest::SpawnSemaphore => runtime.spawn(forms::spawn_semaphore(client, batch)),
            TokioReqwest::BufferUnordered => runtime.spawn(forms::buffer_unordered(client, batch)),
            TokioReqwest::JoinAll => runtime.spawn(forms::join_all(client, batch)),
        };
        runtime.block_on(whole)?
    }
}
