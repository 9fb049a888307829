//! The witness of a crawl: each attempt held against the ledger, and the store against what the server served.
//!
//! What is owed is not known beforehand, because answers name it: so the accounts must agree. An attempt that got a fault
//! fails in every client; where the site has no faults, none may fail. That a client waits with a free slot proves nothing
//! here: between two phases it must.

use inflight_record::crawl::{Crawl, SiteLedger};
use inflight_record::{CrawlFigures, Sample, SampleError};

use super::{Evidence, Verdict, costs, failures, holds, in_flight, late, makespan_is_true, ms, protocol, too_fast};

/// Examines a batch that is a crawl.
pub(super) fn examine(crawl: &Crawl, evidence: &Evidence<'_>) -> Verdict {
    let figures = match evidence.crawl {
        Some(Ok(figures)) => figures,
        Some(Err(unread)) => return Verdict::Failed(format!("the store cannot be read back: {unread}")),
        None => return Verdict::Invalid("the worker does not say what came of the crawl".to_owned()),
    };
    let Some(site) = evidence.ledger.crawl else {
        return Verdict::Invalid("the server's ledger is not that of a crawl".to_owned());
    };
    if crawl.site.faults_per_mille == 0
        && let Some(reason) = failures(evidence)
    {
        return Verdict::Failed(reason);
    }
    let reason = attempts(crawl, &site, evidence)
        .or_else(|| protocol(evidence))
        .or_else(|| pages(crawl, &site, evidence))
        .or_else(|| in_flight(evidence))
        .or_else(|| makespan_is_true(evidence))
        .or_else(|| ideal(crawl, figures, evidence))
        .or_else(|| late(evidence))
        .or_else(|| held(crawl, evidence))
        .or_else(|| counts(crawl, figures, &site))
        .or_else(|| store(figures, &site))
        .or_else(|| retries(crawl, figures, &site, evidence))
        .or_else(|| costs(evidence));
    reason.map_or(Verdict::Ok { underfilled: false }, Verdict::Invalid)
}

/// Every attempt of which the client says arrived once, and none besides. A client may send again by itself what a reset
/// connection lost.
fn attempts(crawl: &Crawl, site: &SiteLedger, evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, said) = (evidence.ledger, evidence.samples.len() as u64);
    let arrived = ledger.requests - ledger.doubled.min(ledger.requests);
    if arrived != said {
        return Some(format!("the server saw {arrived} indices, the worker says that it asked for {said}"));
    }
    if ledger.doubled > site.faults_reset {
        return Some(format!(
            "{} requests came again for their index; of a site with {} resets, which clients may answer so",
            ledger.doubled, site.faults_reset
        ));
    }
    let open = count(evidence, |error| matches!(error, SampleError::NotSent | SampleError::Unfinished));
    if open > 0 {
        return Some(format!("the model returned with {open} of {said} answers outstanding"));
    }
    if crawl.site.faults_per_mille == 0 && site.faults() > 0 {
        return Some(format!("the server made {} faults; owed: none", site.faults()));
    }
    None
}

/// Each page was read to its end by this client.
fn pages(crawl: &Crawl, site: &SiteLedger, evidence: &Evidence<'_>) -> Option<String> {
    let ledger = evidence.ledger;
    let good = || evidence.samples.iter().filter(|sample| sample.error.is_none());
    let wrong = |sample: &&Sample| sample.token != Some(evidence.key.token(evidence.batch, sample.index));
    let wrong = good().filter(wrong).count();
    if wrong > 0 {
        return Some(format!(
            "{wrong} of {} pages carry a wrong token: their bodies were not read to the end, or are not this batch's",
            good().count()
        ));
    }
    // A garbled page is whole as HTTP has it: only who reads it sees that it is none.
    let served = ledger.requests - site.faults().min(ledger.requests) + site.faults_garbled;
    if good().count() as u64 != served {
        return Some(format!("the client read {} whole answers, the server made {served}", good().count()));
    }
    let bytes: u64 = good().map(|sample| sample.bytes).sum();
    if crawl.site.faults_per_mille == 0 && (bytes != ledger.bytes || ledger.aborted > 0) {
        return Some(format!(
            "the samples hold {bytes} bytes, the server sent {}, and saw {} clients go away",
            ledger.bytes, ledger.aborted
        ));
    }
    None
}

/// Not faster than the pages that were fetched allow, at the delay of each.
fn ideal(crawl: &Crawl, figures: &CrawlFigures, evidence: &Evidence<'_>) -> Option<String> {
    // With lists given up, or pages stored before, there is less to fetch.
    if figures.lists != crawl.site.lists || crawl.resume {
        return None;
    }
    too_fast(evidence)
}

/// Every attempt was held for the delay, and the client says the same of those that it has read.
fn held(crawl: &Crawl, evidence: &Evidence<'_>) -> Option<String> {
    let (ledger, delay_ns) = (evidence.ledger, evidence.workload.delay_ns);
    let owed = ledger.completed.saturating_mul(delay_ns);
    if ledger.held_sum_ns < owed {
        return Some(format!("the server held {} in all; owed: {}", ms(ledger.held_sum_ns), ms(owed)));
    }
    if crawl.site.faults_per_mille == 0 {
        return holds(evidence);
    }
    // The head of an attempt that failed may be lost, and its hold with it.
    let short = evidence.samples.iter().filter(|sample| sample.error.is_none() && sample.hold_ns < delay_ns).count();
    (short > 0).then(|| format!("{short} pages say that they were held for less than {}", ms(delay_ns)))
}

/// Every list was read or given up, and what the lists named was stored or given up. Where a crawl resumes, lists that were
/// stored before count as read, and details that were are not named again.
fn counts(crawl: &Crawl, figures: &CrawlFigures, site: &SiteLedger) -> Option<String> {
    let CrawlFigures { lists, lists_failed, named, stored, failed, rows_before, .. } = figures;
    if lists + lists_failed != crawl.site.lists {
        return Some(format!("{lists} lists read and {lists_failed} given up; owed: {}", crawl.site.lists));
    }
    if site.lists > *lists || site.lists < *lists && !crawl.resume {
        return Some(format!("the server served {} lists, the crawl says that it read {lists}", site.lists));
    }
    if *rows_before > 0 && !crawl.resume {
        return Some(format!("the store held {rows_before} rows before; owed: none, as the crawl does not resume"));
    }
    if stored + failed != *named {
        return Some(format!("{stored} details stored and {failed} given up; named: {named}"));
    }
    // What was there before may be of a list that was given up this time.
    let (on_lists, known) = (lists * crawl.site.catalogue.per_list(), named + rows_before);
    if *named <= on_lists && on_lists <= known && known <= crawl.site.details() {
        return None;
    }
    let before = if crawl.resume { format!(" beyond the {rows_before} rows from before") } else { String::new() };
    Some(format!("{lists} lists named {named} details{before}; owed: {on_lists} in all"))
}

/// The store holds what the server served, each once, and nothing else.
fn store(figures: &CrawlFigures, site: &SiteLedger) -> Option<String> {
    let CrawlFigures { stored, rows, rows_mark, rows_before, rows_before_mark, .. } = figures;
    if site.details != *stored {
        return Some(format!("the server served {} details, the crawl says that it stored {stored}", site.details));
    }
    if *rows != rows_before + stored {
        return Some(format!("the store holds {rows} rows; owed: {rows_before} that were there and {stored} stored"));
    }
    (*rows_mark != rows_before_mark.wrapping_add(site.details_mark))
        .then(|| format!("the {rows} rows of the store are not the details that the server served"))
}

/// Each page was asked for once, and once more for each fault that it got, until it was in or its retries were used up.
fn retries(crawl: &Crawl, figures: &CrawlFigures, site: &SiteLedger, evidence: &Evidence<'_>) -> Option<String> {
    let CrawlFigures { lists_failed, named, failed, retried, .. } = figures;
    let (said, given_up) = (evidence.samples.len() as u64, lists_failed + failed);
    let owed = site.lists + lists_failed + named + retried;
    if said != owed {
        return Some(format!("{said} requests were made; owed: {owed}, of which {retried} again"));
    }
    // Of a reset that the client itself answered by sending again, the crawl never heard.
    let faults = site.faults() - evidence.ledger.doubled.min(site.faults());
    if faults != retried + given_up {
        return Some(format!("after {faults} faults {retried} pages were asked for again and {given_up} given up"));
    }
    let least = given_up * u64::from(crawl.retries);
    (*retried < least)
        .then(|| format!("{given_up} pages were given up after {retried} retries in all; owed: at least {least}"))
}

fn count(evidence: &Evidence<'_>, which: impl Fn(SampleError) -> bool) -> usize {
    evidence.samples.iter().filter(|sample| sample.error.is_some_and(&which)).count()
}
