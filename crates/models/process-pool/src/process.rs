//! One process of the pool, as its parent sees it.

use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::frame::{self, Fetched};

/// Why the pool cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// A process cannot be started.
    #[error("a process of the pool cannot be started from {program}: {source}; a limit on processes (ulimit -u, pids.max) or open files (ulimit -n) may be too low", program = program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A running process, and our end of its pipe.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pipe: BufReader<UnixStream>,
}

impl Process {
    /// Starts it. It inherits the CPUs of the calling thread, and ends with that thread.
    pub fn start(program: &Path) -> Result<Self, PoolError> {
        let start = || {
            let (ours, theirs) = UnixStream::pair()?;
            let child = Command::new(program)
                .arg("pool-process")
                .stdin(OwnedFd::from(theirs))
                .stdout(Stdio::null()) // the parent's stdout speaks a protocol of its own
                .spawn()?;
            Ok(Self { child, pipe: BufReader::new(ours) })
        };
        start().map_err(|source| PoolError::Start { program: program.to_owned(), source })
    }

    /// Hands it a URL. It must be free.
    pub fn ask(&mut self, url: &str) -> io::Result<()> {
        frame::ask(self.pipe.get_ref(), url)
    }

    /// Reads its answer to the end, for which it waits once the answer has begun. An error is the end of the process.
    pub fn answer(&mut self) -> io::Result<Fetched> {
        frame::answer(&mut self.pipe)
    }

    /// Closes its pipe, waits for its end, and says how it ended.
    pub fn wait(mut self) -> String {
        self.close();
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    fn close(&self) {
        // Fails only where the other end has closed it already.
        let _ = self.pipe.get_ref().shutdown(Shutdown::Both);
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.get_ref().as_fd()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.close();
        let _ = self.child.kill(); // it may be in the middle of a request that nobody wants any more
        let _ = self.child.wait();
    }
}
