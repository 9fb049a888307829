//! `inflight pool-process`: one process of the model `process-pool`.

use anyhow::Context as _;
use inflight::lineup;

use super::FINE;

pub fn run() -> anyhow::Result<u8> {
    lineup::pool::serve().context("the pipe of the pool")?;
    Ok(FINE)
}
