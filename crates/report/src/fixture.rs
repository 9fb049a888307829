//! Studies made by hand for tests: exact figures, no clock.

use std::collections::BTreeMap;

use inflight_record::crawl::{Catalogue, Phases};
use inflight_record::{
    Arm, ArmKind, Controls, Crawl, CrawlRow, Environment, FlagSet, Label, LedgerRow, Limits, Machine, Manifest,
    NamedWorkload, Outcome, RoundsRule, Row, SCHEMA_VERSION, ServerHost, Site, Software, Workload,
};

use crate::study::StudyRecords;

pub(crate) const DELAY_NS: u64 = 2_000_000;
pub(crate) const WORK_NS: u64 = 20_000;

pub(crate) fn named(id: &str, workload: &Workload) -> NamedWorkload {
    NamedWorkload { id: id.to_owned(), slug: workload.slug(), workload: workload.clone() }
}

/// 100 requests, all in flight, held for 50 ms.
pub(crate) fn plain() -> NamedWorkload {
    named("c100", &Workload::new(100, 100, 50_000_000))
}

/// A crawl with 100 in flight, each page held for 50 ms.
pub(crate) fn crawl_of(catalogue: Catalogue, lists: u64, store: &str) -> Workload {
    let site = Site { catalogue, lists, seed: 1, faults_per_mille: 0 };
    let crawl = Crawl { site, phases: Phases::Barrier, store: store.to_owned(), retries: 0, resume: false };
    Workload::of_crawl(crawl, 100, 50_000_000)
}

/// What a crawl comes to of which nothing is given up.
fn crawled(workload: &Workload, cost: u64) -> Option<Box<CrawlRow>> {
    let site = workload.crawl.as_ref()?.site;
    Some(Box::new(CrawlRow {
        lists: site.lists,
        named: site.details(),
        stored: site.details(),
        queue_peak: 7,
        waited_ns: cost * 10,
        tail_ns: cost * 100,
        ..CrawlRow::default()
    }))
}

/// The manifest of a study `s` of these models, the first being the baseline, and all control arms.
pub(crate) fn manifest(models: &[&str], workloads: &[NamedWorkload]) -> Manifest {
    let arm = |arm: String, model: &str, kind| Arm {
        arm,
        model: model.to_owned(),
        label: if model == "floor" { Label::Floor } else { Label::Idiomatic },
        kind,
        versions: None,
    };
    let controls = ArmKind::CONTROLS.map(|kind| arm(format!("{}{}", models[0], kind.ending()), models[0], kind));
    Manifest {
        schema_version: SCHEMA_VERSION,
        study_id: "s-1".to_owned(),
        name: "s".to_owned(),
        question: "Which?".to_owned(),
        study_sha256: "aa".to_owned(),
        binary_sha256: "bb".to_owned(),
        environment_id: "e".to_owned(),
        seed: 1,
        rounds: RoundsRule::Fixed(12),
        shard: None,
        baseline: models[0].to_owned(),
        controls: Controls { delay_ns: DELAY_NS, work_ns: WORK_NS },
        workloads: workloads.to_vec(),
        claims: Vec::new(),
        placement: None,
        arms: models.iter().map(|it| arm((*it).to_owned(), it, ArmKind::Model)).chain(controls).collect(),
    }
}

pub(crate) fn environment(id: &str) -> Environment {
    Environment {
        schema_version: SCHEMA_VERSION,
        environment_id: id.to_owned(),
        machine: Machine {
            node: None,
            cpu_model: "A CPU".to_owned(),
            cpus: vec![0, 1],
            memory_bytes: 1 << 32,
            kernel: "6.1".to_owned(),
            os: "Debian".to_owned(),
            arch: "x86_64".to_owned(),
            clock_source: "tsc".to_owned(),
            governor: None,
            restricted: None,
        },
        software: Software {
            inflight: "0.1.0".to_owned(),
            commit: "abc".to_owned(),
            lockfile_sha256: "cc".to_owned(),
            rustc: "1.95".to_owned(),
            profile: "release".to_owned(),
            crates: BTreeMap::new(),
        },
        limits: Limits {
            nofile: 1 << 20,
            somaxconn: 4096,
            ephemeral_ports: (1024, 65535),
            tcp_tw_reuse: 2,
            tcp_congestion_control: "cubic".to_owned(),
            threads_max: 1 << 16,
            max_map_count: 1 << 16,
            pids_max: None,
        },
        server: None,
    }
}

/// The environment of a study whose server ran in another.
pub(crate) fn served_from(kernel: &str) -> Environment {
    let Environment { mut machine, software, limits, .. } = environment("there");
    machine.kernel = kernel.to_owned();
    Environment { server: Some(Box::new(ServerHost { machine, software, limits })), ..environment("e") }
}

/// 0 to 6 parts of a thousand that look random: the same for the same round and arm.
fn noise(arm: &str, round: u32) -> u64 {
    let letters = arm.bytes().fold(7_u64, |sum, byte| sum * 31 % 1_009 + u64::from(byte));
    (letters * 17 + u64::from(round) * 5 + u64::from(round) * letters % 13) % 7
}

/// An `ok` batch: the model at place `k` costs `k + 1` times what the first costs, with noise of some thousandths.
pub(crate) fn row(manifest: &Manifest, named: &NamedWorkload, arm: &Arm, round: u32) -> Row {
    let place = manifest.arms.iter().position(|it| it.arm == arm.model).unwrap_or(0) as u64;
    let cost = (place + 1) * (1_000 + noise(&arm.arm, round));
    let workload = &named.workload;
    let ideal_ns = workload.ideal_ns();
    let delayed = if arm.kind == ArmKind::Delay { DELAY_NS } else { 0 };
    let worked = if arm.kind == ArmKind::Work { WORK_NS * workload.requests } else { 0 };
    let makespan_ns = ideal_ns + cost * 1_000 + delayed;
    Row {
        study_id: manifest.study_id.as_str().into(),
        environment_id: manifest.environment_id.as_str().into(),
        slug: named.slug.as_str().into(),
        arm: arm.arm.as_str().into(),
        round,
        date: if round < 6 { "2026-01-02".into() } else { "2026-01-03".into() },
        outcome: Outcome::Ok,
        flags: FlagSet::default(),
        reason: None,
        requests: workload.requests,
        ideal_ns,
        makespan_ns: Some(makespan_ns),
        cpu_ns: Some(cost * 1_000 + worked),
        // Medians of models under the plain workload lie 0.76 MiB apart.
        memory_bytes: Some(cost * workload.concurrency * 8),
        threads_peak: Some(place + 1),
        from_start_ns: Some((makespan_ns - 2_000, makespan_ns - 1_000)),
        from_send_ns: Some((workload.delay_ns, workload.delay_ns + 1_000)),
        ledger: Some(LedgerRow {
            completed: workload.requests,
            peak_in_flight: workload.concurrency,
            connections: workload.concurrency,
            span_ns: makespan_ns - 1_000,
            held_sum_ns: workload.delay_sum_ns(),
            // A part of the holds: no figure may count it a second time.
            queued_sum_ns: workload.delay_sum_ns() / 3,
        }),
        round_trip_ns: None,
        crawl: crawled(workload, cost),
    }
}

/// All rows of a manifest, as `edit` leaves them; those that it refuses are left out.
pub(crate) fn rows(manifest: &Manifest, rounds: u32, edit: impl Fn(&mut Row) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for round in 0..rounds {
        for named in &manifest.workloads {
            rows.extend(manifest.arms.iter().map(|arm| row(manifest, named, arm, round)).filter_map(|mut row| {
                let kept = edit(&mut row);
                kept.then_some(row)
            }));
        }
    }
    rows
}

/// A study of the plain workload.
pub(crate) fn study(models: &[&str], rounds_run: u32, edit: impl Fn(&mut Row) -> bool) -> StudyRecords {
    of(manifest(models, &[plain()]), rounds_run, edit)
}

/// A study of this manifest.
pub(crate) fn of(manifest: Manifest, rounds_run: u32, edit: impl Fn(&mut Row) -> bool) -> StudyRecords {
    let rows = rows(&manifest, rounds_run, edit);
    StudyRecords::new(vec![manifest], vec![environment("e")], rows).unwrap()
}
