//! Durations across two clocks: what the server's clock has measured, as the client's may see it.
//!
//! On one machine both sides read one clock, and every bound holds to the nanosecond. Where the server is elsewhere, no point in
//! time of its clock says anything here; a duration does, but for the rates of the two clocks. Linux speeds a clock up or slows
//! it down by at most 500 parts in a million to have it agree with others (adjtimex(2)), so two clocks drift apart by at most
//! 1 part in 1,000. That is allowed for, and nothing else: no bound is raised by a round trip, which may dip, and none lowered.

use super::Evidence;

/// The part of a duration by which two clocks may differ.
const DRIFT: u64 = 1_000;

/// The least that a duration of the server's clock, in nanoseconds, comes to by the client's.
pub(super) fn at_least(evidence: &Evidence<'_>, server_ns: u64) -> u64 {
    match evidence.round_trip_ns {
        None => server_ns,
        Some(_) => server_ns - server_ns / DRIFT,
    }
}
