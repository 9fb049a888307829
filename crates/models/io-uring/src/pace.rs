//! How many completions to wait for: as many as came, lately, in a tenth of a millisecond.
//!
//! Waking up and calling the kernel for each answer is most of what is left to save when answers come in a flood; and a wait
//! for several stamps the first of them late, and sends their successors late. So the wait is bounded three times: by the
//! pace at which completions have come, by a share of the requests in flight (the others keep the server busy meanwhile,
//! and a batch that comes to its end is waited for one by one), and by the clock.

use std::time::Duration;

/// The longest wait for more than one.
const TOGETHER: Duration = Duration::from_micros(100);
const TOGETHER_NS: u64 = 100_000;
/// The most that are waited for.
const MOST: usize = 32;
/// What part of the requests in flight is waited for, at most.
const SHARE: usize = 4;
/// How slowly a faster pace is believed; a slower one is at once.
const MEMORY: u64 = 4;

/// The pace at which completions come.
#[derive(Debug)]
pub struct Pace {
    /// From one completion to the next.
    gap_ns: u64,
    turned_ns: u64,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How many completions.
    pub completions: usize,
    /// For how long, if not for ever.
    pub patience: Option<Duration>,
}

impl Wait {
    /// Only looks.
    pub const LOOK: Self = Self { completions: 1, patience: Some(Duration::ZERO) };
}

impl Pace {
    /// Nothing has come yet.
    pub fn new(now_ns: u64) -> Self {
        Self { gap_ns: TOGETHER_NS, turned_ns: now_ns }
    }

    /// A wait has ended now and brought so many.
    pub fn turn(&mut self, now_ns: u64, completions: usize) {
        let gap_ns = (now_ns - self.turned_ns).min(MOST as u64 * TOGETHER_NS) / (completions.max(1) as u64);
        self.turned_ns = now_ns;
        let gap_ns = gap_ns.min(TOGETHER_NS);
        self.gap_ns = gap_ns.max((self.gap_ns * (MEMORY - 1) + gap_ns) / MEMORY);
    }

    /// What to wait for next, with so many requests in flight.
    pub fn wait(&self, in_flight: usize) -> Wait {
        let came = usize::try_from(TOGETHER_NS / self.gap_ns.max(1)).unwrap_or(MOST);
        match came.min(MOST).min(in_flight / SHARE) {
            0 | 1 => Wait { completions: 1, patience: None },
            completions => Wait { completions, patience: Some(TOGETHER) },
        }
    }
}
