//! A body that breaks off on purpose, and how its connection ends.

use std::error::Error as _;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::TcpStream;

/// How a body breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// The client is sent a reset.
    #[error("this body is reset, as the site's faults ask for")]
    Reset,
    /// The connection is closed.
    #[error("this body ends early, as the site's faults ask for")]
    Truncated,
}

impl Broken {
    /// How it was that a connection of HTTP/1.1 broke, if that was on purpose.
    pub(crate) fn of(error: &hyper::Error) -> Option<Self> {
        error.source()?.downcast_ref().copied()
    }
}

/// The first half of a body whose length was promised, and no more.
pub(crate) struct BrokenBody {
    half: Option<Bytes>,
    promised: u64,
    how: Broken,
    /// Whether it is a stream of HTTP/2, which can end while its connection goes on.
    streamed: bool,
    written: bool,
}

impl BrokenBody {
    pub(crate) fn new(mut whole: Bytes, how: Broken, streamed: bool) -> Self {
        let promised = whole.len() as u64;
        whole.truncate(whole.len() / 2);
        Self { half: Some(whole), promised, how, streamed, written: false }
    }

    /// The half, then a pause in which it is written, then the fault.
    pub(crate) fn poll_half(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(half)));
        }
        if self.streamed && self.how == Broken::Truncated {
            return Poll::Ready(None);
        }
        // An error drops what was not written yet. Between this poll and the next, hyper writes it.
        if !self.written {
            self.written = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(self.how)))
    }

    /// The length that was promised.
    pub(crate) fn promised(&self) -> u64 {
        self.promised
    }
}

/// Closes a connection with a reset. Where the kernel refuses, the client sees a plain end, which is a fault too.
pub(crate) fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
