//! A crawl of one list of 18 books, at most 6 in flight: one thing wrong at a time.

use inflight_record::crawl::{Catalogue, Crawl, Phases, Site, SiteLedger};
use inflight_record::{CrawlFigures, Ledger, Network, Outside, Sample, SampleError, TokenKey, Workload};

use super::super::{Evidence, Verdict, examine};
use super::MS;

struct Case {
    workload: Workload,
    samples: Vec<Sample>,
    ledger: Ledger,
    site: SiteLedger,
    figures: Result<CrawlFigures, String>,
    makespan_ns: u64,
}

fn key() -> TokenKey {
    TokenKey::new([9; 16])
}

impl Case {
    fn honest() -> Self {
        let site = Site { catalogue: Catalogue::Books, lists: 1, seed: 1, faults_per_mille: 0 };
        let crawl = Crawl { site, phases: Phases::Barrier, store: "none:".to_owned(), retries: 1, resume: false };
        let sample = |index| {
            let start_ns = MS + index / 6 * 51 * MS;
            let token = Some(key().token(7, index));
            let (end_ns, hold_ns) = (start_ns + 51 * MS, 50 * MS);
            Sample { index, start_ns, end_ns, hold_ns, status: 200, bytes: 100, token, error: None }
        };
        let ledger = Ledger {
            batch: 7,
            requests: 19,
            completed: 19,
            bytes: 1_900,
            peak_in_flight: 6,
            span_ns: 204 * MS,
            held_sum_ns: 19 * 50 * MS,
            ..Ledger::default()
        };
        let figures =
            CrawlFigures { lists: 1, named: 18, stored: 18, rows: 18, rows_mark: 77, ..CrawlFigures::default() };
        Self {
            workload: Workload::of_crawl(crawl, 6, 50 * MS),
            samples: (0..19).map(sample).collect(),
            ledger,
            site: SiteLedger { lists: 1, details: 18, details_mark: 77, ..SiteLedger::default() },
            figures: Ok(figures),
            makespan_ns: 210 * MS,
        }
    }

    fn verdict(change: impl FnOnce(&mut Self)) -> Verdict {
        let mut case = Self::honest();
        change(&mut case);
        examine(&Evidence {
            workload: &case.workload,
            batch: 7,
            key: &key(),
            declared_peak: 6,
            most_in_flight: 6,
            http2: false,
            makespan_ns: case.makespan_ns,
            samples: &case.samples,
            texts: &["request 3: reset".to_owned()],
            ledger: &Ledger { crawl: Some(case.site), ..case.ledger },
            usage: None,
            outside: &Outside { wall_ns: 220 * MS, ..Outside::default() },
            disturbed_ns: 0,
            network: Network::default(),
            round_trip_ns: None,
            crawl: Some(&case.figures),
        })
    }

    fn invalid(change: impl FnOnce(&mut Self)) -> String {
        match Self::verdict(change) {
            Verdict::Invalid(reason) => reason,
            other => panic!("expected invalid, got {other:?}"),
        }
    }

    fn figures(&mut self) -> &mut CrawlFigures {
        self.figures.as_mut().unwrap()
    }

    /// A detail got a reset at first, and was fetched again.
    fn faulted(&mut self) {
        if let Some(crawl) = &mut self.workload.crawl {
            crawl.site.faults_per_mille = 20;
        }
        let token = Some(key().token(7, 19));
        self.samples[5] = Sample { status: 0, token: None, error: Some(SampleError::Client), ..self.samples[5] };
        self.samples.push(Sample { index: 19, token, error: None, ..self.samples[18] });
        (self.ledger.requests, self.ledger.aborted, self.site.faults_reset) = (20, 1, 1);
        self.figures().retried = 1;
    }
}

#[test]
fn an_honest_crawl_is_ok_with_faults_and_without() {
    assert_eq!(Case::verdict(|_| {}), Verdict::Ok { underfilled: false });
    assert_eq!(Case::verdict(Case::faulted), Verdict::Ok { underfilled: false });
}

#[test]
fn attempts_are_those_that_the_server_saw() {
    assert!(Case::invalid(|case| case.ledger.requests = 20).contains("the server saw 20 indices"));
    let doubled = |case: &mut Case| (case.ledger.requests, case.ledger.doubled) = (20, 1);
    assert!(Case::invalid(doubled).contains("1 requests came again"));
    let open = |case: &mut Case| case.samples[4].error = Some(SampleError::Unfinished);
    assert!(Case::invalid(open).contains("1 of 19 answers outstanding"));
    assert!(Case::invalid(|case| case.site.faults_status = 1).contains("1 faults; owed: none"));
}

#[test]
fn pages_were_read_to_their_end() {
    assert!(Case::invalid(|case| case.samples[3].token = None).contains("1 of 19 pages carry a wrong token"));
    assert!(Case::invalid(|case| case.ledger.bytes = 1_800).contains("the server sent 1800"));
    let unheard = |case: &mut Case| {
        case.faulted();
        case.samples[6].error = Some(SampleError::Status);
    };
    assert!(Case::invalid(unheard).contains("read 18 whole answers, the server made 19"));
}

#[test]
fn without_faults_a_request_that_fails_fails_the_crawl() {
    let failed = Case::verdict(|case| case.samples[3].error = Some(SampleError::Client));
    assert!(matches!(failed, Verdict::Failed(reason) if reason.contains("request 3: reset")));
}

#[test]
fn no_crawl_is_faster_than_its_phases() {
    assert!(Case::invalid(|case| case.makespan_ns = 203 * MS).contains("below the server's span"));
    let quick = |case: &mut Case| {
        (case.makespan_ns, case.ledger.span_ns) = (190 * MS, 180 * MS);
        case.samples.iter_mut().for_each(|sample| sample.end_ns = sample.end_ns.min(190 * MS));
    };
    assert!(Case::invalid(quick).contains("below the declared ideal 200.000 ms"));
    assert!(Case::invalid(|case| case.ledger.held_sum_ns = 0).contains("owed: 950.000 ms"));
}

#[test]
fn what_was_named_was_stored_or_given_up() {
    assert!(Case::invalid(|case| case.figures().lists = 0).contains("0 lists read and 0 given up; owed: 1"));
    assert!(Case::invalid(|case| case.figures().stored = 17).contains("17 details stored and 0 given up; named: 18"));
    let fewer = |case: &mut Case| (case.figures().named, case.figures().stored) = (17, 17);
    assert!(Case::invalid(fewer).contains("named 17 details; owed: 18"));
    assert!(Case::invalid(|case| case.site.lists = 0).contains("the server served 0 lists"));
    assert!(Case::invalid(|case| case.figures().rows_before = 1).contains("held 1 rows before; owed: none"));
}

#[test]
fn what_is_given_up_was_asked_for_and_got_a_fault_each_time() {
    let unasked = |case: &mut Case| {
        case.site.details = 17;
        case.samples.pop();
        (case.ledger.requests, case.ledger.completed, case.ledger.bytes) = (18, 18, 1_800);
        case.ledger.held_sum_ns = 18 * 50 * MS;
        let figures = CrawlFigures { stored: 17, failed: 1, rows: 17, ..case.figures().clone() };
        case.figures = Ok(figures);
    };
    assert!(Case::invalid(unasked).contains("18 requests were made; owed: 19"));
    let unfaulted = |case: &mut Case| {
        case.site.details = 17;
        let figures = CrawlFigures { stored: 17, failed: 1, rows: 17, ..case.figures().clone() };
        case.figures = Ok(figures);
    };
    assert!(Case::invalid(unfaulted).contains("after 0 faults 0 pages were asked for again and 1 given up"));
    // Given up after its first fault, with a retry left.
    let hasty = |case: &mut Case| {
        case.faulted();
        case.samples.truncate(19);
        case.ledger.requests = 19;
        case.site.details = 17;
        let figures = CrawlFigures { stored: 17, failed: 1, rows: 17, retried: 0, ..case.figures().clone() };
        case.figures = Ok(figures);
    };
    assert!(Case::invalid(hasty).contains("1 pages were given up after 0 retries in all; owed: at least 1"));
}

#[test]
fn the_store_holds_what_was_served_and_nothing_else() {
    assert!(Case::invalid(|case| case.site.details = 17).contains("the server served 17 details"));
    assert!(Case::invalid(|case| case.figures().rows = 19).contains("the store holds 19 rows"));
    assert!(Case::invalid(|case| case.figures().rows_mark = 78).contains("are not the details that the server served"));
    let unread = Case::verdict(|case| case.figures = Err("gone".to_owned()));
    assert_eq!(unread, Verdict::Failed("the store cannot be read back: gone".to_owned()));
}

#[test]
fn a_crawl_that_resumes_adds_to_what_was_there() {
    let resumed = |case: &mut Case| {
        if let Some(crawl) = &mut case.workload.crawl {
            crawl.resume = true;
        }
        case.samples.truncate(9);
        (case.ledger.requests, case.ledger.completed, case.ledger.bytes) = (9, 9, 900);
        case.ledger.held_sum_ns = 9 * 50 * MS;
        (case.site.details, case.site.details_mark) = (8, 7);
        let figures = CrawlFigures { named: 8, stored: 8, rows: 18, rows_before: 10, ..case.figures().clone() };
        case.figures = Ok(CrawlFigures { rows_before_mark: 70, ..figures });
    };
    assert_eq!(Case::verdict(resumed), Verdict::Ok { underfilled: false });
    let without_lists = |case: &mut Case| {
        resumed(case);
        case.samples.truncate(8);
        (case.ledger.requests, case.ledger.completed, case.ledger.bytes) = (8, 8, 800);
        (case.ledger.held_sum_ns, case.site.lists) = (8 * 50 * MS, 0);
    };
    assert_eq!(Case::verdict(without_lists), Verdict::Ok { underfilled: false }, "its list was stored, too");
    let more = |case: &mut Case| {
        resumed(case);
        (case.figures().rows_before, case.figures().rows) = (11, 19);
    };
    assert!(Case::invalid(more).contains("named 8 details beyond the 11 rows from before; owed: 18 in all"));
}
