//! Rows loaded from a file are those of its records, however it is cut into blocks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::Path;

use inflight_record::jsonl::{self, Blocks, JsonlError};
use inflight_record::{Flag, LedgerFigures, LogNormal, Outcome, Record, Row, row};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-21-2-cpu-vm/records.jsonl");

fn committed() -> Vec<Record> {
    let text = std::fs::read_to_string(COMMITTED).unwrap();
    // On purpose not by the loader under test.
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rows(records: &[Record]) -> Vec<Row> {
    records.iter().map(Row::from).collect()
}

fn text(records: &[Record]) -> String {
    records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
}

fn read(text: &str, bytes: usize, threads: usize) -> Result<Vec<Row>, JsonlError> {
    row::read(text.as_bytes(), Path::new("records.jsonl"), Blocks { bytes, threads })
}

/// Records as no run makes them: every figure, flag and text may be there or not.
fn generated(number: usize) -> Vec<Record> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let patterns = committed();
    let names = ["raw-epoll", "ünïcödé · 模型", "with \"quotes\" and \\ and \n and \u{1}", "", "😀"];
    let mut pick = move |below: usize| usize::try_from(random.next_u64() % below as u64).unwrap();
    (0..number)
        .map(|_| {
            let mut record = patterns[pick(patterns.len())].clone();
            record.arm = names[pick(names.len())].to_owned();
            record.study_id = format!("study-{}", pick(3));
            record.environment_id = names[pick(names.len())].to_owned();
            record.workload.slug = names[pick(names.len())].to_owned();
            record.round = u32::try_from(pick(1 << 32)).unwrap();
            let outcomes = [Outcome::Ok, Outcome::Failed, Outcome::Timeout, Outcome::Invalid, Outcome::Skipped];
            record.outcome = outcomes[pick(outcomes.len())];
            record.reason = (pick(2) == 0).then(|| names[pick(names.len())].to_owned());
            record.flags = Flag::ALL.into_iter().filter(|_| pick(4) == 0).collect();
            record.makespan_ns = (pick(3) > 0).then(|| u64::MAX - pick(1_000) as u64);
            record.threads_peak = (pick(3) > 0).then(|| pick(1_000) as u64);
            record.workload.lognormal = (pick(3) == 0).then_some(LogNormal { sigma_milli: 500, seed: 7 });
            record.ledger = record.ledger.map(|ledger| LedgerFigures { queued_sum_ns: pick(9) as u64, ..ledger });
            if pick(3) == 0 {
                (record.cpu, record.latency, record.histograms) = (None, None, None);
            }
            if pick(3) == 0 {
                (record.memory, record.ledger, record.outside) = (None, None, None);
            }
            record
        })
        .collect()
}

#[test]
fn rows_of_the_committed_records_are_those_of_their_records() {
    let wanted = rows(&committed());
    assert_eq!(wanted.len(), 132);
    assert_eq!(row::load(Path::new(COMMITTED)).unwrap(), wanted);
    assert_eq!(rows(&jsonl::load::<Record>(Path::new(COMMITTED)).unwrap()), wanted);
}

#[test]
fn rows_of_generated_records_are_those_of_their_records() {
    let records = generated(2_000);
    let (text, wanted) = (text(&records), rows(&records));
    for (bytes, threads) in [(1, 1), (100, 2), (3_000, 3), (100_000, 8), (1 << 20, 2), (usize::MAX >> 1, 2)] {
        assert!(read(&text, bytes, threads).unwrap() == wanted, "blocks of {bytes} B, {threads} threads");
    }
    assert!(jsonl::read::<Record>(text.as_bytes(), Path::new(""), Blocks::default()).unwrap() == records);
}

#[test]
fn the_first_wrong_line_in_the_files_order_decides() {
    let text = text(&committed());
    let lines: Vec<&str> = text.lines().collect();
    for wrong in [0, 1, 63, 130, 131] {
        let mut lines = lines.clone();
        lines[wrong] = "hello";
        // A later one that is quicker to find does not.
        lines[131] = "hello";
        let text = lines.join("\n") + "\n";
        for (bytes, threads) in [(1, 4), (5_000, 8), (1 << 20, 2)] {
            let error = read(&text, bytes, threads).unwrap_err().to_string();
            assert_eq!(error, format!("records.jsonl:{}: expected value (column 1)", wrong + 1));
        }
    }
}

#[test]
fn a_name_that_many_rows_share_is_held_once_a_thread() {
    let text = text(&committed());
    let rows = read(&text, 1 << 20, 1).unwrap();
    let same = rows.iter().filter(|row| std::sync::Arc::ptr_eq(&row.study_id, &rows[0].study_id)).count();
    assert_eq!(same, rows.iter().filter(|row| row.study_id == rows[0].study_id).count());
}

#[test]
fn an_empty_file_has_no_rows() {
    assert_eq!(read("", 1, 2).unwrap(), []);
}
