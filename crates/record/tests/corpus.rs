//! The fuzzer's committed corpus, replayed: what it once found stays found without a fuzzer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::Path;

use inflight_record::jsonl::{self, Blocks};
use inflight_record::{Record, row};

#[path = "../../../fuzz/checks/records.rs"]
mod records;
#[path = "../../../fuzz/checks/study.rs"]
mod study;

const STUDIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/study");
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/records");

#[test]
fn whatever_the_bytes_both_loaders_agree() {
    let mut files = 0;
    for entry in std::fs::read_dir(CORPUS).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        records::check(&std::fs::read(path).unwrap());
        files += 1;
    }
    assert!(files >= 12);
}

/// What the loaders of rows and of records say of a file of the corpus: how many, or what is wrong.
fn said(name: &str) -> [Result<usize, String>; 2] {
    let bytes = std::fs::read(Path::new(CORPUS).join(name)).unwrap();
    let path = Path::new(name);
    let rows = row::read(&bytes[..], path, Blocks::default()).map(|rows| rows.len());
    let records = jsonl::read::<Record>(&bytes[..], path, Blocks::default()).map(|records| records.len());
    [rows, records].map(|said| said.map_err(|error| error.to_string()))
}

#[test]
fn the_corpus_holds_what_its_names_say() {
    for (name, count) in [
        ("empty", 0),
        ("one-record", 1),
        ("three-records", 3),
        ("failed-record", 1),
        ("every-flag", 1),
        ("escapes-and-unicode", 1),
        ("unknown-fields-and-spaces", 1),
        ("greatest-numbers", 1),
    ] {
        assert_eq!(said(name), [Ok(count), Ok(count)], "{name}");
    }
    for (name, error) in [
        ("cut-off", ":2: the last line is cut off"),
        ("trailing-zeros", ":2: the last line is cut off"),
        ("mixed-version", ":2: schema version 2"),
        ("blank-line", ":2: EOF while parsing a value"),
        ("no-utf8", ":1: no UTF-8"),
        ("field-removed", ":1: missing field `ideal_ns`"),
        ("number-as-text", ":1: invalid type: string \"100\", expected u64"),
        ("field-twice", ":1: duplicate field `arm`"),
    ] {
        let said = said(name).map(Result::unwrap_err);
        assert!(said[0].starts_with(&format!("{name}{error}")) && said[0] == said[1], "{said:?}");
    }
    let [row, record] = said("wrong-beyond-the-row");
    assert!(row == Ok(1) && record.unwrap_err().contains("missing field `position`"));
}

#[test]
fn whatever_the_text_a_study_is_read_or_refused_at_its_place() {
    let mut read = 0;
    for entry in std::fs::read_dir(STUDIES).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        let text = std::fs::read_to_string(path).unwrap();
        study::check(&text);
        read += usize::from(inflight_record::study::Study::parse("fuzz", &text).is_ok());
    }
    assert!(read >= 9, "the committed studies and every-key are right");
}
