//! The workload: N requests, at most C in flight, each held for D by the server; and the ideal that follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most requests of one batch. 10 million samples are 560 MB of log: a batch above that is a load test, not a comparison.
pub const MAX_REQUESTS: u64 = 10_000_000;
/// Most requests in flight: one loopback address has fewer than 65,536 ports to connect from.
pub const MAX_CONCURRENCY: u64 = 60_000;
/// Longest delay, in nanoseconds: 60 s, as the server's `/delay/{seconds}` allows.
pub const MAX_DELAY_NS: u64 = 60_000_000_000;
/// Largest body, in bytes: 64 MiB.
pub const MAX_BODY_BYTES: u64 = 64 << 20;

/// Whether the client and its connections exist before the timed span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Connections {
    /// The client is built, and connects, inside the timed span.
    Cold,
    /// One untimed batch runs first on the same client, and its connections are kept.
    Warm,
}

impl Connections {
    /// The word on the command line and in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// What every model of a comparison is asked to do: the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// N: how many requests one batch makes, 1 to 10,000,000.
    pub requests: u64,
    /// C: how many of them may be in flight at once, 1 to N.
    pub concurrency: u64,
    /// D: how long the server holds each response, in nanoseconds, 0 to 60 s.
    pub delay_ns: u64,
    /// Least size of each response's body, in bytes; the answer to check needs some 60 bytes and is never cut.
    pub body_bytes: u64,
    /// Whether connecting is part of what is timed.
    pub connections: Connections,
}

/// Why a workload cannot be run; each says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// N is 0 or absurd.
    #[error("requests must be 1 to {MAX_REQUESTS}, not {0}")]
    Requests(u64),
    /// C is 0.
    #[error("concurrency must be at least 1, not 0")]
    NoConcurrency,
    /// C exceeds N.
    #[error("concurrency {concurrency} is above the {requests} requests: it must be 1 to {requests}")]
    ConcurrencyAboveRequests {
        /// C as asked.
        concurrency: u64,
        /// N as asked.
        requests: u64,
    },
    /// C exceeds what one address can connect from.
    #[error("concurrency must be at most {MAX_CONCURRENCY} (one address has no more ports), not {0}")]
    ConcurrencyTooHigh(u64),
    /// D is absurd.
    #[error("delay must be at most 60s, not {:.3}s", std::time::Duration::from_nanos(*.0).as_secs_f64())]
    Delay(u64),
    /// The body is absurd.
    #[error("body must be at most 64MiB ({MAX_BODY_BYTES} bytes), not {0} bytes")]
    Body(u64),
}

impl Workload {
    /// Checks every range, before anything starts.
    ///
    /// # Errors
    /// The first value that is out of its range, with the range.
    pub fn validate(&self) -> Result<(), WorkloadError> {
        if self.requests == 0 || self.requests > MAX_REQUESTS {
            return Err(WorkloadError::Requests(self.requests));
        }
        if self.concurrency == 0 {
            return Err(WorkloadError::NoConcurrency);
        }
        if self.concurrency > self.requests {
            return Err(WorkloadError::ConcurrencyAboveRequests {
                concurrency: self.concurrency,
                requests: self.requests,
            });
        }
        if self.concurrency > MAX_CONCURRENCY {
            return Err(WorkloadError::ConcurrencyTooHigh(self.concurrency));
        }
        if self.delay_ns > MAX_DELAY_NS {
            return Err(WorkloadError::Delay(self.delay_ns));
        }
        if self.body_bytes > MAX_BODY_BYTES {
            return Err(WorkloadError::Body(self.body_bytes));
        }
        Ok(())
    }

    /// The ideal in nanoseconds: ⌈N/C⌉ · D, the makespan that no client can beat with C in flight.
    ///
    /// ```
    /// use inflight_record::{Connections, Workload};
    /// let workload = Workload { requests: 1000, concurrency: 300, delay_ns: 50_000_000, body_bytes: 0, connections: Connections::Cold };
    /// assert_eq!(workload.ideal_ns(), 4 * 50_000_000);
    /// ```
    #[must_use]
    pub fn ideal_ns(&self) -> u64 {
        self.ideal_with_peak_ns(self.concurrency)
    }

    /// The declared ideal in nanoseconds: the same with min(C, `peak`) in flight, `peak` being what a card declares.
    #[must_use]
    pub fn ideal_with_peak_ns(&self, peak: u64) -> u64 {
        self.requests.div_ceil(peak.clamp(1, self.concurrency)).saturating_mul(self.delay_ns)
    }

    /// A short name that is unique for the workload, such as `n500-c500-d50ms-b1024-cold`.
    #[must_use]
    pub fn slug(&self) -> String {
        format!(
            "n{}-c{}-d{}-b{}-{}",
            self.requests,
            self.concurrency,
            short_duration(self.delay_ns),
            self.body_bytes,
            self.connections.as_str()
        )
    }
}

/// Writes nanoseconds in the largest unit that leaves them whole: `50ms`, `1s`, `1500us`.
#[must_use]
pub fn short_duration(ns: u64) -> String {
    match ns {
        0 => "0".to_owned(),
        _ if ns.is_multiple_of(1_000_000_000) => format!("{}s", ns / 1_000_000_000),
        _ if ns.is_multiple_of(1_000_000) => format!("{}ms", ns / 1_000_000),
        _ if ns.is_multiple_of(1_000) => format!("{}us", ns / 1_000),
        _ => format!("{ns}ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(requests: u64, concurrency: u64, delay_ns: u64) -> Workload {
        Workload { requests, concurrency, delay_ns, body_bytes: 0, connections: Connections::Cold }
    }

    #[test]
    fn ideal_is_waves_times_delay() {
        assert_eq!(workload(500, 500, 50).ideal_ns(), 50);
        assert_eq!(workload(501, 500, 50).ideal_ns(), 100);
        assert_eq!(workload(500, 500, 0).ideal_ns(), 0);
    }

    #[test]
    fn declared_ideal_takes_the_smaller_peak() {
        let workload = workload(500, 100, 50);
        assert_eq!(workload.ideal_with_peak_ns(1), 500 * 50);
        assert_eq!(workload.ideal_with_peak_ns(50), 10 * 50);
        assert_eq!(workload.ideal_with_peak_ns(1000), workload.ideal_ns());
    }

    #[test]
    fn ranges_are_checked_and_errors_say_what_is_right() {
        assert!(workload(1, 1, 0).validate().is_ok());
        assert!(workload(0, 1, 0).validate().unwrap_err().to_string().contains("1 to 10000000"));
        assert!(workload(10, 0, 0).validate().unwrap_err().to_string().contains("at least 1"));
        assert!(workload(10, 11, 0).validate().unwrap_err().to_string().contains("1 to 10"));
        assert!(workload(10, 1, MAX_DELAY_NS + 1).validate().unwrap_err().to_string().contains("60s"));
    }

    #[test]
    fn slugs_are_short_and_whole() {
        assert_eq!(workload(500, 500, 50_000_000).slug(), "n500-c500-d50ms-b0-cold");
        assert_eq!(workload(5, 5, 1_500_000).slug(), "n5-c5-d1500us-b0-cold");
    }
}
