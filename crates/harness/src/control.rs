//! Controls: a model with a known delay or known work added, to see whether a study finds what is there.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use inflight_record::Card;
use nix::time::{ClockId, clock_gettime};

use crate::batch::Batch;
use crate::error::ModelError;
use crate::model::{Client, Model, Setup};

/// A model that does more than it has to: the batch takes `delay` longer, and each request costs `work` more CPU time.
///
/// Both come after the last answer, so that the server sees what it sees of the model itself.
pub struct Handicapped<'m> {
    /// The model.
    pub model: &'m dyn Model,
    /// What it waits at the end of a batch.
    pub delay: Duration,
    /// What it spins for each request.
    pub work: Duration,
}

impl std::fmt::Debug for Handicapped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handicapped").field("delay", &self.delay).field("work", &self.work).finish_non_exhaustive()
    }
}

impl Model for Handicapped<'_> {
    fn card(&self) -> Card {
        self.model.card()
    }

    fn client(&self, setup: &Setup) -> Result<Box<dyn Client>, ModelError> {
        Ok(Box::new(HandicappedClient { client: self.model.client(setup)?, delay: self.delay, work: self.work }))
    }
}

struct HandicappedClient {
    client: Box<dyn Client>,
    delay: Duration,
    work: Duration,
}

impl Client for HandicappedClient {
    fn fetch(&mut self, batch: &Arc<Batch>) -> Result<(), ModelError> {
        self.client.fetch(batch)?;
        spin(self.work * u32::try_from(batch.made())?)?;
        wait(self.delay);
        Ok(())
    }
}

/// Waits for that long to the microsecond: the last of it awake, because a sleeper is woken late, by a tenth of a
/// millisecond on virtual machines. The arm is there for its time; what it burns so is not looked at.
fn wait(delay: Duration) {
    const AWAKE: Duration = Duration::from_micros(500);
    let until = Instant::now() + delay;
    thread::sleep(delay.saturating_sub(AWAKE));
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

/// Uses that much CPU time of this thread, however often it is interrupted.
fn spin(work: Duration) -> nix::Result<()> {
    let used = || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from);
    let until = used()? + work;
    while used()? < until {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spinning_uses_the_cpu_time_that_was_asked_for() {
        let used = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
        let before = used();
        spin(Duration::from_millis(3)).unwrap();
        assert!(used() - before >= Duration::from_millis(3));
    }
}
