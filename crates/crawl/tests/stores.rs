//! The same tests against every store that is there; `servers` says which, and what the others need.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;
mod servers;

use common::{begin, books, ids, keep, pages, refusal, whole_mark};
use inflight_catalogue::mark;
use inflight_crawl::try_store;
use inflight_harness::feed::{Crawler, Dealt, Item, ItemKind};
use inflight_record::crawl::Catalogue;
use inflight_record::{Crawl, CrawlFigures, Site};
use servers::{Place, places};

/// A list of the site, or one of its details, as the handler makes it of a page.
fn list(crawl: &Crawl, number: u64) -> Item {
    let ids: Vec<u64> = pages(crawl).ids(number).unwrap().collect();
    Item { kind: ItemKind::List, id: number, text: serde_json::to_string(&ids).unwrap() }
}

fn detail(crawl: &Crawl, id: u64) -> Item {
    let text = match crawl.site.catalogue {
        Catalogue::Books => serde_json::to_string(&pages(crawl).book(id).unwrap()).unwrap(),
        Catalogue::Films => serde_json::to_string(&pages(crawl).film(id).unwrap()).unwrap(),
    };
    Item { kind: ItemKind::Detail, id, text }
}

/// All that a crawl of the site stores.
fn everything(crawl: &Crawl) -> Vec<Item> {
    let lists = (0..crawl.site.lists).map(|number| list(crawl, number));
    lists.chain(ids(crawl).into_iter().map(|id| detail(crawl, id))).collect()
}

/// Crawls from the first to the last, with these items in between.
fn crawl_with(crawl: &Crawl, items: Vec<Item>) -> CrawlFigures {
    let mut crawler = begin(crawl).unwrap();
    keep(&mut crawler, items);
    crawler.keeper.account().unwrap()
}

/// The pages that would be fetched first: all lists, or what the frontier knows beyond them.
fn dealt(crawler: &Crawler) -> Vec<String> {
    std::iter::from_fn(|| match crawler.handler.next() {
        Dealt::Page(_, url) => Some(url),
        _ => None,
    })
    .collect()
}

fn on_every_store(test: impl Fn(&Place, Crawl)) {
    for place in places() {
        test(&place, books(&place.store));
    }
}

#[test]
fn what_is_stored_is_read_back() {
    on_every_store(|place, crawl| {
        let figures = crawl_with(&crawl, everything(&crawl));
        assert_eq!((figures.stored, figures.rows, figures.rows_mark), (54, 54, whole_mark(&crawl)), "{}", place.store);
        assert_eq!(figures.rows_before, 0);
    });
}

#[test]
fn what_is_written_twice_is_there_once() {
    on_every_store(|place, crawl| {
        let mut items = everything(&crawl);
        items.extend(everything(&crawl));
        items.extend(everything(&crawl));
        let figures = crawl_with(&crawl, items);
        assert_eq!((figures.rows, figures.rows_mark), (54, whole_mark(&crawl)), "{}", place.store);
    });
}

#[test]
fn an_upsert_takes_the_place_of_what_was_there() {
    on_every_store(|place, crawl| {
        let item = |text: &str| Item { kind: ItemKind::Detail, id: 7, text: text.to_owned() };
        let texts = ["{\"id\":7,\"title\":\"old\"}", "{\"id\":7,\"title\":\"Neu: »ß« \\\"\\n, 'x'\"}"];
        // In one batch, and in two.
        assert_eq!(crawl_with(&crawl, texts.map(item).into()).rows_mark, mark(texts[1]), "{}", place.store);
        crawl_with(&crawl, vec![item(texts[0])]);
        let resumed = Crawl { resume: true, ..crawl };
        let figures = crawl_with(&resumed, vec![item(texts[1])]);
        assert_eq!((figures.rows_before, figures.rows_before_mark), (1, mark(texts[0])));
        assert_eq!((figures.rows, figures.rows_mark), (1, mark(texts[1])));
    });
}

#[test]
fn a_crawl_that_begins_anew_finds_nothing() {
    on_every_store(|place, crawl| {
        crawl_with(&crawl, everything(&crawl));
        let figures = crawl_with(&crawl, vec![]);
        assert_eq!((figures.rows_before, figures.rows, figures.rows_mark), (0, 0, 0), "{}", place.store);
        let lists = dealt(&begin(&Crawl { resume: true, ..crawl }).unwrap());
        assert_eq!(lists.len(), 3, "nor lists: {lists:?}");
    });
}

#[test]
fn a_crawl_that_goes_on_sees_what_is_there() {
    on_every_store(|place, crawl| {
        // Two lists of three, and the second half of the details.
        let items = everything(&crawl).into_iter().filter(|item| match item.kind {
            ItemKind::List => item.id != 1,
            ItemKind::Detail => ids(&crawl)[27..].contains(&item.id),
        });
        let before = crawl_with(&crawl, items.collect());
        assert_eq!(before.rows, 27);
        let resumed = Crawl { resume: true, ..crawl };
        let mut crawler = begin(&resumed).unwrap();
        let missing = dealt(&crawler);
        assert_eq!(missing.len(), 1, "the details wait for the list: {}", place.store);
        assert!(missing[0].contains("offset=18&"), "{missing:?}");
        keep(&mut crawler, everything(&resumed));
        let figures = crawler.keeper.account().unwrap();
        assert_eq!((figures.rows_before, figures.rows_before_mark), (27, before.rows_mark));
        assert_eq!(figures.named, 18, "those of the first list; the third's are there");
        assert_eq!((figures.rows, figures.rows_mark), (54, whole_mark(&resumed)));
    });
}

#[test]
fn more_rows_than_any_command_or_batch_holds() {
    on_every_store(|place, crawl| {
        let crawl = Crawl { site: Site { lists: 70, ..crawl.site }, ..crawl };
        let figures = crawl_with(&crawl, everything(&crawl));
        assert_eq!((figures.rows, figures.rows_mark), (1_260, whole_mark(&crawl)), "{}", place.store);
        // Half of them are there already, half of them are not.
        let half = everything(&crawl).into_iter().skip(70 + 630).collect();
        crawl_with(&crawl, half);
        let figures = crawl_with(&Crawl { resume: true, ..crawl.clone() }, everything(&crawl));
        assert_eq!((figures.rows_before, figures.rows, figures.rows_mark), (630, 1_260, whole_mark(&crawl)));
    });
}

#[test]
fn a_store_that_is_tried_keeps_what_it_holds() {
    on_every_store(|place, crawl| {
        try_store(&crawl).unwrap();
        crawl_with(&crawl, everything(&crawl));
        let other = Crawl { site: Site { seed: 12, ..crawl.site }, ..crawl.clone() };
        let resumed = Crawl { resume: true, ..crawl.clone() };
        for fine in [&crawl, &other, &resumed] {
            try_store(fine).unwrap();
        }
        let error = try_store(&Crawl { resume: true, ..other.clone() }).unwrap_err().to_string();
        assert!(error.contains("seed 12 is to be resumed"), "{}: {error}", place.store);
        let figures = crawl_with(&resumed, vec![]);
        assert_eq!((figures.rows, figures.rows_mark), (54, whole_mark(&crawl)), "{}", place.store);
    });
}

#[test]
fn another_site_is_not_gone_on_with() {
    on_every_store(|place, crawl| {
        crawl_with(&crawl, everything(&crawl));
        let other = Crawl { site: Site { seed: 12, ..crawl.site }, ..crawl.clone() };
        let error = refusal(&Crawl { resume: true, ..other.clone() });
        let right = "holds books of 3 lists, seed 11, and books of 3 lists, seed 12 is to be resumed";
        assert!(error.contains(right), "{}: {error}", place.store);
        assert_eq!(crawl_with(&Crawl { resume: true, ..crawl }, vec![]).rows, 54, "it was left as it was");
        assert_eq!(crawl_with(&other, vec![]).rows, 0, "begun anew, it is emptied");
    });
}

#[test]
fn books_and_films_have_tables_of_their_own() {
    on_every_store(|place, crawl| {
        // A file of lines is of one site.
        if place.kind() == "jsonl" {
            return;
        }
        let films = Crawl { site: Site { catalogue: Catalogue::Films, ..crawl.site }, ..crawl.clone() };
        crawl_with(&crawl, everything(&crawl));
        let figures = crawl_with(&films, everything(&films));
        assert_eq!((figures.rows, figures.rows_mark), (75, whole_mark(&films)), "{}", place.store);
        let figures = crawl_with(&Crawl { resume: true, ..crawl.clone() }, vec![]);
        assert_eq!((figures.rows, figures.rows_mark), (54, whole_mark(&crawl)));
    });
}

#[test]
fn a_file_that_is_not_a_crawls_own_is_left_alone() {
    on_every_store(|place, crawl| {
        let Some(file) = place.file() else { return };
        std::fs::write(file, "dear diary\n").unwrap();
        foreign(&crawl);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "dear diary\n");
        if place.kind() == "sqlite" {
            std::fs::remove_file(file).unwrap();
            let diary = rusqlite::Connection::open(file).unwrap();
            diary.execute_batch("CREATE TABLE inflight_books_details (id, text); CREATE TABLE diary (day)").unwrap();
            drop(diary);
            let before = std::fs::read(file).unwrap();
            foreign(&crawl);
            assert_eq!(std::fs::read(file).unwrap(), before);
        }
    });
}

/// Whether it goes on or begins anew: the store is refused.
fn foreign(crawl: &Crawl) {
    for resume in [false, true] {
        let error = refusal(&Crawl { resume, ..crawl.clone() });
        assert!(error.contains("is not a crawl's own") && error.contains("left as it was"), "{error}");
    }
}

#[test]
fn a_store_that_is_not_there_is_said_before_anything_starts() {
    for store in ["sqlite:/nowhere/at/all/rows.db", "jsonl:/nowhere/at/all/rows"] {
        let error = refusal(&books(store));
        assert!(error.starts_with(store), "{error}");
    }
    assert!(refusal(&books("postgres://127.0.0.1/books")).contains("sqlite:PATH"));
    // A port on which nobody listens: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (kind, store) in [("redis", format!("redis://{free}")), ("mongodb", format!("mongodb://{free}/inflight"))] {
        let error = refusal(&books(&store));
        let built_in = inflight_crawl::kinds().any(|built_in| built_in == kind);
        let right = if built_in { "does not answer".to_owned() } else { format!("--features {kind}") };
        assert!(error.contains(&right), "{error}");
    }
}

#[cfg(feature = "redis")]
mod redis {
    //! What only a Redis of the tests' own can go through.

    use nix::sys::signal::Signal;

    use super::servers::Server;
    use super::*;

    fn ask<T: ::redis::FromRedisValue>(server: &Server, command: &[&str]) -> T {
        let client = ::redis::Client::open(format!("redis://{}/3", server.address)).unwrap();
        let mut asked = ::redis::cmd(command[0]);
        asked.arg(&command[1..]).query(&mut client.get_connection().unwrap()).unwrap()
    }

    fn crawl(server: &Server) -> Crawl {
        books(&format!("redis://{}/3", server.address))
    }

    #[test]
    fn one_that_stops_answering_for_two_seconds_loses_and_doubles_nothing() {
        let Some(server) = Server::redis() else { return };
        let crawl = crawl(&server);
        let mut crawler = begin(&crawl).unwrap();
        let (sender, receiver) = async_channel::bounded(8);
        let keeper = &mut crawler.keeper;
        std::thread::scope(|scope| {
            let keeping = scope.spawn(move || keeper.keep(&receiver));
            for (number, item) in everything(&crawl).into_iter().enumerate() {
                if number == 20 {
                    server.signal(Signal::SIGSTOP);
                    scope.spawn(|| {
                        std::thread::sleep(std::time::Duration::from_secs(2));
                        server.signal(Signal::SIGCONT);
                    });
                }
                sender.send_blocking(item).unwrap();
            }
            drop(sender);
            keeping.join().unwrap().unwrap();
        });
        let figures = crawler.keeper.account().unwrap();
        assert_eq!((figures.stored, figures.rows, figures.rows_mark), (54, 54, whole_mark(&crawl)));
    }

    #[test]
    fn one_that_closes_its_connections_is_connected_to_again() {
        let Some(server) = Server::redis() else { return };
        let crawl = crawl(&server);
        let mut crawler = begin(&crawl).unwrap();
        for items in everything(&crawl).chunks(10) {
            let closed: u64 = ask(&server, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            assert!(closed >= 1, "the keeper's, and maybe those that asked before");
            keep(&mut crawler, items.to_vec());
        }
        let figures = crawler.keeper.account().unwrap();
        assert_eq!((figures.stored, figures.rows, figures.rows_mark), (54, 54, whole_mark(&crawl)));
    }

    #[test]
    fn one_that_is_full_says_so() {
        let Some(server) = Server::redis() else { return };
        let crawl = crawl(&server);
        let mut crawler = begin(&crawl).unwrap();
        let () = ask(&server, &["CONFIG", "SET", "maxmemory", "1"]);
        let (sender, receiver) = async_channel::unbounded();
        sender.try_send(list(&crawl, 0)).unwrap();
        let error = crawler.keeper.keep(&receiver).unwrap_err().to_string();
        assert!(error.contains("is full") && error.contains("make room"), "{error}");
    }

    #[test]
    fn keys_that_are_not_a_crawls_own_are_left_alone() {
        let Some(server) = Server::redis() else { return };
        let () = ask(&server, &["SET", "someone:else", "x"]);
        for (command, key) in [
            (&["SET", "inflight:books", "dear diary"][..], "inflight:books"),
            (&["SET", "inflight:books:details", "dear diary"][..], "inflight:books:details"),
            (&["HSET", "inflight:books:lists", "1", "dear diary"][..], "inflight:books:lists"),
            (&["RPUSH", "inflight:books", "dear diary"][..], "inflight:books"),
        ] {
            let _: ::redis::Value = ask(&server, command);
            let before: String = ask(&server, &["TYPE", key]);
            foreign(&crawl(&server));
            assert_eq!(ask::<String>(&server, &["TYPE", key]), before);
            assert_eq!(ask::<u64>(&server, &["DEL", key]), 1);
        }
        crawl_with(&crawl(&server), vec![]);
        assert_eq!(ask::<String>(&server, &["GET", "someone:else"]), "x");
    }
}

#[cfg(feature = "mongodb")]
mod mongodb {
    //! What is asked of a `MongoDB` server itself.

    use ::mongodb::Client;
    use ::mongodb::bson::{Document, doc};

    use super::servers::ask_mongodb;
    use super::*;

    #[test]
    fn collections_that_are_not_a_crawls_own_are_left_alone() {
        on_every_store(|place, crawl| {
            if place.kind() != "mongodb" {
                return;
            }
            let (server, database) = place.store.rsplit_once('/').unwrap();
            for name in ["inflight_books", "inflight_books_details", "inflight_books_lists"] {
                ask_mongodb(async {
                    let database = Client::with_uri_str(server).await.unwrap().database(database);
                    let diary = database.collection::<Document>(name);
                    diary.insert_one(doc! { "_id": "1", "text": "dear diary" }).await.unwrap();
                });
                foreign(&crawl);
                ask_mongodb(async {
                    let database = Client::with_uri_str(server).await.unwrap().database(database);
                    let diary = database.collection::<Document>(name);
                    assert_eq!(diary.count_documents(doc! {}).await.unwrap(), 1);
                    diary.drop().await.unwrap();
                });
            }
        });
    }
}
