//! A store's URL: which kind of store it names, and where that is. Pure: nothing is opened.

use std::path::{Path, PathBuf};

use super::StoreError;

/// Every form of URL, for people.
pub(super) const FORMS: &str =
    "none:, sqlite:, sqlite:PATH, jsonl:, jsonl:PATH, redis://HOST:PORT[/DB], mongodb://HOST:PORT/DATABASE";
const REDIS: &str = "redis://HOST:PORT or redis://HOST:PORT/DB, such as redis://127.0.0.1:6379";
const MONGODB: &str = "mongodb://HOST:PORT/DATABASE, such as mongodb://127.0.0.1:27017/inflight";

/// Where rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    None,
    /// A file; without a path one of the crawl's own.
    Sqlite(Option<&'a Path>),
    /// The same.
    Jsonl(Option<&'a Path>),
    Redis {
        /// `HOST:PORT`.
        address: &'a str,
        /// Its number.
        database: u32,
    },
    Mongodb {
        /// `HOST:PORT`.
        address: &'a str,
        /// Its name.
        database: &'a str,
    },
}

/// Checks the URL of a store: that it is well-formed, and that such a store is built in. Whether the store can be opened
/// is what [`try_store`](super::try_store) looks at.
///
/// ```
/// assert!(inflight_crawl::check_store("sqlite:books.db").is_ok());
/// let error = inflight_crawl::check_store("postgres:books").unwrap_err();
/// assert!(error.to_string().contains("sqlite:PATH"));
/// ```
///
/// # Errors
/// There is no such store, it is not built in, or what stands behind its name is no address of one.
pub fn check_store(url: &str) -> Result<(), StoreError> {
    let place = Place::read(url)?;
    if place.is_built_in() { Ok(()) } else { Err(place.not_built_in()) }
}

/// The kinds of stores that are built in, as they stand before the colon of a URL.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    let all = [
        ("none", true),
        ("sqlite", true),
        ("jsonl", true),
        ("redis", cfg!(feature = "redis")),
        ("mongodb", cfg!(feature = "mongodb")),
    ];
    all.into_iter().filter(|(_, built_in)| *built_in).map(|(kind, _)| kind)
}

impl<'a> Place<'a> {
    /// What a URL names, built in or not.
    pub(super) fn read(url: &'a str) -> Result<Self, StoreError> {
        let unknown = || StoreError::Unknown { url: url.to_owned() };
        let (kind, rest) = url.split_once(':').ok_or_else(unknown)?;
        let path = (!rest.is_empty()).then(|| Path::new(rest));
        match kind {
            "none" if rest.is_empty() => Ok(Self::None),
            "none" => Err(malformed(url, "something behind its colon", "none:")),
            "sqlite" => Ok(Self::Sqlite(path)),
            "jsonl" => Ok(Self::Jsonl(path)),
            "redis" => {
                let (address, database) = address(url, rest, REDIS)?;
                let database = match database {
                    "" => 0,
                    digits => digits.parse().map_err(|_| malformed(url, "a database that is no number", REDIS))?,
                };
                Ok(Self::Redis { address, database })
            }
            "mongodb" => {
                let (address, database) = address(url, rest, MONGODB)?;
                // What the server itself takes for a name, without its exotic parts.
                let fine = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
                if database.is_empty() || database.len() > 63 || !database.chars().all(fine) {
                    return Err(malformed(url, "no name of a database", MONGODB));
                }
                Ok(Self::Mongodb { address, database })
            }
            _ => Err(unknown()),
        }
    }

    /// Whether what it holds is there after the crawl.
    pub(super) fn outlives(self) -> bool {
        !matches!(self, Self::None | Self::Sqlite(None) | Self::Jsonl(None))
    }

    fn kind(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sqlite(_) => "sqlite",
            Self::Jsonl(_) => "jsonl",
            Self::Redis { .. } => "redis",
            Self::Mongodb { .. } => "mongodb",
        }
    }

    fn is_built_in(self) -> bool {
        kinds().any(|kind| kind == self.kind())
    }

    pub(super) fn not_built_in(self) -> StoreError {
        StoreError::NotBuiltIn { kind: self.kind() }
    }
}

/// `HOST:PORT`, and what stands behind the slash after it.
fn address<'a>(url: &str, rest: &'a str, form: &'static str) -> Result<(&'a str, &'a str), StoreError> {
    let rest = rest.strip_prefix("//").ok_or_else(|| malformed(url, "no // behind its colon", form))?;
    let (address, behind) = rest.split_once('/').unwrap_or((rest, ""));
    if address.contains('@') {
        return Err(malformed(url, "a user or a password, which would land on records", form));
    }
    let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(1..)) => Ok((address, behind)),
        _ => Err(malformed(url, "no host, or no port from 1 to 65535", form)),
    }
}

fn malformed(url: &str, what: &'static str, form: &'static str) -> StoreError {
    StoreError::Malformed { url: url.to_owned(), what, form }
}

/// The file of a path; or one of the crawl's own, and the folder that goes with it.
pub(super) fn file(
    place: &str,
    path: Option<&Path>,
    name: &str,
) -> Result<(PathBuf, Option<tempfile::TempDir>), StoreError> {
    match path {
        Some(path) => Ok((path.to_owned(), None)),
        None => {
            let folder = tempfile::Builder::new().prefix("inflight-crawl-").tempdir();
            let folder = folder.map_err(|source| StoreError::io(place, source))?;
            Ok((folder.path().join(name), Some(folder)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let redis = |database| Place::Redis { address: "127.0.0.1:6379", database };
        let mongodb = Place::Mongodb { address: "[::1]:27017", database: "inflight" };
        for (url, place) in [
            ("none:", Place::None),
            ("sqlite:", Place::Sqlite(None)),
            ("sqlite:a b/c:d.db", Place::Sqlite(Some(Path::new("a b/c:d.db")))),
            ("jsonl:", Place::Jsonl(None)),
            ("jsonl:/tmp/x", Place::Jsonl(Some(Path::new("/tmp/x")))),
            ("redis://127.0.0.1:6379", redis(0)),
            ("redis://127.0.0.1:6379/", redis(0)),
            ("redis://127.0.0.1:6379/7", redis(7)),
            ("mongodb://[::1]:27017/inflight", mongodb),
        ] {
            assert_eq!(Place::read(url).unwrap(), place);
        }
    }

    #[test]
    fn what_is_none_of_them_is_told_what_would_be_right() {
        for (url, right) in [
            ("", "sqlite:PATH"),
            ("books.db", "sqlite:PATH"),
            ("postgres://h:1/x", "jsonl:PATH"),
            ("none:x", "none:"),
            ("redis:127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://127.0.0.1", "redis://127.0.0.1:6379"),
            ("redis://:6379", "redis://127.0.0.1:6379"),
            ("redis://h:0", "redis://127.0.0.1:6379"),
            ("redis://h:6379/books", "redis://HOST:PORT/DB"),
            ("redis://:secret@h:6379", "password"),
            ("mongodb://h:27017", "mongodb://127.0.0.1:27017/inflight"),
            ("mongodb://h:27017/a.b", "mongodb://127.0.0.1:27017/inflight"),
            ("mongodb://h:27017/a?w=1", "mongodb://127.0.0.1:27017/inflight"),
        ] {
            let error = Place::read(url).unwrap_err().to_string();
            assert!(error.contains(right), "{url}: {error}");
        }
    }

    #[test]
    fn what_is_not_built_in_names_its_feature() {
        for (url, kind) in [("redis://h:1", "redis"), ("mongodb://h:1/x", "mongodb")] {
            match check_store(url) {
                Ok(()) => assert!(kinds().any(|built_in| built_in == kind)),
                Err(error) => assert!(error.to_string().contains(&format!("--features {kind}")), "{error}"),
            }
        }
        assert!(["none", "sqlite", "jsonl"].iter().all(|kind| kinds().any(|built_in| built_in == *kind)));
    }
}
