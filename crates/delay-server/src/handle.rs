//! A server on a thread of its own, for tests: stops on drop, and its panics propagate.

use std::fmt;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::options::{Options, ServerError};
use crate::serve::run_until;

/// A running server. Dropping it stops the server and waits for its thread; a panic of that thread is passed on, unless
/// the dropping thread panics already.
///
/// ```
/// use inflight_delay_server::{DelayServer, Options};
/// use inflight_record::TokenKey;
///
/// let server = DelayServer::start(Options::new(TokenKey::new([7; 16])))?;
/// assert!(server.url("/health").starts_with("http://127.0.0.1:"));
/// # Ok::<(), inflight_delay_server::ServerError>(())
/// ```
pub struct DelayServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServerError>>>,
}

impl DelayServer {
    /// Starts a server and waits until it takes connections.
    ///
    /// # Errors
    /// The address cannot be listened on, or the kernel refuses a thread, an event loop or a timer.
    pub fn start(options: Options) -> Result<Self, ServerError> {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("delay-server".to_owned())
            .spawn(move || {
                let announce = |address| {
                    // Nobody waits for the address only if `start` is gone, and then the end comes at once.
                    let _ = ready.send(address);
                };
                run_until(&options, announce, || {
                    Ok(async {
                        // An error is the sender's drop, and means the same.
                        let _ = stopped.await;
                    })
                })
            })
            .map_err(ServerError::setup("thread"))?;
        match address.recv() {
            Ok(address) => Ok(Self { address, stop: Some(stop), thread: Some(thread) }),
            Err(_) => Err(ended_early(thread)),
        }
    }

    /// Where it listens; with several hosts, the first of them.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, such as `/delay/0.05?batch=7&index=3`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for DelayServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let Some(ended) = self.thread.take().map(JoinHandle::join) else { return };
        if thread::panicking() {
            return;
        }
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("the delay server ended: {error}"),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl fmt::Debug for DelayServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why a server's thread ended before it took connections.
fn ended_early(thread: JoinHandle<Result<(), ServerError>>) -> ServerError {
    match thread.join() {
        Ok(Err(error)) => error,
        Ok(Ok(())) => ServerError::setup("address")(std::io::Error::other("it ended before it had one")),
        Err(panic) => resume_unwind(panic),
    }
}
