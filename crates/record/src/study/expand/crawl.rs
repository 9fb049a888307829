//! The keys of a crawl: what is crawled, in which phases, into which store, with which faults.

use itertools::iproduct;

use super::{Axis, FileError, Place, Placed, Workloads, id, refuse};
use crate::crawl::{Catalogue, Crawl, MAX_LISTS, MAX_RETRIES, Phases, Site};
use crate::placed::{Table, Value};
use crate::text;
use crate::{Workload, WorkloadError};

/// What a crawl has instead of the keys of a plain workload.
const PLAIN_KEYS: [(&str, &str); 5] = [
    ("requests", "those of a crawl follow from its pages: leave it out"),
    ("waves", "the requests of a crawl follow from its pages: leave it out"),
    ("body", "the bodies of a crawl have the size of its pages: leave it out"),
    ("hosts", "a crawl has one host: leave it out"),
    ("capacity", "a crawl has a server without a limit: leave it out"),
];

/// What a table says of a crawl alone, key by key.
pub(super) struct Axes {
    catalogue: Catalogue,
    pages: Axis<u64>,
    phases: Axis<Phases>,
    store: Axis<String>,
    faults: Placed<u32>,
    retries: Placed<u32>,
}

impl Axes {
    pub(super) fn read(crawl: &Value<'_>, table: &mut Table<'_>) -> Result<Self, FileError> {
        let catalogue = crawl.parsed(catalogue)?.value;
        refuse(table, &PLAIN_KEYS)?;
        let none = Placed { value: 0, place: table.place() };
        Ok(Self {
            catalogue,
            pages: Axis::read(table.optional("pages"), catalogue.usual_lists(), |value| value.whole(1..=MAX_LISTS))?,
            phases: Axis::read(table.optional("phases"), Phases::Barrier, |value| value.parsed(phases))?,
            store: Axis::read(table.optional("store"), "sqlite:".to_owned(), |value| value.parsed(store))?,
            faults: match table.optional("faults") {
                Some(value) => value.parsed(text::per_mille)?,
                None => none.clone(),
            },
            retries: match table.optional("retries") {
                Some(value) => {
                    let retries = value.whole(0..=u64::from(MAX_RETRIES))?;
                    Placed { value: u32::try_from(retries.value).unwrap_or(MAX_RETRIES), place: retries.place }
                }
                None => none,
            },
        })
    }

    pub(super) fn expand(
        &self,
        all: &super::Axes,
        seed: u64,
        place: Place,
        workloads: &mut Workloads,
    ) -> Result<(), FileError> {
        for (pages, delay, connections, phases, store, concurrency) in iproduct!(
            &self.pages.values,
            &all.delay.values,
            &all.connections.values,
            &self.phases.values,
            &self.store.values,
            &all.concurrency.values
        ) {
            let crawl = Crawl {
                site: Site { catalogue: self.catalogue, lists: pages.value, seed, faults_per_mille: self.faults.value },
                phases: phases.value,
                store: store.value.clone(),
                retries: self.retries.value,
                resume: false,
            };
            let workload = Workload {
                connections: connections.value,
                lognormal: delay.value.lognormal(seed),
                ..Workload::of_crawl(crawl, concurrency.value, delay.value.ns)
            };
            workload.validate().map_err(|error| {
                let place = match error {
                    WorkloadError::Lists(_) | WorkloadError::Requests(_) => pages.place,
                    WorkloadError::Faults(_) => self.faults.place,
                    WorkloadError::Retries(_) | WorkloadError::Attempts { .. } => self.retries.place,
                    // Nothing else that a crawl may not have has a key of its own here.
                    WorkloadError::Delay(_)
                    | WorkloadError::Sigma(_)
                    | WorkloadError::NoDelay(_)
                    | WorkloadError::CrawlHas(_) => delay.place,
                    _ => concurrency.place,
                };
                FileError { place, message: error.to_string() }
            })?;
            workloads.add(self.id(all, &workload), workload, place)?;
        }
        Ok(())
    }

    /// Its name and what the lists vary; the slug where there is neither.
    fn id(&self, all: &super::Axes, workload: &Workload) -> String {
        let crawl = workload.crawl.as_ref();
        let of = |listed: bool, part: fn(&Crawl) -> String| crawl.filter(|_| listed).map(part);
        let parts = [
            all.name.clone(),
            of(self.pages.listed, |crawl| format!("l{}", crawl.site.lists)),
            all.delay_part(workload),
            all.connections_part(workload),
            of(self.phases.listed, |crawl| crawl.phases.as_str().to_owned()),
            of(self.store.listed, |crawl| crawl.store_kind().to_owned()),
            all.concurrency_part(workload),
        ];
        id(parts, workload)
    }
}

fn catalogue(text: &str) -> Result<Catalogue, String> {
    match text {
        "books" => Ok(Catalogue::Books),
        "films" => Ok(Catalogue::Films),
        _ => Err("crawl must be \"books\" or \"films\"".to_owned()),
    }
}

fn phases(text: &str) -> Result<Phases, String> {
    match text {
        "barrier" => Ok(Phases::Barrier),
        "pipelined" => Ok(Phases::Pipelined),
        _ => Err("phases must be \"barrier\" or \"pipelined\"".to_owned()),
    }
}

/// Only its form: which kinds are built in, and whether one can be reached, is for whoever opens it.
fn store(text: &str) -> Result<String, String> {
    let kind = text.split_once(':').map_or("", |(kind, _)| kind);
    if kind.is_empty() || !kind.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return Err("a store begins with its kind and a colon: none:, sqlite:, jsonl:, redis:, mongodb:".to_owned());
    }
    Ok(text.to_owned())
}
