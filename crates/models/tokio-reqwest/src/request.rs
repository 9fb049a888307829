//! One request: how its client is built, what is sent, and what is noted of the answer.

use std::sync::Arc;

use bytes::Bytes;
use inflight_harness::{Batch, Ticket};
use reqwest::Client;
use reqwest::header::HeaderValue;

/// A client of which every answer comes from the server itself, and a redirect is one too.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}

/// Fetches one URL and notes what became of it.
pub async fn fetch_one(client: Client, batch: Arc<Batch>, ticket: Ticket) {
    let request = batch.send(ticket);
    match get(&client, request.url()).await {
        Ok((status, timing, body)) => {
            request.finish_async(status, timing.as_ref().map(HeaderValue::as_bytes), &body).await;
        }
        Err(error) => request.fail(&error),
    }
}

/// Status, `Server-Timing` and body of one answer.
async fn get(client: &Client, url: &str) -> reqwest::Result<(u16, Option<HeaderValue>, Bytes)> {
    let mut response = client.get(url).send().await?;
    let timing = response.headers_mut().remove("server-timing");
    Ok((response.status().as_u16(), timing, response.bytes().await?))
}
