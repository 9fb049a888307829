//! From the tables of a study file to its workloads: every combination of what has a list, each under an id.

mod crawl;
mod plain;

use std::collections::BTreeMap;

use super::{FileError, MAX_WORKLOADS, Place, Placed};
use crate::manifest::NamedWorkload;
use crate::placed::{Table, Value, check_name};
use crate::text::{self, DelayText};
use crate::workload::MAX_CONCURRENCY;
use crate::{Connections, Workload};

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
    connections: Axis<Connections>,
    concurrency: Axis<u64>,
    kind: Kind,
}

/// What only one kind of workload has.
enum Kind {
    Plain(plain::Axes),
    Crawl(crawl::Axes),
}

impl Axes {
    fn read(table: &mut Table<'_>) -> Result<Self, FileError> {
        let name = table.optional("name").map(|value| value.text()).transpose()?;
        if let Some(name) = &name {
            check_name(&name.value).map_err(|message| name.wrong(format!("a name, {message}")))?;
        }
        let kind = match table.optional("crawl") {
            Some(catalogue) => Kind::Crawl(crawl::Axes::read(&catalogue, table)?),
            None => Kind::Plain(plain::Axes::read(table)?),
        };
        Ok(Self {
            name: name.map(|name| name.value),
            delay: Axis::of(&table.required("delay")?, |value| value.parsed(text::delay))?,
            connections: Axis::read(table.optional("connections"), Connections::Cold, |value| {
                value.parsed(connections)
            })?,
            concurrency: Axis::of(&table.required("concurrency")?, |value| value.whole(1..=MAX_CONCURRENCY))?,
            kind,
        })
    }

    /// Every combination, the concurrency varying fastest.
    fn expand(&self, seed: u64, place: Place, workloads: &mut Workloads) -> Result<(), FileError> {
        match &self.kind {
            Kind::Plain(plain) => plain.expand(self, seed, place, workloads),
            Kind::Crawl(crawl) => crawl.expand(self, seed, place, workloads),
        }
    }

    /// What stands in an id of the delay, where it is listed.
    fn delay_part(&self, workload: &Workload) -> Option<String> {
        let delay = workload.delay_text().replace("lognormal:", "ln").replace(':', "-");
        self.delay.listed.then(|| format!("d{delay}"))
    }

    fn connections_part(&self, workload: &Workload) -> Option<String> {
        self.connections.listed.then(|| workload.connections.as_str().to_owned())
    }

    fn concurrency_part(&self, workload: &Workload) -> Option<String> {
        self.concurrency.listed.then(|| format!("c{}", workload.concurrency))
    }
}

/// The parts that there are; the slug where there is none.
fn id(parts: impl IntoIterator<Item = Option<String>>, workload: &Workload) -> String {
    let id = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
    if id.is_empty() { workload.slug() } else { id }
}

/// Refuses these keys, each with its reason.
fn refuse(table: &mut Table<'_>, keys: &[(&'static str, &str)]) -> Result<(), FileError> {
    for &(key, reason) in keys {
        if let Some(value) = table.optional(key) {
            return Err(FileError { place: value.place(), message: format!("{key}: {reason}") });
        }
    }
    Ok(())
}

fn connections(text: &str) -> Result<Connections, String> {
    match text {
        "cold" => Ok(Connections::Cold),
        "warm" => Ok(Connections::Warm),
        _ => Err("connections must be \"cold\" or \"warm\"".to_owned()),
    }
}
