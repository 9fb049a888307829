//! Records to what people read: summaries, comparisons, tables, charts, the page, citations, numbers in prose, advice.
//! Never runs anything: the same records give the same bytes.

pub mod advise;
pub mod answer;
pub mod axes;
pub mod cells;
pub mod chart;
pub mod cite;
pub mod compare;
pub mod costs;
pub mod csv;
pub mod directory;
#[cfg(test)]
mod fixture;
mod form;
mod grid;
mod json;
pub mod latency;
pub mod library;
mod metric;
pub mod page;
pub mod portability;
pub mod publish;
pub mod readme;
pub mod splice;
pub mod study;
mod style;
pub mod summary;
pub mod table;
pub mod timeline;
pub mod units;
mod whole;
mod yardstick;

pub use advise::Advice;
pub use cells::{Cell, cells};
pub use chart::{Chart, ChartError, Charts, Theme, charts, forests};
pub use compare::Comparison;
pub use latency::{Latencies, latencies};
pub use library::Library;
pub use page::{PageError, Part, page};
pub use portability::Portability;
pub use study::StudyRecords;
pub use style::Style;
pub use summary::{Summary, wide};
pub use table::{header, table, tables};
pub use timeline::{Timeline, timelines};

/// The schemas of what is computed from records, as file name and text; and the columns of `records.csv`.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    use inflight_record::schema::text;
    vec![
        ("summary.schema.json", text(&schemars::schema_for!(Summary))),
        ("comparison.schema.json", text(&schemars::schema_for!(Comparison))),
        ("advise.schema.json", text(&schemars::schema_for!(Advice))),
        ("portability.schema.json", text(&schemars::schema_for!(Portability))),
        ("records.csv.md", csv::document()),
    ]
}
