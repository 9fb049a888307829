//! Files as crashes, full disks and hands leave them: the error names file and line, and not a byte before is lost.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use inflight_record::jsonl::{self, Appender, Blocks, Cut, JsonlError};
use inflight_record::{Record, row};

const COMMITTED: &str = include_str!("../../../results/2026-11-21-2-cpu-vm/records.jsonl");

/// So many real records.
fn good(lines: usize) -> String {
    COMMITTED.lines().take(lines).map(|line| format!("{line}\n")).collect()
}

fn file(bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("records.jsonl");
    std::fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// What both loaders say of these bytes, without the directory.
fn error(bytes: impl AsRef<[u8]>) -> String {
    let (directory, path) = file(bytes);
    let error = row::load(&path).unwrap_err().to_string();
    assert_eq!(jsonl::load::<Record>(&path).unwrap_err().to_string(), error);
    error.replace(&format!("{}/", directory.path().display()), "")
}

fn assert_says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
}

#[test]
fn a_truncated_file_is_named_with_its_last_line() {
    let whole = good(3);
    let second = good(1).len();
    // In the middle of the last line, without its end only, and in the middle of the first.
    assert_says(&error(&whole[..whole.len() - 1_000]), &["records.jsonl:3: the last line is cut off"]);
    assert_says(&error(&whole[..whole.len() - 1]), &["records.jsonl:3: the last line is cut off"]);
    assert_says(&error(&whole[..1]), &["records.jsonl:1: the last line is cut off"]);
    assert_says(
        &error([&whole[..second], &"\0".repeat(4_096)].concat()),
        &["records.jsonl:2: the last line is cut off"],
    );
    // In the middle of a character: cut off too, and not "no UTF-8".
    assert_says(
        &error([whole.as_bytes(), b"{\"arm\":\"\xc3"].concat()),
        &["records.jsonl:4: the last line is cut off"],
    );
}

#[test]
fn edited_lines_are_named() {
    let edited = |from: &str, to: &str| {
        let last = good(2)[good(1).len()..].replacen(from, to, 1);
        assert!(!good(2).ends_with(&last), "{from} is not there");
        error(good(1) + &last + &good(1))
    };
    assert_says(&edited("\"ideal_ns\":50000000,", ""), &["records.jsonl:2: missing field `ideal_ns` (column"]);
    let text = edited("\"ideal_ns\":50000000", "\"ideal_ns\":\"50ms\"");
    assert_says(&text, &["records.jsonl:2: invalid type: string \"50ms\", expected u64 (column"]);
    assert_says(&edited("\"ok\"", "\"fine\""), &["records.jsonl:2: unknown variant `fine`", "`timeout`"]);
    assert_says(&edited("\"round\":0", "\"round\":-1"), &["records.jsonl:2: ", "-1", "u32"]);
    assert_says(&edited("\"flags\":[]", "\"flags\":[}"), &["records.jsonl:2: ", "column"]);
    assert_says(&edited("\"schema_version\":1,", ""), &["records.jsonl:2: missing field `schema_version`"]);
    assert_says(&error(good(1) + "\n" + &good(1)), &["records.jsonl:2: EOF while parsing"]);
    assert_says(&error(good(1) + "[1,2]\n"), &["records.jsonl:2: "]);
}

#[test]
fn versions_are_not_mixed() {
    let other = good(1).replacen("\"schema_version\":1", "\"schema_version\":2", 1);
    let text = error(good(2) + &other + &good(1));
    assert_says(&text, &["records.jsonl:3: schema version 2", "reads version 1", "use the inflight that wrote it"]);
}

#[test]
fn an_empty_file_holds_nothing_and_is_no_error() {
    let (_directory, path) = file("");
    assert_eq!(row::load(&path).unwrap().len() + jsonl::load::<Record>(&path).unwrap().len(), 0);
}

#[test]
fn bytes_that_are_no_text_are_named_with_their_line() {
    let line = good(1).into_bytes();
    let bad = [&line[..], &[&line[..40], b"\xff", &line[41..]].concat(), &line].concat();
    assert_says(&error(bad), &["records.jsonl:2: no UTF-8 (column 41)"]);
    // Even where a row has nothing to read.
    let at = good(1).find("HISTF").unwrap();
    assert_says(&error([&line[..at], b"\xff", &line[at + 1..]].concat()), &["records.jsonl:1: no UTF-8"]);
}

#[test]
fn a_directory_and_a_missing_file_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    for error in [row::load(&path).map(drop), Appender::open(&path).map(drop), Appender::repair(&path).map(drop)] {
        let text = error.unwrap_err().to_string();
        assert_says(&text, &[&path.display().to_string(), "directory", "such as records.jsonl in that directory"]);
    }
    let text = row::load(&path.join("none.jsonl")).unwrap_err().to_string();
    assert_says(&text, &["none.jsonl: No such file"]);
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    // A source that never ends: that this test does is the proof.
    let wrong = [(String::new(), 1), (good(1), 2)].map(|(before, line)| {
        let source = std::io::Read::chain(std::io::Cursor::new(before), std::io::repeat(b' '));
        (row::read(source, Path::new("records.jsonl"), Blocks::default()).unwrap_err().to_string(), line)
    });
    for (text, line) in wrong {
        assert_says(&text, &[&format!("records.jsonl:{line}: longer than 64 MiB")]);
    }
    let almost = " ".repeat(jsonl::MAX_LINE_BYTES - good(1).len() + 1) + &good(1);
    assert_eq!(row::read(almost.as_bytes(), Path::new(""), Blocks::default()).unwrap().len(), 1);
    let over = format!(" {almost}");
    assert!(row::read(over.as_bytes(), Path::new(""), Blocks::default()).is_err());
}

/// What repairing these bytes says; the file has then to begin with the first `kept` of them, and nothing else.
fn repair(bytes: &[u8], kept: usize) -> Result<Option<Cut>, String> {
    let (directory, path) = file(bytes);
    let repaired = Appender::repair(&path).map_err(|error| error.to_string());
    assert!(std::fs::read(&path).unwrap() == bytes[..kept], "the file is not what it was");
    let repaired = repaired.map_err(|error| error.replace(&format!("{}/", directory.path().display()), ""));
    let (mut appender, cut) = repaired?;
    appender.append(&jsonl::load::<Record>(&path).unwrap().first()).unwrap();
    Ok(cut)
}

#[test]
fn what_a_crash_cuts_off_is_removed_and_nothing_else() {
    let (two, third) = (good(2), &good(3)[good(2).len()..]);
    let whole = two.len();
    assert_eq!(repair(two.as_bytes(), whole), Ok(None));
    assert_eq!(repair(b"", 0), Ok(None));
    let nothing = "\0".repeat(100_000);
    // In the middle, without its end only, zeros where bytes were to come, and both.
    for tail in [&third[..1_000], &third[..third.len() - 1], &nothing, &(third[..1_000].to_owned() + &nothing), "{"] {
        let cut = Cut { line: 3, bytes: tail.len() as u64 };
        assert_eq!(repair((two.clone() + tail).as_bytes(), whole), Ok(Some(cut)));
        assert_eq!(repair(tail.as_bytes(), 0), Ok(Some(Cut { line: 1, ..cut })));
    }
    let text = Cut { line: 3, bytes: 1_000 }.to_string();
    assert_says(&text, &["line 3", "1000 bytes were removed"]);
}

#[test]
fn what_no_crash_can_have_left_is_not_removed() {
    let whole = good(2);
    for (tail, says) in [
        ("{\"schema_version\":1,\"rec\n", "records.jsonl:3: EOF while parsing"),
        ("\0\0\0\n", "records.jsonl:3: expected value"),
        ("\n", "records.jsonl:3: EOF while parsing"),
        ("{\"schema_version\":7}\n{\"sch", "records.jsonl:3: schema version 7"),
        ("my notes", "records.jsonl:3: the last line has no end, and is no beginning of a record"),
    ] {
        let bytes = whole.clone() + tail;
        assert_says(&repair(bytes.as_bytes(), bytes.len()).unwrap_err(), &[says]);
    }
    assert_says(&repair(b"\x89PNG\x1a", 5).unwrap_err(), &["records.jsonl:1: ", "name another file"]);
}

#[test]
fn a_file_that_another_appends_to_is_left_alone() {
    let (_directory, path) = file(good(1));
    let first = Appender::open(&path).unwrap();
    for second in [Appender::open(&path).map(drop), Appender::repair(&path).map(drop)] {
        assert!(matches!(second, Err(JsonlError::Busy { .. })), "{second:?}");
    }
    assert_eq!(row::load(&path).unwrap().len(), 1, "reading is free");
    drop(first);
    Appender::open(&path).unwrap();
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let (_directory, path) = file(good(1));
    let text = Appender::open(&path.join("records.jsonl")).unwrap_err().to_string();
    assert_says(&text, &["records.jsonl/records.jsonl: Not a directory", "has to be a directory"]);
    let text = Appender::open(&path.with_file_name("none").join("records.jsonl")).unwrap_err().to_string();
    assert_says(&text, &["none/records.jsonl: No such file or directory"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), good(1));
}

/// Says to a child of [`a_full_disk_leaves_whole_lines`] where its small disk is.
const DISK: &str = "INFLIGHT_TEST_DISK";

#[test]
fn a_full_disk_leaves_whole_lines() {
    if let Some(disk) = std::env::var_os(DISK) {
        return on_a_full_disk(Path::new(&disk));
    }
    // Mounts belong to the mount namespace, so it takes one of our own.
    let (disk, shell) = (tempfile::tempdir().unwrap(), ["--user", "--map-root-user", "--mount", "sh", "-ec"]);
    let mount = format!("mount -t tmpfs -o size=64k tmpfs '{}'", disk.path().display());
    let possible = Command::new("unshare").args(shell).arg(&mount).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        println!("skipped: this machine refuses to mount a small disk");
        return;
    }
    let output = Command::new("unshare")
        .args(shell)
        .arg(mount + "; exec \"$@\"")
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_leaves_whole_lines", "--nocapture"])
        .env(DISK, disk.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("the disk was full"), "{output:?}");
}

fn on_a_full_disk(disk: &Path) {
    let (path, other) = (disk.join("records.jsonl"), disk.join("other"));
    std::fs::write(&other, vec![0; 24 << 10]).unwrap();
    let record: Record = serde_json::from_str(&good(1)).unwrap();
    let line = serde_json::to_string(&record).unwrap() + "\n";
    let mut appender = Appender::open(&path).unwrap();
    let mut written = 0;
    let error = loop {
        match appender.append(&record) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    println!("the disk was full after {written} lines");
    assert!(written > 5);
    assert!(matches!(error, JsonlError::Append { .. }));
    let parts = ["records.jsonl: No space left", "nothing was appended", "what was there is whole", "free space there"];
    assert_says(&error.to_string(), &parts);
    assert!(std::fs::read_to_string(&path).unwrap() == line.repeat(written));

    // Once there is space, the same appender goes on.
    std::fs::remove_file(other).unwrap();
    appender.append(&record).unwrap();
    drop(appender);
    assert_eq!(row::load(&path).unwrap().len(), written + 1);

    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(disk).status().unwrap();
    assert!(remounted.success());
    for refused in [Appender::open(&path), Appender::open(&disk.join("new.jsonl"))] {
        assert_says(&refused.unwrap_err().to_string(), &["Read-only file system", "name a place"]);
    }
    assert!(std::fs::read_to_string(&path).unwrap() == line.repeat(written + 1));
}
