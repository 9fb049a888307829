//! What a contender implements: a card, a client, and one way to fetch a batch.

use std::sync::Arc;

use inflight_record::Card;

use crate::batch::Batch;
use crate::error::ModelError;

/// One way to fetch a batch.
pub trait Model: Sync {
    /// What the model is and declares.
    fn card(&self) -> Card;

    /// Builds the client: runtime, pool, agent. Inside the timed span of a `cold` batch, before that of a `warm` one.
    ///
    /// # Errors
    /// The client cannot be built for this concurrency.
    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError>;
}

/// A built client, with whatever it keeps between batches.
pub trait Client {
    /// Fetches every URL of the batch, at most [`Batch::concurrency`] at once, and returns when the last answer is in.
    ///
    /// Before each request stands [`Batch::admit`], around it [`Batch::send`] and
    /// [`InFlight::finish`](crate::batch::InFlight::finish) or [`fail`](crate::batch::InFlight::fail), all of which have forms
    /// for asynchronous code; a request that fails is noted so, and the batch goes on. Nothing else is needed for a model to
    /// crawl: what a page is, and where it is stored, no model knows.
    ///
    /// # Errors
    /// Only what stops the whole batch.
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError>;
}

/// What a client may know when it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// C: the most requests that it will be asked to have in flight.
    pub concurrency: usize,
}
