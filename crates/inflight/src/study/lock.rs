//! One study a machine: a lock (flock) on a file that every user can open. Containers with a /tmp of their own do not see
//! each other's.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use inflight_record::Locked;

/// Where the lock is: not in `$TMPDIR`, which may differ from user to user.
pub const PATH: &str = "/tmp/inflight.lock";
/// How often a lock that is waited for is tried.
const AGAIN: Duration = Duration::from_millis(200);

/// Takes the lock at `path`, which is gone when dropped, and when the process ends in whatever way; where another study has
/// it, waits if `wait`, until `stop`. `waiting` hears once who has it.
///
/// # Errors
/// Another study has the lock, the file cannot be opened, or its file system has no locks.
pub fn take(
    path: &Path,
    holder: &str,
    wait: bool,
    stop: &AtomicBool,
    waiting: impl FnOnce(&str),
) -> anyhow::Result<Option<Locked>> {
    let mut waiting = Some(waiting);
    let mut file = loop {
        let file = open(path).with_context(|| format!("{}: the lock that keeps two studies apart", path.display()))?;
        match Locked::alone(file) {
            Ok(file) if !file.is_held() => anyhow::bail!(
                "{}: its file system has no locks, and nothing else keeps two studies apart",
                path.display()
            ),
            // Whoever cleans up /tmp may have removed the file meanwhile: then the next study would lock another.
            Ok(file) if file.has_name(path).unwrap_or(false) => break file,
            Ok(_) => continue,
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| path.display().to_string()),
            Err(TryLockError::WouldBlock) => {}
        }
        let other = other(path);
        if !wait {
            anyhow::bail!("another study runs on this machine ({other}): wait for it, or let --wait-lock do so");
        }
        if let Some(waiting) = waiting.take() {
            waiting(&other);
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        thread::sleep(AGAIN);
    };
    // For whoever is refused: best effort, another user's file may be read-only.
    let _ = file.set_len(0).and_then(|()| file.write_all(holder.as_bytes()));
    Ok(Some(file))
}

fn open(path: &Path) -> io::Result<File> {
    // Never through a link that another user may have put there.
    let options = |write| {
        let mut options = OpenOptions::new();
        options.read(true).write(write).custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits());
        options
    };
    match options(true).create_new(true).open(path) {
        Ok(file) => {
            let _ = file.set_permissions(Permissions::from_mode(0o666));
            return Ok(file);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    match options(true).open(path) {
        // Another user's: it can be locked all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => options(false).open(path),
        opened => opened,
    }
}

/// What the holder said of itself.
fn other(path: &Path) -> String {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(300).read_to_string(&mut text));
    match (read, text.trim()) {
        (Ok(_), said) if !said.is_empty() => said.to_owned(),
        _ => "it has not said which".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_study_is_refused_by_name_and_let_in_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let stop = AtomicBool::new(false);
        let first = take(&path, "process 1 into a", false, &stop, |_| {}).unwrap();
        let refused = take(&path, "process 2", false, &stop, |_| {}).unwrap_err().to_string();
        assert!(refused.contains("process 1 into a") && refused.contains("--wait-lock"), "{refused}");
        let second = thread::scope(|scope| {
            let waiting = scope.spawn(|| take(&path, "process 2", true, &stop, |_| {}));
            drop(first);
            waiting.join().unwrap().unwrap()
        });
        assert!(second.is_some());
        std::fs::remove_file(&path).unwrap();
        let third = take(&path, "process 4", false, &stop, |_| {}).unwrap();
        assert!(third.is_some(), "a lock whose file is gone is another");
        drop(third);
        stop.store(true, Ordering::Relaxed);
        let _held = take(&path, "process 5", false, &AtomicBool::new(false), |_| {}).unwrap();
        assert!(take(&path, "process 3", true, &stop, |_| {}).unwrap().is_none(), "told to stop");
    }
}
