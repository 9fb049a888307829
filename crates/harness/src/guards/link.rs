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
}

/// Whether the way was busy for at least a tenth of the batch, and for at least half as long as the batch took beyond its
/// declared ideal. Busy: as long as it takes to carry these bytes at its most.
///
/// Answers of a wave come at once, and queue on the way. A client that is slower than the way takes longer over them than it
/// does, and then most of the excess is the client's; where the way is slower, the excess is the way's time, give or take what
/// of it lies within other requests' holds.
#[expect(clippy::cast_precision_loss, reason = "bytes and nanoseconds of one batch stay far below 2^53")]
pub(super) fn is_saturated(carried: &Carried) -> bool {
    let bytes = carried.bytes + HEAD_BYTES * carried.answers;
    let busy_ns = bytes as f64 / carried.bytes_per_s.max(1) as f64 * 1e9;
    let excess_ns = carried.wall_ns.saturating_sub(carried.ideal_ns);
    busy_ns >= LEAST_SHARE * carried.wall_ns as f64 && busy_ns >= MOST_OF_EXCESS * excess_ns as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// 128 answers in 4 waves of 20 ms.
    fn carried(body: u64, mbit_per_s: u64, wall_ms: u64) -> Carried {
        let bytes_per_s = mbit_per_s * 1_000_000 / 8;
        Carried { answers: 128, bytes: 128 * body, bytes_per_s, wall_ns: wall_ms * MS, ideal_ns: 80 * MS }
    }

    #[test]
    fn a_batch_whose_excess_is_the_ways_time_is_saturated() {
        // 8.4 MB take 671 ms at 100 Mbit/s.
        assert!(is_saturated(&carried(64 << 10, 100, 755)));
        // Lost segments made it twice as long.
        assert!(is_saturated(&carried(64 << 10, 100, 1_400)));
        // All of it within holds.
        assert!(is_saturated(&carried(4 << 10, 100, 82)));
    }

    #[test]
    fn a_client_that_is_slower_than_the_way_is_not() {
        assert!(!is_saturated(&carried(64 << 10, 100, 1_600)), "less than half of the excess");
        // 157 kB take 13 ms at 100 Mbit/s, and 1.3 ms at a gigabit.
        assert!(!is_saturated(&carried(1 << 10, 100, 140)));
        assert!(!is_saturated(&carried(1 << 10, 1_000, 81)), "a hundredth of the batch");
    }
}
