//! What of portability is on the page: the ratios on every machine, and where the next one's lies, in six digits.

use serde::Serialize;

use crate::portability::{MachineEntry, Row, StudyPortability, WorkloadPortability};

/// One study on several machines.
#[derive(Serialize)]
pub(super) struct Carried<'a> {
    study: &'a str,
    baseline: &'a str,
    machines: Vec<CarriedMachine<'a>>,
    workloads: Vec<CarriedWorkload<'a>>,
}

#[derive(Serialize)]
struct CarriedMachine<'a> {
    name: &'a str,
    words: String,
    restricted: bool,
}

#[derive(Serialize)]
struct CarriedWorkload<'a> {
    id: &'a str,
    rows: Vec<CarriedRow<'a>>,
}

#[derive(Serialize)]
struct CarriedRow<'a> {
    model: &'a str,
    metric: &'static str,
    /// Ratio, lower and upper limit on each machine.
    seen: Vec<[Option<f64>; 3]>,
    /// The same of all machines together.
    all: Option<[f64; 3]>,
    /// Limits of the next machine's.
    next: Option<[f64; 2]>,
    words: &'a str,
}

/// Six digits: no more are seen, and none is rounded twice.
fn six(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

impl<'a> Carried<'a> {
    pub(super) fn of(study: &'a StudyPortability) -> Self {
        let machine = |it: &'a MachineEntry| CarriedMachine {
            name: &it.name,
            words: it.described(),
            restricted: it.machine.restricted.is_some(),
        };
        let machines = study.machines.iter().map(machine).collect();
        let workload = |it: &'a WorkloadPortability| CarriedWorkload {
            id: &it.id,
            rows: it.rows.iter().map(CarriedRow::of).collect(),
        };
        let workloads = study.workloads.iter().map(workload).collect();
        Self { study: &study.study, baseline: &study.baseline, machines, workloads }
    }
}

impl<'a> CarriedRow<'a> {
    fn of(row: &'a Row) -> Self {
        let together = row.together.as_ref();
        Self {
            model: &row.model,
            metric: row.metric.as_str(),
            seen: row.machines.iter().map(|on| [on.ratio, on.low, on.high].map(|it| it.map(six))).collect(),
            all: together.map(|it| [it.ratio, it.low, it.high].map(six)),
            next: together.map(|it| [it.next_low, it.next_high].map(six)),
            words: &row.words,
        }
    }
}
