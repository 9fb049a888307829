//! The site of a crawl's batch: its pages, what goes wrong with them, and the account of what was served.

use std::cell::RefCell;

use inflight_catalogue as catalogue;
use inflight_record::crawl::Catalogue;
use inflight_record::{OpenCrawl, SiteLedger};

use crate::fault::{Fault, drawn};
use crate::refusal::Refusal;
use crate::request::{Page, place_key};

/// How many lists there are for who names no batch, and their seed.
const BOOKS_BY_HAND: u64 = 100;
const FILMS_BY_HAND: u64 = 10;
const SEED_BY_HAND: u64 = 1;

/// All pages of a site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages {
    kind: Catalogue,
    pages: catalogue::Catalogue,
}

impl Pages {
    fn new(kind: Catalogue, lists: u64, seed: u64) -> Self {
        let of = match kind {
            Catalogue::Books => catalogue::Kind::Books,
            Catalogue::Films => catalogue::Kind::Films,
        };
        Self { kind, pages: catalogue::Catalogue::new(of, lists, seed) }
    }

    /// The pages for who names no batch.
    pub(crate) fn by_hand(kind: Catalogue) -> Self {
        let lists = match kind {
            Catalogue::Books => BOOKS_BY_HAND,
            Catalogue::Films => FILMS_BY_HAND,
        };
        Self::new(kind, lists, SEED_BY_HAND)
    }

    /// The number of a page among all of the site: the lists come first, then the details in their order.
    pub(crate) fn number(self, page: Page) -> Result<u64, Refusal> {
        let lists = self.pages.lists();
        match page {
            Page::List(list) if list < lists => Ok(list),
            Page::List(_) => {
                let last = lists.saturating_sub(1) * self.kind.per_list();
                Err(Refusal::NoList { lists, key: place_key(self.kind), last })
            }
            Page::Detail(id) => {
                let place = self.pages.place(id).ok_or(Refusal::NoDetail { catalogue: self.kind.as_str(), id })?;
                Ok(lists + place)
            }
        }
    }

    /// A page as far as the answer to check, and the mark of a detail; a list has none, which is 0.
    pub(crate) fn text(self, page: Page) -> Option<(String, u64)> {
        match page {
            Page::List(list) => self.pages.list(list).map(|text| (text, 0)),
            Page::Detail(id) => self.pages.detail_and_mark(id),
        }
    }
}

/// The site of one batch.
#[derive(Debug)]
pub(crate) struct Site {
    opened: OpenCrawl,
    pages: Pages,
    account: RefCell<Account>,
}

#[derive(Debug)]
struct Account {
    /// By the number of the page.
    seen: Vec<Seen>,
    ledger: SiteLedger,
}

/// What became of a page so far.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// How often it was asked for.
    asked: u16,
    /// Whether it was ever taken whole.
    taken: bool,
}

/// What the account has to know of a page that is taken whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// Its number among all of the site.
    pub(crate) number: u64,
    /// Its mark.
    pub(crate) mark: u64,
}

impl Site {
    /// The site that was opened, of which nothing was served.
    pub(crate) fn open(opened: OpenCrawl) -> Self {
        let site = opened.site;
        let count = usize::try_from(site.lists + site.details()).unwrap_or(usize::MAX);
        Self {
            opened,
            pages: Pages::new(site.catalogue, site.lists, site.seed),
            account: RefCell::new(Account { seen: vec![Seen::default(); count], ledger: SiteLedger::default() }),
        }
    }

    /// Its pages, and for how long each is held in nanoseconds, if they are of this catalogue.
    pub(crate) fn offer(&self, asked: Catalogue) -> Result<(Pages, u64), Refusal> {
        let offered = self.opened.site.catalogue;
        if asked == offered {
            Ok((self.pages, self.opened.delay_ns))
        } else {
            Err(Refusal::OtherCatalogue { offered: offered.as_str(), asked: asked.as_str() })
        }
    }

    /// An attempt at a page arrives; gives the fault that it gets, if it gets one.
    pub(crate) fn attempt(&self, number: u64, page: Page) -> Option<Fault> {
        let mut account = self.account.borrow_mut();
        let seen = account.seen.get_mut(usize::try_from(number).ok()?)?;
        let before = seen.asked;
        seen.asked = before.saturating_add(1);
        drawn(&self.opened.site, page, before)
    }

    /// The last byte of a page was taken by the connection's writer.
    pub(crate) fn taken(&self, page: Taken) {
        let Account { seen, ledger } = &mut *self.account.borrow_mut();
        let seen = usize::try_from(page.number).ok().and_then(|number| seen.get_mut(number));
        let Some(seen) = seen.filter(|seen| !seen.taken) else { return };
        seen.taken = true;
        if page.number < self.opened.site.lists {
            ledger.lists += 1;
        } else {
            ledger.details += 1;
            ledger.details_mark = ledger.details_mark.wrapping_add(page.mark);
        }
    }

    /// A fault is about to be written.
    pub(crate) fn faulted(&self, fault: Fault) {
        let ledger = &mut self.account.borrow_mut().ledger;
        *match fault {
            Fault::Status => &mut ledger.faults_status,
            Fault::Reset => &mut ledger.faults_reset,
            Fault::Truncated => &mut ledger.faults_truncated,
            Fault::Garbled => &mut ledger.faults_garbled,
        } += 1;
    }

    /// The account as it stands.
    pub(crate) fn ledger(&self) -> SiteLedger {
        self.account.borrow().ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let site = inflight_record::Site { catalogue: Catalogue::Films, lists: 2, seed: 1, faults_per_mille: 0 };
        Site::open(OpenCrawl { site, delay_ns: 50 })
    }

    #[test]
    fn pages_are_numbered_lists_first() {
        let (pages, delay_ns) = site().offer(Catalogue::Films).unwrap();
        assert_eq!(delay_ns, 50);
        assert_eq!((pages.number(Page::List(0)), pages.number(Page::List(1))), (Ok(0), Ok(1)));
        assert_eq!(pages.number(Page::List(2)), Err(Refusal::NoList { lists: 2, key: "start", last: 25 }));
        let ids = (0..2).flat_map(|list| pages.pages.ids(list).unwrap());
        assert!(ids.map(|id| pages.number(Page::Detail(id)).unwrap()).eq(2..52));
        assert_eq!(pages.number(Page::Detail(0)), Err(Refusal::NoDetail { catalogue: "films", id: 0 }));
        assert!(matches!(site().offer(Catalogue::Books), Err(Refusal::OtherCatalogue { .. })));
    }

    #[test]
    fn each_page_counts_once_however_often_it_is_taken() {
        let site = site();
        for (number, mark) in [(0, 0), (1, 0), (0, 0), (2, u64::MAX), (51, 3), (2, u64::MAX)] {
            site.taken(Taken { number, mark });
        }
        [Fault::Garbled, Fault::Reset, Fault::Garbled].into_iter().for_each(|fault| site.faulted(fault));
        let expected = SiteLedger {
            lists: 2,
            details: 2,
            details_mark: 2,
            faults_reset: 1,
            faults_garbled: 2,
            ..SiteLedger::default()
        };
        assert_eq!(site.ledger(), expected);
    }
}
