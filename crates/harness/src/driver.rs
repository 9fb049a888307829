//! The driver: rounds of batches, each in random order, each batch a record, whatever became of it.

mod elsewhere;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use inflight_record::{
    Card, ContextSwitches, Cpu, DeclaredPeak, Flag, Label, LedgerFigures, Limits, Memory, ModelFigures, Outcome,
    Record, SCHEMA_VERSION, Sample, TokenKey, WorkloadFigures,
};

use crate::attempt::{Attempt, Broken, Seen};
use crate::child::{allowed_cpus, pin};
use crate::figures;
use crate::guards::{self, Counted};
use crate::limits;
use crate::plan::{Contender, Cpus, Plan};
use crate::protocol::Usage;
use crate::server::{Remote, ServerError};
use crate::witness::{self, Evidence, Verdict, yardstick};

/// How long after a batch has failed the word to stop is waited for: who ends a whole job tells one process after the other.
const LAST_WORD: Duration = Duration::from_millis(200);

/// What happens while a plan runs, in order.
#[derive(Debug)]
pub enum Event<'a> {
    /// The server, which is elsewhere, does not answer: it is waited for.
    Waits {
        /// Its base URL.
        server: &'a str,
    },
    /// A batch begins.
    Begins {
        /// Which round.
        round: u32,
        /// Who.
        arm: &'a str,
    },
    /// Server and worker are ready; the timed span begins.
    Started {
        /// The server's process id, where it runs here.
        server: Option<u32>,
        /// The worker's process id.
        worker: u32,
    },
    /// A batch ended, with its record and, where the model returned, its samples.
    Ended {
        /// The record.
        record: &'a Record,
        /// What became of each request.
        samples: &'a [Sample],
    },
}

/// Why a plan could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum DriverError<E> {
    /// The user asked to stop; the records so far stand.
    #[error("interrupted")]
    Interrupted,
    /// The listener failed: the record could not be stored.
    #[error(transparent)]
    Listener(E),
    /// The server, which is elsewhere, is of no use any more; the records so far stand.
    #[error(transparent)]
    Server(ServerError),
    /// The driver could not be put on the server's CPUs.
    #[error("cannot use CPUs {cpus:?}: {source}")]
    Pin {
        /// Which.
        cpus: Vec<u32>,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Runs a plan. `listen` hears each event and stores each record; the next batch starts when it returns.
///
/// # Errors
/// The user asked to stop, `listen` failed, or a server elsewhere stayed away. What goes wrong in a batch, the loss of its
/// server included, is a record, not an error.
pub fn run<E>(
    plan: &Plan,
    stop: &Arc<AtomicBool>,
    mut listen: impl FnMut(Event<'_>) -> Result<(), E>,
) -> Result<(), DriverError<E>> {
    let _ = limits::raise_nofile();
    let home = allowed_cpus();
    let elsewhere = plan.server.elsewhere();
    let cpus = plan.server.cpus(plan.placement, &home);
    // With the server elsewhere, driver and worker share what is here.
    let (own, all_cpus) = match elsewhere {
        Some(_) => (&home, home.len() as u64),
        None => (&cpus.server, allowed_count(&cpus)),
    };
    // Fewer than the CPUs where a control group's quota says so: pools that size themselves go by it.
    let threads = std::thread::available_parallelism().map_or(u64::MAX, |threads| threads.get() as u64);
    pin(own).map_err(|source| DriverError::Pin { cpus: own.clone(), source })?;
    let key = elsewhere.map_or_else(|| TokenKey::new(rand::random()), Remote::key);
    let run = Run { plan, cpus, all_cpus, threads, key, limits: limits::read(), stop };
    let result = run.rounds(&mut listen);
    // Best effort: a caller that cannot be put back is only slower.
    let _ = pin(&home);
    result
}

struct Run<'a> {
    plan: &'a Plan,
    cpus: Cpus,
    /// How many CPUs of this machine driver, worker and perhaps server use.
    all_cpus: u64,
    threads: u64,
    key: TokenKey,
    limits: Limits,
    stop: &'a Arc<AtomicBool>,
}

impl Run<'_> {
    fn rounds<E>(&self, listen: &mut impl FnMut(Event<'_>) -> Result<(), E>) -> Result<(), DriverError<E>> {
        // 0 is the number that requests without one count under.
        let mut batch = 2;
        for round in (0..self.plan.rounds).map(|round| self.plan.first_round + round) {
            let foreign_before = if self.plan.watch { guards::foreign_share() } else { 0.0 };
            for (position, place) in (0..).zip(self.plan.order(round)) {
                if self.stop.load(Ordering::Relaxed) {
                    return Err(DriverError::Interrupted);
                }
                let contender = &self.plan.contenders[place];
                if self.plan.done.contains(&(round, contender.arm.clone())) {
                    continue;
                }
                self.ready(contender, listen)?;
                listen(Event::Begins { round, arm: &contender.arm }).map_err(DriverError::Listener)?;
                let mut draft = self.draft(contender, round, position, foreign_before);
                let number = self.batch_number(batch);
                let samples = self.batch(contender, number, &mut draft, listen)?.unwrap_or_default();
                // Two numbers a batch: its own, and that of its warm-up.
                batch += 2;
                listen(Event::Ended { record: &draft, samples: &samples }).map_err(DriverError::Listener)?;
            }
        }
        Ok(())
    }

    /// Runs one batch into its record; returns the samples where there are any.
    fn batch<E>(
        &self,
        contender: &Contender,
        batch: u64,
        record: &mut Record,
        listen: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<Option<Vec<Sample>>, DriverError<E>> {
        if let Some(reason) = contender.lacks.as_ref().or_else(|| self.plan.skip.get(&contender.arm)) {
            record.outcome = Outcome::Skipped;
            record.reason = Some(reason.clone());
            return Ok(None);
        }
        let declared_peak = record.model.declared_peak_here;
        let limit = self.plan.limit();
        // Nobody is faster than the ideal: at the very limit, as one at a time is of a default with C = 5, it is overrun.
        if Duration::from_nanos(record.declared_ideal_ns) >= limit {
            record.outcome = Outcome::Skipped;
            record.reason = Some(format!(
                "its declared ideal of {:.1} s is not below the time limit of {:.1} s",
                Duration::from_nanos(record.declared_ideal_ns).as_secs_f64(),
                limit.as_secs_f64()
            ));
            return Ok(None);
        }
        if let Some(reason) = guards::unsuited(&contender.card, &self.plan.workload) {
            record.outcome = Outcome::Skipped;
            record.reason = Some(reason);
            return Ok(None);
        }
        // The declared peak, not the most of a race: that would refuse on machines of many CPUs what needs far less.
        let refused = guards::refusal(&self.limits, &contender.card, &self.plan.workload, declared_peak);
        if let Some(reason) = refused.or_else(|| self.refused_elsewhere(contender, declared_peak)) {
            record.reason = Some(reason);
            return Ok(None);
        }
        let attempt = Attempt {
            contender,
            workload: &self.plan.workload,
            declared_peak,
            server: &self.plan.server,
            cpus: &self.cpus,
            key: &self.key,
            batch,
            limit,
            stop: self.stop,
        };
        let mut heard = Ok(());
        let seen = attempt.run(|server, worker| heard = listen(Event::Started { server, worker }));
        heard.map_err(DriverError::Listener)?;
        // Who stops a whole job ends server and worker too: what came of the batch then says nothing of the model.
        if self.is_stopped(matches!(seen, Err(Broken::Failed(_)))) {
            return Err(DriverError::Interrupted);
        }
        match seen {
            Ok(seen) => {
                self.judge(&seen, batch, record);
                Ok(Some(seen.samples))
            }
            Err(Broken::Interrupted) => Err(DriverError::Interrupted),
            Err(Broken::Failed(reason)) => {
                record.reason = Some(reason);
                Ok(None)
            }
            Err(Broken::Overran(reason)) => {
                record.outcome = Outcome::Timeout;
                record.reason = Some(reason);
                Ok(None)
            }
        }
    }

    /// Whether the user asked to stop; where a batch has failed the word may still be on its way to us.
    fn is_stopped(&self, failed: bool) -> bool {
        let until = Instant::now() + if failed { LAST_WORD } else { Duration::ZERO };
        while Instant::now() < until && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(10));
        }
        self.stop.load(Ordering::Relaxed)
    }

    /// Fills the record of a batch whose model returned, and lets the witness judge it.
    fn judge(&self, seen: &Seen, batch: u64, record: &mut Record) {
        let plan = self.plan;
        let ledger = LedgerFigures::from(&seen.ledger);
        let usage = seen.usage;
        // Who cannot measure itself is measured from outside.
        let cpu = usage.map(|usage| Cpu { user_ns: usage.user_ns, system_ns: usage.system_ns });
        let steal_ns = seen.machine.steal_ns;
        let elsewhere = self.elsewhere(seen, record);
        let there = elsewhere.map(|it| it.side.counters).unwrap_or_default();
        record.flags = guards::flags(&Counted {
            workload: &plan.workload,
            wall_ns: seen.outside.wall_ns,
            machine: seen.machine,
            foreign_ns: seen.foreign_ns,
            foreign_before: record.foreign_before.unwrap_or(0.0),
            all_cpus: self.all_cpus,
            ledger: &ledger,
            elsewhere,
        });
        let is_yardstick = record.model.card.label == Label::Yardstick;
        let evidence = Evidence {
            workload: &plan.workload,
            batch,
            key: &self.key,
            declared_peak: record.model.declared_peak_here,
            most_in_flight: self.by_declared_peak(&record.model.card, DeclaredPeak::most),
            http2: record.model.card.http2,
            makespan_ns: seen.makespan_ns,
            samples: &seen.samples,
            texts: &seen.texts,
            ledger: &seen.ledger,
            usage,
            outside: &seen.outside,
            disturbed_ns: seen.foreign_ns + steal_ns + there.foreign_ns + there.steal_ns,
            network: seen.machine.network.plus(there.network),
            round_trip_ns: seen.across.map(|across| across.round_trip.median_ns()),
            crawl: seen.crawl.as_ref(),
        };
        let verdict = match &seen.error {
            Some(error) => Verdict::Failed(format!("the model gave up: {error}")),
            None if is_yardstick => yardstick::examine(seen.reported.as_ref(), &evidence),
            None => witness::examine(&evidence),
        };
        (record.outcome, record.reason) = match verdict {
            Verdict::Ok { underfilled } => {
                if underfilled {
                    record.flags.push(Flag::Underfilled);
                }
                (Outcome::Ok, None)
            }
            Verdict::Counted => (Outcome::Counted, None),
            Verdict::Failed(reason) => (Outcome::Failed, Some(reason)),
            Verdict::Invalid(reason) => (Outcome::Invalid, Some(reason)),
        };
        record.model.client_version.clone_from(&seen.versions);
        record.makespan_ns = Some(seen.makespan_ns);
        // A yardstick may have made more or fewer requests than the ideal is of.
        if !is_yardstick {
            record.excess_ns = i64::try_from(i128::from(seen.makespan_ns) - i128::from(record.ideal_ns)).ok();
            #[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
            let efficiency = record.ideal_ns as f64 / seen.makespan_ns.max(1) as f64;
            record.efficiency = (plan.workload.delay_ns > 0).then_some(efficiency);
        }
        record.reported = seen.reported;
        record.crawl = seen.crawl.as_ref().and_then(|crawl| crawl.as_ref().ok()).cloned();
        // A crawl that resumed had less to do than the ideal is of.
        if plan.workload.crawl.as_ref().is_some_and(|crawl| crawl.resume) {
            (record.excess_ns, record.efficiency) = (None, None);
        }
        record.cpu = cpu.or_else(|| seen.outside.cpu());
        record.memory = match usage {
            Some(Usage { baseline_bytes, peak_bytes, .. }) if peak_bytes > 0 => {
                Some(Memory { baseline_bytes, peak_bytes })
            }
            // It could have told, but for the kernel, which would not let it.
            Some(_) if !record.model.card.child_processes => None,
            _ => seen.outside.memory(),
        };
        record.context_switches =
            usage.map(|usage| ContextSwitches { voluntary: usage.voluntary, involuntary: usage.involuntary });
        record.threads_peak = Some(seen.threads_peak);
        // A yardstick has no samples, and none that it sent would be proved.
        // Of a crawl's attempts, those that got a fault say nothing of the client.
        let answered = seen.samples.iter().filter(|sample| plan.workload.crawl.is_none() || sample.error.is_none());
        if !is_yardstick && let Ok((latency, histograms)) = figures::latencies(answered) {
            record.latency = Some(latency);
            record.histograms = Some(histograms);
        }
        record.ledger = Some(ledger);
        record.network = Some(seen.machine.network);
        record.steal_ns = Some(steal_ns);
        record.foreign_ns = Some(seen.foreign_ns);
        record.throttled_ns = Some(seen.machine.throttled_ns);
        record.outside = Some(seen.outside);
    }

    /// The peak that its card declares for a contender here.
    fn declared_peak(&self, contender: &Contender) -> u64 {
        self.by_declared_peak(&contender.card, DeclaredPeak::resolve)
    }

    /// What follows from a card's declared peak here.
    fn by_declared_peak(&self, card: &Card, follows: impl Fn(DeclaredPeak, u64, u64, u64) -> u64) -> u64 {
        let cpus = self.threads.min(self.cpus.worker.len() as u64);
        follows(card.declared_peak, self.plan.workload.concurrency, self.plan.workload.hosts, cpus)
    }

    /// A record of a batch of which nothing is known yet but what was asked. Its outcome is `failed` until seen otherwise.
    fn draft(&self, contender: &Contender, round: u32, position: u32, foreign_before: f64) -> Record {
        let plan = self.plan;
        let workload = WorkloadFigures::new(&plan.workload, self.cpus.placement);
        let declared_peak_here = self.declared_peak(contender);
        Record {
            schema_version: SCHEMA_VERSION,
            record_id: Record::id(&plan.study_id, &workload.slug, round, &contender.arm),
            study_id: plan.study_id.clone(),
            round,
            position,
            seed: plan.seed,
            arm: contender.arm.clone(),
            started_at: jiff::Timestamp::now().to_string(),
            model: ModelFigures { card: contender.card.clone(), declared_peak_here, client_version: None },
            workload,
            outcome: Outcome::Failed,
            reason: None,
            flags: Vec::new(),
            makespan_ns: None,
            ideal_ns: plan.workload.ideal_ns(),
            declared_ideal_ns: plan.workload.ideal_with_peak_ns(declared_peak_here),
            excess_ns: None,
            efficiency: None,
            cpu: None,
            memory: None,
            threads_peak: None,
            context_switches: None,
            latency: None,
            histograms: None,
            ledger: None,
            reported: None,
            crawl: None,
            round_trip: None,
            server_side: None,
            network: None,
            steal_ns: None,
            foreign_ns: None,
            foreign_before: plan.watch.then_some(foreign_before),
            throttled_ns: None,
            outside: None,
            cpus: self.cpus.worker.clone(),
            server_cpus: self.cpus.server.clone(),
            environment_id: plan.environment_id.clone(),
        }
    }
}

fn allowed_count(cpus: &Cpus) -> u64 {
    let mut all: Vec<u32> = cpus.server.iter().chain(&cpus.worker).copied().collect();
    all.sort_unstable();
    all.dedup();
    all.len() as u64
}
