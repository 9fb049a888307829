//! Pages of the catalogue come out as they went in; what is no page says why.

use inflight_catalogue as catalogue;
use inflight_record::Token;
use inflight_record::token::HTML_END;

use super::*;

const LISTS: u64 = 3;

fn site(kind: catalogue::Kind) -> catalogue::Catalogue {
    catalogue::Catalogue::new(kind, LISTS, 7)
}

/// A body as the server sends it: the page, and the answer to check.
fn json(page: String) -> Vec<u8> {
    let mut body = (page + ",").into_bytes();
    Token(1).write_tail(&mut body);
    body
}

fn html(page: String) -> Vec<u8> {
    let mut body = page.into_bytes();
    Token(1).write_tail(&mut body);
    body.extend_from_slice(HTML_END);
    body
}

fn error(parser: &Parser, kind: ItemKind, number: u64, body: &[u8]) -> String {
    parser.read(kind, number, body).unwrap_err()
}

fn every_page_is_read(parser: &Parser, site: catalogue::Catalogue, body: fn(String) -> Vec<u8>) {
    for list in 0..LISTS {
        let owed: Vec<u64> = site.ids(list).unwrap().collect();
        let page = parser.read(ItemKind::List, list, &body(site.list(list).unwrap())).unwrap();
        assert_eq!(page, Page::List { text: serde_json::to_string(&owed).unwrap(), ids: owed.clone() });
        for id in owed {
            let page = parser.read(ItemKind::Detail, id, &body(site.detail(id).unwrap())).unwrap();
            let Page::Detail { text } = page else { panic!("{id} is a detail") };
            assert_eq!(Some(catalogue::mark(&text)), site.mark(id), "{text}");
        }
    }
}

#[test]
fn every_book_is_read_as_it_is() {
    every_page_is_read(&Parser::new(Catalogue::Books).unwrap(), site(catalogue::Kind::Books), json);
}

#[test]
fn every_film_is_read_as_it_is() {
    every_page_is_read(&Parser::new(Catalogue::Films).unwrap(), site(catalogue::Kind::Films), html);
}

#[test]
fn what_is_no_page_of_books_says_why() {
    let (parser, site) = (Parser::new(Catalogue::Books).unwrap(), site(catalogue::Kind::Books));
    let (first, second) = (site.ids(0).unwrap().next().unwrap(), site.ids(1).unwrap().next().unwrap());
    let body = json(site.detail(first).unwrap());
    assert_eq!(error(&parser, ItemKind::Detail, second, &body), format!("it is {first}, and {second} was asked for"));
    assert!(error(&parser, ItemKind::Detail, first, &body[..body.len() / 2]).starts_with("no page: "));
    assert!(error(&parser, ItemKind::List, 0, &body).contains("results"));
    assert!(error(&parser, ItemKind::Detail, first, b"").starts_with("no page: "));
    assert!(error(&parser, ItemKind::Detail, first, b"\xff\xfe").starts_with("no page: "));
    let short = br#"{"results":[{"id":1},{"id":2}],"token":"0000000000000001"}"#;
    assert_eq!(error(&parser, ItemKind::List, 0, short), "it names 2 details in place of 18");
}

#[test]
fn what_is_no_page_of_films_says_why() {
    let (parser, site) = (Parser::new(Catalogue::Films).unwrap(), site(catalogue::Kind::Films));
    let (first, second) = (site.ids(0).unwrap().next().unwrap(), site.ids(1).unwrap().next().unwrap());
    let film = site.detail(first).unwrap();
    let body = html(film.clone());
    assert_eq!(error(&parser, ItemKind::Detail, second, &body), format!("it is {first}, and {second} was asked for"));
    assert_eq!(error(&parser, ItemKind::List, 0, &body), "no page: it has no ol.films");
    let list = site.list(0).unwrap();
    assert_eq!(error(&parser, ItemKind::Detail, first, &html(list.clone())), "no page: it has no article.film");
    assert_eq!(error(&parser, ItemKind::List, 0, b"garbage"), "no page: it has no ol.films");
    assert!(error(&parser, ItemKind::List, 0, b"\xff\xfe").starts_with("no page: "));
    let elsewhere = list.replacen("/subject/", "/object/", 1);
    assert!(error(&parser, ItemKind::List, 0, &html(elsewhere)).contains("/object/"));
    let renamed = film.replacen("class=\"year\"", "class=\"when\"", 1);
    assert_eq!(error(&parser, ItemKind::Detail, first, &html(renamed)), "no page: it has no year");
    let lettered = film.replacen("class=\"votes\">", "class=\"votes\">many ", 1);
    assert!(error(&parser, ItemKind::Detail, first, &html(lettered)).starts_with("votes is \"many "));
}

#[test]
fn a_cut_list_is_no_list() {
    let (parser, site) = (Parser::new(Catalogue::Films).unwrap(), site(catalogue::Kind::Films));
    let list = site.list(0).unwrap();
    let half = error(&parser, ItemKind::List, 0, &list.as_bytes()[..list.find("</li>").unwrap()]);
    assert_eq!(half, "it names 1 details in place of 25");
}

#[test]
fn a_page_of_films_without_its_end_is_no_page_though_all_that_is_looked_for_is_there() {
    let (parser, site) = (Parser::new(Catalogue::Films).unwrap(), site(catalogue::Kind::Films));
    let id = site.ids(0).unwrap().next().unwrap();
    let film = html(site.detail(id).unwrap());
    for cut in 1..film.len() {
        error(&parser, ItemKind::Detail, id, &film[..cut]);
    }
    let list = html(site.list(0).unwrap());
    let cut = &list[..list.len() - HTML_END.len()];
    assert_eq!(error(&parser, ItemKind::List, 0, cut), "no page: it has no </html> at its end");
    parser.read(ItemKind::List, 0, &[list, b"\n".to_vec()].concat()).unwrap();
}
