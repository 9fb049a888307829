//! The fingerprint of a study: which commit and binary runs which file. Machines that run one study have to agree on it.

use std::fmt;
use std::str::FromStr;

use anyhow::ensure;
use inflight_record::{Manifest, Software};

/// What every machine of a study has in common, in one word: `COMMIT:BINARY:FILE`. It keeps mistakes out, not forgers: of
/// both hashes it has the beginning.
///
/// ```
/// # use inflight::study::fingerprint::Fingerprint;
/// let submitted: Fingerprint = "79ecc5fd538b:0123456789abcdef:fedcba9876543210".parse()?;
/// assert_eq!(submitted.to_string(), "79ecc5fd538b:0123456789abcdef:fedcba9876543210");
/// assert!(submitted.check(&submitted).is_ok());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    commit: String,
    binary: String,
    file: String,
}

impl Fingerprint {
    /// That of a study which this build is about to run.
    #[must_use]
    pub fn of(manifest: &Manifest, software: &Software) -> Self {
        let beginning = |hash: &str| hash.get(..16).unwrap_or(hash).to_owned();
        Self {
            commit: software.commit.clone(),
            binary: beginning(&manifest.binary_sha256),
            file: beginning(&manifest.study_sha256),
        }
    }

    /// Holds what is `here` against what was submitted.
    ///
    /// # Errors
    /// It differs: the error says in what.
    pub fn check(&self, here: &Self) -> anyhow::Result<()> {
        let parts = [
            ("the commit", &self.commit, &here.commit),
            ("the binary", &self.binary, &here.binary),
            ("the study file", &self.file, &here.file),
        ];
        let differ = parts.into_iter().filter(|(_, submitted, here)| submitted != here);
        let lines: Vec<String> = differ
            .map(|(what, submitted, here)| format!("{what}: {submitted} was submitted, {here} is here"))
            .collect();
        ensure!(
            lines.is_empty(),
            "this is not what was submitted:\n  {}\nPut the same binary and study file on every machine, or submit anew",
            lines.join("\n  ")
        );
        Ok(())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.commit, self.binary, self.file)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            [commit, binary, file] if parts.iter().all(|part| !part.is_empty()) => {
                Ok(Self { commit: commit.to_owned(), binary: binary.to_owned(), file: file.to_owned() })
            }
            _ => {
                Err("a fingerprint is COMMIT:BINARY:FILE, as `inflight study FILE --fingerprint` prints it".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Fingerprint {
        text.parse().unwrap()
    }

    #[test]
    fn what_differs_is_named_and_nothing_else() {
        assert!(of("a:b:c").check(&of("a:b:c")).is_ok());
        let error = of("a:b:c").check(&of("a:x:y")).unwrap_err().to_string();
        assert!(error.contains("the binary: b was submitted, x is here"), "{error}");
        assert!(error.contains("the study file: c was submitted, y is here") && !error.contains("commit"), "{error}");
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        for text in ["", "a", "a:b", "a::c", "a:b:c:d"] {
            assert!(text.parse::<Fingerprint>().unwrap_err().contains("--fingerprint"), "{text}");
        }
    }
}
