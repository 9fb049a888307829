//! A request that cannot be served: its status, and what would be right.

use hyper::StatusCode;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No such path.
    #[error(
        "no such path; there are /delay/{{seconds}}, /api/book/, /api/book/{{id}}, /top250, /subject/{{id}}/, /ledger, \
         /machine and /health"
    )]
    Path,
    /// The path does not serve this method.
    #[error("this path serves {allow} only")]
    Method {
        /// The methods that it serves, as the `Allow` header has them.
        allow: &'static str,
    },
    /// The path's delay is no decimal number of seconds, or too long.
    #[error("the delay must be decimal seconds from 0 to 60, such as /delay/0.05")]
    Delay,
    /// A query parameter is not `key=value` with a known key, or comes twice.
    #[error("the query may have {known}, each once, as key=number; not {got:?}")]
    Parameter {
        /// The keys that are known here.
        known: &'static str,
        /// The part of the query that is none of them.
        got: String,
    },
    /// A parameter's value is out of its range.
    #[error("{key} must be a whole number from 0 to {max}")]
    Number {
        /// The parameter.
        key: &'static str,
        /// Its largest value.
        max: u64,
    },
    /// A batch is named, but no index.
    #[error("a request that names a batch must name its index too, as in batch=7&index=3")]
    IndexMissing,
    /// A list of another length is asked for.
    #[error("limit must be {0}: a list has so many books")]
    Limit(u64),
    /// A list is asked for that begins in the middle of one.
    #[error("{key} must be a multiple of {step}, such as {key}={step}")]
    Place {
        /// What the query calls it.
        key: &'static str,
        /// How many details a list names.
        step: u64,
    },
    /// An id is no number.
    #[error("an id is a whole number, as in /api/book/1234567 and /subject/1234567/")]
    Id,
    /// The site has fewer lists.
    #[error("no such list: there are {lists}, and the last is at {key}={last}")]
    NoList {
        /// How many it has.
        lists: u64,
        /// What the query calls the place of a list.
        key: &'static str,
        /// The place of the last.
        last: u64,
    },
    /// The site has no detail of this id.
    #[error("no detail of the {catalogue} has the id {id}: the lists name all that there are")]
    NoDetail {
        /// What the site offers.
        catalogue: &'static str,
        /// The id.
        id: u64,
    },
    /// The site of the batch offers something else.
    #[error("the site of this batch has {offered} and no {asked}")]
    OtherCatalogue {
        /// What it has.
        offered: &'static str,
        /// What was asked for.
        asked: &'static str,
    },
    /// A page is asked for in a batch that is no crawl.
    #[error("batch {0} is no crawl, and has no pages: POST /ledger with \"crawl\" opens one that has")]
    NoCrawl(u64),
    /// A delay is asked for in a batch that is a crawl.
    #[error("batch {0} is a crawl: its requests are for pages, not for /delay")]
    PagesOnly(u64),
    /// The index is not owed by the batch.
    #[error("index must be below the {requests} requests of batch {batch}")]
    IndexOutside {
        /// The batch's number.
        batch: u64,
        /// Its N.
        requests: u64,
    },
    /// The batch was never opened, or was pushed out by newer ones.
    #[error("batch {0} is not open: POST /ledger opens one, and only the {kept} last opened are kept", kept = crate::options::BATCHES_KEPT)]
    BatchUnknown(u64),
    /// The batch is open already.
    #[error("batch {0} is open already: choose a number that is not")]
    BatchOpen(u64),
    /// The ledger is guarded, and the word is missing or wrong.
    #[error("this server's ledger is guarded: POST /ledger needs the header Authorization: Bearer with its word")]
    Guarded,
    /// The server needs its token, and that is missing or wrong.
    #[error(
        "this server needs its token: the header Authorization: Bearer with what stands in the file of --token-file, or in the \
         query of /delay and the pages the batch of a driver that has it; only /health needs neither"
    )]
    Token,
    /// The server was not told how to read its machine.
    #[error("GET /machine is there where the server was started with --token-file")]
    NoMachine,
    /// The body of `POST /ledger` is wrong.
    #[error(
        "POST /ledger takes {{\"batch\":7,\"requests\":100,\"slots\":10}}, \"capacity\":5 where so many are served at once, and \
         \"crawl\":{{\"site\":{{\"catalogue\":\"books\",\"lists\":100,\"seed\":1}},\"delay_ns\":50000000}} where it is a crawl: {0}"
    )]
    Open(String),
}

impl Refusal {
    /// Whether it is the right to ask that lacks.
    pub(crate) fn is_of_rights(&self) -> bool {
        matches!(self, Self::Guarded | Self::Token)
    }

    /// The status that says it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Path
            | Self::NoMachine
            | Self::BatchUnknown(_)
            | Self::NoList { .. }
            | Self::NoDetail { .. }
            | Self::OtherCatalogue { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BatchOpen(_) => StatusCode::CONFLICT,
            _ if self.is_of_rights() => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
