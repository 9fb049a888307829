//! Text as a study file.

#![no_main]

use inflight_record::study::Study;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(error) = Study::parse("fuzz", text) {
        assert!(!error.to_string().is_empty());
    }
});
