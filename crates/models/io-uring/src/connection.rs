//! Connections: what is unfinished on each, and which are idle.

use std::io;

use inflight_http1::{Hosts, Partial};
use nix::libc::EINPROGRESS;
use socket2::{Domain, Protocol, Socket, Type};

use crate::ring::Key;

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// Its socket, which takes and brings nothing before it is connected.
    pub socket: Socket,
    /// The number of its host.
    pub host: usize,
    /// Whether it has carried a whole answer.
    pub served: bool,
    /// Bytes of its request that went out before the socket took no more; 0 but for requests that are longer than its
    /// buffer.
    pub sent: usize,
    /// Whether the socket has to say first that it takes more: while it is being connected, or its buffer is full.
    pub choked: bool,
    /// What has come of an answer.
    pub partial: Partial,
}

/// All connections.
#[derive(Debug, Default)]
pub struct Connections {
    slots: Vec<Slot>,
    vacant: Vec<u32>,
    hosts: Hosts,
    /// By host: connections without a request; some may be closed by now.
    idle: Vec<Vec<Key>>,
}

/// A place for a connection. What still completes for the one before bears another generation.
#[derive(Debug, Default)]
struct Slot {
    generation: u16,
    connection: Option<Connection>,
}

impl Connections {
    /// The connection with this key, if it is still there.
    pub fn get(&mut self, key: Key) -> Option<&mut Connection> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        slot.connection.as_mut().filter(|_| slot.generation == key.generation)
    }

    /// The number of the host of an authority such as `127.0.0.1:8080`. Looks a name up the first time, and blocks while it
    /// does.
    pub fn host(&mut self, authority: &str) -> io::Result<usize> {
        let host = self.hosts.number(authority)?;
        if self.idle.len() <= host {
            self.idle.resize_with(host + 1, Vec::new);
        }
        Ok(host)
    }

    /// A connection to the host that is idle.
    pub fn idle(&mut self, host: usize) -> Option<Key> {
        loop {
            let key = self.idle[host].pop()?;
            if self.get(key).is_some() {
                return Some(key);
            }
        }
    }

    /// A new one to the host, which may not be connected yet.
    pub fn open(&mut self, host: usize) -> io::Result<Key> {
        let address = self.hosts.address(host);
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(EINPROGRESS) => return Err(error),
            _ => {}
        }
        let slot = match self.vacant.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(Slot::default());
                u32::try_from(self.slots.len() - 1).map_err(io::Error::other)?
            }
        };
        let connection =
            Connection { socket, host, served: false, sent: 0, choked: false, partial: Partial::default() };
        let place = &mut self.slots[slot as usize];
        place.connection = Some(connection);
        Ok(Key { slot, generation: place.generation })
    }

    /// Keeps a connection that has nothing to do.
    pub fn rest(&mut self, key: Key) {
        if let Some(host) = self.get(key).map(|connection| connection.host) {
            self.idle[host].push(key);
        }
    }

    /// Forgets a connection; its key is stale from now on.
    pub fn remove(&mut self, key: Key) -> Option<Connection> {
        self.get(key)?;
        let slot = &mut self.slots[key.slot as usize];
        slot.generation = slot.generation.wrapping_add(1);
        self.vacant.push(key.slot);
        slot.connection.take()
    }
}
