//! What is computed from records, as JSON.

use serde::Serialize;

/// The JSON for people and files alike: indented, with a line end. Only for names and numbers: there is nothing in them that
/// JSON cannot hold.
pub(crate) fn pretty(it: &impl Serialize) -> String {
    serde_json::to_string_pretty(it).map_or_else(|error| format!("{error}\n"), |text| text + "\n")
}
