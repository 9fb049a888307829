//! Just enough HTTP/1.1 for the floors: requests as bytes, hosts by name, answers from whatever pieces they arrive in.
//!
//! It speaks GET over plain TCP and reads answers with a `Content-Length` of up to 64 MiB. What it cannot read it refuses
//! with a text that says so. There are no sockets here and no waiting, but for the look-up of a host's name: each floor
//! brings its own way to move the bytes, and they differ in nothing else.

mod hosts;
mod request;
mod response;

pub use hosts::Hosts;
pub use request::Request;
pub use response::{Answer, Partial, ResponseError};
