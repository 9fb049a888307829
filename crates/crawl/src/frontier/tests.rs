//! The frontier's rules, one by one.

use inflight_harness::Urls;
use inflight_record::Site;
use inflight_record::crawl::Catalogue;

use super::*;

fn frontier(lists: u64, phases: Phases, retries: u32, past: Past) -> Frontier {
    let site = Site { catalogue: Catalogue::Films, lists, seed: 1, faults_per_mille: 0 };
    let texts: Vec<String> = (0..lists).map(|list| format!("http://h/top250?start={}&batch=1", 25 * list)).collect();
    let urls: Urls = texts.iter().map(String::as_str).collect();
    let links = Links::read(&site, &urls).unwrap();
    Frontier::new(&Crawl { site, phases, store: "none:".to_owned(), retries, resume: false }, links, past)
}

fn fresh(lists: u64, phases: Phases, retries: u32) -> Frontier {
    frontier(lists, phases, retries, Past::default())
}

/// Deals out one page, which has to be this one, and gives its index.
fn deal(frontier: &mut Frontier, kind: ItemKind, number: u64) -> usize {
    match frontier.deal() {
        Dealt::Page(index, url) => {
            let attempt = frontier.is_out(index).unwrap();
            assert_eq!((attempt.kind, attempt.number), (kind, number), "{url}");
            assert!(url.ends_with(&format!("&index={index}")), "{url}");
            index
        }
        other => panic!("{kind:?} {number} is owed, not {other:?}"),
    }
}

fn list(frontier: &mut Frontier, number: u64) -> usize {
    deal(frontier, ItemKind::List, number)
}

fn detail(frontier: &mut Frontier, number: u64) -> usize {
    deal(frontier, ItemKind::Detail, number)
}

#[test]
fn an_attempt_that_waits_is_16_bytes() {
    assert_eq!(size_of::<Attempt>(), 16);
}

#[test]
fn a_barrier_holds_details_until_the_last_list_is_in() {
    let mut pages = fresh(2, Phases::Barrier, 0);
    let (first, second) = (list(&mut pages, 0), list(&mut pages, 1));
    assert_eq!((first, second), (0, 1));
    pages.list_in(second, &[20, 21]);
    assert_eq!((pages.deal(), pages.ready()), (Dealt::NotYet, 0));
    pages.list_in(first, &[10]);
    assert_eq!(pages.ready(), 3);
    assert_eq!([20, 21, 10].map(|id| detail(&mut pages, id)), [2, 3, 4]);
    assert_eq!(pages.deal(), Dealt::NotYet);
}

#[test]
fn a_pipeline_deals_details_as_they_become_known() {
    let mut pages = fresh(2, Phases::Pipelined, 0);
    let first = list(&mut pages, 0);
    pages.list_in(first, &[10, 11]);
    list(&mut pages, 1);
    detail(&mut pages, 10);
    detail(&mut pages, 11);
    assert_eq!(pages.deal(), Dealt::NotYet);
}

#[test]
fn the_end_is_when_nothing_is_known_and_nothing_is_out() {
    let mut pages = fresh(1, Phases::Pipelined, 0);
    let first = list(&mut pages, 0);
    assert_eq!(pages.deal(), Dealt::NotYet);
    pages.list_in(first, &[10]);
    let only = detail(&mut pages, 10);
    assert_eq!(pages.deal(), Dealt::NotYet);
    pages.detail_in(only);
    assert_eq!((pages.deal(), pages.deal()), (Dealt::End, Dealt::End));
    let figures = pages.figures();
    assert_eq!((figures.lists, figures.named, figures.failed, figures.retried), (1, 1, 0, 0));
}

#[test]
fn a_detail_that_is_named_twice_is_fetched_once() {
    let mut pages = fresh(2, Phases::Barrier, 0);
    let (first, second) = (list(&mut pages, 0), list(&mut pages, 1));
    pages.list_in(first, &[10, 10, 11]);
    pages.list_in(second, &[11, 12]);
    for id in [10, 11, 12] {
        let index = detail(&mut pages, id);
        pages.detail_in(index);
    }
    assert_eq!(pages.deal(), Dealt::End);
    assert_eq!(pages.figures().named, 3);
}

#[test]
fn a_failed_page_comes_again_at_the_end_with_a_new_index() {
    let mut pages = fresh(3, Phases::Pipelined, 2);
    let first = list(&mut pages, 0);
    pages.failed(first, "http://h/0", "status 500".to_owned());
    list(&mut pages, 1);
    list(&mut pages, 2);
    assert_eq!(list(&mut pages, 0), 3);
    let figures = pages.figures();
    assert_eq!((figures.retried, figures.lists_failed), (1, 0));
    let failure =
        PageFailure { url: "http://h/0".to_owned(), attempt: 1, last: false, reason: "status 500".to_owned() };
    assert_eq!(figures.failures, [failure]);
}

#[test]
fn a_list_that_is_given_up_opens_the_barrier() {
    let mut pages = fresh(2, Phases::Barrier, 1);
    let (first, second) = (list(&mut pages, 0), list(&mut pages, 1));
    pages.list_in(second, &[20]);
    pages.failed(first, "u", "reset".to_owned());
    let again = list(&mut pages, 0);
    assert_eq!(pages.deal(), Dealt::NotYet, "the barrier holds while a list may still come");
    pages.failed(again, "u", "reset".to_owned());
    let only = detail(&mut pages, 20);
    pages.detail_in(only);
    assert_eq!(pages.deal(), Dealt::End);
    let figures = pages.figures();
    assert_eq!((figures.lists, figures.lists_failed, figures.named, figures.retried), (1, 1, 1, 1));
    assert_eq!(figures.failures.iter().map(|failure| failure.last).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_detail_that_is_given_up_is_counted() {
    let mut pages = fresh(1, Phases::Barrier, 1);
    let first = list(&mut pages, 0);
    pages.list_in(first, &[10, 11]);
    let (bad, good) = (detail(&mut pages, 10), detail(&mut pages, 11));
    pages.failed(bad, "u", "cut off".to_owned());
    pages.detail_in(good);
    let bad = detail(&mut pages, 10);
    pages.failed(bad, "u", "cut off".to_owned());
    assert_eq!(pages.deal(), Dealt::End);
    let figures = pages.figures();
    assert_eq!((figures.named, figures.failed, figures.retried), (2, 1, 1));
}

#[test]
fn when_every_list_is_given_up_that_is_the_end() {
    let mut pages = fresh(1, Phases::Barrier, 0);
    let first = list(&mut pages, 0);
    pages.failed(first, "u", "status 500".to_owned());
    assert_eq!(pages.deal(), Dealt::End);
    assert_eq!((pages.figures().lists_failed, pages.figures().named), (1, 0));
}

#[test]
fn after_a_stop_nothing_is_dealt() {
    let mut pages = fresh(2, Phases::Pipelined, 3);
    let first = list(&mut pages, 0);
    pages.stop();
    assert_eq!(pages.deal(), Dealt::End);
    pages.list_in(first, &[10]);
    assert_eq!(pages.deal(), Dealt::End);
}

#[test]
fn what_is_not_out_is_not_heard() {
    let mut pages = fresh(1, Phases::Pipelined, 0);
    let first = list(&mut pages, 0);
    pages.list_in(first, &[10]);
    pages.list_in(first, &[11]);
    pages.failed(first, "u", "again".to_owned());
    pages.failed(99, "u", "never dealt".to_owned());
    assert_eq!(pages.is_out(first), None);
    let figures = pages.figures();
    assert_eq!((figures.lists, figures.lists_failed, figures.named, figures.failures.len()), (1, 0, 1, 0));
}

#[test]
fn only_the_first_failures_are_kept_and_all_are_counted() {
    let mut pages = fresh(150, Phases::Barrier, 0);
    for number in 0..150 {
        let index = list(&mut pages, number);
        pages.failed(index, "u", "status 500".to_owned());
    }
    assert_eq!((pages.figures().failures.len(), pages.figures().lists_failed), (FAILURES_KEPT, 150));
}

#[test]
fn a_crawl_that_goes_on_fetches_what_is_missing() {
    let past = Past {
        lists: BTreeMap::from([(0, vec![10, 11]), (2, vec![30, 31])]),
        // 20 is of list 1, which is missing; 30 of a list that is there.
        details: HashSet::from([10, 20, 30]),
    };
    let mut pages = frontier(3, Phases::Barrier, 0, past);
    let missing = list(&mut pages, 1);
    assert_eq!(pages.deal(), Dealt::NotYet);
    pages.list_in(missing, &[20, 21]);
    for id in [11, 31, 21] {
        let index = detail(&mut pages, id);
        pages.detail_in(index);
    }
    assert_eq!(pages.deal(), Dealt::End);
    let figures = pages.figures();
    assert_eq!((figures.lists, figures.named), (3, 3), "lists that were there are read, such details not named");
}

#[test]
fn a_crawl_that_has_ended_goes_on_with_nothing() {
    let past = Past { lists: BTreeMap::from([(0, vec![10])]), details: HashSet::from([10]) };
    assert_eq!(frontier(1, Phases::Barrier, 0, past).deal(), Dealt::End);
    let past = Past { lists: BTreeMap::from([(0, vec![10])]), details: HashSet::new() };
    detail(&mut frontier(1, Phases::Barrier, 0, past), 10);
}
