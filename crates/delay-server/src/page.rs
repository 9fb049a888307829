//! A page of the catalogue, or the fault in its place: made when its request arrives, sent when its hold ends.
//!
//! To make it takes longer than to write it. Done on arrival, that is part of the hold, as it is where a real site works; done
//! at the end of the hold, it would make the answers of a wave late one after the other.

use bytes::{Buf as _, Bytes};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use inflight_record::Token;
use inflight_record::crawl::Catalogue;
use inflight_record::token::HTML_END;

use crate::answer::{self, Answer, JSON};
use crate::broken::{Broken, BrokenBody};
use crate::fault::Fault;
use crate::hold::{Held, Payer};
use crate::request::Visit;
use crate::site::{Pages, Taken};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The body of a fault that is a status.
const FAILED: &[u8] = b"{\"error\":\"this attempt fails, as the site's faults ask for\"}\n";

/// A page that waits for the end of its hold.
pub(crate) struct Coming {
    text: Bytes,
    media: HeaderValue,
    taken: Taken,
    fault: Option<Fault>,
    streamed: bool,
}

impl Coming {
    /// The page of this number, for an attempt that just arrived.
    pub(crate) fn new(payer: &Payer, pages: Pages, visit: &Visit, number: u64, streamed: bool) -> Self {
        let fault = payer.site().and_then(|site| site.attempt(number, visit.page));
        let token = payer.state.key.token(visit.batch.unwrap_or(0), visit.index);
        // It is there: it has a number.
        let (text, mark) = pages.text(visit.page).unwrap_or_default();
        let media = match visit.catalogue {
            Catalogue::Books => JSON,
            Catalogue::Films => HTML,
        };
        let (text, media) = match fault {
            Some(Fault::Status) => (Bytes::from_static(FAILED), JSON),
            Some(Fault::Garbled) => (whole(text.chars().rev().collect(), visit.catalogue, token), media),
            Some(Fault::Reset | Fault::Truncated) | None => (whole(text, visit.catalogue, token), media),
        };
        Self { text, media, taken: Taken { number, mark }, fault, streamed }
    }

    /// The response to a hold that ended, once. `headers` are an empty map whose room is used again.
    pub(crate) fn send(&mut self, held: Held, headers: HeaderMap) -> Response<Answer> {
        let Held { payer, held_ns } = held;
        let text = std::mem::take(&mut self.text);
        if let (Some(fault), Some(site)) = (self.fault, payer.site()) {
            site.faulted(fault);
        }
        let answer = match self.fault {
            None => Answer::Page(PageBody::new(payer, text, self.taken)),
            Some(Fault::Status | Fault::Garbled) => Answer::Text(Some(text)),
            Some(Fault::Reset) => Answer::Broken(BrokenBody::new(text, Broken::Reset, self.streamed)),
            Some(Fault::Truncated) => Answer::Broken(BrokenBody::new(text, Broken::Truncated, self.streamed)),
        };
        let mut response = answer::timed(answer, self.media.clone(), held_ns, headers);
        if self.fault == Some(Fault::Status) {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        response
    }
}

/// A page with its token at its end.
fn whole(text: String, catalogue: Catalogue, token: Token) -> Bytes {
    let mut body = text.into_bytes();
    match catalogue {
        Catalogue::Books => {
            body.push(b',');
            token.write_tail(&mut body);
        }
        Catalogue::Films => {
            token.write_tail(&mut body);
            body.extend_from_slice(HTML_END);
        }
    }
    Bytes::from(body)
}

/// The body of a page.
pub(crate) struct PageBody {
    /// Gone with the text.
    payer: Option<Payer>,
    text: Bytes,
    bytes: u64,
    taken: Taken,
}

impl PageBody {
    fn new(payer: Payer, text: Bytes, taken: Taken) -> Self {
        let bytes = text.len() as u64;
        Self { payer: Some(payer), text, bytes, taken }
    }

    /// All of it, once.
    pub(crate) fn next_piece(&mut self) -> Option<PagePiece> {
        let payer = self.payer.take()?;
        let text = std::mem::take(&mut self.text);
        Some(PagePiece { text, payer, bytes: self.bytes, taken: self.taken })
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.payer.is_none()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for PageBody {
    fn drop(&mut self) {
        if let Some(payer) = &self.payer {
            payer.abort_body();
        }
    }
}

/// The text of a page, on its way. It settles the account when it is dropped, as the last piece of a held answer does.
pub(crate) struct PagePiece {
    text: Bytes,
    payer: Payer,
    bytes: u64,
    taken: Taken,
}

impl PagePiece {
    pub(crate) fn left(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn advance(&mut self, count: usize) {
        self.text.advance(count);
    }
}

impl Drop for PagePiece {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            return self.payer.abort_body();
        }
        self.payer.complete(self.bytes);
        if let Some(site) = self.payer.site() {
            site.taken(self.taken);
        }
    }
}
