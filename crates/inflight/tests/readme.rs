//! The documents: their numbers are those of the records, their links lead somewhere, and the citation names this version.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has nothing better to do than to panic")]

use std::collections::BTreeSet;
use std::ops::Range;
use std::process::Command;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Numbers with units that README.md may hold outside a marker, because nobody measured them here; each in its words, with
/// the reason.
const TYPED: [(&str, &str); 10] = [
    ("60 URLs of 50 ms", "workload of the study"),
    ("D from 0 to 1 s", "workloads of the study"),
    ("64 B to 1 MiB", "workloads of the study"),
    ("50 connections and 60 s timeout", "default of a library"),
    ("skipping 1 %", "what a cheat of the tests leaves out"),
    ("need 3 GB", "size of the files that benches make"),
    ("all at once, 50 ms each", "workload of the study"),
    ("500 URLs at once, 50 ms each", "workload of the study"),
    ("five URLs of 500 ms", "workload of the study"),
    ("where theirs is 21.8 ×", "what the claim in the study file says"),
];

/// What stands behind the numbers of measurements, as whole words.
const UNITS: [&str; 26] = [
    "microseconds",
    "milliseconds",
    "nanoseconds",
    "requests/s",
    "seconds",
    "minutes",
    "percent",
    "second",
    "minute",
    "bytes",
    "hours",
    "times",
    "min",
    "KiB",
    "MiB",
    "GiB",
    "kB",
    "MB",
    "GB",
    "ns",
    "µs",
    "us",
    "ms",
    "s",
    "B",
    "h",
];
/// The same, where no word has to end.
const SIGNS: [&str; 4] = ["%", "×", "x ", "‰"];

#[test]
fn every_number_between_markers_is_that_of_its_record() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_inflight")).args(["splice", "--check"]).current_dir(ROOT).output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "run `cargo run --release -p inflight -- splice`:\n{told}");
}

/// An id without a directory means the newest one: another machine's results would change the numbers, but not the pictures.
#[test]
fn every_marker_of_the_readme_names_its_directory() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    for marker in readme.split("<!-- inflight:").skip(1).filter_map(|rest| rest.split(" -->").next()) {
        let id = ["answer ", "claims ", "costs ", "table "].iter().find_map(|word| marker.strip_prefix(word));
        let id = id.unwrap_or(marker);
        let directory = id.split_once(':').map_or(id, |(directory, _)| directory);
        let pinned = directory.starts_with("20");
        assert!(pinned, "{marker}: write <directory>:{id}");
    }
}

#[test]
fn the_readme_has_no_measured_number_outside_a_marker() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let mut used = BTreeSet::new();
    for block in prose(&readme) {
        for number in measured(&block) {
            let allowed = TYPED.iter().find(|(words, _)| {
                let mut places = block.match_indices(words).map(|(start, words)| start..start + words.len());
                places.any(|place| place.start <= number.start && number.end <= place.end)
            });
            let (words, _) = allowed.unwrap_or_else(|| {
                panic!(
                    "README.md: {:?} in {block:?} is typed: put a marker around it, or, if nobody measured it, list it in TYPED",
                    &block[number.clone()]
                )
            });
            used.insert(words);
        }
    }
    let unused: Vec<_> = TYPED.iter().filter(|(words, _)| !used.contains(words)).collect();
    assert!(unused.is_empty(), "no longer in README.md: {unused:?}");
}

/// What a reader takes for prose, block by block: without code, link targets, comments, tags, and what stands between
/// markers.
fn prose(markdown: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let (mut code, mut marked) = (false, false);
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES) {
        let block = blocks.last_mut().unwrap();
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Html(html) | Event::InlineHtml(html) => {
                text_of_html(&html, &mut marked, block);
                // What a picture says instead of itself is prose too.
                for alt in html.split("alt=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                    blocks.last_mut().unwrap().push_str(alt);
                }
            }
            Event::Text(text) if !code && !marked => block.push_str(&text),
            Event::Code(_) => block.push('`'),
            Event::SoftBreak | Event::HardBreak => block.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::TableCell | TagEnd::Item) => {
                blocks.push(String::new());
            }
            _ => {}
        }
    }
    blocks
}

/// The text between tags; a marker leaves a ¤ behind, so that what stands around it does not close up.
fn text_of_html(html: &str, marked: &mut bool, text: &mut String) {
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        let comment = tag.strip_prefix("!--");
        let (inside, after) = tag.split_once(if comment.is_some() { "-->" } else { ">" }).unwrap_or((tag, ""));
        if !*marked {
            text.push_str(before);
        }
        match inside.strip_prefix("!--").map(str::trim) {
            Some(ours) if ours.starts_with("inflight:") => {
                text.push('¤');
                *marked = true;
            }
            Some("/inflight") => *marked = false,
            _ => {}
        }
        rest = after;
    }
    if !*marked {
        text.push_str(rest);
    }
}

/// Where numbers with units stand.
fn measured(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(|letter: char| letter.is_ascii_digit()).map(|place| place + from) {
        let behind = |letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ',');
        let digits = text[start..].find(behind).map_or(text.len(), |place| place + start);
        from = digits;
        let unit = text[digits..].trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']);
        let ends = |rest: &str| !rest.starts_with(char::is_alphanumeric);
        let word = UNITS.iter().find(|word| unit.strip_prefix(**word).is_some_and(ends));
        if let Some(word) = word.or(SIGNS.iter().find(|sign| unit.starts_with(**sign))) {
            found.push(start..text.len() - unit.len() + word.trim_end().len());
        }
    }
    found
}

#[test]
fn typed_measurements_are_found_and_marked_ones_are_not() {
    let found = |markdown: &str| -> Vec<String> {
        let numbers = |block: String| measured(&block).into_iter().map(|it| block[it].to_owned()).collect::<Vec<_>>();
        prose(markdown).into_iter().flat_map(numbers).collect()
    };
    let typed = "It takes 3.05 s, **12 ms** or\n1,024 KiB; 1.6 × that is +64\u{a0}%, 2 % less, 3x faster and 4 times more.\n\n\
                 | a |\n|---|\n| 55.5 ms (54 – 56) |\n\n<p>7 µs</p>\n\n![8 ns](x.svg)\n\n- 9\n  seconds\n";
    let all = [
        "3.05 s",
        "12 ms",
        "1,024 KiB",
        "1.6 ×",
        "64\u{a0}%",
        "2 %",
        "3x",
        "4 times",
        "55.5 ms",
        "7 µs",
        "8 ns",
        "9 seconds",
    ];
    assert_eq!(found(typed), all);
    let none = "In 3 rounds of 60 URLs on 2 CPUs, version 0.1.0 of 2026, `5 ms`, [it](a%20b/5%) <!-- 6 ms --> \
                <!-- inflight:a/b -->7 ms<!-- /inflight -->, 8\u{20}CPUs <img width=\"50%\">\n\n    9 ms\n\n```\n10 ms\n```\n\n\
                <!-- inflight:table a/b -->\n\n| x |\n|---|\n| 11 ms |\n\n12 ms\n<!-- /inflight -->\n\n13 sheep.\n";
    assert_eq!(found(none), [] as [String; 0]);
}

#[test]
fn what_the_documents_link_to_exists() {
    for name in ["README.md", "ARCHITECTURE.md", "METHODOLOGY.md", "CONTRIBUTING.md", "results/README.md"] {
        let text = std::fs::read_to_string(format!("{ROOT}/{name}")).unwrap();
        let directory = std::path::Path::new(ROOT).join(name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let outside = target.starts_with("http");
            assert!(outside || path.is_empty() || directory.join(path).exists(), "{name} links to {target}");
        }
    }
}

#[test]
fn the_citation_names_this_version() {
    let citation = std::fs::read_to_string(format!("{ROOT}/CITATION.cff")).unwrap();
    let version = concat!("version: ", env!("CARGO_PKG_VERSION"));
    assert_eq!(citation.lines().filter(|line| line.starts_with("version: ")).collect::<Vec<_>>(), [version]);
    let licenses: Vec<&str> = env!("CARGO_PKG_LICENSE").split(" OR ").collect();
    for license in licenses {
        assert!(citation.contains(&format!("\n  - {license}\n")), "{license} is not in CITATION.cff");
    }
}
