//! hyper on smol, the successor of async-std: the same futures on an executor of a few hundred lines.
//!
//! smol brings executor, sockets and timers as small crates, and no HTTP client; hyper's connections do that part, through
//! the adapter of the `smol-hyper` crate, and the rest of a client is here, by hand. C tasks share the URLs; each request
//! takes an idle connection to its host or makes one, and gives it back after the answer. A connection is spawned as a
//! task of its own, as smol's documentation shows it, so a request is handed over between two tasks and back. What one
//! learns: the runtime is exchangeable, and where the reactor runs decides what a wake-up costs. smol's global executor has a
//! thread for tasks, and the thread that waits in `block_on` looks after the sockets.
//!
//! Caps: the global executor has one thread unless `SMOL_THREADS` says otherwise. hyper refuses a head of more than about
//! 400 KiB or 100 headers. The adapter zeroes hyper's read buffer before every read, as its traits ask for. Nothing here has a
//! time-out. Any number of idle connections is kept, at most C a host, without a limit of time; one that the server closed
//! meanwhile is replaced. A request whose kept connection breaks before the first byte of its answer goes out once more on
//! a new one, because the server had closed it while the request was on its way. Any other break fails its request. A
//! host *name* is looked up by `getaddrinfo` on the threads of the `blocking` crate, at most 500; address literals are not
//! looked up.
//!
//! To read it: `connection` is one connection and a request on it, `pool` keeps those that are idle.

mod connection;
mod pool;

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use smol::{Executor, Task};

use crate::pool::Pool;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&SmolHyper, &CurrentThread];

/// `smol-hyper`: tasks on smol's global executor.
#[derive(Debug, Clone, Copy)]
pub struct SmolHyper;

/// `smol-hyper/current-thread`: the same tasks on an executor that the calling thread runs, sockets included.
#[derive(Debug, Clone, Copy)]
pub struct CurrentThread;

impl Model for SmolHyper {
    fn card(&self) -> Card {
        let threads = HiddenCap::new("threads of the global executor: 1 (SMOL_THREADS)", "left at the default");
        card("smol-hyper", "hyper on smol, global executor", threads)
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Tasks { runtime: Runtime::Global, pool: Arc::default() }))
    }
}

impl Model for CurrentThread {
    fn card(&self) -> Card {
        let threads = HiddenCap::new("CPUs that it can use: 1", "that is the variant");
        card("smol-hyper/current-thread", "hyper on smol, executor on the calling thread", threads)
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Tasks { runtime: Runtime::Own(Arc::default()), pool: Arc::default() }))
    }
}

fn card(id: &str, client: &str, threads: HiddenCap) -> Card {
    Card {
        id: id.to_owned(),
        idea: "C tasks share the URLs; each connection is a task of its own.".to_owned(),
        label: Label::Idiomatic,
        client: client.to_owned(),
        crates: ["hyper", "smol", "smol-hyper"].map(str::to_owned).to_vec(),
        declared_peak: DeclaredPeak::Concurrency,
        thread_per_request: false,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![
            threads,
            HiddenCap::new("head of an answer: about 400 KiB and 100 headers", "left at the default"),
            HiddenCap::new(
                "look-ups of host names at once: 500 threads of the blocking crate",
                "left at the default; address literals are not looked up",
            ),
        ],
        historical: None,
    }
}

/// Where tasks run.
#[derive(Debug, Clone)]
enum Runtime {
    /// smol's own executor, on threads of its own.
    Global,
    /// One that the calling thread runs while it fetches.
    Own(Arc<Executor<'static>>),
}

impl Runtime {
    fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        match self {
            Self::Global => smol::spawn(future),
            Self::Own(executor) => executor.spawn(future),
        }
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match self {
            Self::Global => smol::block_on(future),
            Self::Own(executor) => smol::block_on(executor.run(future)),
        }
    }
}

struct Tasks {
    runtime: Runtime,
    pool: Arc<Pool>,
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let one = |_| {
            let fetching = fetch_some(self.runtime.clone(), Arc::clone(&self.pool), Arc::clone(batch));
            self.runtime.spawn(fetching)
        };
        let tasks: Vec<_> = (0..batch.concurrency().min(batch.len())).map(one).collect();
        self.runtime.block_on(async {
            for task in tasks {
                task.await;
            }
        });
        Ok(())
    }
}

/// One of C tasks: fetches what nobody has taken yet.
async fn fetch_some(runtime: Runtime, pool: Arc<Pool>, batch: Arc<Batch>) {
    while let Some(index) = batch.take() {
        let Some(ticket) = batch.admit_async(index).await else { break };
        let request = batch.send(ticket);
        match pool.get(&runtime, request.url()).await {
            Ok(answer) => request.finish_async(answer.status, answer.timing(), &answer.body).await,
            Err(error) => request.fail(&error),
        }
    }
}
