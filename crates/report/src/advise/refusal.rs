//! Why there is no answer: what was asked, what was measured, and how to measure what was asked.

use inflight_record::Workload;
use inflight_record::workload::short_duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Axis;
use super::ground::{Ground, Like, Place, Sort};
use crate::metric::number;
use crate::units::three;

/// No answer, and what would give one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// What lies outside what was measured, each as a sentence.
    pub outside: Vec<String>,
    /// The measured workloads of the same sort, as `study/workload`.
    pub measured: Vec<String>,
    /// A study file that would measure it.
    pub study: String,
    /// A command that would measure it at once, for a first look.
    pub command: String,
}

impl Refusal {
    pub(super) fn of(ground: &Ground<'_>, like: &Like<'_>, workload: &Workload) -> Self {
        Self {
            outside: if like.points.is_empty() { no_such(ground, workload) } else { outside(like, workload) },
            measured: like.points.iter().map(super::ground::Point::id).collect(),
            study: study(workload),
            command: command(workload),
        }
    }
}

/// What of the sort of workload was measured nowhere.
fn no_such(ground: &Ground<'_>, workload: &Workload) -> Vec<String> {
    let asked = Sort::of(workload);
    let measured = || ground.sources.iter().map(|source| Sort::of(&source.workload.workload));
    let mut sentences = Vec::new();
    if !measured().any(|sort| sort.connections == asked.connections) {
        sentences.push(format!("No workload with {} connections was measured.", asked.connections.as_str()));
    }
    if !measured().any(|sort| sort.hosts == asked.hosts) {
        sentences.push(match asked.hosts {
            1 => "No workload with one host was measured.".to_owned(),
            hosts => format!("No workload with {hosts} hosts was measured."),
        });
    }
    if !measured().any(|sort| sort.capacity == asked.capacity) {
        sentences.push(match asked.capacity {
            Some(capacity) => format!("No workload with a server that serves {capacity} at once was measured."),
            None => "No workload with a server that serves as many as are in flight was measured.".to_owned(),
        });
    }
    if !measured().any(|sort| sort.sigma_milli == asked.sigma_milli) {
        sentences.push(match workload.lognormal {
            Some(_) => format!("No workload with delays like {} was measured.", workload.delay_text()),
            None => "No workload with one delay for all requests was measured.".to_owned(),
        });
    }
    if sentences.is_empty() {
        sentences.push(
            "Each of these was measured, and not all together: connections, hosts, capacity and how delays vary."
                .to_owned(),
        );
    }
    sentences
}

/// Where the place lies outside what was measured of its sort.
fn outside(like: &Like<'_>, workload: &Workload) -> Vec<String> {
    if workload.delay_ns == 0 {
        return vec!["At D = 0 only workloads that were measured themselves are answered.".to_owned()];
    }
    if !like.sort.interpolates() {
        let of = if like.sort.sigma_milli.is_some() { "delays that vary" } else { "a capacity below C" };
        return vec![format!(
            "With {of} only workloads that were measured themselves are answered: nothing is interpolated."
        )];
    }
    let asked = Place::of(workload);
    let mut sentences: Vec<String> = Axis::ALL.into_iter().filter_map(|axis| beyond(like, asked, axis)).collect();
    if sentences.is_empty() {
        sentences.push(
            "Each of C, N / C, D and the body lies within what was measured, and no measured workloads lead there: they have to \
             differ in one of these only, on either side of what was asked; a body has to be measured with the same C, N and D; \
             and what C or D change is not carried over to ten times as many waves."
                .to_owned(),
        );
    }
    sentences
}

fn beyond(like: &Like<'_>, asked: Place, axis: Axis) -> Option<String> {
    let with_delay = like.points.iter().filter(|point| point.place.delay_ns > 0);
    let on: Vec<f64> = with_delay.map(|point| point.place.on(axis)).collect();
    let (least, most) = (on.iter().copied().reduce(f64::min)?, on.iter().copied().reduce(f64::max)?);
    let value = asked.on(axis);
    let (limit, side) = match () {
        () if value < least => (least, "below"),
        () if value > most => (most, "above"),
        () => return None,
    };
    let (name, way) = match axis {
        Axis::Concurrency => ("C", "the most in flight"),
        Axis::Waves => ("N / C", "the most waves"),
        Axis::Delay => ("D", "the longest delay"),
        Axis::Body => ("The body", "the largest"),
    };
    let way = if side == "above" { way } else { "the least" };
    Some(format!("{name} = {} is {side} {}, {way} that was measured.", shown(axis, value), shown(axis, limit)))
}

/// A coordinate as people read it.
pub(super) fn shown(axis: Axis, value: f64) -> String {
    match axis {
        Axis::Concurrency => format!("{value:.0}"),
        Axis::Waves if value.fract() == 0.0 => format!("{value:.0}"),
        Axis::Waves => three(value),
        Axis::Delay => short_duration(whole(value)),
        Axis::Body => format!("{value:.0} B"),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was made from whole nanoseconds")]
fn whole(ns: f64) -> u64 {
    ns as u64
}

/// The keys of a study file that differ from its defaults.
fn study(workload: &Workload) -> String {
    let Workload { requests, concurrency, body_bytes, connections, hosts, capacity, .. } = workload;
    let mut text = format!(
        "question = \"Which models fetch this, and what does each cost?\"\n\n[[workload]]\nrequests = {requests}\nconcurrency = {concurrency}\n\
         delay = \"{}\"\nbody = \"{body_bytes}\"\nconnections = \"{}\"\n",
        workload.delay_text(),
        connections.as_str()
    );
    if *hosts != 1 {
        text += &format!("hosts = {hosts}\n");
    }
    if let Some(capacity) = capacity {
        text += &format!("capacity = {capacity}\n");
    }
    text
}

fn command(workload: &Workload) -> String {
    let Workload { requests, concurrency, body_bytes, connections, hosts, capacity, .. } = workload;
    let mut text = format!(
        "inflight run --requests {requests} --concurrency {concurrency} --delay {} --body {body_bytes} --connections {}",
        workload.delay_text(),
        connections.as_str()
    );
    if *hosts != 1 {
        text += &format!(" --hosts {hosts}");
    }
    if let Some(capacity) = capacity {
        text += &format!(" --capacity {capacity}");
    }
    // Some minutes at most, for a first look.
    let batch_s = number(workload.ideal_ns()) / 1e9;
    if batch_s > 60.0 { text + " --rounds 1" } else { text }
}
