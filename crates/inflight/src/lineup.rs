//! The line-up: the one list of all models. Nothing but this file knows their crates.

use std::path::Path;

use inflight_harness::Model;
use inflight_harness::child::Program;
use inflight_harness::plan::Contender;

/// Every model, in the order in which they are listed: from the first idea to the floor.
#[must_use]
pub fn models() -> Vec<&'static dyn Model> {
    let crates = [
        inflight_model_sequential::VARIANTS,
        inflight_model_thread_per_request::VARIANTS,
        inflight_model_rayon_pool::VARIANTS,
        inflight_model_tokio_reqwest::VARIANTS,
        inflight_model_async_std_surf::VARIANTS,
        inflight_model_raw_epoll::VARIANTS,
        inflight_model_io_uring::VARIANTS,
    ];
    crates.concat()
}

/// The contender for a model: the binary at `inflight` runs it as a worker.
#[must_use]
pub fn contender(model: &dyn Model, inflight: &Path) -> Contender {
    let card = model.card();
    let worker = Program::new(inflight, &["worker", &card.id]);
    Contender { arm: card.id.clone(), card, worker }
}

/// A name that is no model's, with the one that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownModel {
    /// As asked.
    pub asked: String,
    /// The nearest, where one is near.
    pub near: Option<String>,
}

impl std::fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no model is called {:?}", self.asked)?;
        match &self.near {
            Some(near) => write!(f, "; did you mean {near:?}?"),
            None => write!(f, "; `inflight list` names them all"),
        }
    }
}

impl std::error::Error for UnknownModel {}

/// The contenders that `asked` names: `all`, or ids with commas between them, each once.
///
/// # Errors
/// A name is no model's.
pub fn choose(asked: &str, inflight: &Path) -> Result<Vec<Contender>, UnknownModel> {
    let all: Vec<Contender> = models().into_iter().map(|model| contender(model, inflight)).collect();
    if asked.trim() == "all" {
        return Ok(all);
    }
    let mut chosen: Vec<Contender> = Vec::new();
    for name in asked.split(',').map(str::trim) {
        let found = all.iter().find(|contender| contender.arm == name).ok_or_else(|| unknown(name, &all))?;
        if !chosen.iter().any(|contender| contender.arm == name) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

fn unknown(asked: &str, all: &[Contender]) -> UnknownModel {
    let near = all
        .iter()
        .map(|contender| (strsim::jaro_winkler(asked, &contender.arm), &contender.arm))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone());
    UnknownModel { asked: asked.to_owned(), near }
}

/// A model by its id.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Model> {
    models().into_iter().find(|model| model.card().id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::software;
    use inflight_harness::{Batch, Setup};
    use inflight_record::SampleError;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    #[test]
    fn ids_are_unique_and_each_belongs_to_one_family() {
        let ids: Vec<String> = models().iter().map(|model| model.card().id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn every_card_is_filled_and_its_crates_are_in_the_lockfile() {
        for model in models() {
            let card = model.card();
            assert!(card.idea.len() > 20 && !card.client.is_empty(), "{}", card.id);
            assert!(!card.crates.is_empty(), "{}", card.id);
            for name in &card.crates {
                assert!(
                    !software::versions(std::slice::from_ref(name)).ends_with("unknown"),
                    "{}: {name} is not in Cargo.lock",
                    card.id
                );
            }
            assert_eq!(card.historical.is_some(), card.label == inflight_record::Label::Historical, "{}", card.id);
        }
    }

    #[test]
    fn refused_connections_fail_their_requests_and_the_batch_goes_on() {
        // Nothing listens on a port that was bound and let go.
        let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let urls: Vec<_> = (0..20).map(|index| format!("http://{address}/{index}")).collect();
        for model in models() {
            let batch = Arc::new(Batch::new(urls.iter().map(String::as_str).collect(), 3));
            let mut client = match model.client(&Setup { concurrency: 3 }) {
                Ok(client) => client,
                // Many kernels and containers do: what it says then is tested in its crate.
                Err(error) if model.card().id == "io-uring" => {
                    eprintln!("not tested: io-uring: {error}");
                    continue;
                }
                Err(error) => panic!("{}: {error}", model.card().id),
            };
            client.fetch(&batch).unwrap();
            let failed = (0..20).all(|index| batch.log().sample(index).error == Some(SampleError::Client));
            assert!(failed, "{}", model.card().id);
        }
    }

    #[test]
    fn names_are_chosen_and_near_misses_suggested() {
        let path = Path::new("inflight");
        assert_eq!(choose("all", path).unwrap().len(), models().len());
        let two = choose("raw-epoll, sequential,raw-epoll", path).unwrap();
        assert_eq!(two.iter().map(|contender| contender.arm.as_str()).collect::<Vec<_>>(), ["raw-epoll", "sequential"]);
        assert_eq!(choose("tokio-request", path).unwrap_err().near.as_deref(), Some("tokio-reqwest"));
        assert_eq!(choose("zzz", path).unwrap_err().near, None);
        assert!(choose("", path).is_err());
    }
}
