//! What a comparison is made of: the plan for one workload, with our own binary as server and workers.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use inflight_harness::child::Program;
use inflight_harness::driver::{self, DriverError, Event};
use inflight_harness::plan::{Contender, Plan};
use inflight_harness::server::ServerAt;
use inflight_record::{Environment, Placement, Record, Workload};

/// What may differ between comparisons.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The workload.
    pub workload: Workload,
    /// Who runs it.
    pub contenders: Vec<Contender>,
    /// How many rounds.
    pub rounds: u32,
    /// Seed of the orders.
    pub seed: u64,
    /// Time limit of a batch, where it is not the default.
    pub time_limit: Option<Duration>,
    /// Where server and workers run.
    pub placement: Placement,
    /// Whether to watch for foreign load before each round.
    pub watch: bool,
}

/// The plan: `inflight` is the path of our own binary, which serves.
#[must_use]
pub fn plan(choices: Choices, environment: &Environment, inflight: &Path) -> Plan {
    Plan {
        study_id: format!(
            "run-{}-{:08x}",
            jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ"),
            rand::random::<u32>()
        ),
        environment_id: environment.environment_id.clone(),
        seed: choices.seed,
        first_round: 0,
        rounds: choices.rounds,
        workload: choices.workload,
        contenders: choices.contenders,
        server: ServerAt::Here(server(inflight)),
        placement: choices.placement,
        time_limit: choices.time_limit,
        watch: choices.watch,
        block: 0,
        done: BTreeSet::new(),
        skip: BTreeMap::new(),
    }
}

impl Choices {
    /// One contender after the other for so many rounds, by the defaults of benches: split, not watched, no limit of
    /// their own.
    #[must_use]
    pub fn for_bench(workload: &Workload, contenders: Vec<Contender>, rounds: u32) -> Self {
        Self {
            workload: workload.clone(),
            contenders,
            rounds,
            seed: 0,
            time_limit: None,
            placement: Placement::Split,
            watch: false,
        }
    }
}

/// Runs a plan to its end and gathers its records.
///
/// # Errors
/// The driver could not be put on the server's CPUs.
pub fn gather(plan: &Plan) -> Result<Vec<Record>, DriverError<Infallible>> {
    gather_until(plan, &Arc::default())
}

/// The same until `stop` is set.
///
/// # Errors
/// As [`gather`]; also that it was stopped.
pub fn gather_until(plan: &Plan, stop: &Arc<AtomicBool>) -> Result<Vec<Record>, DriverError<Infallible>> {
    let mut records = Vec::new();
    driver::run(plan, stop, |event| {
        if let Event::Ended { record, .. } = event {
            records.push(record.clone());
        }
        Ok(())
    })?;
    Ok(records)
}

/// The delay server as the driver starts it: it takes its secret on stdin, and ends when this process does.
#[must_use]
pub fn server(inflight: &Path) -> Program {
    Program::new(inflight, &["serve", "--key-from-stdin", "--parent", &std::process::id().to_string()])
}
