//! `inflight serve`: the delay server in a process of its own.

use anyhow::Context as _;
use inflight_delay_server::{Options, Shutdown};
use inflight_record::TokenKey;

use super::{FINE, ServeArguments};

pub fn run(arguments: &ServeArguments) -> anyhow::Result<u8> {
    let key = if arguments.key_from_stdin {
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
        let _ = super::run::print_line(&text);
    })?;
    Ok(FINE)
}
