//! The frontier: which pages are known and not yet fetched, which are out, and what came of the others.
//!
//! A state machine without clock, lock or network. It keeps numbers, not URLs: a page that waits costs 16 bytes, and
//! one that was ever named 8 more.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use inflight_harness::feed::{Dealt, ItemKind};
use inflight_record::crawl::{FAILURES_KEPT, PageFailure, Phases};
use inflight_record::{Crawl, CrawlFigures};

use crate::links::Links;

/// An attempt at a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// List or detail.
    pub(crate) kind: ItemKind,
    /// Which of the attempts at that page, from 1.
    pub(crate) nth: u32,
    /// Number of the list, or id of the detail.
    pub(crate) number: u64,
}

/// What a store held before the crawl.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Its lists, with the ids that they named.
    pub(crate) lists: BTreeMap<u64, Vec<u64>>,
    /// The ids of its details.
    pub(crate) details: HashSet<u64>,
}

/// The state of a crawl.
#[derive(Debug)]
pub(crate) struct Frontier {
    links: Links,
    phases: Phases,
    retries: u32,
    /// To be dealt out, in order of becoming known.
    known: VecDeque<Attempt>,
    /// Details that wait for the last list.
    held: Vec<u64>,
    /// Dealt out and not yet heard of, by index.
    out: HashMap<usize, Attempt>,
    /// Lists that are neither in nor given up.
    lists_open: u64,
    /// Details that were ever named, or stored before.
    seen: HashSet<u64>,
    /// Index of the next attempt.
    next_index: usize,
    stopped: bool,
    /// All but what the store knows.
    figures: CrawlFigures,
}

impl Frontier {
    /// Of a crawl that begins, or goes on from what is stored.
    pub(crate) fn new(crawl: &Crawl, links: Links, past: Past) -> Self {
        let missing = (0..crawl.site.lists).filter(|list| !past.lists.contains_key(list));
        let known: VecDeque<_> = missing.map(|number| Attempt { kind: ItemKind::List, nth: 1, number }).collect();
        let mut frontier = Self {
            links,
            phases: crawl.phases,
            retries: crawl.retries,
            lists_open: known.len() as u64,
            known,
            held: Vec::new(),
            out: HashMap::new(),
            seen: past.details,
            next_index: 0,
            stopped: false,
            // Lists that are there count as read: with those that are fetched and given up they are all of the site.
            figures: CrawlFigures { lists: past.lists.len() as u64, ..CrawlFigures::default() },
        };
        past.lists.values().for_each(|ids| frontier.name(ids));
        frontier.release();
        frontier
    }

    /// The attempt to be made next.
    pub(crate) fn deal(&mut self) -> Dealt {
        if self.stopped {
            return Dealt::End;
        }
        let Some(attempt) = self.known.pop_front() else {
            // Nothing waits for a list here: while one is open, it is known or out.
            return if self.out.is_empty() { Dealt::End } else { Dealt::NotYet };
        };
        let index = self.next_index;
        self.next_index += 1;
        self.figures.retried += u64::from(attempt.nth > 1);
        self.out.insert(index, attempt);
        Dealt::Page(index, self.links.attempt(attempt.kind, attempt.number, index))
    }

    /// How many attempts can be dealt out; where there will be none any more, anybody may hear that.
    pub(crate) fn ready(&self) -> usize {
        let end = self.stopped || self.known.is_empty() && self.out.is_empty();
        if end { usize::MAX } else { self.known.len() }
    }

    /// What was dealt out under an index, until it is settled.
    pub(crate) fn is_out(&self, index: usize) -> Option<Attempt> {
        self.out.get(&index).copied()
    }

    /// A list is in, and names these details.
    pub(crate) fn list_in(&mut self, index: usize, ids: &[u64]) {
        if self.out.remove(&index).is_some() {
            self.figures.lists += 1;
            self.lists_open -= 1;
            self.name(ids);
            self.release();
        }
    }

    /// A detail is in.
    pub(crate) fn detail_in(&mut self, index: usize) {
        self.out.remove(&index);
    }

    /// An attempt failed: its page is known again, at the end, or given up.
    pub(crate) fn failed(&mut self, index: usize, url: &str, reason: String) {
        let Some(attempt) = self.out.remove(&index) else { return };
        let last = attempt.nth > self.retries;
        if self.figures.failures.len() < FAILURES_KEPT {
            self.figures.failures.push(PageFailure { url: url.to_owned(), attempt: attempt.nth, last, reason });
        }
        match (last, attempt.kind) {
            (false, _) => self.known.push_back(Attempt { nth: attempt.nth + 1, ..attempt }),
            (true, ItemKind::Detail) => self.figures.failed += 1,
            (true, ItemKind::List) => {
                self.figures.lists_failed += 1;
                self.lists_open -= 1;
                self.release();
            }
        }
    }

    /// Deals out nothing any more.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// What came of the crawl so far.
    pub(crate) fn figures(&self) -> CrawlFigures {
        self.figures.clone()
    }

    /// Details that are named for the first time are to be fetched, each once, whoever names it again.
    fn name(&mut self, ids: &[u64]) {
        for id in ids {
            if self.seen.insert(*id) {
                self.figures.named += 1;
                self.held.push(*id);
            }
        }
    }

    /// Details become known at once, or when no list is open any more.
    fn release(&mut self) {
        if self.phases == Phases::Pipelined || self.lists_open == 0 {
            let held = std::mem::take(&mut self.held);
            self.known.extend(held.into_iter().map(|number| Attempt { kind: ItemKind::Detail, nth: 1, number }));
        }
    }
}

#[cfg(test)]
mod tests;
