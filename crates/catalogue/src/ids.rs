//! Ids of details: numbers that only the lists tell, and that lead back to their place.
//!
//! A place is scattered over 2^26 numbers by a Feistel network of four rounds (Luby and Rackoff, 1988) under a key from the
//! seed. It takes no table to go there or back, however many details there are.

use crate::Kind;
use crate::draw::Draw;

const HALF_BITS: u32 = 13;
const HALF: u64 = (1 << HALF_BITS) - 1;
const ROUNDS: u64 = 4;
/// How many places there are.
pub(crate) const MOST: u64 = 1 << (2 * HALF_BITS);
/// The least id.
const FIRST: u64 = 1_000_000;

/// The ids of one site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    key: u64,
}

impl Ids {
    pub(crate) fn new(kind: Kind, seed: u64) -> Self {
        let kind = match kind {
            Kind::Books => 0,
            Kind::Films => 1,
        };
        Self { key: Draw::of([u64::MAX, kind, seed]).word() }
    }

    /// The id of the detail at a place below [`MOST`].
    pub(crate) fn id(self, place: u64) -> u64 {
        let (mut left, mut right) = (place >> HALF_BITS, place & HALF);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mixed(round, right));
        }
        FIRST + (left << HALF_BITS | right)
    }

    /// The place of an id.
    pub(crate) fn place(self, id: u64) -> Option<u64> {
        let scattered = id.checked_sub(FIRST).filter(|scattered| *scattered < MOST)?;
        let (mut left, mut right) = (scattered >> HALF_BITS, scattered & HALF);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mixed(round, left), left);
        }
        Some(left << HALF_BITS | right)
    }

    fn mixed(self, round: u64, half: u64) -> u64 {
        Draw::of([self.key, round, half]).word() & HALF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_place() {
        let ids = Ids::new(Kind::Books, 1);
        for place in (0..2_000).chain(MOST - 2_000..MOST) {
            let id = ids.id(place);
            assert!((FIRST..FIRST + MOST).contains(&id));
            assert_eq!(ids.place(id), Some(place));
        }
        for id in [0, FIRST - 1, FIRST + MOST, u64::MAX] {
            assert_eq!(ids.place(id), None);
        }
    }

    #[test]
    fn ids_are_scattered_and_differ_by_kind_and_seed() {
        let first = |kind, seed| (0..100).map(move |place| Ids::new(kind, seed).id(place));
        assert!(first(Kind::Books, 1).zip(first(Kind::Books, 1).skip(1)).all(|(one, next)| one.abs_diff(next) > 1));
        assert!(first(Kind::Books, 1).zip(first(Kind::Books, 2)).any(|(one, other)| one != other));
        assert!(first(Kind::Books, 1).zip(first(Kind::Films, 1)).any(|(one, other)| one != other));
    }
}
