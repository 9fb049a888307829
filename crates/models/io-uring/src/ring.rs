//! The ring: operations go in, many with one call into the kernel, and completions come out.
#![expect(unsafe_code, reason = "the kernel is handed pointers, and the crate io-uring cannot know how long they live")]

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;

use inflight_http1::Request;
use io_uring::squeue::{Entry, Flags};
use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode};
use nix::libc::{EAGAIN, EBUSY, EINTR, ETIME, MSG_DONTWAIT, MSG_WAITALL};
use socket2::Socket;

use crate::buffers::{Buffer, Buffers};
use crate::pace::Wait;
use crate::refusal::Refusal;

/// Operations that wait for the next call into the kernel, at most.
const ENTRIES: u32 = 256;
/// Bytes of requests that wait for it, at most; also the longest request.
const OUTBOX_BYTES: usize = 64 << 10;
/// `POLLOUT`, as `poll` has it.
const WRITABLE: u32 = 0x4;

/// What has completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Something has come.
    Receive,
    /// The request did not go out, or not all of it; a send that succeeds says nothing.
    Send,
    /// The socket takes more.
    Writable,
}

/// Whose operation it is: a place among the connections, and which connection of those that were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The place.
    pub slot: u32,
    /// Counts the connections that had it.
    pub generation: u16,
}

/// One line of the completion queue.
#[derive(Debug)]
pub struct Completion {
    /// Of which connection.
    pub key: Key,
    /// Of what.
    pub operation: Operation,
    /// A count of bytes, or why it failed.
    pub result: io::Result<usize>,
    /// What has come. It has to be given back.
    pub buffer: Option<Buffer>,
    /// Whether the operation goes on.
    pub more: bool,
}

/// An `io_uring`, the buffers that it receives into, and what is about to go out.
pub struct Ring {
    uring: IoUring,
    buffers: Buffers,
    outbox: Vec<u8>,
    /// Closed connections of which an operation may wait for the next call: their descriptors must not be given out again.
    closed: Vec<Socket>,
}

impl Ring {
    /// A ring for so many connections.
    pub fn new(connections: usize) -> Result<Self, Refusal> {
        let completions = u32::try_from(2 * connections).unwrap_or(u32::MAX).clamp(4 * ENTRIES, 1 << 16);
        let uring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_submit_all()
            .setup_cqsize(completions.next_power_of_two())
            .build(ENTRIES)
            .map_err(|error| Refusal::of(&error))?;
        let buffers = Buffers::register(&uring.submitter(), connections).map_err(|error| Refusal::of(&error))?;
        let outbox = Vec::with_capacity(OUTBOX_BYTES);
        Ok(Self { uring, buffers, outbox, closed: Vec::new() })
    }

    /// Receives whatever comes, until the connection ends or no buffer is left.
    pub fn receive(&mut self, key: Key, socket: &Socket) -> io::Result<()> {
        let entry = opcode::RecvMulti::new(Fd(socket.as_raw_fd()), Buffers::GROUP);
        self.push(entry.build(), key, Operation::Receive)
    }

    /// Sends a request, but for so many bytes that are out already.
    ///
    /// It does not wait for the socket (`MSG_DONTWAIT`), so that nothing is lent to the kernel for longer than a call, and
    /// completes in silence if it succeeds, which part of a request is not (`MSG_WAITALL`).
    pub fn send(&mut self, key: Key, socket: &Socket, request: &Request<'_>, sent: usize) -> io::Result<()> {
        // Before anything is written: what follows must not call the kernel, which would clear the outbox.
        self.make_room(request.len())?;
        let start = self.outbox.len() + sent;
        request.write(&mut self.outbox);
        let bytes = &self.outbox[start..];
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let entry = opcode::Send::new(Fd(socket.as_raw_fd()), bytes.as_ptr(), length).flags(MSG_DONTWAIT | MSG_WAITALL);
        self.push(entry.build().flags(Flags::SKIP_SUCCESS), key, Operation::Send)
    }

    /// Says when a socket takes more.
    pub fn writable(&mut self, key: Key, socket: &Socket) -> io::Result<()> {
        self.push(opcode::PollAdd::new(Fd(socket.as_raw_fd()), WRITABLE).build(), key, Operation::Writable)
    }

    /// Ends a connection, and with it the operations on it.
    pub fn close(&mut self, socket: Socket) {
        // The operation that receives keeps the connection open, whatever becomes of the descriptor. Where nothing is
        // connected this fails, and need not do anything.
        let _ = socket.shutdown(Shutdown::Both);
        self.closed.push(socket);
    }

    /// Calls the kernel: hands over all operations, and waits.
    pub fn wait(&mut self, wait: Wait) -> io::Result<()> {
        let called = match wait.patience {
            None => self.uring.submit_and_wait(wait.completions),
            Some(patience) => {
                let patience = Timespec::from(patience);
                self.uring.submitter().submit_with_args(wait.completions, &SubmitArgs::new().timespec(&patience))
            }
        };
        match called {
            // A signal has come, the patience is at its end, or completions have to be taken first.
            Err(error) if !matches!(error.raw_os_error(), Some(EINTR | ETIME | EAGAIN | EBUSY)) => return Err(error),
            _ => self.forget_lent(),
        }
        Ok(())
    }

    /// Takes the completions that are there.
    pub fn completions(&mut self, to: &mut Vec<Completion>) {
        to.extend(self.uring.completion().map(|entry| Completion::read(&entry)));
    }

    /// What has come.
    pub fn received(&self, buffer: &Buffer) -> &[u8] {
        self.buffers.bytes(buffer)
    }

    /// Lets the kernel receive into a buffer again.
    pub fn give_back(&mut self, buffer: Buffer) {
        self.buffers.give_back(buffer);
    }

    /// Calls the kernel if one more operation, or its request of so many bytes, has no room any more.
    fn make_room(&mut self, bytes: usize) -> io::Result<()> {
        if !self.uring.submission().is_full() && bytes <= OUTBOX_BYTES - self.outbox.len() {
            return Ok(());
        }
        self.submit()?;
        if bytes > OUTBOX_BYTES - self.outbox.len() {
            return Err(io::Error::new(ErrorKind::QuotaExceeded, "a request is longer than 64 KiB"));
        }
        Ok(())
    }

    fn push(&mut self, entry: Entry, key: Key, operation: Operation) -> io::Result<()> {
        if operation != Operation::Send {
            self.make_room(0)?;
        }
        let entry = entry.user_data(pack(key, operation));
        // SAFETY: only a send has a pointer, to bytes in the outbox. It must not wait, so the kernel has done with them when
        // it has taken the entry over; until then they stay where they are, see `forget_lent`.
        let pushed = unsafe { self.uring.submission().push(&entry) };
        pushed.map_err(|_| io::Error::new(ErrorKind::OutOfMemory, "the kernel takes no more operations"))
    }

    fn submit(&mut self) -> io::Result<()> {
        self.uring.submit()?;
        self.forget_lent();
        Ok(())
    }

    /// Forgets what was lent to the kernel, if it has taken over all operations.
    fn forget_lent(&mut self) {
        if self.uring.submission().is_empty() {
            self.outbox.clear();
            self.closed.clear();
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.buffers.unregister(&self.uring.submitter());
    }
}

impl Completion {
    fn read(entry: &cqueue::Entry) -> Self {
        let (key, operation) = unpack(entry.user_data());
        let result = usize::try_from(entry.result()).map_err(|_| io::Error::from_raw_os_error(-entry.result()));
        let count = result.as_ref().map_or(0, |&count| count);
        let buffer = cqueue::buffer_select(entry.flags()).map(|id| Buffer::received(id, count));
        Self { key, operation, result, buffer, more: cqueue::more(entry.flags()) }
    }
}

/// What the kernel hands through from an operation to its completions.
fn pack(key: Key, operation: Operation) -> u64 {
    u64::from(key.slot) | u64::from(key.generation) << 32 | (operation as u64) << 48
}

fn unpack(user_data: u64) -> (Key, Operation) {
    let [a, b, c, d, e, f, operation, _] = user_data.to_le_bytes();
    let operation = match operation {
        0 => Operation::Receive,
        1 => Operation::Send,
        _ => Operation::Writable,
    };
    (Key { slot: u32::from_le_bytes([a, b, c, d]), generation: u16::from_le_bytes([e, f]) }, operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for operation in [Operation::Receive, Operation::Send, Operation::Writable] {
            for key in [Key { slot: 0, generation: u16::MAX }, Key { slot: u32::MAX, generation: 1 }] {
                assert_eq!(unpack(pack(key, operation)), (key, operation));
            }
        }
    }
}
