//! hyper's own connections on tokio, without a client around them: what the client layer costs.
//!
//! hyper gives one HTTP/1.1 connection as two halves, one to hand requests to and one that reads and writes. The rest of
//! a client is here, by hand: C tasks share the URLs, each request takes an idle connection to its host or makes one, and
//! gives it back after the answer. A task drives the connection that it uses itself: hyper's examples spawn the
//! connection as a task of its own, and each request is then handed over between two tasks and back. What one learns: what is
//! left of the cost of `tokio-reqwest` when URL type, service layers, pool with its timers and redirects are taken away.
//!
//! Caps: hyper refuses a head of more than about 400 KiB or 100 headers; nothing else binds. There are no timeouts, and
//! none of hyper's own are there for clients. Any number of idle connections is kept, at most C a host, without a limit of
//! time; one that the server closed meanwhile is replaced. A request whose kept connection breaks before the first byte
//! of its answer goes out once more on a new one, because the server had closed it while the request was on its way. Any
//! other break fails its request. A host *name* is looked up by `getaddrinfo` on tokio's blocking threads, at most 512 at
//! once; address literals are not looked up.
//!
//! To read it: `connection` is one connection and a request on it, `pool` keeps those that are idle.

mod connection;
mod pool;

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::pool::Pool;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&TokioHyper, &CurrentThread];

/// `tokio-hyper`: tasks on the multi-thread runtime, one worker for each CPU.
#[derive(Debug, Clone, Copy)]
pub struct TokioHyper;

/// `tokio-hyper/current-thread`: the same tasks on a runtime of one thread.
#[derive(Debug, Clone, Copy)]
pub struct CurrentThread;

impl Model for TokioHyper {
    fn card(&self) -> Card {
        card("tokio-hyper", "hyper on tokio, multi-thread", "one for each CPU, left at the default")
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Tasks::boxed(Builder::new_multi_thread().enable_io().build()?))
    }
}

impl Model for CurrentThread {
    fn card(&self) -> Card {
        card("tokio-hyper/current-thread", "hyper on tokio, current thread", "one, on the calling thread")
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Tasks::boxed(Builder::new_current_thread().enable_io().build()?))
    }
}

fn card(id: &str, client: &str, workers: &str) -> Card {
    Card {
        id: id.to_owned(),
        idea: "C tasks share the URLs; each drives the connection that it uses, without a client between.".to_owned(),
        // hyper's own examples spawn each connection.
        label: Label::Tuned,
        client: client.to_owned(),
        crates: vec!["hyper".to_owned(), "tokio".to_owned()],
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: false,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![
            HiddenCap::new("worker threads of the runtime", workers),
            HiddenCap::new("head of an answer: about 400 KiB and 100 headers", "left at the default"),
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
    pool: Arc<Pool>,
}

impl Tasks {
    fn boxed(runtime: Runtime) -> Box<dyn Client> {
        Box::new(Self { runtime, pool: Arc::default() })
    }
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let (pool, batch) = (Arc::clone(&self.pool), Arc::clone(batch));
        // A task itself: what runs on the calling thread would be woken across threads for each task that ends.
        self.runtime.block_on(self.runtime.spawn(async move {
            let mut tasks = JoinSet::new();
            for _ in 0..batch.concurrency().min(batch.len()) {
                tasks.spawn(fetch_some(Arc::clone(&pool), Arc::clone(&batch)));
            }
            while let Some(ended) = tasks.join_next().await {
                ended?;
            }
            Ok(())
        }))?
    }
}

/// One of C tasks: fetches what nobody has taken yet.
async fn fetch_some(pool: Arc<Pool>, batch: Arc<Batch>) {
    while let Some(index) = batch.take() {
        let Some(ticket) = batch.admit_async(index).await else { break };
        let request = batch.send(ticket);
        match pool.get(request.url()).await {
            Ok(answer) => request.finish_async(answer.status, answer.timing(), &answer.body).await,
            Err(error) => request.fail(&error),
        }
    }
}
