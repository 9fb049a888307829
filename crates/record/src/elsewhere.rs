//! A server that runs elsewhere, on a machine of its own: what its side counts, and how far away it is.
//!
//! Nothing here is a point in time: durations and counts are all that may cross from one machine's clock to another's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Environment, Network};

/// Counters of the server's machine; figures are differences of two readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCounters {
    /// Kernel counters of its network namespace.
    pub network: Network,
    /// Time that the hypervisor took from all its CPUs, nanoseconds in steps of the tick.
    pub steal_ns: u64,
    /// Time for which its control group was throttled, nanoseconds.
    pub throttled_ns: u64,
    /// CPU time of processes beside the server, nanoseconds in steps of the tick.
    pub foreign_ns: u64,
}

impl ServerCounters {
    /// What was counted since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            network: self.network.since(before.network),
            steal_ns: self.steal_ns.saturating_sub(before.steal_ns),
            throttled_ns: self.throttled_ns.saturating_sub(before.throttled_ns),
            foreign_ns: self.foreign_ns.saturating_sub(before.foreign_ns),
        }
    }
}

/// What a server says of its side (`GET /machine`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerReport {
    /// Where and of what build it runs.
    pub environment: Environment,
    /// Its counters now.
    pub counters: ServerCounters,
    /// How many requests arrived so far, of any batch or of none.
    pub arrived: u64,
}

/// Round trips: small requests one after the other on one connection, none of them held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trips {
    /// How many.
    pub requests: u64,
    /// The shortest, nanoseconds.
    pub min_ns: u64,
    /// The median, nanoseconds.
    pub median_ns: u64,
}

impl Trips {
    /// Of the times that they took, in nanoseconds; `None` where there are none.
    #[must_use]
    pub fn of(mut times_ns: Vec<u64>) -> Option<Self> {
        times_ns.sort_unstable();
        let min_ns = *times_ns.first()?;
        let median_ns = *times_ns.get((times_ns.len() - 1) / 2)?;
        Some(Self { requests: times_ns.len() as u64, min_ns, median_ns })
    }
}

/// The round trip to a server elsewhere, just before and just after the batch. What the driver's client and the server need
/// for a request is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundTrip {
    /// Before the batch.
    pub before: Trips,
    /// After it.
    pub after: Trips,
}

impl RoundTrip {
    /// The shortest of all, nanoseconds.
    #[must_use]
    pub fn min_ns(&self) -> u64 {
        self.before.min_ns.min(self.after.min_ns)
    }

    /// The median before or after, whichever is longer, nanoseconds.
    #[must_use]
    pub fn median_ns(&self) -> u64 {
        self.before.median_ns.max(self.after.median_ns)
    }

    /// [`RoundTrip::min_ns`] and [`RoundTrip::median_ns`], as rows hold them.
    #[must_use]
    pub fn pair_ns(&self) -> (u64, u64) {
        (self.min_ns(), self.median_ns())
    }
}

/// What is known of the server's side of a batch, where the server ran elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerSide {
    /// Its counters over the batch.
    #[serde(flatten)]
    pub counters: ServerCounters,
    /// Requests of others that it served meanwhile.
    pub other_requests: u64,
    /// What the way from it carries at most, in bytes of bodies a second, as downloads before the first batch had it.
    pub link_bytes_per_s: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trips_have_a_least_and_a_middle() {
        assert_eq!(Trips::of(vec![]), None);
        assert_eq!(Trips::of(vec![9, 3, 5]), Some(Trips { requests: 3, min_ns: 3, median_ns: 5 }));
        assert_eq!(Trips::of(vec![9, 3, 5, 4]), Some(Trips { requests: 4, min_ns: 3, median_ns: 4 }));
        let trips = |min_ns, median_ns| Trips { requests: 1, min_ns, median_ns };
        let around = RoundTrip { before: trips(3, 9), after: trips(2, 8) };
        assert_eq!((around.min_ns(), around.median_ns()), (2, 9));
    }

    #[test]
    fn a_difference_never_goes_below_zero() {
        let later = ServerCounters { steal_ns: 5, foreign_ns: 7, ..ServerCounters::default() };
        assert_eq!(ServerCounters::default().since(later), ServerCounters::default());
        assert_eq!(later.since(ServerCounters { steal_ns: 2, ..later }).steal_ns, 3);
    }
}
