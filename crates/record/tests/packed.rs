//! Packed records: read like plain ones, and neither lost nor believed where they are damaged.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use inflight_record::files::{PACKED_RECORDS, RECORDS};
use inflight_record::jsonl::{self, Appender, JsonlError, Stopped, pack, unpack};
use inflight_record::{Record, row};

const COMMITTED: &str = include_str!("../../../results/2026-11-21-2-cpu-vm/records.jsonl");

/// A directory with these records, and both names that they may have.
fn directory(lines: &[u8]) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let (plain, packed) = (directory.path().join(RECORDS), directory.path().join(PACKED_RECORDS));
    fs::write(&plain, lines).unwrap();
    (directory, plain, packed)
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn says(error: &JsonlError, parts: &[&str]) {
    let error = error.to_string();
    for part in parts {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
}

#[test]
fn packed_records_are_read_like_plain_ones_and_come_back_to_the_byte() {
    let (directory, plain, packed) = directory(COMMITTED.as_bytes());
    let (rows, records) = (row::load(&plain).unwrap(), jsonl::load::<Record>(&plain).unwrap());
    assert_eq!(jsonl::records_in(directory.path()).unwrap(), plain);

    let done = pack(directory.path()).unwrap();
    assert_eq!((done.path.as_path(), done.bytes, done.changed), (packed.as_path(), COMMITTED.len() as u64, true));
    assert_eq!(done.packed_bytes, Some(fs::metadata(&packed).unwrap().len()));
    assert!(done.packed_bytes.unwrap() * 3 < done.bytes, "{done:?}");
    assert_eq!(files(directory.path()), [PACKED_RECORDS]);
    assert_eq!(jsonl::records_in(directory.path()).unwrap(), packed);
    assert!(row::load(&packed).unwrap() == rows && jsonl::load::<Record>(&packed).unwrap() == records);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut jsonl::reader(&packed).unwrap(), &mut text).unwrap();
    assert!(text == COMMITTED);
    let mut streamed = Vec::new();
    let parser = || |line: &str| Ok(line.len());
    jsonl::stream(&packed, parser, |mut lengths| {
        streamed.append(&mut lengths);
        Ok::<(), ()>(())
    })
    .unwrap();
    assert_eq!(streamed, COMMITTED.lines().map(str::len).collect::<Vec<_>>());

    let again = pack(directory.path()).unwrap();
    assert_eq!((again.bytes, again.packed_bytes, again.changed), (done.bytes, done.packed_bytes, false));
    let back = unpack(directory.path()).unwrap();
    assert_eq!((back.path.as_path(), back.bytes, back.packed_bytes), (plain.as_path(), done.bytes, done.packed_bytes));
    assert_eq!(
        (files(directory.path()), fs::read_to_string(&plain).unwrap() == COMMITTED),
        (vec![RECORDS.into()], true)
    );
    let again = unpack(directory.path()).unwrap();
    assert_eq!((again.path, again.bytes, again.packed_bytes, again.changed), (plain, done.bytes, None, false));
}

#[test]
fn no_records_at_all_and_very_few_are_packed_too() {
    let (directory, plain, packed) = directory(b"");
    assert_eq!(pack(directory.path()).unwrap().bytes, 0);
    assert_eq!(row::load(&packed).unwrap(), []);
    assert_eq!(unpack(directory.path()).unwrap().bytes, 0);
    fs::remove_file(plain).unwrap();
    for done in [pack(directory.path()), unpack(directory.path())] {
        says(&done.unwrap_err(), &["holds no records.jsonl and no records.jsonl.zst", "inflight study"]);
    }
    assert!(files(directory.path()).is_empty());
}

#[test]
fn a_damaged_packed_file_is_named_and_stays_as_it_is() {
    let (directory, _, packed) = directory(COMMITTED.as_bytes());
    pack(directory.path()).unwrap();
    let whole = fs::read(&packed).unwrap();
    let flipped: Vec<u8> =
        whole.iter().enumerate().map(|(at, byte)| if at == whole.len() / 2 { byte ^ 0x10 } else { *byte }).collect();
    let behind = [&whole[..], b"and more"].concat();
    let cases: [&[u8]; 6] = [&whole[..whole.len() - 1], &whole[..whole.len() / 2], &whole[..3], &flipped, &behind, b""];
    for bytes in cases {
        fs::write(&packed, bytes).unwrap();
        let errors = [
            row::load(&packed).unwrap_err(),
            jsonl::load::<Record>(&packed).unwrap_err(),
            pack(directory.path()).unwrap_err(),
            unpack(directory.path()).unwrap_err(),
        ];
        // A line in the middle of damage may be the first that is seen to be wrong; the file is named all the same.
        for error in &errors {
            says(error, &[PACKED_RECORDS]);
        }
        says(&errors[3], &["cannot be unpacked", "a whole copy"]);
        assert_eq!((fs::read(&packed).unwrap() == bytes, files(directory.path())), (true, vec![PACKED_RECORDS.into()]));
    }
    fs::write(&packed, COMMITTED).unwrap();
    says(&row::load(&packed).unwrap_err(), &[PACKED_RECORDS, "cannot be unpacked"]);
}

#[test]
fn wrong_lines_inside_are_named_by_their_number() {
    let lines: Vec<&str> = COMMITTED.lines().collect();
    let (directory, _, packed) = directory(format!("{}\nhello\n{}\n", lines[0], lines[1]).as_bytes());
    pack(directory.path()).unwrap();
    says(&row::load(&packed).unwrap_err(), &["records.jsonl.zst:2: expected value (column 1)"]);
    let stopped = jsonl::stream(&packed, || |line: &str| Err::<(), _>(line.len().to_string()), |_| Ok::<(), ()>(()));
    assert!(matches!(stopped, Err(Stopped::Lines(JsonlError::Line { line: 1, .. }))));
}

#[test]
fn a_taker_that_wants_no_more_ends_the_reading() {
    let (_directory, plain, _) = directory(COMMITTED.repeat(8).as_bytes());
    let mut calls = 0;
    let stopped = jsonl::stream(
        &plain,
        || |_: &str| Ok(()),
        |_| {
            calls += 1;
            Err("full")
        },
    );
    assert!(matches!(stopped, Err(Stopped::Taker("full"))));
    assert_eq!(calls, 1);
}

#[test]
fn a_half_written_line_is_not_packed() {
    let (directory, plain, _) = directory(&COMMITTED.as_bytes()[..COMMITTED.len() - 100]);
    let lines = COMMITTED.lines().count();
    assert!(matches!(pack(directory.path()).unwrap_err(), JsonlError::CutOff { line, .. } if line == lines));
    assert_eq!(
        (files(directory.path()), fs::metadata(plain).unwrap().len()),
        (vec![RECORDS.into()], COMMITTED.len() as u64 - 100)
    );
}

#[test]
fn what_is_being_written_is_not_packed_and_what_is_packed_is_not_written() {
    let (directory, plain, packed) = directory(COMMITTED.as_bytes());
    let appender = Appender::open(&plain).unwrap();
    says(&pack(directory.path()).unwrap_err(), &["records.jsonl: another process holds it", "append", "pack"]);
    drop(appender);
    pack(directory.path()).unwrap();
    let says_how = format!("inflight pack --unpack {}", directory.path().display());
    for refused in [Appender::open(&plain).map(drop), Appender::repair(&plain).map(drop)] {
        says(&refused.unwrap_err(), &["records.jsonl.zst is packed", &says_how]);
    }
    assert_eq!(files(directory.path()), [PACKED_RECORDS], "nothing was made beside it");
    // Whoever reads it for a merge keeps it from being unpacked.
    let reading = File::open(&packed).unwrap();
    reading.lock_shared().unwrap();
    says(&unpack(directory.path()).unwrap_err(), &[PACKED_RECORDS, "another process"]);
    drop(reading);
    unpack(directory.path()).unwrap();
    assert!(Appender::open(&plain).is_ok());
}

#[test]
fn two_files_that_hold_the_same_become_one_and_two_that_differ_stay() {
    let (directory, plain, packed) = directory(COMMITTED.as_bytes());
    pack(directory.path()).unwrap();
    for (finish, left) in [(pack as fn(&Path) -> _, PACKED_RECORDS), (unpack, RECORDS)] {
        // As a crash before the last step leaves them.
        let bytes = COMMITTED.as_bytes();
        if !packed.exists() {
            pack(directory.path()).unwrap();
        }
        fs::write(&plain, bytes).unwrap();
        says(&jsonl::records_in(directory.path()).unwrap_err(), &["holds both", "inflight pack", "out of date"]);
        assert!(finish(directory.path()).unwrap().changed);
        assert_eq!(files(directory.path()), [left]);
    }
    pack(directory.path()).unwrap();
    let shorter = COMMITTED.lines().next().unwrap().to_owned() + "\n";
    for other in [shorter.clone(), COMMITTED.to_owned() + &shorter, String::new()] {
        fs::write(&plain, &other).unwrap();
        let before = fs::read(&packed).unwrap();
        for refused in [pack(directory.path()), unpack(directory.path())] {
            says(&refused.unwrap_err(), &["holds both"]);
        }
        assert!(fs::read_to_string(&plain).unwrap() == other && fs::read(&packed).unwrap() == before);
    }
}

#[test]
fn what_a_crash_left_unfinished_is_written_over() {
    let (directory, _, _) = directory(COMMITTED.as_bytes());
    fs::write(directory.path().join("records.jsonl.zst.part"), "half").unwrap();
    pack(directory.path()).unwrap();
    fs::write(directory.path().join("records.jsonl.part"), "half").unwrap();
    unpack(directory.path()).unwrap();
    assert_eq!(files(directory.path()), [RECORDS]);
}
