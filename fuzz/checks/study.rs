//! What holds of any text that is read as a study file.

use std::collections::BTreeSet;

use inflight_record::study::{MAX_WORKLOADS, Study};

/// Panics where it does not hold.
pub fn check(text: &str) {
    let read = Study::parse("fuzz", text);
    assert_eq!(read, Study::parse("fuzz", text), "read twice, it is the same");
    match read {
        Ok(study) => {
            assert!((1..=MAX_WORKLOADS).contains(&study.workloads.len()));
            for workload in &study.workloads {
                assert_eq!(workload.workload.validate(), Ok(()));
                assert_eq!(workload.workload.slug(), workload.slug);
            }
            let ids: BTreeSet<_> = study.workloads.iter().map(|workload| &workload.id).collect();
            assert_eq!(ids.len(), study.workloads.len(), "each id once");
            assert!(study.models.as_ref().is_none_or(|models| !models.is_empty()));
        }
        Err(error) => {
            // The place is one of the text: its last line may be empty.
            let lines: Vec<&str> = text.split('\n').collect();
            let line = lines.get(error.place.line - 1).unwrap_or_else(|| panic!("{error}: there is no such line"));
            assert!(error.place.column <= line.chars().count() + 1, "{error}: there is no such column");
            assert!(!error.message.is_empty() && !error.message.contains('\n'), "{error:?}");
        }
    }
}
