//! The one clock: nanoseconds of the monotonic clock since a batch began.

use nix::time::{ClockId, clock_gettime};

/// A point that times are counted from.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started_ns: u64,
}

impl Clock {
    /// Counts from now on.
    #[must_use]
    pub fn start() -> Self {
        Self { started_ns: monotonic_ns() }
    }

    /// Nanoseconds since then.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        monotonic_ns() - self.started_ns
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds: what `std::time::Instant` reads, without its way through seconds and 128 bits,
/// which costs a third more.
fn monotonic_ns() -> u64 {
    // Linux has had this clock since 2.6, and it does not go below 0.
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| u64::try_from(time.tv_sec() * 1_000_000_000 + time.tv_nsec()).unwrap_or(0))
}
