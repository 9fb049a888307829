//! A server elsewhere, for `inflight run`, `crawl` and `study`: where it is, how it is let in, how long it is waited for.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use inflight_harness::environment::with_server;
use inflight_harness::server::{Remote, ServerAt, ServerError};
use inflight_record::{AccessToken, Environment, Software, Workload, text};

#[derive(Debug, Args)]
pub struct ElsewhereArguments {
    /// Use the server at this address instead of one of our own: one that `inflight serve --bind ADDR --token-file F` started
    /// on another machine. Workers then get all CPUs of this one.
    #[arg(long, value_name = "http://HOST:PORT", requires = "token_file")]
    server: Option<String>,
    /// With --server: the file that holds its token.
    #[arg(long, value_name = "F", requires = "server")]
    token_file: Option<PathBuf>,
    /// With --server: how long it is waited for, at the start and before any batch.
    #[arg(long, value_name = "T", requires = "server", default_value = "10s", value_parser = text::duration)]
    wait_for_server: Duration,
}

impl ElsewhereArguments {
    /// The server, and the environment that batches on it have; neither differs where none was named. `workloads` are what
    /// will be run on it. `None` where the user asked to stop.
    pub fn find<'w>(
        &self,
        here: ServerAt,
        environment: Environment,
        workloads: impl IntoIterator<Item = &'w Workload>,
        stop: &AtomicBool,
    ) -> anyhow::Result<Option<(ServerAt, Environment)>> {
        let (Some(address), Some(file)) = (&self.server, &self.token_file) else {
            return Ok(Some((here, environment)));
        };
        for workload in workloads {
            let hosts = workload.hosts;
            ensure!(
                hosts == 1,
                "--server: {} has {hosts} hosts, which are addresses of one machine's loopback: leave --server out for it",
                workload.slug()
            );
        }
        let token = AccessToken::read(file).context("--token-file")?;
        let waiting = || eprintln!("waiting for the server at {address}");
        let remote = match Remote::connect(address, token, self.wait_for_server, stop, waiting) {
            Err(ServerError::Interrupted) => return Ok(None),
            found => found.context("--server")?,
        };
        check_build(&environment.software, &remote.environment().software)?;
        let environment = with_server(environment, remote.environment());
        Ok(Some((ServerAt::Elsewhere(Arc::new(remote)), environment)))
    }
}

/// One build on both sides: figures of a study rest on the server's as much as on the worker's.
fn check_build(here: &Software, there: &Software) -> anyhow::Result<()> {
    let build = |it: &Software| {
        let lockfile = it.lockfile_sha256.get(..12).unwrap_or_default();
        format!("inflight {}, commit {}, {}, {}, lockfile {lockfile}", it.inflight, it.commit, it.profile, it.rustc)
    };
    ensure!(
        here == there,
        "--server: it is of another build than this: there {}; here {}. Copy one binary to both machines",
        build(there),
        build(here)
    );
    Ok(())
}
