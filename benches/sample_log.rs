//! What one sample costs the client: both clock readings, the hold and the token read, and the slot written.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use inflight_harness::{Batch, Urls};
use inflight_record::TokenKey;

const REQUESTS: usize = 10_000;

/// An answer as the server sends it.
fn body(bytes: usize) -> Vec<u8> {
    let mut body = vec![b'x'; bytes];
    TokenKey::new([1; 16]).token(1, 2).write_tail(&mut body);
    body
}

fn sample(criterion: &mut Criterion) {
    let urls: Urls = ["http://127.0.0.1/"; REQUESTS].into_iter().collect();
    let mut batch = Batch::new(urls, 1);
    let body = body(1_024);
    criterion.bench_function("sample_log/one_request", |bencher| {
        bencher.iter_custom(|iterations| {
            batch.start_clock();
            let start = Instant::now();
            for index in 0..iterations {
                let index = usize::try_from(index).unwrap_or(0) % REQUESTS;
                batch.send(index).finish(200, Some(b"hold;dur=50.123456"), std::hint::black_box(&body));
            }
            start.elapsed()
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = sample
}
criterion_main!(benches);
