//! Who may ask for what: everybody for everything, everybody but for opening batches, or who has the server's token.
//!
//! Models know nothing of a token, and fetch by plain GETs: what lets these in is the number of their batch, which stands in
//! each URL. Where a token is needed, a driver draws it at random ([`pass`](inflight_record::ledger::pass)), and none but who
//! has the token can open it. So a request of an open batch is let in by the look for its batch, which it needs in any case:
//! no header is read, and no URL is longer than it would be.

use hyper::header::{AUTHORIZATION, HeaderMap};
use subtle::ConstantTimeEq as _;

use crate::options::Options;
use crate::request::Route;

/// What a server asks of its clients.
pub(crate) enum Guard {
    /// Nothing.
    Nobody,
    /// A word of who opens a batch.
    Batches(Bearer),
    /// The token, or the number of an open batch.
    Everything(Bearer),
}

/// The value of an `Authorization` header.
pub(crate) struct Bearer(String);

impl Bearer {
    /// Whether these headers carry it. However much of a wrong one is right, to tell takes the same time.
    fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.get(AUTHORIZATION).is_some_and(|given| given.as_bytes().ct_eq(self.0.as_bytes()).into())
    }
}

impl Guard {
    pub(crate) fn new(options: &Options) -> Self {
        match &options.token {
            Some(token) => Self::Everything(Bearer(token.bearer())),
            None if options.guarded => Self::Batches(Bearer(format!("Bearer {}", options.key.ledger_word().to_hex()))),
            None => Self::Nobody,
        }
    }

    /// Whether a request for this route is let in by its headers; `None` is one that has no route.
    #[inline]
    pub(crate) fn admits(&self, route: Option<&Route>, headers: &HeaderMap) -> bool {
        match (self, route) {
            (Self::Nobody, _) | (_, Some(Route::Health)) => true,
            (Self::Batches(word), Some(Route::OpenBatch)) => word.is_in(headers),
            (Self::Batches(_), _) => true,
            (Self::Everything(token), _) => token.is_in(headers),
        }
    }

    /// Whether it takes the number of an open batch in the token's place.
    #[inline]
    pub(crate) fn takes_passes(&self) -> bool {
        matches!(self, Self::Everything(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;
    use inflight_record::{AccessToken, TokenKey};

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn each_guard_lets_in_whom_it_should() {
        let plain = Options::new(TokenKey::new([7; 16]));
        let word = format!("Bearer {}", plain.key.ledger_word().to_hex());
        let nobody = Guard::new(&plain);
        let batches = Guard::new(&Options { guarded: true, ..plain.clone() });
        let everything = Guard::new(&Options { token: Some(AccessToken::parse(TOKEN).unwrap()), ..plain });
        let right = format!("Bearer {TOKEN}");
        let wrong = format!("Bearer {}", TOKEN.replace('f', "e"));
        for (guard, given, opens, reads) in [
            (&nobody, "Bearer x", true, true),
            (&batches, word.as_str(), true, true),
            (&batches, right.as_str(), false, true),
            (&everything, right.as_str(), true, true),
            (&everything, wrong.as_str(), false, false),
            (&everything, TOKEN, false, false),
            (&everything, word.as_str(), false, false),
            (&everything, "Bearer ", false, false),
        ] {
            assert_eq!(guard.admits(Some(&Route::OpenBatch), &headers(given)), opens, "{given}");
            assert_eq!(guard.admits(Some(&Route::Overview), &headers(given)), reads, "{given}");
            assert_eq!(guard.admits(None, &headers(given)), reads, "{given}");
            assert!(guard.admits(Some(&Route::Health), &headers(given)));
            assert!(guard.admits(Some(&Route::Health), &HeaderMap::new()));
        }
        assert!(!everything.admits(Some(&Route::Overview), &HeaderMap::new()));
        assert!(everything.takes_passes() && !nobody.takes_passes() && !batches.takes_passes());
    }
}
