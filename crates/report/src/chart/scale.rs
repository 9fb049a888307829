//! Scales: from values to pixels, with ticks at round values in the unit at hand.

use crate::metric::Unit;
use crate::units::{bytes_scale, duration_scale};

/// A value that an axis names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// From values to pixels along one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    log: bool,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    /// Whether its ticks are a ladder, of which every second one would do too.
    even: bool,
    pub(super) ticks: Vec<Tick>,
}

/// The pixels of an axis: where its low end is, and where its high end.
pub(super) type Pixels = (f64, f64);

/// Between two labels there is at least so much, in pixels.
const APART: f64 = 6.0;
/// An axis is longer than its values by this share at each end, so that no marker is cut.
const ROOM: f64 = 0.04;

impl Scale {
    /// An axis with given ends and ticks.
    pub(super) fn new(log: bool, (low, high): (f64, f64), (from, to): Pixels, ticks: Vec<Tick>) -> Self {
        Self { log, low, high, from, to, even: false, ticks }
    }

    /// An axis with a ladder of ticks.
    fn even(log: bool, ends: (f64, f64), pixels: Pixels, ticks: Vec<Tick>) -> Self {
        Self { even: true, ..Self::new(log, ends, pixels, ticks) }
    }

    /// A linear axis from 0 to a value, with about so many ticks.
    pub(super) fn up_to(high: f64, unit: Unit, pixels: Pixels, count: f64) -> Self {
        let step = step(high, unit, count);
        let ticks = ticks(0.0, high, step, unit).into_iter().filter(|tick| tick.value <= high).collect();
        Self::even(false, (0.0, high), pixels, ticks)
    }

    /// A linear axis from 0, with about so many ticks.
    pub(super) fn from_zero(high: f64, unit: Unit, pixels: Pixels, count: f64) -> Self {
        let high = if high > 0.0 { high } else { 1.0 };
        let step = step(high, unit, count);
        let whole = unit == Unit::Share && high <= 1.0;
        let end = if whole { 1.0 } else { (high * (1.0 + ROOM / 4.0) / step).ceil() * step };
        Self::even(false, (0.0, end), pixels, ticks(0.0, end, step, unit))
    }

    /// A linear axis around these values, with about so many ticks.
    pub(super) fn around(low: f64, high: f64, unit: Unit, pixels: Pixels, count: f64) -> Self {
        let range = if high > low { high - low } else { high.abs().max(1.0) };
        let step = step(range, unit, count);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let high = if high > low { high } else { low + step };
        Self::even(false, (low, high), pixels, ticks(low, high, step, unit))
    }

    /// A logarithmic axis around these values, which are above 0, with at most so many ticks.
    pub(super) fn log(low: f64, high: f64, unit: Unit, pixels: Pixels, count: f64) -> Self {
        let room = (high / low).powf(ROOM).max(1.05);
        let (low, high) = (low / room, high * room);
        Self::even(true, (low, high), pixels, round_in(low, high, unit, count))
    }

    /// Where a value stands; one beyond an end stands at it.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.beyond(value.clamp(self.low, self.high))
    }

    /// Where a value stands, between the ends or not.
    pub(super) fn beyond(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + (self.to - self.from) * share
    }

    /// Whether the value lies above the high end.
    pub(super) fn is_above(&self, value: f64) -> bool {
        value > self.high
    }

    /// Whether the value lies below the low end.
    pub(super) fn is_below(&self, value: f64) -> bool {
        value < self.low
    }

    /// Where the high end stands.
    pub(super) fn end(&self) -> f64 {
        self.to
    }

    /// The ticks whose labels are shown where no two may touch, with the pixels of their middles: each half as wide as
    /// `half` says. Of a ladder every second, third, …; of others those towards the high end first.
    pub(super) fn labels(&self, half: impl Fn(&Tick) -> f64, middle: impl Fn(&Tick) -> f64) -> Vec<(&Tick, f64)> {
        let touch = |a: &Tick, b: &Tick| (middle(b) - middle(a)).abs() < half(a) + half(b) + APART;
        let at = |tick| (tick, middle(tick));
        if self.even {
            let every = |step: usize| self.ticks.iter().step_by(step).collect::<Vec<&Tick>>();
            let free = |step: &usize| every(*step).windows(2).all(|pair| !touch(pair[0], pair[1]));
            let step = (1..=self.ticks.len().max(1)).find(free).unwrap_or(1);
            return every(step).into_iter().map(at).collect();
        }
        let mut shown: Vec<&Tick> = Vec::new();
        for tick in self.ticks.iter().rev() {
            if shown.last().is_none_or(|last| !touch(tick, last)) {
                shown.push(tick);
            }
        }
        shown.into_iter().rev().map(at).collect()
    }

    /// Whether it can show values of 0 or below.
    pub(super) fn is_log(&self) -> bool {
        self.log
    }
}

/// Steps of a linear axis: `1`, `2`, `5` and their tenfolds in the unit that the axis shows.
fn step(range: f64, unit: Unit, count: f64) -> f64 {
    let by = scale_of(range, unit).0;
    let wanted = range / by / count.max(1.0);
    by * decades(wanted, wanted)
        .flat_map(|ten| [1.0, 2.0, 5.0, 10.0].map(|it| it * ten))
        .find(|it| *it >= wanted)
        .unwrap_or(1.0)
}

/// The powers of ten around these values, ascending. Products of exact tens, not logarithms, whose last digits differ
/// from machine to machine.
fn decades(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let mut first = 1.0;
    while first > low && first > 1e-9 {
        first /= 10.0;
    }
    while first * 10.0 <= low {
        first *= 10.0;
    }
    std::iter::successors(Some(first), |ten| Some(ten * 10.0)).take_while(move |ten| *ten <= high)
}

fn ticks(low: f64, high: f64, step: f64, unit: Unit) -> Vec<Tick> {
    let scale = scale_of(high.abs().max(low.abs()), unit);
    let values = std::iter::successors(Some(0.0), |place| Some(place + 1.0)).map(|place| low + place * step);
    let within = values.take_while(|value| *value <= high + step * 0.01);
    within.map(|value| Tick { value, label: in_unit(value, scale) }).collect()
}

/// Round values between the ends of a logarithmic axis: as many as fit, and at least two.
fn round_in(low: f64, high: f64, unit: Unit, count: f64) -> Vec<Tick> {
    let tens = |within: &[f64]| -> Vec<f64> {
        decades(low, high).flat_map(|ten| within.iter().map(move |it| it * ten)).collect()
    };
    let mut choices = match unit {
        Unit::Bytes => [2.0, 4.0, 16.0, 1024.0, 1_048_576.0].map(|by| powers(by, high)).to_vec(),
        _ => vec![tens(&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]), tens(&[1.0, 2.0, 5.0]), tens(&[1.0, 3.0]), tens(&[1.0])],
    };
    if unit != Unit::Bytes {
        choices.push(tens(&[1.0]).into_iter().step_by(2).collect());
        choices.push(tens(&[1.0]).into_iter().step_by(3).collect());
    }
    for choice in &mut choices {
        choice.retain(|value| (low..=high).contains(value));
    }
    let fits = |choice: &&Vec<f64>| crate::metric::number_of(choice.len()) <= count && !choice.is_empty();
    let chosen = choices.iter().find(fits).or(choices.iter().rfind(|choice| !choice.is_empty()));
    let ladder: Vec<Tick> =
        chosen.into_iter().flatten().map(|value| Tick { value: *value, label: label(*value, unit) }).collect();
    if ladder.len() > 1 {
        return ladder;
    }
    // Values so close to each other have even steps between them.
    let step = step(high - low, unit, count);
    ticks((low / step).ceil() * step, high - step * 0.01, step, unit)
}

fn powers(by: f64, high: f64) -> Vec<f64> {
    std::iter::successors(Some(1.0), |value| Some(value * by)).take_while(|value| *value <= high).collect()
}

/// What values of this size are divided by, and the unit behind them.
fn scale_of(size: f64, unit: Unit) -> (f64, &'static str) {
    match unit {
        Unit::Ns => duration_scale(size),
        Unit::Bytes => bytes_scale(size),
        Unit::Share => (0.01, "%"),
        Unit::Count | Unit::Ratio => (1.0, ""),
    }
}

/// A round value with its unit, as short as it is: `50 ms`, `1.5 s`, `10,000`.
pub(super) fn label(value: f64, unit: Unit) -> String {
    in_unit(value, scale_of(value, unit))
}

fn in_unit(value: f64, (by, name): (f64, &str)) -> String {
    let number = short(value / by);
    match name {
        "" => number,
        _ if number == "0" && name != "%" => number,
        _ => format!("{number} {name}"),
    }
}

/// A number with no more digits than it needs, at most three behind the point, and commas between thousands.
fn short(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 && text != "0" { "−" } else { "" };
    let part = part.map_or_else(String::new, |part| format!(".{part}"));
    format!("{sign}{grouped}{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_in_their_unit() {
        let scale = |low, high, unit| Scale::log(low, high, unit, (0.0, 300.0), 6.0);
        assert_eq!(labels(&scale(2e6, 3e9, Unit::Ns)), ["10 ms", "100 ms", "1 s"]);
        assert_eq!(labels(&scale(4e7, 2.2e8, Unit::Ns)), ["50 ms", "70 ms", "100 ms", "150 ms", "200 ms"]);
        assert_eq!(labels(&scale(101e6, 106e6, Unit::Ns)), ["100 ms", "105 ms", "110 ms"]);
        assert_eq!(labels(&scale(1.0, 10_000.0, Unit::Count)), ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!(labels(&scale(900.0, 70_000.0, Unit::Bytes)), ["1 KiB", "4 KiB", "16 KiB", "64 KiB"]);
        let zero = |high, unit| Scale::from_zero(high, unit, (0.0, 300.0), 5.0);
        assert_eq!(labels(&zero(183_000.0, Unit::Ns)), ["0", "50 µs", "100 µs", "150 µs", "200 µs"]);
        assert_eq!(labels(&zero(1.0, Unit::Share)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(labels(&zero(3e7, Unit::Bytes))[1], "10 MiB");
        assert_eq!(labels(&zero(0.0, Unit::Count)), ["0", "0.2", "0.4", "0.6", "0.8", "1", "1.2"]);
        let around = Scale::around(50.3e6, 52.9e6, Unit::Ns, (0.0, 300.0), 5.0);
        assert_eq!(labels(&around), ["50 ms", "51 ms", "52 ms", "53 ms"]);
    }

    #[test]
    fn values_stand_where_they_belong() {
        let scale = Scale::new(true, (1.0, 100.0), (300.0, 100.0), Vec::new());
        assert_eq!([scale.at(1.0), scale.at(10.0), scale.at(100.0)].map(f64::round), [300.0, 200.0, 100.0]);
        // Beyond an end they stand at it.
        assert_eq!([scale.at(0.0), scale.at(1e9)], [300.0, 100.0]);
        assert!(!scale.is_above(100.0) && scale.is_above(101.0));
        let one = Scale::log(5.0, 5.0, Unit::Ns, (0.0, 100.0), 5.0);
        assert!((one.at(5.0) - 50.0).abs() < 1.0);
    }

    #[test]
    fn labels_do_not_touch() {
        let shown = |scale: &Scale| -> Vec<String> {
            let labels = scale.labels(|_| 14.0, |tick| scale.at(tick.value));
            labels.iter().map(|(tick, _)| tick.label.clone()).collect()
        };
        let ladder = Scale::up_to(50.0, Unit::Count, (0.0, 100.0), 5.0);
        assert_eq!((labels(&ladder).len(), shown(&ladder)), (6, ["0", "20", "40"].map(str::to_owned).to_vec()));
        let levels = [1.0, 2.0, 100.0].map(|value| Tick { value, label: label(value, Unit::Count) }).to_vec();
        assert_eq!(shown(&Scale::new(false, (0.0, 100.0), (0.0, 100.0), levels)), ["2", "100"]);
    }

    #[test]
    fn numbers_are_grouped_and_short() {
        assert_eq!([1_234_567.0, 0.5, -12.0, 999.0, -0.0].map(short), ["1,234,567", "0.5", "−12", "999", "0"]);
        assert_eq!(label(0.0, Unit::Share), "0 %");
    }
}
