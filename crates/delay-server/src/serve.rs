//! Runs the server on the calling thread until it is told to end.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;
use tokio::runtime::{Builder, LocalOptions};
use tokio::signal::unix::{SignalKind, signal};

use crate::accept::{accept, raise_open_files};
use crate::listen::listen_on_all;
use crate::options::{Options, ServerError, Shutdown};
use crate::state::State;

/// Serves on the calling thread until `shutdown` says to end; `ready` gets the (first) address once connections are
/// taken.
///
/// Ending is prompt: when this returns, nobody can connect any more and all connections are closed; requests that are
/// held get no answer. The soft limit on open files of the process is raised to the hard one.
///
/// # Errors
/// The address cannot be listened on, or the kernel refuses an event loop, a timer or a signal handler.
///
/// # Panics
/// When a connection's task panics, which is a fault of this crate (or asked for by
/// [`Options::panic_at_index`]): a server that lost a request without a trace is no witness.
pub fn run(options: &Options, shutdown: Shutdown, ready: impl FnOnce(SocketAddr)) -> Result<(), ServerError> {
    run_until(options, ready, || prepare(shutdown))
}

/// [`run`] with any end. `end` is called within the runtime before `ready`, and what it gives resolves at the end.
pub(crate) fn run_until<E: Future<Output = ()>>(
    options: &Options,
    ready: impl FnOnce(SocketAddr),
    end: impl FnOnce() -> Result<E, ServerError>,
) -> Result<(), ServerError> {
    raise_open_files();
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default())
        .map_err(ServerError::setup("event loop"))?;
    runtime.block_on(async {
        let state = Rc::new(State::new(options)?);
        let mut others = listen_on_all(options)?.into_iter();
        let listen_error = |source| ServerError::Listen { bind: options.bind, source };
        let listener = others.next().ok_or_else(|| listen_error(io::ErrorKind::AddrNotAvailable.into()))?;
        let address = listener.local_addr().map_err(listen_error)?;
        let end = end()?;
        for (host, listener) in (1..).zip(others) {
            let (state, alarm) = (Rc::clone(&state), state.panic_alarm());
            // Ends with the runtime, as connections do.
            tokio::task::spawn_local(async move {
                let _alarm = alarm;
                accept(&listener, host, &state).await;
            });
        }
        ready(address);
        tokio::select! {
            // In this order: a panic must not pass unnoticed because the end was asked for at the same time.
            biased;
            () = state.panicked.notified() => panic!("a connection's task panicked; its message is above"),
            () = end => Ok(()),
            fault = state.timer.drive() => fault.map_err(ServerError::setup("timer")),
            () = accept(&listener, 0, &state) => Ok(()),
        }
    })
}

/// Prepares for what is in `shutdown`; the future resolves when the first of it happens.
fn prepare(shutdown: Shutdown) -> Result<impl Future<Output = ()>, ServerError> {
    let handler = |kind| signal(kind).map_err(ServerError::setup("signal handler"));
    let mut terminate = None;
    let mut interrupt = None;
    let mut orphaned = false;
    if shutdown.on_signal {
        interrupt = Some(handler(SignalKind::interrupt())?);
    }
    if shutdown.on_signal || shutdown.with_parent.is_some() {
        terminate = Some(handler(SignalKind::terminate())?);
    }
    if let Some(parent) = shutdown.with_parent {
        set_pdeathsig(Signal::SIGTERM).map_err(|errno| ServerError::setup("parent death signal")(errno.into()))?;
        // The parent may have died before the kernel was asked: then another process is the parent by now.
        orphaned = u32::try_from(getppid().as_raw()) != Ok(parent);
    }
    Ok(async move {
        if orphaned {
            return;
        }
        tokio::select! {
            () = received(terminate) => {}
            () = received(interrupt) => {}
        }
    })
}

/// Resolves when the signal arrives; never, where there is none to wait for.
async fn received(signal: Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
        }
        None => pending().await,
    }
}
