//! Several hosts: one port, one book, and clear errors.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

mod common;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use common::{Client, key, start};
use inflight_delay_server::{DelayServer, Options, ServerError};

fn on_hosts(bind: SocketAddr, hosts: u64) -> Result<DelayServer, ServerError> {
    DelayServer::start(Options { bind, hosts, ..Options::new(key()) })
}

fn host(number: u8, port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, number), port))
}

#[test]
fn every_host_serves_the_same_book_on_the_same_port() {
    let server = on_hosts(host(1, 0), 3).unwrap();
    let port = server.addr().port();
    assert_eq!(server.addr(), host(1, port));
    Client::connect(host(3, port)).open(7, 3, 3);
    for number in 1..=3 {
        let mut client = Client::connect(host(number, port));
        assert_eq!(client.get("/health").status, 200);
        assert_eq!(client.get(&format!("/delay/0.001?batch=7&index={}", number - 1)).status, 200);
    }
    for number in 1..=3 {
        let ledger = Client::connect(host(number, port)).ledger_when(7, |ledger| ledger.completed == 3);
        assert_eq!((ledger.requests, ledger.missing, ledger.connections), (3, 0, 3));
    }
    assert!(TcpStream::connect(host(4, port)).is_err(), "nothing listens beyond");
    drop(server);
    assert!((1..=3).all(|number| TcpStream::connect(host(number, port)).is_err()));
}

#[test]
fn one_host_is_one_address() {
    let server = start();
    assert!(TcpStream::connect(host(2, server.addr().port())).is_err());
}

#[test]
fn a_port_that_another_host_has_taken_is_an_error_where_it_was_asked_for() {
    let in_use = |error| match error {
        ServerError::Listen { bind, source } if source.kind() == ErrorKind::AddrInUse => bind,
        error => panic!("{error}"),
    };
    // Somebody else may have the port on one of the other hosts: then there is nothing to see, and another is tried.
    let mut tries = (0..16).map(|_| {
        let taken = TcpListener::bind(host(2, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        if in_use(on_hosts(host(1, port), 3).unwrap_err()) != host(2, port) {
            return false;
        }
        drop(taken);
        on_hosts(host(1, port), 3).map_err(in_use).is_ok()
    });
    assert!(tries.any(|served| served));
}

#[test]
fn where_no_range_of_hosts_is_there_the_error_says_what_is_right() {
    for (bind, hosts) in [("0.0.0.0:0", 2), ("[::1]:0", 2), ("127.0.0.1:0", 129), ("127.0.0.1:0", 0)] {
        let error = on_hosts(bind.parse().unwrap(), hosts).unwrap_err();
        assert!(matches!(error, ServerError::Hosts { .. }), "{error}");
        assert!(error.to_string().contains("127.0.0.0/8"), "{error}");
    }
}
