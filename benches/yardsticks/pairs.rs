//! Pairs: both contenders one right after the other, in turns first, so that a drift of the machine hits both.

use super::Outcome;
use super::clients::Cost;

/// One of the two.
pub struct Contender<'a> {
    /// Its name.
    pub name: &'a str,
    /// Runs it once.
    pub run: &'a mut dyn FnMut() -> Outcome<Cost>,
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// Its unit.
    pub unit: &'static str,
    /// The figure of one run.
    pub of: fn(Cost) -> f64,
}

/// CPU time of a request.
pub const CPU: Figure = Figure { unit: "µs of CPU a request", of: |cost| cost.cpu_seconds / cost.requests * 1e6 };
/// Requests a second.
pub const RATE: Figure = Figure { unit: "requests a second", of: |cost| cost.requests / cost.seconds };

/// Runs so many pairs, prints each, and returns the median of the ratios of `ours` to `theirs`.
pub fn compare(count: usize, figure: Figure, ours: &mut Contender<'_>, theirs: &mut Contender<'_>) -> Outcome<f64> {
    let mut figures = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..count {
        let (a, b) = if number % 2 == 0 {
            let a = (ours.run)()?;
            (a, (theirs.run)()?)
        } else {
            let b = (theirs.run)()?;
            ((ours.run)()?, b)
        };
        let (a, b) = ((figure.of)(a), (figure.of)(b));
        println!("  {} {a:.2} · {} {b:.2} {} · ratio {:.3}", ours.name, theirs.name, figure.unit, a / b);
        figures.iter_mut().zip([a, b, a / b]).for_each(|(figures, value)| figures.push(value));
    }
    let [a, b, ratio] = figures.map(|figures| inflight_stats::median(&figures).unwrap_or(f64::NAN));
    println!("  medians of {count} pairs: {} {a:.2} · {} {b:.2} · ratio {ratio:.3}", ours.name, theirs.name);
    Ok(ratio)
}
