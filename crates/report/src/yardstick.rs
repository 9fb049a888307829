//! Yardsticks: load generators, whose requests were counted and not proved, and which stand beside the tables.

use inflight_record::{Outcome, Row};

use crate::metric::number;
use crate::style::Style;
use crate::summary::NONE;
use crate::units::three;

/// What one batch of a yardstick says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counted {
    /// Requests that arrived at the server, by second of the makespan.
    pub(crate) requests_per_second: f64,
    /// CPU time of the generator, by request that arrived, nanoseconds.
    pub(crate) cpu_per_request_ns: f64,
}

impl Counted {
    /// Of a batch that was counted, and whose costs no flag leaves out.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        if row.outcome != Outcome::Counted || row.flags.iter().any(inflight_record::Flag::excludes_cost) {
            return None;
        }
        let requests = number(row.ledger?.requests);
        let seconds = number(row.makespan_ns?) / 1e9;
        (requests > 0.0 && seconds > 0.0).then_some(Self {
            requests_per_second: requests / seconds,
            cpu_per_request_ns: number(row.cpu_ns?) / requests,
        })
    }
}

/// One line of the table.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) requests_per_second: Option<f64>,
    pub(crate) cpu_per_request: String,
    pub(crate) batches: String,
}

/// The table that stands beside that of the models; nothing where there is no yardstick.
pub(crate) fn table<'a>(lines: impl Iterator<Item = Line<'a>>, style: Style) -> String {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return String::new();
    }
    let mut table = style.table(&["yardstick", "requests/s", "CPU/request", "batches"], 1);
    for line in lines {
        let rate = line.requests_per_second.map_or_else(|| NONE.to_owned(), three);
        table.add_row([style.name(line.name), rate, line.cpu_per_request, line.batches]);
    }
    format!("{}{NOTE}", style.text(&table))
}

const NOTE: &str = "Yardsticks are load generators: the server counted their requests, nothing proves them one by one, and they are not ranked. Medians over the rounds.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::record;
    use inflight_record::{Flag, Label, LedgerRow};

    #[test]
    fn a_batch_is_divided_by_what_the_server_counted() {
        let mut row = Row::from(&record("wrk", Label::Yardstick, 0, 2_000_000_000));
        row.ledger = Some(LedgerRow { requests: 1_000, ..LedgerRow::default() });
        row.cpu_ns = Some(5_000_000);
        assert_eq!(Counted::of(&row), None, "a batch that is not counted is none of a yardstick");
        row.outcome = Outcome::Counted;
        assert_eq!(Counted::of(&row), Some(Counted { requests_per_second: 500.0, cpu_per_request_ns: 5_000.0 }));
        row.flags = [Flag::ForeignLoad].into_iter().collect();
        assert_eq!(Counted::of(&row), None);
        assert!(!row.times_count() && !row.costs_count(), "it is in no figure of a model");
    }
}
