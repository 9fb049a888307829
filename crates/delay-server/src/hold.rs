//! A held request: waits for its deadline, and tells its batch how it ended.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::batch::Batch;
use crate::book::count;
use crate::state::State;
use crate::timer::Key;

/// To whom a request is accounted: its batch, or the requests that named none.
#[derive(Clone)]
pub(crate) struct Payer {
    pub(crate) state: Rc<State>,
    pub(crate) batch: Option<Rc<Batch>>,
}

impl Payer {
    fn arrive(&self, index: u64, now_ns: u64) {
        match &self.batch {
            Some(batch) => batch.arrive(index, now_ns),
            None => count(&self.state.book.unnamed.requests),
        }
    }

    fn answer(&self, asked_ns: u64, held_ns: u64, now_ns: u64) {
        if let Some(batch) = &self.batch {
            batch.answer(asked_ns, held_ns, now_ns);
        }
    }

    fn abort_hold(&self) {
        match &self.batch {
            Some(batch) => batch.abort_hold(self.state.clock.now_ns()),
            None => count(&self.state.book.unnamed.aborted),
        }
    }

    /// The whole body was taken.
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
    key: Option<Key>,
}

/// A hold that ended.
pub(crate) struct Held {
    /// To whom the answer's body is accounted.
    pub(crate) payer: Payer,
    /// How long the request was held, in nanoseconds.
    pub(crate) held_ns: u64,
}

impl Hold {
    /// The request arrives.
    pub(crate) fn begin(payer: Payer, index: u64, asked_ns: u64) -> Self {
        let arrived_ns = payer.state.clock.now_ns();
        payer.arrive(index, arrived_ns);
        Self { payer: Some(payer), arrived_ns, asked_ns, key: None }
    }

    /// The hold, if it is over; a hold of 0 always is.
    pub(crate) fn end(&mut self) -> Option<Held> {
        let now_ns = self.payer.as_ref()?.state.clock.now_ns();
        let held_ns = now_ns.saturating_sub(self.arrived_ns);
        if held_ns < self.asked_ns {
            return None;
        }
        let payer = self.payer.take()?;
        if let Some(key) = self.key.take() {
            payer.state.timer.cancel(key);
        }
        payer.answer(self.asked_ns, held_ns, now_ns);
        Some(Held { payer, held_ns })
    }

    fn wait(&mut self, cx: &Context<'_>) -> io::Result<()> {
        let Some(payer) = &self.payer else { return Ok(()) };
        let timer = &payer.state.timer;
        if !self.key.is_some_and(|key| timer.rewake(key, cx.waker())) {
            self.key = Some(timer.wake_at(self.arrived_ns + self.asked_ns, cx.waker().clone())?);
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
            payer.abort_hold();
        }
    }
}
