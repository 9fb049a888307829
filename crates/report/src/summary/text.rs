//! A figure as people read it: estimate, unit and limits; and how batches ended.

use super::batches::Batches;
use super::figure::Figure;
use crate::metric::Unit;
use crate::units::{Scale, bytes_scale, duration_scale, in_scale, ratio, three};

/// What stands where there is no figure.
pub(crate) const NONE: &str = "–";

/// An estimate with its limits in the unit of the estimate: `50.4 ms (50.1 – 50.9)`; without them where there are none.
pub(crate) fn with_limits(unit: Unit, estimate: f64, between: Option<(f64, f64)>) -> String {
    let alone = value(unit, estimate);
    between.map_or_else(|| alone.clone(), |between| format!("{alone} ({})", limits(unit, estimate, between)))
}

/// A number with its unit: `50.4 ms`.
pub(crate) fn value(unit: Unit, number: f64) -> String {
    let (print, name) = print_as(unit, number);
    let space = if name.is_empty() { "" } else { " " };
    format!("{}{space}{name}", print(number))
}

/// The limits of an estimate in its unit, which is not repeated: `50.1 – 50.9`.
pub(crate) fn limits(unit: Unit, estimate: f64, (low, high): (f64, f64)) -> String {
    let (print, _) = print_as(unit, estimate);
    format!("{} – {}", print(low), print(high))
}

/// How numbers are printed beside one of this size, and the unit behind them.
fn print_as(unit: Unit, size: f64) -> (Box<dyn Fn(f64) -> String>, &'static str) {
    let in_steps =
        |scale: Scale| -> (Box<dyn Fn(f64) -> String>, _) { (Box::new(move |value| in_scale(value, scale)), scale.1) };
    match unit {
        Unit::Ns => in_steps(duration_scale(size)),
        Unit::Bytes => in_steps(bytes_scale(size)),
        Unit::Share => (Box::new(|value| three(value * 100.0)), "%"),
        Unit::Count => (Box::new(count), ""),
        Unit::Ratio => (Box::new(ratio), ""),
    }
}

fn count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { three(value) }
}

impl Figure {
    /// The figure with its limits, as it stands in tables.
    #[must_use]
    pub fn text(&self) -> String {
        self.estimate.map_or_else(|| NONE.to_owned(), |estimate| with_limits(self.unit, estimate, self.limits()))
    }
}

/// `1 round`, `2 rounds`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How many batches ended how, and which flags they carry: `10 ok, 2 failed, 1 without times: steal 1`.
pub(crate) fn standing(batches: &Batches) -> String {
    let mut parts = vec![format!("{} ok", batches.ok)];
    for outcome in batches.ended.chunk_by(|a, b| a.outcome == b.outcome) {
        let count: usize = outcome.iter().map(|ended| ended.count).sum();
        parts.extend(outcome.first().map(|ended| format!("{count} {}", ended.outcome.as_str())));
    }
    if batches.times < batches.ok {
        parts.push(format!("{} without times", batches.ok - batches.times));
    }
    if batches.costs < batches.ok {
        parts.push(format!("{} without costs", batches.ok - batches.costs));
    }
    let flags: Vec<String> =
        batches.flagged.iter().map(|flagged| format!("{} {}", flagged.flag.as_str(), flagged.count)).collect();
    let flags = if flags.is_empty() { String::new() } else { format!(": {}", flags.join(", ")) };
    parts.join(", ") + &flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_stand_in_the_unit_of_the_estimate() {
        assert_eq!(with_limits(Unit::Ns, 990_000.0, Some((900_000.0, 1_100_000.0))), "990 µs (900 – 1100)");
        assert_eq!(with_limits(Unit::Bytes, 1536.0, Some((512.0, 2048.0))), "1.50 KiB (0.50 – 2.00)");
        assert_eq!(with_limits(Unit::Share, 0.949, Some((0.94, 0.95))), "94.9 % (94.0 – 95.0)");
        assert_eq!(with_limits(Unit::Ratio, 1.5, None), "1.500");
        assert_eq!(with_limits(Unit::Count, 3.0, Some((2.0, 3.5))), "3 (2 – 3.50)");
    }
}
