//! What only a file of lines can meet: half a line, a line again, another writer.

use std::fs;

use inflight_record::Site;
use inflight_record::crawl::Catalogue;

use super::*;

const SITE: Site = Site { catalogue: Catalogue::Films, lists: 2, seed: 1, faults_per_mille: 0 };

fn open(path: &Path, resume: bool) -> Result<Jsonl, StoreError> {
    Jsonl::open(Some(path), &Opening { place: "jsonl:rows", site: &SITE, resume })
}

fn detail(id: u64, text: &str) -> Item {
    Item { kind: ItemKind::Detail, id, text: text.to_owned() }
}

fn details(store: &mut Jsonl) -> Vec<(u64, String)> {
    let mut rows = Vec::new();
    let each = &mut |id, text: &str| {
        rows.push((id, text.to_owned()));
        Ok(())
    };
    store.each(ItemKind::Detail, each).unwrap();
    rows
}

#[test]
fn a_row_that_is_there_again_takes_the_place_of_the_former() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    let mut store = open(&path, false).unwrap();
    store.put(&[detail(7, "{\"a\":1}"), detail(8, "{}")]).unwrap();
    store.put(&[detail(7, "{\"a\": 2.50}"), Item { kind: ItemKind::List, ..detail(7, "[1]") }]).unwrap();
    assert_eq!(details(&mut store), [(8, "{}".to_owned()), (7, "{\"a\": 2.50}".to_owned())]);
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    assert_eq!(first, "{\"store\":\"inflight crawl, format 1: films of 2 lists, seed 1\"}");
    assert_eq!(text.lines().last().unwrap(), "{\"kind\":\"list\",\"id\":7,\"row\":[1]}");
}

#[test]
fn half_a_line_is_cut_off_on_resuming() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    open(&path, false).unwrap().put(&[detail(7, "{}"), detail(8, "{}")]).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in 1..20 {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let mut store = open(&path, true).unwrap();
        assert_eq!(details(&mut store), [(7, "{}".to_owned())]);
        store.put(&[detail(8, "{}")]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "what follows is where it belongs");
    }
    // As far as into the first line.
    for length in 0..whole.iter().position(|byte| *byte == b'\n').unwrap() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(details(&mut open(&path, true).unwrap()).is_empty());
    }
}

#[test]
fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    let mut first = open(&path, false).unwrap();
    assert!(matches!(open(&path, false), Err(StoreError::Busy { .. })));
    first.put(&[detail(7, "{}")]).unwrap();
    assert_eq!(details(&mut first).len(), 1, "and has changed nothing");
}

#[test]
fn a_line_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows");
    drop(open(&path, false).unwrap());
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("hello\n");
    fs::write(&path, text).unwrap();
    let error = open(&path, true).unwrap().rows().unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn what_is_no_file_is_refused() {
    assert!(matches!(open(Path::new("/dev/null"), false), Err(StoreError::Foreign { .. })));
    assert!(matches!(open(Path::new("/"), false), Err(StoreError::Io { .. })));
}
