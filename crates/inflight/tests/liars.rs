//! The witness against liars, and the driver against trouble: real server, real driver, real processes.
//!
//! This file is test and worker in one: the driver under test starts it again with `worker <name>`, as it starts any
//! other worker.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

#[path = "liars/cheats.rs"]
mod cheats;
#[path = "liars/stage.rs"]
mod stage;
#[path = "liars/trouble.rs"]
mod trouble;
#[path = "liars/witness.rs"]
mod witness;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some("worker") {
        cheats::work(&words.next().unwrap_or_default());
    }
    let tests: Vec<Trial> = witness::tests().into_iter().chain(trouble::tests()).collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}
