//! Whole crawls without a network: a handler that is driven by hand, with answers from the catalogue.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::collections::{HashMap, HashSet, VecDeque};

use common::{begin, books, ids, keep, pages, refusal, whole_mark};
use inflight_catalogue::mark;
use inflight_harness::feed::{Crawler, Dealt, Heard, ItemKind};
use inflight_record::crawl::{Catalogue, Phases};
use inflight_record::token::HTML_END;
use inflight_record::{Crawl, CrawlFigures, Site, Token};

/// What came of a crawl, and what was asked for on the way.
struct Run {
    figures: CrawlFigures,
    /// The pages that were asked for, in order: kind and number.
    asked: Vec<(ItemKind, u64)>,
    /// What the details that were sent whole add up to.
    sent_mark: u64,
}

/// What the server makes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Status,
    Reset,
    Garbled,
}

/// Which page a URL of the crawl asks for, without its index.
fn page_of(crawl: &Crawl, url: &str) -> (ItemKind, u64) {
    let path = url.strip_prefix("http://127.0.0.1:80").unwrap();
    let (page, index) = path.split_once("batch=4&index=").unwrap();
    assert!(index.parse::<usize>().is_ok(), "{url}");
    let number = |before: &str, after: &str| page.strip_prefix(before)?.strip_suffix(after)?.parse::<u64>().ok();
    let (list, detail) = match crawl.site.catalogue {
        Catalogue::Books => (number("/api/book/?limit=18&offset=", "&"), number("/api/book/", "?")),
        Catalogue::Films => (number("/top250?start=", "&"), number("/subject/", "/?")),
    };
    match (list, detail) {
        (Some(first), None) => (ItemKind::List, first / crawl.site.catalogue.per_list()),
        (None, Some(id)) => (ItemKind::Detail, id),
        _ => panic!("{url} is no page"),
    }
}

/// The body of a page as the server sends it.
fn body(crawl: &Crawl, (kind, number): (ItemKind, u64)) -> Vec<u8> {
    let page = match kind {
        ItemKind::List => pages(crawl).list(number),
        ItemKind::Detail => pages(crawl).detail(number),
    };
    finished(crawl, page.unwrap())
}

fn finished(crawl: &Crawl, page: String) -> Vec<u8> {
    let html = crawl.site.catalogue == Catalogue::Films;
    let mut body = page.into_bytes();
    body.extend_from_slice(if html { &b""[..] } else { b"," });
    Token(1).write_tail(&mut body);
    body.extend_from_slice(if html { HTML_END } else { b"" });
    body
}

/// Crawls with up to 7 requests in flight, which are answered now from one end and now from the other. `fault` is asked
/// for each attempt: page, and how often it was asked for before. At most `most` requests are made; then it ends as if
/// killed.
fn run(mut crawler: Crawler, crawl: &Crawl, most: usize, mut fault: impl FnMut((ItemKind, u64), u64) -> Fault) -> Run {
    let (mut out, mut items, mut asked) = (VecDeque::new(), Vec::new(), Vec::new());
    let mut attempts: HashMap<_, u64> = HashMap::new();
    let mut sent = HashSet::new();
    loop {
        while out.len() < 7 && asked.len() < most {
            let Dealt::Page(index, url) = crawler.handler.next() else { break };
            assert_eq!(index, asked.len(), "indices count from 0 without a gap");
            asked.push(page_of(crawl, &url));
            out.push_back((index, url));
        }
        let next = if asked.len().is_multiple_of(2) { out.pop_front() } else { out.pop_back() };
        let Some((index, url)) = next else { break };
        let page = page_of(crawl, &url);
        let attempt = attempts.entry(page).or_default();
        let kind = fault(page, *attempt);
        *attempt += 1;
        let whole = match kind {
            Fault::Garbled => finished(crawl, "{\"error\": <nothing".to_owned()),
            _ => body(crawl, page),
        };
        let heard = match kind {
            Fault::None | Fault::Garbled => Heard::Answer { status: 200, body: &whole },
            Fault::Status => Heard::Answer { status: 500, body: b"{}" },
            Fault::Reset => Heard::Error("connection reset by peer"),
        };
        let item = crawler.handler.hear(index, &url, heard);
        assert_eq!(item.is_some(), kind == Fault::None, "{url}");
        if kind == Fault::None && page.0 == ItemKind::Detail {
            sent.insert(page.1);
        }
        items.extend(item);
    }
    if asked.len() < most {
        assert_eq!(crawler.handler.next(), Dealt::End);
    }
    keep(&mut crawler, items);
    let sent_mark = sent.iter().fold(0_u64, |sum, id| sum.wrapping_add(pages(crawl).mark(*id).unwrap()));
    Run { figures: crawler.keeper.account().unwrap(), asked, sent_mark }
}

fn without_faults(crawl: &Crawl) -> Run {
    run(begin(crawl).unwrap(), crawl, usize::MAX, |_, _| Fault::None)
}

fn films(store: &str) -> Crawl {
    let site = Site { catalogue: Catalogue::Films, ..books(store).site };
    Crawl { site, ..books(store) }
}

#[test]
fn every_page_is_fetched_once_and_every_detail_is_stored() {
    for phases in [Phases::Barrier, Phases::Pipelined] {
        for crawl in [books("none:"), films("none:"), books("sqlite:"), films("jsonl:")] {
            let crawl = Crawl { phases, ..crawl };
            let Run { figures, asked, sent_mark } = without_faults(&crawl);
            let (lists, details) = (crawl.site.lists, crawl.site.details());
            let owed = CrawlFigures {
                lists,
                named: details,
                stored: details,
                rows: details,
                rows_mark: whole_mark(&crawl),
                store_busy_ns: figures.store_busy_ns,
                ..CrawlFigures::default()
            };
            assert_eq!(figures, owed, "{}", crawl.store);
            assert_eq!((asked.len() as u64, sent_mark), (crawl.pages(), figures.rows_mark));
            assert_eq!(asked.iter().collect::<HashSet<_>>().len(), asked.len());
        }
    }
}

#[test]
fn behind_a_barrier_all_lists_come_before_all_details() {
    let crawl = Crawl { site: Site { lists: 20, ..books("none:").site }, ..books("none:") };
    let first_detail = |phases| {
        let asked = without_faults(&Crawl { phases, ..crawl.clone() }).asked;
        asked.iter().position(|(kind, _)| *kind == ItemKind::Detail).unwrap()
    };
    assert_eq!(first_detail(Phases::Barrier), 20);
    // Here too: a pipeline takes pages in the order in which they became known, and lists are known from the start.
    assert_eq!(first_detail(Phases::Pipelined), 20);
}

#[test]
fn with_faults_the_counts_add_up() {
    for (phases, retries) in [(Phases::Barrier, 0), (Phases::Barrier, 2), (Phases::Pipelined, 1)] {
        for base in [books("sqlite:"), films("sqlite:")] {
            let crawl = Crawl { site: Site { lists: 12, ..base.site }, phases, retries, ..base };
            let mut faults = 0;
            let run = run(begin(&crawl).unwrap(), &crawl, usize::MAX, |(kind, number), attempt| {
                let fault = match mark(&format!("{kind:?} {number} {attempt}")) % 12 {
                    0 => Fault::Status,
                    1 => Fault::Reset,
                    2 => Fault::Garbled,
                    _ => Fault::None,
                };
                faults += u64::from(fault != Fault::None);
                fault
            });
            let figures = run.figures;
            assert_eq!(figures.lists + figures.lists_failed, 12);
            assert_eq!(figures.named, figures.lists * crawl.site.catalogue.per_list());
            assert_eq!(figures.stored + figures.failed, figures.named);
            assert_eq!((figures.rows, figures.rows_mark), (figures.stored, run.sent_mark));
            assert_eq!(figures.retried + figures.lists_failed + figures.failed, faults);
            assert_eq!(figures.failures.len() as u64, faults.min(100));
            for failure in &figures.failures {
                assert!(failure.attempt >= 1 && failure.attempt <= retries + 1 && failure.url.contains("&index="));
                assert_eq!(failure.last, failure.attempt == retries + 1);
                let reasons = ["status 500", "connection reset", "no page"];
                assert!(reasons.iter().any(|reason| failure.reason.contains(reason)), "{failure:?}");
            }
        }
    }
}

#[test]
fn a_crawl_that_was_stopped_anywhere_goes_on_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for phases in [Phases::Barrier, Phases::Pipelined] {
        for (most, kind) in [(0, "sqlite"), (1, "jsonl"), (2, "sqlite"), (3, "jsonl"), (30, "sqlite"), (44, "jsonl")] {
            let store = format!("{kind}:{}", folder.path().join(format!("{most}-{}", phases.as_str())).display());
            let crawl = Crawl { phases, ..books(&store) };
            let first = run(begin(&crawl).unwrap(), &crawl, most, |_, _| Fault::None);
            assert_eq!((first.asked.len(), first.figures.rows_before), (most, 0));
            let crawl = Crawl { resume: true, ..crawl };
            let second = without_faults(&crawl);
            assert_eq!(first.asked.len() + second.asked.len(), 3 + 54, "nothing is fetched twice");
            let figures = second.figures;
            assert_eq!(figures.rows_before, first.figures.rows);
            assert_eq!(figures.rows_before_mark, first.figures.rows_mark);
            assert_eq!((figures.named, figures.stored), (54 - figures.rows_before, 54 - figures.rows_before));
            assert_eq!((figures.rows, figures.rows_mark), (54, whole_mark(&crawl)));
            // And once more, when there is nothing left.
            let third = without_faults(&crawl);
            assert_eq!((third.asked.len(), third.figures.rows, third.figures.rows_before), (0, 54, 54));
        }
    }
}

#[test]
fn a_crawl_that_is_run_twice_leaves_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["sqlite", "jsonl"] {
        let crawl = books(&format!("{kind}:{}", folder.path().join(kind).display()));
        let (first, second) = (without_faults(&crawl).figures, without_faults(&crawl).figures);
        assert_eq!((first.rows, first.rows_mark), (second.rows, second.rows_mark));
        assert_eq!((second.rows_before, second.stored), (0, 54), "it began anew");
    }
}

#[test]
fn threads_share_the_pages() {
    let crawl = Crawl { phases: Phases::Pipelined, ..books("none:") };
    let mut crawler = begin(&crawl).unwrap();
    let handler = &crawler.handler;
    let items: Vec<_> = std::thread::scope(|scope| {
        let fetch = || {
            let mut items = Vec::new();
            loop {
                match handler.next() {
                    Dealt::Page(index, url) => {
                        let body = body(&crawl, page_of(&crawl, &url));
                        items.extend(handler.hear(index, &url, Heard::Answer { status: 200, body: &body }));
                    }
                    Dealt::NotYet => std::thread::yield_now(),
                    Dealt::End => return items,
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(fetch)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    keep(&mut crawler, items);
    let figures = crawler.keeper.account().unwrap();
    assert_eq!((figures.lists, figures.stored, figures.rows_mark), (3, 54, whole_mark(&crawl)));
    assert_eq!(ids(&crawl).len(), 54);
}

#[test]
fn what_cannot_be_resumed_says_why() {
    for store in ["none:", "sqlite:", "jsonl:"] {
        let error = refusal(&Crawl { resume: true, ..books(store) });
        assert!(error.contains("sqlite:crawl.db"), "{error}");
    }
    let plain = inflight_record::Workload::new(10, 1, 0);
    let error = inflight_crawl::open(&plain, &inflight_harness::Urls::default()).err().unwrap().to_string();
    assert!(error.contains("no crawl"), "{error}");
}
