//! The gate of a batch with a capacity: so many requests are served at once, the others wait in order of arrival.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::task::Waker;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is served since this time of the server's clock, in nanoseconds.
    Served(u64),
    /// It waits for its turn.
    Queued(Ticket),
}

/// The number of a request in its gate's queue. Numbers count up, and are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// The gate. Each place is handed on the moment it becomes free, so a place is free only where nobody waits.
#[derive(Debug)]
pub(crate) struct Gate {
    capacity: u64,
    queue: RefCell<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    served: u64,
    peak_served: u64,
    /// By ticket. Those who have gone are removed when they are the first, so nothing is searched or moved.
    entries: VecDeque<Entry>,
    /// The ticket of the first entry.
    first: u64,
    /// The ticket whose turn comes next; those before it have had theirs.
    next: u64,
}

#[derive(Debug)]
enum Entry {
    /// Waits; has the waker of its last poll.
    Waiting(Option<Waker>),
    /// Was given a place at this time, and does not know yet.
    Admitted(u64),
    /// Knows of its place, or went away.
    Gone,
}

impl Gate {
    /// A gate that serves `capacity` requests at once, at least 1.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { capacity, queue: RefCell::default() }
    }

    /// A request arrives: it has a place at once, or waits.
    pub(crate) fn enter(&self, now_ns: u64) -> Place {
        let queue = &mut *self.queue.borrow_mut();
        if queue.served < self.capacity {
            queue.served += 1;
            queue.peak_served = queue.peak_served.max(queue.served);
            return Place::Served(now_ns);
        }
        queue.entries.push_back(Entry::Waiting(None));
        Place::Queued(Ticket(queue.first + queue.entries.len() as u64 - 1))
    }

    /// Since when a request that waited is served, in nanoseconds; `None` while it waits. To be asked once after that.
    pub(crate) fn admitted_ns(&self, ticket: Ticket) -> Option<u64> {
        let queue = &mut *self.queue.borrow_mut();
        let entry = queue.entry(ticket)?;
        let Entry::Admitted(since_ns) = *entry else { return None };
        *entry = Entry::Gone;
        queue.trim();
        Some(since_ns)
    }

    /// Has `waker` woken when the turn of this request comes, and not before.
    pub(crate) fn wake_at_turn(&self, ticket: Ticket, waker: &Waker) {
        let mut queue = self.queue.borrow_mut();
        let Some(Entry::Waiting(waiting)) = queue.entry(ticket) else { return };
        if waiting.as_ref().is_some_and(|waiting| waiting.will_wake(waker)) {
            return;
        }
        let before = waiting.replace(waker.clone());
        // Dropping a waker may drop its task, and that task's requests leave this gate.
        drop(queue);
        drop(before);
    }

    /// A request that was served is over: the first who waits has its place now.
    pub(crate) fn release(&self, now_ns: u64) {
        let mut queue = self.queue.borrow_mut();
        let next = queue.admit(now_ns);
        queue.trim();
        drop(queue);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// A client goes away, wherever its request stands.
    pub(crate) fn leave(&self, place: Place, now_ns: u64) {
        let Place::Queued(ticket) = place else { return self.release(now_ns) };
        let mut queue = self.queue.borrow_mut();
        let Some(entry) = queue.entry(ticket) else { return };
        let before = std::mem::replace(entry, Entry::Gone);
        queue.trim();
        drop(queue);
        if matches!(before, Entry::Admitted(_)) {
            self.release(now_ns);
        }
    }

    /// Most requests served at once.
    pub(crate) fn peak_served(&self) -> u64 {
        self.queue.borrow().peak_served
    }
}

impl Queue {
    fn entry(&mut self, Ticket(number): Ticket) -> Option<&mut Entry> {
        let place = number.checked_sub(self.first)?;
        self.entries.get_mut(usize::try_from(place).ok()?)
    }

    /// Hands a free place to the first who waits, and returns the waker; without anybody, the place is free.
    fn admit(&mut self, now_ns: u64) -> Option<Waker> {
        loop {
            let Some(entry) = self.entry(Ticket(self.next)) else {
                self.served -= 1;
                return None;
            };
            let waker = if let Entry::Waiting(waker) = entry { Some(waker.take()) } else { None };
            if waker.is_some() {
                *entry = Entry::Admitted(now_ns);
            }
            self.next += 1;
            if let Some(waker) = waker {
                // There is none where it was not polled yet: it finds its place when it is.
                return waker;
            }
        }
    }

    /// Removes those at the front who have gone.
    fn trim(&mut self) {
        while let Some(Entry::Gone) = self.entries.front() {
            self.entries.pop_front();
            self.first += 1;
        }
        self.next = self.next.max(self.first);
    }
}

#[cfg(test)]
mod tests;
