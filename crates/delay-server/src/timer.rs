//! One timer for all holds: a Linux timerfd armed for the earliest deadline, finer than a millisecond.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::Waker;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::Clock;

/// Who waits until when. Entries are told apart by number where deadlines are equal.
pub(crate) type Key = (u64, u64);

/// The timer. Deadlines are in nanoseconds of the server's clock.
pub(crate) struct Timer {
    clock: Clock,
    fd: AsyncFd<Fd>,
    waiting: RefCell<BTreeMap<Key, Waker>>,
    next_number: Cell<u64>,
    /// The deadline for which the timerfd is armed; `u64::MAX` when it is not.
    armed_ns: Cell<u64>,
}

/// A timerfd with the trait that tokio wants.
struct Fd(TimerFd);

impl AsRawFd for Fd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Timer {
    /// A timer without deadlines. Must be made within the runtime that waits for it.
    pub(crate) fn new(clock: Clock) -> io::Result<Self> {
        let fd = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        #[allow(
            deprecated,
            reason = "its successor is the same, marked unsafe so that the caller vouches that the descriptor stays open: \
                      `Fd` owns its own, and never gives it away"
        )]
        let fd = AsyncFd::with_interest(Fd(fd), Interest::READABLE)?;
        Ok(Self { clock, fd, waiting: RefCell::default(), next_number: Cell::new(0), armed_ns: Cell::new(u64::MAX) })
    }

    /// Wakes `waker` once when `deadline_ns` has passed, unless [`Timer::cancel`] comes first.
    pub(crate) fn wake_at(&self, deadline_ns: u64, waker: Waker) -> io::Result<Key> {
        let key = (deadline_ns, self.next_number.get());
        self.next_number.set(key.1 + 1);
        self.waiting.borrow_mut().insert(key, waker);
        self.arm(deadline_ns)?;
        Ok(key)
    }

    /// Has another waker woken instead; false if the deadline has passed.
    pub(crate) fn rewake(&self, key: Key, waker: &Waker) -> bool {
        self.waiting.borrow_mut().get_mut(&key).map(|waiting| waiting.clone_from(waker)).is_some()
    }

    /// Forgets a deadline. The timerfd stays armed: at worst it fires once for nobody.
    pub(crate) fn cancel(&self, key: Key) {
        let cancelled = self.waiting.borrow_mut().remove(&key);
        drop(cancelled);
    }

    /// Waits for deadlines and wakes who waits for them, for ever.
    pub(crate) async fn drive(&self) -> io::Result<()> {
        loop {
            // The count of expirations is not read: arming the timerfd anew clears it, and the poll is edge-triggered.
            self.fd.readable().await?.clear_ready();
            self.armed_ns.set(u64::MAX);
            self.fire()?;
        }
    }

    /// Wakes everyone whose deadline has passed, and arms the timerfd for the next.
    fn fire(&self) -> io::Result<()> {
        let now_ns = self.clock.now_ns();
        while let Some(waker) = self.take_due(now_ns) {
            waker.wake();
        }
        let next = self.waiting.borrow().first_key_value().map(|(key, _)| key.0);
        next.map_or(Ok(()), |deadline_ns| self.arm(deadline_ns))
    }

    fn take_due(&self, now_ns: u64) -> Option<Waker> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.first_entry().filter(|first| first.key().0 <= now_ns).map(OccupiedEntry::remove)
    }

    /// Arms the timerfd for this deadline, unless it is armed for an earlier one.
    fn arm(&self, deadline_ns: u64) -> io::Result<()> {
        if deadline_ns >= self.armed_ns.get() {
            return Ok(());
        }
        // A timerfd set to 0 would be disarmed: a deadline that has passed fires after a nanosecond.
        let left_ns = deadline_ns.saturating_sub(self.clock.now_ns()).max(1);
        let left = TimeSpec::from_duration(Duration::from_nanos(left_ns));
        self.fd.get_ref().0.set(Expiration::OneShot(left), TimerSetTimeFlags::empty())?;
        self.armed_ns.set(deadline_ns);
        Ok(())
    }
}
