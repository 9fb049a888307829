//! The access token of a server that others can reach: one line in a file that both sides have, and what follows from it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::TokenKey;

/// Fewest characters of a token: as hexadecimal digits they are 128 bits.
pub const LEAST: usize = 32;
/// Most characters of a token.
pub const MOST: usize = 256;
/// What may stand in a token beside letters and digits: those of RFC 6750, section 2.1.
const SIGNS: &[u8] = b"-._~+/=";
/// More than this of a file is not read, bytes.
const READ_MOST: u64 = 4096;

/// The token. It is printed nowhere; to compare one in constant time is for the server.
#[derive(Clone)]
pub struct AccessToken(String);

/// Why a text or a file is no token.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file cannot be read.
    #[error("{0}; a new token is made by: (umask 077; openssl rand -hex 32 > FILE)")]
    Io(io::Error),
    /// It is a directory, or something else that is no file.
    #[error("a token stands in a file, which this is not")]
    NotAFile,
    /// Others than its owner may read or change it.
    #[error("others than its owner may read or change it (mode {mode:03o}): chmod 600 makes it fit")]
    Open {
        /// Its permissions.
        mode: u32,
    },
    /// It is too short or too long.
    #[error("a token has {LEAST} to {MOST} characters, and this has {0}: `openssl rand -hex 32` prints a good one")]
    Length(usize),
    /// It holds what may not stand in a header.
    #[error("a token is one line of letters, digits and -._~+/= : `openssl rand -hex 32` prints a good one")]
    Characters,
}

/// Why a file is no token's.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}", file = path.display())]
pub struct AccessFileError {
    path: PathBuf,
    why: AccessError,
}

impl From<io::Error> for AccessError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl AccessToken {
    /// The token of a text.
    ///
    /// # Errors
    /// Its length or a character is wrong; the message says what would be right.
    pub fn parse(text: &str) -> Result<Self, AccessError> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || SIGNS.contains(&byte)) {
            return Err(AccessError::Characters);
        }
        if !(LEAST..=MOST).contains(&text.len()) {
            return Err(AccessError::Length(text.len()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The token in a file: one line, perhaps with its end.
    ///
    /// # Errors
    /// The file cannot be read, others may read or change it, or what it holds is no token.
    pub fn read(path: &Path) -> Result<Self, AccessFileError> {
        let read = || {
            // What is checked is what is read: the path may name another file a moment later.
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Err(AccessError::NotAFile);
            }
            let mode = metadata.mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(AccessError::Open { mode });
            }
            let mut text = String::new();
            file.take(READ_MOST).read_to_string(&mut text)?;
            Self::parse(text.trim_end_matches(['\n', '\r']))
        };
        read().map_err(|why| AccessFileError { path: path.to_owned(), why })
    }

    /// The value of the header `Authorization` that carries it.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The key of the answers' tokens on a server with this token: its SHA-256, cut. Both sides make it for themselves, and
    /// no worker can, because none is told the token.
    #[must_use]
    pub fn answer_key(&self) -> TokenKey {
        let digest = Sha256::new().chain_update(b"inflight, key of answers\n").chain_update(&self.0).finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        TokenKey::new(key)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const GOOD: &str = "0123456789abcdef0123456789ABCDEF-._~+/=";

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    #[track_caller]
    fn refused(text: &str, mode: u32, says: &str) {
        let (_directory, path) = file(text, mode);
        let error = AccessToken::read(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()) && error.contains(says), "{error:?}: {says:?}");
        assert!(text.len() < LEAST || !error.contains(text.trim_end()), "{error} tells the token");
    }

    #[test]
    fn a_file_of_its_owner_alone_with_one_line_is_read() {
        for end in ["", "\n", "\r\n"] {
            for mode in [0o600, 0o400] {
                let (_directory, path) = file(&format!("{GOOD}{end}"), mode);
                assert_eq!(AccessToken::read(&path).unwrap().bearer(), format!("Bearer {GOOD}"));
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_what_would_be_right() {
        refused(GOOD, 0o640, "mode 640): chmod 600");
        refused(GOOD, 0o602, "mode 602): chmod 600");
        refused("", 0o600, "this has 0");
        refused(&GOOD[..31], 0o600, "32 to 256 characters, and this has 31");
        refused(&"a".repeat(257), 0o600, "this has 257");
        refused(&format!("{GOOD} x"), 0o600, "one line of letters");
        refused(&format!("{GOOD}\n{GOOD}\n"), 0o600, "one line of letters");
        refused("ä".repeat(40).as_str(), 0o600, "one line of letters");
        let directory = tempfile::tempdir().unwrap();
        assert!(AccessToken::read(directory.path()).unwrap_err().to_string().contains("stands in a file"));
        let missing = AccessToken::read(&directory.path().join("x")).unwrap_err().to_string();
        assert!(missing.contains("openssl rand -hex 32"), "{missing}");
    }

    #[test]
    fn a_token_has_one_key_and_tells_neither() {
        let (one, other) = (AccessToken::parse(GOOD).unwrap(), AccessToken::parse(&GOOD[1..]).unwrap());
        assert_eq!(one.answer_key(), AccessToken::parse(GOOD).unwrap().answer_key());
        assert_ne!(one.answer_key(), other.answer_key());
        assert_eq!(format!("{one:?}"), "AccessToken(secret)");
    }
}
