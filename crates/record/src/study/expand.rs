//! From the tables of a study file to its workloads: every combination of what has a list, each under an id.

use std::collections::BTreeMap;

use itertools::iproduct;

use super::{FileError, MAX_WORKLOADS, Place, Placed};
use crate::manifest::NamedWorkload;
use crate::placed::{Table, Value, check_name};
use crate::text::{self, DelayText};
use crate::workload::{MAX_BODY_BYTES, MAX_CONCURRENCY, MAX_HOSTS, MAX_REQUESTS};
use crate::{Connections, Workload, WorkloadError};

/// All workloads of a study, in the order of the file.
pub(super) fn workloads(root: &mut Table<'_>, seed: u64) -> Result<Vec<NamedWorkload>, FileError> {
    let tables = root.required("workload")?.list()?;
    let mut workloads = Workloads::default();
    for table in &tables {
        let mut table = table.table("a workload")?;
        let axes = Axes::read(&mut table)?;
        let place = table.place();
        table.finish()?;
        axes.expand(seed, place, &mut workloads)?;
    }
    Ok(workloads.list)
}

/// The workloads so far, and where each id and slug was first used.
#[derive(Default)]
struct Workloads {
    list: Vec<NamedWorkload>,
    ids: BTreeMap<String, Place>,
    slugs: BTreeMap<String, Place>,
}

impl Workloads {
    fn add(&mut self, id: String, workload: Workload, place: Place) -> Result<(), FileError> {
        let wrong = |message: String| Err(FileError { place, message });
        if self.list.len() == MAX_WORKLOADS {
            return wrong(format!("a study has at most {MAX_WORKLOADS} workloads"));
        }
        let slug = workload.slug();
        if let Some(first) = self.slugs.insert(slug.clone(), place) {
            return wrong(format!("the workload {slug} stands twice, first in the table of line {}", first.line));
        }
        if let Some(first) = self.ids.insert(id.clone(), place) {
            return wrong(format!(
                "two workloads would be called {id:?}, the first in the table of line {}: give this one a name",
                first.line
            ));
        }
        self.list.push(NamedWorkload { id, slug, workload });
        Ok(())
    }
}

/// How many requests: N, or a multiple of C.
#[derive(Clone, Copy)]
enum Count {
    Requests(u64),
    Waves(u64),
}

/// The values of one key, and whether they are written as a list.
struct Axis<T> {
    values: Vec<Placed<T>>,
    listed: bool,
}

impl<T> Axis<T> {
    fn read(
        value: Option<Value<'_>>,
        default: T,
        read: impl Fn(&Value<'_>) -> Result<Placed<T>, FileError>,
    ) -> Result<Self, FileError> {
        match value {
            Some(value) => Self::of(&value, read),
            None => {
                Ok(Self { values: vec![Placed { value: default, place: Place { line: 1, column: 1 } }], listed: false })
            }
        }
    }

    fn of(value: &Value<'_>, read: impl Fn(&Value<'_>) -> Result<Placed<T>, FileError>) -> Result<Self, FileError> {
        let (items, listed) = value.one_or_list()?;
        Ok(Self { values: items.iter().map(read).collect::<Result<_, _>>()?, listed })
    }
}

/// What a table says, key by key.
struct Axes {
    name: Option<String>,
    delay: Axis<DelayText>,
    body: Axis<u64>,
    connections: Axis<Connections>,
    hosts: Axis<u64>,
    capacity: Axis<Option<u64>>,
    count: Axis<Count>,
    concurrency: Axis<u64>,
}

impl Axes {
    fn read(table: &mut Table<'_>) -> Result<Self, FileError> {
        let name = table.optional("name").map(|value| value.text()).transpose()?;
        if let Some(name) = &name {
            check_name(&name.value).map_err(|message| name.wrong(format!("a name, {message}")))?;
        }
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
            name: name.map(|name| name.value),
            delay: Axis::of(&table.required("delay")?, |value| value.parsed(text::delay))?,
            body: Axis::read(table.optional("body"), 1_024, |value| value.parsed(body))?,
            connections: Axis::read(table.optional("connections"), Connections::Cold, |value| {
                value.parsed(connections)
            })?,
            hosts: Axis::read(table.optional("hosts"), 1, |value| value.whole(1..=MAX_HOSTS))?,
            capacity: Axis::read(table.optional("capacity"), None, |value| {
                value.whole(1..=MAX_CONCURRENCY).map(|it| Placed { value: Some(it.value), place: it.place })
            })?,
            count,
            concurrency: Axis::of(&table.required("concurrency")?, |value| value.whole(1..=MAX_CONCURRENCY))?,
        })
    }

    /// Every combination, the concurrency varying fastest.
    fn expand(&self, seed: u64, place: Place, workloads: &mut Workloads) -> Result<(), FileError> {
        for (delay, body, connections, hosts, capacity, count, concurrency) in iproduct!(
            &self.delay.values,
            &self.body.values,
            &self.connections.values,
            &self.hosts.values,
            &self.capacity.values,
            &self.count.values,
            &self.concurrency.values
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
            workloads.add(self.id(&workload, count.value), workload, place)?;
        }
        Ok(())
    }

    /// Its name and what the lists vary; the slug where there is neither.
    fn id(&self, workload: &Workload, count: Count) -> String {
        let lognormal = workload.delay_text().replace("lognormal:", "ln").replace(':', "-");
        let parts = [
            self.name.clone(),
            self.delay.listed.then(|| format!("d{lognormal}")),
            self.body.listed.then(|| format!("b{}", workload.body_bytes)),
            self.connections.listed.then(|| workload.connections.as_str().to_owned()),
            self.hosts.listed.then(|| format!("h{}", workload.hosts)),
            self.capacity.listed.then(|| format!("k{}", workload.capacity.unwrap_or(0))),
            self.count.listed.then(|| match count {
                Count::Requests(requests) => format!("n{requests}"),
                Count::Waves(waves) => format!("w{waves}"),
            }),
            self.concurrency.listed.then(|| format!("c{}", workload.concurrency)),
        ];
        let id = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
        if id.is_empty() { workload.slug() } else { id }
    }
}

fn body(text: &str) -> Result<u64, String> {
    let bytes = text::size(text)?;
    if bytes <= MAX_BODY_BYTES { Ok(bytes) } else { Err(WorkloadError::Body(bytes).to_string()) }
}

fn connections(text: &str) -> Result<Connections, String> {
    match text {
        "cold" => Ok(Connections::Cold),
        "warm" => Ok(Connections::Warm),
        _ => Err("connections must be \"cold\" or \"warm\"".to_owned()),
    }
}
