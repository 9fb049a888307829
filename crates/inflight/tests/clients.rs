//! Clients against servers of a few lines each, which misbehave as real ones do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "clients/floors.rs"]
mod floors;
#[path = "clients/libraries.rs"]
mod libraries;
#[path = "clients/servers.rs"]
mod servers;
