//! The four ways to keep C of N requests in flight. Each is the whole of its idea.

use std::sync::Arc;

use futures::{StreamExt as _, future, stream};
use inflight_harness::{Batch, ModelError};
use reqwest::Client;
use tokio::sync::{AcquireError, Semaphore};
use tokio::task::JoinSet;

use crate::request::fetch_one;

/// The default form: when a task ends, the next URL is spawned. C tasks are alive, on all threads of the runtime.
pub async fn join_set(client: Client, batch: Arc<Batch>) -> Result<(), ModelError> {
    let mut tasks = JoinSet::new();
    for index in 0..batch.len() {
        if tasks.len() == batch.concurrency() {
            tasks.join_next().await.transpose()?;
        }
        let Some(ticket) = batch.admit_async(index).await else { break };
        tasks.spawn(fetch_one(client.clone(), Arc::clone(&batch), ticket));
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    Ok(())
}

/// The shortest with tasks: all N are spawned, and stay in memory until they have had one of C permits.
pub async fn spawn_semaphore(client: Client, batch: Arc<Batch>) -> Result<(), ModelError> {
    let permits = Arc::new(Semaphore::new(batch.concurrency()));
    let task = |index| tokio::spawn(permitted(Arc::clone(&permits), client.clone(), Arc::clone(&batch), index));
    let tasks: Vec<_> = (0..batch.len()).map(task).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// The shortest of all: the stream holds C futures, and one task, hence one thread at a time, polls them.
pub async fn buffer_unordered(client: Client, batch: Arc<Batch>) -> Result<(), ModelError> {
    let requests = stream::iter(0..batch.len()).map(|index| admitted(client.clone(), Arc::clone(&batch), index));
    requests.buffer_unordered(batch.concurrency()).for_each(future::ready).await;
    Ok(())
}

/// What `gather` is in other languages: all N futures in one task, each waiting for one of C permits.
pub async fn join_all(client: Client, batch: Arc<Batch>) -> Result<(), ModelError> {
    let permits = Arc::new(Semaphore::new(batch.concurrency()));
    let request = |index| permitted(Arc::clone(&permits), client.clone(), Arc::clone(&batch), index);
    let ended = future::join_all((0..batch.len()).map(request)).await;
    Ok(ended.into_iter().collect::<Result<(), _>>()?)
}

/// One request, once it has a permit. No semaphore here is ever closed, so none refuses.
async fn permitted(
    permits: Arc<Semaphore>,
    client: Client,
    batch: Arc<Batch>,
    index: usize,
) -> Result<(), AcquireError> {
    let _permit = permits.acquire().await?;
    admitted(client, batch, index).await;
    Ok(())
}

/// One request, if the batch has one more.
async fn admitted(client: Client, batch: Arc<Batch>, index: usize) {
    if let Some(ticket) = batch.admit_async(index).await {
        fetch_one(client, batch, ticket).await;
    }
}
