//! Batches on a server elsewhere: what goes before each of them, and what their records hold besides.

use inflight_record::ledger::pass;
use inflight_record::{Record, ServerSide};

use super::{DriverError, Event, Run};
use crate::attempt::Seen;
use crate::guards::{self, Elsewhere};
use crate::limits::Needs;
use crate::plan::Contender;
use crate::server::ServerError;

impl Run<'_> {
    /// Waits, where the server is elsewhere, until it answers and this machine has the ports that the batch needs.
    pub(super) fn ready<E>(
        &self,
        contender: &Contender,
        listen: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), DriverError<E>> {
        let Some(remote) = self.plan.server.elsewhere() else { return Ok(()) };
        let lost = |error| match error {
            ServerError::Interrupted => DriverError::Interrupted,
            error => DriverError::Server(error),
        };
        let mut heard = Ok(());
        let waited = remote.wait(self.stop, || heard = listen(Event::Waits { server: remote.url() }));
        heard.map_err(DriverError::Listener)?;
        waited.map_err(lost)?;
        remote.wait_for_ports(&self.limits, self.connections(contender), self.stop).map_err(lost)
    }

    /// Connections that the contender may open in a batch and its warm-up.
    fn connections(&self, contender: &Contender) -> u64 {
        let (workload, card) = (&self.plan.workload, &contender.card);
        if card.keeps_connections {
            Needs::new(workload, self.declared_peak(contender), false).connections
        } else {
            workload.indices()
        }
    }

    /// Why the server's side cannot carry the batch, or `None`.
    pub(super) fn refused_elsewhere(&self, contender: &Contender, declared_peak: u64) -> Option<String> {
        let remote = self.plan.server.elsewhere()?;
        guards::refusal_elsewhere(&remote.environment().limits, &contender.card, &self.plan.workload, declared_peak)
    }

    /// The number of the batch that comes `number`th: by itself on a server of our own; on one that others can reach, what
    /// lets its requests in.
    pub(super) fn batch_number(&self, number: u64) -> u64 {
        if self.plan.server.elsewhere().is_some() { pass(rand::random()) } else { number }
    }

    /// What the guards have to know of the server's side, which goes on the record.
    pub(super) fn elsewhere(&self, seen: &Seen, record: &mut Record) -> Option<Elsewhere> {
        let (remote, across) = (self.plan.server.elsewhere()?, seen.across?);
        let side = ServerSide {
            counters: across.counters,
            other_requests: across.arrived.saturating_sub(seen.ledger.requests),
            link_bytes_per_s: remote.link_bytes_per_s(),
        };
        record.round_trip = Some(across.round_trip);
        record.server_side = Some(side);
        let cpus = remote.environment().machine.cpus.len() as u64;
        Some(Elsewhere { side, cpus, declared_ideal_ns: record.declared_ideal_ns })
    }
}
