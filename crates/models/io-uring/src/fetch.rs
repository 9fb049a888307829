//! The loop: wait for completions, take in what has come, ask for what is next.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use inflight_harness::{Batch, InFlight, ModelError, Ticket};
use inflight_http1::Request;
use nix::libc::ENOBUFS;

use crate::buffers::Buffer;
use crate::connection::{Connection, Connections};
use crate::pace::{Pace, Wait};
use crate::ring::{Completion, Key, Operation, Ring};

/// Requests begun before the kernel is called: none of them goes out earlier, and each may have to make a connection.
const STARTS: usize = 16;

/// Fetches all of the batch.
pub fn fetch(ring: &mut Ring, connections: &mut Connections, batch: &Batch) -> Result<(), ModelError> {
    let mut run = Run { ring, connections, batch, asked: 0, requests: Vec::new(), in_flight: 0 };
    let mut pace = Pace::new(batch.now_ns());
    let mut completed = Vec::new();
    // Connections that the server has closed since the last batch say so now, before a request is lost on them.
    let mut wait = Wait::LOOK;
    loop {
        run.ring.wait(wait)?;
        run.ring.completions(&mut completed);
        pace.turn(batch.now_ns(), completed.len());
        completed.drain(..).for_each(|completion| run.attend(completion));
        let full = run.start_some();
        if full && run.in_flight == 0 {
            return Ok(());
        }
        wait = if full { pace.wait(run.in_flight) } else { Wait::LOOK };
    }
}

struct Run<'a> {
    ring: &'a mut Ring,
    connections: &'a mut Connections,
    batch: &'a Batch,
    /// For how many requests leave was given.
    asked: usize,
    /// By slot of the connection: the request that it carries.
    requests: Vec<Option<InFlight<'a>>>,
    in_flight: usize,
}

impl<'a> Run<'a> {
    /// Begins requests until C are in flight, but not too many at a stretch. Whether none can begin before one has ended.
    fn start_some(&mut self) -> bool {
        for _ in 0..STARTS {
            if self.in_flight == self.batch.concurrency() {
                return true;
            }
            let Some(ticket) = self.next() else { return true };
            self.in_flight += 1;
            self.begin(self.batch.send(ticket), None);
        }
        false
    }

    fn next(&mut self) -> Option<Ticket> {
        let ticket = self.batch.try_admit(self.asked)?;
        self.asked += 1;
        Some(ticket)
    }

    /// Sends a request, on the connection that is free if that goes to the right host.
    fn begin(&mut self, request: InFlight<'a>, free: Option<Key>) {
        let Some(text) = Request::get(request.url()) else {
            self.rest(free);
            return self.fail(request, "io-uring fetches http:// URLs only");
        };
        let host = match self.connections.host(text.authority) {
            Ok(host) => host,
            Err(error) => {
                self.rest(free);
                return self.fail(request, &error);
            }
        };
        match self.connected(host, free) {
            Some(key) => self.send(key, request),
            None => self.connect(host, request),
        }
    }

    /// A connection to the host that is there already.
    fn connected(&mut self, host: usize, free: Option<Key>) -> Option<Key> {
        match free.and_then(|free| self.connections.get(free)) {
            Some(connection) if connection.host == host => free,
            _ => {
                self.rest(free);
                self.connections.idle(host)
            }
        }
    }

    /// Sends a request on a new connection. The socket may not take it before it is connected: it says so, then.
    fn connect(&mut self, host: usize, request: InFlight<'a>) {
        match self.connections.open(host) {
            Ok(key) => {
                self.send(key, request);
                self.receive(key);
            }
            Err(error) => self.fail(request, &error),
        }
    }

    /// Sends a request, or what its connection has not taken of it. If the ring does not take that, the request has failed:
    /// the server may have a part of it.
    fn send(&mut self, key: Key, request: InFlight<'a>) {
        let slot = key.slot as usize;
        if self.requests.len() <= slot {
            self.requests.resize_with(slot + 1, || None);
        }
        let (Some(text), Some(connection)) = (Request::get(request.url()), self.connections.get(key)) else {
            return self.fail(request, "its connection is gone");
        };
        match self.ring.send(key, &connection.socket, &text, connection.sent) {
            Ok(()) => self.requests[slot] = Some(request),
            Err(error) => {
                self.close(key);
                self.fail(request, &error);
            }
        }
    }

    /// Asks for an operation on a connection. If the ring does not take it, its request has failed: the server may have it.
    fn ask(&mut self, key: Key, operation: impl FnOnce(&mut Ring, &mut Connection) -> io::Result<()>) {
        if let Some(connection) = self.connections.get(key)
            && let Err(error) = operation(self.ring, connection)
        {
            self.close(key);
            if let Some(request) = self.requests.get_mut(key.slot as usize).and_then(Option::take) {
                self.fail(request, &error);
            }
        }
    }

    /// Does what follows from a completion. Of a connection that is gone by now, nothing does.
    fn attend(&mut self, completion: Completion) {
        let Completion { key, operation, result, buffer, more } = completion;
        match (operation, result) {
            (Operation::Receive, result) => {
                match (result, buffer) {
                    (Ok(_), Some(buffer)) => self.arrived(key, buffer),
                    (Ok(_), None) => self.lose(key, "the server closed the connection"),
                    // All buffers are full: they are emptied in this turn.
                    (Err(error), _) if error.raw_os_error() == Some(ENOBUFS) => {}
                    (Err(error), _) => self.lose(key, &error),
                }
                if !more {
                    self.receive(key);
                }
            }
            (Operation::Send, Ok(sent)) => self.choked(key, sent),
            (Operation::Send, Err(error)) if error.kind() == ErrorKind::WouldBlock => self.choked(key, 0),
            (Operation::Writable, Ok(_)) => self.unchoked(key),
            (_, Err(error)) => self.lose(key, &error),
        }
    }

    fn receive(&mut self, key: Key) {
        self.ask(key, |ring, connection| ring.receive(key, &connection.socket));
    }

    /// The socket took no more than a part of a request.
    fn choked(&mut self, key: Key, sent: usize) {
        self.ask(key, |ring, connection| {
            connection.sent += sent;
            connection.choked = true;
            ring.writable(key, &connection.socket)
        });
    }

    /// The socket takes more: what is left of its request.
    fn unchoked(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        connection.choked = false;
        if let Some(request) = self.requests.get_mut(key.slot as usize).and_then(Option::take) {
            self.send(key, request);
        }
    }

    /// Takes in what a connection has brought; when that completes an answer, the next request goes out in the same call.
    fn arrived(&mut self, key: Key, buffer: Buffer) {
        let free = self.absorb(key, &buffer);
        self.ring.give_back(buffer);
        let Some(free) = free else { return };
        match self.next() {
            Some(ticket) => self.begin(self.batch.send(ticket), free),
            None => {
                self.in_flight -= 1;
                self.rest(free);
            }
        }
    }

    /// `None` if this completes no answer, else the connection if it can carry another request.
    fn absorb(&mut self, key: Key, buffer: &Buffer) -> Option<Option<Key>> {
        let connection = self.connections.get(key)?;
        let carried = self.requests.get_mut(key.slot as usize)?;
        let Some(request) = carried.take() else {
            // Bytes that nobody asked for.
            self.close(key);
            return None;
        };
        match connection.partial.absorb(self.ring.received(buffer)) {
            Ok(None) => {
                *carried = Some(request);
                None
            }
            Ok(Some(answer)) => {
                request.finish(answer.status, answer.server_timing, answer.body);
                let reusable = answer.reusable && !connection.choked;
                connection.partial.reset();
                (connection.served, connection.sent) = (true, 0);
                if !reusable {
                    self.close(key);
                }
                Some(reusable.then_some(key))
            }
            Err(error) => {
                self.close(key);
                self.fail(request, &error);
                None
            }
        }
    }

    /// A connection broke. Its request goes out again on a new one if the server had closed it before it got that far.
    fn lose(&mut self, key: Key, error: &(impl Display + ?Sized)) {
        let Some((host, unsettled)) = self.close(key) else { return };
        let Some(request) = self.requests.get_mut(key.slot as usize).and_then(Option::take) else { return };
        if unsettled { self.connect(host, request) } else { self.fail(request, error) }
    }

    /// Ends a connection. Tells its host, and whether it had served before and brought nothing since.
    fn close(&mut self, key: Key) -> Option<(usize, bool)> {
        let Connection { socket, host, served, partial, .. } = self.connections.remove(key)?;
        self.ring.close(socket);
        Some((host, served && partial.is_empty()))
    }

    fn fail(&mut self, request: InFlight<'_>, error: &(impl Display + ?Sized)) {
        request.fail(error);
        self.in_flight -= 1;
    }

    /// Puts a connection by for later.
    fn rest(&mut self, free: Option<Key>) {
        if let Some(key) = free {
            self.connections.rest(key);
        }
    }
}
