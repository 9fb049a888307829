//! `inflight`: which concurrency model should fetch my N slow URLs, and what does it cost?

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(cli::BAD_INPUT)
        }
    }
}
