//! The form of a figure where a reader meets it: which part of it, and written how.

use crate::summary::{Figure, Unit, limits, value};
use crate::units::three;

/// Which part of a figure stands there, and how ratios are written. By default the estimate with its unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Form {
    part: Part,
    ratio: Ratio,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// `3.05 s`
    #[default]
    Estimate,
    /// `3.05 s (3.04 – 3.06)`
    Interval,
    /// `3.04 s`
    Low,
    /// `3.06 s`
    High,
    /// `15`
    Rounds,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Ratio {
    /// `1.643`
    #[default]
    Plain,
    /// `1.64 ×`
    Times,
    /// `+64 %`
    Percent,
}

/// Every word that makes a form, for those who wrote another.
pub(crate) const WORDS: &str = "interval, low, high, rounds, times, percent";

impl Form {
    /// The form that these words ask for, in any order.
    pub(crate) fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let (mut part, mut ratio) = (None, None);
        for word in words {
            let second = match word {
                "interval" => part.replace(Part::Interval).is_some(),
                "low" => part.replace(Part::Low).is_some(),
                "high" => part.replace(Part::High).is_some(),
                "rounds" => part.replace(Part::Rounds).is_some(),
                "times" => ratio.replace(Ratio::Times).is_some(),
                "percent" => ratio.replace(Ratio::Percent).is_some(),
                _ => return Err(format!("there is no option {word:?}; there are {WORDS}")),
            };
            if second {
                return Err(format!("{word:?} leaves out another option before it; keep one of them"));
            }
        }
        Ok(Self { part: part.unwrap_or_default(), ratio: ratio.unwrap_or_default() })
    }

    /// The figure in this form, or why it has none.
    pub(crate) fn write(self, figure: &Figure) -> Result<String, String> {
        if self.part == Part::Rounds {
            return Ok(figure.rounds.to_string());
        }
        self.suits(figure.unit, &figure.metric)?;
        let reason = || figure.reason.as_deref().unwrap_or("its records do not say why");
        let Some(estimate) = figure.estimate else { return Err(format!("it has no estimate: {}", reason())) };
        let between = || figure.limits().ok_or_else(|| format!("it has no interval: {}", reason()));
        match self.part {
            Part::Low => Ok(self.number(figure.unit, between()?.0)),
            Part::High => Ok(self.number(figure.unit, between()?.1)),
            Part::Interval => {
                let (low, high) = between()?;
                let between = match self.ratio {
                    Ratio::Plain => limits(figure.unit, estimate, (low, high)),
                    Ratio::Times => format!("{} – {}", three(low), three(high)),
                    Ratio::Percent => format!("{} – {}", change(low), change(high)),
                };
                Ok(format!("{} ({between})", self.number(figure.unit, estimate)))
            }
            Part::Estimate | Part::Rounds => Ok(self.number(figure.unit, estimate)),
        }
    }

    /// Whether figures of this unit can be written so; `name` is what an error calls them.
    pub(crate) fn suits(self, unit: Unit, name: &str) -> Result<(), String> {
        let fine = self.ratio == Ratio::Plain || self.part == Part::Rounds || unit == Unit::Ratio;
        if fine { Ok(()) } else { Err(format!("times and percent are for ratios, and {name} is none")) }
    }

    /// Whether limits stand behind the estimate.
    pub(crate) fn has_limits(self) -> bool {
        self.part == Part::Interval
    }

    /// The same for a cell of a table, where a missing interval is left out and a missing estimate a dash.
    pub(crate) fn cell(self, figure: &Figure) -> String {
        let alone = || Self { part: Part::Estimate, ..self }.write(figure);
        let nothing = |_| crate::summary::NONE.to_owned();
        match self.part {
            Part::Interval => self.write(figure).or_else(|_| alone()).unwrap_or_else(nothing),
            _ => self.write(figure).unwrap_or_else(nothing),
        }
    }

    fn number(self, unit: Unit, number: f64) -> String {
        match self.ratio {
            Ratio::Plain => value(unit, number),
            Ratio::Times => format!("{} ×", three(number)),
            Ratio::Percent => format!("{} %", change(number)),
        }
    }
}

/// How far a ratio lies from 1, in percent: as many digits as three of the ratio are good for.
fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let size = if percent.abs() < 9.95 { format!("{:.1}", percent.abs()) } else { format!("{:.0}", percent.abs()) };
    match percent {
        _ if size == "0.0" => size,
        percent if percent < 0.0 => format!("−{size}"),
        _ => format!("+{size}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(unit: Unit, estimate: f64, low: f64, high: f64) -> Figure {
        Figure {
            id: "s/w/m/x".to_owned(),
            metric: "x".to_owned(),
            unit,
            rounds: 15,
            left_out: 1,
            estimate: Some(estimate),
            low: Some(low),
            high: Some(high),
            reason: None,
        }
    }

    fn written(words: &str, figure: &Figure) -> Result<String, String> {
        Form::parse(words.split_whitespace()).and_then(|form| form.write(figure))
    }

    #[test]
    fn a_figure_is_written_as_its_words_ask() {
        let makespan = figure(Unit::Ns, 3_051e6, 3_044e6, 3_057e6);
        for (words, says) in [
            ("", "3.05 s"),
            ("interval", "3.05 s (3.04 – 3.06)"),
            ("low", "3.04 s"),
            ("high", "3.06 s"),
            ("rounds", "15"),
        ] {
            assert_eq!(written(words, &makespan).as_deref(), Ok(says), "{words}");
        }
        let ratio = figure(Unit::Ratio, 1.643, 0.97, 12.06);
        for (words, says) in [
            ("", "1.643"),
            ("times", "1.64 ×"),
            ("percent", "+64 %"),
            ("low percent", "−3.0 %"),
            ("percent high", "+1106 %"),
            ("times interval", "1.64 × (0.97 – 12.1)"),
            ("interval percent", "+64 % (−3.0 – +1106)"),
        ] {
            assert_eq!(written(words, &ratio).as_deref(), Ok(says), "{words}");
        }
        assert_eq!(written("", &figure(Unit::Share, 0.949, 0.9, 1.0)).as_deref(), Ok("94.9 %"));
        assert_eq!(written("percent", &figure(Unit::Ratio, 0.9999, 0.9, 1.0)).as_deref(), Ok("0.0 %"));
    }

    #[test]
    fn what_cannot_be_written_says_why() {
        let makespan = figure(Unit::Ns, 1.0, 1.0, 1.0);
        let refused = |words: &str, figure: &Figure, says: &str| {
            let error = written(words, figure).unwrap_err();
            assert!(error.contains(says), "{words}: {error}");
        };
        refused("times", &makespan, "for ratios");
        refused("wide", &makespan, "there is no option \"wide\"; there are interval, low");
        refused("low high", &makespan, "\"high\" leaves out");
        let none = |estimate, reason: &str| Figure {
            estimate,
            low: None,
            high: None,
            reason: Some(reason.to_owned()),
            ..makespan.clone()
        };
        refused("", &none(None, "no batch of it may be used"), "no estimate: no batch of it may be used");
        let few = none(Some(1.0), "2 rounds: an interval needs 6");
        refused("interval", &few, "no interval: 2 rounds");
        assert_eq!(Form::parse(["interval"]).unwrap().cell(&few), "1 ns");
        assert_eq!(Form::parse(["high"]).unwrap().cell(&few), "–");
        assert_eq!(Form::default().cell(&none(None, "")), "–");
    }
}
