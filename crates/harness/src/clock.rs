//! The one clock: nanoseconds of the monotonic clock since a batch began.

use std::time::Instant;

/// A point that times are counted from.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Counts from now on.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since then. 584 years fit.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a batch is shorter than 584 years")]
    pub fn now_ns(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}
