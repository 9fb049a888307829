//! The witness: holds a model's samples against the server's ledger. Pure: the same evidence gives the same verdict.

use inflight_record::{Ledger, Network, Sample, SampleError, TokenKey, Workload};

/// A stall of a client or server that other processes, the hypervisor or the server's own lateness can explain, at
/// most, in nanoseconds. Longer ones are the client's own: no scheduler keeps a runnable thread waiting for so long.
const LONGEST_STALL_NS: u64 = 100_000_000;
/// The part of D for which a client must have waited with a free slot before it counts as capped.
const GOOD_PART_OF_DELAY: f64 = 0.3;
/// Below it a wait cannot be told from a stall, in nanoseconds: that part of the shortest D (50 ms) at which a cap must
/// show.
const LEAST_WAIT_NS: f64 = 15_000_000.0;
/// Other processes' CPU time is counted in steps of this, so that one step may be none, in nanoseconds.
const STEP_NS: u64 = 10_000_000;

/// All that is known of a batch whose model has returned.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked.
    pub workload: &'a Workload,
    /// The batch's number: part of each token.
    pub batch: u64,
    /// The run's secret: part of each token.
    pub key: &'a TokenKey,
    /// The most that the card let the model have in flight.
    pub declared_peak: u64,
    /// What the worker says the batch took, nanoseconds.
    pub makespan_ns: u64,
    /// What the driver saw it take, nanoseconds.
    pub wall_ns: u64,
    /// What the worker says of each request.
    pub samples: &'a [Sample],
    /// The first few error texts of the worker.
    pub texts: &'a [String],
    /// What the server says.
    pub ledger: &'a Ledger,
    /// CPU time of the worker over the span, nanoseconds.
    pub worker_cpu_ns: u64,
    /// CPUs that the worker was given.
    pub worker_cpus: u64,
    /// CPU time that others took from it: foreign processes and the hypervisor, nanoseconds.
    pub disturbed_ns: u64,
    /// What the network lost.
    pub network: Network,
}

/// What the witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The work was done.
    Ok {
        /// Fewer were in flight than declared, because the client was still busy starting requests.
        underfilled: bool,
    },
    /// Requests failed, and the client said so.
    Failed(String),
    /// What the client says and what the server saw differ.
    Invalid(String),
}

/// Examines a batch: every check of METHODOLOGY.md, "What the witness checks", in its order.
#[must_use]
pub fn examine(evidence: &Evidence<'_>) -> Verdict {
    if let Some(reason) = failures(evidence) {
        return Verdict::Failed(reason);
    }
    let checks = [requests, answers, in_flight, times];
    if let Some(reason) = checks.iter().find_map(|check| check(evidence)) {
        return Verdict::Invalid(reason);
    }
    match fill(evidence) {
        Fill::Full => Verdict::Ok { underfilled: false },
        Fill::Busy => Verdict::Ok { underfilled: true },
        Fill::Waited(reason) => Verdict::Invalid(reason),
    }
}

/// Requests of which the client itself says that they failed, or that were answered with an error.
fn failures(evidence: &Evidence<'_>) -> Option<String> {
    let failed = |kind: SampleError| evidence.samples.iter().filter(move |sample| sample.error == Some(kind));
    let total = evidence.workload.requests;
    let client = failed(SampleError::Client).count();
    if client > 0 {
        let first = evidence.texts.first().map_or_else(|| "no text".to_owned(), Clone::clone);
        return Some(format!("{client} of {total} requests failed in the client; {first}"));
    }
    let status = failed(SampleError::Status).count();
    let first = failed(SampleError::Status).next()?;
    Some(format!("{status} of {total} answers were not 200; request {}: status {}", first.index, first.status))
}

/// Each index owed arrived at the server exactly once.
fn requests(evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, owed) = (evidence.ledger, evidence.workload.requests);
    if ledger.doubled > 0 || ledger.missing > 0 || ledger.requests != owed {
        return Some(format!(
            "the server saw {} requests, {} indices missing and {} doubled; owed: each of {owed} once",
            ledger.requests, ledger.missing, ledger.doubled
        ));
    }
    None
}

/// Each answer was read to its end by this client.
fn answers(evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, owed) = (evidence.ledger, evidence.workload.requests);
    let open = evidence
        .samples
        .iter()
        .filter(|sample| matches!(sample.error, Some(SampleError::NotSent | SampleError::Unfinished)))
        .count();
    let lacking = evidence.samples.len().abs_diff(usize::try_from(owed).unwrap_or(usize::MAX));
    if open + lacking > 0 {
        return Some(format!("the model returned with {} of {owed} answers outstanding", open + lacking));
    }
    let wrong = evidence
        .samples
        .iter()
        .filter(|sample| sample.token != Some(evidence.key.token(evidence.batch, sample.index)))
        .count();
    if wrong > 0 {
        let none = evidence.samples.iter().filter(|sample| sample.token.is_none()).count();
        return Some(format!(
            "{wrong} of {owed} answers carry a wrong token, {none} of them none at all: their bodies were not read to the end, or are not this batch's"
        ));
    }
    if ledger.completed != owed || ledger.aborted > 0 {
        return Some(format!(
            "the server completed {} answers and saw {} clients go away; owed: {owed} completed",
            ledger.completed, ledger.aborted
        ));
    }
    let bytes: u64 = evidence.samples.iter().map(|sample| sample.bytes).sum();
    if bytes != ledger.bytes {
        return Some(format!("the samples hold {bytes} bytes, the server sent {}", ledger.bytes));
    }
    None
}

/// No clock ran faster than another, and no delay was cut short.
fn times(evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, makespan) = (evidence.ledger, evidence.makespan_ns);
    if makespan > evidence.wall_ns {
        return Some(format!("makespan {} is above the driver's wall time {}", ms(makespan), ms(evidence.wall_ns)));
    }
    if makespan < ledger.span_ns {
        return Some(format!(
            "makespan {} is below the server's span {} from first arrival to last answer",
            ms(makespan),
            ms(ledger.span_ns)
        ));
    }
    let ideal = evidence.workload.ideal_with_peak_ns(evidence.declared_peak);
    if makespan < ideal {
        return Some(format!("makespan {} is below the declared ideal {}", ms(makespan), ms(ideal)));
    }
    let late = evidence.samples.iter().filter(|sample| sample.end_ns > makespan).count();
    if late > 0 {
        return Some(format!(
            "{late} of {} answers came after the makespan {}",
            evidence.workload.requests,
            ms(makespan)
        ));
    }
    let latencies: u64 = evidence.samples.iter().map(|sample| sample.end_ns.saturating_sub(sample.start_ns)).sum();
    if latencies < ledger.held_sum_ns {
        return Some(format!(
            "the latencies add up to {}, less than the server's holds of {}",
            ms(latencies),
            ms(ledger.held_sum_ns)
        ));
    }
    // Server-Timing names whole nanoseconds; a client that reads it as a float may round each by less than one
    // microsecond.
    let holds: u64 = evidence.samples.iter().map(|sample| sample.hold_ns).sum();
    if holds.abs_diff(ledger.held_sum_ns) > 1_000 * evidence.workload.requests {
        return Some(format!("the samples' holds add up to {}, the server's to {}", ms(holds), ms(ledger.held_sum_ns)));
    }
    let room = u128::from(ledger.peak_in_flight) * u128::from(ledger.span_ns);
    if u128::from(ledger.held_sum_ns) > room {
        return Some(format!(
            "the holds of {} do not fit into {} in flight over {}",
            ms(ledger.held_sum_ns),
            ledger.peak_in_flight,
            ms(ledger.span_ns)
        ));
    }
    None
}

/// No more in flight than the card declares, and a `warm` or `cold` batch has connections at all.
fn in_flight(evidence: &Evidence<'_>) -> Option<String> {
    let peak = evidence.ledger.peak_in_flight;
    if peak > evidence.declared_peak {
        return Some(format!("{peak} requests were in flight at once; declared: at most {}", evidence.declared_peak));
    }
    None
}

enum Fill {
    Full,
    Busy,
    Waited(String),
}

/// Whether the declared peak was reached, and if not, whether the client waited with a free slot.
///
/// A capped client, or one that awaits in a loop, sits idle while the server holds its requests: nothing arrives,
/// nothing is answered, no CPU is used, for most of D. A client that is busy starting requests uses its CPU all the
/// while; one that is kept off its CPU is so by other processes, the hypervisor, or a stalled server, each of which
/// is measured and subtracted. At D = 0 nothing can be seen.
fn fill(evidence: &Evidence<'_>) -> Fill {
    let Evidence { workload, ledger, network, .. } = evidence;
    if workload.delay_ns == 0 || ledger.peak_in_flight >= evidence.declared_peak {
        return Fill::Full;
    }
    // A dropped SYN makes a client wait for a second through no fault of its own.
    if network.syn_retransmits + network.listen_drops + network.listen_overflows > 0 {
        return Fill::Busy;
    }
    let waited_ns = waited_ns(evidence);
    #[expect(clippy::cast_precision_loss, reason = "D is at most 60 s")]
    let limit_ns = (GOOD_PART_OF_DELAY * workload.delay_ns as f64).max(LEAST_WAIT_NS);
    if waited_ns < limit_ns {
        return Fill::Busy;
    }
    Fill::Waited(format!(
        "at most {} requests were in flight, declared: {}; for {} the client waited with a free slot and requests left (a hidden cap, or an await in a loop)",
        ledger.peak_in_flight,
        evidence.declared_peak,
        ms(ledger.quiet_longest_ns)
    ))
}

/// The longest quiet time, less what the client's own work and others' can explain, in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
fn waited_ns(evidence: &Evidence<'_>) -> f64 {
    let room = evidence.makespan_ns as f64 * evidence.worker_cpus as f64;
    let busy = if room > 0.0 { (evidence.worker_cpu_ns as f64 / room).clamp(0.0, 1.0) } else { 0.0 };
    let disturbed = evidence.disturbed_ns.saturating_sub(STEP_NS);
    let excused = (disturbed + evidence.ledger.hold_late_ns.max).min(LONGEST_STALL_NS);
    evidence.ledger.quiet_longest_ns as f64 * (1.0 - busy) - excused as f64
}

fn ms(ns: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "printed with three decimals")]
    let ms = ns as f64 / 1e6;
    format!("{ms:.3} ms")
}

#[cfg(test)]
mod tests;
