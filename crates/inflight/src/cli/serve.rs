//! `inflight serve`: the delay server in a process of its own.

use std::sync::OnceLock;

use anyhow::{Context as _, ensure};
use inflight::software;
use inflight_delay_server::{Options, Shutdown};
use inflight_harness::probes::machine::server_counters;
use inflight_record::{AccessToken, Environment, ServerReport, TokenKey};

use super::{FINE, ServeArguments};

pub fn run(arguments: &ServeArguments) -> anyhow::Result<u8> {
    let token = arguments.token_file.as_deref().map(AccessToken::read).transpose().context("--token-file")?;
    // Several hosts are loopback addresses in any case, and say so themselves.
    ensure!(
        token.is_some() || arguments.bind.ip().is_loopback() || arguments.hosts > 1,
        "--bind {}: without --token-file this serves loopback only, such as 127.0.0.1:0, because whoever reaches it may load \
         it. A token is made by: (umask 077; openssl rand -hex 32 > F), then --token-file F",
        arguments.bind
    );
    let key = if let Some(token) = &token {
        token.answer_key()
    } else if arguments.key_from_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("the key on stdin")?;
        TokenKey::from_hex(line.trim()).context("the key on stdin")?
    } else {
        // Nobody needs to check the answers: any key will do.
        TokenKey::new(rand::random())
    };
    let options = Options {
        bind: arguments.bind,
        hosts: arguments.hosts,
        guarded: arguments.key_from_stdin,
        machine: token.is_some().then_some(report as fn(u64) -> ServerReport),
        token,
        backlog: arguments.backlog,
        pause_accept: arguments.pause_accept,
        ..Options::new(key)
    };
    let parent = arguments.parent.unwrap_or_else(std::os::unix::process::parent_id);
    // What init started (or adopted before this line) has no parent to share an end with.
    let with_parent = (!arguments.outlive_parent && parent > 1).then_some(parent);
    inflight_delay_server::run(&options, Shutdown { on_signal: true, with_parent }, |address| {
        // Nobody may be listening; the server serves all the same. The (first) address is the last word.
        let text = match arguments.hosts {
            1 => format!("listening on http://{address}"),
            hosts => format!("listening on {hosts} hosts from http://{address}"),
        };
        let _ = super::print::print_line(&text);
    })?;
    Ok(FINE)
}

/// What the server says of its side, when so many requests have arrived.
fn report(arrived: u64) -> ServerReport {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    let environment = ENVIRONMENT.get_or_init(software::environment).clone();
    ServerReport { environment, counters: server_counters(), arrived }
}
