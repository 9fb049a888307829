//! The keys of a plain workload: N requests, their bodies, hosts, and what the server holds at once.

use itertools::iproduct;

use super::{Axis, FileError, Place, Placed, Workloads, id, refuse};
use crate::placed::Table;
use crate::text;
use crate::workload::{MAX_BODY_BYTES, MAX_CONCURRENCY, MAX_HOSTS, MAX_REQUESTS};
use crate::{Workload, WorkloadError};

/// What the keys of a crawl need.
const OF_A_CRAWL: &str = "this belongs to a crawl: add crawl = \"books\" or crawl = \"films\", or leave it out";
const CRAWL_KEYS: [(&str, &str); 5] = [
    ("pages", OF_A_CRAWL),
    ("phases", OF_A_CRAWL),
    ("store", OF_A_CRAWL),
    ("faults", OF_A_CRAWL),
    ("retries", OF_A_CRAWL),
];

/// How many requests: N, or a multiple of C.
#[derive(Clone, Copy)]
enum Count {
    Requests(u64),
    Waves(u64),
}

/// What a table says of a plain workload alone, key by key.
pub(super) struct Axes {
    body: Axis<u64>,
    hosts: Axis<u64>,
    capacity: Axis<Option<u64>>,
    count: Axis<Count>,
}

impl Axes {
    pub(super) fn read(table: &mut Table<'_>) -> Result<Self, FileError> {
        refuse(table, &CRAWL_KEYS)?;
        let count = match (table.optional("requests"), table.optional("waves")) {
            (Some(requests), None) => Axis::of(&requests, |value| {
                value.whole(1..=MAX_REQUESTS).map(|it| Placed { value: Count::Requests(it.value), place: it.place })
            })?,
            (None, Some(waves)) => Axis::of(&waves, |value| {
                value.whole(1..=MAX_REQUESTS).map(|it| Placed { value: Count::Waves(it.value), place: it.place })
            })?,
            _ => return Err(table.wrong("a workload needs requests or waves, and not both")),
        };
        Ok(Self {
            body: Axis::read(table.optional("body"), 1_024, |value| value.parsed(body))?,
            hosts: Axis::read(table.optional("hosts"), 1, |value| value.whole(1..=MAX_HOSTS))?,
            capacity: Axis::read(table.optional("capacity"), None, |value| {
                value.whole(1..=MAX_CONCURRENCY).map(|it| Placed { value: Some(it.value), place: it.place })
            })?,
            count,
        })
    }

    pub(super) fn expand(
        &self,
        all: &super::Axes,
        seed: u64,
        place: Place,
        workloads: &mut Workloads,
    ) -> Result<(), FileError> {
        for (delay, body, connections, hosts, capacity, count, concurrency) in iproduct!(
            &all.delay.values,
            &self.body.values,
            &all.connections.values,
            &self.hosts.values,
            &self.capacity.values,
            &self.count.values,
            &all.concurrency.values
        ) {
            let workload = Workload {
                requests: match count.value {
                    Count::Requests(requests) => requests,
                    Count::Waves(waves) => waves.saturating_mul(concurrency.value),
                },
                concurrency: concurrency.value,
                delay_ns: delay.value.ns,
                lognormal: delay.value.lognormal(seed),
                body_bytes: body.value,
                connections: connections.value,
                hosts: hosts.value,
                capacity: capacity.value,
                crawl: None,
            };
            workload.validate().map_err(|error| {
                let place = match error {
                    WorkloadError::Requests(_) => count.place,
                    WorkloadError::NoDelay("capacity") => capacity.place,
                    WorkloadError::Delay(_) | WorkloadError::Sigma(_) | WorkloadError::NoDelay(_) => delay.place,
                    _ => concurrency.place,
                };
                FileError { place, message: error.to_string() }
            })?;
            workloads.add(self.id(all, &workload, count.value), workload, place)?;
        }
        Ok(())
    }

    /// Its name and what the lists vary; the slug where there is neither.
    fn id(&self, all: &super::Axes, workload: &Workload, count: Count) -> String {
        let parts = [
            all.name.clone(),
            all.delay_part(workload),
            self.body.listed.then(|| format!("b{}", workload.body_bytes)),
            all.connections_part(workload),
            self.hosts.listed.then(|| format!("h{}", workload.hosts)),
            self.capacity.listed.then(|| format!("k{}", workload.capacity.unwrap_or(0))),
            self.count.listed.then(|| match count {
                Count::Requests(requests) => format!("n{requests}"),
                Count::Waves(waves) => format!("w{waves}"),
            }),
            all.concurrency_part(workload),
        ];
        id(parts, workload)
    }
}

fn body(text: &str) -> Result<u64, String> {
    let bytes = text::size(text)?;
    if bytes <= MAX_BODY_BYTES { Ok(bytes) } else { Err(WorkloadError::Body(bytes).to_string()) }
}
