//! Sockets: one connection and what is unfinished on it, and all connections by host.

use std::io::{self, ErrorKind, Write as _};

use inflight_http1::{Hosts, Partial};
use mio::net::TcpStream;
use mio::{Interest, Poll, Token};

/// One socket and what is unfinished on it.
#[derive(Debug)]
pub struct Connection {
    /// To read from; [`Connection::send`] writes.
    pub stream: TcpStream,
    /// The number of its host.
    pub host: usize,
    /// Whether it has carried a whole answer.
    pub served: bool,
    /// What the socket would not take yet. Empty but for connections being made and requests longer than its buffer.
    unsent: Vec<u8>,
    /// What has come of an answer.
    pub partial: Partial,
}

impl Connection {
    /// Sends as much as the socket takes and keeps the rest for [`Connection::flush`].
    pub fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let sent = self.write(request)?;
        self.unsent.extend_from_slice(&request[sent..]);
        Ok(())
    }

    /// Sends what is left, now that the socket takes more.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.send(&unsent)
    }

    /// Whether nothing is left to send.
    pub fn all_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Writes until all is sent or the socket takes no more, which a socket says too that is not connected yet.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }
}

/// All connections, by number, which is also their epoll token; and the hosts that they go to.
#[derive(Debug)]
pub struct Sockets {
    /// The epoll.
    pub poll: Poll,
    connections: Vec<Option<Connection>>,
    vacant: Vec<usize>,
    hosts: Hosts,
    /// By host: connections without a request.
    idle: Vec<Vec<usize>>,
}

impl Sockets {
    /// No connections yet.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            connections: Vec::new(),
            vacant: Vec::new(),
            hosts: Hosts::default(),
            idle: Vec::new(),
        })
    }

    /// The connection with this number, if it is still there.
    pub fn get(&mut self, number: usize) -> Option<&mut Connection> {
        self.connections.get_mut(number)?.as_mut()
    }

    /// The host of an authority such as `127.0.0.1:8080`. Looks a name up the first time, and blocks while it does.
    pub fn host(&mut self, authority: &str) -> io::Result<usize> {
        let host = self.hosts.number(authority)?;
        if self.idle.len() <= host {
            self.idle.resize_with(host + 1, Vec::new);
        }
        Ok(host)
    }

    /// A connection to the host: one that is idle, else a new one, which is not connected yet.
    pub fn open(&mut self, host: usize) -> io::Result<usize> {
        match self.idle[host].pop() {
            Some(number) => Ok(number),
            None => self.connect(host),
        }
    }

    /// A new connection to the host; what is sent before it is connected waits.
    pub fn connect(&mut self, host: usize) -> io::Result<usize> {
        let mut stream = TcpStream::connect(self.hosts.address(host))?;
        stream.set_nodelay(true)?;
        let number = self.vacant.pop().unwrap_or(self.connections.len());
        // The only registration. Edge-triggered, writability is reported when the connection is made, and later only
        // after a write that had to stop.
        self.poll.registry().register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        let connection = Connection { stream, host, served: false, unsent: Vec::new(), partial: Partial::default() };
        if number == self.connections.len() {
            self.connections.push(Some(connection));
        } else {
            self.connections[number] = Some(connection);
        }
        Ok(number)
    }

    /// Keeps a connection that has nothing to do.
    pub fn rest(&mut self, number: usize) {
        if let Some(Some(connection)) = self.connections.get(number) {
            self.idle[connection.host].push(number);
        }
    }

    /// Closes a connection and forgets it.
    pub fn close(&mut self, number: usize) -> Option<Connection> {
        let connection = self.connections.get_mut(number)?.take()?;
        self.idle[connection.host].retain(|&idle| idle != number);
        self.vacant.push(number);
        Some(connection)
    }
}
