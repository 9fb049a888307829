//! What all connections of a server share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use inflight_record::{ServerReport, TokenKey};
use tokio::sync::Notify;

use crate::book::Book;
use crate::clock::Clock;
use crate::guard::Guard;
use crate::options::{Options, ServerError};
use crate::timer::Timer;

/// What all connections share. One thread: no locks.
pub(crate) struct State {
    pub(crate) key: TokenKey,
    pub(crate) clock: Clock,
    pub(crate) timer: Timer,
    pub(crate) book: Book,
    pub(crate) panic_at_index: Option<u64>,
    /// How many hosts are listened on: index i belongs to host i mod this.
    pub(crate) hosts: u64,
    /// Who may ask for what.
    pub(crate) guard: Guard,
    /// Reads the machine that this runs on.
    pub(crate) machine: Option<fn(u64) -> ServerReport>,
    scratch: RefCell<Vec<u8>>,
    pause_left: Cell<Option<Duration>>,
    paused_until_ns: Cell<u64>,
    pub(crate) panicked: Notify,
}

impl State {
    pub(crate) fn new(options: &Options) -> Result<Self, ServerError> {
        let clock = Clock::start();
        Ok(Self {
            key: options.key,
            clock,
            timer: Timer::new(clock).map_err(ServerError::setup("timer"))?,
            book: Book::default(),
            panic_at_index: options.panic_at_index,
            hosts: options.hosts.max(1),
            guard: Guard::new(options),
            machine: options.machine,
            scratch: RefCell::default(),
            pause_left: Cell::new(options.pause_accept),
            paused_until_ns: Cell::new(0),
            panicked: Notify::new(),
        })
    }

    /// Lends an empty buffer that is used again and again.
    pub(crate) fn with_scratch(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut scratch = self.scratch.borrow_mut();
        scratch.clear();
        write(&mut scratch);
    }

    /// Begins the pause that the options ask for, once.
    pub(crate) fn begin_accept_pause(&self) {
        if let Some(pause) = self.pause_left.take() {
            let pause_ns = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
            self.paused_until_ns.set(self.clock.now_ns().saturating_add(pause_ns));
        }
    }

    /// How much of the pause is left.
    pub(crate) fn accept_pause(&self) -> Option<Duration> {
        let until_ns = self.paused_until_ns.get();
        if until_ns == 0 {
            return None;
        }
        let left_ns = until_ns.saturating_sub(self.clock.now_ns());
        if left_ns == 0 {
            self.paused_until_ns.set(0);
            return None;
        }
        Some(Duration::from_nanos(left_ns))
    }

    /// What ends the server if the task that owns it panics: the runtime would swallow that.
    pub(crate) fn panic_alarm(self: &Rc<Self>) -> PanicAlarm {
        PanicAlarm(Rc::clone(self))
    }
}

/// Ends the server when dropped by a panic.
pub(crate) struct PanicAlarm(Rc<State>);

impl Drop for PanicAlarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.notify_one();
        }
    }
}
