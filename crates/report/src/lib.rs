//! Records to summaries, comparisons, tables and charts. Never runs anything: the same records give the same text.

pub mod cells;
pub mod chart;
pub mod compare;
pub mod directory;
#[cfg(test)]
mod fixture;
mod grid;
pub mod latency;
mod metric;
pub mod study;
mod style;
pub mod summary;
pub mod table;
pub mod timeline;
pub mod units;

pub use cells::{Cell, cells};
pub use chart::{Chart, ChartError, Charts, Theme, charts};
pub use compare::Comparison;
pub use latency::{Latencies, latencies};
pub use study::StudyRecords;
pub use style::Style;
pub use summary::{Summary, wide};
pub use table::{header, table, tables};
pub use timeline::{Timeline, timelines};

/// The schemas of what is computed from records, as file name and text.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    use inflight_record::schema::text;
    vec![
        ("summary.schema.json", text(&schemars::schema_for!(Summary))),
        ("comparison.schema.json", text(&schemars::schema_for!(Comparison))),
    ]
}
