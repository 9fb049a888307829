//! The feed of a crawl: deals out pages as they become known, hears their answers, and hands on what is in them.
//!
//! What a page is, only the [`Handler`] knows. It is asked on the model's own threads, as a crawler parses where it fetched.
//! What it gives goes into a queue that holds a fixed number of items, to whoever stores them on a thread of its own: when
//! the store is slower than the model, the queue fills, and the model waits. How long, is counted here.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use async_channel::{Receiver, Sender, TrySendError};
use event_listener::{Event, Listener as _};

use inflight_record::CrawlFigures;

use crate::clock::Clock;
use crate::error::ModelError;

/// How many items the queue before the store holds: enough that a store that writes in batches never starves, and little
/// enough that memory does not grow with the crawl.
pub const QUEUE: usize = 256;

/// What knows the pages: which are known and not yet fetched, and what is in them. Its calls take no notable time, and may
/// come from any thread.
pub trait Handler: Send + Sync + fmt::Debug {
    /// The page to be fetched next.
    fn next(&self) -> Dealt;

    /// How many may ask for a page now and would not wait: as many as pages are known, and everybody at the end.
    fn ready(&self) -> usize;

    /// Hears what became of an index that was dealt out; gives what is to be handed on.
    fn hear(&self, index: usize, url: &str, heard: Heard<'_>) -> Option<Item>;

    /// Nothing can be handed on any more: deals out nothing from now on.
    fn stop(&self);
}

/// What a handler deals out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dealt {
    /// The URL of a page, and the index of the attempt: 0 for the first, and so on.
    Page(usize, String),
    /// None is known, and those in flight may name some.
    NotYet,
    /// There will be none any more.
    End,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// An answer.
    Answer {
        /// Its HTTP status.
        status: u16,
        /// Its whole body.
        body: &'a [u8],
    },
    /// The client gave up; the text says why.
    Error(&'a str),
}

/// What is to be stored of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What kind of thing it is.
    pub kind: ItemKind,
    /// Its number among its kind: what it is upserted by.
    pub id: u64,
    /// It, as JSON.
    pub text: String,
}

/// What kinds of things are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A list page that was read, with the ids that it named: what a crawl that resumes need not fetch again.
    List,
    /// A detail.
    Detail,
}

/// What takes over what a crawl hands on.
pub trait Keeper: Send {
    /// Stores items until the queue ends, and returns when all of them are safe. It has a thread of its own.
    ///
    /// # Errors
    /// The store is gone for good. The crawl ends, and the batch has failed.
    fn keep(&mut self, items: &Receiver<Item>) -> Result<(), ModelError>;

    /// What came of the crawl, with the store read back. The time for that is not measured.
    ///
    /// # Errors
    /// The store cannot be read.
    fn account(&mut self) -> Result<CrawlFigures, ModelError>;
}

/// A crawl that is about to begin: its store is open, and empty unless it resumes.
pub struct Crawler {
    /// What knows its pages.
    pub handler: Box<dyn Handler>,
    /// What stores them.
    pub keeper: Box<dyn Keeper>,
}

/// A handler and a queue.
#[derive(Debug)]
pub struct Feed {
    handler: Box<dyn Handler>,
    queue: Sender<Item>,
    /// Told whenever the handler has heard something.
    heard: Event,
    clock: Clock,
    queue_peak: AtomicU64,
    waited_ns: AtomicU64,
}

impl Feed {
    /// A feed from this handler, and the end of its queue where items come out.
    #[must_use]
    pub fn new(handler: Box<dyn Handler>) -> (Self, Receiver<Item>) {
        let (queue, items) = async_channel::bounded(QUEUE);
        let clock = Clock::start();
        let (queue_peak, waited_ns) = (AtomicU64::new(0), AtomicU64::new(0));
        (Self { handler, queue, heard: Event::new(), clock, queue_peak, waited_ns }, items)
    }

    /// Most items that were in the queue at once.
    #[must_use]
    pub fn queue_peak(&self) -> u64 {
        self.queue_peak.load(Ordering::Relaxed)
    }

    /// For how long the model waited because the queue was full, summed over all its threads and tasks, in nanoseconds.
    #[must_use]
    pub fn waited_ns(&self) -> u64 {
        self.waited_ns.load(Ordering::Relaxed)
    }

    /// Ends the queue: whoever stores gets what is in it, and then its end.
    pub fn close(&self) {
        self.queue.close();
    }

    /// The next page, if one is known.
    pub(crate) fn look(&self) -> Dealt {
        self.handler.next()
    }

    /// The next page, as soon as one is known.
    pub(crate) fn deal(&self) -> Option<(usize, String)> {
        loop {
            // Before the look: what is heard between the two must not be missed.
            let heard = self.heard.listen();
            match self.look() {
                Dealt::Page(index, url) => return Some((index, url)),
                Dealt::End => return None,
                Dealt::NotYet => heard.wait(),
            }
        }
    }

    /// [`Feed::deal`], for asynchronous code.
    pub(crate) async fn deal_async(&self) -> Option<(usize, String)> {
        loop {
            let heard = self.heard.listen();
            match self.look() {
                Dealt::Page(index, url) => return Some((index, url)),
                Dealt::End => return None,
                Dealt::NotYet => heard.await,
            }
        }
    }

    /// Tells the handler what became of an attempt, and those who wait for a page.
    pub(crate) fn hear(&self, index: usize, url: &str, heard: Heard<'_>) -> Option<Item> {
        let item = self.handler.hear(index, url, heard);
        // No more than find something: behind a barrier each list would wake everybody for nothing.
        self.heard.notify(self.handler.ready());
        item
    }

    /// Hears an answer, and hands on what is in it.
    pub(crate) fn answered(&self, index: usize, url: &str, status: u16, body: &[u8]) {
        let Some(item) = self.hear(index, url, Heard::Answer { status, body }) else { return };
        if let Some(item) = self.try_hand_on(item) {
            let since_ns = self.clock.now_ns();
            let sent = self.queue.send_blocking(item);
            self.waited(since_ns, sent.is_ok());
        }
    }

    /// [`Feed::answered`], for asynchronous code.
    pub(crate) async fn answered_async(&self, index: usize, url: &str, status: u16, body: &[u8]) {
        let Some(item) = self.hear(index, url, Heard::Answer { status, body }) else { return };
        if let Some(item) = self.try_hand_on(item) {
            let since_ns = self.clock.now_ns();
            let sent = self.queue.send(item).await;
            self.waited(since_ns, sent.is_ok());
        }
    }

    /// Puts an item into the queue; gives it back where that is full.
    fn try_hand_on(&self, item: Item) -> Option<Item> {
        match self.queue.try_send(item) {
            Ok(()) => {
                self.queue_peak.fetch_max(self.queue.len() as u64, Ordering::Relaxed);
                None
            }
            Err(TrySendError::Full(item)) => {
                self.queue_peak.fetch_max(QUEUE as u64, Ordering::Relaxed);
                Some(item)
            }
            Err(TrySendError::Closed(_)) => {
                self.stop();
                None
            }
        }
    }

    fn waited(&self, since_ns: u64, sent: bool) {
        self.waited_ns.fetch_add(self.clock.now_ns().saturating_sub(since_ns), Ordering::Relaxed);
        if !sent {
            self.stop();
        }
    }

    /// Whoever stores is gone, and says itself why.
    fn stop(&self) {
        self.handler.stop();
        self.heard.notify(usize::MAX);
    }
}

#[cfg(test)]
mod tests;
