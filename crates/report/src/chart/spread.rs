//! Labels beside each other without overlaps: as near to where they belong as that allows.

use crate::metric::number_of;

/// Moves places along a line until neighbours are `gap` apart, all of them between `low` and `high`, and each as little
/// as that takes (least squares). Where there is no room for such gaps they shrink evenly. In the order of the input.
pub(super) fn spread(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
    let steps = number_of(wanted.len().saturating_sub(1));
    let gap = if steps > 0.0 { gap.min((high - low).max(0.0) / steps) } else { gap };
    // Less its share of the gaps, each place may equal its neighbour's but not pass it: neighbours that would are pooled
    // at their mean.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (place, index) in order.iter().enumerate() {
        let mut pool = (wanted[*index] - number_of(place) * gap, 1);
        while let Some(before) = pools.pop_if(|before| before.0 > pool.0) {
            let members = before.1 + pool.1;
            let sum = before.0 * number_of(before.1) + pool.0 * number_of(pool.1);
            pool = (sum / number_of(members), members);
        }
        pools.push(pool);
    }
    let last = (high - steps * gap).max(low);
    let base = pools.iter().flat_map(|(mean, members)| std::iter::repeat_n(mean.clamp(low, last), *members));
    let mut placed = vec![0.0; wanted.len()];
    for ((place, index), base) in order.iter().enumerate().zip(base) {
        placed[*index] = base + number_of(place) * gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closest(placed: &[f64]) -> f64 {
        let mut sorted = placed.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn what_has_room_stays() {
        assert_eq!(spread(&[10.0, 50.0, 90.0], 15.0, (0.0, 100.0)), [10.0, 50.0, 90.0]);
        assert_eq!(spread(&[], 15.0, (0.0, 100.0)), [0.0; 0]);
        assert_eq!(spread(&[-5.0], 15.0, (0.0, 100.0)), [0.0]);
    }

    #[test]
    fn what_collides_is_moved_around_its_middle() {
        assert_eq!(spread(&[50.0, 50.0, 50.0], 10.0, (0.0, 100.0)), [40.0, 50.0, 60.0]);
        assert_eq!(spread(&[98.0, 97.0], 10.0, (0.0, 100.0)), [100.0, 90.0]);
    }

    #[test]
    fn no_two_come_closer_than_the_gap_and_none_leaves() {
        // Many sets of places that look random.
        for seed in 1..200_u32 {
            let count = seed % 15 + 1;
            let wanted: Vec<f64> = (0..count).map(|it| f64::from((it * 7_919 + seed * 104_729) % 400) - 20.0).collect();
            let placed = spread(&wanted, 15.0, (10.0, 330.0));
            assert!(closest(&placed) >= 15.0 - 1e-9, "{wanted:?} {placed:?}");
            assert!(placed.iter().all(|it| (10.0 - 1e-9..=330.0 + 1e-9).contains(it)), "{wanted:?} {placed:?}");
            let by = |values: &[f64]| {
                let mut order: Vec<usize> = (0..values.len()).collect();
                order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
                order
            };
            assert_eq!(by(&wanted), by(&placed));
        }
        // Too many for their room share it.
        let crowd = spread(&[5.0; 11], 15.0, (0.0, 100.0));
        assert!((closest(&crowd) - 10.0).abs() < 1e-9);
    }
}
