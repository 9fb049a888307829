//! `MongoDB`: a collection for the lists and one for the details of each catalogue, and raw `update` commands with
//! upserts.
//!
//! What `FerretDB` 1.24 asks for, and `MongoDB` does not mind:
//! - Ids are texts. With numbers, each upsert walks over the collection.
//! - A command has at most 50 upserts. With 200, of which half were there, its pool of connections to its own store ran
//!   dry.
//! - The driver's `bulk_write` wants a server of version 8; the raw command, which that is made of, is as old as
//!   upserts.
//!
//! The driver has no limit of its own on how long it waits for an answer, so each call has one here. The runtime that
//! it needs is of one thread, the one that stores.

use std::time::Duration;

use ::mongodb::bson::{Document, doc};
use ::mongodb::error::{Error, ErrorKind, Result as Answered};
use ::mongodb::options::ClientOptions;
use ::mongodb::{Client, Collection, Database};
use inflight_harness::feed::{Item, ItemKind};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use super::{EachRow, Opening, Store, StoreError, word};

/// For how long a server may take to be found, and to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Most upserts in a command.
const AT_ONCE: usize = 50;
/// The id of what the store says of itself.
const LABEL: &str = "label";

/// A database, and the names in it that are a crawl's own.
pub(super) struct Mongodb {
    // Before the runtime, which its tasks run on.
    database: Database,
    runtime: Runtime,
    place: String,
    label: String,
    lists: String,
    details: String,
}

/// A row as it is stored.
#[derive(Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

impl Mongodb {
    /// Connects to the server at `HOST:PORT`.
    pub(super) fn open(address: &str, database: &str, opening: &Opening<'_>) -> Result<Self, StoreError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| StoreError::io(opening.place, source))?;
        let url = format!("mongodb://{address}/");
        let client = runtime.block_on(async {
            let mut options = ClientOptions::parse(url.as_str()).await?;
            options.app_name = Some("inflight".to_owned());
            options.connect_timeout = Some(ANSWER);
            options.server_selection_timeout = Some(ANSWER);
            // This server, whatever it says of others.
            options.direct_connection = Some(true);
            // One thread stores, with one command at a time.
            options.max_pool_size = Some(1);
            Client::with_options(options)
        });
        let client = client.map_err(|error| failure(opening.place, &error))?;
        let catalogue = opening.site.catalogue.as_str();
        let mongodb = Self {
            database: client.database(database),
            runtime,
            place: opening.place.to_owned(),
            label: format!("inflight_{catalogue}"),
            lists: format!("inflight_{catalogue}_{}", word(ItemKind::List)),
            details: format!("inflight_{catalogue}_{}", word(ItemKind::Detail)),
        };
        mongodb.prepare(opening)?;
        Ok(mongodb)
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<(), StoreError> {
        let names = self.wait(self.database.list_collection_names())?;
        let there = |name: &String| names.contains(name);
        let said = if there(&self.label) {
            let label = self.rows_of(&self.label);
            let row = self.wait(label.find_one(doc! { "_id": LABEL }))?;
            let row = row.ok_or_else(|| opening.foreign(format!("its collection {} has no label", self.label)))?;
            opening.judge(&row.text)?;
            true
        } else if there(&self.lists) || there(&self.details) {
            let found = format!("it has a collection {} or {}, and none that says whose", self.lists, self.details);
            return Err(opening.foreign(found));
        } else {
            false
        };
        if !said || !opening.resume {
            self.wait(self.rows_of(&self.lists).drop())?;
            self.wait(self.rows_of(&self.details).drop())?;
            self.upsert(&self.label, std::iter::once((LABEL.to_owned(), opening.label().as_str())))?;
        }
        Ok(())
    }

    fn rows_of(&self, collection: &str) -> Collection<Row> {
        self.database.collection(collection)
    }

    /// At most [`AT_ONCE`] of them.
    fn upsert<'a>(&self, collection: &str, rows: impl Iterator<Item = (String, &'a str)>) -> Result<(), StoreError> {
        let updates: Vec<Document> = rows
            .map(|(id, text)| doc! { "q": { "_id": id }, "u": { "$set": { "text": text } }, "upsert": true })
            .collect();
        let command = doc! { "update": collection, "updates": updates, "ordered": false };
        let answer = self.wait(self.database.run_command(command))?;
        // A command that ran is no error, whatever became of its parts.
        match answer.get_array("writeErrors") {
            Ok(errors) if !errors.is_empty() => {
                Err(StoreError::Refused { place: self.place.clone(), message: answer.to_string() })
            }
            _ => Ok(()),
        }
    }

    fn wait<T>(&self, action: impl IntoFuture<Output = Answered<T>>) -> Result<T, StoreError> {
        let action = action.into_future();
        let answer = self.runtime.block_on(async { tokio::time::timeout(ANSWER, action).await });
        match answer {
            Ok(answer) => answer.map_err(|error| failure(&self.place, &error)),
            Err(_) => {
                let message = format!("no answer within {} s", ANSWER.as_secs());
                Err(StoreError::NoAnswer { place: self.place.clone(), message })
            }
        }
    }

    fn name(&self, kind: ItemKind) -> &str {
        match kind {
            ItemKind::List => &self.lists,
            ItemKind::Detail => &self.details,
        }
    }
}

impl Store for Mongodb {
    fn put(&mut self, items: &[Item]) -> Result<(), StoreError> {
        for kind in [ItemKind::List, ItemKind::Detail] {
            let rows: Vec<&Item> = items.iter().filter(|item| item.kind == kind).collect();
            for rows in rows.chunks(AT_ONCE) {
                self.upsert(self.name(kind), rows.iter().map(|row| (row.id.to_string(), row.text.as_str())))?;
            }
        }
        Ok(())
    }

    fn each(&mut self, kind: ItemKind, row: &mut EachRow<'_>) -> Result<(), StoreError> {
        // A cursor that is given up on half its way says so to the server, from a task.
        let _context = self.runtime.enter();
        let rows = self.rows_of(self.name(kind));
        let mut cursor = self.wait(rows.find(doc! {}))?;
        while self.wait(cursor.advance())? {
            let found = cursor.deserialize_current().map_err(|error| failure(&self.place, &error))?;
            let id = found.id.parse().map_err(|_| StoreError::Refused {
                place: self.place.clone(),
                message: format!("{} has a row {:?}, whose id is no number", self.name(kind), found.id),
            })?;
            row(id, &found.text)?;
        }
        Ok(())
    }
}

fn failure(place: &str, error: &Error) -> StoreError {
    let (place, message) = (place.to_owned(), error.to_string());
    let silent = format!("{message}; a server of MongoDB's protocol has to run there");
    match error.kind.as_ref() {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } => {
            StoreError::NoAnswer { place, message: silent }
        }
        _ => StoreError::Refused { place, message },
    }
}
