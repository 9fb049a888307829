//! What is looked at just before and just after a batch on a server elsewhere: how far away it is, and what its side counts.

use inflight_record::{RoundTrip, ServerCounters, ServerReport, Trips};

use super::{Server, ServerError, remote};
use crate::clock::Clock;

/// Round trips at a time, after one that may open the connection.
const TRIPS: usize = 20;

/// One look.
#[derive(Debug)]
pub(crate) struct Look {
    trips: Trips,
    report: ServerReport,
}

/// What lies between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Across {
    /// How far away the server was.
    pub round_trip: RoundTrip,
    /// What its side counted.
    pub counters: ServerCounters,
    /// Requests that arrived at it, of this batch and others.
    pub arrived: u64,
}

impl Server {
    /// Looks, where the server is elsewhere; on this machine the driver sees for itself.
    ///
    /// # Errors
    /// It is lost.
    pub(crate) fn look(&mut self) -> Result<Option<Look>, ServerError> {
        if self.child.is_some() {
            return Ok(None);
        }
        self.trip_ns()?;
        let times_ns = (0..TRIPS).map(|_| self.trip_ns()).collect::<Result<Vec<u64>, _>>()?;
        Ok(Some(Look { trips: Trips::of(times_ns).unwrap_or_default(), report: remote::report(self)? }))
    }

    /// One round trip, nanoseconds.
    pub(super) fn trip_ns(&mut self) -> Result<u64, ServerError> {
        let clock = Clock::start();
        let answer = self.agent.get(format!("{}/health", self.url)).call();
        self.text(answer)?;
        Ok(clock.now_ns())
    }
}

impl Look {
    /// What lies between this look and a later one.
    pub(crate) fn until(&self, later: &Self) -> Across {
        Across {
            round_trip: RoundTrip { before: self.trips, after: later.trips },
            counters: later.report.counters.since(self.report.counters),
            arrived: later.report.arrived.saturating_sub(self.report.arrived),
        }
    }
}
