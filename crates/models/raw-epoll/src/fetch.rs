//! The loop: wait for sockets, read what has come, send what is next.

use std::fmt::Display;
use std::io::{self, ErrorKind, Read as _};
use std::time::Duration;

use inflight_harness::{Batch, InFlight, ModelError, Ticket};
use inflight_http1::Request;
use mio::Events;
use mio::event::Event;

use crate::connection::Sockets;

/// Bytes read at once.
const READ_BYTES: usize = 64 << 10;
/// Events fetched at once.
const EVENTS: usize = 1024;
/// Requests begun before the sockets are looked after again: 10,000 connections take a while to open.
const STARTS: usize = 64;

/// Fetches all of the batch.
pub fn fetch(sockets: &mut Sockets, batch: &Batch) -> Result<(), ModelError> {
    let mut events = Events::with_capacity(EVENTS);
    let mut read_buffer = vec![0; READ_BYTES];
    let mut run = Run { sockets, batch, asked: 0, requests: Vec::new(), in_flight: 0, request_buffer: Vec::new() };
    // Connections that the server has closed since the last batch say so now, before a request is lost on them.
    let mut wait = Some(Duration::ZERO);
    loop {
        match run.sockets.poll.poll(&mut events, wait) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => events.iter().for_each(|event| run.attend(event, &mut read_buffer)),
        }
        let full = run.start_some();
        if full && run.in_flight == 0 {
            return Ok(());
        }
        wait = if full { None } else { Some(Duration::ZERO) };
    }
}

struct Run<'a> {
    sockets: &'a mut Sockets,
    batch: &'a Batch,
    /// For how many requests leave was given.
    asked: usize,
    /// By connection number: the request that it carries.
    requests: Vec<Option<InFlight<'a>>>,
    in_flight: usize,
    request_buffer: Vec<u8>,
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
    fn begin(&mut self, request: InFlight<'a>, free: Option<usize>) {
        let Some(text) = Request::get(request.url()) else {
            self.rest(free);
            return self.fail(request, "raw-epoll fetches http:// URLs only");
        };
        self.request_buffer.clear();
        text.write(&mut self.request_buffer);
        match self.connection(text.authority, free) {
            Ok(number) => self.write(number, request),
            Err(error) => self.fail(request, &error),
        }
    }

    fn connection(&mut self, authority: &str, free: Option<usize>) -> io::Result<usize> {
        let host = self.sockets.host(authority);
        match (free, &host) {
            (Some(number), Ok(host)) if self.sockets.get(number).is_some_and(|free| free.host == *host) => Ok(number),
            _ => {
                self.rest(free);
                self.sockets.open(host?)
            }
        }
    }

    /// Sends what is in the buffer.
    fn write(&mut self, number: usize, request: InFlight<'a>) {
        if self.requests.len() <= number {
            self.requests.resize_with(number + 1, || None);
        }
        self.requests[number] = Some(request);
        if let Some(connection) = self.sockets.get(number)
            && let Err(error) = connection.send(&self.request_buffer)
        {
            self.lose(number, &error);
        }
    }

    /// Does what a socket is ready for.
    fn attend(&mut self, event: &Event, read_buffer: &mut [u8]) {
        let number = event.token().0;
        let Some(connection) = self.sockets.get(number) else { return };
        if event.is_writable()
            && let Err(error) = connection.flush()
        {
            return self.lose(number, &error);
        }
        if !event.is_readable() && !event.is_error() {
            return;
        }
        while let Some(connection) = self.sockets.get(number) {
            match connection.stream.read(read_buffer) {
                Ok(0) => return self.lose(number, "the server closed the connection"),
                Ok(count) => {
                    self.arrived(number, &read_buffer[..count]);
                    // Edge-triggered sockets are read until they are empty, and a short read says that they are.
                    if count < read_buffer.len() && !event.is_read_closed() {
                        return;
                    }
                }
                // A spurious event of a connection that is still being made looks like that too.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.lose(number, &error),
            }
        }
    }

    /// Takes in what a connection has brought; when that completes an answer, the next request goes out at once.
    fn arrived(&mut self, number: usize, bytes: &[u8]) {
        let Some(connection) = self.sockets.get(number) else { return };
        let Some(request) = self.requests.get_mut(number).and_then(Option::take) else {
            // Bytes that nobody asked for.
            self.sockets.close(number);
            return;
        };
        match connection.partial.absorb(bytes) {
            Ok(None) => self.requests[number] = Some(request),
            Ok(Some(answer)) => {
                request.finish(answer.status, answer.server_timing, answer.body);
                let reusable = answer.reusable;
                connection.partial.reset();
                connection.served = true;
                let reusable = reusable && connection.all_sent();
                if !reusable {
                    self.sockets.close(number);
                }
                let free = reusable.then_some(number);
                match self.next() {
                    Some(ticket) => self.begin(self.batch.send(ticket), free),
                    None => {
                        self.in_flight -= 1;
                        self.rest(free);
                    }
                }
            }
            Err(error) => {
                self.sockets.close(number);
                self.fail(request, &error);
            }
        }
    }

    /// A connection broke. Its request goes out again on a new one if the server had closed it before it got that far.
    fn lose(&mut self, number: usize, error: &(impl Display + ?Sized)) {
        let Some(connection) = self.sockets.close(number) else { return };
        let Some(request) = self.requests.get_mut(number).and_then(Option::take) else { return };
        if !connection.served || !connection.partial.is_empty() {
            return self.fail(request, error);
        }
        match (self.sockets.connect(connection.host), Request::get(request.url())) {
            (Ok(number), Some(text)) => {
                self.request_buffer.clear();
                text.write(&mut self.request_buffer);
                self.write(number, request);
            }
            _ => self.fail(request, error),
        }
    }

    fn fail(&mut self, request: InFlight<'_>, error: &(impl Display + ?Sized)) {
        request.fail(error);
        self.in_flight -= 1;
    }

    /// Puts a connection by for later.
    fn rest(&mut self, free: Option<usize>) {
        if let Some(number) = free {
            self.sockets.rest(number);
        }
    }
}
