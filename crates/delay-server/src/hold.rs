//! A held request: waits for its turn and its deadline, and tells its batch how it ended.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::batch::Batch;
use crate::book::count;
use crate::gate::{Gate, Place};
use crate::site::Site;
use crate::state::State;
use crate::timer::Key;

/// To whom a request is accounted: its batch, or the requests that named none.
#[derive(Clone)]
pub(crate) struct Payer {
    pub(crate) state: Rc<State>,
    pub(crate) batch: Option<Rc<Batch>>,
}

impl Payer {
    fn arrive(&self, index: u64, asked_ns: u64, now_ns: u64) -> Place {
        let Some(batch) = &self.batch else {
            count(&self.state.book.unnamed.requests);
            return Place::Served(now_ns);
        };
        batch.arrive(index, asked_ns, now_ns);
        batch.gate.as_ref().map_or(Place::Served(now_ns), |gate| gate.enter(now_ns))
    }

    /// The site of its batch, where that is a crawl.
    pub(crate) fn site(&self) -> Option<&Site> {
        self.batch.as_ref().and_then(|batch| batch.site.as_ref())
    }

    fn gate(&self) -> Option<&Gate> {
        self.batch.as_ref().and_then(|batch| batch.gate.as_ref())
    }

    fn answer(&self, asked_ns: u64, held_ns: u64, queued_ns: u64, now_ns: u64) {
        let Some(batch) = &self.batch else { return };
        batch.answer(asked_ns, held_ns, queued_ns, now_ns);
        if let Some(gate) = &batch.gate {
            gate.release(now_ns);
        }
    }

    fn abort_hold(&self, place: Place) {
        let Some(batch) = &self.batch else { return count(&self.state.book.unnamed.aborted) };
        let now_ns = self.state.clock.now_ns();
        batch.abort_hold(now_ns);
        if let Some(gate) = &batch.gate {
            gate.leave(place, now_ns);
        }
    }

    /// The last byte of the body was taken.
    pub(crate) fn complete(&self, bytes: u64) {
        match &self.batch {
            Some(batch) => batch.complete(bytes),
            None => count(&self.state.book.unnamed.completed),
        }
    }

    /// The body was dropped before it was taken whole.
    pub(crate) fn abort_body(&self) {
        match &self.batch {
            Some(batch) => batch.abort_body(),
            None => count(&self.state.book.unnamed.aborted),
        }
    }
}

/// A request in flight. Resolves to how long it was held; dropped before that, it counts as aborted.
pub(crate) struct Hold {
    /// Gone once answered.
    payer: Option<Payer>,
    arrived_ns: u64,
    asked_ns: u64,
    place: Place,
    key: Option<Key>,
}

/// A hold that ended.
pub(crate) struct Held {
    /// To whom the answer's body is accounted.
    pub(crate) payer: Payer,
    /// How long the request was held, its time in the queue included, in nanoseconds.
    pub(crate) held_ns: u64,
}

impl Hold {
    /// The request arrives.
    pub(crate) fn begin(payer: Payer, index: u64, asked_ns: u64) -> Self {
        let arrived_ns = payer.state.clock.now_ns();
        let place = payer.arrive(index, asked_ns, arrived_ns);
        Self { payer: Some(payer), arrived_ns, asked_ns, place, key: None }
    }

    /// Since when the request is served, in nanoseconds; `None` while it is queued.
    fn served_since_ns(&mut self) -> Option<u64> {
        if let Place::Queued(ticket) = self.place {
            self.place = Place::Served(self.payer.as_ref()?.gate()?.admitted_ns(ticket)?);
        }
        match self.place {
            Place::Served(since_ns) => Some(since_ns),
            Place::Queued(_) => None,
        }
    }

    /// The hold, if it is over; a hold of 0 is, unless it is queued.
    pub(crate) fn end(&mut self) -> Option<Held> {
        let since_ns = self.served_since_ns()?;
        let now_ns = self.payer.as_ref()?.state.clock.now_ns();
        if now_ns.saturating_sub(since_ns) < self.asked_ns {
            return None;
        }
        let held_ns = now_ns.saturating_sub(self.arrived_ns);
        let payer = self.payer.take()?;
        if let Some(key) = self.key.take() {
            payer.state.timer.cancel(key);
        }
        payer.answer(self.asked_ns, held_ns, since_ns.saturating_sub(self.arrived_ns), now_ns);
        Some(Held { payer, held_ns })
    }

    fn wait(&mut self, cx: &Context<'_>) -> io::Result<()> {
        let Some(payer) = &self.payer else { return Ok(()) };
        let since_ns = match (self.place, payer.gate()) {
            (Place::Served(since_ns), _) => since_ns,
            (Place::Queued(ticket), gate) => {
                if let Some(gate) = gate {
                    gate.wake_at_turn(ticket, cx.waker());
                }
                return Ok(());
            }
        };
        let timer = &payer.state.timer;
        if !self.key.is_some_and(|key| timer.rewake(key, cx.waker())) {
            self.key = Some(timer.wake_at(since_ns + self.asked_ns, cx.waker().clone())?);
        }
        Ok(())
    }
}

impl Future for Hold {
    type Output = io::Result<Held>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.end() {
            Some(held) => Poll::Ready(Ok(held)),
            None => match self.wait(cx) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(payer) = &self.payer {
            if let Some(key) = self.key {
                payer.state.timer.cancel(key);
            }
            payer.abort_hold(self.place);
        }
    }
}
