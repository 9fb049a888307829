//! Tells HTTP/2 from HTTP/1.1 by a connection's first bytes, without taking them.

use std::io;
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{MsgFlags, recv};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// How the preface of HTTP/2 begins, `PRI * HTTP/2.0`. No method that is served here begins so.
const BEGINNING: [u8; 2] = *b"PR";

/// Whether the client begins with the preface of HTTP/2; waits until that can be told. What follows may be anything: it is
/// for the protocol to read, or to refuse.
///
/// The bytes stay in the socket, so neither protocol reads through a layer that gives them back: all that HTTP/1.1 pays is
/// one system call a connection.
///
/// # Errors
/// The connection broke.
pub(crate) async fn is_http2(stream: &TcpStream) -> io::Result<bool> {
    loop {
        let ready = stream.ready(Interest::READABLE).await?;
        let decided = stream.try_io(Interest::READABLE, || {
            let mut first = [0; BEGINNING.len()];
            let count = recv(stream.as_raw_fd(), &mut first, MsgFlags::MSG_PEEK)?;
            // Half a beginning stays half until more comes. To say that it would block clears the readiness, so that this
            // sleeps until then; a client that has closed its side sends no more.
            if count == 1 && first[0] == BEGINNING[0] && !ready.is_read_closed() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(count == BEGINNING.len() && first == BEGINNING)
        });
        match decided {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            decided => return decided,
        }
    }
}
