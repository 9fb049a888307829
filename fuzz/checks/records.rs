//! What has to hold for any bytes that are loaded as records: here for the fuzzer, and for the test of its corpus.

use std::path::Path;

use inflight_record::jsonl::{self, Blocks, JsonlError};
use inflight_record::{Record, Row, row};

/// Panics where the two loaders disagree, or where the answer rests on how the bytes are cut into blocks.
pub fn check(bytes: &[u8]) {
    let path = Path::new("records.jsonl");
    let rows = row::read(bytes, path, Blocks { bytes: 1 << 20, threads: 1 });
    let records = jsonl::read::<Record>(bytes, path, Blocks { bytes: 1 << 20, threads: 1 });

    let cut = row::read(bytes, path, Blocks { bytes: 64, threads: 2 });
    match (&cut, &rows) {
        (Ok(cut), Ok(rows)) => assert_eq!(cut, rows, "blocks change the rows"),
        (Err(cut), Err(rows)) => assert_eq!(cut.to_string(), rows.to_string(), "blocks change the error"),
        _ => panic!("blocks change whether there is an error: {cut:?} and {rows:?}"),
    }

    match (&records, &rows) {
        (Ok(records), Ok(rows)) => assert_eq!(&records.iter().map(Row::from).collect::<Vec<_>>(), rows),
        // A row skips what it does not hold, so a record may be wrong where its row is not; never the other way round.
        (Err(record), Ok(_)) => assert!(matches!(record, JsonlError::Line { .. }), "rows do not see {record}"),
        (Err(record), Err(row)) if line(record) == line(row) => assert_eq!(record.to_string(), row.to_string()),
        (Err(record), Err(row)) => assert!(line(record) < line(row), "{record}, but {row}"),
        (Ok(_), Err(row)) => panic!("only rows see {row}"),
    }
}

fn line(error: &JsonlError) -> usize {
    match error {
        JsonlError::Line { line, .. } | JsonlError::CutOff { line, .. } => *line,
        other => panic!("bytes cannot cause {other}"),
    }
}
