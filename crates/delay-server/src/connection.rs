//! One connection's service: takes a request, finds its batch, and makes its answer.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::service::Service;
use hyper::{Request, Response, StatusCode, Version};
use inflight_record::OpenBatch;
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::batch::Batch;
use crate::book::count;
use crate::guard::Guard;
use crate::hold::{Hold, Payer};
use crate::page::Coming;
use crate::refusal::Refusal;
use crate::request::{Delay, Route, Visit};
use crate::site::Pages;
use crate::state::State;

/// Longest body of `POST /ledger`.
const OPEN_BYTES_MAX: usize = 4096;

/// The service of one connection.
pub(crate) struct Connection {
    state: Rc<State>,
    /// How many connections were accepted before it.
    number: u64,
    /// The number of the host that it came to.
    host: u64,
    /// The batch that it carried last.
    batch: RefCell<Option<Rc<Batch>>>,
}

/// An answer in the making.
pub(crate) enum Making {
    /// It is there.
    Ready(Option<Response<Answer>>),
    /// It is held.
    Held(Hold, Delay, HeaderMap),
    /// It is a page, and held. Boxed, so that this stays as small as it is without.
    Page(Box<(Hold, Coming, HeaderMap)>),
    /// It needs the request's body.
    Opening(Pin<Box<dyn Future<Output = Response<Answer>>>>),
}

impl Connection {
    /// The service of a connection that was just accepted on the host of this number.
    pub(crate) fn new(state: Rc<State>, host: u64) -> Self {
        let number = state.book.accepted.get();
        count(&state.book.accepted);
        Self { state, number, host, batch: RefCell::new(None) }
    }

    fn take(&self, request: Request<Incoming>) -> Result<Making, Refusal> {
        let route = Route::parse(request.method(), request.uri().path(), request.uri().query());
        if !self.may_ask(route.as_ref().ok(), request.headers()) {
            return Err(if let Guard::Batches(_) = self.state.guard { Refusal::Guarded } else { Refusal::Token });
        }
        match route? {
            Route::Delay(delay) => {
                let (mut head, _) = request.into_parts();
                head.headers.clear();
                self.hold(delay, head.version, head.headers)
            }
            Route::Page(visit) => {
                let (mut head, _) = request.into_parts();
                head.headers.clear();
                self.visit(&visit, head.version, head.headers)
            }
            Route::OpenBatch => Ok(Making::Opening(Box::pin(open(Rc::clone(&self.state), request.into_body())))),
            Route::ReadLedger(batch) => {
                self.state.book.ledger(batch, self.state.clock.now_ns()).map(|ledger| ok(&ledger))
            }
            Route::Overview => Ok(ok(&self.state.book.overview())),
            Route::Machine => {
                let report = self.state.machine.ok_or(Refusal::NoMachine)?;
                Ok(ok(&report(self.state.book.arrived())))
            }
            Route::Health => Ok(ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") })),
        }
    }

    /// Whether who asks may: its batch is open, where that will do, or its headers say so. In this order, because nearly all
    /// requests are of a batch.
    fn may_ask(&self, route: Option<&Route>, headers: &HeaderMap) -> bool {
        let guard = &self.state.guard;
        let of_a_batch = guard.takes_passes() && route.and_then(Route::batch).is_some_and(|it| self.open(it).is_some());
        of_a_batch || guard.admits(route, headers)
    }

    fn hold(&self, delay: Delay, version: Version, headers: HeaderMap) -> Result<Making, Refusal> {
        let payer = self.payer(delay.batch, delay.index)?;
        if payer.site().is_some() {
            return Err(Refusal::PagesOnly(delay.batch.unwrap_or(0)));
        }
        let mut hold = self.arrive(payer, delay.index, delay.asked_ns, version);
        if delay.asked_ns == 0
            && let Some(held) = hold.end()
        {
            return Ok(Making::Ready(Some(answer::held(held, &delay, headers))));
        }
        Ok(Making::Held(hold, delay, headers))
    }

    fn visit(&self, visit: &Visit, version: Version, headers: HeaderMap) -> Result<Making, Refusal> {
        let payer = self.payer(visit.batch, visit.index)?;
        let (pages, asked_ns) = match visit.batch {
            Some(number) => payer.site().ok_or(Refusal::NoCrawl(number))?.offer(visit.catalogue)?,
            None => (Pages::by_hand(visit.catalogue), 0),
        };
        let number = pages.number(visit.page)?;
        let mut hold = self.arrive(payer.clone(), visit.index, asked_ns, version);
        let mut coming = Coming::new(&payer, pages, visit, number, version == Version::HTTP_2);
        if asked_ns == 0
            && let Some(held) = hold.end()
        {
            return Ok(Making::Ready(Some(coming.send(held, headers))));
        }
        Ok(Making::Page(Box::new((hold, coming, headers))))
    }

    /// To whom a request is accounted that names this batch and index.
    fn payer(&self, batch: Option<u64>, index: u64) -> Result<Payer, Refusal> {
        let batch = batch.map(|number| self.find(number, index)).transpose()?;
        Ok(Payer { state: Rc::clone(&self.state), batch })
    }

    /// The open batch of this number: at best the one that this connection carried last.
    fn open(&self, number: u64) -> Option<Rc<Batch>> {
        let last = self.batch.borrow();
        let known = last.as_ref().filter(|batch| batch.owed.batch == number && !batch.forgotten.get());
        known.map_or_else(|| self.state.book.find(number), |batch| Some(Rc::clone(batch)))
    }

    /// The open batch of this number, which owes this index.
    fn find(&self, number: u64, index: u64) -> Result<Rc<Batch>, Refusal> {
        let batch = self.open(number).ok_or(Refusal::BatchUnknown(number))?;
        if index >= batch.owed.requests {
            return Err(Refusal::IndexOutside { batch: number, requests: batch.owed.requests });
        }
        Ok(batch)
    }

    /// A request arrives against which nothing speaks.
    fn arrive(&self, payer: Payer, index: u64, asked_ns: u64, version: Version) -> Hold {
        if let Some(batch) = &payer.batch {
            let mut last = self.batch.borrow_mut();
            if !last.as_ref().is_some_and(|last| Rc::ptr_eq(last, batch)) {
                batch.carried_by(self.number);
                *last = Some(Rc::clone(batch));
            }
            if version == Version::HTTP_2 {
                batch.streamed();
            }
            if index % self.state.hosts != self.host {
                batch.misplaced();
            }
        }
        if self.state.panic_at_index == Some(index) {
            panic!("index {index} arrived, at which the server was told to panic");
        }
        Hold::begin(payer, index, asked_ns)
    }
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response<Answer>;
    type Error = io::Error;
    type Future = Making;

    fn call(&self, request: Request<Incoming>) -> Making {
        self.take(request).unwrap_or_else(|refusal| Making::Ready(Some(refuse(&self.state, &refusal))))
    }
}

impl Future for Making {
    type Output = io::Result<Response<Answer>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Ready(response) => Poll::Ready(response.take().ok_or_else(|| io::Error::other("answered twice"))),
            Self::Held(hold, delay, headers) => {
                let held = ready!(Pin::new(hold).poll(cx))?;
                Poll::Ready(Ok(answer::held(held, delay, std::mem::take(headers))))
            }
            Self::Page(page) => {
                let (hold, coming, headers) = &mut **page;
                let held = ready!(Pin::new(hold).poll(cx))?;
                Poll::Ready(Ok(coming.send(held, std::mem::take(headers))))
            }
            Self::Opening(opening) => opening.as_mut().poll(cx).map(Ok),
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

fn ok(value: &impl Serialize) -> Making {
    Making::Ready(Some(answer::json(StatusCode::OK, value)))
}

fn refuse(state: &State, refusal: &Refusal) -> Response<Answer> {
    count(&state.book.refused);
    if refusal.is_of_rights() {
        count(&state.book.unauthorized);
    }
    answer::refusal(refusal)
}

/// Reads the body of `POST /ledger` and opens its batch.
async fn open(state: Rc<State>, body: Incoming) -> Response<Answer> {
    let opened = async {
        let body = Limited::new(body, OPEN_BYTES_MAX).collect().await;
        let body = body.map_err(|error| Refusal::Open(error.to_string()))?.to_bytes();
        let owed: OpenBatch = serde_json::from_slice(&body).map_err(|error| Refusal::Open(error.to_string()))?;
        state.book.open(owed)?;
        Ok(owed)
    };
    match opened.await {
        Ok(owed) => {
            state.begin_accept_pause();
            answer::json(StatusCode::CREATED, &owed)
        }
        Err(refusal) => refuse(&state, &refusal),
    }
}
