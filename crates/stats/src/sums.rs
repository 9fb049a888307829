//! The k-th smallest of all sums of two lists, counted instead of written down.

/// The `place`-th smallest, from 0, of all sums of one of `x` and one of `y`, both in rising order: exactly the number
/// that sorting the sums would give, sign of zero and all. `place` is below `x.len() · y.len()`.
///
/// Sums rise along both lists, rounding and all, so how many are at most some number is counted by two pointers, and
/// the number is found by bisection on the bits of floating-point numbers: at most 64 counts.
pub(crate) fn kth_sum(x: &[f64], y: &[f64], place: usize) -> f64 {
    bisect(x, y, |limit| count(x, y, limit) > place)
}

/// The `place`-th smallest, from 0, of the sums of two of `x`, each two once and each value with itself. `x` rises;
/// `place` is below `n · (n + 1) / 2`.
pub(crate) fn kth_own_sum(x: &[f64], place: usize) -> f64 {
    // Of all n² sums each pair stands twice and each value's double once.
    let doubles = |limit: i64| x.partition_point(|value| key(value + value) <= limit);
    bisect(x, x, |limit| usize::midpoint(count(x, x, limit), doubles(limit)) > place)
}

/// The least sum of which `enough` is true, as a number; it has to be true of the greatest.
fn bisect(x: &[f64], y: &[f64], enough: impl Fn(i64) -> bool) -> f64 {
    let (Some((&least_x, &least_y)), Some((&most_x, &most_y))) = (x.first().zip(y.first()), x.last().zip(y.last()))
    else {
        return f64::NAN;
    };
    let (mut low, mut high) = (key(least_x + least_y), key(most_x + most_y));
    while low < high {
        // The middle rounded down, without overflow.
        let middle = (low & high) + ((low ^ high) >> 1);
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    number(low)
}

/// How many sums are at most the number with this key.
fn count(x: &[f64], y: &[f64], limit: i64) -> usize {
    let mut within = y.len();
    let mut count = 0;
    for value in x {
        while within > 0 && key(value + y[within - 1]) > limit {
            within -= 1;
        }
        count += within;
    }
    count
}

/// A whole number that is in the order of [`f64::total_cmp`], as that function makes it.
fn key(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

/// Back again: the sign stays where it is, so the same step undoes itself.
fn number(key: i64) -> f64 {
    f64::from_bits((key ^ (((key >> 63).cast_unsigned()) >> 1).cast_signed()).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Any finite numbers, or few sizes so that there are ties, and zeros of both signs.
    fn numbers() -> impl Strategy<Value = Vec<f64>> {
        let any = prop_oneof![-10.0..10.0_f64, -1e300..1e300_f64, -1e-310..1e-310_f64];
        let ticks = prop_oneof![(-3..=3_i8).prop_map(|tick| f64::from(tick) * 0.1), Just(-0.0)];
        prop_oneof![vec(any, 1..40), vec(ticks, 1..40)].prop_map(sorted)
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        values
    }

    fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
        values.into_iter().map(f64::to_bits).collect()
    }

    proptest! {
        #[test]
        fn counted_is_the_same_as_sorted(x in numbers(), y in numbers()) {
            let sums = sorted(x.iter().flat_map(|x| y.iter().map(move |y| x + y)).collect());
            prop_assert_eq!(bits((0..sums.len()).map(|place| kth_sum(&x, &y, place))), bits(sums));
            let own = sorted(x.iter().enumerate().flat_map(|(i, a)| x[i..].iter().map(move |b| a + b)).collect());
            prop_assert_eq!(bits((0..own.len()).map(|place| kth_own_sum(&x, place))), bits(own));
        }
    }
}
