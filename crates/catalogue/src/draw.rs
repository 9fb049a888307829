//! Numbers and words drawn from a seed: Vigna's `SplitMix64`, which is small and the same on every machine.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of draws.
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The draws that belong to these three words, and to no others.
    pub(crate) fn of(words: [u64; 3]) -> Self {
        Self(words.into_iter().fold(0, |state, word| scatter((state ^ word).wrapping_add(STEP))))
    }

    /// 64 bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scatter(self.0)
    }

    /// A number from `low` to `high`.
    pub(crate) fn within(&mut self, low: u32, high: u32) -> u32 {
        // What is left of a division by at most 2^32 fits.
        low + u32::try_from(self.word() % (u64::from(high - low) + 1)).unwrap_or(0)
    }

    /// One of the words, of which there is at least one.
    pub(crate) fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.place(words.len())]
    }

    /// `low` to `high` different words; there are at least `high`.
    pub(crate) fn several(&mut self, low: u32, high: u32, words: &[&'static str]) -> Vec<String> {
        let mut left = words.to_vec();
        (0..self.within(low, high)).map(|_| left.swap_remove(self.place(left.len())).to_owned()).collect()
    }

    /// A place below `count`, which is at least 1.
    fn place(&mut self, count: usize) -> usize {
        usize::try_from(self.word() % count as u64).unwrap_or(0)
    }
}

fn scatter(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_belong_to_their_words() {
        let first = |words| Draw::of(words).word();
        assert_eq!(first([1, 2, 3]), first([1, 2, 3]));
        for other in [[0, 2, 3], [1, 3, 2], [2, 1, 3], [1, 2, 4], [1, 2, 0]] {
            assert_ne!(first([1, 2, 3]), first(other));
        }
        // From `SplitMix64`'s reference implementation, seeded with 0.
        assert_eq!(Draw(0).word(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn numbers_reach_both_ends_and_words_differ() {
        let mut draw = Draw::of([1, 2, 3]);
        let drawn: Vec<u32> = (0..200).map(|_| draw.within(3, 6)).collect();
        assert!((3..=6).all(|number| drawn.contains(&number)) && drawn.iter().all(|number| (3..=6).contains(number)));
        for _ in 0..50 {
            let mut words = draw.several(2, 4, &["a", "b", "c", "d"]);
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert!((2..=4).contains(&count) && words.len() == count);
        }
    }
}
