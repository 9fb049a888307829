//! The server's monotonic clock in nanoseconds since its start, and the CPU time of its process.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds since the server started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Nanoseconds since the start.
    pub(crate) fn now_ns(self) -> u64 {
        whole_ns(self.start.elapsed())
    }
}

/// CPU time that this process used so far, in nanoseconds. A system call: not for every request.
pub(crate) fn process_cpu_ns() -> u64 {
    // The clock exists on every Linux since 2.6.12; 0 would only make the difference 0.
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0, |time| whole_ns(Duration::from(time)))
}

/// The duration in nanoseconds; 584 years fit.
fn whole_ns(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + u64::from(duration.subsec_nanos())
}
