//! One thread, one epoll, no runtime: the least that fetching a batch can cost. A measured floor, not a way to write a
//! program.
//!
//! Every socket is registered once, edge-triggered. When an answer is in, the next request goes out on the same socket at
//! once, before the next event is looked at, so the server has work while this thread still reads other answers. A
//! request costs two calls into the kernel, `recv` and `send`, and a share of one `epoll_wait`. What one learns: about
//! three quarters of what is left is the kernel's `send`, so whatever another model costs above this is its own doing.
//!
//! It speaks just the HTTP/1.1 that it needs: GET over plain TCP, answers with a `Content-Length` of up to 64 MiB. Chunked
//! answers and answers that end with the connection are refused: their requests fail with a text that says so.
//!
//! Caps: none. It keeps up to C connections a host, for as long as the server does. A connection that the server closed
//! while it had nothing to do is replaced; so is one that breaks before the first byte of an answer when it has served
//! before, once a request, because the server had closed it while the request was on its way. Any other break fails
//! its request. A host *name* is looked up once, by a call that blocks; address literals are not looked up.
//!
//! To read it: `connection` is one socket and what is unfinished on it, `fetch` is the loop; the crate `inflight-http1`
//! turns URLs into requests and bytes into answers.

mod connection;
mod fetch;

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&RawEpoll];

/// `raw-epoll`: one thread around one epoll, with hand-written HTTP.
#[derive(Debug, Clone, Copy)]
pub struct RawEpoll;

impl Model for RawEpoll {
    fn card(&self) -> Card {
        Card {
            id: "raw-epoll".to_owned(),
            idea: "One thread waits for all sockets at once; each answer sends the next request on its socket."
                .to_owned(),
            label: Label::Floor,
            client: "hand-written HTTP/1.1 over mio, one thread".to_owned(),
            crates: vec!["mio".to_owned()],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("body of an answer: 64 MiB", "its own; a longer one fails its request"),
                HiddenCap::new("CPUs that it can use: 1", "that is the model"),
            ],
            historical: None,
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Epoll { sockets: connection::Sockets::new()? }))
    }
}

struct Epoll {
    sockets: connection::Sockets,
}

impl Client for Epoll {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        fetch::fetch(&mut self.sockets, batch)
    }
}
