//! The sample: what the client side saw of one request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Token;

/// What went wrong with one request, as the client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleError {
    /// Never started.
    NotSent,
    /// Started, never finished: the model returned, or was stopped, before.
    Unfinished,
    /// The client reported an error: connect, send, receive, time-out.
    Client,
    /// The status was not 200.
    Status,
    /// The body carried no token: cut, empty, or another answer.
    Body,
}

/// One request as the client saw it. Times are nanoseconds since the batch's start, of the worker's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Which URL of the batch.
    pub index: u64,
    /// Just before the model handed the request to its client.
    pub start_ns: u64,
    /// Just after it had the whole body.
    pub end_ns: u64,
    /// What `Server-Timing` said the server held it.
    pub hold_ns: u64,
    /// HTTP status; 0 where none arrived.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u64,
    /// The token that the body ended in, if it did.
    pub token: Option<Token>,
    /// What went wrong, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<SampleError>,
}
