//! The hosts that requests go to, each looked up once.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs as _};

/// The addresses of hosts, by number.
#[derive(Debug, Default)]
pub struct Hosts {
    addresses: Vec<SocketAddr>,
    authorities: Vec<Box<str>>,
    by_authority: HashMap<Box<str>, usize>,
    latest: usize,
}

impl Hosts {
    /// The number of an authority such as `127.0.0.1:8080`, counted from 0 in the order in which they are first met. Looks
    /// a name up the first time, and blocks while it does.
    ///
    /// # Errors
    /// The name has no address. It is looked up again the next time.
    pub fn number(&mut self, authority: &str) -> io::Result<usize> {
        if self.authorities.get(self.latest).is_some_and(|latest| **latest == *authority) {
            return Ok(self.latest);
        }
        self.latest = match self.by_authority.get(authority) {
            Some(&number) => number,
            None => {
                let address = look_up(authority)?;
                let number = self.addresses.len();
                self.addresses.push(address);
                self.authorities.push(authority.into());
                self.by_authority.insert(authority.into(), number);
                number
            }
        };
        Ok(self.latest)
    }

    /// The address of the host with this number; panics where there is none.
    #[must_use]
    pub fn address(&self, number: usize) -> SocketAddr {
        self.addresses[number]
    }
}

fn look_up(authority: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = authority.parse() {
        return Ok(address);
    }
    let mut addresses = match authority.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => authority.to_socket_addrs()?,
        _ => (authority.trim_matches(['[', ']']), 80).to_socket_addrs()?,
    };
    addresses.next().ok_or_else(|| io::Error::new(ErrorKind::NotFound, format!("{authority} has no address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_keep_their_numbers_and_addresses() {
        let mut hosts = Hosts::default();
        let authorities = ["127.0.0.1:8080", "127.0.0.2:8080", "[::1]", "127.0.0.1"];
        for _ in 0..2 {
            let numbers: Vec<_> = authorities.iter().map(|authority| hosts.number(authority).unwrap()).collect();
            assert_eq!(numbers, [0, 1, 2, 3]);
        }
        let addresses: Vec<_> = (0..4).map(|number| hosts.address(number).to_string()).collect();
        assert_eq!(addresses, ["127.0.0.1:8080", "127.0.0.2:8080", "[::1]:80", "127.0.0.1:80"]);
        assert!(hosts.number("127.0.0.1:").is_err());
    }
}
