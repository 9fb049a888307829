//! No store: what a crawl costs without one. Rows are counted and their marks added up as they come, so that what was
//! read can still be held against what the server sent.

use inflight_harness::feed::{Item, ItemKind};

use super::{EachRow, Rows, Store, StoreError};

/// Keeps a count and a sum.
#[derive(Debug, Default)]
pub(super) struct Nothing {
    rows: Rows,
}

impl Store for Nothing {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        items.iter().filter(|item| item.kind == ItemKind::Detail).for_each(|item| self.rows.add(&item.text));
        Ok(())
    }

    fn each(&mut self, _: ItemKind, _: &mut EachRow<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn rows(&mut self) -> Result<Rows, StoreError> {
        Ok(self.rows)
    }
}
