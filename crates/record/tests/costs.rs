//! Files of costs: what is saved is loaded, and what is none is refused by name.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::fs;

use inflight_record::Costs;

const MADE_UP: &str = include_str!("costs.json");

#[test]
fn a_file_is_loaded_and_saved_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("costs.json");
    fs::write(&path, MADE_UP).unwrap();
    let costs = Costs::load(&path).unwrap();
    let of = costs.of("base/tuned").unwrap();
    assert_eq!((of.name.as_str(), of.code_lines, of.all.len()), ("inflight-model-base", 80, 2));
    assert_eq!(of.of_client().unwrap().len(), 0, "the advisory is about another crate");
    assert_eq!(of.worker.reason.as_deref(), Some("no linker"));
    assert!(costs.of("other").is_none());
    costs.save(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), MADE_UP);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing unfinished is left");
    let schema = inflight_record::schema::all().into_iter().find(|(name, _)| *name == "costs.schema.json").unwrap().1;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&serde_json::from_str(MADE_UP).unwrap()));
}

#[test]
fn what_is_no_file_of_costs_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("costs.json");
    let refused = |text: &str, says: &str| {
        fs::write(&path, text).unwrap();
        let error = Costs::load(&path).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("costs.json"), "{error}");
    };
    refused(&MADE_UP.replacen("\"schema_version\": 1", "\"schema_version\": 2", 1), "schema_version 2 is unknown");
    refused("{}", "no schema_version");
    refused("{\"schema_version\": 1}", "missing field");
    refused("[", "has to be a file that `inflight costs` wrote");
    assert!(Costs::load(&directory.path().join("none")).is_err());
}
