//! Runs models and proves what they did. The only crate with a client's clock; no async runtime.
//!
//! The data's way, which is also the order to read in: [`plan`] → [`driver`] → [`attempt`] (one batch: [`server`] and
//! [`child`] processes, the [`protocol`] between them) → [`worker`] (the child's side, with the one timing loop) →
//! [`model`] and [`batch`] (what a contender sees) → [`sample_log`] → [`figures`], [`guards`] and [`witness`] →
//! [`store`]. Of a crawl, [`feed`] stands between model and pages. [`probes`], [`limits`] and [`environment`] read the machine.

pub mod attempt;
pub mod batch;
pub mod child;
pub mod clock;
pub mod control;
mod crawling;
pub mod driver;
pub mod environment;
mod error;
pub mod feed;
pub mod figures;
pub mod guards;
pub mod limits;
pub mod model;
pub mod plan;
pub mod probes;
pub mod protocol;
pub mod sample_log;
pub mod server;
pub mod store;
mod urls;
mod watch;
pub mod witness;
pub mod worker;

pub use batch::{Batch, InFlight, Ticket, Urls};
pub use error::ModelError;
pub use model::{Client, Model, Setup};
