//! Runs the server until SIGTERM or SIGINT: `cargo run --release --example serve -- 127.0.0.1:8080`.

use std::net::SocketAddr;

use inflight_delay_server::{Options, Shutdown, run};
use inflight_record::TokenKey;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::new(TokenKey::new([7; 16]));
    if let Some(bind) = std::env::args().nth(1) {
        options.bind = bind.parse::<SocketAddr>()?;
    }
    run(&options, Shutdown { on_signal: true, with_parent: None }, |address| println!("{address}"))?;
    Ok(())
}
