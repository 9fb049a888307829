//! A request that cannot be served: its status, and what would be right.

use hyper::StatusCode;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No such path.
    #[error("no such path; there are /delay/{{seconds}}, /ledger and /health")]
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
    #[error("a request that names a batch must name its index too: /delay/0.05?batch=7&index=3")]
    IndexMissing,
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
    /// The body of `POST /ledger` is wrong.
    #[error(
        "POST /ledger takes {{\"batch\":7,\"requests\":100,\"slots\":10}}, and \"capacity\":5 where so many are served at once: {0}"
    )]
    Open(String),
}

impl Refusal {
    /// The status that says it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Path | Self::BatchUnknown(_) => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BatchOpen(_) => StatusCode::CONFLICT,
            Self::Guarded => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
