//! The plan: which models run which workload, in how many rounds, in which order, where.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use inflight_record::{Card, Placement, Workload};
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::child::Program;
use crate::server::ServerAt;

/// One entry of a line-up: a model under a name, and the program that runs it.
#[derive(Debug, Clone)]
pub struct Contender {
    /// The name in records: the model's id, but for control arms.
    pub arm: String,
    /// The model's card.
    pub card: Card,
    /// The worker: it speaks the worker protocol.
    pub worker: Program,
    /// Why it cannot be run here, where it cannot: its batches are skipped, and their records say so.
    pub lacks: Option<String>,
    /// Of a peer: its versions, by its own word.
    pub versions: Option<String>,
}

/// The CPUs of server and worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpus {
    /// What was in fact done: `split`, `shared`, or `remote` where the server is elsewhere.
    pub placement: &'static str,
    /// Of the server; the driver sits there too, unless the server is elsewhere: then they are of its machine.
    pub server: Vec<u32>,
    /// Of the worker.
    pub worker: Vec<u32>,
}

impl Cpus {
    /// Deals out the CPUs that this process may use.
    #[must_use]
    pub fn dealt(placement: Placement, allowed: &[u32]) -> Self {
        match (placement, allowed) {
            (Placement::Split, [first, others @ ..]) if !others.is_empty() => {
                Self { placement: Placement::Split.as_str(), server: vec![*first], worker: others.to_vec() }
            }
            _ => Self { placement: Placement::Shared.as_str(), server: allowed.to_vec(), worker: allowed.to_vec() },
        }
    }
}

/// What a run does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The id that all its records carry.
    pub study_id: String,
    /// The environment that all its records name.
    pub environment_id: String,
    /// Seed of the orders.
    pub seed: u64,
    /// Number of its first round: above 0 where a study goes on.
    pub first_round: u32,
    /// How many rounds.
    pub rounds: u32,
    /// The workload.
    pub workload: Workload,
    /// The models.
    pub contenders: Vec<Contender>,
    /// The delay server: a program that prints its address, or one elsewhere.
    pub server: ServerAt,
    /// Where they run, if the server is started here.
    pub placement: Placement,
    /// Time limit of a batch; by default the larger of 60 s and 5 × ideal.
    pub time_limit: Option<Duration>,
    /// Whether to watch for foreign load for half a second before each round.
    pub watch: bool,
    /// Place of the workload in its study, from 0: each has orders of its own.
    pub block: u32,
    /// Rounds and arms that are on record already, and are not run again.
    pub done: BTreeSet<(u32, String)>,
    /// Arms that are not started, each with the reason that its records give.
    pub skip: BTreeMap<String, String>,
}

impl Plan {
    /// The time limit of a batch.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.time_limit.unwrap_or_else(|| limit(&self.workload))
    }

    /// The order of one round: places of contenders, shuffled by seed, block and round (`ChaCha8`, stream = block · 2³² +
    /// round).
    #[must_use]
    pub fn order(&self, round: u32) -> Vec<usize> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(u64::from(self.block) << 32 | u64::from(round));
        let mut order: Vec<usize> = (0..self.contenders.len()).collect();
        order.shuffle(&mut random);
        order
    }
}

/// The time limit of a batch where none is asked for: the larger of 60 s and 5 × ideal.
#[must_use]
pub fn limit(workload: &Workload) -> Duration {
    Duration::from_secs(60).max(Duration::from_nanos(workload.ideal_ns().saturating_mul(5)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::{DeclaredPeak, Label};

    fn plan(contenders: usize, delay_ns: u64) -> Plan {
        let card = Card {
            id: "m".into(),
            idea: String::new(),
            label: Label::Tuned,
            client: String::new(),
            crates: vec![],
            declared_peak: DeclaredPeak::Concurrency,
            thread_per_request: false,
            keeps_connections: true,
            http2: false,
            child_processes: false,
            hidden_caps: vec![],
            historical: None,
        };
        let worker = Program::new("worker", &[]);
        Plan {
            study_id: "s".into(),
            environment_id: "e".into(),
            seed: 42,
            first_round: 0,
            rounds: 3,
            workload: Workload::new(100, 10, delay_ns),
            contenders: vec![
                Contender { arm: "m".into(), card, worker: worker.clone(), lacks: None, versions: None };
                contenders
            ],
            server: ServerAt::Here(worker),
            placement: Placement::Split,
            time_limit: None,
            watch: false,
            block: 0,
            done: BTreeSet::new(),
            skip: BTreeMap::new(),
        }
    }

    #[test]
    fn each_round_has_an_order_of_its_own_and_the_seed_fixes_it() {
        let plan = plan(9, 0);
        let mut sorted = plan.order(0);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..9).collect::<Vec<_>>());
        assert_eq!(plan.order(1), plan.order(1));
        assert_ne!(plan.order(0), plan.order(1));
        let other = Plan { block: 1, ..plan.clone() };
        assert_ne!(plan.order(0), other.order(0));
    }

    #[test]
    fn the_limit_is_sixty_seconds_or_five_ideals() {
        assert_eq!(plan(1, 50_000_000).limit(), Duration::from_secs(60));
        assert_eq!(plan(1, 10_000_000_000).limit(), Duration::from_secs(500));
    }

    #[test]
    fn split_keeps_server_and_worker_apart() {
        assert_eq!(Cpus::dealt(Placement::Split, &[2, 5, 6]).server, [2]);
        assert_eq!(Cpus::dealt(Placement::Split, &[2, 5, 6]).worker, [5, 6]);
        assert_eq!(Cpus::dealt(Placement::Split, &[3]).placement, "shared");
        assert_eq!(Cpus::dealt(Placement::Shared, &[0, 1]).worker, [0, 1]);
    }
}
