//! The columns of a crawl's table: how fast its pages came, what became of its details, and what its store cost.

use std::fmt::Write as _;

use inflight_record::{CrawlFigures, Record, SiteLedger};

use super::{range, show, standing, whole};
use crate::cells::Cell;
use crate::metric::number;
use crate::units::{bytes, duration, percent, three};

pub(super) const COLUMNS: [&str; 16] = [
    "model",
    "makespan",
    "range",
    "excess",
    "efficiency",
    "lists/s",
    "details/s",
    "stored",
    "failed",
    "retried",
    "queue peak",
    "waited for store",
    "tail",
    "CPU/page",
    "peak memory",
    "batches and flags",
];

pub(super) const NOTE: &str = "Medians over the rounds, makespan with its range; no ranks: so few rounds cannot carry them. Lists and details a second are over the whole makespan, the tail included. Stored + failed = details that the lists named; retried: attempts beyond a page's first. Queue peak: most pages between fetching and store; waited: time that fetching stood still because that queue was full, summed over its threads or tasks; tail: from the last answer until all was stored. Memory is the peak above the harness's own.\n";

pub(super) fn row(cell: &Cell<'_>) -> Vec<String> {
    let makespan = cell.time(|record| record.makespan_ns);
    let count = |of: fn(&CrawlFigures) -> u64| cell.count(|record| record.crawl.as_ref().map(of));
    let time = |of: fn(&CrawlFigures) -> u64| cell.time(|record| record.crawl.as_ref().map(of));
    let efficiency = cell.time_share(|record| record.efficiency);
    let has_ideal = cell.records.first().is_some_and(|record| record.ideal_ns > 0);
    vec![
        cell.arm.to_owned(),
        show(makespan, duration),
        range(makespan),
        show(cell.excess_ns().filter(|_| has_ideal), duration),
        show(efficiency, percent),
        show(cell.time_share(|record| a_second(record, |site| site.lists)), three),
        show(cell.time_share(|record| a_second(record, |site| site.details)), three),
        show(count(|crawl| crawl.stored), whole),
        show(count(|crawl| crawl.failed), whole),
        show(count(|crawl| crawl.retried), whole),
        show(count(|crawl| crawl.queue_peak), whole),
        show(time(|crawl| crawl.waited_ns), duration),
        show(time(|crawl| crawl.tail_ns), duration),
        show(cell.cost(Record::cpu_per_request_ns), duration),
        show(cell.count(|record| record.memory.map(inflight_record::Memory::model_bytes)), bytes),
        standing(cell),
    ]
}

/// So many by second of the makespan, as the server saw them go out: a crawl that resumed has read lists that it did not
/// fetch.
fn a_second(record: &Record, of: fn(SiteLedger) -> u64) -> Option<f64> {
    let seconds = number(record.makespan_ns?) / 1e9;
    record.ledger?.crawl.filter(|_| seconds > 0.0).map(|site| number(of(site)) / seconds)
}

/// Says which lists were given up: the details that they would have named are in no count.
pub(super) fn given_up(text: &mut String, cell: &Cell<'_>) {
    let lists: u64 = cell.records.iter().filter_map(|record| record.crawl.as_ref()).map(|it| it.lists_failed).sum();
    if lists > 0 {
        let plural = if lists == 1 { "list was" } else { "lists were" };
        let _ = writeln!(text, "{}: {lists} {plural} given up, and what they name is in no count.", cell.arm);
    }
}

#[cfg(test)]
mod tests {
    use inflight_record::crawl::Catalogue;
    use inflight_record::{Label, LedgerFigures, WorkloadFigures};

    use super::*;
    use crate::fixture::crawl_of;
    use crate::style::Style;
    use crate::table::tests::record;
    use crate::table::{header, table, tables};

    /// Half of the ideal 950 ms more, 3 details given up.
    fn crawled(round: u32, store: &str) -> Record {
        let workload = crawl_of(Catalogue::Books, 100, store);
        let mut it = record("m", Label::Tuned, round, 1_900_000_000);
        it.ideal_ns = workload.ideal_ns();
        it.excess_ns = Some(950_000_000);
        it.efficiency = Some(0.5);
        it.workload = WorkloadFigures::new(&workload, "split");
        it.crawl = Some(CrawlFigures {
            lists: 100,
            named: 1_800,
            stored: 1_797,
            failed: 3,
            retried: 8,
            queue_peak: 12,
            waited_ns: 4_000_000,
            tail_ns: 1_500_000,
            ..CrawlFigures::default()
        });
        let site = SiteLedger { lists: 100, details: 1_797, ..SiteLedger::default() };
        it.ledger = Some(LedgerFigures { crawl: Some(site), ..LedgerFigures::default() });
        it
    }

    #[test]
    fn a_crawl_has_columns_of_its_own() {
        let text = table(&[crawled(0, "sqlite:")], Style::Markdown);
        let row = text.lines().filter(|line| line.starts_with('|')).nth(2).unwrap();
        let row: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let wanted = [
            "m",
            "1.90 s",
            "1.90 s – 1.90 s",
            "950 ms",
            "50.0 %",
            "52.6",
            "946",
            "1797",
            "3",
            "8",
            "12",
            "4.00 ms",
            "1.50 ms",
            "2.63 µs",
            "–",
            "1 ok",
        ];
        assert_eq!(row, wanted);
        assert!(
            text.contains("Stored + failed = details that the lists named") && !text.contains("given up"),
            "{text}"
        );
    }

    #[test]
    fn the_crawl_is_told_with_its_ideal() {
        let above = header(&[crawled(0, "sqlite:books.db")], None);
        let told = "a crawl of 100 lists and their 1800 books, all lists first, 100 in flight, each page held for 50ms, stored \
                    in sqlite, cold connections\nideal 950 ms ((⌈L/C⌉ + ⌈M/C⌉) · D);";
        assert!(above.contains(told), "{above}");
    }

    #[test]
    fn other_stores_are_another_table_and_lists_that_are_lost_are_told() {
        let two = [crawled(0, "sqlite:a"), crawled(0, "sqlite:b")];
        assert_eq!(tables(&two, &[], Style::Terminal).matches("a crawl of").count(), 2);
        let mut lost = crawled(0, "sqlite:a");
        lost.crawl.as_mut().unwrap().lists_failed = 1;
        let text = table(&[lost], Style::Markdown);
        assert!(text.contains("m: 1 list was given up, and what they name is in no count."), "{text}");
    }
}
