//! Groups of workloads that differ in one thing only, along which figures are drawn.

use std::collections::{HashMap, HashSet};

use inflight_record::crawl::Phases;
use inflight_record::{Connections, Workload};

use super::scale::label;
use crate::metric::{Unit, number};
use crate::style::{describe, stored};
use crate::summary::{MachineSummary, WorkloadSummary};

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dim {
    /// C, and N where there are as many waves of it.
    Concurrency,
    /// D.
    Delay,
    /// N.
    Requests,
    /// Bytes of a body.
    Body,
}

/// Workloads that differ in one thing only.
#[derive(Debug, Clone)]
pub(crate) struct Group<'a> {
    pub(crate) dim: Dim,
    /// What their slugs have in common.
    pub(crate) name: String,
    /// By what differs, ascending.
    pub(crate) workloads: Vec<&'a WorkloadSummary>,
    /// How many waves of C requests, where N grows with C.
    waves: Option<u64>,
}

/// A line takes so many points, unless the study has no more workloads.
const LEAST_LEVELS: usize = 3;

impl Dim {
    pub(super) const ALL: [Self; 4] = [Self::Concurrency, Self::Delay, Self::Requests, Self::Body];

    /// The word in titles and names.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency",
            Self::Delay => "delay",
            Self::Requests => "requests",
            Self::Body => "body",
        }
    }

    /// The words under an axis.
    pub(super) fn axis(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency C: requests in flight at most",
            Self::Delay => "delay D: how long the server holds each response",
            Self::Requests => "requests N of one batch",
            Self::Body => "body of each response",
        }
    }

    /// The letter in captions.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Concurrency => "C",
            Self::Delay => "D",
            Self::Requests => "N",
            Self::Body => "B",
        }
    }

    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::Concurrency | Self::Requests => Unit::Count,
            Self::Delay => Unit::Ns,
            Self::Body => Unit::Bytes,
        }
    }

    /// What differs, of a workload.
    pub(crate) fn of(self, workload: &Workload) -> f64 {
        number(match self {
            Self::Concurrency => workload.concurrency,
            Self::Delay => workload.delay_ns,
            Self::Requests => workload.requests,
            Self::Body => workload.body_bytes,
        })
    }

    /// The workload without what differs.
    fn key(self, workload: &Workload) -> Workload {
        let mut key = workload.clone();
        *match self {
            Self::Concurrency => &mut key.concurrency,
            Self::Delay => &mut key.delay_ns,
            Self::Requests => &mut key.requests,
            Self::Body => &mut key.body_bytes,
        } = 0;
        key
    }
}

/// The groups of a machine's workloads, in the order of what differs, then of the study.
pub(crate) fn groups(machine: &MachineSummary) -> Vec<Group<'_>> {
    let all: Vec<&WorkloadSummary> = machine.workloads.iter().collect();
    let mut groups = Vec::new();
    for dim in Dim::ALL {
        let same = |workload: &Workload| dim.key(workload);
        let found = gathered(&all, same, dim, |_| None);
        let held: HashSet<&str> =
            found.iter().flat_map(|group| &group.workloads).map(|workload| workload.id.as_str()).collect();
        let rest: Vec<&WorkloadSummary> = all.iter().copied().filter(|it| !held.contains(it.id.as_str())).collect();
        groups.extend(found);
        if dim == Dim::Concurrency {
            // N has to grow with C where every request is to be in flight.
            let waves = |workload: &Workload| Workload {
                requests: workload.requests.div_ceil(workload.concurrency.max(1)),
                ..dim.key(workload)
            };
            let even = |workload: &Workload| workload.requests.is_multiple_of(workload.concurrency.max(1));
            let rest: Vec<&WorkloadSummary> = rest.into_iter().filter(|it| even(&it.workload)).collect();
            groups.extend(gathered(&rest, waves, dim, |key| Some(key.requests)));
        }
    }
    groups
}

fn gathered<'a>(
    all: &[&'a WorkloadSummary],
    same: impl Fn(&Workload) -> Workload,
    dim: Dim,
    waves: impl Fn(&Workload) -> Option<u64>,
) -> Vec<Group<'a>> {
    let mut places = HashMap::new();
    let mut found: Vec<(Workload, Vec<&WorkloadSummary>)> = Vec::new();
    for workload in all {
        let key = same(&workload.workload);
        let place = *places.entry(key.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, members)) => members.push(workload),
            None => found.push((key, vec![workload])),
        }
    }
    let large =
        |members: &[&WorkloadSummary]| members.len() >= LEAST_LEVELS || members.len() == all.len() && members.len() > 1;
    found.retain(|(_, members)| large(members));
    let group = |(key, mut workloads): (Workload, Vec<&'a WorkloadSummary>)| {
        workloads.sort_by(|a, b| dim.of(&a.workload).total_cmp(&dim.of(&b.workload)));
        let waves = waves(&key);
        Group { dim, name: name(dim, &key, waves), workloads, waves }
    };
    found.into_iter().map(group).collect()
}

/// What the slugs have in common, and the seed of delays that vary, which no slug holds.
fn name(dim: Dim, key: &Workload, waves: Option<u64>) -> String {
    let slug = key.slug();
    let mut parts: Vec<&str> = slug.split('-').collect();
    let places: &[usize] = match (dim, waves) {
        // c, d and connections are the end of a crawl's slug, and N and body follow from its pages.
        (Dim::Concurrency, _) if key.crawl.is_some() => &[parts.len() - 3],
        (Dim::Delay, _) if key.crawl.is_some() => &[parts.len() - 2],
        _ if key.crawl.is_some() => &[],
        // n, c, d, b in the order of a slug; log-normal and the like come behind what they belong to.
        (Dim::Concurrency, None) => &[1],
        (Dim::Concurrency, Some(_)) => &[1, 0],
        (Dim::Delay, _) => &[2],
        (Dim::Requests, _) => &[0],
        (Dim::Body, _) => &[3 + key.lognormal.map_or(0, |_| 1)],
    };
    for place in places {
        if *place < parts.len() {
            parts.remove(*place);
        }
    }
    let waves = waves.map_or_else(String::new, |waves| format!("w{waves}-"));
    let seed = key.lognormal.map_or_else(String::new, |it| format!("-s{}", it.seed));
    format!("{waves}{}{seed}", parts.join("-"))
}

impl Group<'_> {
    /// The workloads in words, with a letter for what differs.
    pub(super) fn describe(&self) -> String {
        let Some(first) = self.workloads.first() else { return String::new() };
        let workload = &first.workload;
        let words = describe(workload);
        let from_to = |from: String, to: &str| words.replacen(&from, to, 1);
        match (self.dim, self.waves) {
            (Dim::Concurrency, None) => from_to(format!("{} in flight", workload.concurrency), "C in flight"),
            (Dim::Concurrency, Some(waves)) => {
                let requests = if waves == 1 { "C requests".to_owned() } else { format!("{waves} × C requests") };
                from_to(
                    format!("{} requests, {} in flight", workload.requests, workload.concurrency),
                    &format!("{requests}, C in flight"),
                )
            }
            (Dim::Delay, _) => from_to(format!("held for {}", workload.delay_text()), "held for D"),
            (Dim::Requests, _) => from_to(format!("{} requests", workload.requests), "N requests"),
            (Dim::Body, _) => from_to(format!("bodies of {} B", workload.body_bytes), "bodies of B bytes"),
        }
    }

    /// The label of one of its workloads on an axis.
    pub(super) fn level(&self, workload: &Workload) -> String {
        label(self.dim.of(workload), self.dim.unit())
    }
}

/// What two workloads differ in that has no scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Either {
    /// `cold` or `warm`.
    Connections,
    /// Fixed delays or such that vary.
    Varying,
    /// One host or several.
    Hosts,
    /// A server without a limit or with one.
    Capacity,
    /// All lists first or not.
    Phases,
    /// Nothing is stored or something is.
    Store,
}

/// Two workloads that differ in one thing without a scale.
#[derive(Debug, Clone)]
pub(super) struct Pair<'a> {
    pub(super) either: Either,
    /// The plain one.
    pub(super) first: &'a WorkloadSummary,
    pub(super) second: &'a WorkloadSummary,
}

impl Either {
    const ALL: [Self; 6] = [Self::Connections, Self::Varying, Self::Hosts, Self::Capacity, Self::Phases, Self::Store];

    fn key(self, workload: &Workload) -> Workload {
        let mut key = workload.clone();
        match self {
            Self::Connections => key.connections = Connections::Cold,
            Self::Varying => key.lognormal = None,
            Self::Hosts => key.hosts = 1,
            Self::Capacity => key.capacity = None,
            Self::Phases => {
                if let Some(crawl) = &mut key.crawl {
                    crawl.phases = Phases::Barrier;
                }
            }
            Self::Store => {
                if let Some(crawl) = &mut key.crawl {
                    "none:".clone_into(&mut crawl.store);
                }
            }
        }
        key
    }

    /// Title of the chart.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Connections => "Cold against warm connections",
            Self::Varying => "Fixed delays against delays that vary",
            Self::Hosts => "One host against several",
            Self::Capacity => "A server without a limit against one with a limit",
            Self::Phases => "All lists first against each detail as soon as its list is in",
            Self::Store => "Pages thrown away against pages stored",
        }
    }

    /// The word in names.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Connections => "cold-against-warm",
            Self::Varying => "fixed-against-varying",
            Self::Hosts => "hosts",
            Self::Capacity => "capacity",
            Self::Phases => "phases",
            Self::Store => "store",
        }
    }

    /// How one of the two is called.
    pub(super) fn level(self, workload: &Workload) -> String {
        match self {
            Self::Connections => workload.connections.as_str().to_owned(),
            Self::Varying if workload.lognormal.is_some() => format!("varying, {}", workload.delay_text()),
            Self::Varying => "fixed".to_owned(),
            Self::Hosts if workload.hosts == 1 => "1 host".to_owned(),
            Self::Hosts => format!("{} hosts", workload.hosts),
            Self::Capacity => {
                workload.capacity.map_or_else(|| "no limit".to_owned(), |capacity| format!("K = {capacity}"))
            }
            Self::Phases => workload.crawl.as_ref().map_or_else(String::new, |it| it.phases.as_str().to_owned()),
            Self::Store => workload.crawl.as_ref().map_or_else(String::new, stored),
        }
    }
}

/// Pairs of a plain workload and each that differs from it in one thing without a scale.
pub(super) fn pairs(machine: &MachineSummary) -> Vec<Pair<'_>> {
    let plain: HashMap<&Workload, &WorkloadSummary> = machine.workloads.iter().map(|it| (&it.workload, it)).collect();
    let mut pairs = Vec::new();
    for either in Either::ALL {
        for second in &machine.workloads {
            let key = either.key(&second.workload);
            let first = plain.get(&key).copied().filter(|_| key != second.workload);
            pairs.extend(first.map(|first| Pair { either, first, second }));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use inflight_record::crawl::Catalogue;

    use super::*;
    use crate::fixture::crawl_of;

    #[test]
    fn groups_of_crawls_are_named_by_what_they_have_in_common() {
        let crawl = crawl_of(Catalogue::Books, 100, "sqlite:");
        let of = |dim: Dim| name(dim, &dim.key(&crawl), None);
        assert_eq!(of(Dim::Concurrency), "crawl-books-l100-barrier-sqlite-d50ms-cold");
        assert_eq!(of(Dim::Delay), "crawl-books-l100-barrier-sqlite-c100-cold");
        assert_eq!(name(Dim::Concurrency, &Workload::new(0, 0, 1), None), "n0-d1ns-b1024-cold");
    }

    #[test]
    fn a_stored_crawl_is_paired_with_one_that_is_not() {
        let thrown = crawl_of(Catalogue::Books, 100, "none:");
        let stored = crawl_of(Catalogue::Books, 100, "sqlite:");
        assert_eq!(Either::Store.key(&stored), thrown);
        assert_eq!([&thrown, &stored].map(|it| Either::Store.level(it)), ["not stored", "stored in sqlite"]);
        assert_eq!(Either::Phases.key(&stored), stored, "it has a barrier already");
        let plain = Workload::new(400, 100, 1);
        assert_eq!((Either::Store.key(&plain), Either::Phases.key(&plain)), (plain.clone(), plain.clone()));
    }
}
