//! Every page of a site: the same for the same seed, whole, and telling what it should.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::collections::HashSet;

use inflight_catalogue::{Book, BookList, Catalogue, Film, Kind, mark};

const KINDS: [Kind; 2] = [Kind::Books, Kind::Films];
/// What texts are escaped with; the sign that begins them all is the last.
const ENTITIES: [(&str, &str); 5] = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// All ids of a site, in the order of its lists.
fn ids(site: Catalogue) -> Vec<u64> {
    (0..site.lists()).flat_map(|list| site.ids(list).unwrap()).collect()
}

fn books(site: Catalogue, list: u64) -> BookList {
    serde_json::from_str(&(site.list(list).unwrap() + "}")).unwrap()
}

#[test]
fn the_seed_fixes_every_byte() {
    for kind in KINDS {
        let pages = |seed| {
            let site = Catalogue::new(kind, 2, seed);
            let details = ids(site).into_iter().map(move |id| site.detail(id).unwrap());
            (0..2).map(move |list| site.list(list).unwrap()).chain(details).collect::<Vec<_>>()
        };
        assert_eq!(pages(1), pages(1));
        assert!(pages(1).iter().zip(pages(2)).all(|(one, other)| *one != other));
    }
}

#[test]
fn lists_name_every_detail_once_and_nothing_else_is_there() {
    for kind in KINDS {
        let site = Catalogue::new(kind, 40, 7);
        let ids = ids(site);
        let distinct: HashSet<u64> = ids.iter().copied().collect();
        assert_eq!((ids.len() as u64, distinct.len() as u64), (site.details(), site.details()));
        assert_eq!(site.details(), 40 * kind.per_list());
        for (place, id) in (0..).zip(&ids) {
            assert_eq!((site.place(*id), site.list_of(*id)), (Some(place), Some(place / kind.per_list())));
        }
        assert!(site.list(40).is_none() && site.ids(40).is_none());
        for foreign in [0, 17, 999_999, u64::MAX].into_iter().chain(ids.iter().map(|id| id + 1)) {
            if !distinct.contains(&foreign) {
                assert!(site.detail(foreign).is_none() && site.mark(foreign).is_none(), "{foreign}");
            }
        }
        assert_eq!(site.book(ids[0]).is_some(), kind == Kind::Books);
        assert_eq!(site.film(ids[0]).is_some(), kind == Kind::Films);
    }
}

#[test]
fn a_site_beyond_reason_is_cut_to_where_ids_stay_distinct() {
    let site = Catalogue::new(Kind::Films, u64::MAX, 1);
    assert!(site.details() <= 1 << 26 && site.details() > (1 << 26) - 25);
    let last = site.ids(site.lists() - 1).unwrap().last().unwrap();
    assert_eq!(site.place(last), Some(site.details() - 1));
}

#[test]
fn a_list_of_books_is_json_when_closed_and_agrees_with_the_books() {
    let site = Catalogue::new(Kind::Books, 3, 1);
    for list in 0..3 {
        let page = books(site, list);
        assert_eq!((page.count, page.results.len()), (54, 18));
        assert!(page.results.iter().map(|entry| entry.id).eq(site.ids(list).unwrap()));
        let offset = |list: u64| Some(format!("/api/book/?limit=18&offset={}", 18 * list));
        assert_eq!(page.next, if list == 2 { None } else { offset(list + 1) });
        assert_eq!(page.previous, if list == 0 { None } else { offset(list - 1) });
        for entry in page.results {
            let book = site.book(entry.id).unwrap();
            let told = (book.title, book.authors, book.year, book.rating, book.cover);
            assert_eq!(told, (entry.title, entry.authors, entry.year, entry.rating, entry.cover));
        }
    }
}

#[test]
fn a_book_round_trips_with_more_fields_behind_it() {
    let site = Catalogue::new(Kind::Books, 2, 1);
    for id in ids(site) {
        let page = site.detail(id).unwrap() + r#","token":"0123456789abcdef"}"#;
        let book: Book = serde_json::from_str(&page).unwrap();
        assert_eq!(Some(&book), site.book(id).as_ref());
        assert_eq!(site.mark(id), Some(mark(&serde_json::to_string(&book).unwrap())));
        let digits: Vec<u32> = book.isbn.chars().map(|digit| digit.to_digit(10).unwrap()).collect();
        let sum: u32 = digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, by)| digit * by).sum();
        assert_eq!((digits.len(), sum % 10), (13, 0), "{}", book.isbn);
        assert!((5.0..10.0).contains(&book.rating) && book.summary.len() > 300 && !book.authors.is_empty());
    }
}

#[test]
fn a_list_of_films_links_to_its_films_and_to_its_neighbours() {
    let site = Catalogue::new(Kind::Films, 3, 1);
    for list in 0..3 {
        let page = closed(&site.list(list).unwrap());
        let linked = page.split("href=\"/subject/").skip(1).map(|rest| rest.split_once("/\"").unwrap().0);
        assert!(linked.map(|id| id.parse::<u64>().unwrap()).eq(site.ids(list).unwrap()));
        let titles = texts(&page, "title").into_iter();
        assert!(titles.eq(site.ids(list).unwrap().map(|id| site.film(id).unwrap().title)));
        assert_eq!(page.matches("<li class=\"film\">").count(), 25);
        assert_eq!(page.contains(&format!("rel=\"next\" href=\"/top250?start={}\"", 25 * (list + 1))), list < 2);
        assert_eq!(page.contains("rel=\"prev\""), list > 0);
    }
}

#[test]
fn a_film_can_be_read_from_its_page() {
    let site = Catalogue::new(Kind::Films, 2, 1);
    for id in ids(site) {
        let page = closed(&site.detail(id).unwrap());
        let one = |class| {
            let mut found = texts(&page, class);
            assert_eq!(found.len(), 1, "{class}");
            found.remove(0)
        };
        let read = Film {
            id: page.split_once("data-id=\"").unwrap().1.split_once('"').unwrap().0.parse().unwrap(),
            title: one("title"),
            year: one("year").parse().unwrap(),
            rating: one("rating").parse().unwrap(),
            votes: one("votes").parse().unwrap(),
            directors: texts(&page, "director"),
            cast: texts(&page, "actor"),
            genres: texts(&page, "genre"),
            countries: texts(&page, "country"),
            minutes: one("minutes").parse().unwrap(),
            summary: one("summary"),
        };
        assert_eq!(Some(&read), site.film(id).as_ref());
        assert_eq!(site.mark(id), Some(mark(&serde_json::to_string(&read).unwrap())));
    }
}

#[test]
fn every_page_of_films_is_well_formed() {
    let site = Catalogue::new(Kind::Films, 4, 3);
    let lists = (0..4).map(|list| site.list(list).unwrap());
    for page in lists.chain(ids(site).into_iter().map(|id| site.detail(id).unwrap())) {
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && page.ends_with("id=\"proof\">{"));
        assert_well_formed(&closed(&page));
    }
}

#[test]
fn what_must_be_escaped_is_there_to_be_escaped() {
    let site = Catalogue::new(Kind::Films, 10, 1);
    let films = ids(site).into_iter().map(|id| site.film(id).unwrap());
    let text: String = films.map(|film| film.title + &film.summary).collect();
    for sign in ['&', '<', '>', '"', '\''] {
        assert!(text.contains(sign), "{sign}");
    }
    assert!(!text.is_ascii());
}

#[test]
fn marks_differ_and_so_do_sums_without_one() {
    for kind in KINDS {
        let site = Catalogue::new(kind, 40, 1);
        let marks: HashSet<u64> = ids(site).into_iter().map(|id| site.mark(id).unwrap()).collect();
        assert_eq!(marks.len() as u64, site.details());
    }
}

#[test]
fn pages_are_as_large_as_real_ones() {
    for (kind, list, detail) in [(Kind::Books, 2_000..8_000, 900..5_000), (Kind::Films, 6_000..16_000, 1_500..6_000)] {
        let site = Catalogue::new(kind, 4, 1);
        assert!((0..4).all(|it| list.contains(&site.list(it).unwrap().len())));
        assert!(ids(site).into_iter().all(|id| detail.contains(&site.detail(id).unwrap().len())));
    }
}

/// A page of films with an answer to check at its end.
fn closed(page: &str) -> String {
    format!("{page}\"token\":\"0123456789abcdef\"}}</script></body></html>")
}

/// The texts of all elements of a class, which have no elements inside.
fn texts(page: &str, class: &str) -> Vec<String> {
    let inside = |rest: &str| rest.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned();
    page.split(&format!("class=\"{class}\"")).skip(1).map(|rest| unescaped(&inside(rest))).collect()
}

fn unescaped(text: &str) -> String {
    ENTITIES.into_iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

/// Every element that is opened is closed in turn, and nothing in a text looks like markup.
fn assert_well_formed(page: &str) {
    let mut open = Vec::new();
    let mut parts = page.strip_prefix("<!DOCTYPE html>").unwrap().split('<');
    assert_eq!(parts.next(), Some("\n"));
    for part in parts {
        let (tag, text) = part.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{page}"),
            None if ["meta", "img"].contains(&name) => {}
            None => open.push(name),
        }
        assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{part}");
        let entities: usize = ENTITIES.iter().map(|(entity, _)| text.matches(entity).count()).sum();
        assert_eq!(text.matches('&').count(), entities, "{text}");
    }
    assert!(open.is_empty(), "{open:?}");
}
