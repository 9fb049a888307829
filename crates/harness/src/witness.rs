//! The witness: holds a model's samples against the server's ledger. Pure: the same evidence gives the same verdict.

mod clocks;
mod crawl;
mod fill;
pub mod yardstick;

use inflight_record::{CrawlFigures, Ledger, Network, Outside, Sample, SampleError, TokenKey, Workload};

use crate::protocol::Usage;

use clocks::at_least;
use fill::{Fill, fill};

/// CPU times of worker and kernel may differ by this: five steps.
const LEAST_CPU_NS: u64 = 5 * fill::STEP_NS;
/// Memory peaks of worker and kernel may differ by this: what is read out after the span, and a counter kept per CPU.
const LEAST_BYTES: u64 = 8 << 20;

/// All that is known of a batch whose model has returned.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What was asked.
    pub workload: &'a Workload,
    /// The batch's number: part of each token.
    pub batch: u64,
    /// The run's secret: part of each token.
    pub key: &'a TokenKey,
    /// The peak that the card declares.
    pub declared_peak: u64,
    /// The most that the card lets the model have in flight: more than the peak only where threads of a client race.
    pub most_in_flight: u64,
    /// Whether the card says that the model speaks HTTP/2.
    pub http2: bool,
    /// What the worker says the batch took, nanoseconds.
    pub makespan_ns: u64,
    /// What the worker says of each request.
    pub samples: &'a [Sample],
    /// The first few error texts of the worker.
    pub texts: &'a [String],
    /// What the server says.
    pub ledger: &'a Ledger,
    /// What the span cost by the worker's own word; `None` where it cannot tell.
    pub usage: Option<Usage>,
    /// What the driver saw from outside.
    pub outside: &'a Outside,
    /// CPU time that others took from it: foreign processes and the hypervisor, nanoseconds.
    pub disturbed_ns: u64,
    /// What the network lost.
    pub network: Network,
    /// The median round trip, nanoseconds, where the server is elsewhere; `None` where it is on this machine.
    pub round_trip_ns: Option<u64>,
    /// Of a crawl: what came of it, as the worker says, or why it cannot tell.
    pub crawl: Option<&'a Result<CrawlFigures, String>>,
}

/// What the witness says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The work was done.
    Ok {
        /// Fewer were in flight than declared, because the client was still busy starting requests.
        underfilled: bool,
    },
    /// A yardstick's requests were counted, and its own count agrees.
    Counted,
    /// Requests failed, and the client said so.
    Failed(String),
    /// What the client says and what the server saw differ.
    Invalid(String),
}

/// Examines a batch: every check of METHODOLOGY.md, "What the witness checks", in its order.
#[must_use]
pub fn examine(evidence: &Evidence<'_>) -> Verdict {
    if let Some(crawl) = &evidence.workload.crawl {
        return crawl::examine(crawl, evidence);
    }
    if let Some(reason) = failures(evidence) {
        return Verdict::Failed(reason);
    }
    let checks = [requests, protocol, answers, in_flight, times, costs];
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

/// Each index owed arrived at the server exactly once, on the host of its URL.
fn requests(evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, owed) = (evidence.ledger, evidence.workload.requests);
    if ledger.doubled > 0 || ledger.missing > 0 || ledger.requests != owed {
        return Some(format!(
            "the server saw {} requests, {} indices missing and {} doubled; owed: each of {owed} once",
            ledger.requests, ledger.missing, ledger.doubled
        ));
    }
    if ledger.misplaced > 0 {
        return Some(format!(
            "{} of {owed} requests came to another host than their URL names: they belong to {} hosts in turn",
            ledger.misplaced, evidence.workload.hosts
        ));
    }
    None
}

/// Every request was a stream of HTTP/2 where the card says so, and none where it does not.
fn protocol(evidence: &Evidence<'_>) -> Option<String> {
    let (streams, requests) = (evidence.ledger.streams, evidence.ledger.requests);
    let (owed, says) = if evidence.http2 { (requests, "HTTP/2") } else { (0, "HTTP/1.1") };
    (streams != owed).then(|| {
        format!(
            "{streams} of {requests} requests came as streams of HTTP/2; owed: {owed}, because the card says {says}"
        )
    })
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
    let least = owed * evidence.workload.body_bytes;
    if ledger.bytes < least {
        return Some(format!(
            "the server sent {} bytes; owed: at least {least}: smaller bodies were asked for",
            ledger.bytes
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
    makespan_is_true(evidence)
        .or_else(|| too_fast(evidence))
        .or_else(|| delays(evidence))
        .or_else(|| late(evidence))
        .or_else(|| holds(evidence))
}

/// Not faster than the most in flight allow.
fn too_fast(evidence: &Evidence<'_>) -> Option<String> {
    let makespan = evidence.makespan_ns;
    let ideal = evidence.workload.ideal_with_peak_ns(evidence.most_in_flight);
    (makespan < at_least(evidence, ideal))
        .then(|| format!("makespan {} is below the declared ideal {}", ms(makespan), ms(ideal)))
}

/// The makespan is neither longer than the driver waited nor shorter than the server was at it.
fn makespan_is_true(evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, makespan) = (evidence.ledger, evidence.makespan_ns);
    if makespan > evidence.outside.wall_ns {
        return Some(format!(
            "makespan {} is above the driver's wall time {}",
            ms(makespan),
            ms(evidence.outside.wall_ns)
        ));
    }
    if makespan < at_least(evidence, ledger.span_ns) {
        return Some(format!(
            "makespan {} is below the server's span {} from first arrival to last answer",
            ms(makespan),
            ms(ledger.span_ns)
        ));
    }
    None
}

/// No answer came after the makespan.
fn late(evidence: &Evidence<'_>) -> Option<String> {
    let makespan = evidence.makespan_ns;
    let late = evidence.samples.iter().filter(|sample| sample.end_ns > makespan).count();
    (late > 0).then(|| format!("{late} of {} answers came after the makespan {}", evidence.samples.len(), ms(makespan)))
}

/// What the client says of holds and latencies is what the server says, and fits into the server's span.
fn holds(evidence: &Evidence<'_>) -> Option<String> {
    let ledger = evidence.ledger;
    let latencies: u64 = evidence.samples.iter().map(|sample| sample.end_ns.saturating_sub(sample.start_ns)).sum();
    if latencies < at_least(evidence, ledger.held_sum_ns) {
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
    (u128::from(ledger.held_sum_ns) > room).then(|| {
        format!(
            "the holds of {} do not fit into {} in flight over {}",
            ms(ledger.held_sum_ns),
            ledger.peak_in_flight,
            ms(ledger.span_ns)
        )
    })
}

/// Each index asked for its own delay, and the server served as many at once as the workload says.
fn delays(evidence: &Evidence<'_>) -> Option<String> {
    let Evidence { workload, ledger, .. } = evidence;
    // Time in the queue is no delay: it must not make up for one that was cut short.
    let (served, owed) = (ledger.held_sum_ns.saturating_sub(ledger.queued_sum_ns), workload.delay_sum_ns());
    if served < owed {
        let queue = if ledger.queued_sum_ns > 0 { ", its queue left out" } else { "" };
        return Some(format!(
            "the server held {} in all{queue}; owed: {}: shorter delays were asked for",
            ms(served),
            ms(owed)
        ));
    }
    if ledger.asked_mark != workload.asked_mark() {
        return Some(format!(
            "the delays asked for add up to no less than the {} owed, but are not those of their indices",
            ms(owed)
        ));
    }
    let capacity = workload.capacity?;
    let owed = capacity.min(ledger.peak_in_flight);
    (ledger.peak_served != owed).then(|| {
        format!(
            "the server served at most {} requests at once; owed: {owed} with a capacity of {capacity} and {} in flight",
            ledger.peak_served, ledger.peak_in_flight
        )
    })
}

/// What the worker says that it cost is what the kernel says, as far as the driver could see it.
fn costs(evidence: &Evidence<'_>) -> Option<String> {
    let usage = evidence.usage?;
    let (says, seen) = (usage.user_ns + usage.system_ns, evidence.outside.cpu_ns);
    let (least, most) = around(seen, LEAST_CPU_NS);
    if says < least || says > most {
        return Some(format!("the worker says that it used {} of CPU time, the kernel {}", ms(says), ms(seen)));
    }
    let seen = evidence.outside.peak_bytes;
    if usage.peak_bytes > 0 && usage.peak_bytes < around(seen, LEAST_BYTES).0 {
        return Some(format!(
            "the worker says that its memory peaked at {} bytes, the kernel {seen}",
            usage.peak_bytes
        ));
    }
    None
}

/// A fifth around a value, and at least so much.
fn around(value: u64, least: u64) -> (u64, u64) {
    let room = least.max(value / 5);
    (value.saturating_sub(room), value + room)
}

/// No more in flight than the card declares. At D = 0 requests are answered as they arrive, and this cannot be seen.
fn in_flight(evidence: &Evidence<'_>) -> Option<String> {
    let (peak, most) = (evidence.ledger.peak_in_flight, evidence.most_in_flight);
    if peak > most {
        return Some(format!("{peak} requests were in flight at once; declared: at most {most}"));
    }
    None
}

fn ms(ns: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "printed with three decimals")]
    let ms = ns as f64 / 1e6;
    format!("{ms:.3} ms")
}

#[cfg(test)]
mod tests;
