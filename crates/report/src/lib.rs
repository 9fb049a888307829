//! Records to tables. Never runs anything: the same records give the same text.

pub mod cells;
pub mod table;
pub mod units;

pub use cells::{Cell, cells};
pub use table::{header, table, tables};
