//! The listening sockets: one for each host, all with one port.

use std::fs;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::ops::Deref;

use inflight_record::hosts::host;
use inflight_record::workload::MAX_HOSTS;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpListener;

use crate::options::{Options, ServerError};

/// What the kernel has taken a connection queue to be since 5.4, where it cannot be read.
const SOMAXCONN_DEFAULT: u32 = 4096;
const SOMAXCONN_PATH: &str = "/proc/sys/net/core/somaxconn";
/// How many ports are tried until one is free on all hosts. The kernel offers one that is free on the first; that
/// another host's is taken is rare, and happening so often means that something holds most of them.
const PORT_TRIES: usize = 16;

/// A socket that listens for as long as this lives. A child that this process is just starting has every socket of its
/// parent open until it becomes the other program, and the kernel takes connections for as long as anybody has this one
/// open: so it is shut down by word, which holds for all of them.
#[derive(Debug)]
pub(crate) struct Listening(TcpListener);

impl Drop for Listening {
    fn drop(&mut self) {
        // Closing does it too, if later.
        let _ = SockRef::from(&self.0).shutdown(Shutdown::Both);
    }
}

impl Deref for Listening {
    type Target = TcpListener;

    fn deref(&self) -> &TcpListener {
        &self.0
    }
}

/// Listens on every host of the options, the first one first. Must be called within the runtime.
pub(crate) fn listen_on_all(options: &Options) -> Result<Vec<Listening>, ServerError> {
    let hosts = hosts(options)?;
    // Kept until the end, so that the kernel offers another port each time.
    let mut passed_over = Vec::new();
    while passed_over.len() < PORT_TRIES {
        let first = match listen_on(options.bind, options) {
            // There was a port before, but it was no good: now there is none left.
            Err(_) if !passed_over.is_empty() => break,
            first => first?,
        };
        let port = first.local_addr().map_err(|source| ServerError::Listen { bind: options.bind, source })?.port();
        let mut listeners = vec![first];
        let others = hosts.iter().skip(1).map(|host| SocketAddr::new(host.ip(), port));
        match others.into_iter().try_for_each(|bind| listen_on(bind, options).map(|listener| listeners.push(listener)))
        {
            Ok(()) => return Ok(listeners),
            Err(ServerError::Listen { source, .. })
                if source.kind() == io::ErrorKind::AddrInUse && options.bind.port() == 0 =>
            {
                passed_over.push(listeners);
            }
            Err(error) => return Err(error),
        }
    }
    Err(ServerError::NoPort { hosts: options.hosts, tries: passed_over.len() })
}

/// The addresses to listen on, with the port as asked.
fn hosts(options: &Options) -> Result<Vec<SocketAddr>, ServerError> {
    let Options { bind, hosts, .. } = *options;
    let none = || ServerError::Hosts { bind, hosts };
    match bind {
        // Any address will do where it is the only one.
        _ if hosts == 1 => Ok(vec![bind]),
        SocketAddr::V4(first) if (1..=MAX_HOSTS).contains(&hosts) => (0..hosts)
            .map(|number| Some(SocketAddr::from((host(*first.ip(), number)?, first.port()))))
            .collect::<Option<_>>()
            .ok_or_else(none),
        _ => Err(none()),
    }
}

fn listen_on(bind: SocketAddr, options: &Options) -> Result<Listening, ServerError> {
    listen(bind, options.backlog).map_err(|source| ServerError::Listen { bind, source })
}

fn listen(bind: SocketAddr, backlog: Option<u32>) -> io::Result<Listening> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Linux hands it down to every accepted connection, which saves a system call for each.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    let backlog = backlog.unwrap_or_else(|| somaxconn().min(65_535));
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into()).map(Listening)
}

fn somaxconn() -> u32 {
    fs::read_to_string(SOMAXCONN_PATH).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(SOMAXCONN_DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use inflight_record::TokenKey;
    use std::net::TcpStream;

    fn options(bind: &str, hosts: u64) -> Options {
        Options { bind: bind.parse().unwrap(), hosts, ..Options::new(TokenKey::new([7; 16])) }
    }

    #[tokio::test]
    async fn nobody_listens_when_it_is_dropped_also_where_a_child_has_the_socket_open() {
        let listening = listen_on_all(&options("127.0.0.1:0", 2)).unwrap();
        let addresses: Vec<_> = listening.iter().map(|listening| listening.local_addr().unwrap()).collect();
        // What a child that is being started has: the same sockets, under numbers of its own.
        let _child: Vec<_> =
            listening.iter().map(|listening| SockRef::from(&**listening).try_clone().unwrap()).collect();
        assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));
        drop(listening);
        assert!(addresses.iter().all(|address| TcpStream::connect(address).is_err()));
    }

    #[test]
    fn one_host_may_be_anything_and_more_are_loopback_addresses_in_a_row() {
        for bind in ["0.0.0.0:80", "[::1]:80", "192.0.2.1:80"] {
            assert_eq!(hosts(&options(bind, 1)).unwrap(), [bind.parse().unwrap()]);
            assert!(matches!(hosts(&options(bind, 2)), Err(ServerError::Hosts { hosts: 2, .. })), "{bind}");
        }
        let three: Vec<String> =
            hosts(&options("127.0.0.254:80", 3)).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(three, ["127.0.0.254:80", "127.0.0.255:80", "127.0.1.0:80"]);
        for (bind, count) in [("127.0.0.1:0", 0), ("127.0.0.1:0", 129), ("127.255.255.250:0", 7)] {
            let error = hosts(&options(bind, count)).unwrap_err().to_string();
            assert!(error.contains("1 to 128 addresses of 127.0.0.0/8"), "{error}");
        }
    }
}
