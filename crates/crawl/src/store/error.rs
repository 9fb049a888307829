//! What can go wrong with a store; each error says what would be right.

use std::io;

use super::place::FORMS;

/// Why a store cannot be used, or went wrong.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No store is called so.
    #[error("there is no store {url:?}; it has to be one of {FORMS}")]
    Unknown {
        /// What was asked for.
        url: String,
    },
    /// The URL names a store, and is not what that one takes.
    #[error("the store {url:?} has {what}; it has to be {form}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        what: &'static str,
        /// What is right.
        form: &'static str,
    },
    /// This program was built without it.
    #[error("the store {kind} is not built in: build inflight with `--features {kind}`")]
    NotBuiltIn {
        /// What stands before the colon, and the name of the cargo feature.
        kind: &'static str,
    },
    /// What is there is not a crawl's.
    #[error("{place} is not a crawl's own: {found}; it is left as it was, and another place has to be named")]
    Foreign {
        /// The store.
        place: String,
        /// What was found.
        found: String,
    },
    /// What is there is of another site than that which is to be resumed.
    #[error(
        "{place} holds {held}, and {asked} is to be resumed: name the store of that crawl, or begin anew without \
         resuming, which empties it"
    )]
    OtherSite {
        /// The store.
        place: String,
        /// Its site.
        held: String,
        /// The site that was asked for.
        asked: String,
    },
    /// A store that goes with its crawl cannot be resumed from.
    #[error(
        "{place} keeps nothing after its crawl, so that none can be resumed from it: name a store that does, such as \
         sqlite:crawl.db"
    )]
    NothingToResume {
        /// The store.
        place: String,
    },
    /// Another process writes to the same file.
    #[error("{place} is held by another process: wait until that has ended, or name another store")]
    Busy {
        /// The store.
        place: String,
    },
    /// There is no room.
    #[error("{place} is full ({message}); what was stored before is whole: make room, and go on by resuming")]
    Full {
        /// The store.
        place: String,
        /// What it, or the system, said.
        message: String,
    },
    /// The operating system refused.
    #[error("{place}: {source}")]
    Io {
        /// The store.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// The store refused.
    #[error("{place}: {message}")]
    Refused {
        /// The store.
        place: String,
        /// What it said.
        message: String,
    },
    /// The store cannot be reached, or says nothing, or has to be waited for.
    #[error("{place} does not answer: {message}")]
    NoAnswer {
        /// The store.
        place: String,
        /// What happened.
        message: String,
    },
    /// It did not answer for too long.
    #[error("gave up after asking for {seconds} s: {last}; what was stored before is whole: go on by resuming")]
    GaveUp {
        /// For how long it was asked, in seconds.
        seconds: u64,
        /// What it came to the last time.
        last: Box<StoreError>,
    },
    /// A row does not hold what a crawl writes.
    #[error("row {id} is not what a crawl writes: {message}; begin anew without resuming, which empties the store")]
    Row {
        /// Its id, or the number of its list.
        id: u64,
        /// What is wrong with it.
        message: String,
    },
}

impl StoreError {
    /// Whether the same may go well a little later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NoAnswer { .. })
    }

    /// What the operating system said of a place.
    pub(super) fn io(place: &str, source: io::Error) -> Self {
        let place = place.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { place, message: source.to_string() }
            }
            _ => Self::Io { place, source },
        }
    }
}
