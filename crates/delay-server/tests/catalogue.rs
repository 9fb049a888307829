//! The catalogue, as a client sees it, and what the ledger says of a crawl.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use common::h2::Streams;
use common::{Client, PATIENCE, key, start};
use inflight_catalogue as catalogue;
use inflight_catalogue::{BookList, Kind};
use inflight_delay_server::DelayServer;
use inflight_record::crawl::Catalogue;
use inflight_record::delay::asked_mark;
use inflight_record::token::HTML_END;
use inflight_record::{Ledger, Site, SiteLedger, Token};

const MS: u64 = 1_000_000;
const BOOKS: Site = Site { catalogue: Catalogue::Books, lists: 3, seed: 5, faults_per_mille: 0 };
const FILMS: Site = Site { catalogue: Catalogue::Films, lists: 2, seed: 5, faults_per_mille: 0 };

/// What a site has to serve.
fn pages(site: Site) -> catalogue::Catalogue {
    let kind = match site.catalogue {
        Catalogue::Books => Kind::Books,
        Catalogue::Films => Kind::Films,
    };
    catalogue::Catalogue::new(kind, site.lists, site.seed)
}

/// The paths of all pages of a site, lists first, as far as the query that names batch and index.
fn paths(site: Site) -> Vec<String> {
    let per_list = site.catalogue.per_list();
    let lists = (0..site.lists).map(|list| list * per_list).map(|place| match site.catalogue {
        Catalogue::Books => format!("/api/book/?limit=18&offset={place}&"),
        Catalogue::Films => format!("/top250?start={place}&"),
    });
    let ids = (0..site.lists).flat_map(|list| pages(site).ids(list).unwrap());
    let details = ids.map(|id| match site.catalogue {
        Catalogue::Books => format!("/api/book/{id}?"),
        Catalogue::Films => format!("/subject/{id}/?"),
    });
    lists.chain(details).collect()
}

/// The texts of all pages of a site in the same order, each as it must be served in a batch that asks for them in turn.
fn texts(site: Site, batch: u64) -> Vec<Vec<u8>> {
    let ids = (0..site.lists).flat_map(|list| pages(site).ids(list).unwrap());
    let lists = (0..site.lists).map(|list| pages(site).list(list).unwrap());
    let texts = lists.chain(ids.map(|id| pages(site).detail(id).unwrap()));
    let end = |(index, text): (u64, String)| {
        let mut body = text.into_bytes();
        let token = key().token(batch, index);
        match site.catalogue {
            Catalogue::Books => {
                body.push(b',');
                token.write_tail(&mut body);
            }
            Catalogue::Films => {
                token.write_tail(&mut body);
                body.extend_from_slice(HTML_END);
            }
        }
        body
    };
    (0..).zip(texts).map(end).collect()
}

fn marks(site: Site) -> u64 {
    let ids = (0..site.lists).flat_map(|list| pages(site).ids(list).unwrap());
    ids.map(|id| pages(site).mark(id).unwrap()).fold(0, u64::wrapping_add)
}

#[test]
fn every_page_is_held_and_served_as_the_catalogue_has_it() {
    let server = start();
    let mut client = Client::connect(server.addr());
    for (batch, site, media) in [(7, BOOKS, "application/json"), (8, FILMS, "text/html; charset=utf-8")] {
        client.open_crawl(batch, 1_000, site, MS);
        for (index, (path, text)) in (0..).zip(paths(site).into_iter().zip(texts(site, batch))) {
            let answer = client.get(&format!("{path}batch={batch}&index={index}"));
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(media)), "{path}");
            assert!(answer.hold_ns() >= MS && answer.body == text, "{path}");
            assert_eq!(Token::from_body(&answer.body), Some(key().token(batch, index)));
        }
        let served = texts(site, batch);
        let ledger = client.ledger_when(batch, |ledger| ledger.completed == served.len() as u64);
        let mark = (0..served.len() as u64).fold(0_u64, |sum, index| sum.wrapping_add(asked_mark(index, MS)));
        let expected = Ledger {
            batch,
            requests: served.len() as u64,
            completed: served.len() as u64,
            bytes: served.iter().map(|text| text.len() as u64).sum(),
            peak_in_flight: 1,
            peak_served: 1,
            connections: 1,
            asked_mark: mark,
            crawl: Some(SiteLedger {
                lists: site.lists,
                details: site.details(),
                details_mark: marks(site),
                ..SiteLedger::default()
            }),
            ..ledger.clone()
        };
        assert_eq!(ledger, expected);
        assert_eq!((ledger.aborted, ledger.missing, ledger.doubled, ledger.misplaced), (0, 0, 0, 0));
        assert_eq!((ledger.quiet_sum_ns, ledger.quiet_longest_ns), (0, 0), "nothing is owed");
    }
}

#[test]
fn without_a_batch_there_is_a_site_to_look_at() {
    let server = start();
    let mut client = Client::connect(server.addr());
    let answer = client.get("/api/book/");
    assert_eq!(Token::from_body(&answer.body), Some(key().token(0, 0)));
    let list: BookList = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((list.count, list.results.len(), list.previous), (1_800, 18, None));
    assert_eq!(client.get(&list.next.unwrap()).json()["previous"], "/api/book/?limit=18&offset=0");
    let book = client.get(&format!("/api/book/{}?index=4", list.results[3].id));
    assert_eq!(book.json()["title"], list.results[3].title.as_str());
    assert_eq!(Token::from_body(&book.body), Some(key().token(0, 4)));
    let last = client.get("/top250?start=225");
    assert!(String::from_utf8(last.body).unwrap().contains("The best films: 226 to 250"));
    assert_eq!(client.get("/top250?start=250").status, 404);
    let overview = client.get("/ledger").json();
    assert_eq!(overview["unnamed"], serde_json::json!({ "requests": 4, "completed": 4, "aborted": 0 }));
    assert_eq!(overview["refused"], 1);
}

#[test]
fn refusals_have_a_status_and_say_what_would_be_right() {
    let server = start();
    let mut client = Client::connect(server.addr());
    client.open_crawl(7, 100, BOOKS, 0);
    client.open_crawl(8, 100, FILMS, 0);
    client.open(9, 100, 10);
    for (path, status, says) in [
        ("/api/book/?limit=20&offset=0&batch=7&index=0", 400, "limit must be 18"),
        ("/api/book/?limit=18&offset=17&batch=7&index=0", 400, "offset must be a multiple of 18"),
        ("/api/book/?limit=18&offset=54&batch=7&index=0", 404, "there are 3, and the last is at offset=36"),
        ("/api/book/?limit=18&offset=x&batch=7&index=0", 400, "offset must be a whole number"),
        ("/api/book/?page=2", 400, "limit, offset, batch and index"),
        ("/api/book/17?batch=7&index=0", 404, "no detail of the books has the id 17"),
        ("/api/book/first?batch=7&index=0", 400, "an id is a whole number"),
        ("/top250?start=50&batch=8&index=0", 404, "there are 2, and the last is at start=25"),
        ("/top250?start=18&batch=8&index=0", 400, "start must be a multiple of 25"),
        ("/subject/17/?batch=8&index=0", 404, "no detail of the films has the id 17"),
        ("/subject/17?batch=8&index=0", 404, "/subject/{id}/"),
        ("/top250?batch=7&index=0", 404, "has books and no films"),
        ("/api/book/?batch=8&index=0", 404, "has films and no books"),
        ("/top250?batch=8", 400, "must name its index too"),
        ("/top250?batch=8&index=100", 400, "below the 100 requests of batch 8"),
        ("/top250?batch=10&index=0", 404, "batch 10 is not open"),
        ("/top250?batch=9&index=0", 400, "batch 9 is no crawl"),
        ("/delay/0?batch=7&index=0", 400, "batch 7 is a crawl"),
    ] {
        let answer = client.get(path);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{path}: {error}");
        assert!(error.contains(says), "{path}: {error}");
    }
    assert_eq!(client.ask("POST", "/top250", "").status, 405);
    for batch in [7, 8, 9] {
        let ledger = client.ledger(batch);
        assert_eq!((ledger.requests, ledger.connections), (0, 0), "a refused request arrived at no batch");
        assert_eq!(ledger.crawl, (batch != 9).then(SiteLedger::default));
    }
    for (crawl, says) in [
        (r#"{"site":{"catalogue":"books","lists":0,"seed":1},"delay_ns":0}"#, "lists of a crawl must be 1 to 100000"),
        (r#"{"site":{"catalogue":"songs","lists":1,"seed":1},"delay_ns":0}"#, "unknown variant `songs`"),
    ] {
        let owed = format!(r#"{{"batch":11,"requests":9,"slots":1,"crawl":{crawl}}}"#);
        let answer = client.ask("POST", "/ledger", &owed);
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains(says));
    }
}

#[test]
fn a_page_counts_once_and_only_when_it_is_taken_whole() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open_crawl(7, 100, BOOKS, 60_000 * MS);
    driver.open_crawl(8, 100, BOOKS, 0);
    let path = paths(BOOKS).pop().unwrap();
    for (index, begun) in [(0, 1), (1, 2)] {
        let mut client = Client::connect(server.addr());
        client.send("GET", &format!("{path}batch=7&index={index}"), "");
        driver.ledger_when(7, |ledger| ledger.requests == begun);
    }
    let ledger = driver.ledger_when(7, |ledger| ledger.aborted == 2);
    assert_eq!((ledger.completed, ledger.crawl), (0, Some(SiteLedger::default())));
    for index in [0, 1, 1] {
        assert_eq!(driver.get(&format!("{path}batch=8&index={index}")).status, 200);
    }
    let ledger = driver.ledger_when(8, |ledger| ledger.completed == 3);
    let id = pages(BOOKS).ids(2).unwrap().last().unwrap();
    let once = SiteLedger { details: 1, details_mark: pages(BOOKS).mark(id).unwrap(), ..SiteLedger::default() };
    assert_eq!((ledger.doubled, ledger.crawl), (1, Some(once)));
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Got {
    Page,
    Status,
    Reset,
    Truncated,
    Garbled,
}

/// What a whole body is.
fn judge(body: &[u8], token: Token) -> Got {
    if body.starts_with(b"{\"error\":") {
        return Got::Status;
    }
    assert_eq!(Token::from_body(body), Some(token));
    let is_page = serde_json::from_slice::<serde_json::Value>(body).is_ok() || body.starts_with(b"<!DOCTYPE html>");
    if is_page { Got::Page } else { Got::Garbled }
}

/// One attempt over a connection of its own.
fn attempt(server: &DelayServer, path: &str, batch: u64, index: u64) -> Got {
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET {path}batch={batch}&index={index} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let body = answer.split_off(head + 4);
    let head = String::from_utf8(answer).unwrap();
    let promised: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    assert!(head.contains("server-timing: hold;dur="), "{head}");
    if let Err(error) = read {
        assert_eq!((error.kind(), body.len()), (ErrorKind::ConnectionReset, promised / 2));
        return Got::Reset;
    }
    if body.len() < promised {
        assert_eq!(body.len(), promised / 2);
        return Got::Truncated;
    }
    let got = judge(&body, key().token(batch, index));
    assert_eq!(head.starts_with("HTTP/1.1 500 "), got == Got::Status, "{head}");
    got
}

fn count(got: &[Got]) -> BTreeMap<Got, u64> {
    got.iter().fold(BTreeMap::new(), |mut counts, got| {
        *counts.entry(*got).or_default() += 1;
        counts
    })
}

/// The counts that the ledger of a crawl must have.
fn assert_counted(ledger: &Ledger, got: &[Got]) {
    let counts = count(got);
    let counted = |got: Got| counts.get(&got).copied().unwrap_or(0);
    let crawl = ledger.crawl.unwrap();
    assert_eq!(crawl.faults_status, counted(Got::Status));
    assert_eq!(crawl.faults_reset, counted(Got::Reset));
    assert_eq!(crawl.faults_truncated, counted(Got::Truncated));
    assert_eq!(crawl.faults_garbled, counted(Got::Garbled));
    assert_eq!((ledger.requests, ledger.completed), (got.len() as u64, counted(Got::Page)));
    assert_eq!(ledger.completed + crawl.faults(), ledger.requests);
}

#[test]
fn faults_are_the_same_for_the_same_seed_and_drawn_anew_for_each_attempt() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    for site in [BOOKS, FILMS] {
        let site = Site { lists: 5, faults_per_mille: 500, ..site };
        let paths = paths(site);
        let mut crawl = |batch, seed, backwards: bool| {
            driver.open_crawl(batch, 1_000, Site { seed, ..site }, 0);
            let mut order: Vec<usize> = (0..paths.len()).collect();
            if backwards {
                order.reverse();
            }
            // Ids are the seed's: another seed has other pages, of which the lists are asked for only.
            order.retain(|page| seed == site.seed || *page < 5);
            let mut got: Vec<(usize, Got)> =
                (0..).zip(order).map(|(index, page)| (page, attempt(&server, &paths[page], batch, index))).collect();
            got.sort_unstable();
            let got: Vec<Got> = got.into_iter().map(|(_, got)| got).collect();
            let ledger = driver
                .ledger_when(batch, |ledger| ledger.completed + ledger.crawl.unwrap().faults() == got.len() as u64);
            assert_counted(&ledger, &got);
            got
        };
        let batch = if site.catalogue == Catalogue::Books { 10 } else { 20 };
        let first = crawl(batch, site.seed, false);
        assert_eq!(count(&first).len(), 5, "all kinds of faults, and pages: {first:?}");
        assert_eq!(crawl(batch + 1, site.seed, true), first, "whatever the order");
        let others: Vec<Vec<Got>> = (1..=4).map(|seed| crawl(batch + 1 + seed, 100 + seed, false)).collect();
        assert!(others.iter().any(|other| *other != first[..5]));

        // What failed is asked for again.
        let failed = first.iter().position(|got| *got != Got::Page).unwrap();
        let again: Vec<Got> = (0..20).map(|index| attempt(&server, &paths[failed], batch, 500 + index)).collect();
        assert!(again.contains(&Got::Page), "{again:?}");
        assert!(again.iter().any(|got| *got != Got::Page), "{again:?}");
    }
}

#[test]
fn without_faults_nothing_fails_and_with_them_all_are_held() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    driver.open_crawl(7, 100, BOOKS, 0);
    let got: Vec<Got> = (0..).zip(paths(BOOKS)).map(|(index, path)| attempt(&server, &path, 7, index)).collect();
    assert_eq!(count(&got), BTreeMap::from([(Got::Page, 57)]));
    driver.open_crawl(8, 100, Site { faults_per_mille: 500, ..BOOKS }, MS);
    for (index, path) in (0..).zip(paths(BOOKS)) {
        attempt(&server, &path, 8, index);
    }
    let ledger = driver.ledger_when(8, |ledger| ledger.completed + ledger.crawl.unwrap().faults() == 57);
    assert!(ledger.held_sum_ns >= 57 * MS && ledger.crawl.unwrap().faults() > 0, "{ledger:?}");
}

#[test]
fn over_http2_a_fault_ends_its_stream_and_its_connection_goes_on() {
    let server = start();
    let mut driver = Client::connect(server.addr());
    let site = Site { lists: 5, faults_per_mille: 500, ..BOOKS };
    driver.open_crawl(7, 1_000, site, 0);
    let paths = paths(site);
    let mut client = Streams::connect(server.addr(), 1 << 20);
    let mut streamed = Vec::new();
    for (index, path) in (0..).zip(&paths) {
        let stream = client.ask("GET", &format!("{path}batch=7&index={index}"), "");
        let answer = client.answer(stream);
        streamed.push(match (answer.reset, Token::from_body(&answer.body)) {
            (true, _) => Got::Reset,
            (false, None) if !answer.body.starts_with(b"{\"error\":") => Got::Truncated,
            _ => judge(&answer.body, key().token(7, index)),
        });
    }
    let all = streamed.len() as u64;
    let ledger = driver.ledger_when(7, |ledger| ledger.completed + ledger.crawl.unwrap().faults() == all);
    assert_counted(&ledger, &streamed);
    assert_eq!((ledger.streams, ledger.connections), (all, 1));
    driver.open_crawl(8, 1_000, site, 0);
    let old: Vec<Got> = (0..).zip(&paths).map(|(index, path)| attempt(&server, path, 8, index)).collect();
    assert_eq!(streamed, old, "the same faults as over HTTP/1.1");
}
