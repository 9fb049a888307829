//! Ideals, ranges and slugs.

use super::*;

fn workload(requests: u64, concurrency: u64, delay_ns: u64) -> Workload {
    Workload { body_bytes: 0, ..Workload::new(requests, concurrency, delay_ns) }
}

#[test]
fn ideal_is_waves_times_delay() {
    assert_eq!(workload(500, 500, 50).ideal_ns(), 50);
    assert_eq!(workload(501, 500, 50).ideal_ns(), 100);
    assert_eq!(workload(500, 500, 0).ideal_ns(), 0);
}

#[test]
fn declared_ideal_takes_the_smaller_peak() {
    let workload = workload(500, 100, 50);
    assert_eq!(workload.ideal_with_peak_ns(1), 500 * 50);
    assert_eq!(workload.ideal_with_peak_ns(50), 10 * 50);
    assert_eq!(workload.ideal_with_peak_ns(1000), workload.ideal_ns());
}

#[test]
fn with_varying_delays_the_ideal_is_the_longest_or_the_mean_load() {
    let lognormal = Some(LogNormal { sigma_milli: 600, seed: 3 });
    let workload = Workload { lognormal, ..workload(200, 200, 50_000_000) };
    let delays: Vec<u64> = workload.delays_ns().collect();
    assert_eq!((delays.len(), delays.iter().sum::<u64>()), (200, workload.delay_sum_ns()));
    assert_eq!(workload.ideal_ns(), *delays.iter().max().unwrap());
    assert_eq!(workload.ideal_with_peak_ns(1), workload.delay_sum_ns());
    assert_eq!(workload.ideal_with_peak_ns(10), workload.delay_sum_ns().div_ceil(10));
}

#[test]
fn a_capacity_takes_the_place_of_c_in_the_ideal() {
    let workload = Workload { capacity: Some(20), ..workload(100, 50, 50) };
    assert_eq!(workload.ideal_ns(), 5 * 50);
    assert_eq!(workload.ideal_with_peak_ns(10), 10 * 50);
    assert_eq!(Workload { capacity: Some(80), ..workload }.ideal_ns(), 2 * 50);
}

#[test]
fn ranges_are_checked_and_errors_say_what_is_right() {
    assert!(workload(1, 1, 0).validate().is_ok());
    assert!(workload(0, 1, 0).validate().unwrap_err().to_string().contains("1 to 10000000"));
    assert!(workload(10, 0, 0).validate().unwrap_err().to_string().contains("at least 1"));
    assert!(workload(10, 11, 0).validate().unwrap_err().to_string().contains("1 to 10"));
    assert!(workload(10, 1, MAX_DELAY_NS + 1).validate().unwrap_err().to_string().contains("60s"));
    let wrong = |workload: Workload| workload.validate().unwrap_err().to_string();
    let plain = workload(10, 1, 5);
    assert!(wrong(Workload { hosts: 0, ..plain.clone() }).contains("1 to 128"));
    assert!(wrong(Workload { capacity: Some(0), ..plain.clone() }).contains("at least 1"));
    assert!(wrong(Workload { capacity: Some(5), ..workload(10, 1, 0) }).contains("delay above 0"));
    let lognormal = Some(LogNormal { sigma_milli: 3_001, seed: 0 });
    assert!(wrong(Workload { lognormal, ..plain }).contains("0.001 to 3, not 3.001"));
}

#[test]
fn slugs_are_short_and_whole() {
    assert_eq!(workload(500, 500, 50_000_000).slug(), "n500-c500-d50ms-b0-cold");
    assert_eq!(workload(5, 5, 1_500_000).slug(), "n5-c5-d1500us-b0-cold");
    let lognormal = Some(LogNormal { sigma_milli: 600, seed: 0 });
    let all = Workload { lognormal, hosts: 16, capacity: Some(200), ..workload(9, 5, 50_000_000) };
    assert_eq!(all.slug(), "n9-c5-d50ms-ln0.6-b0-cold-h16-k200");
    assert_eq!(all.delay_text(), "lognormal:50ms:0.6");
}

#[test]
fn what_is_plain_is_written_as_ever() {
    let text = serde_json::to_string(&workload(1, 1, 5)).unwrap();
    assert!(!text.contains("hosts") && !text.contains("capacity") && !text.contains("lognormal"), "{text}");
    assert_eq!(serde_json::from_str::<Workload>(&text).unwrap(), workload(1, 1, 5));
}

#[test]
fn a_crawl_has_an_ideal_of_its_own_and_the_request_count_of_its_site() {
    use crate::crawl::{Catalogue, Crawl, Phases, Site};

    let site = Site { catalogue: Catalogue::Books, lists: 100, seed: 1, faults_per_mille: 0 };
    let crawl = Crawl { site, phases: Phases::Barrier, store: "sqlite:".into(), retries: 1, resume: false };
    let workload = Workload::of_crawl(crawl.clone(), 5, 50_000_000);
    assert_eq!(workload.validate(), Ok(()));
    assert_eq!((workload.requests, workload.indices()), (1_900, 3_800));
    assert_eq!(workload.ideal_ns(), (20 + 360) * 50_000_000);
    assert_eq!(workload.ideal_with_peak_ns(1), 1_900 * 50_000_000);
    assert_eq!(workload.slug(), "crawl-books-l100-barrier-sqlite-r1-c5-d50ms-cold");
    let wrong = |workload: Workload| workload.validate().unwrap_err().to_string();
    assert!(wrong(Workload { requests: 5, ..workload.clone() }).contains("makes 1900 requests"));
    assert!(wrong(Workload { hosts: 2, ..workload.clone() }).contains("leave hosts out"));
    let site = Site { faults_per_mille: 501, ..site };
    assert!(wrong(Workload { crawl: Some(Crawl { site, ..crawl }), ..workload }).contains("at most 50 %, not 50.1 %"));
}
