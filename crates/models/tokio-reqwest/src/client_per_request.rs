//! The mistake: a new client for each request, which throws away what a client is for.
//!
//! A reqwest client is a pool of connections. Made anew for each request, it opens one, uses it once and closes it. What
//! one learns: what connecting costs on both sides, and that all of it hides in one line that stands a few lines too far
//! down.

use std::sync::Arc;

use inflight_harness::{Batch, Client, Model, ModelError, Setup, Ticket};
use inflight_record::{Card, HiddenCap, Label};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::request::{client, fetch_one};
use crate::{MULTI_THREAD, WORKERS, card};

/// `tokio-reqwest/client-per-request`: the default form, but that each task makes a client of its own.
#[derive(Debug, Clone, Copy)]
pub struct ClientPerRequest;

impl Model for ClientPerRequest {
    fn card(&self) -> Card {
        let idea = "Spawn a task for each request, at most C at a time; each makes a client of its own.";
        let mut card = card("tokio-reqwest/client-per-request", idea, MULTI_THREAD, WORKERS);
        card.label = Label::Pitfall;
        card.keeps_connections = false;
        card.hidden_caps.push(HiddenCap::new(
            "requests on a connection: no limit",
            "1: the connection ends with its client, and its port is not free again for a while",
        ));
        card
    }

    fn client(&self, _: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(NewClients { runtime: Builder::new_multi_thread().enable_all().build()? }))
    }
}

struct NewClients {
    runtime: Runtime,
}

impl Client for NewClients {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        self.runtime.block_on(self.runtime.spawn(fetch_all(Arc::clone(batch))))?
    }
}

async fn fetch_all(batch: Arc<Batch>) -> Result<(), ModelError> {
    let mut tasks = JoinSet::new();
    for index in 0..batch.len() {
        if tasks.len() == batch.concurrency() {
            tasks.join_next().await.transpose()?;
        }
        let Some(ticket) = batch.admit_async(index).await else { break };
        tasks.spawn(fetch_anew(Arc::clone(&batch), ticket));
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

async fn fetch_anew(batch: Arc<Batch>, ticket: Ticket) {
    match client() {
        Ok(client) => fetch_one(client, batch, ticket).await,
        Err(error) => batch.send(ticket).fail(&error),
    }
}
