//! Whether the way from a server elsewhere was what a batch waited for.

/// What an answer takes on the wire beside its body, bytes: its head (some 110) and the headers of its packets.
const HEAD_BYTES: u64 = 200;
/// The share of the makespan below which the way's part is nothing to speak of.
const LEAST_SHARE: f64 = 0.1;
/// The share of the excess from which on it is most of what there was to wait for.
const MOST_OF_EXCESS: f64 = 0.5;

/// What is known of a batch and the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    /// Answers.
    pub(super) answers: u64,
    /// Bytes of their bodies.
    pub(super) bytes: u64,
    /// What the way carries at most, bytes a second.
    pub(super) bytes_per_s: u64,
    /// Wall time of the batch, nanoseconds.
    pub(super) wall_ns: u64,
    /// Its declared ideal, nanoseconds.
    pub(super) ideal_ns: u64,
    /// The delay, nanoseconds.
    pub(super) delay_ns: u64,
}

/// Whether what the way added is at least a tenth of the batch, and at least half of what the batch took beyond its declared
/// ideal.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds of one batch stay far below 2^53")]
pub(super) fn is_saturated(carried: &Carried) -> bool {
    let excess_ns = carried.wall_ns.saturating_sub(carried.ideal_ns);
    let added_ns = added_ns(carried);
    added_ns >= LEAST_SHARE * carried.wall_ns as f64 && added_ns >= MOST_OF_EXCESS * excess_ns as f64
}

/// The time that no client could have saved, whatever it did, because bytes had to be carried. Busy: as long as it takes to
/// carry all of them at the way's most.
///
/// The most of three bounds. The way is idle until the first hold ends, and may be busy through all holds that follow. The
/// answers of the first wave come at once, and the last of them waits for the others; from then on slots are out of step, and
/// what is carried lies within other slots' holds. And no slot holds its next request while its answer is under way.
#[expect(clippy::cast_precision_loss, reason = "bytes and nanoseconds of one batch stay far below 2^53")]
fn added_ns(carried: &Carried) -> f64 {
    let bytes = carried.bytes + HEAD_BYTES * carried.answers;
    let busy_ns = bytes as f64 / carried.bytes_per_s.max(1) as f64 * 1e9;
    let waves = (carried.ideal_ns as f64 / carried.delay_ns.max(1) as f64).max(1.0);
    let beyond_holds = busy_ns - carried.ideal_ns.saturating_sub(carried.delay_ns) as f64;
    let first_wave = busy_ns / waves;
    let own_answers = busy_ns * waves / carried.answers.max(1) as f64;
    beyond_holds.max(first_wave).max(own_answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// 128 answers in 4 waves of 20 ms.
    fn carried(body: u64, mbit_per_s: u64, wall_ms: u64) -> Carried {
        let bytes_per_s = mbit_per_s * 1_000_000 / 8;
        Carried {
            answers: 128,
            bytes: 128 * body,
            bytes_per_s,
            wall_ns: wall_ms * MS,
            ideal_ns: 80 * MS,
            delay_ns: 20 * MS,
        }
    }

    #[test]
    fn a_batch_whose_excess_is_the_ways_time_is_saturated() {
        // 8.4 MB take 671 ms at 100 Mbit/s.
        assert!(is_saturated(&carried(64 << 10, 100, 755)));
        // Lost segments made it twice as long.
        assert!(is_saturated(&carried(64 << 10, 100, 1_300)));
        // 44 ms, most of them within holds: the first wave's 11 ms are not.
        assert!(is_saturated(&carried(4 << 10, 100, 92)));
    }

    #[test]
    fn what_lies_within_holds_is_not_waited_for() {
        // 33 MB take 280 ms at a gigabit, and 100 waves of 20 ms have room for them; each wave takes a round trip of 3 ms.
        let rest =
            Carried { bytes_per_s: 117_000_000, ideal_ns: 2_000 * MS, delay_ns: 20 * MS, ..carried(0, 1, 2_300) };
        assert!(!is_saturated(&Carried { answers: 10_000, bytes: 10_000 * 3_072, ..rest }));
        // Nobody holds anything: all that is carried is waited for.
        let at_once = Carried { ideal_ns: 0, delay_ns: 0, wall_ns: 300 * MS, ..rest };
        assert!(is_saturated(&Carried { answers: 10_000, bytes: 10_000 * 3_072, ..at_once }));
    }

    #[test]
    fn a_client_that_is_slower_than_the_way_is_not() {
        assert!(!is_saturated(&carried(64 << 10, 100, 1_600)), "less than half of the excess");
        // 157 kB take 13 ms at 100 Mbit/s, and 1.3 ms at a gigabit.
        assert!(!is_saturated(&carried(1 << 10, 100, 140)));
        assert!(!is_saturated(&carried(1 << 10, 1_000, 81)), "a hundredth of the batch");
    }
}
