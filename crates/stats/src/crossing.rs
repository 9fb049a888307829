//! Where a difference changes sign between two places at which it was measured.

use crate::Interval;

/// Where a difference reaches 0 on the way from one place to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Where the line through the two estimates does. None where it does not on the way: the estimates at the two places
    /// lie on one side of 0.
    pub at: Option<f64>,
    /// The first place on the way at which 0 lies within the limits: before it the difference is below 0.
    pub first: f64,
    /// The last such place: after it the difference is above 0.
    pub last: f64,
}

/// Where a difference that rises on the way from `from` to `to`, each a place with the difference measured there, changes
/// from below 0 to above it. The way may go to smaller places as well as to larger ones.
///
/// Estimates and limits are taken to lie on straight lines between the two places; the interval of the crossing is what
/// lies on the way with 0 within the limits. That is the inversion of a confidence band (Fieller, *Some problems in interval
/// estimation*, 1954; Draper and Smith, *Applied Regression Analysis*, 1998, section 3.2, inverse estimation): where each
/// place's limits hold the difference with some confidence, and it is monotone in between, the interval holds the crossing
/// with no less than that of the band. It ends at the two places: what lies beyond them was not looked at.
///
/// `None` where no place on the way has 0 within its limits or beyond: the difference is above 0 already at `from`, or below
/// 0 still at `to`; and where a number is not finite or the places are one.
///
/// ```
/// use inflight_stats::{Interval, crossing};
/// let difference = |estimate: f64| Interval { low: estimate - 1.0, estimate, high: estimate + 1.0 };
/// let crossing = crossing((100.0, difference(-2.0)), (500.0, difference(6.0))).unwrap();
/// assert_eq!((crossing.first, crossing.at, crossing.last), (150.0, Some(200.0), 250.0));
/// ```
#[must_use]
pub fn crossing(from: (f64, Interval), to: (f64, Interval)) -> Option<Crossing> {
    let ((start, here), (end, there)) = (from, to);
    let numbers = [start, end, here.low, here.estimate, here.high, there.low, there.estimate, there.high];
    if numbers.iter().any(|number| !number.is_finite()) || start == end || here.low > 0.0 || there.high < 0.0 {
        return None;
    }
    // Where a line from y0 to y1 reaches 0: at once where it begins there or above, and never where it ends below.
    let reached = |y0: f64, y1: f64| match () {
        () if y0 >= 0.0 => Some(start),
        () if y1 < 0.0 => None,
        () => Some((start + (end - start) * (y0 / (y0 - y1))).clamp(start.min(end), start.max(end))),
    };
    let crosses = here.estimate <= 0.0 && there.estimate >= 0.0 && here.estimate < there.estimate;
    Some(Crossing {
        at: if crosses { reached(here.estimate, there.estimate) } else { None },
        first: reached(here.high, there.high)?,
        last: reached(here.low, there.low).unwrap_or(end),
    })
}
