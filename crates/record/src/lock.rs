//! Locks on files (flock), let go of when they are dropped.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A file that is locked for as long as this lives. A child that this process is just starting has every file of its parent
/// open until it becomes the other program, and closing a file leaves the lock to whoever has it open still: so the lock is
/// let go of by word, which holds for all of them.
#[derive(Debug)]
pub struct Locked {
    file: File,
    is_held: bool,
}

impl Locked {
    /// Locks the file for this one alone. On a file system without locks nothing is held.
    ///
    /// # Errors
    /// It is locked already, shared or not, or the system refuses.
    pub fn alone(file: File) -> Result<Self, TryLockError> {
        let locked = file.try_lock();
        Self::of(file, locked)
    }

    /// Locks the file beside others that share it. On a file system without locks nothing is held.
    ///
    /// # Errors
    /// One has it alone, or the system refuses.
    pub fn shared(file: File) -> Result<Self, TryLockError> {
        let locked = file.try_lock_shared();
        Self::of(file, locked)
    }

    /// Whether the file system has locks, and this is one.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether the file is the one that has this name now: a lock on one that was removed or replaced keeps nobody away.
    ///
    /// # Errors
    /// The system refuses to look.
    pub fn has_name(&self, path: &Path) -> io::Result<bool> {
        let named = match std::fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            named => named?,
        };
        let file = self.file.metadata()?;
        Ok((file.dev(), file.ino()) == (named.dev(), named.ino()))
    }

    fn of(file: File, locked: Result<(), TryLockError>) -> Result<Self, TryLockError> {
        match locked {
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                Ok(Self { file, is_held: false })
            }
            locked => locked.map(|()| Self { file, is_held: true }),
        }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing does it too, if later.
        let _ = self.file.unlock();
    }
}

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_gone_when_dropped_also_where_a_child_has_the_file_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let open = || File::options().create(true).append(true).open(&path).unwrap();
        for lock in [Locked::alone, Locked::shared] {
            let file = open();
            // What a child that is being started has: the same opening of the file, under a number of its own.
            let _child = file.try_clone().unwrap();
            let locked = lock(file).unwrap();
            assert!(locked.is_held());
            assert!(matches!(Locked::alone(open()), Err(TryLockError::WouldBlock)));
            drop(locked);
            Locked::alone(open()).unwrap();
        }
    }

    #[test]
    fn only_those_that_share_it_have_it_at_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = || File::open(file.path()).unwrap();
        let _one = Locked::shared(open()).unwrap();
        Locked::shared(open()).unwrap();
        assert!(Locked::alone(open()).is_err());
    }
}
