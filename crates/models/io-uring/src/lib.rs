//! One thread, one `io_uring`, no runtime: the floor below the floor of readiness. A measured floor, not a way to write a
//! program.
//!
//! `raw-epoll` asks which sockets are ready and then calls the kernel twice for each request. Here operations are put into
//! a queue that the kernel shares, and one call hands over all requests of a turn, and waits for what completes next. Each
//! connection is asked to receive once, and goes on doing so: what comes is in a buffer that the kernel has taken from a
//! common stock when it came. A request that went out says nothing; one that did not says so, and that is also how a socket
//! that is still being connected is found out. What one learns: how much of what `raw-epoll` costs is the calls themselves
//! and the waking up, and how much is TCP, which stays.
//!
//! What decides is how the ring is set up and how one waits. One issuer with deferred task running lets the kernel do its
//! part of the work when this thread waits, instead of interrupting it. And in a flood of answers it waits for several at
//! once: as many as lately came in a fifth of a millisecond, which is also the longest that an answer's stamp is late for
//! it; see `pace`. When answers are rare it waits for one.
//!
//! It speaks the HTTP/1.1 of `raw-epoll`, by the same crate `inflight-http1`.
//!
//! Caps: none but its own. It keeps up to C connections a host, for as long as the server does. A connection that the server
//! closed while it had nothing to do is replaced; so is one that breaks before the first byte of an answer when it has
//! served before, once a request. Any other break fails its request. A host *name* is looked up once, by a call that
//! blocks. A request may be 64 KiB long.
//!
//! It needs Linux 6.1, and a kernel that lets it: containers often do not. Building the client fails then, with a text that
//! says why and what would be right; see `refusal`.
//!
//! To read it: `ring` is the only place that talks to the kernel, `buffers` is the memory that it shares with it,
//! `connection` is what is unfinished on each socket, `pace` is how many completions to wait for, `fetch` is the loop.

mod buffers;
mod connection;
mod fetch;
mod pace;
mod refusal;
mod ring;

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};

pub use refusal::Refusal;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&IoUring];

/// `io-uring`: one thread around one ring, with hand-written HTTP.
#[derive(Debug, Clone, Copy)]
pub struct IoUring;

impl Model for IoUring {
    fn card(&self) -> Card {
        Card {
            id: "io-uring".to_owned(),
            idea:
                "One thread hands the kernel many operations at once; each answer puts the next request into the queue."
                    .to_owned(),
            label: Label::Floor,
            client: "hand-written HTTP/1.1 over io_uring, one thread".to_owned(),
            crates: vec!["io-uring".to_owned()],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("body of an answer: 64 MiB", "its own; a longer one fails its request"),
                HiddenCap::new("length of a request: 64 KiB", "its own; a longer one fails"),
                HiddenCap::new("CPUs that it can use: 1", "that is the model"),
                HiddenCap::new(
                    "completions waited for at once: as many as lately came in 0.2 ms, at most 32 and half of those in \
                     flight, for at most 0.2 ms",
                    "its own; an answer's time is noted that much later, at most",
                ),
            ],
            historical: None,
        }
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let ring = ring::Ring::new(setup.concurrency)?;
        Ok(Box::new(Floor { ring, connections: connection::Connections::default() }))
    }
}

struct Floor {
    ring: ring::Ring,
    connections: connection::Connections,
}

impl Client for Floor {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        fetch::fetch(&mut self.ring, &mut self.connections, batch)
    }
}
