//! Yardsticks: load generators, whose requests were counted and not proved, and which stand beside the tables.

use inflight_record::{Flag, Outcome, Row};

use crate::metric::number;
use crate::style::Style;
use crate::summary::NONE;
use crate::units::three;

/// What one batch of a yardstick says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counted {
    /// Answers that the server saw taken, by second of the makespan; none where a flag leaves out times. A saturated server
    /// is no such flag here: at D = 0 it is what a load generator is for.
    pub(crate) answers_per_second: Option<f64>,
    /// CPU time of the generator by such answer, nanoseconds; none where a flag leaves out costs.
    pub(crate) cpu_per_request_ns: Option<f64>,
}

impl Counted {
    /// Of a batch that was counted.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        if row.outcome != Outcome::Counted {
            return None;
        }
        let answers = number(row.ledger?.completed);
        let seconds = number(row.makespan_ns?) / 1e9;
        if answers <= 0.0 || seconds <= 0.0 {
            return None;
        }
        let timed = row.flags.iter().all(|flag| flag == Flag::ServerSaturated || !flag.excludes_time());
        let costed = !row.flags.iter().any(Flag::excludes_cost);
        Some(Self {
            answers_per_second: timed.then_some(answers / seconds),
            cpu_per_request_ns: row.cpu_ns.filter(|_| costed).map(|cpu| number(cpu) / answers),
        })
    }
}

/// One line of the table.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) answers_per_second: Option<f64>,
    pub(crate) cpu_per_request: String,
    pub(crate) batches: String,
}

/// The table that stands beside that of the models; nothing where there is no yardstick.
pub(crate) fn table<'a>(lines: impl Iterator<Item = Line<'a>>, style: Style) -> String {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return String::new();
    }
    let mut table = style.table(&["yardstick", "answers/s", "CPU/request", "batches"], 1);
    for line in lines {
        let rate = line.answers_per_second.map_or_else(|| NONE.to_owned(), three);
        table.add_row([style.name(line.name), rate, line.cpu_per_request, line.batches]);
    }
    format!("{}{NOTE}", style.text(&table))
}

const NOTE: &str = "Yardsticks are load generators: the server counted the answers that they took, nothing proves them one by one, and they are not ranked. Medians over the rounds.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::record;
    use inflight_record::{Label, LedgerRow};

    #[test]
    fn a_batch_is_divided_by_what_the_server_counted() {
        let mut row = Row::from(&record("wrk", Label::Yardstick, 0, 2_000_000_000));
        row.ledger = Some(LedgerRow { completed: 1_000, ..LedgerRow::default() });
        row.cpu_ns = Some(5_000_000);
        assert_eq!(Counted::of(&row), None, "a batch that is not counted is none of a yardstick");
        row.outcome = Outcome::Counted;
        let whole = Counted { answers_per_second: Some(500.0), cpu_per_request_ns: Some(5_000.0) };
        assert_eq!(Counted::of(&row), Some(whole));
        row.flags = [Flag::ServerSaturated].into_iter().collect();
        assert_eq!(Counted::of(&row), Some(whole), "that is what it is for at D = 0");
        row.flags = [Flag::SynRetransmit].into_iter().collect();
        assert_eq!(Counted::of(&row), Some(Counted { answers_per_second: None, ..whole }));
        row.flags = [Flag::ForeignLoad].into_iter().collect();
        assert_eq!(Counted::of(&row), Some(Counted { answers_per_second: None, cpu_per_request_ns: None }));
        assert!(!row.times_count() && !row.costs_count(), "it is in no figure of a model");
    }
}
