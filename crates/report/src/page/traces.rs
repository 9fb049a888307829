//! The traces: batches request by request and distributions of latency, thinned until the page is small enough.

use std::collections::HashSet;

use serde::Serialize;

use super::Part;
use crate::latency::Latencies;
use crate::timeline::{Span, Timeline};

/// How much of the traces a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// Of how many workloads of a study there are timelines: all, or the one in the middle.
    workloads: Workloads,
    /// Most requests of one timeline; none where it is 0.
    requests: usize,
    /// Most points of one distribution of latency; none where it is 0.
    points: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Workloads {
    All,
    Middle,
}

const fn level(requests: usize, points: usize) -> Level {
    Level { workloads: Workloads::All, requests, points }
}

const fn middle(requests: usize) -> Level {
    Level { workloads: Workloads::Middle, requests, points: usize::MAX }
}

/// From everything to nothing: timelines go first.
pub(super) const LEVELS: [Level; 15] = [
    level(usize::MAX, usize::MAX),
    level(2_000, usize::MAX),
    level(1_000, usize::MAX),
    level(500, usize::MAX),
    level(250, usize::MAX),
    level(120, usize::MAX),
    level(60, usize::MAX),
    middle(500),
    middle(250),
    middle(120),
    middle(60),
    level(0, usize::MAX),
    level(0, 9),
    level(0, 5),
    level(0, 3),
];

/// A thinned timeline still says, at so many moments of its batch, how many of all requests were sent and ended.
const MOMENTS: u64 = 200;
/// A request takes three numbers of a digit and a comma each, or more.
const LEAST_BYTES_OF_REQUEST: usize = 6;

/// All traces of a page.
#[derive(Serialize)]
pub(super) struct Traces<'a> {
    /// What was thinned or left out, in words; empty where nothing was.
    thinned: Vec<String>,
    /// By study.
    studies: Vec<StudyTraces<'a>>,
}

#[derive(Serialize)]
struct StudyTraces<'a> {
    timelines: Vec<TimelineData<'a>>,
    latencies: Vec<LatencyData<'a>>,
}

/// One batch. Times of requests are whole microseconds.
#[derive(Serialize)]
struct TimelineData<'a> {
    environment: &'a str,
    workload: &'a str,
    model: &'a str,
    record: &'a str,
    round: u32,
    makespan: u64,
    ideal: u64,
    /// How many requests the batch has.
    requests: usize,
    /// Every so manieth of them is here, by the moment of its send.
    every: usize,
    /// From the send of the one before, from the batch's start for the first.
    start: Vec<u64>,
    /// From its send to its end.
    took: Vec<u64>,
    /// What of that the server did not hold it.
    over: Vec<i64>,
    /// Places of those that were not answered as they should be.
    failed: Vec<usize>,
    /// Of a thinned timeline: how many more of all requests had been sent, and had ended, at each of `MOMENTS` + 1
    /// moments evenly spread over the makespan.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Counts {
    sent: Vec<usize>,
    ended: Vec<usize>,
}

#[derive(Serialize)]
struct LatencyData<'a> {
    environment: &'a str,
    workload: &'a str,
    model: &'a str,
    requests: u64,
    /// Percentile and nanoseconds.
    start: Vec<(f64, u64)>,
    send: Vec<(f64, u64)>,
}

impl Level {
    /// What the traces take at this level at the least: what is surely too large need not be tried.
    pub(super) fn least_bytes(self, parts: &[Part<'_>]) -> usize {
        let timelines = parts.iter().flat_map(|part| self.timelines(part));
        timelines.map(|it| kept(it.requests.len(), self.requests) * LEAST_BYTES_OF_REQUEST).sum()
    }

    /// The timelines of a study of which something is kept.
    fn timelines<'a>(self, part: &Part<'a>) -> impl Iterator<Item = &'a Timeline> {
        let middle = match self.workloads {
            Workloads::All => None,
            Workloads::Middle => middle_workload(part),
        };
        let kept = move |it: &&Timeline| middle.is_none_or(|middle| it.workload == middle);
        part.timelines.iter().filter(move |_| self.requests > 0).filter(kept)
    }
}

/// The workload in the middle of those of a study that have timelines, the later of two.
fn middle_workload<'a>(part: &Part<'a>) -> Option<&'a str> {
    let mut workloads: Vec<&str> = part.timelines.iter().map(|it| it.workload.as_str()).collect();
    let mut seen = HashSet::new();
    workloads.retain(|it| seen.insert(*it));
    workloads.get(workloads.len() / 2).copied()
}

/// How many of so many are kept where at most `most` may be.
fn kept(all: usize, most: usize) -> usize {
    if most == 0 { 0 } else { all.div_ceil(every(all, most)) }
}

/// Every so manieth is kept.
fn every(all: usize, most: usize) -> usize {
    all.div_ceil(most.max(1)).max(1)
}

impl<'a> Traces<'a> {
    /// None at all, though there are some.
    pub(super) fn none(parts: &'a [Part<'a>]) -> Self {
        Self::new(parts, level(0, 0))
    }

    pub(super) fn new(parts: &'a [Part<'a>], level: Level) -> Self {
        let of = |part: &'a Part<'a>| {
            // Of several timelines of one cell the first: they are in the order of rounds.
            let mut seen = HashSet::new();
            let timelines = level.timelines(part).filter(|it| first(&mut seen, it));
            let latencies = part.latencies.iter().filter(|_| level.points > 0);
            StudyTraces {
                timelines: timelines.map(|it| TimelineData::new(it, level.requests)).collect(),
                latencies: latencies.map(|it| LatencyData::new(it, level.points)).collect(),
            }
        };
        Self { thinned: thinned(parts, level), studies: parts.iter().map(of).collect() }
    }
}

fn first<'a>(seen: &mut HashSet<(&'a str, &'a str, &'a str)>, it: &'a Timeline) -> bool {
    seen.insert((&it.environment_id, &it.workload, &it.model))
}

/// What this level leaves out, in sentences.
fn thinned(parts: &[Part<'_>], level: Level) -> Vec<String> {
    let mut said = Vec::new();
    let all = parts.iter().map(|part| part.timelines.len()).sum::<usize>();
    let timelines = || parts.iter().flat_map(|part| level.timelines(part));
    let cut = timelines().filter(|it| it.requests.len() > level.requests).count();
    if level.requests == 0 && all > 0 {
        said.push("No timeline is shown: with them this page would be larger than 3 MB. A page of fewer studies has room for them.".to_owned());
    } else if timelines().count() < all {
        said.push("No timeline is shown but of one workload of each study, the one in the middle: with all of them this page would be larger than 3 MB. A page of fewer studies has room for more.".to_owned());
    }
    if cut > 0 {
        said.push(format!(
            "To keep this page below 3 MB, {cut} of {} timelines draw only some of their requests, evenly chosen in the order of their sends, at most {} each; their counts are of all requests, at {MOMENTS} moments of the batch.",
            timelines().count(),
            level.requests,
        ));
    }
    let latencies = || parts.iter().flat_map(|part| part.latencies);
    let cut = latencies().filter(|it| it.from_start.len().max(it.from_send.len()) > level.points).count();
    if level.points == 0 && cut > 0 {
        said.push("No distribution of latency is shown: with them this page would be larger than 3 MB.".to_owned());
    } else if cut > 0 {
        said.push(format!(
            "To keep this page below 3 MB, distributions of latency have at most {} points.",
            level.points
        ));
    }
    said
}

impl<'a> TimelineData<'a> {
    fn new(it: &'a Timeline, most: usize) -> Self {
        let every = every(it.requests.len(), most);
        let shown: Vec<&Span> = it.requests.iter().step_by(every).collect();
        // Rounded first, then subtracted: roundings do not add up along the batch.
        let starts: Vec<u64> = shown.iter().map(|span| micros(span.start_ns)).collect();
        let before = [0].into_iter().chain(starts.iter().copied());
        let took = |span: &Span| span.end_ns.saturating_sub(span.start_ns);
        let over = |span: &Span| signed(micros(took(span))) - signed(micros(span.hold_ns));
        Self {
            environment: &it.environment_id,
            workload: &it.workload,
            model: &it.model,
            record: &it.record_id,
            round: it.round,
            makespan: it.makespan_ns,
            ideal: it.ideal_ns,
            requests: it.requests.len(),
            every,
            start: starts.iter().zip(before).map(|(start, before)| start.saturating_sub(before)).collect(),
            took: shown.iter().map(|span| micros(took(span))).collect(),
            over: shown.iter().map(|span| over(span)).collect(),
            failed: shown.iter().enumerate().filter(|(_, span)| !span.ok).map(|(place, _)| place).collect(),
            counts: (every > 1).then(|| Counts::of(it)),
        }
    }
}

fn micros(ns: u64) -> u64 {
    ns.saturating_add(500) / 1_000
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

impl Counts {
    fn of(it: &Timeline) -> Self {
        let mut ends: Vec<u64> = it.requests.iter().map(|span| span.end_ns).collect();
        ends.sort_unstable();
        let moment = |place: u64| {
            let ns = u128::from(it.makespan_ns) * u128::from(place) / u128::from(MOMENTS);
            u64::try_from(ns).unwrap_or(u64::MAX)
        };
        let along = |count: &dyn Fn(u64) -> usize| {
            let mut before = 0;
            let step = |place| {
                let all = count(moment(place));
                let more = all - before;
                before = all;
                more
            };
            (0..=MOMENTS).map(step).collect()
        };
        Self {
            sent: along(&|ns| it.requests.partition_point(|span| span.start_ns <= ns)),
            ended: along(&|ns| ends.partition_point(|end| *end <= ns)),
        }
    }
}

impl<'a> LatencyData<'a> {
    fn new(it: &'a Latencies, most: usize) -> Self {
        let thin = |points: &[crate::latency::Point]| {
            let last = points.len().saturating_sub(1);
            let every = if points.len() > most { last.div_ceil(most.max(2) - 1).max(1) } else { 1 };
            let kept = points.iter().enumerate().filter(|(place, _)| place % every == 0 || *place == last);
            kept.map(|(_, point)| (point.percentile, point.ns)).collect()
        };
        Self {
            environment: &it.environment_id,
            workload: &it.workload,
            model: &it.model,
            requests: it.requests,
            start: thin(&it.from_start),
            send: thin(&it.from_send),
        }
    }
}
