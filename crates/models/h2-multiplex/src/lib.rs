//! A stream for every request: HTTP/2 carries a whole batch over one connection to each host.
//!
//! The tasks are those of tokio-reqwest, and so is the client, but for one line: it speaks HTTP/2 by prior knowledge. A
//! request in flight is then a stream, C of which share one socket: one handshake, one read and one write for many
//! requests, and headers that refer back to those before. What one learns: what is saved in sockets is paid in framing,
//! and all streams of a host go through the one task that reads and writes its connection, on one thread at a time,
//! however many there are.
//!
//! Caps: the server's limit of streams (200 where a server is left at hyper's default; 60,000 here), and 100 until its
//! settings have come. Bytes of answers that wait unread: 5 MiB a connection and 2 MiB a stream, hyper's
//! windows (the protocol's own default, 65,535 B, is not used, and `http2_adaptive_window`, which begins there, made most
//! requests of 1,000 streams with 64 KiB each fail when it was tried; larger windows gained nothing). Small DATA frames that wait unread: h2 ends the
//! connection when what they cost to keep exceeds half the connection's window, the frame that ends an answer not
//! counted. reqwest opens one connection a host, never a second, and sends a request again that the server refused unseen
//! (`REFUSED_STREAM`, `GOAWAY` without an error).

use std::sync::Arc;

use bytes::Bytes;
use inflight_harness::{Batch, Client, Model, ModelError, Setup, Ticket};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use reqwest::header::HeaderValue;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&H2Multiplex];

/// `h2-multiplex`: one connection a host, with the windows that hyper chooses.
#[derive(Debug, Clone, Copy)]
pub struct H2Multiplex;

impl Model for H2Multiplex {
    fn card(&self) -> Card {
        let left = "left at the default";
        Card {
            id: "h2-multiplex".to_owned(),
            idea: "Send each request as a stream of HTTP/2 over one connection a host, a task for each.".to_owned(),
            label: Label::Idiomatic,
            client: "reqwest over HTTP/2 on tokio, multi-thread".to_owned(),
            crates: vec!["reqwest".to_owned(), "h2".to_owned(), "tokio".to_owned()],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            http2: true,
            keeps_connections: true,
            child_processes: false,
            hidden_caps: vec![
                HiddenCap::new("connections a host: 1", left),
                HiddenCap::new("streams on it: as many as the server allows, 100 until it has said so", left),
                HiddenCap::new("bytes of answers under way: 5 MiB a connection, 2 MiB a stream", left),
                HiddenCap::new("unread small DATA frames: half the connection's window", left),
                HiddenCap::new("worker threads of the runtime", "one for each CPU, left at the default"),
            ],
            historical: None,
        }
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        // Every answer comes from the server itself, and a redirect is one too.
        let none = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().redirect(none).build()?;
        Ok(Box::new(Streams { runtime: Builder::new_multi_thread().enable_all().build()?, client }))
    }
}

struct Streams {
    runtime: Runtime,
    client: reqwest::Client,
}

impl Client for Streams {
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
        let Some(ticket) = batch.admit_async(index).await else { break };
        tasks.spawn(fetch_one(client.clone(), Arc::clone(&batch), ticket));
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

async fn fetch_one(client: reqwest::Client, batch: Arc<Batch>, ticket: Ticket) {
    let request = batch.send(ticket);
    match get(&client, request.url()).await {
        Ok((status, timing, body)) => {
            request.finish_async(status, timing.as_ref().map(HeaderValue::as_bytes), &body).await;
        }
        Err(error) => request.fail(&error),
    }
}

/// Status, `Server-Timing` and body of one answer.
async fn get(client: &reqwest::Client, url: &str) -> reqwest::Result<(u16, Option<HeaderValue>, Bytes)> {
    let mut response = client.get(url).send().await?;
    let timing = response.headers_mut().remove("server-timing");
    Ok((response.status().as_u16(), timing, response.bytes().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_declares_c_and_says_that_it_speaks_http2() {
        let card = H2Multiplex.card();
        assert!(card.http2 && card.declared_peak.resolve(100, 1, 2) == 100);
    }
}
