//! `records.csv` read back: every column against the record that it is from, whatever the text in it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use inflight_record::crawl::{Catalogue, Phases};
use inflight_record::jsonl;
use inflight_record::{
    ContextSwitches, Cpu, CrawlFigures, Flag, HoldLateness, Label, Latency, LedgerFigures, LogNormal, Manifest, Memory,
    Network, Outcome, Outside, Percentiles, Record, SiteLedger, WorkloadFigures,
};

use super::{COLUMNS, CsvError, document, write_csv};
use crate::fixture::{crawl_of, environment, manifest, named};
use crate::table::tests::record;

fn lines<T: serde::Serialize>(dir: &Path, file: &str, values: &[T]) {
    let text: String = values.iter().map(|value| serde_json::to_string(value).unwrap() + "\n").collect();
    fs::write(dir.join(file), text).unwrap();
}

/// A study of these records: their arms are its arms.
fn study(records: &[Record]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut arms: Vec<&str> = records.iter().map(|record| record.arm.as_str()).collect();
    arms.sort_unstable();
    arms.dedup();
    let mut workloads = vec![];
    for record in records {
        if !workloads.iter().any(|it: &inflight_record::NamedWorkload| it.slug == record.workload.slug) {
            workloads.push(named(&format!("w{}", workloads.len()), &record.workload.workload()));
        }
    }
    let mut manifest: Manifest = manifest(&arms, &workloads);
    manifest.study_id = "s".to_owned();
    lines(dir.path(), "study.jsonl", &[manifest]);
    lines(dir.path(), "environments.jsonl", &[environment("e")]);
    lines(dir.path(), "records.jsonl", records);
    dir
}

fn written(dir: &Path) -> String {
    let mut bytes = Vec::new();
    write_csv(dir, &crate::directory::load(dir).unwrap(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// As a reader of tables sees it: each line by the names of its columns.
fn table(dir: &Path) -> Vec<HashMap<String, String>> {
    let text = written(dir);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|line| line.unwrap()).collect()
}

/// A record with a different number in every figure.
fn full() -> Record {
    let percentiles = |first| Percentiles { p50: first, p90: first + 1, p99: first + 2, max: first + 3 };
    let mut record = record("base", Label::Tuned, 3, 60_000_000);
    record.record_id = "s-n500-r3-base".to_owned();
    record.position = 2;
    record.excess_ns = Some(-7);
    record.efficiency = Some(0.833_333_333_333_333_4);
    record.cpu = Some(Cpu { user_ns: 1_000_001, system_ns: 4_000_000 });
    record.memory = Some(Memory { baseline_bytes: 100, peak_bytes: 350 });
    record.context_switches = Some(ContextSwitches { voluntary: 11, involuntary: 12 });
    record.latency =
        Some(Latency { from_start_ns: percentiles(20), from_send_ns: percentiles(30), overhead_ns: percentiles(40) });
    record.ledger = Some(LedgerFigures {
        requests: 500,
        completed: 499,
        bytes: 512_000,
        peak_in_flight: 498,
        connections: 497,
        streams: 0,
        connections_opened: 496,
        aborted: 1,
        missing: 2,
        doubled: 3,
        span_ns: 51,
        arriving_ns: 52,
        held_sum_ns: 53,
        hold_late_ns: HoldLateness { p50: 61, p99: 62, max: 63 },
        peak_served: 495,
        queued_sum_ns: 54,
        quiet_longest_ns: 55,
        quiet_sum_ns: 56,
        cpu_ns: 57,
        crawl: None,
    });
    record.network = Some(Network { listen_overflows: 71, listen_drops: 72, syn_retransmits: 73 });
    record.steal_ns = Some(81);
    record.foreign_ns = Some(82);
    record.foreign_before = Some(0.25);
    record.throttled_ns = Some(83);
    record.outside = Some(Outside {
        wall_ns: 91,
        cpu_ns: 92,
        peak_bytes: 93,
        page_tables_bytes: 94,
        socket_bytes: 95,
        polls: 96,
        ..Outside::default()
    });
    record.flags = vec![Flag::Steal, Flag::Underfilled];
    record.model.client_version = Some("ureq 3.5.1".to_owned());
    record.cpus = vec![1, 3];
    record
}

#[test]
fn every_column_holds_what_the_record_says() {
    let dir = study(&[full()]);
    let rows = table(dir.path());
    assert_eq!(rows.len(), 1);
    let wanted = "study=s study_id=s record_id=s-n500-r3-base round=3 position=2 seed=7 started_at=2026-01-02T03:04:05Z \
        environment_id=e arm=base model=base kind=model label=tuned declared_peak=500 workload=w0 \
        slug=n500-c500-d50ms-b1024-cold requests=500 concurrency=500 delay_ns=50000000 delay=50ms body_bytes=1024 \
        connections=cold hosts=1 capacity= placement=split server_cpus=0 outcome=ok reason= counts_for_times=false \
        counts_for_costs=false makespan_ns=60000000 ideal_ns=50000000 declared_ideal_ns=50000000 excess_ns=-7 \
        efficiency=0.8333333333333334 cpu_user_ns=1000001 cpu_system_ns=4000000 cpu_per_request_ns=10000.0 \
        memory_baseline_bytes=100 memory_peak_bytes=350 memory_model_bytes=250 threads_peak=1 \
        context_switches_voluntary=11 context_switches_involuntary=12 from_start_p50_ns=20 from_start_p90_ns=21 \
        from_start_p99_ns=22 from_start_max_ns=23 from_send_p50_ns=30 from_send_p90_ns=31 from_send_p99_ns=32 \
        from_send_max_ns=33 overhead_p50_ns=40 overhead_p90_ns=41 overhead_p99_ns=42 overhead_max_ns=43 \
        ledger_requests=500 ledger_completed=499 ledger_bytes=512000 peak_in_flight=498 peak_served=495 \
        connections_used=497 connections_opened=496 aborted=1 missing=2 doubled=3 span_ns=51 arriving_ns=52 held_sum_ns=53 \
        queued_sum_ns=54 quiet_longest_ns=55 quiet_sum_ns=56 server_cpu_ns=57 hold_late_p50_ns=61 hold_late_p99_ns=62 \
        hold_late_max_ns=63 listen_overflows=71 listen_drops=72 syn_retransmits=73 steal_ns=81 foreign_ns=82 \
        foreign_before=0.25 throttled_ns=83 outside_wall_ns=91 outside_cpu_ns=92 outside_peak_bytes=93 \
        page_tables_bytes=94 socket_bytes=95 polls=96 crawl= lists= phases= store= faults_per_mille= retries= lists_read= \
        lists_failed= details_named= details_stored= details_failed= retried= rows_before= rows= queue_peak= \
        store_wait_ns= store_busy_ns= tail_ns= lists_served= details_served= faults_served=";
    let mut wanted: HashMap<&str, &str> = wanted.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
    wanted.extend([("flags", "steal underfilled"), ("client_version", "ureq 3.5.1"), ("worker_cpus", "1 3")]);
    for column in COLUMNS {
        let cell = &rows[0][column.name];
        assert_eq!(Some(&cell.as_str()), wanted.get(column.name), "{}", column.name);
    }
    assert_eq!((rows[0].len(), wanted.len()), (COLUMNS.len(), COLUMNS.len()));
}

#[test]
fn a_crawl_fills_its_columns() {
    let mut workload = crawl_of(Catalogue::Films, 10, "redis://127.0.0.1:6379");
    let crawl = workload.crawl.as_mut().unwrap();
    (crawl.site.faults_per_mille, crawl.retries, crawl.phases) = (25, 2, Phases::Pipelined);
    let mut record = record("base", Label::Tuned, 0, 60_000_000);
    record.workload = WorkloadFigures::new(&workload, "split");
    record.crawl = Some(CrawlFigures {
        lists: 9,
        lists_failed: 1,
        named: 225,
        stored: 224,
        failed: 2,
        retried: 3,
        rows_before: 4,
        rows_before_mark: 5,
        rows: 228,
        rows_mark: 6,
        queue_peak: 7,
        waited_ns: 8,
        store_busy_ns: 11,
        tail_ns: 12,
        failures: vec![],
    });
    let site = SiteLedger { lists: 9, details: 224, faults_status: 1, faults_garbled: 2, ..SiteLedger::default() };
    record.ledger = Some(LedgerFigures { crawl: Some(site), ..LedgerFigures::default() });
    let dir = study(&[record]);
    let row = &table(dir.path())[0];
    let wanted = "crawl=films lists=10 phases=pipelined store=redis faults_per_mille=25 retries=2 lists_read=9 lists_failed=1 \
        details_named=225 details_stored=224 details_failed=2 retried=3 rows_before=4 rows=228 queue_peak=7 \
        store_wait_ns=8 store_busy_ns=11 tail_ns=12 lists_served=9 details_served=224 faults_served=3 requests=260";
    for (name, value) in wanted.split_whitespace().filter_map(|pair| pair.split_once('=')) {
        assert_eq!(row[name], value, "{name}");
    }
}

#[test]
fn lines_are_in_the_order_of_the_records_and_say_what_counts() {
    let mut records: Vec<Record> = (0..50).map(|round| record("base", Label::Tuned, 49 - round, 60_000_000)).collect();
    records[3].flags = vec![Flag::HoldLate];
    records[4].outcome = Outcome::Timeout;
    records[5].workload.lognormal = Some(LogNormal { sigma_milli: 600, seed: 1 });
    records[5].workload.hosts = 16;
    records[5].workload.capacity = Some(200);
    records[5].workload.slug = records[5].workload.workload().slug();
    let dir = study(&records);
    let rows = table(dir.path());
    let rounds: Vec<u32> = rows.iter().map(|row| row["round"].parse().unwrap()).collect();
    assert_eq!(rounds, (0..50).rev().collect::<Vec<_>>());
    let counts = |row: usize| (rows[row]["counts_for_times"].as_str(), rows[row]["counts_for_costs"].as_str());
    assert_eq!((counts(2), counts(3), counts(4)), (("true", "true"), ("false", "true"), ("false", "false")));
    let of = |name: &str| rows[5][name].as_str();
    assert_eq!((of("delay"), of("hosts"), of("capacity"), of("workload")), ("lognormal:50ms:0.6", "16", "200", "w1"));

    // The same bytes again, and from packed records.
    let text = written(dir.path());
    assert_eq!(text, written(dir.path()));
    jsonl::pack(dir.path()).unwrap();
    assert_eq!(text, written(dir.path()));
    assert!(text.ends_with('\n') && !text.contains('\r'));
}

#[test]
fn unusual_text_comes_back_and_is_no_formula() {
    let texts = [
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\tx",
        "\r\nx",
        "'quoted",
        "a, b; \"c\"\nd",
        "ünïcödé · 模型 😀",
        "＝1",
        " =1",
        "",
    ];
    let records: Vec<Record> = texts
        .iter()
        .zip(0..)
        .map(|(text, round)| {
            let mut it = record(&format!("{text}/arm"), Label::Idiomatic, round, 1);
            (it.outcome, it.reason, it.makespan_ns, it.excess_ns) =
                (Outcome::Failed, Some((*text).to_owned()), None, None);
            it
        })
        .collect();
    let dir = study(&records);
    let rows = table(dir.path());
    assert_eq!(rows.len(), texts.len());
    for (row, text) in rows.iter().zip(texts) {
        let reason = &row["reason"];
        assert_eq!(reason.strip_prefix('\'').unwrap_or(reason), text);
        assert_eq!(row["arm"].strip_prefix('\'').unwrap_or(&row["arm"]), format!("{text}/arm"));
        let risky = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']);
        assert!(!row.values().any(|cell| risky(cell)), "{row:?}");
    }
}

#[test]
fn only_failed_batches_have_empty_figures() {
    let mut failed = record("base", Label::Idiomatic, 0, 1);
    failed.outcome = Outcome::Failed;
    failed.reason = Some("the worker exited with code 3".to_owned());
    (failed.makespan_ns, failed.excess_ns, failed.cpu, failed.threads_peak) = (None, None, None, None);
    let dir = study(&[failed]);
    let rows = table(dir.path());
    for name in
        ["makespan_ns", "excess_ns", "cpu_user_ns", "cpu_per_request_ns", "memory_peak_bytes", "from_send_p99_ns"]
    {
        assert_eq!(rows[0][name], "", "{name}");
    }
    assert_eq!((rows[0]["outcome"].as_str(), rows[0]["ideal_ns"].as_str()), ("failed", "50000000"));

    // None at all: the names of the columns.
    let dir = study(&[record("base", Label::Idiomatic, 0, 1)]);
    fs::write(dir.path().join("records.jsonl"), "").unwrap();
    assert_eq!(written(dir.path()).lines().count(), 1);
}

#[test]
fn damaged_or_exchanged_records_are_named_by_line() {
    let dir = study(&[record("base", Label::Idiomatic, 0, 1), record("base", Label::Idiomatic, 1, 1)]);
    let study = crate::directory::load(dir.path()).unwrap();
    let path = dir.path().join("records.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let second = whole.lines().nth(1).unwrap();
    for (from, to, says) in [
        ("\"arm\":\"base\"", "\"arm\":\"other\"", "records.jsonl:2: arm \"other\""),
        ("\"schema_version\":1", "\"schema_version\":7", "records.jsonl:2: schema version 7"),
        ("\"round\":1", "\"round\":-1", "records.jsonl:2: invalid value"),
    ] {
        fs::write(&path, whole.replace(second, &second.replacen(from, to, 1))).unwrap();
        let error = write_csv(dir.path(), &study, Vec::new()).unwrap_err();
        assert!(matches!(error, CsvError::Lines(_)) && error.to_string().contains(says), "{error}");
    }
}

#[test]
fn whoever_cannot_be_written_to_ends_it() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let records: Vec<Record> = (0..2_000).map(|round| record("base", Label::Idiomatic, round, 1)).collect();
    let dir = study(&records);
    let error = write_csv(dir.path(), &crate::directory::load(dir.path()).unwrap(), Full).unwrap_err();
    assert!(matches!(error, CsvError::Write(_)), "{error}");
}

#[test]
fn columns_are_named_once_and_documented() {
    let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COLUMNS.len());
    let document = document();
    for column in COLUMNS {
        let words =
            column.name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
        assert!(words && !column.meaning.is_empty() && !column.meaning.contains('|'), "{}", column.name);
        assert!(document.contains(&format!("\n| `{}` | {} |", column.name, column.unit)), "{}", column.name);
    }
}
