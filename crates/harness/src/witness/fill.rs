//! The fill: whether a client with fewer in flight than declared was busy, or waited.

use super::{Evidence, ms};

/// A stall of a client or server that other processes, the hypervisor or the server's own lateness can explain, at
/// most, in nanoseconds. Longer ones are the client's own: no scheduler keeps a runnable thread waiting for so long.
const LONGEST_STALL_NS: u64 = 100_000_000;
/// The part of D for which a client must have waited with a free slot before it counts as capped.
const GOOD_PART_OF_DELAY: f64 = 0.3;
/// The part of the ledger's span for which a client must have waited in all before it counts as capped.
const MOST_OF_THE_TIME: f64 = 0.5;
/// How many others of equal right may stand before a thread each time that it wants its CPU.
const LONGEST_QUEUE: u64 = 4;
/// Below it a wait cannot be told from a stall, in nanoseconds: that part of the shortest D (50 ms) at which a cap must
/// show.
const LEAST_WAIT_NS: f64 = 15_000_000.0;
/// Other processes' CPU time is counted in steps of this, so that one step may be none, in nanoseconds.
pub(super) const STEP_NS: u64 = 10_000_000;
/// One of so many slots may have its next request on its way whenever the server looks, where delays vary: from an answer
/// to the next arrival takes a millisecond or two of delays that are 50 ms long, and more on a loaded machine.
const PART_ON_ITS_WAY: u64 = 10;

/// What became of the slots.
pub(super) enum Fill {
    /// As many were in flight as declared.
    Full,
    /// Fewer, but the client did not wait.
    Busy,
    /// Fewer, because it waited; the reason says how long.
    Waited(String),
}

/// Whether the declared peak was reached, and if not, whether the client waited with a free slot.
///
/// A capped client, or one that awaits in a loop, sits idle while the server holds its requests: nothing arrives,
/// nothing is answered, no CPU is used, for most of D. A client that is busy starting requests uses its CPU all the
/// while; one that is kept off its CPU is so by other processes, the hypervisor, or a stalled server, each of which
/// is measured and subtracted. At D = 0 nothing can be seen.
///
/// Slots are what the client may have in flight: with a capacity, those in the server's queue fill them too. Delays that
/// vary, and those behind a capacity that is below the declared peak, are answered one by one and not in waves, so that at most times some slot's next request is on its way; there
/// nearly all slots are as good as all.
///
/// With the server elsewhere, a slot lies idle between its answer and its next request though its client does not: those round
/// trips are taken off too.
pub(super) fn fill(evidence: &Evidence<'_>) -> Fill {
    let Evidence { workload, ledger, .. } = evidence;
    if workload.delay_ns == 0 || ledger.peak_in_flight >= evidence.declared_peak {
        return Fill::Full;
    }
    // A capacity below the declared peak spreads the answers as varying delays do.
    let varying = workload.lognormal.is_some() || workload.capacity.is_some_and(|it| it < evidence.declared_peak);
    if !waited_at_its_cap(evidence) {
        if varying && nearly_full(evidence) {
            return Fill::Full;
        }
        let waited = if varying { waited_while_owed(evidence) } else { waited_most_of_the_time(evidence) };
        if !waited {
            return Fill::Busy;
        }
    }
    Fill::Waited(format!(
        "at most {} requests were in flight, declared: {}; the client waited with a free slot and requests left for {} at a stretch, {} in all (a hidden cap, or an await in a loop)",
        ledger.peak_in_flight,
        evidence.declared_peak,
        ms(ledger.quiet_longest_ns),
        ms(ledger.quiet_sum_ns)
    ))
}

/// Once, at its peak, for a good part of D: clients that move in waves.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn waited_at_its_cap(evidence: &Evidence<'_>) -> bool {
    let ledger = evidence.ledger;
    let excused = (disturbed_ns(evidence) + ledger.hold_late_ns.max).min(LONGEST_STALL_NS)
        + network_ns(evidence)
        + turn_ns(evidence);
    let waited = ledger.quiet_longest_ns as f64 * (1.0 - busy(evidence)) - excused as f64;
    waited >= (GOOD_PART_OF_DELAY * evidence.workload.delay_ns as f64).max(LEAST_WAIT_NS)
}

/// All in all, for most of the batch: clients that do not move in waves, or went past their cap once. Between any two
/// events lies some quiet, so what client and server worked meanwhile is taken off.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn waited_most_of_the_time(evidence: &Evidence<'_>) -> bool {
    let ledger = evidence.ledger;
    // Others keep a thread off its CPU only while it wants it: the time that it then queues is a few times what it uses.
    let queued = disturbed_ns(evidence).min(LONGEST_QUEUE * worker_cpu_ns(evidence));
    let excused = queued + ledger.cpu_ns + network_ns(evidence) + turns_ns(evidence);
    let waited = ledger.quiet_sum_ns as f64 * (1.0 - busy(evidence)) - excused as f64;
    waited >= (MOST_OF_THE_TIME * ledger.span_ns as f64).max(LEAST_WAIT_NS)
}

/// All in all, for most of the time in which requests were owed: what takes the place of the above where delays vary. The
/// longest delays leave a tail of answers in which nobody can wait, and a batch that is started within its first delays
/// has no others, so the work of both sides is taken off whole, not by its share.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn waited_while_owed(evidence: &Evidence<'_>) -> bool {
    let (ledger, worker) = (evidence.ledger, worker_cpu_ns(evidence));
    let queued = disturbed_ns(evidence).min(LONGEST_QUEUE * worker);
    let excused = worker + queued + ledger.cpu_ns + network_ns(evidence) + turns_ns(evidence);
    let waited = ledger.quiet_sum_ns.saturating_sub(excused) as f64;
    let least = MOST_OF_THE_TIME * ledger.arriving_ns.max(evidence.workload.delay_ns) as f64;
    waited >= least.max(LEAST_WAIT_NS)
}

/// Whether so many were in flight that the others can have been on their way.
fn nearly_full(evidence: &Evidence<'_>) -> bool {
    let free = evidence.declared_peak.saturating_sub(evidence.ledger.peak_in_flight);
    free <= evidence.declared_peak / PART_ON_ITS_WAY
}

/// The share of the batch for which the worker kept one CPU busy.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn busy(evidence: &Evidence<'_>) -> f64 {
    (worker_cpu_ns(evidence) as f64 / evidence.makespan_ns.max(1) as f64).clamp(0.0, 1.0)
}

/// CPU time of the worker, by its own word or the kernel's, whichever is less.
fn worker_cpu_ns(evidence: &Evidence<'_>) -> u64 {
    let seen = evidence.outside.cpu_ns + 2 * STEP_NS;
    evidence.usage.map_or(seen, |usage| seen.min(usage.user_ns + usage.system_ns))
}

fn disturbed_ns(evidence: &Evidence<'_>) -> u64 {
    evidence.disturbed_ns.saturating_sub(STEP_NS)
}

/// From an answer of a server elsewhere to the next request of its slot: a round trip, and another where that opens a
/// connection. On one machine it takes what client and kernel work for it, which is counted as such.
fn turn_ns(evidence: &Evidence<'_>) -> u64 {
    2 * evidence.round_trip_ns.unwrap_or(0)
}

/// As many such turns as each slot has requests.
fn turns_ns(evidence: &Evidence<'_>) -> u64 {
    turn_ns(evidence) * evidence.workload.requests.div_ceil(evidence.ledger.peak_in_flight.max(1))
}

/// A dropped SYN makes a client wait for a second through no fault of its own.
fn network_ns(evidence: &Evidence<'_>) -> u64 {
    let network = evidence.network;
    1_000_000_000 * (network.syn_retransmits + network.listen_drops + network.listen_overflows)
}
