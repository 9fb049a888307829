//! The keeper with a store that fails on command.

use std::collections::BTreeMap;

use async_channel::Sender;
use inflight_harness::Urls;
use inflight_record::crawl::{Catalogue, Phases};
use inflight_record::{Crawl, Site};

use super::*;
use crate::frontier::Past;
use crate::links::Links;
use crate::store::EachRow;

type Trouble = fn() -> StoreError;

/// A store in memory. Before each write it meets the next of its troubles; a write that is lost was done all the same.
#[derive(Default)]
struct Memory {
    rows: Arc<Mutex<BTreeMap<u64, String>>>,
    batches: Arc<Mutex<Vec<usize>>>,
    troubles: Vec<Trouble>,
}

impl Store for Memory {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        self.batches.lock().unwrap().push(items.len());
        self.rows.lock().unwrap().extend(items.iter().map(|item| (item.id, item.text.clone())));
        self.troubles.pop().map_or(Ok(()), |trouble| Err(trouble()))
    }

    fn each(&mut self, _: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
        self.rows.lock().unwrap().iter().try_for_each(|(id, text)| row(*id, text))
    }
}

fn no_answer() -> StoreError {
    StoreError::NoAnswer { place: "memory".to_owned(), message: "timed out".to_owned() }
}

fn refusal() -> StoreError {
    StoreError::Refused { place: "memory".to_owned(), message: "no".to_owned() }
}

fn keeper(store: Memory, patience: Duration) -> StoreKeeper {
    let site = Site { catalogue: Catalogue::Films, lists: 1, seed: 1, faults_per_mille: 0 };
    let crawl = Crawl { site, phases: Phases::Barrier, store: "none:".to_owned(), retries: 0, resume: false };
    let urls: Urls = ["http://h/top250?start=0&batch=1"].into_iter().collect();
    let frontier = Frontier::new(&crawl, Links::read(&site, &urls).unwrap(), Past::default());
    let keeper = StoreKeeper::new(Box::new(store), Arc::new(Mutex::new(frontier)), Rows::default());
    StoreKeeper { patience, ..keeper }
}

/// A queue with this many details in it.
fn open_queue(items: u64) -> (Sender<Item>, Receiver<Item>) {
    let (sender, receiver) = async_channel::unbounded();
    for id in 0..items {
        sender.try_send(Item { kind: ItemKind::Detail, id, text: format!("{{\"id\":{id}}}") }).unwrap();
    }
    (sender, receiver)
}

/// The same, to which nothing will be added.
fn queue(items: u64) -> Receiver<Item> {
    open_queue(items).1
}

#[test]
fn what_is_in_the_queue_is_written_at_once() {
    let store = Memory::default();
    let (rows, batches) = (Arc::clone(&store.rows), Arc::clone(&store.batches));
    let mut keeper = keeper(store, PATIENCE);
    keeper.keep(&queue(600)).unwrap();
    assert_eq!(*batches.lock().unwrap(), [256, 256, 88]);
    assert_eq!(rows.lock().unwrap().len(), 600);
    let figures = keeper.account().unwrap();
    assert_eq!((figures.stored, figures.rows), (600, 600));
}

#[test]
fn what_was_sent_twice_is_there_and_counted_once() {
    let store = Memory { troubles: vec![no_answer as Trouble; 2], ..Memory::default() };
    let batches = Arc::clone(&store.batches);
    let mut keeper = keeper(store, PATIENCE);
    keeper.keep(&queue(3)).unwrap();
    assert_eq!(*batches.lock().unwrap(), [3, 3, 3]);
    let figures = keeper.account().unwrap();
    assert_eq!((figures.stored, figures.rows), (3, 3));
}

#[test]
fn patience_ends() {
    let mut keeper = keeper(Memory { troubles: vec![no_answer as Trouble; 9], ..Memory::default() }, Duration::ZERO);
    let (sender, queue) = open_queue(3);
    let error = keeper.keep(&queue).unwrap_err().to_string();
    assert!(error.contains("timed out") && error.contains("0 s"), "{error}");
    assert!(sender.is_closed(), "nobody waits for room in it");
}

#[test]
fn what_does_not_pass_is_said_at_once() {
    let store = Memory { troubles: vec![refusal as Trouble], ..Memory::default() };
    let batches = Arc::clone(&store.batches);
    let mut keeper = keeper(store, PATIENCE);
    assert!(keeper.keep(&queue(3)).unwrap_err().to_string().contains("memory: no"));
    assert_eq!(*batches.lock().unwrap(), [3]);
    assert_eq!(keeper.stored, 0);
}
