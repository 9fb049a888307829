//! A local HTTP server that holds every response for a fixed delay, and keeps a ledger of each batch.

mod accept;
mod answer;
mod batch;
mod book;
mod clock;
mod connection;
mod handle;
mod hold;
mod options;
mod refusal;
mod request;
mod serve;
mod timer;

pub use handle::DelayServer;
pub use options::{Options, ServerError, Shutdown};
pub use serve::run;
