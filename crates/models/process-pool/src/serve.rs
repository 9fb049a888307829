//! What a process of the pool does: fetch the URLs that come through its pipe, one after the other.

use std::io::{self, BufReader, BufWriter};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use ureq::Agent;

use crate::frame::{self, Answer};

/// Fetches each URL that comes through stdin, a socket, and sends the answer back the same way, until it is closed.
///
/// # Errors
/// stdin is no socket, or broke in the middle of a question or an answer.
pub fn serve() -> io::Result<()> {
    // The parent may be killed while a request is on its way; before this line its closed pipe says so.
    set_pdeathsig(Signal::SIGKILL)?;
    let pipe = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut questions = BufReader::new(pipe.try_clone()?);
    let mut answers = BufWriter::new(pipe);
    let agent = Agent::config_builder()
        .http_status_as_error(false) // any status is an answer,
        .max_redirects(0) // a redirect too,
        .proxy(None) // from the server itself, whatever the environment says
        .build()
        .new_agent();
    while let Some(url) = frame::question(&mut questions)? {
        let fetched = fetch(&agent, &url).map_err(|error| error.to_string());
        frame::reply(&mut answers, &fetched)?;
    }
    Ok(())
}

fn fetch(agent: &Agent, url: &str) -> Result<Answer, ureq::Error> {
    let mut response = agent.get(url).call()?;
    // Through with_config, because read_to_vec alone stops at 10 MB.
    let body = response.body_mut().with_config().read_to_vec()?;
    let timing = response.headers().get("server-timing").map(|value| value.as_bytes().to_vec());
    Ok(Answer { status: response.status().as_u16(), timing, body })
}
