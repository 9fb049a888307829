//! The JSON schemas that are committed under `results/schema/`, generated from the types.

use schemars::schema_for;

/// Every schema of this crate as file name and text; the text ends in a newline.
#[must_use]
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("record.schema.json", text(&schema_for!(crate::Record))),
        ("environment.schema.json", text(&schema_for!(crate::Environment))),
        ("study.schema.json", text(&schema_for!(crate::Manifest))),
        ("sample.schema.json", text(&schema_for!(crate::Sample))),
        ("ledger.schema.json", text(&schema_for!(crate::Ledger))),
        ("costs.schema.json", text(&schema_for!(crate::Costs))),
    ]
}

/// A schema as it is committed: indented, with a newline at its end.
#[must_use]
pub fn text(schema: &schemars::Schema) -> String {
    format!("{:#}\n", schema.as_value())
}
