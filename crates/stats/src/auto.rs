//! When `--rounds auto` may look at its intervals and stop.

/// The first look; a budget may end before it, and then the rounds are fewer.
const FIRST: usize = 12;

/// Whether a study may look at its intervals after so many rounds, and stop if all of them are narrow: 12, 16, 22, 30,
/// 40, 54, 72, 96, 128, …, each a third more than the one before, rounded up.
///
/// Each look is a chance to stop at noise that happens to look small; the level of
/// [`Stopping::Auto`](crate::Stopping::Auto) makes up for that, however far the looks lie apart. A third keeps them few
/// and runs at most a third more rounds than were needed.
#[must_use]
pub fn is_look(rounds: usize) -> bool {
    rounds >= FIRST && next_look(rounds - 1) == rounds
}

/// The first look after more than `rounds` rounds.
///
/// ```
/// use inflight_stats::auto::next_look;
/// assert_eq!([next_look(0), next_look(12), next_look(13)], [12, 16, 16]);
/// ```
#[must_use]
pub fn next_look(rounds: usize) -> usize {
    let mut look = FIRST;
    while look <= rounds {
        look = (look * 4).div_ceil(3);
    }
    look
}
