//! A task for every request: futures on tokio, the way of most asynchronous Rust.
//!
//! Each URL becomes a task, C of them at a time; a task that waits costs its state machine and no thread. The tasks are
//! kept in a `JoinSet`: when one ends, the next URL is spawned. The two shorter ways were not taken. Spawning N tasks
//! behind a semaphore of C permits keeps N tasks in memory though only C are in flight. `buffer_unordered(C)` over a
//! stream keeps C futures, but polls all of them within one task, hence on one thread. What one learns: waiting is nearly
//! free, and what is left to pay is the client's work on each request.
//!
//! Caps: none that binds here. reqwest keeps any number of idle connections a host, for 90 s, sets `TCP_NODELAY`, and has
//! no timeout of its own. A host *name* is looked up by `getaddrinfo` on tokio's blocking threads, at most 512 at once; an
//! address literal, which is what the workload's URLs have, is not looked up at all. When no idle connection is there,
//! the client connects and meanwhile waits for one to come back, and keeps both, so it may hold a few more than C.

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use reqwest::header::HeaderValue;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&TokioReqwest, &CurrentThread];

/// `tokio-reqwest`: tasks on the multi-thread runtime, one worker for each CPU.
#[derive(Debug, Clone, Copy)]
pub struct TokioReqwest;

/// `tokio-reqwest/current-thread`: the same tasks on a runtime of one thread.
#[derive(Debug, Clone, Copy)]
pub struct CurrentThread;

impl Model for TokioReqwest {
    fn card(&self) -> Card {
        card("tokio-reqwest", "reqwest on tokio, multi-thread", "one for each CPU, left at the default")
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Tasks::boxed(Builder::new_multi_thread().enable_all().build()?)
    }
}

impl Model for CurrentThread {
    fn card(&self) -> Card {
        card("tokio-reqwest/current-thread", "reqwest on tokio, current thread", "one, on the calling thread")
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Tasks::boxed(Builder::new_current_thread().enable_all().build()?)
    }
}

fn card(id: &str, client: &str, workers: &str) -> Card {
    Card {
        id: id.to_owned(),
        idea: "Spawn a task for each request into a JoinSet, at most C at a time.".to_owned(),
        label: Label::Idiomatic,
        client: client.to_owned(),
        crates: vec!["reqwest".to_owned(), "tokio".to_owned()],
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: false,
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
}

impl Tasks {
    fn boxed(runtime: Runtime) -> Result<Box<dyn Client>, ModelError> {
        // Every answer comes from the server itself, and a redirect is one too.
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Box::new(Self { runtime, client }))
    }
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        // A task itself: what runs on the calling thread would be woken across threads for each answer.
        self.runtime.block_on(self.runtime.spawn(fetch_all(self.client.clone(), Arc::clone(batch))))?
    }
}

async fn fetch_all(client: reqwest::Client, batch: Arc<Batch>) -> Result<(), ModelError> {
    let mut tasks = JoinSet::new();
    for index in 0..batch.len() {
        if tasks.len() == batch.concurrency() {
            tasks.join_next().await.transpose()?;
        }
        tasks.spawn(fetch_one(client.clone(), Arc::clone(&batch), index));
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

async fn fetch_one(client: reqwest::Client, batch: Arc<Batch>, index: usize) {
    let request = batch.send(index);
    match get(&client, batch.url(index)).await {
        Ok((status, timing, body)) => request.finish(status, timing.as_ref().map(HeaderValue::as_bytes), body.as_ref()),
        Err(error) => request.fail(&error),
    }
}

/// Status, `Server-Timing` and body of one answer.
async fn get(client: &reqwest::Client, url: &str) -> reqwest::Result<(u16, Option<HeaderValue>, impl AsRef<[u8]>)> {
    let mut response = client.get(url).send().await?;
    let timing = response.headers_mut().remove("server-timing");
    Ok((response.status().as_u16(), timing, response.bytes().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_declare_c() {
        assert!(VARIANTS.iter().all(|model| model.card().declared_peak.resolve(100, 1, 2) == 100));
    }
}
