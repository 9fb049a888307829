//! The crawls of a workload in a summary: how fast their pages came, what became of details, and what the store cost.

use inflight_record::{CrawlRow, Outcome, Row};
use inflight_stats::Stopping;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WorkloadSummary;
use super::figure::{Figure, Ids, Made};
use crate::grid::{ArmRows, Cells, Values, plain};
use crate::metric::{Unit, number};
use crate::style::Style;

/// The crawls of one model under one workload on one machine. Its excess, efficiency and costs are among the figures of
/// every model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrawlSummary {
    /// Id of the model.
    pub model: String,
    /// Lists that arrived, by second of the makespan.
    pub lists_per_second: Figure,
    /// Details that were stored, by second of the makespan.
    pub details_per_second: Figure,
    /// Most pages in the queue before the store.
    pub queue_peak: Figure,
    /// Time that fetching waited because that queue was full, summed over its threads or tasks.
    pub store_wait: Figure,
    /// From the last answer until everything was stored.
    pub tail: Figure,
    /// Lists that were given up, in all batches that ended `ok`.
    pub lists_failed: u64,
    /// Details that were stored, in all of them.
    pub stored: u64,
    /// Details that were given up, in all of them.
    pub failed: u64,
    /// Attempts beyond the first for their page, in all of them.
    pub retried: u64,
}

/// A figure of a crawl: its word in ids, how it is called in a sentence, its unit, and what it is of a batch.
struct Of {
    word: &'static str,
    phrase: &'static str,
    unit: Unit,
    of: fn(&Row, &CrawlRow) -> Option<f64>,
}

const LISTS: Of = Of {
    word: "lists_per_second",
    phrase: "number of lists a second",
    unit: Unit::Count,
    of: |row, crawl| a_second(row, crawl.lists),
};
const DETAILS: Of = Of {
    word: "details_per_second",
    phrase: "number of details stored a second",
    unit: Unit::Count,
    of: |row, crawl| a_second(row, crawl.stored),
};
const QUEUE: Of = Of {
    word: "queue_peak",
    phrase: "peak of the queue before the store",
    unit: Unit::Count,
    of: |_, crawl| Some(number(crawl.queue_peak)),
};
const WAIT: Of = Of {
    word: "store_wait",
    phrase: "time that fetching waited for the store",
    unit: Unit::Ns,
    of: |_, crawl| Some(number(crawl.waited_ns)),
};
const TAIL: Of = Of {
    word: "tail",
    phrase: "time from the last answer until everything was stored",
    unit: Unit::Ns,
    of: |_, crawl| Some(number(crawl.tail_ns)),
};

/// How a figure of a crawl is called in a sentence, by its word in ids.
pub(crate) fn phrase(word: &str) -> Option<&'static str> {
    [LISTS, DETAILS, QUEUE, WAIT, TAIL].into_iter().find(|of| of.word == word).map(|of| of.phrase)
}

fn a_second(row: &Row, count: u64) -> Option<f64> {
    row.makespan_ns.filter(|makespan| *makespan > 0).map(|makespan| number(count) / (number(makespan) / 1e9))
}

/// What came of the crawls of each model, in the order of the study; nothing where the workload is no crawl.
pub(super) fn crawls(ids: &Ids, cells: &Cells<'_>, stopping: Stopping) -> Vec<CrawlSummary> {
    if cells.named.workload.crawl.is_none() {
        return Vec::new();
    }
    cells.models().map(|rows| one(ids, cells, rows, stopping)).collect()
}

fn one(ids: &Ids, cells: &Cells<'_>, rows: &ArmRows<'_>, stopping: Stopping) -> CrawlSummary {
    let model = rows.arm.arm.as_str();
    let figure = |what: Of| {
        let timed = rows.rows.iter().filter(|(_, row)| row.times_count());
        let values: Values<'_> =
            timed.filter_map(|(round, row)| Some((*round, (what.of)(row, row.crawl.as_deref()?)?))).collect();
        let id = ids.id(&cells.named.id, model, what.word);
        let made = Made::median(&plain(&values), stopping);
        Figure::new(id, what.word.to_owned(), what.unit, values.len(), cells.rounds - values.len(), made)
    };
    let ok = || rows.rows.values().filter(|row| row.outcome == Outcome::Ok);
    let all = |of: fn(&CrawlRow) -> u64| ok().filter_map(|row| row.crawl.as_deref()).map(of).sum::<u64>();
    CrawlSummary {
        model: model.to_owned(),
        lists_per_second: figure(LISTS),
        details_per_second: figure(DETAILS),
        queue_peak: figure(QUEUE),
        store_wait: figure(WAIT),
        tail: figure(TAIL),
        lists_failed: all(|crawl| crawl.lists_failed),
        stored: all(|crawl| crawl.stored),
        failed: all(|crawl| crawl.failed),
        retried: all(|crawl| crawl.retried),
    }
}

impl CrawlSummary {
    /// Its figures, each with an id.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        let Self { lists_per_second, details_per_second, queue_peak, store_wait, tail, .. } = self;
        [lists_per_second, details_per_second, queue_peak, store_wait, tail].into_iter()
    }
}

const COLUMNS: [&str; 10] = [
    "crawl by",
    "lists/s",
    "details/s",
    "queue peak",
    "waited for store",
    "tail",
    "lists given up",
    "details stored",
    "details given up",
    "attempts again",
];

/// Their table; nothing where the workload is no crawl.
pub(super) fn crawl_table(workload: &WorkloadSummary, style: Style) -> String {
    if workload.crawls.is_empty() {
        return String::new();
    }
    let mut table = style.table(&COLUMNS, 1);
    for it in &workload.crawls {
        let counts = [it.lists_failed, it.stored, it.failed, it.retried].map(|count| count.to_string());
        table.add_row(std::iter::once(style.name(&it.model)).chain(it.figures().map(Figure::text)).chain(counts));
    }
    format!("{}{}", style.text(&table), style.lines(NOTE))
}

const NOTE: &str = "Figures of crawls are medians over the rounds, counts are sums over the batches that ended ok. By second of the makespan; queue peak: most pages between fetching and store; waited: time that fetching stood still because that queue was full, summed over its threads or tasks; tail: from the last answer until everything was stored.\n";

#[cfg(test)]
mod tests {
    use inflight_record::crawl::Catalogue;

    use super::*;
    use crate::fixture::{crawl_of, manifest, named, of, plain as plain_workload};
    use crate::summary::{Summary, tables};

    #[test]
    fn a_crawl_has_figures_of_its_own_and_other_workloads_have_none() {
        let books = named("books", &crawl_of(Catalogue::Books, 100, "sqlite:"));
        let study = of(manifest(&["base", "other"], &[books, plain_workload()]), 12, |_| true);
        let summary = Summary::of(&study);
        let [crawl, plain] = &summary.machines[0].workloads[..] else { panic!("two workloads") };
        assert_eq!((crawl.crawls.len(), plain.crawls.len()), (2, 0));
        let base = &crawl.crawls[0];
        assert_eq!((base.model.as_str(), base.stored, base.failed), ("base", 12 * 1_800, 0));
        assert_eq!(base.queue_peak.estimate, Some(7.0));
        // 1,800 in 950 ms and a little.
        let details = base.details_per_second.estimate.unwrap();
        assert!((1_885.0..1_895.0).contains(&details), "{details}");
        assert_eq!(summary.figure("s/books/base/store_wait"), Some(&base.store_wait));
        let text = tables(&summary, Style::Markdown);
        assert_eq!(text.matches("| crawl by").count(), 1, "{text}");
        assert!(text.contains("a crawl of 100 lists and their 1800 books"), "{text}");
    }

    #[test]
    fn every_figure_has_words() {
        let words = ["lists_per_second", "details_per_second", "queue_peak", "store_wait", "tail"];
        assert!(words.into_iter().all(|word| phrase(word).is_some()));
        assert_eq!(phrase("excess"), None);
    }
}
