//! What may go wrong in place of a page, drawn from the site's seed.

use std::hash::Hasher as _;

use inflight_record::Site;
use siphasher::sip::SipHasher13;

use crate::request::Page;

/// What an attempt gets in place of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Status 500.
    Status,
    /// Half of the page, and then a reset.
    Reset,
    /// Half of the page, and then the end.
    Truncated,
    /// Something of the page's size and with its token, and no page.
    Garbled,
}

/// The fault of an attempt at this page, before which so many came in the same batch. Nothing else has a say in it, so that
/// every model meets the same faults. Drawn with SipHash-1-3 (Aumasson and Bernstein, 2012) under the seed: the last three
/// decimal digits say whether there is one, those before them which.
pub(crate) fn drawn(site: &Site, page: Page, attempts_before: u16) -> Option<Fault> {
    let (kind, number) = match page {
        Page::List(list) => (0, list),
        Page::Detail(id) => (1, id),
    };
    let mut hasher = SipHasher13::new_with_keys(site.seed, 0);
    [kind, number, u64::from(attempts_before)].into_iter().for_each(|word| hasher.write_u64(word));
    let drawn = hasher.finish();
    let fault = match drawn / 1000 % 4 {
        0 => Fault::Status,
        1 => Fault::Reset,
        2 => Fault::Truncated,
        _ => Fault::Garbled,
    };
    (drawn % 1000 < u64::from(site.faults_per_mille)).then_some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::crawl::Catalogue;

    fn site(seed: u64, faults_per_mille: u32) -> Site {
        Site { catalogue: Catalogue::Books, lists: 100, seed, faults_per_mille }
    }

    fn faults(seed: u64, faults_per_mille: u32) -> Vec<Option<Fault>> {
        let site = site(seed, faults_per_mille);
        (0..10_000).map(|id| drawn(&site, Page::Detail(id), 0)).collect()
    }

    #[test]
    fn as_many_as_asked_for_and_all_four_alike() {
        assert!(faults(1, 0).iter().all(Option::is_none));
        let faults = faults(1, 200);
        for fault in [Fault::Status, Fault::Reset, Fault::Truncated, Fault::Garbled] {
            // 500 of 10,000, with a standard deviation of 22.
            let count = faults.iter().filter(|drawn| **drawn == Some(fault)).count();
            assert!((390..610).contains(&count), "{fault:?}: {count}");
        }
    }

    #[test]
    fn the_same_for_the_same_seed_page_and_attempt_and_else_anew() {
        assert_eq!(faults(1, 200), faults(1, 200));
        assert_ne!(faults(1, 200), faults(2, 200));
        let site = site(1, 200);
        let again = |attempt| (0..200).map(|id| drawn(&site, Page::Detail(id), attempt)).collect::<Vec<_>>();
        assert_ne!(again(0), again(1));
        assert_ne!(again(0), (0..200).map(|list| drawn(&site, Page::List(list), 0)).collect::<Vec<_>>());
    }

    #[test]
    fn more_faults_take_in_the_fewer() {
        for (few, many) in faults(1, 20).into_iter().zip(faults(1, 200)) {
            assert!(few.is_none() || few == many);
        }
    }
}
