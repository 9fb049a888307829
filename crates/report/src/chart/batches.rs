//! One batch of each model under a workload, request by request.

use super::caption;
use super::gallery::{Draft, Gallery, Site};
use super::lanes::{Lanes, Panel};
use super::select::{Candidate, select};
use crate::metric::{Metric, number};
use crate::style::describe;
use crate::summary::WorkloadSummary;
use crate::timeline::{Span, Timeline};
use crate::units::{duration, three};

/// More panels than this are no picture any more.
const MOST: usize = 15;
/// More lines than this in one panel would lie on each other.
const LINES: usize = 150;
/// A batch that takes so many times as long as another has another axis: on that of the slower one nothing of the faster
/// one would be seen.
const ALIKE: u64 = 4;
/// Of more waves one after the other each is too short to be seen.
const WAVES: u64 = 250;

/// The chart of one workload.
pub(super) fn draw(gallery: &mut Gallery, site: Site<'_>, workload: &WorkloadSummary, timelines: &[&Timeline]) {
    let name = ["timeline", workload.id.as_str()];
    let waves = workload.workload.requests / workload.workload.concurrency.max(1);
    if waves > WAVES {
        let reason = format!("of {waves} waves of requests, one after the other, none is long enough to be seen");
        return gallery.without(site, &name, reason);
    }
    // The first batch of each model, a flagged one only where there is no other.
    let mut first: Vec<&Timeline> = Vec::new();
    let with = |flagged: bool| timelines.iter().filter(move |it| it.flags.is_empty() != flagged);
    for timeline in with(false).chain(with(true)).filter(|it| !it.requests.is_empty()) {
        if first.iter().all(|it| it.model != timeline.model) {
            first.push(timeline);
        }
    }
    if first.is_empty() {
        let reason = caption::left_out(&[workload], Metric::Makespan);
        return gallery.without(site, &name, format!("no batch that ended ok has its samples on disk. {reason}"));
    }
    let candidates = first.iter().map(|it| Candidate::new(site, &it.model, number(it.makespan_ns))).collect();
    let (kept, dropped) = select(candidates, MOST);
    let mut drawn: Vec<&Timeline> = kept.into_iter().filter_map(|place| first.get(place).copied()).collect();
    // The slowest first: from one request at a time to all at once.
    drawn.sort_by(|a, b| b.makespan_ns.cmp(&a.makespan_ns).then_with(|| a.model.cmp(&b.model)));
    let absent: Vec<&str> = workload
        .models
        .iter()
        .map(|it| it.model.as_str())
        .filter(|model| first.iter().all(|it| it.model != *model))
        .collect();
    let absent = match absent.as_slice() {
        [] => String::new(),
        absent => format!("No batch that ended ok has its samples on disk: {}.", caption::listed(absent)),
    };
    let step = drawn.iter().map(|it| step(it)).max().unwrap_or(1);
    let sampled = match step {
        1 => String::new(),
        _ => format!("Of more than {LINES} requests one of every {step} is drawn, and the one that was answered last."),
    };
    let ideal = workload.ideal_ns.map_or("", |_| "Dashed: the ideal.");
    let bands = bands(site, workload, &drawn);
    let axes =
        if bands.len() > 1 { "Batches under one heading have the same axis." } else { "All have the same axis." };
    let figures: Vec<(String, f64, String)> =
        drawn.iter().map(|it| (it.model.clone(), number(it.makespan_ns), duration(number(it.makespan_ns)))).collect();
    let draft = Draft {
        title: "One batch, request by request".to_owned(),
        subtitle: describe(&workload.workload),
        caption: caption::of(&[
            "Each line is a request from send to answer, the first at the top. Pale: held by the server; full: the rest of its latency, drawn before the hold, though some of it comes after.",
            ideal,
            axes,
            &rounds(&drawn),
            &flagged(&drawn),
            &failed(&drawn),
            &sampled,
            &dropped,
            &absent,
            &caption::site(site),
        ]),
        alt: format!(
            "Timelines of one batch of each of {} models; makespans {}.",
            drawn.len(),
            caption::extremes(&figures)
        ),
    };
    // Four beside each other would be too narrow, and three leave one alone.
    let columns = if drawn.len() <= 4 { 2 } else { 3 };
    gallery.add(site, &name, draft, |sheet| bands.iter().for_each(|band| band.draw(sheet, columns)));
}

/// Batches whose makespans are alike, the slowest first, each with an axis that shows all of them.
fn bands(site: Site<'_>, workload: &WorkloadSummary, drawn: &[&Timeline]) -> Vec<Lanes> {
    let mut bands: Vec<Vec<&Timeline>> = Vec::new();
    // From the fastest: a band ends before the first that takes many times as long as its first.
    for timeline in drawn.iter().rev() {
        let alike = |first: &&Timeline| timeline.makespan_ns <= ALIKE.saturating_mul(first.makespan_ns);
        match bands.last_mut().filter(|band| band.first().is_some_and(alike)) {
            Some(band) => band.push(timeline),
            None => bands.push(vec![timeline]),
        }
    }
    let headed = bands.len() > 1;
    let band = |mut batches: Vec<&Timeline>| {
        batches.reverse();
        let in_words = |it: Option<&&Timeline>| duration(number(it.map_or(0, |it| it.makespan_ns)));
        let (slowest, fastest) = (in_words(batches.first()), in_words(batches.last()));
        let heading = match fastest == slowest {
            _ if !headed => String::new(),
            true => format!("Makespan {slowest}"),
            false => format!("Makespans {fastest} to {slowest}"),
        };
        let end_ns = batches.iter().map(|it| it.makespan_ns).max().unwrap_or(0);
        Lanes {
            heading,
            panels: batches.into_iter().map(|it| panel(site, it)).collect(),
            until_ns: end_ns + end_ns / 40 + 1,
            ideal_ns: workload.ideal_ns,
        }
    };
    bands.into_iter().rev().map(band).collect()
}

fn panel(site: Site<'_>, timeline: &Timeline) -> Panel {
    let makespan = number(timeline.makespan_ns);
    let times = if timeline.ideal_ns > 0 {
        format!(" · {} × ideal", three(makespan / number(timeline.ideal_ns)))
    } else {
        String::new()
    };
    Panel {
        name: timeline.model.clone(),
        look: site.looks.get(&timeline.model),
        makespan: match flags(timeline) {
            flags if flags.is_empty() => format!("{}{times}", duration(makespan)),
            // A panel has no room for both.
            flags => format!("{}, {flags}: not used", duration(makespan)),
        },
        requests: sampled(timeline),
    }
}

/// The requests that are drawn: evenly chosen, and the one with which the batch ends.
fn sampled(timeline: &Timeline) -> Vec<Span> {
    let requests = &timeline.requests;
    let last = requests.iter().enumerate().max_by_key(|(_, span)| span.end_ns).map(|(place, _)| place);
    let step = step(timeline);
    let drawn = requests.iter().enumerate().filter(|(place, _)| place % step == 0 || Some(*place) == last);
    drawn.map(|(_, span)| *span).collect()
}

/// Every how manyth request is drawn.
fn step(timeline: &Timeline) -> usize {
    timeline.requests.len().div_ceil(LINES).max(1)
}

/// Which rounds the batches are of.
fn rounds(drawn: &[&Timeline]) -> String {
    let mut rounds: Vec<u32> = drawn.iter().map(|it| it.round).collect();
    rounds.sort_unstable();
    rounds.dedup();
    match rounds.as_slice() {
        [round] => format!("All batches are of round {round}: one batch each shows how, and not how long."),
        _ => "One batch each shows how, and not how long.".to_owned(),
    }
}

fn flags(timeline: &Timeline) -> String {
    timeline.flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(", ")
}

/// Batches whose times are in no figure.
fn flagged(drawn: &[&Timeline]) -> String {
    let flagged = drawn.iter().filter(|it| !it.flags.is_empty());
    let all: Vec<String> = flagged.map(|it| format!("{} ({})", it.model, flags(it))).collect();
    if all.is_empty() {
        return String::new();
    }
    format!("Flagged, so that these times are not used in any figure: {}.", all.join(", "))
}

/// Requests that were not answered as they should be.
fn failed(drawn: &[&Timeline]) -> String {
    let count: usize = drawn.iter().flat_map(|it| &it.requests).filter(|span| !span.ok).count();
    if count == 0 { String::new() } else { format!("Requests that failed, dotted where drawn: {count}.") }
}
