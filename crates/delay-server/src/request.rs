//! Reads a request's path and query: which route, and what it asks for.

mod page;

use hyper::Method;
use inflight_record::workload::{MAX_BODY_BYTES, MAX_DELAY_NS};

use crate::refusal::Refusal;

pub(crate) use page::{Page, Visit, place_key};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// `GET /delay/{seconds}`.
    Delay(Delay),
    /// A page of the catalogue: `GET /api/book/…`, `GET /top250`, `GET /subject/{id}/`.
    Page(Visit),
    /// `POST /ledger`.
    OpenBatch,
    /// `GET /ledger?batch=…`.
    ReadLedger(u64),
    /// `GET /ledger`.
    Overview,
    /// `GET /machine`.
    Machine,
    /// `GET /health`.
    Health,
}

/// A held answer, as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay {
    /// How long to hold, in nanoseconds.
    pub asked_ns: u64,
    /// The batch, if one is named.
    pub batch: Option<u64>,
    /// The index; 0 unless named.
    pub index: u64,
    /// Least size of the body.
    pub bytes: u64,
}

impl Route {
    /// The route of a method, path and query.
    pub(crate) fn parse(method: &Method, path: &str, query: Option<&str>) -> Result<Self, Refusal> {
        if let Some(seconds) = path.strip_prefix("/delay/") {
            only(method, &Method::GET, "GET")?;
            return Delay::parse(seconds, query).map(Self::Delay);
        }
        match path {
            "/ledger" if method == Method::POST => Ok(Self::OpenBatch),
            "/ledger" => {
                only(method, &Method::GET, "GET, POST")?;
                let [batch] = parameters(query, ["batch"], "batch", [u64::MAX])?;
                Ok(batch.map_or(Self::Overview, Self::ReadLedger))
            }
            "/machine" => only(method, &Method::GET, "GET").map(|()| Self::Machine),
            "/health" => only(method, &Method::GET, "GET").map(|()| Self::Health),
            _ => Visit::parse(method, path, query).map(Self::Page),
        }
    }

    /// The batch of a request that is held, if it names one.
    pub(crate) fn batch(&self) -> Option<u64> {
        match self {
            Self::Delay(delay) => delay.batch,
            Self::Page(visit) => visit.batch,
            _ => None,
        }
    }
}

impl Delay {
    /// The held answer of what follows `/delay/` and the query.
    fn parse(seconds: &str, query: Option<&str>) -> Result<Self, Refusal> {
        let asked_ns = parse_seconds(seconds).ok_or(Refusal::Delay)?;
        let [batch, index, bytes] = parameters(
            query,
            ["batch", "index", "bytes"],
            "batch, index and bytes",
            [u64::MAX, u64::MAX, MAX_BODY_BYTES],
        )?;
        if batch.is_some() && index.is_none() {
            return Err(Refusal::IndexMissing);
        }
        Ok(Self { asked_ns, batch, index: index.unwrap_or(0), bytes: bytes.unwrap_or(0) })
    }
}

/// Refuses every method but `served`.
fn only(method: &Method, served: &Method, allow: &'static str) -> Result<(), Refusal> {
    if method == served { Ok(()) } else { Err(Refusal::Method { allow }) }
}

/// Decimal seconds as nanoseconds: digits, and at most one point with digits on both sides. Digits beyond nanoseconds
/// are cut. No sign, exponent, nan or inf.
fn parse_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    if whole.is_empty() || whole.len() > 20 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole_ns = parse_whole(whole)?.checked_mul(1_000_000_000)?;
    let mut place = 1_000_000_000;
    let fraction_ns = fraction.bytes().take(9).fold(0, |sum, digit| {
        place /= 10;
        sum + u64::from(digit - b'0') * place
    });
    whole_ns.checked_add(fraction_ns).filter(|ns| *ns <= MAX_DELAY_NS)
}

/// A whole number in plain digits.
fn parse_whole(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The values of the known keys, each at most its `max`.
fn parameters<const N: usize>(
    query: Option<&str>,
    keys: [&'static str; N],
    known: &'static str,
    max: [u64; N],
) -> Result<[Option<u64>; N], Refusal> {
    let mut values = [None; N];
    for part in query.unwrap_or("").split('&').filter(|part| !part.is_empty()) {
        let unknown = || Refusal::Parameter { known, got: part.chars().take(80).collect() };
        let (key, value) = part.split_once('=').ok_or_else(unknown)?;
        let at = keys.iter().position(|known| *known == key).ok_or_else(unknown)?;
        let number = parse_whole(value)
            .filter(|number| *number <= max[at])
            .ok_or(Refusal::Number { key: keys[at], max: max[at] })?;
        if values[at].replace(number).is_some() {
            return Err(unknown());
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str, query: Option<&str>) -> Result<Route, Refusal> {
        Route::parse(&Method::GET, path, query)
    }

    #[test]
    fn seconds_are_plain_decimals_up_to_sixty() {
        for (text, ns) in [
            ("0", 0),
            ("0.05", 50_000_000),
            ("60", 60_000_000_000),
            ("60.000000000", 60_000_000_000),
            ("1.5", 1_500_000_000),
            ("0.0000000019", 1),
            ("007", 7_000_000_000),
        ] {
            assert_eq!(parse_seconds(text), Some(ns), "{text}");
        }
        for text in [
            "",
            ".",
            ".5",
            "5.",
            "-1",
            "+1",
            "nan",
            "inf",
            "1e1",
            "1.5e0",
            "60.000000001",
            "61",
            "1.2.3",
            "1,5",
            " 1",
            "99999999999999999999",
            "0x1",
            "1/",
        ] {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_delay_has_its_defaults_and_its_parameters_in_any_order() {
        let plain = Delay { asked_ns: 0, batch: None, index: 0, bytes: 0 };
        assert_eq!(get("/delay/0", None), Ok(Route::Delay(plain)));
        assert_eq!(
            get("/delay/0", Some("bytes=9&index=3&batch=7")),
            Ok(Route::Delay(Delay { batch: Some(7), index: 3, bytes: 9, ..plain }))
        );
        assert_eq!(get("/delay/0", Some("batch=7")), Err(Refusal::IndexMissing));
    }

    #[test]
    fn wrong_parameters_are_refused_by_name() {
        for query in ["x=1", "batch", "index=1&index=1", "Index=1"] {
            assert!(matches!(get("/delay/0", Some(query)), Err(Refusal::Parameter { .. })), "{query}");
        }
        for query in ["index=", "index=-1", "index=1.0", "bytes=67108865", "batch=18446744073709551616"] {
            assert!(matches!(get("/delay/0", Some(query)), Err(Refusal::Number { .. })), "{query}");
        }
    }

    #[test]
    fn methods_and_paths_are_told_apart() {
        assert_eq!(get("/ledger", None), Ok(Route::Overview));
        assert_eq!(get("/ledger", Some("batch=4")), Ok(Route::ReadLedger(4)));
        assert_eq!(get("/health", None), Ok(Route::Health));
        assert_eq!(get("/machine", None), Ok(Route::Machine));
        assert_eq!(Route::parse(&Method::POST, "/ledger", None), Ok(Route::OpenBatch));
        assert_eq!(Route::parse(&Method::HEAD, "/delay/0", None), Err(Refusal::Method { allow: "GET" }));
        assert_eq!(Route::parse(&Method::PUT, "/ledger", None), Err(Refusal::Method { allow: "GET, POST" }));
        for path in ["/", "/delay", "/ledger/", "/healthy"] {
            assert_eq!(get(path, None), Err(Refusal::Path), "{path}");
        }
    }
}
