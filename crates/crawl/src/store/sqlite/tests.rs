//! `SQLite` on a disk that is full: nothing is lost, and there is a clear error.

use inflight_record::Site;
use inflight_record::crawl::Catalogue;

use super::*;
use crate::store::Rows;

const SITE: Site = Site { catalogue: Catalogue::Books, lists: 2, seed: 1, faults_per_mille: 0 };

fn open(path: &Path, resume: bool) -> Result<Sqlite, StoreError> {
    Sqlite::open(Some(path), &Opening { place: "sqlite:rows.db", site: &SITE, resume })
}

fn details(ids: std::ops::Range<u64>) -> Vec<Item> {
    let text = format!("{{\"summary\":\"{}\"}}", "x".repeat(2_000));
    ids.map(|id| Item { kind: ItemKind::Detail, id, text: text.clone() }).collect()
}

fn pages(store: &Sqlite, most: i64) {
    let set = store.connection.pragma_update_and_check(None, "max_page_count", most, |row| row.get::<_, i64>(0));
    assert!(set.unwrap() >= most);
}

#[test]
fn a_batch_that_does_not_fit_is_not_there_and_all_before_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let mut store = open(&path, false).unwrap();
    store.put(&details(0..10)).unwrap();
    // The file may have no more pages: to SQLite, that is a full disk.
    pages(&store, 20);
    let error = store.put(&details(10..200)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }) && !error.may_pass(), "{error}");
    assert!(error.to_string().contains("make room"), "{error}");
    let before = store.rows().unwrap();
    assert_eq!(before.count, 10);
    drop(store);
    // Room was made.
    let mut store = open(&path, true).unwrap();
    assert_eq!(store.rows().unwrap(), before);
    store.put(&details(5..200)).unwrap();
    assert_eq!(store.rows().unwrap().count, 200);
}

#[test]
fn ids_of_all_64_bits_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder.path().join("rows.db"), false).unwrap();
    let items: Vec<Item> =
        [0, 1 << 63, u64::MAX].map(|id| Item { kind: ItemKind::List, id, text: "[]".to_owned() }).into();
    store.put(&items).unwrap();
    let mut ids = Vec::new();
    let each = &mut |id, _: &str| {
        ids.push(id);
        Ok(())
    };
    store.each(ItemKind::List, each).unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [0, 1 << 63, u64::MAX]);
    assert_eq!(store.rows().unwrap(), Rows::default(), "lists are no rows");
}

#[test]
fn a_file_of_the_crawls_own_goes_with_it() {
    let store = Sqlite::open(None, &Opening { place: "sqlite:", site: &SITE, resume: false }).unwrap();
    let folder = store.folder.as_ref().unwrap().path().to_owned();
    assert!(folder.join("crawl.db").exists());
    drop(store);
    assert!(!folder.exists());
}

#[test]
fn one_that_another_process_writes_to_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let mut first = open(&path, false).unwrap();
    let mut second = open(&path, true).unwrap();
    second.connection.busy_timeout(Duration::from_millis(1)).unwrap();
    let held = first.connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    assert!(second.put(&details(0..1)).unwrap_err().may_pass());
    drop(held);
    second.put(&details(0..1)).unwrap();
    assert_eq!(first.rows().unwrap().count, 1);
}
