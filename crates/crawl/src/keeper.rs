//! The keeper: takes items from the queue, stores what is there at once, and waits for a store that does not answer.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_channel::Receiver;
use inflight_harness::ModelError;
use inflight_harness::clock::Clock;
use inflight_harness::feed::{Item, ItemKind, Keeper};
use inflight_record::CrawlFigures;

use crate::frontier::Frontier;
use crate::handler::lock;
use crate::store::{Rows, Store, StoreError};

/// Most items that are written at once: what the queue holds. Fewer are written when fewer are there; a store that is
/// quick is given single ones, and one that is slow finds more each time.
const BATCH: usize = 256;
/// For how long a store that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause before it is asked the second time; each later one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Stores items.
pub(crate) struct StoreKeeper {
    store: Box<dyn Store>,
    frontier: Arc<Mutex<Frontier>>,
    before: Rows,
    /// Details that were stored.
    stored: u64,
    busy_ns: u64,
    clock: Clock,
    patience: Duration,
}

impl StoreKeeper {
    /// A keeper for this store, which held `before` when the crawl began.
    pub(crate) fn new(store: Box<dyn Store>, frontier: Arc<Mutex<Frontier>>, before: Rows) -> Self {
        Self { store, frontier, before, stored: 0, busy_ns: 0, clock: Clock::start(), patience: PATIENCE }
    }

    fn put(&mut self, batch: &[Item]) -> Result<(), StoreError> {
        let since_ns = self.clock.now_ns();
        let put = patiently(self.patience, self.clock, || self.store.put(batch));
        self.busy_ns += self.clock.now_ns() - since_ns;
        put?;
        self.stored += batch.iter().filter(|item| item.kind == ItemKind::Detail).count() as u64;
        Ok(())
    }
}

impl Keeper for StoreKeeper {
    fn keep(&mut self, items: &Receiver<Item>) -> Result<(), ModelError> {
        let mut batch = Vec::with_capacity(BATCH);
        while let Ok(first) = items.recv_blocking() {
            batch.push(first);
            while batch.len() < BATCH
                && let Ok(item) = items.try_recv()
            {
                batch.push(item);
            }
            if let Err(error) = self.put(&batch) {
                // Whoever waits for room in the queue waits for nobody.
                items.close();
                return Err(error.into());
            }
            batch.clear();
        }
        Ok(())
    }

    fn account(&mut self) -> Result<CrawlFigures, ModelError> {
        let rows = patiently(self.patience, self.clock, || self.store.rows())?;
        self.store.sync()?;
        Ok(CrawlFigures {
            stored: self.stored,
            rows_before: self.before.count,
            rows_before_mark: self.before.mark,
            rows: rows.count,
            rows_mark: rows.mark,
            store_busy_ns: self.busy_ns,
            ..lock(&self.frontier).figures()
        })
    }
}

/// Does something with a store, again and again while the store does not answer. All that is done so may be done twice.
fn patiently<T>(
    patience: Duration,
    clock: Clock,
    mut ask: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let since_ns = clock.now_ns();
    let mut pause = FIRST_PAUSE;
    loop {
        match ask() {
            Err(error) if error.may_pass() => {
                let waited = Duration::from_nanos(clock.now_ns() - since_ns);
                if waited + pause > patience {
                    return Err(StoreError::GaveUp { seconds: patience.as_secs(), last: Box::new(error) });
                }
            }
            ended => return ended,
        }
        thread::sleep(pause);
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests;
