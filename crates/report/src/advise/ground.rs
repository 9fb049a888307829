//! What was measured on one machine: its workloads as places, and what each says of a model.

use std::collections::BTreeMap;

use inflight_record::{Connections, Label, Workload};

use super::{Axis, Study};
use crate::metric::{Metric, number, number_of};
use crate::summary::{Figure, MachineSummary, ModelSummary, Pair, Ranking, WorkloadSummary};

/// What was measured on one machine in one placement.
pub(super) struct Ground<'a> {
    pub(super) machine: &'a MachineSummary,
    pub(super) sources: Vec<Source<'a>>,
}

/// One workload of one study.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) study: &'a str,
    /// [`Study::pin`].
    pub(super) pin: &'a str,
    pub(super) machine: &'a MachineSummary,
    pub(super) workload: &'a WorkloadSummary,
}

impl Source<'_> {
    /// The id of one of its figures, as it has to be written.
    pub(super) fn pinned(&self, figure: &Figure) -> String {
        format!("{}{}", self.pin, figure.id)
    }

    /// `study/workload`, with which the ids of its figures begin.
    pub(super) fn id(&self) -> String {
        format!("{}{}/{}", self.pin, self.study, self.workload.id)
    }
}

/// The machines that have records, in the order of their ids, whatever the order of the studies.
pub(super) fn grounds<'a>(studies: &'a [Study<'a>]) -> Vec<Ground<'a>> {
    let mut grounds: BTreeMap<(&str, &str), Ground<'_>> = BTreeMap::new();
    let mut sorted: Vec<&Study<'_>> = studies.iter().collect();
    // The newest of several directories of a study has no pin, and comes first.
    sorted.sort_by(|a, b| (&a.summary.study, &a.pin).cmp(&(&b.summary.study, &b.pin)));
    for Study { pin, summary } in sorted {
        for machine in &summary.machines {
            let placement = machine.placed.as_ref().map_or("", |placed| &placed.placement);
            let ground = grounds
                .entry((&machine.environment_id, placement))
                .or_insert_with(|| Ground { machine, sources: Vec::new() });
            // A crawl of as many pages is another thing: its requests wait for each other and for a store.
            let answers = |workload: &&WorkloadSummary| workload.rounds > 0 && workload.workload.crawl.is_none();
            let ran = machine.workloads.iter().filter(answers);
            ground.sources.extend(ran.map(|workload| Source { study: &summary.study, pin, machine, workload }));
        }
    }
    grounds.into_values().collect()
}

/// Where a workload lies among those that it may be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) requests: u64,
    pub(super) concurrency: u64,
    pub(super) delay_ns: u64,
    pub(super) body_bytes: u64,
}

impl Place {
    pub(super) fn of(workload: &Workload) -> Self {
        let Workload { requests, concurrency, delay_ns, body_bytes, .. } = *workload;
        Self { requests, concurrency, delay_ns, body_bytes }
    }

    /// Its coordinate on an axis.
    pub(super) fn on(self, axis: Axis) -> f64 {
        match axis {
            Axis::Concurrency => number(self.concurrency),
            // Correctly rounded: equal quotients are equal numbers.
            Axis::Waves => number(self.requests) / number(self.concurrency),
            Axis::Delay => number(self.delay_ns),
            Axis::Body => number(self.body_bytes),
        }
    }

    /// The axes on which two places differ.
    pub(super) fn differs(self, other: Self) -> Vec<Axis> {
        Axis::ALL.into_iter().filter(|axis| self.on(*axis).total_cmp(&other.on(*axis)).is_ne()).collect()
    }
}

impl Axis {
    pub(super) const ALL: [Self; 4] = [Self::Concurrency, Self::Waves, Self::Delay, Self::Body];
}

/// What two workloads must have in common to be compared at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) connections: Connections,
    pub(super) hosts: u64,
    /// A capacity that binds. One of C or more binds nobody, and is as good as none.
    pub(super) capacity: Option<u64>,
    /// Sigma of delays that vary. Their seed is left out: another draw of the same delays is as good.
    pub(super) sigma_milli: Option<u32>,
}

impl Sort {
    pub(super) fn of(workload: &Workload) -> Self {
        Self {
            connections: workload.connections,
            hosts: workload.hosts,
            capacity: workload.capacity.filter(|capacity| *capacity < workload.concurrency),
            sigma_milli: workload.lognormal.map(|lognormal| lognormal.sigma_milli),
        }
    }

    /// Whether something between two measured workloads follows from them. With delays that vary the ideal depends on the
    /// draw; with a capacity that binds, C decides how long the queue is and not how much is served.
    pub(super) fn interpolates(self) -> bool {
        self.capacity.is_none() && self.sigma_milli.is_none()
    }
}

/// The measured workloads of one sort, each place once.
pub(super) struct Like<'a> {
    pub(super) sort: Sort,
    pub(super) points: Vec<Point<'a>>,
    /// Every model that ran at any of them, with its label, in the order of its first appearance.
    pub(super) models: Vec<(&'a str, Label)>,
}

/// A measured place.
pub(super) struct Point<'a> {
    pub(super) place: Place,
    /// The workload that is used: the one with the most models, then with the most rounds.
    pub(super) source: Source<'a>,
    /// The same workload in other studies.
    pub(super) also: Vec<Source<'a>>,
}

impl<'a> Ground<'a> {
    /// What was measured of the sort of this workload.
    pub(super) fn like(&self, workload: &Workload) -> Like<'a> {
        let sort = Sort::of(workload);
        let mut points: Vec<Point<'a>> = Vec::new();
        for source in self.sources.iter().filter(|source| Sort::of(&source.workload.workload) == sort) {
            let place = Place::of(&source.workload.workload);
            match points.iter_mut().find(|point| point.place == place) {
                None => points.push(Point { place, source: *source, also: Vec::new() }),
                Some(point) if size(source) > size(&point.source) => {
                    let before = std::mem::replace(&mut point.source, *source);
                    point.also.push(before);
                }
                Some(point) => point.also.push(*source),
            }
        }
        let mut models: Vec<(&str, Label)> = Vec::new();
        for model in points.iter().flat_map(|point| &point.source.workload.models) {
            if model.batches.all > 0 && !models.iter().any(|(known, _)| *known == model.model) {
                models.push((&model.model, model.label));
            }
        }
        Like { sort, points, models }
    }
}

fn size(source: &Source<'_>) -> (usize, usize) {
    let ran = source.workload.models.iter().filter(|model| model.batches.all > 0).count();
    (ran, source.workload.rounds)
}

/// Whether a label is a choice for new code.
pub(super) fn is_choice(label: Label) -> bool {
    matches!(label, Label::Idiomatic | Label::Tuned)
}

/// What a measured place says of a model.
pub(super) enum Seen<'a> {
    /// It ran.
    Ran(&'a ModelSummary),
    /// It was not able to finish: half of its batches or more did not.
    Fell(String),
    /// It did not run there.
    Absent,
}

/// The share of C from which on a model is taken to have filled it.
const FULL: f64 = 0.9;
/// The share of its CPUs below which a model that has not filled C was waiting, and not on its way.
const IDLE: f64 = 0.5;

impl<'a> Point<'a> {
    pub(super) fn id(&self) -> String {
        self.source.id()
    }

    fn model(&self, model: &str) -> Option<&'a ModelSummary> {
        self.source.workload.models.iter().find(|it| it.model == model && it.batches.all > 0)
    }

    pub(super) fn seen(&self, model: &str) -> Seen<'a> {
        let Some(ran) = self.model(model) else { return Seen::Absent };
        let batches = &ran.batches;
        if batches.ok * 2 > batches.all {
            return Seen::Ran(ran);
        }
        let most = batches.ended.iter().max_by_key(|ended| ended.count);
        let (outcome, reason) =
            most.map_or(("not ok", ""), |ended| (ended.outcome.as_str(), ended.reason.as_deref().unwrap_or_default()));
        let left = batches.all - batches.ok;
        let colon = if reason.is_empty() { "" } else { ": " };
        Seen::Fell(format!("{left} of {} batches of {} {outcome}{colon}{reason}", batches.all, self.id()))
    }

    /// Its figure, or why there is none.
    pub(super) fn figure(&self, model: &str, metric: Metric) -> Result<(&'a Figure, f64), String> {
        let ran = match self.seen(model) {
            Seen::Ran(ran) => ran,
            Seen::Fell(reason) => return Err(reason),
            Seen::Absent => return Err(format!("it did not run in {}", self.id())),
        };
        let figure = ran.figure(metric);
        let reason = || {
            let reason = figure.and_then(|figure| figure.reason.as_deref()).unwrap_or("no such figure");
            format!("{}: {reason}", self.id())
        };
        figure.and_then(|figure| Some((figure, figure.estimate?))).ok_or_else(reason)
    }

    pub(super) fn ranking(&self, metric: Metric) -> Option<&'a Ranking> {
        self.source.workload.rankings.iter().find(|ranking| ranking.metric == metric)
    }

    /// The pair of two models in a metric, and whether `model` is its second.
    pub(super) fn pair(&self, metric: Metric, model: &str, other: &str) -> Option<(&'a Pair, bool)> {
        let pairs = &self.ranking(metric)?.pairs;
        let is = |pair: &&Pair| (pair.a == model && pair.b == other) || (pair.a == other && pair.b == model);
        pairs.iter().find(is).map(|pair| (pair, pair.b == model))
    }

    /// Whether the model left slots free while it waited: what it keeps in flight is less than C, and its CPUs are mostly
    /// idle. One that is only slow to start its requests is busy meanwhile. False where its figures do not say.
    pub(super) fn capped(&self, model: &str) -> bool {
        let of = |metric| self.figure(model, metric).ok().map(|(_, estimate)| estimate).filter(|it| *it > 0.0);
        // Of the peak in flight a summary has what memory comes to, in all and by request in flight.
        let peak = of(Metric::PeakMemory).zip(of(Metric::MemoryPerRequestInFlight)).map(|(all, each)| all / each);
        let share = of(Metric::CpuPerRequest)
            .zip(of(Metric::Makespan))
            .map(|(cpu, makespan)| cpu * number(self.place.requests) / (makespan * self.worker_cpus()));
        peak.is_some_and(|peak| peak < FULL * self.place.on(Axis::Concurrency))
            && share.is_some_and(|share| share < IDLE)
    }

    /// Whether nothing can be made of the model's figures here: there are none, or a cap binds.
    pub(super) fn lacks(&self, model: &str) -> bool {
        !matches!(self.seen(model), Seen::Ran(_)) || self.capped(model)
    }

    /// The share of the worker's CPUs that the model would fill in one D with C in flight. None where no CPU time is known or
    /// nothing is waited for.
    pub(super) fn busy_share(&self, model: &str) -> Option<f64> {
        let cpu = self.figure(model, Metric::CpuPerRequest).ok()?.1;
        let place = self.place;
        (place.delay_ns > 0).then(|| cpu * place.on(Axis::Concurrency) / (place.on(Axis::Delay) * self.worker_cpus()))
    }

    /// How many CPUs the worker had.
    pub(super) fn worker_cpus(&self) -> f64 {
        self.source.machine.placed.as_ref().map_or(1.0, |placed| number_of(placed.worker_cpus.len()).max(1.0))
    }
}
