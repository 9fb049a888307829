//! What stops a batch.

use std::error::Error;

/// Anything that stops a whole batch: the runtime does not start, a thread cannot be made.
pub type ModelError = Box<dyn Error + Send + Sync>;
