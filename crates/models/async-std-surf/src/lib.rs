//! A task for each slot, on async-std: the other asynchronous Rust, kept for comparison.
//!
//! C tasks share the batch: each takes the next URL, fetches it, and takes another until none is left. surf is built
//! with its `h1-client` backend (async-h1), so that async-std does the waiting; its default backend is curl on a thread
//! of its own. What one learns: async-std's tasks wait as cheaply as tokio's, and a cap that nobody sees decides
//! everything: the idiomatic form has 50 requests in flight, whatever C is.
//!
//! Caps: 50 connections a host, and a timeout of 60 s for each request; the tuned form raises the first to C, lifts the
//! second, and sets `TCP_NODELAY`, which is off by default. The executor is global, starts with the first task, and has a
//! thread for each CPU unless `ASYNC_STD_THREAD_COUNT` says otherwise. Host names are looked up on the async-std task's
//! own thread, which blocks it; address literals are not looked up.
//!
//! The cap of 50 is not exact where the executor has two threads or more: http-client looks for the host's pool and puts
//! one there in two steps, so threads that begin at once may each make one, and what was sent through one that another
//! replaced comes beside the other's 50.
//!
//! Historical: async-std was discontinued in March 2025, in favour of [smol](https://docs.rs/smol), and surf has had no
//! release since 2021.

use std::sync::Arc;

use async_std::task;
use inflight_harness::{Batch, Client, Model, ModelError, Setup};
use inflight_record::{Card, DeclaredPeak, HiddenCap, Label};
use surf::Config;

/// The variants of this crate, for the line-up.
pub static VARIANTS: &[&dyn Model] = &[&AsyncStdSurf, &Idiomatic];

/// `async-std-surf`: up to C connections a host, `TCP_NODELAY`, no timeout.
#[derive(Debug, Clone, Copy)]
pub struct AsyncStdSurf;

/// `async-std-surf/idiomatic`: surf as it comes, with 50 connections a host.
#[derive(Debug, Clone, Copy)]
pub struct Idiomatic;

impl Model for AsyncStdSurf {
    fn card(&self) -> Card {
        card("async-std-surf", DeclaredPeak::Concurrency, ["raised to C", "switched on", "lifted"])
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        let config = Config::new().set_max_connections_per_host(setup.concurrency);
        Tasks::boxed(config.set_tcp_no_delay(true).set_timeout(None))
    }
}

impl Model for Idiomatic {
    fn card(&self) -> Card {
        card("async-std-surf/idiomatic", DeclaredPeak::AboutPerHost(50), ["left at the default"; 3])
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Tasks::boxed(Config::new())
    }
}

fn card(id: &str, declared_peak: DeclaredPeak, [connections, nodelay, timeout]: [&str; 3]) -> Card {
    Card {
        id: id.to_owned(),
        idea: "C tasks share the URLs; each fetches one after the other.".to_owned(),
        label: Label::Historical,
        client: "surf (async-h1) on async-std".to_owned(),
        crates: vec!["async-std".to_owned(), "surf".to_owned(), "http-client".to_owned(), "async-h1".to_owned()],
        declared_peak,
        thread_per_request: false,
        keeps_connections: true,
        http2: false,
        child_processes: false,
        hidden_caps: vec![
            HiddenCap::new("connections a host: 50, or up to 50 a thread where threads race at the start", connections),
            HiddenCap::new("TCP_NODELAY: off", nodelay),
            HiddenCap::new("timeout of a request: 60 s", timeout),
            HiddenCap::new("threads of the executor: one for each CPU", "left at the default"),
        ],
        historical: Some(
            "async-std was discontinued in 2025 and surf has had no release since 2021; smol took async-std's place."
                .to_owned(),
        ),
    }
}

struct Tasks {
    client: surf::Client,
}

impl Tasks {
    fn boxed(config: Config) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(Self { client: config.try_into()? }))
    }
}

impl Client for Tasks {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        let tasks: Vec<_> = (0..batch.concurrency().min(batch.len()))
            .map(|_| task::spawn(fetch_some(self.client.clone(), Arc::clone(batch))))
            .collect();
        task::block_on(async {
            for task in tasks {
                task.await;
            }
        });
        Ok(())
    }
}

async fn fetch_some(client: surf::Client, batch: Arc<Batch>) {
    while let Some(index) = batch.take() {
        let Some(ticket) = batch.admit_async(index).await else { break };
        let request = batch.send(ticket);
        match get(&client, request.url()).await {
            Ok((response, body)) => {
                let timing = response.header("server-timing").map(|values| values.as_str().as_bytes());
                request.finish_async(response.status().into(), timing, &body).await;
            }
            Err(error) => request.fail(&error),
        }
    }
}

async fn get(client: &surf::Client, url: &str) -> surf::Result<(surf::Response, Vec<u8>)> {
    let mut response = client.get(surf::Url::parse(url)?).await?;
    let body = response.body_bytes().await?;
    Ok((response, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_idiomatic_form_stops_at_fifty() {
        assert_eq!(AsyncStdSurf.card().declared_peak.resolve(100, 1, 2), 100);
        assert_eq!(Idiomatic.card().declared_peak.resolve(100, 1, 2), 50);
        assert_eq!(Idiomatic.card().declared_peak.resolve(10, 1, 2), 10);
        // A pool for each of two threads that begin at once.
        assert_eq!(Idiomatic.card().declared_peak.most(200, 1, 2), 100);
    }

    #[test]
    fn the_default_cap_is_what_the_card_says() {
        let config = Config::new();
        assert_eq!(config.http_config.max_connections_per_host, 50);
        assert_eq!(config.http_config.timeout, Some(std::time::Duration::from_secs(60)));
        assert!(!config.http_config.tcp_no_delay);
    }
}
