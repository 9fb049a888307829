//! `SQLite`, built in: one file, and a transaction for each batch.
//!
//! In WAL mode with `synchronous` NORMAL a commit is a write to the log without a sync: it survives the end of the
//! process, and a power cut may take the last ones back but breaks nothing
//! (<https://www.sqlite.org/pragma.html#pragma_synchronous>). A crawl that resumes fetches those again, so that more
//! would be paid for and not used. The log is synced and folded into the file as it grows, and once after the crawl.

use std::path::Path;
use std::time::Duration;

use inflight_harness::feed::{Item, ItemKind};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};
use tempfile::TempDir;

use super::{EachRow, Opening, Store, StoreError, place, word};

/// "infl": what the header of our files says that they are.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"infl");
/// For how long a statement waits for another process that writes to the file.
const BUSY: Duration = Duration::from_secs(5);

/// An open file.
#[derive(Debug)]
pub(super) struct Sqlite {
    // Before the folder, so that it is closed before that goes.
    connection: Connection,
    folder: Option<TempDir>,
    place: String,
    lists: String,
    details: String,
}

impl Sqlite {
    /// Opens the file, or one of the crawl's own.
    pub(super) fn open(path: Option<&Path>, opening: &Opening<'_>) -> Result<Self, StoreError> {
        let (file, folder) = place::file(opening.place, path, "crawl.db")?;
        let catalogue = opening.site.catalogue.as_str();
        let table = |kind| format!("inflight_{catalogue}_{}", word(kind));
        let (lists, details) = (table(ItemKind::List), table(ItemKind::Detail));
        let failed = |error| failure(opening.place, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
        let mut sqlite = Self { connection, folder, place: opening.place.to_owned(), lists, details };
        sqlite.refuse_foreign(opening)?;
        sqlite.prepare(opening).map_err(failed)?.map_or(Ok(()), Err)?;
        Ok(sqlite)
    }

    /// Reads, and changes nothing.
    fn refuse_foreign(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        let read = || -> rusqlite::Result<(i32, i64)> {
            self.connection.busy_timeout(BUSY)?;
            let id = self.connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
            let things = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok((id, things))
        };
        match read().map_err(|error| failure(opening.place, error))? {
            (APPLICATION_ID, _) | (0, 0) => Ok(()),
            (id, things) => Err(opening.foreign(format!(
                "a database of application id {id} with {things} tables and indices, and a crawl's has {APPLICATION_ID}"
            ))),
        }
    }

    /// Makes the tables, or empties them, or leaves them where the crawl goes on; all of it or nothing. What is wrong
    /// with their label, if anything is.
    fn prepare(&mut self, opening: &Opening<'_>) -> rusqlite::Result<Option<StoreError>> {
        let catalogue = opening.site.catalogue.as_str();
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let Self { lists, details, .. } = self;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(
            "CREATE TABLE IF NOT EXISTS inflight_crawl (catalogue TEXT PRIMARY KEY, label TEXT NOT NULL) STRICT",
        )?;
        let label: Option<String> = transaction
            .query_row("SELECT label FROM inflight_crawl WHERE catalogue = ?1", [catalogue], |row| row.get(0))
            .optional()?;
        if let Some(wrong) = label.as_deref().and_then(|label| opening.judge(label).err()) {
            return Ok(Some(wrong));
        }
        if label.is_none() || !opening.resume {
            for table in [&*lists, &*details] {
                transaction.execute_batch(&format!(
                    "DROP TABLE IF EXISTS {table};
                     CREATE TABLE {table} (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"
                ))?;
            }
            transaction.execute(
                "INSERT OR REPLACE INTO inflight_crawl (catalogue, label) VALUES (?1, ?2)",
                [catalogue, &opening.label()],
            )?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        transaction.commit()?;
        Ok(None)
    }

    fn write(&mut self, items: &[Item]) -> rusqlite::Result<()> {
        let upsert = |table: &str| {
            format!(
                "INSERT INTO {table} (id, text) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET text = excluded.text"
            )
        };
        let (into_lists, into_details) = (upsert(&self.lists), upsert(&self.details));
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for item in items {
            let sql = match item.kind {
                ItemKind::List => &into_lists,
                ItemKind::Detail => &into_details,
            };
            // Prepared once for all batches: the cache knows a statement by its text.
            transaction.prepare_cached(sql)?.execute((item.id.cast_signed(), item.text.as_str()))?;
        }
        transaction.commit()
    }
}

impl Store for Sqlite {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        self.write(items).map_err(|error| failure(&self.place, error))
    }

    fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
        let failed = |error| failure(&self.place, error);
        let table = match kind {
            ItemKind::List => &self.lists,
            ItemKind::Detail => &self.details,
        };
        let select = format!("SELECT id, text FROM {table} ORDER BY id");
        let mut select = self.connection.prepare(&select).map_err(failed)?;
        let mut rows = select.query([]).map_err(failed)?;
        while let Some(found) = rows.next().map_err(failed)? {
            let id: i64 = found.get(0).map_err(failed)?;
            let text: String = found.get(1).map_err(failed)?;
            row(id.cast_unsigned(), &text)?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        if self.folder.is_some() {
            return Ok(());
        }
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        folded.map_err(|error| failure(&self.place, error))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn failure(place: &str, error: rusqlite::Error) -> StoreError {
    let (place, message) = (place.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { place, message },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::NoAnswer { place, message },
        Some(ErrorCode::NotADatabase) => StoreError::Foreign { place, found: message },
        _ => StoreError::Refused { place, message },
    }
}

#[cfg(test)]
mod tests;
