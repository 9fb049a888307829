//! What of portability is on the page: the ratios on every machine, and where the next one's lies, in six digits.

use serde::Serialize;

use super::Part;
use crate::portability::{Portability, Row, Source, StudyPortability, Verdict};

/// One study on several machines.
#[derive(Serialize)]
pub(super) struct Carried {
    study: String,
    baseline: String,
    machines: Vec<CarriedMachine>,
    workloads: Vec<CarriedWorkload>,
}

#[derive(Serialize)]
struct CarriedMachine {
    name: String,
    words: String,
    restricted: bool,
}

#[derive(Serialize)]
struct CarriedWorkload {
    id: String,
    rows: Vec<CarriedRow>,
}

#[derive(Serialize)]
struct CarriedRow {
    model: String,
    metric: &'static str,
    /// Ratio, lower and upper limit on each machine.
    seen: Vec<[Option<f64>; 3]>,
    /// The same of all machines together.
    all: Option<[f64; 3]>,
    /// Limits of the next machine's.
    next: Option<[f64; 2]>,
    verdict: Verdict,
    words: String,
}

/// Every study of these that ran on three machines or more; none where they cannot be put together, which the report says.
pub(super) fn carried(parts: &[Part<'_>]) -> Vec<Carried> {
    let directory = |path: &str| path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
    let sources: Vec<Source<'_>> =
        parts.iter().map(|part| Source { path: directory(&part.path), summary: part.summary }).collect();
    Portability::of(&sources).map_or_else(|_| Vec::new(), |it| it.studies.into_iter().map(Carried::of).collect())
}

/// Six digits: no more are seen, and none is rounded twice.
fn six(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

impl Carried {
    fn of(study: StudyPortability) -> Self {
        let machine = |it: &crate::portability::MachineEntry| CarriedMachine {
            name: it.name.clone(),
            words: it.described(),
            restricted: it.machine.restricted.is_some(),
        };
        let machines = study.machines.iter().map(machine).collect();
        let workload = |it: crate::portability::WorkloadPortability| CarriedWorkload {
            id: it.id,
            rows: it.rows.into_iter().map(CarriedRow::of).collect(),
        };
        let workloads = study.workloads.into_iter().map(workload).collect();
        Self { study: study.study, baseline: study.baseline, machines, workloads }
    }
}

impl CarriedRow {
    fn of(row: Row) -> Self {
        let together = row.together.as_ref();
        Self {
            model: row.model,
            metric: row.metric.as_str(),
            seen: row.machines.iter().map(|on| [on.ratio, on.low, on.high].map(|it| it.map(six))).collect(),
            all: together.map(|it| [it.ratio, it.low, it.high].map(six)),
            next: together.map(|it| [it.next_low, it.next_high].map(six)),
            verdict: row.verdict,
            words: row.words,
        }
    }
}
