//! The worker's side of a crawl: its store on a thread of its own, and the account when both are done.

use std::io;
use std::thread::{self, JoinHandle};

use inflight_record::CrawlFigures;

use crate::batch::Batch;
use crate::error::ModelError;
use crate::feed::{Crawler, Feed, Keeper};

/// A store that takes over what a crawl hands on.
pub(crate) struct Keeping {
    thread: JoinHandle<Kept>,
}

/// A store that is done.
pub(crate) struct Kept {
    keeper: Box<dyn Keeper>,
    /// Why it could not take over everything.
    pub(crate) error: Option<String>,
    /// From the last answer until everything was stored, in nanoseconds.
    tail_ns: u64,
}

impl Keeping {
    /// Starts the store's thread, and makes the batch that hands on to it.
    pub(crate) fn start(crawler: Crawler, indices: usize, concurrency: usize) -> io::Result<(Batch, Self)> {
        let Crawler { handler, mut keeper } = crawler;
        let (feed, items) = Feed::new(handler);
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
            let error = keeper.keep(&items).err().map(|error| error.to_string());
            // Closes the queue: nobody waits for a store that is gone.
            drop(items);
            Kept { keeper, error, tail_ns: 0 }
        })?;
        Ok((Batch::of_crawl(feed, indices, concurrency), Self { thread }))
    }

    /// Ends the queue, and waits until everything in it is stored.
    pub(crate) fn end(self, batch: &Batch) -> Kept {
        let fetched_ns = batch.now_ns();
        if let Some(feed) = batch.feed() {
            feed.close();
        }
        let ended = self.thread.join();
        let tail_ns = batch.now_ns().saturating_sub(fetched_ns);
        match ended {
            Ok(kept) => Kept { tail_ns, ..kept },
            Err(_) => Kept { keeper: Box::new(Gone), error: Some(PANICKED.to_owned()), tail_ns },
        }
    }
}

impl Kept {
    /// What came of the crawl.
    pub(crate) fn account(mut self, batch: &Batch) -> Result<CrawlFigures, ModelError> {
        let figures = self.keeper.account()?;
        let (queue_peak, waited_ns) = batch.feed().map_or((0, 0), |feed| (feed.queue_peak(), feed.waited_ns()));
        Ok(CrawlFigures { queue_peak, waited_ns, tail_ns: self.tail_ns, ..figures })
    }
}

const PANICKED: &str = "the store's thread panicked";

/// Stands in the place of a store whose thread panicked.
struct Gone;

impl Keeper for Gone {
    fn keep(&mut self, _: &async_channel::Receiver<crate::feed::Item>) -> Result<(), ModelError> {
        Err(PANICKED.into())
    }

    fn account(&mut self) -> Result<CrawlFigures, ModelError> {
        Err(PANICKED.into())
    }
}
