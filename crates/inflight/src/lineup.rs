//! The line-up: the one list of all models. Nothing but this file knows their crates.

use std::path::Path;

use inflight_harness::Model;
use inflight_harness::child::Program;
use inflight_harness::plan::Contender;

/// The model that starts our own binary again: what its processes do, and how a test names the binary.
pub use inflight_model_process_pool as pool;

/// Every model, in the order in which they are listed: from the first idea to the floor.
#[must_use]
pub fn models() -> Vec<&'static dyn Model> {
    let crates = [
        inflight_model_sequential::VARIANTS,
        inflight_model_blocking_in_async::VARIANTS,
        inflight_model_thread_per_request::VARIANTS,
        inflight_model_thread_pool::VARIANTS,
        inflight_model_process_pool::VARIANTS,
        inflight_model_rayon_pool::VARIANTS,
        inflight_model_tokio_reqwest::VARIANTS,
        inflight_model_h2_multiplex::VARIANTS,
        inflight_model_tokio_hyper::VARIANTS,
        inflight_model_async_std_surf::VARIANTS,
        inflight_model_smol_hyper::VARIANTS,
        inflight_model_curl_multi::VARIANTS,
        inflight_model_compio::VARIANTS,
        inflight_model_raw_epoll::VARIANTS,
        inflight_model_io_uring::VARIANTS,
    ];
    crates.concat()
}

/// Other names of models, each with the id that records carry: what is the same code under two names is one row.
pub const ALIASES: &[(&str, &str)] = &[("tokio-reqwest/join-set", "tokio-reqwest")];

/// The id of the model that goes by this name.
#[must_use]
pub fn id_of(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, id)| id)
}

/// The contender for a model: the binary at `inflight` runs it as a worker.
#[must_use]
pub fn contender(model: &dyn Model, inflight: &Path) -> Contender {
    let card = model.card();
    let worker = Program::new(inflight, &["worker", &card.id]);
    Contender { arm: card.id.clone(), card, worker, lacks: None, versions: None }
}

/// A name that is no model's or peer's, with the one that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// What it should name: `model`, `peer`.
    pub what: &'static str,
    /// As asked.
    pub asked: String,
    /// The nearest, where one is near.
    pub near: Option<String>,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {} is called {:?}", self.what, self.asked)?;
        match (&self.near, self.what) {
            (Some(near), _) => write!(f, "; did you mean {near:?}?"),
            (None, "peer") => write!(f, "; `inflight peers list` names them all"),
            (None, _) => write!(f, "; `inflight list` names them all"),
        }
    }
}

impl std::error::Error for UnknownName {}

/// The first rows to look at: the card's models of the classic comparison, from the loop to the floor, without what the
/// whole ladder adds to them. What is meant to be quick runs these.
#[must_use]
pub fn core() -> Vec<&'static dyn Model> {
    models().into_iter().filter(|model| CORE.contains(&model.card().id.as_str())).collect()
}

/// The ids of [`core()`].
pub const CORE: [&str; 11] = [
    "sequential",
    "thread-per-request",
    "thread-per-request/idiomatic",
    "rayon-pool",
    "rayon-pool/idiomatic",
    "rayon-pool/default",
    "tokio-reqwest",
    "tokio-reqwest/current-thread",
    "async-std-surf",
    "async-std-surf/idiomatic",
    "raw-epoll",
];

/// The contenders that `asked` names: `all`, `core`, or ids or [`ALIASES`] with commas between them, each once.
///
/// # Errors
/// A name is no model's.
pub fn choose(asked: &str, inflight: &Path) -> Result<Vec<Contender>, UnknownName> {
    let all: Vec<Contender> = models().into_iter().map(|model| contender(model, inflight)).collect();
    match asked.trim() {
        "all" => return Ok(all),
        "core" => return Ok(all.into_iter().filter(|contender| CORE.contains(&contender.arm.as_str())).collect()),
        _ => {}
    }
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    let ids: Vec<&str> = all.iter().map(|contender| contender.arm.as_str()).chain(aliases).collect();
    let mut chosen: Vec<Contender> = Vec::new();
    for name in asked.split(',').map(str::trim) {
        let id = id_of(name);
        let found = all.iter().find(|contender| contender.arm == id).ok_or_else(|| unknown("model", name, &ids))?;
        if !chosen.iter().any(|contender| contender.arm == id) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

/// The error that there is no such name among these.
pub(crate) fn unknown(what: &'static str, asked: &str, names: &[&str]) -> UnknownName {
    let near = names
        .iter()
        .map(|name| (strsim::jaro_winkler(asked, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| (*name).to_owned());
    UnknownName { what, asked: asked.to_owned(), near }
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
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_each_belongs_to_one_family() {
        let ids: Vec<String> = models().iter().map(|model| model.card().id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn aliases_are_other_names_of_models_that_there_are() {
        for (alias, id) in ALIASES {
            assert!(find(alias).is_none(), "{alias} is a model's own name");
            assert!(find(id).is_some(), "{alias} stands for {id}, which is no model");
            assert_eq!(id_of(alias), *id);
        }
        assert_eq!(id_of("sequential"), "sequential");
        let chosen = choose("tokio-reqwest/join-set,tokio-reqwest", Path::new("inflight")).unwrap();
        assert_eq!(chosen.iter().map(|contender| contender.arm.as_str()).collect::<Vec<_>>(), ["tokio-reqwest"]);
        let near = choose("tokio-reqwest/joinset", Path::new("inflight")).unwrap_err().near;
        assert_eq!(near.as_deref(), Some("tokio-reqwest/join-set"));
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
    fn names_are_chosen_and_near_misses_suggested() {
        let path = Path::new("inflight");
        assert_eq!(choose("all", path).unwrap().len(), models().len());
        let named: Vec<String> = choose("core", path).unwrap().into_iter().map(|contender| contender.arm).collect();
        assert_eq!(named, core().iter().map(|model| model.card().id).collect::<Vec<_>>());
        assert_eq!(named.len(), CORE.len(), "each id of the core is a model's");
        let two = choose("raw-epoll, sequential,raw-epoll", path).unwrap();
        assert_eq!(two.iter().map(|contender| contender.arm.as_str()).collect::<Vec<_>>(), ["raw-epoll", "sequential"]);
        assert_eq!(choose("tokio-request", path).unwrap_err().near.as_deref(), Some("tokio-reqwest"));
        assert_eq!(choose("zzz", path).unwrap_err().near, None);
        assert!(choose("", path).is_err());
    }
}
