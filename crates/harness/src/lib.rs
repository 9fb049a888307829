//! Runs models and proves what they did. The only crate with a clock; no async runtime.

pub mod batch;
pub mod clock;
pub mod model;
pub mod sample_log;

pub use batch::{Batch, InFlight, Urls};
pub use model::{Client, Model, ModelError, Setup};
