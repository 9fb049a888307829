//! The HTML around the data: assets put together, text escaped, and a policy that lets the page load nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::chart;

const INDEX: &str = include_str!("../../page/index.html");
const STYLE: &str = include_str!("../../page/style.css");
/// The plotting library; `scripts/vendor.sh` fetches it. A whole script of its own.
const D3: &str = include_str!("../../page/vendor/d3@7.9.2/d3.min.js");
const D3_LICENCE: &str = include_str!("../../page/vendor/d3@7.9.2/LICENSE");
/// The page's own scripts: one scope, each using those before it (and functions of those behind it, once all are read).
const SCRIPTS: [&str; 15] = [
    include_str!("../../page/dom.js"),
    include_str!("../../page/words.js"),
    include_str!("../../page/data.js"),
    include_str!("../../page/state.js"),
    include_str!("../../page/copy.js"),
    include_str!("../../page/marks.js"),
    include_str!("../../page/tip.js"),
    include_str!("../../page/pick.js"),
    include_str!("../../page/answer.js"),
    include_str!("../../page/axes.js"),
    include_str!("../../page/chart.js"),
    include_str!("../../page/table.js"),
    include_str!("../../page/carry.js"),
    include_str!("../../page/timeline.js"),
    include_str!("../../page/latency.js"),
];
const MAIN: &str = include_str!("../../page/main.js");

/// The licence of something that is in the page.
#[derive(Debug, Serialize)]
pub(super) struct Licence {
    name: &'static str,
    version: &'static str,
    text: &'static str,
}

/// The licences of what is in the page.
pub(super) fn licences() -> Vec<Licence> {
    vec![Licence { name: "d3", version: "7.9.2", text: D3_LICENCE }]
}

/// The page with this title and this data, which is JSON.
pub(super) fn html(title: &str, data: &str, traces: &str) -> String {
    let own = format!("(() => {{\n\"use strict\";\n{}\n{MAIN}}})();\n", SCRIPTS.join("\n"));
    let mut scripts = String::new();
    let mut hashes = String::new();
    for script in [D3, &own] {
        let _ = writeln!(scripts, "<script>{script}</script>");
        let _ = write!(hashes, " 'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    }
    // Styles are inline because elements have some; scripts are those above and no other.
    let policy = format!(
        "default-src 'none'; script-src{hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    let style = format!("{}{STYLE}", chart::css());
    let parts = [
        ("{{policy}}", policy),
        ("{{title}}", text(title)),
        ("{{style}}", style),
        ("{{data}}", json(data)),
        ("{{traces}}", json(traces)),
        ("{{scripts}}", scripts),
    ];
    // Front to back, so that nothing that was put in is searched again.
    let mut html = String::with_capacity(INDEX.len() + parts.iter().map(|(_, part)| part.len()).sum::<usize>());
    let mut rest = INDEX;
    for (place, part) in &parts {
        let (before, behind) = rest.split_once(place).unwrap_or((rest, ""));
        html.push_str(before);
        html.push_str(part);
        rest = behind;
    }
    html + rest
}

/// Text for an element or an attribute.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// JSON that may stand inside a script element. What HTML would take for an end or a comment, and the two characters that
/// end a line in scripts but not in JSON, are written as escapes: outside of strings JSON has none of them.
fn json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let hostile = r#"{"id":"</script><!--<script>&amp;"}"#.replace("id", "id\u{2028}\u{2029}");
        let escaped = json(&hostile);
        for forbidden in ["<", ">", "&", "\u{2028}", "\u{2029}"] {
            assert!(!escaped.contains(forbidden), "{escaped}");
        }
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&escaped), read(&hostile));
        assert_eq!(text("<b>\"a\" & 'b'"), "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;");
    }

    #[test]
    fn no_asset_ends_its_element() {
        for script in SCRIPTS.iter().chain([&D3, &MAIN]) {
            let small = script.to_ascii_lowercase();
            assert!(!small.contains("</script") && !small.contains("<!--"));
        }
        assert!(!STYLE.to_ascii_lowercase().contains("</style"));
    }

    #[test]
    fn a_placeholder_in_the_data_is_data() {
        let html = html("{{data}}", r#"{"a":"{{scripts}}{{traces}}"}"#, "{}");
        assert!(html.contains("<title>{{data}}</title>"));
        assert!(html.contains(r#"{"a":"{{scripts}}{{traces}}"}"#));
        assert_eq!(html.matches("<script>").count(), 2);
        assert!(html.ends_with("</html>\n"));
    }

    #[test]
    fn the_policy_names_the_scripts_by_their_hashes() {
        let html = html("t", "{}", "{}");
        let policy = html.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        for script in html.split("<script>").skip(1).map(|rest| rest.split("</script>").next().unwrap()) {
            assert!(policy.contains(&STANDARD.encode(Sha256::digest(script))));
        }
    }
}
