//! What the harness asks: the frontier and the parser behind one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use inflight_harness::feed::{Dealt, Handler, Heard, Item};

use crate::frontier::Frontier;
use crate::parse::{Page, Parser};

/// The pages of a crawl.
#[derive(Debug)]
pub(crate) struct Pages {
    frontier: Arc<Mutex<Frontier>>,
    parser: Parser,
}

/// The frontier, whether or not a thread that held it panicked: each of its steps leaves it whole.
pub(crate) fn lock(frontier: &Mutex<Frontier>) -> MutexGuard<'_, Frontier> {
    frontier.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pages {
    /// Of a crawl whose frontier others look at too.
    pub(crate) fn new(frontier: Arc<Mutex<Frontier>>, parser: Parser) -> Self {
        Self { frontier, parser }
    }
}

impl Handler for Pages {
    fn next(&self) -> Dealt {
        lock(&self.frontier).deal()
    }

    fn ready(&self) -> usize {
        lock(&self.frontier).ready()
    }

    fn hear(&self, index: usize, url: &str, heard: Heard<'_>) -> Option<Item> {
        let attempt = lock(&self.frontier).is_out(index)?;
        // Read without the lock: as many threads parse as the model has.
        let page = match heard {
            Heard::Error(reason) => Err(reason.to_owned()),
            Heard::Answer { status: 200, body } => self.parser.read(attempt.kind, attempt.number, body),
            Heard::Answer { status, .. } => Err(format!("status {status} in place of 200")),
        };
        let mut frontier = lock(&self.frontier);
        let text = match page {
            Ok(Page::List { ids, text }) => {
                frontier.list_in(index, &ids);
                text
            }
            Ok(Page::Detail { text }) => {
                frontier.detail_in(index);
                text
            }
            Err(reason) => {
                frontier.failed(index, url, reason);
                return None;
            }
        };
        Some(Item { kind: attempt.kind, id: attempt.number, text })
    }

    fn stop(&self) {
        lock(&self.frontier).stop();
    }
}
