//! Runs what is left of a study, round by round and workload by workload, each batch on disk before the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use inflight_harness::child::allowed_cpus;
use inflight_harness::driver::{self, DriverError, Event};
use inflight_harness::guards;
use inflight_harness::plan::{self, Plan};
use inflight_harness::server::ServerAt;
use inflight_harness::store::Store;
use inflight_record::{Environment, Manifest, NamedWorkload, Outcome, Record, RoundsRule, Row};

use inflight_report::study::Misfit;
use inflight_report::{StudyRecords, Summary};

use super::estimate::{self, Estimate};
use super::prepare::Prepared;
use super::schedule::Schedule;

/// Why a peer is not started on a crawl.
const NO_CRAWL: &str = "the worker protocol of peers knows plain batches only: a crawl's URLs are named by its answers";

/// Why a study has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// All its rounds are on record.
    AllRounds,
    /// Every interval is narrower than the precision.
    Precise {
        /// After so many rounds.
        rounds: u32,
    },
    /// The budget is spent.
    BudgetSpent {
        /// After so many rounds.
        rounds: u32,
        /// Figures whose interval is still wider; `None` where no ratio to the baseline has an interval at all.
        wide: Option<Vec<String>>,
    },
    /// The user asked to stop.
    Interrupted,
}

/// What is heard while a study runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A round begins, with the time that is left as far as it can be told.
    Round {
        /// Which, from 0.
        round: u32,
        /// Time left.
        left: Duration,
    },
    /// The server, which is elsewhere, does not answer: it is waited for.
    Waits {
        /// Its base URL.
        server: &'a str,
    },
    /// A batch begins.
    Begins {
        /// Id of its workload.
        workload: &'a str,
        /// Who.
        arm: &'a str,
    },
    /// A batch is on record.
    Ended {
        /// The record.
        record: &'a Record,
        /// Time left, as far as it can be told.
        left: Duration,
    },
}

/// A study on its way.
#[derive(Debug)]
pub struct Runner<'a> {
    prepared: &'a Prepared,
    environment: &'a Environment,
    manifest: &'a Manifest,
    schedule: Schedule<'a>,
    rows: Vec<Row>,
    estimate: Estimate,
    server: ServerAt,
    begun: Instant,
    /// Time of the batches that were on record when this process began.
    spent_before: Duration,
}

impl<'a> Runner<'a> {
    /// A study that is open, to be run on this server.
    #[must_use]
    pub fn new(
        prepared: &'a Prepared,
        environment: &'a Environment,
        manifest: &'a Manifest,
        rows: Vec<Row>,
        server: ServerAt,
    ) -> Self {
        let cpus = server.cpus(prepared.placement, &allowed_cpus()).worker.len() as u64;
        let mut estimate = Estimate::default();
        for (place, workload) in manifest.workloads.iter().enumerate() {
            let limit = prepared.time_limit.unwrap_or_else(|| plan::limit(&workload.workload));
            for contender in &prepared.contenders {
                let guess = estimate::batch(&workload.workload, contender, limit, cpus);
                estimate.guess(place, &contender.arm, guess);
            }
        }
        Self {
            prepared,
            environment,
            manifest,
            spent_before: spent(prepared, manifest, &rows),
            schedule: Schedule::new(manifest, &rows),
            rows,
            estimate,
            server,
            begun: Instant::now(),
        }
    }

    /// Runs it to its end, and says which that was.
    ///
    /// # Errors
    /// A record could not be stored, the driver could not be put on the server's CPUs, or a server elsewhere stayed away. What
    /// goes wrong in a batch is a record.
    pub fn run(
        &mut self,
        store: &mut Store,
        stop: &Arc<AtomicBool>,
        mut listen: impl FnMut(Progress<'_>),
    ) -> anyhow::Result<Ended> {
        for round in 0.. {
            if let Some(ended) = self.ended(round)? {
                return Ok(ended);
            }
            if !self.schedule.has_round(round) || !self.is_open(round) {
                continue;
            }
            listen(Progress::Round { round, left: self.time_left() });
            for place in 0..self.manifest.workloads.len() {
                if !self.block(place, round, store, stop, &mut listen)? {
                    return Ok(Ended::Interrupted);
                }
            }
        }
        Ok(Ended::AllRounds)
    }

    /// Whether a batch of the round is not on record.
    fn is_open(&self, round: u32) -> bool {
        (0..self.manifest.workloads.len()).any(|place| self.schedule.left(place, round).next().is_some())
    }

    /// Whether the study ends before this round: all earlier ones are on record.
    fn ended(&self, round: u32) -> Result<Option<Ended>, Misfit> {
        match self.manifest.rounds {
            RoundsRule::Fixed(rounds) => Ok((round >= rounds).then_some(Ended::AllRounds)),
            RoundsRule::Auto { precision, budget_ns } => {
                // A study without a round says nothing: the first is run whatever the budget.
                let spent = !self.rows.is_empty()
                    && self.spent_before + self.begun.elapsed() >= Duration::from_nanos(budget_ns);
                let looks = inflight_stats::auto::is_look(round as usize);
                // A round that is on record in part is finished: pairs of models would lack one.
                if !(spent || looks) || self.has_any(round) {
                    return Ok(None);
                }
                let wide = self.wide(precision)?;
                if looks && wide.as_ref().is_some_and(Vec::is_empty) {
                    return Ok(Some(Ended::Precise { rounds: round }));
                }
                Ok(spent.then_some(Ended::BudgetSpent { rounds: round, wide }))
            }
        }
    }

    fn has_any(&self, round: u32) -> bool {
        (0..self.manifest.workloads.len())
            .any(|place| self.schedule.left(place, round).count() < self.manifest.arms.len())
    }

    /// Figures whose interval is wider than the precision; `None` where no ratio to the baseline has an interval at all.
    fn wide(&self, precision: f64) -> Result<Option<Vec<String>>, Misfit> {
        let (manifests, environments) = (vec![self.manifest.clone()], vec![self.environment.clone()]);
        // They were checked to belong together when the study was opened, and the driver made those since.
        let study = StudyRecords::new(manifests, environments, self.rows.clone())?;
        let summary = Summary::of(&study);
        let models = summary.machines.iter().flat_map(|machine| &machine.workloads).flat_map(|it| &it.models);
        let judged = models.flat_map(|model| &model.ratios).any(|ratio| ratio.limits().is_some());
        let wide = inflight_report::wide(&summary, precision).into_iter().map(|wide| wide.id);
        Ok(judged.then(|| wide.collect()))
    }

    /// Runs what is left of one workload's round; false where the user asked to stop.
    fn block(
        &mut self,
        place: usize,
        round: u32,
        store: &mut Store,
        stop: &Arc<AtomicBool>,
        listen: &mut impl FnMut(Progress<'_>),
    ) -> anyhow::Result<bool> {
        if self.schedule.left(place, round).next().is_none() {
            return Ok(true);
        }
        let plan = self.plan(place, round);
        let workload = self.manifest.workloads[place].id.as_str();
        let mut begun = Instant::now();
        let ended = driver::run(&plan, stop, |event| -> anyhow::Result<()> {
            match event {
                Event::Waits { server } => listen(Progress::Waits { server }),
                Event::Begins { arm, .. } => {
                    begun = Instant::now();
                    listen(Progress::Begins { workload, arm });
                }
                Event::Started { .. } => {}
                Event::Ended { record, samples } => {
                    store.put(record, samples)?;
                    let row = Row::from(record);
                    self.schedule.note(&row);
                    self.rows.push(row);
                    self.estimate.note(place, &record.arm, begun.elapsed());
                    listen(Progress::Ended { record, left: self.time_left() });
                }
            }
            Ok(())
        });
        match ended {
            Ok(()) => Ok(true),
            Err(DriverError::Interrupted) => Ok(false),
            Err(DriverError::Listener(error)) => Err(error),
            Err(error @ (DriverError::Pin { .. } | DriverError::Server(_))) => Err(anyhow::anyhow!("{error}")),
        }
    }

    fn plan(&self, place: usize, round: u32) -> Plan {
        let workload = &self.manifest.workloads[place];
        let done = self.schedule.done(place).iter().filter(|(done, _)| *done == round);
        Plan {
            study_id: self.manifest.study_id.clone(),
            environment_id: self.environment.environment_id.clone(),
            seed: self.manifest.seed,
            first_round: round,
            rounds: 1,
            workload: workload.workload.clone(),
            contenders: self.prepared.contenders.clone(),
            server: self.server.clone(),
            placement: self.prepared.placement,
            time_limit: self.prepared.time_limit,
            watch: true,
            block: u32::try_from(place).unwrap_or(u32::MAX),
            done: done.cloned().collect(),
            skip: self.skipped(workload),
        }
    }

    /// Arms that are not started on this workload, each with the reason for the record.
    fn skipped(&self, workload: &NamedWorkload) -> BTreeMap<String, String> {
        let mut skipped = self.schedule.skipped(workload);
        if workload.workload.crawl.is_some() {
            skipped.extend(self.prepared.peers.iter().map(|arm| (arm.clone(), NO_CRAWL.to_owned())));
        }
        skipped
    }

    /// Time for all that is left; under `auto`, until no new round begins.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        match self.manifest.rounds {
            RoundsRule::Fixed(_) => self.time_for(|place, arm| {
                self.rounds().unwrap_or(0).saturating_sub(self.schedule.rounds_done(place, arm))
            }),
            RoundsRule::Auto { budget_ns, .. } => {
                Duration::from_nanos(budget_ns).saturating_sub(self.spent_before + self.begun.elapsed())
            }
        }
    }

    /// Time for one whole round.
    #[must_use]
    pub fn a_round(&self) -> Duration {
        self.time_for(|_, _| 1)
    }

    /// Time for so many batches of each arm on the workload at each place.
    fn time_for(&self, batches: impl Fn(usize, &str) -> u64) -> Duration {
        let mut time = Duration::ZERO;
        for (place, workload) in self.manifest.workloads.iter().enumerate() {
            let skipped = self.skipped(workload);
            let mut rounds = 0;
            for arm in self.manifest.arms.iter().filter(|arm| !skipped.contains_key(&arm.arm)) {
                let batches = u32::try_from(batches(place, &arm.arm)).unwrap_or(u32::MAX);
                rounds = rounds.max(batches);
                time = time.saturating_add(self.estimate.of(place, &arm.arm).saturating_mul(batches));
            }
            // Foreign load is watched for before each round of a workload.
            time = time.saturating_add(guards::WATCH.saturating_mul(rounds));
        }
        time
    }

    /// Batches that are on record, and those of all rounds where their number is known.
    #[must_use]
    pub fn batches(&self) -> (u64, Option<u64>) {
        let a_round = (self.manifest.workloads.len() * self.manifest.arms.len()) as u64;
        (self.schedule.batches_done(), self.rounds().map(|rounds| rounds * a_round))
    }

    /// How many rounds this part has, where that is known.
    #[must_use]
    pub fn rounds(&self) -> Option<u64> {
        match self.manifest.rounds {
            RoundsRule::Fixed(rounds) => {
                Some((0..rounds).filter(|round| self.schedule.has_round(*round)).count() as u64)
            }
            RoundsRule::Auto { .. } => None,
        }
    }
}

/// About the time that the batches of these rows took, with all that stands around them.
fn spent(prepared: &Prepared, manifest: &Manifest, rows: &[Row]) -> Duration {
    let mut spent = Duration::ZERO;
    let mut watched = BTreeSet::new();
    for row in rows.iter().filter(|row| row.outcome != Outcome::Skipped) {
        let overran = || {
            let workload = manifest.workloads.iter().find(|workload| *workload.slug == *row.slug)?;
            Some(prepared.time_limit.unwrap_or_else(|| plan::limit(&workload.workload)))
        };
        let batch = match (row.makespan_ns, row.outcome) {
            (Some(makespan), _) => Duration::from_nanos(makespan),
            (None, Outcome::Timeout) => overran().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        spent = spent.saturating_add(batch + estimate::A_BATCH);
        if watched.insert((&row.slug, row.round)) {
            spent = spent.saturating_add(guards::WATCH);
        }
    }
    spent
}
