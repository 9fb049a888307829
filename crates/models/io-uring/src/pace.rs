//! How many completions to wait for: as many as came, lately, in a fifth of a millisecond.
//!
//! Waking up and calling the kernel for each answer is most of what is left to save when answers come in a flood; and a wait
//! for several stamps the first of them late, and sends their successors late. So the wait is bounded three times: by the
//! pace at which completions have come, by a share of the requests in flight (the others keep the server busy meanwhile,
//! and a batch that comes to its end is waited for one by one), and by the clock.

use std::time::Duration;

/// The longest wait for more than one.
const TOGETHER: Duration = Duration::from_micros(200);
const TOGETHER_NS: u64 = 200_000;
/// The most that are waited for.
const MOST: usize = 32;
/// What part of the requests in flight is waited for, at most.
const SHARE: usize = 2;
/// How slowly a faster pace is believed; a slower one is at once.
const MEMORY: u64 = 4;

/// The pace at which completions come.
#[derive(Debug)]
pub struct Pace {
    /// From one completion to the next.
    gap_ns: u64,
    turned_ns: u64,
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How many completions.
    pub completions: usize,
    /// For how long, if not for ever.
    pub patience: Option<Duration>,
}

impl Wait {
    /// Only looks. The kernel does the work of as many deferred operations as are waited for (or of 20), and there may be
    /// many connections to be made.
    pub const LOOK: Self = Self { completions: 256, patience: Some(Duration::ZERO) };
}

impl Pace {
    /// Nothing has come yet.
    pub fn new(now_ns: u64) -> Self {
        Self { gap_ns: TOGETHER_NS, turned_ns: now_ns }
    }

    /// A wait has ended now and brought so many.
    pub fn turn(&mut self, now_ns: u64, completions: usize) {
        let gap_ns = (now_ns - self.turned_ns).min(MOST as u64 * TOGETHER_NS) / (completions.max(1) as u64);
        self.turned_ns = now_ns;
        let gap_ns = gap_ns.min(TOGETHER_NS);
        self.gap_ns = gap_ns.max((self.gap_ns * (MEMORY - 1) + gap_ns) / MEMORY);
    }

    /// What to wait for next, with so many requests in flight.
    pub fn wait(&self, in_flight: usize) -> Wait {
        let came = usize::try_from(TOGETHER_NS / self.gap_ns.max(1)).unwrap_or(MOST);
        match came.min(MOST).min(in_flight / SHARE) {
            0 | 1 => Wait { completions: 1, patience: None },
            completions => Wait { completions, patience: Some(TOGETHER) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(gap_ns: u64, in_flight: usize) -> Wait {
        let mut pace = Pace::new(0);
        for turn in 1..100 {
            pace.turn(turn * gap_ns, 1);
        }
        pace.wait(in_flight)
    }

    fn several(completions: usize) -> Wait {
        Wait { completions, patience: Some(TOGETHER) }
    }

    const ONE: Wait = Wait { completions: 1, patience: None };

    #[test]
    fn floods_are_taken_together_and_drops_one_by_one() {
        assert_eq!(paced(10_000, 1000), several(20));
        assert_eq!(paced(100_000, 1000), several(2));
        assert_eq!(paced(101_000, 1000), ONE);
        assert_eq!(paced(50_000_000, 1000), ONE);
        assert_eq!(paced(1, 1000), several(MOST));
        assert_eq!(paced(0, 1000), several(MOST));
    }

    #[test]
    fn no_more_than_half_of_those_in_flight_are_waited_for() {
        assert_eq!(paced(1, 50), several(25));
        assert_eq!(paced(1, 4), several(2));
        assert_eq!(paced(1, 3), ONE);
        assert_eq!(paced(1, 0), ONE);
    }

    #[test]
    fn a_pause_ends_a_flood_at_once_and_a_flood_begins_by_and_by() {
        let mut pace = Pace::new(0);
        let mut now_ns = 0;
        let mut turn = |pace: &mut Pace, gap_ns, completions| {
            now_ns += gap_ns;
            pace.turn(now_ns, completions);
            pace.wait(1000).completions
        };
        let rising: Vec<_> = (0..20).map(|_| turn(&mut pace, 50_000, 10)).collect();
        assert!(rising.is_sorted() && rising[0] == 1 && rising[19] > 15, "{rising:?}");
        assert_eq!(turn(&mut pace, 50_000_000, 1), 1);
    }
}
