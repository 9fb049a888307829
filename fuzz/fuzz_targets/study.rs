//! Text as a study file.

#![no_main]

#[path = "../checks/study.rs"]
mod study;

libfuzzer_sys::fuzz_target!(|text: &str| study::check(text));
