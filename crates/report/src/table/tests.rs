//! The table from records made by hand: exact text, no clock.

use inflight_record::{Card, Cpu, DeclaredPeak, Flag, Label, ModelFigures, Outcome, Record, SCHEMA_VERSION};
use inflight_record::{LogNormal, Workload, WorkloadFigures};

use super::{Style, header, table, tables};

pub(crate) fn record(arm: &str, label: Label, round: u32, makespan_ns: u64) -> Record {
    let workload = Workload::new(500, 500, 50_000_000);
    let card = Card {
        id: arm.to_owned(),
        idea: String::new(),
        label,
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
    Record {
        schema_version: SCHEMA_VERSION,
        record_id: format!("{arm}-{round}"),
        study_id: "s".to_owned(),
        round,
        position: 0,
        seed: 7,
        arm: arm.to_owned(),
        started_at: "2026-01-02T03:04:05Z".to_owned(),
        model: ModelFigures { card, declared_peak_here: 500, client_version: None },
        workload: WorkloadFigures::new(&workload, "split"),
        outcome: Outcome::Ok,
        reason: None,
        flags: vec![],
        makespan_ns: Some(makespan_ns),
        ideal_ns: 50_000_000,
        declared_ideal_ns: 50_000_000,
        excess_ns: i64::try_from(makespan_ns).ok().map(|makespan| makespan - 50_000_000),
        efficiency: None,
        cpu: Some(Cpu { user_ns: 1_000_000, system_ns: 4_000_000 }),
        memory: None,
        threads_peak: Some(1),
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
        foreign_before: None,
        throttled_ns: None,
        outside: None,
        cpus: vec![1],
        server_cpus: vec![0],
        environment_id: "e".to_owned(),
    }
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

#[test]
fn a_row_holds_medians_and_the_range() {
    let records: Vec<Record> =
        [60, 80, 70].iter().zip(0..).map(|(ms, round)| record("m", Label::Tuned, round, ms * 1_000_000)).collect();
    let text = table(&records, Style::Markdown);
    assert_eq!(
        rows(&text)[2],
        ["m", "70.0 ms", "60.0 ms – 80.0 ms", "1.40 ×", "20.0 ms", "10.0 µs", "–", "1", "–", "–", "3 ok"]
    );
    let above = header(&records, None);
    assert!(above.contains("500 requests, 500 in flight, each held for 50ms"), "{above}");
    assert!(above.contains("ideal 50.0 ms") && above.contains("3 rounds") && above.contains("worker on CPU 1"));
}

#[test]
fn the_floor_stands_first_and_what_failed_last() {
    let mut failed = record("broken", Label::Tuned, 0, 1);
    failed.outcome = Outcome::Failed;
    failed.reason = Some("the worker exited with code 3".to_owned());
    let records = [
        failed,
        record("fast", Label::Tuned, 0, 51_000_000),
        record("faster", Label::Idiomatic, 0, 50_500_000),
        record("floor", Label::Floor, 0, 52_000_000),
    ];
    let text = table(&records, Style::Markdown);
    let names: Vec<String> = rows(&text).into_iter().skip(2).map(|mut row| row.remove(0)).collect();
    assert_eq!(names, ["floor", "faster", "fast", "broken"]);
    assert!(text.contains("broken · failed: the worker exited with code 3"), "{text}");
    assert_eq!(rows(&text).last().unwrap()[1], "–");
}

#[test]
fn flagged_batches_are_left_out_counted_and_named() {
    let mut late = record("m", Label::Tuned, 0, 900_000_000);
    late.flags = vec![Flag::SynRetransmit];
    let text = table(&[late, record("m", Label::Tuned, 1, 60_000_000)], Style::Markdown);
    let row = &rows(&text)[2];
    assert_eq!(row[1], "60.0 ms");
    assert_eq!(row[10], "2 ok, 1 without times: syn_retransmit 1");
    assert!(text.contains("fixed rules"));
}

#[test]
fn without_delay_there_is_no_ideal_and_the_table_says_so() {
    let mut record = record("m", Label::Tuned, 0, 60_000_000);
    record.ideal_ns = 0;
    record.workload.delay_ns = 0;
    assert!(header(std::slice::from_ref(&record), None).contains("no ideal at D = 0"));
    let text = table(&[record], Style::Markdown);
    assert_eq!(rows(&text)[2][3..5], ["–", "–"]);
    assert!(text.contains("At D = 0 there is no ideal"), "{text}");
}

#[test]
fn the_order_is_told_as_the_records_show_it() {
    let (mut first, mut second) = (record("a", Label::Tuned, 0, 1), record("b", Label::Tuned, 0, 1));
    assert!(header(&[first.clone(), second.clone()], None).contains("1 round in random order, seed 7"));
    first.study_id = "one".to_owned();
    second.study_id = "other".to_owned();
    assert!(header(&[first, second], None).contains("one model after the other"));
}

#[test]
fn what_is_not_plain_is_told_with_its_own_ideal() {
    let told = |change: fn(&mut Workload)| {
        let mut workload = Workload::new(500, 100, 50_000_000);
        change(&mut workload);
        let mut record = record("m", Label::Tuned, 0, 60_000_000);
        record.ideal_ns = workload.ideal_ns();
        record.workload = WorkloadFigures::new(&workload, "split");
        header(&[record], None)
    };
    let plain = told(|_| {});
    assert!(
        plain.contains("each held for 50ms, bodies of 1024 B, cold connections\nideal 250 ms (⌈N/C⌉ · D);"),
        "{plain}"
    );
    let hosts = told(|workload| workload.hosts = 16);
    assert!(hosts.contains("cold connections to 16 hosts\nideal 250 ms (⌈N/C⌉ · D);"), "{hosts}");
    let few = told(|workload| workload.capacity = Some(20));
    assert!(few.contains("a server that serves K = 20 at once\nideal 1.25 s (⌈N/K⌉ · D);"), "{few}");
    let many = told(|workload| workload.capacity = Some(200));
    assert!(many.contains("a server that serves K = 200 at once\nideal 250 ms (⌈N/C⌉ · D);"), "{many}");
    let varying = told(|workload| workload.lognormal = Some(LogNormal { sigma_milli: 600, seed: 3 }));
    assert!(varying.contains("a delay of its own (lognormal:50ms:0.6: median and sigma; seed 3)"), "{varying}");
    assert!(varying.contains("(max(longest delay, sum of delays / C));"), "{varying}");
}

#[test]
fn other_delays_are_another_table() {
    let seeded = |seed| {
        let mut record = record("m", Label::Tuned, 0, 60_000_000);
        let lognormal = Some(LogNormal { sigma_milli: 600, seed });
        record.workload = WorkloadFigures::new(&Workload { lognormal, ..Workload::new(5, 5, 50_000_000) }, "split");
        record
    };
    assert_eq!(tables(&[seeded(1), seeded(1)], &[], Style::Terminal).matches("bodies of").count(), 1);
    assert_eq!(tables(&[seeded(1), seeded(2)], &[], Style::Terminal).matches("bodies of").count(), 2);
}

#[test]
fn no_records_are_no_table_rows() {
    assert_eq!(header(&[], None), "no records\n");
    assert_eq!(rows(&table(&[], Style::Markdown)).len(), 2);
}
