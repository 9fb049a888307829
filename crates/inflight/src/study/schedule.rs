//! What is left of a study: which batches are on record, and which are not to be started.

use std::collections::{BTreeMap, BTreeSet};

use inflight_record::{Arm, Manifest, NamedWorkload, Outcome, Row, Workload};

/// The state of a study, from its records alone.
#[derive(Debug)]
pub struct Schedule<'m> {
    manifest: &'m Manifest,
    /// By place of the workload: rounds and arms on record.
    done: Vec<BTreeSet<(u32, String)>>,
    /// Arms that timed out: at which concurrency, of which otherwise equal workloads.
    timeouts: Vec<(String, Workload)>,
}

impl<'m> Schedule<'m> {
    /// The state after these records.
    #[must_use]
    pub fn new(manifest: &'m Manifest, rows: &[Row]) -> Self {
        let mut schedule =
            Self { manifest, done: vec![BTreeSet::new(); manifest.workloads.len()], timeouts: Vec::new() };
        rows.iter().for_each(|row| schedule.note(row));
        schedule
    }

    /// A batch is on record.
    pub fn note(&mut self, row: &Row) {
        let Some(place) = self.manifest.workloads.iter().position(|workload| *workload.slug == *row.slug) else {
            return;
        };
        self.done[place].insert((row.round, row.arm.to_string()));
        if row.outcome == Outcome::Timeout {
            self.timeouts.push((row.arm.to_string(), self.manifest.workloads[place].workload.clone()));
        }
    }

    /// Whether the round is this part's.
    #[must_use]
    pub fn has_round(&self, round: u32) -> bool {
        self.manifest.has(round)
    }

    /// Arms of this round of the workload at `place` that are not on record.
    pub fn left(&self, place: usize, round: u32) -> impl Iterator<Item = &'m Arm> {
        let done = &self.done[place];
        self.manifest.arms.iter().filter(move |arm| !done.contains(&(round, arm.arm.clone())))
    }

    /// Rounds and arms of the workload at `place` that are on record.
    #[must_use]
    pub fn done(&self, place: usize) -> &BTreeSet<(u32, String)> {
        &self.done[place]
    }

    /// How many rounds of this arm on the workload at `place` are on record.
    #[must_use]
    pub fn rounds_done(&self, place: usize, arm: &str) -> u64 {
        self.done[place].iter().filter(|(_, done)| done == arm).count() as u64
    }

    /// Batches on record.
    #[must_use]
    pub fn batches_done(&self) -> u64 {
        self.done.iter().map(|done| done.len() as u64).sum()
    }

    /// Arms that are not started on this workload: at a lower concurrency of a workload that is equal otherwise and asks
    /// for no more, they overran their time limit. Each with the reason for the record.
    #[must_use]
    pub fn skipped(&self, workload: &NamedWorkload) -> BTreeMap<String, String> {
        let lower = |(_, other): &&(String, Workload)| {
            other.concurrency < workload.workload.concurrency && no_harder(other, &workload.workload)
        };
        let reasons = self.timeouts.iter().filter(lower).map(|(arm, other)| {
            (arm.clone(), format!("it overran its time limit at C = {} of the same study", other.concurrency))
        });
        reasons.collect()
    }
}

/// Whether `a` differs from `b` in nothing but C and N, and has no more requests and no longer ideal. With N fixed, the
/// ideal falls as C grows: who is too slow at one C may be fast enough at the next.
fn no_harder(a: &Workload, b: &Workload) -> bool {
    let bare = |workload: &Workload| Workload { requests: 0, concurrency: 0, ..workload.clone() };
    a.requests <= b.requests && bare(a) == bare(b) && a.ideal_ns() <= b.ideal_ns()
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::{ArmKind, Controls, Label, RoundsRule, SCHEMA_VERSION, Shard};

    fn manifest() -> Manifest {
        let arm = |name: &str| Arm {
            arm: name.to_owned(),
            model: name.to_owned(),
            label: Label::Idiomatic,
            kind: ArmKind::Model,
            versions: None,
        };
        let workloads = [(10, 50), (100, 50), (1_000, 50), (1_000, 99)].map(|(concurrency, delay_ns)| {
            let workload = Workload::new(2 * concurrency, concurrency, delay_ns);
            NamedWorkload { id: workload.slug(), slug: workload.slug(), workload }
        });
        Manifest {
            schema_version: SCHEMA_VERSION,
            study_id: "s".into(),
            name: "s".into(),
            question: "?".into(),
            study_sha256: String::new(),
            binary_sha256: String::new(),
            environment_id: "e".into(),
            seed: 1,
            rounds: RoundsRule::Fixed(4),
            shard: None,
            baseline: "a".into(),
            controls: Controls { delay_ns: 1, work_ns: 1 },
            workloads: workloads.to_vec(),
            claims: Vec::new(),
            placement: None,
            arms: vec![arm("a"), arm("b")],
        }
    }

    fn row(manifest: &Manifest, place: usize, round: u32, arm: &str, outcome: Outcome) -> Row {
        Row {
            study_id: "s".into(),
            environment_id: "e".into(),
            slug: manifest.workloads[place].slug.as_str().into(),
            arm: arm.into(),
            round,
            date: "2026-01-02".into(),
            outcome,
            flags: [].into_iter().collect(),
            reason: None,
            requests: 1,
            ideal_ns: 1,
            makespan_ns: None,
            cpu_ns: None,
            memory_bytes: None,
            threads_peak: None,
            from_start_ns: None,
            from_send_ns: None,
            ledger: None,
            round_trip_ns: None,
            crawl: None,
        }
    }

    #[test]
    fn what_is_on_record_is_not_left() {
        let manifest = manifest();
        let rows = [row(&manifest, 0, 1, "a", Outcome::Ok), row(&manifest, 0, 0, "b", Outcome::Failed)];
        let schedule = Schedule::new(&manifest, &rows);
        let left = |place, round| schedule.left(place, round).map(|arm| arm.arm.as_str()).collect::<Vec<_>>();
        assert_eq!((left(0, 0), left(0, 1), left(1, 0)), (vec!["a"], vec!["b"], vec!["a", "b"]));
        assert_eq!(schedule.batches_done(), 2);
    }

    #[test]
    fn who_timed_out_is_skipped_above_and_nowhere_else() {
        let manifest = manifest();
        let schedule = Schedule::new(&manifest, &[row(&manifest, 1, 0, "b", Outcome::Timeout)]);
        let skipped = |place: usize| schedule.skipped(&manifest.workloads[place]).into_keys().collect::<Vec<_>>();
        assert_eq!(skipped(0), [] as [&str; 0]);
        assert_eq!(skipped(1), [] as [&str; 0], "again at the same C");
        assert_eq!(skipped(2), ["b"]);
        assert_eq!(skipped(3), [] as [&str; 0], "another delay is another matter");
        assert!(schedule.skipped(&manifest.workloads[2])["b"].contains("C = 100"));
        let fixed = |concurrency| Workload::new(2_000, concurrency, 50);
        assert!(!no_harder(&fixed(100), &fixed(1_000)), "with N fixed, a higher C is easier");
        assert!(
            !no_harder(&Workload::new(9_000, 100, 50), &Workload::new(2_000, 1_000, 50)),
            "more requests are harder"
        );
    }

    #[test]
    fn a_part_has_whole_rounds() {
        let manifest = Manifest { shard: Some(Shard { index: 2, of: 3 }), ..manifest() };
        let schedule = Schedule::new(&manifest, &[]);
        assert_eq!((0..7).filter(|round| schedule.has_round(*round)).collect::<Vec<_>>(), [1, 4]);
    }
}
