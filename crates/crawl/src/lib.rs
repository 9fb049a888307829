//! The crawl: list pages, then every detail that they name, parsed, and stored while fetching goes on.
//!
//! [`open`] gives the harness its two ends: a [`Handler`](inflight_harness::feed::Handler), which deals out URLs and
//! reads answers on the model's own threads, and a [`Keeper`](inflight_harness::feed::Keeper), which stores what was
//! read on a thread of its own. The data's way, which is also the order to read in: `links` (numbers to URLs) →
//! `frontier` (which page next; no clock, lock or network) → `parse` (a body to ids or to one detail as canonical JSON)
//! → `handler` (the three together) → `keeper` → `store`.
//!
//! # Stores
//!
//! | store | URL | server to start |
//! | --- | --- | --- |
//! | none | `none:` | none: rows are counted and their marks added up, and nothing is kept |
//! | `SQLite` | `sqlite:`, `sqlite:PATH` | none: it is built in |
//! | JSON lines | `jsonl:`, `jsonl:PATH` | none |
//! | Redis | `redis://HOST:PORT`, `redis://HOST:PORT/DB` | `apt-get install redis-server`, then `redis-server --port 6379` |
//! | `MongoDB` | `mongodb://HOST:PORT/DATABASE` | `mongod --dbpath DIR --bind_ip 127.0.0.1`, or `FerretDB` |
//!
//! `FerretDB`, over `SQLite`, is started so, in an empty folder:
//!
//! ```text
//! "$(scripts/ferretdb.sh)" --handler=sqlite --sqlite-url=file:./ --state-dir=. --listen-addr=127.0.0.1:27017 \
//!     --debug-addr=- --telemetry=disable --log-level=ERROR
//! ```
//!
//! Without a path, `sqlite:` and `jsonl:` are a file in the folder for temporary files, which goes with the crawl (that
//! of a crawl that was killed stays). Redis and `MongoDB` are cargo features of this crate, `redis` and `mongodb`, off
//! by default.
//!
//! `MongoDB` was tested with `FerretDB` 1.24 over `SQLite`, which speaks its wire protocol, and not with `MongoDB`'s
//! own server; the tests run against one where `MONGODB_URL` names it. Addresses carry no user and no password, because
//! they land on records: a server for a crawl is one of its own, on this machine or behind a wall.
//!
//! What every store promises:
//! - Rows are upserted by id. What is written twice is there once.
//! - It is empty at the start of a crawl that does not resume. What is not a crawl's own is refused, and left as it is:
//!   each store says of itself that a crawl made it, and of which site.
//! - A batch is stored when the keeper's call returns: it then survives the end of this process. What survives the end
//!   of the machine is up to the store: files are synced after the crawl, outside of what is measured; `SQLite` also
//!   while it goes on.
//! - A server that goes away, or does not answer, is asked again for 30 s. A batch that was sent twice is there once.
//! - Lists are stored with the ids that they named, so that a crawl that resumes fetches what is missing and nothing
//!   else.

mod frontier;
mod handler;
mod keeper;
mod links;
mod parse;
mod store;

use std::sync::{Arc, Mutex};

use inflight_harness::feed::Crawler;
use inflight_harness::{ModelError, Urls};
use inflight_record::Workload;

use crate::frontier::{Frontier, Past};
use crate::handler::Pages;
use crate::keeper::StoreKeeper;
use crate::links::Links;
use crate::parse::Parser;
use crate::store::Rows;

pub use crate::store::{StoreError, check_store, kinds, try_store};

/// Opens a crawl: its store, and what is in it where it resumes; the frontier, with the lists to be fetched.
///
/// `lists` are the URLs of all lists, in order, as the driver sent them: absolute, with their batch and without an
/// index.
///
/// # Errors
/// The workload is no crawl, the URLs are not those of its lists, or the store cannot be opened, holds what is not a
/// crawl's own, or is of another site than that which is to be resumed.
pub fn open(workload: &Workload, lists: &Urls) -> Result<Crawler, ModelError> {
    let crawl = workload.crawl.as_ref().ok_or("the workload is no crawl: it names no site")?;
    let links = Links::read(&crawl.site, lists)?;
    let parser = Parser::new(crawl.site.catalogue)?;
    let mut store = store::open(&crawl.store, &crawl.site, crawl.resume)?;
    let (past, before) =
        if crawl.resume { store::past(store.as_mut(), &crawl.site)? } else { (Past::default(), Rows::default()) };
    let frontier = Arc::new(Mutex::new(Frontier::new(crawl, links, past)));
    let handler = Pages::new(Arc::clone(&frontier), parser);
    Ok(Crawler { handler: Box::new(handler), keeper: Box::new(StoreKeeper::new(store, frontier, before)) })
}
