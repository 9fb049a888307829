//! Studies of which the truth is known, and what the advisor makes of them.

mod answers;
mod refusals;

use inflight_record::{ArmKind, Label, NamedWorkload, Outcome, Row, Workload};

use super::{Advice, Answer, ModelAdvice, Question, Reply, Standing, Study, advise};
use crate::fixture::{environment, manifest, named, rows};
use crate::study::{Placed, StudyRecords};
use crate::summary::Summary;

const MS: f64 = 1e6;
const D: u64 = 50_000_000;

/// What a batch costs in truth.
#[derive(Clone, Copy)]
struct Truth {
    /// Nanoseconds.
    excess: f64,
    /// Nanoseconds of the whole batch.
    cpu: f64,
    /// Bytes.
    memory: f64,
    /// Most in flight.
    peak: u64,
    outcome: Outcome,
}

/// A client that takes so long to start, so long for each request in flight, and the same again for each wave.
fn linear(workload: &Workload, start_ms: f64, each_us: f64) -> Truth {
    let (n, c) = (workload.requests as f64, workload.concurrency as f64);
    let waves = (n / c).ceil();
    Truth {
        excess: start_ms * MS + each_us * 1e3 * c + 0.4 * MS * (waves - 1.0),
        cpu: start_ms * MS / 2.0 + 30e3 * c + each_us * 500.0 * n,
        memory: 1e6 + 30e3 * start_ms * c,
        peak: workload.concurrency,
        outcome: Outcome::Ok,
    }
}

/// A study of this truth, by model and workload; noise of some thousandths.
struct Made<'a> {
    name: &'a str,
    environment: &'a str,
    models: &'a [&'a str],
    workloads: Vec<NamedWorkload>,
    rounds: u32,
}

impl Default for Made<'_> {
    fn default() -> Self {
        Self { name: "ladder", environment: "e", models: &["one", "two"], workloads: Vec::new(), rounds: 12 }
    }
}

impl Made<'_> {
    fn study(&self, truth: impl Fn(&str, &Workload) -> Option<Truth>) -> Summary {
        let mut manifest = manifest(self.models, &self.workloads);
        self.name.clone_into(&mut manifest.name);
        self.environment.clone_into(&mut manifest.environment_id);
        manifest.study_id = format!("{}-1", self.name);
        for arm in &mut manifest.arms {
            match arm.model.as_str() {
                "old" => arm.label = Label::Historical,
                "trap" => arm.label = Label::Pitfall,
                _ => {}
            }
        }
        let edit = |row: &mut Row| {
            let arm = manifest.arms.iter().find(|arm| *arm.arm == *row.arm).unwrap();
            let named = manifest.workloads.iter().find(|named| *named.slug == *row.slug).unwrap();
            let Some(truth) = truth(&arm.model, &named.workload) else { return false };
            fill(row, truth, arm.kind)
        };
        let rows = rows(&manifest, self.rounds, edit);
        let placed = Placed {
            environment_id: self.environment.to_owned(),
            placement: "split".to_owned(),
            server_cpus: vec![0],
            worker_cpus: vec![1],
        };
        let records = StudyRecords::new(vec![manifest], vec![environment(self.environment)], rows).unwrap();
        Summary::of(&records.placed(vec![placed]))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures of these tests are above 0 and small"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// Puts the truth into a row, off by up to three thousandths, by the round.
fn fill(row: &mut Row, truth: Truth, kind: ArmKind) -> bool {
    let letters = row.arm.bytes().map(u32::from).sum::<u32>();
    let off = 1.0 + (f64::from((row.round * 5 + letters + row.round * letters % 3) % 7) - 3.0) / 1_000.0;
    let whole = |value: f64| whole(value * off);
    row.outcome = truth.outcome;
    row.makespan_ns = Some(row.ideal_ns + whole(truth.excess));
    row.cpu_ns = Some(whole(truth.cpu));
    row.memory_bytes = Some(whole(truth.memory));
    if let Some(ledger) = &mut row.ledger {
        ledger.peak_in_flight = truth.peak;
    }
    if truth.outcome != Outcome::Ok {
        row.reason = Some("it took too long".into());
        row.makespan_ns = None;
    }
    kind != ArmKind::Delay && kind != ArmKind::Work
}

/// Two waves at each of these C.
fn ladder(concurrency: &[u64]) -> Vec<NamedWorkload> {
    concurrency.iter().map(|c| named(&format!("c{c}"), &Workload::new(2 * c, *c, D))).collect()
}

fn studies(summaries: &[Summary]) -> Vec<Study<'_>> {
    summaries.iter().map(|summary| Study { pin: String::new(), summary }).collect()
}

fn ask(workload: Workload, summaries: &[Summary]) -> Advice {
    advise(&Question { workload, machine: None }, &studies(summaries)).unwrap()
}

#[track_caller]
fn answer(workload: Workload, summaries: &[Summary]) -> Answer {
    let mut advice = ask(workload, summaries);
    assert_eq!(advice.machines.len(), 1);
    match advice.machines.remove(0).reply {
        Reply::Answer(answer) => answer,
        Reply::Refusal(refusal) => panic!("{refusal:?}"),
    }
}

#[track_caller]
fn of<'a>(answer: &'a Answer, model: &str) -> &'a ModelAdvice {
    answer.models.iter().find(|it| it.model == model).unwrap()
}

fn standing(answer: &Answer, model: &str) -> Standing {
    of(answer, model).standing
}

#[track_caller]
fn near(estimate: f64, truth: f64, share: f64) {
    assert!((estimate / truth - 1.0).abs() < share, "{estimate} is not {truth}");
}
