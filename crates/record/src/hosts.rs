//! Hosts: the loopback addresses that a batch's URLs are spread over.

use std::net::Ipv4Addr;

/// The address `number` places after `first`, or `None` where that is no IPv4 loopback address any more. Linux answers on
/// all of 127.0.0.0/8 without being set up for it.
///
/// ```
/// use inflight_record::hosts::host;
/// use std::net::Ipv4Addr;
/// assert_eq!(host(Ipv4Addr::LOCALHOST, 2), Some(Ipv4Addr::new(127, 0, 0, 3)));
/// assert_eq!(host(Ipv4Addr::new(127, 255, 255, 255), 1), None);
/// assert_eq!(host(Ipv4Addr::UNSPECIFIED, 0), None);
/// ```
#[must_use]
pub fn host(first: Ipv4Addr, number: u64) -> Option<Ipv4Addr> {
    let after = u32::try_from(number).ok().and_then(|number| first.to_bits().checked_add(number))?;
    Some(Ipv4Addr::from_bits(after)).filter(Ipv4Addr::is_loopback).filter(|_| first.is_loopback())
}
