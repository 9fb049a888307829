//! compio with its own client cyper: completions of io_uring instead of readiness of epoll.
//!
//! A runtime of compio's is one thread around one ring; programs that want more CPUs run one on each and share nothing.
//! C tasks of the calling thread's runtime share the URLs. cyper is reqwest's interface over the client and pool of
//! hyper-util, and copies between the buffers that the kernel owns during an operation and those that hyper lends. What one
//! learns: a ring saves system calls, and what a client does above it can cost more than they did.
//!
//! Caps: io_uring or nothing. compio's `polling` driver, to which it could fall back, is not built in, so where the kernel
//! refuses io_uring the client is not built and the record says so; compio still uses its default ring (1,024 entries, without
//! single-issuer or deferred task running). A thread uses one CPU. hyper-util keeps any number of idle connections a host,
//! for 90 s, and while it connects it waits for an idle one too and keeps both, so it may hold a few more than C. It sends
//! a request again whose connection turned out to be closed before the request was written, and fails one that was
//! already on its way then. cyper does not set
//! `TCP_NODELAY`, and has no timeout of its own. A host *name* is looked up on compio's thread pool, at most 256 threads;
//! address literals are not looked up.

use std::sync::Arc;

use bytes::Bytes;
use compio::runtime::Runtime;
use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&Compio];

/// `compio`: tasks on a runtime of one thread and one ring.
#[derive(Debug, Clone, Copy)]
pub struct Compio;

/// Why no client can be built.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(
        "compio's ring cannot be made: {0}; the kernel has to allow io_uring (see /proc/sys/kernel/io_uring_disabled)"
    )]
    Ring(#[from] std::io::Error),
    #[error("compio drives {0:?}, and this model is about io_uring")]
    Driver(compio::driver::DriverType),
}

impl Model for Compio {
    fn card(&self) -> Card {
        Card {
            id: "compio".to_owned(),
            idea: "C tasks share the URLs, on one thread around one io_uring.".to_owned(),
            label: Label::Idiomatic,
            client: "cyper on compio, io_uring, one thread".to_owned(),
            crates: ["cyper", "compio", "hyper-util", "hyper"].map(str::to_owned).to_vec(),
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new(
                    "driver: io_uring, or polling where that is built in",
                    "io_uring only; refused, it fails",
                ),
                HiddenCap::new("CPUs that it can use: 1, a runtime is one thread", "left at the default"),
                HiddenCap::new(
                    "entries of the ring: 1,024",
                    "left at the default; it submits more than once where more wait",
                ),
                HiddenCap::new("idle connections kept a host: no limit, for 90 s", "left at the default"),
            ],
            historical: None,
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let runtime = Runtime::new().map_err(Error::Ring)?;
        if !runtime.driver_type().is_iouring() {
            return Err(Error::Driver(runtime.driver_type()).into());
        }
        // Every answer comes from the server itself, and a redirect is one too.
        let client = cyper::Client::builder().no_proxy().redirect(cyper::redirect::Policy::none());
        let client = runtime.enter(|| client.build())?;
        Ok(Box::new(Tasks { client, runtime }))
    }
}

struct Tasks {
    /// Before the runtime, so that its connections go first.
    client: cyper::Client,
    runtime: Runtime,
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let one = |_| self.runtime.spawn(fetch_some(self.client.clone(), Arc::clone(batch)));
        let tasks: Vec<_> = (0..batch.concurrency().min(batch.len())).map(one).collect();
        self.runtime.block_on(async {
            for task in tasks {
                task.await.map_err(|_| "a task panicked")?;
            }
            Ok(())
        })
    }
}

/// One of C tasks: fetches what nobody has taken yet.
async fn fetch_some(client: cyper::Client, batch: Arc<Batch>) {
    while let Some(index) = batch.take() {
        let Some(ticket) = batch.admit_async(index).await else { break };
        let request = batch.send(ticket);
        match get(&client, request.url()).await {
            Ok((status, timing, body)) => request.finish_async(status, timing.as_deref(), &body).await,
            Err(error) => request.fail(&error),
        }
    }
}

/// Status, `Server-Timing` and body of one answer.
async fn get(client: &cyper::Client, url: &str) -> cyper::Result<(u16, Option<Vec<u8>>, Bytes)> {
    let response = client.get(url)?.send().await?;
    let timing = response.headers().get("server-timing").map(|timing| timing.as_bytes().to_vec());
    Ok((response.status().as_u16(), timing, response.bytes().await?))
}
