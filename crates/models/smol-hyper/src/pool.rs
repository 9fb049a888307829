//! Connections that are idle, by host, and the one rule about when a request goes out again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::Runtime;
use crate::connection::{Answer, Connection, Error};

/// Idle connections by authority. No lock is held while anything waits.
#[derive(Debug, Default)]
pub struct Pool {
    idle: Mutex<HashMap<Box<str>, Vec<Connection>>>,
}

impl Pool {
    /// Fetches a URL, over a connection that is idle or a new one.
    ///
    /// # Errors
    /// It is no `http://` URL, or no whole answer came.
    pub async fn get(&self, runtime: &Runtime, url: &str) -> Result<Answer, Error> {
        let (authority, path) = split(url).ok_or(Error::Url)?;
        if let Some(connection) = self.take(authority) {
            match self.get_over(connection, authority, path).await {
                // The server had closed it before the request got that far.
                Err(Error::Broken { before_answer: true, .. }) => {}
                outcome => return outcome,
            }
        }
        self.get_over(Connection::open(runtime, authority).await?, authority, path).await
    }

    /// Fetches over this connection, and keeps it if it can be used again.
    async fn get_over(&self, mut connection: Connection, authority: &str, path: &str) -> Result<Answer, Error> {
        let answer = connection.get(path).await?;
        if connection.is_open() {
            self.keep(authority, connection);
        }
        Ok(answer)
    }

    fn take(&self, authority: &str) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_mut(authority)?.pop()
    }

    fn keep(&self, authority: &str, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.get_mut(authority) {
            Some(host) => host.push(connection),
            None => drop(idle.insert(authority.into(), vec![connection])),
        }
    }
}

/// Authority and path of a URL, or `None` where it is no plain HTTP.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    match rest.find('/') {
        Some(slash) => Some(rest.split_at(slash)),
        None => Some((rest, "/")),
    }
}
