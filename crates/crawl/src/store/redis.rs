//! Redis: a hash for the lists and one for the details of each catalogue, and one `HSET` for all rows of a kind in a
//! batch.
//!
//! A hash, and not a key for each row, because a hash is one name: it is emptied by one command, counted by another,
//! found to be foreign by its type, and read back without walking over whatever else the server holds. A batch of
//! details is one command with many fields, which a pipeline of many commands would only be longer than.
//!
//! The connection waits 5 s for an answer. After any error it is given up, because the answer may still be on its way,
//! and the next attempt makes a new one.

use std::time::Duration;

use ::redis::{Client, Connection, RedisError, RedisResult, cmd, pipe};
use inflight_harness::feed::{Item, ItemKind};

use super::{EachRow, Opening, Store, StoreError, word};

/// For how long a connection may take, and each answer on it: longer than a server that does its own housekeeping is
/// silent.
const ANSWER: Duration = Duration::from_secs(5);
/// Rows that are read back at once.
const READ: usize = 500;

/// A server, and the names that are a crawl's own.
pub(super) struct Redis {
    client: Client,
    /// On which no answer is under way.
    connection: Option<Connection>,
    place: String,
    /// A text: what the store says of itself.
    label: String,
    lists: String,
    details: String,
}

impl Redis {
    /// Connects to the server at `HOST:PORT`.
    pub(super) fn open(address: &str, database: u32, opening: &Opening<'_>) -> Result<Self, StoreError> {
        let client = Client::open(format!("redis://{address}/{database}"));
        let catalogue = opening.site.catalogue.as_str();
        let mut redis = Self {
            client: client.map_err(|error| failure(opening.place, &error))?,
            connection: None,
            place: opening.place.to_owned(),
            label: format!("inflight:{catalogue}"),
            lists: format!("inflight:{catalogue}:{}", word(ItemKind::List)),
            details: format!("inflight:{catalogue}:{}", word(ItemKind::Detail)),
        };
        redis.prepare(opening)?;
        Ok(redis)
    }

    fn prepare(&mut self, opening: &Opening<'_>) -> Result<(), StoreError> {
        let (label, lists, details) = (self.label.clone(), self.lists.clone(), self.details.clone());
        let types: Vec<String> = self.ask(|connection| {
            pipe().cmd("TYPE").arg(&label).cmd("TYPE").arg(&lists).cmd("TYPE").arg(&details).query(connection)
        })?;
        let found = |what: &str| opening.foreign(format!("its keys {label}, {lists}, {details} are {what}"));
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        let rows_may_be_ours = types[1..].iter().all(|kind| matches!(*kind, "none" | "hash"));
        let said: Option<String> = match types[..] {
            ["none", "none", "none"] => None,
            ["string", ..] if rows_may_be_ours => self.ask(|connection| cmd("GET").arg(&label).query(connection))?,
            _ => return Err(found(&types.join(", "))),
        };
        said.as_deref().map_or(Ok(()), |said| opening.judge(said))?;
        if said.is_none() || !opening.resume {
            let ours = opening.label();
            self.ask(|connection| {
                let mut begin = pipe();
                begin.atomic().cmd("DEL").arg(&lists).arg(&details).ignore();
                begin.cmd("SET").arg(&label).arg(&ours).ignore();
                begin.query::<()>(connection)
            })?;
        }
        Ok(())
    }

    /// Asks the server something, on the connection that is there or on a new one.
    fn ask<T>(&mut self, question: impl FnOnce(&mut Connection) -> RedisResult<T>) -> Result<T, StoreError> {
        let connection = self.connection.take().map_or_else(|| self.connect(), Ok);
        let answer = connection.and_then(|mut connection| Ok((question(&mut connection)?, connection)));
        let (answer, connection) = answer.map_err(|error| failure(&self.place, &error))?;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(ANSWER)?;
        connection.set_read_timeout(Some(ANSWER))?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(connection)
    }

    fn key(&self, kind: ItemKind) -> String {
        match kind {
            ItemKind::List => self.lists.clone(),
            ItemKind::Detail => self.details.clone(),
        }
    }
}

impl Store for Redis {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        for kind in [ItemKind::List, ItemKind::Detail] {
            let mut rows = items.iter().filter(|item| item.kind == kind).peekable();
            if rows.peek().is_none() {
                continue;
            }
            let mut upsert = cmd("HSET");
            upsert.arg(self.key(kind));
            for item in rows {
                upsert.arg(item.id).arg(item.text.as_str());
            }
            // It answers how many of the fields are new.
            let _: u64 = self.ask(|connection| upsert.query(connection))?;
        }
        Ok(())
    }

    fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
        let key = self.key(kind);
        // HSCAN may give a row twice; the ids are small, and each is asked for once.
        let ids: Vec<u64> = self.ask(|connection| cmd("HKEYS").arg(&key).query(connection))?;
        for ids in ids.chunks(READ) {
            let texts: Vec<Option<String>> =
                self.ask(|connection| cmd("HMGET").arg(&key).arg(ids).query(connection))?;
            for (id, text) in ids.iter().zip(texts) {
                // Whoever took it away in the meantime took it away: it is not there.
                if let Some(text) = text {
                    row(*id, &text)?;
                }
            }
        }
        Ok(())
    }
}

fn failure(place: &str, error: &RedisError) -> StoreError {
    let (place, message) = (place.to_owned(), error.to_string());
    let silent = format!("{message}; redis-server has to run there");
    match error.code() {
        // "OOM": maxmemory is reached. "MISCONF": it cannot write its snapshots, and takes nothing new.
        Some("OOM" | "MISCONF") => StoreError::Full { place, message },
        Some("LOADING" | "BUSY" | "TRYAGAIN" | "MASTERDOWN") => StoreError::NoAnswer { place, message },
        None if error.is_io_error() || error.is_unrecoverable_error() => {
            StoreError::NoAnswer { place, message: silent }
        }
        _ => StoreError::Refused { place, message },
    }
}
