//! Markers in Markdown: where they stand, what they ask for, and what stands between them.
//!
//! Markdown decides what a comment is: one in a code block or between backticks is text that shows a marker.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::Fault;

const OPEN: &str = "inflight:";
const CLOSE: &str = "/inflight";

/// A pair of markers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker<'t> {
    /// What stands behind `inflight:`.
    pub(super) asks: &'t str,
    /// Line of the opening marker, from 1.
    pub(super) line: usize,
    /// What stands between the two, in bytes of the text.
    pub(super) inside: Range<usize>,
    /// Where on its line it begins, for Markdown.
    pub(super) begins: Begins,
}

/// Where on its line a marker begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// After other text: the comment is a part of its paragraph, heading or cell.
    Inline,
    /// In front of the line, at the margin.
    Margin,
    /// In front of the line, inside a list or a quote, or behind spaces.
    Indented,
}

/// All pairs of markers, in their order, and what is wrong with those that are none.
pub(super) fn markers(text: &str) -> (Vec<Marker<'_>>, Vec<Fault>) {
    let (mut markers, mut faults) = (Vec::new(), Vec::new());
    let mut open: Option<(Comment<'_>, usize)> = None;
    let wrong = |line, message| Fault { line, message };
    for comment in comments(text) {
        let line = line_of(text, comment.range.start);
        match (comment.says, open.take()) {
            (Says::Unended, before) => {
                open = before;
                faults.push(wrong(line, "the comment of this marker has no end: --> is missing".to_owned()));
            }
            (Says::Open(_), before) => {
                if let Some((_, outer)) = before {
                    faults.push(wrong(
                        line,
                        format!("this marker stands inside the one of line {outer}; close that first"),
                    ));
                }
                open = Some((comment, line));
            }
            (Says::Close, None) => {
                faults.push(wrong(line, "this closes a marker, and none is open".to_owned()));
            }
            (Says::Close, Some((opening, line))) => {
                let Says::Open(asks) = opening.says else { continue };
                let inside = opening.range.end..comment.range.start;
                markers.push(Marker { asks, line, inside, begins: opening.begins });
            }
        }
    }
    if let Some((_, line)) = open {
        faults.push(wrong(line, "this marker is never closed: <!-- /inflight --> is missing".to_owned()));
    }
    (markers, faults)
}

/// The line of a place in a text, from 1.
pub(super) fn line_of(text: &str, place: usize) -> usize {
    text.as_bytes()[..place].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A comment that is ours.
struct Comment<'t> {
    says: Says<'t>,
    range: Range<usize>,
    begins: Begins,
}

#[derive(Clone, Copy)]
enum Says<'t> {
    Open(&'t str),
    Close,
    /// It would be one of these, but Markdown does not see a comment.
    Unended,
}

fn comments(text: &str) -> Vec<Comment<'_>> {
    let (mut html, mut code) = (Vec::new(), Vec::new());
    // What GitHub renders: a marker may stand in a cell of a table, or in a footnote.
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::InlineHtml(_) => html.push((range, false)),
            Event::Start(Tag::HtmlBlock) => html.push((range, true)),
            Event::Code(_) | Event::Start(Tag::CodeBlock(_)) => code.push(range),
            _ => {}
        }
    }
    let mut from = 0;
    let mut comments = Vec::new();
    while let Some(start) = text[from..].find("<!--").map(|place| place + from) {
        from = start + "<!--".len();
        let shown = text[..start].ends_with('\\') || code.iter().any(|range| range.contains(&start));
        let ours = text[from..].trim_start();
        if shown || !(ours.starts_with(OPEN) || ours.starts_with(CLOSE)) {
            continue;
        }
        let within = html.iter().find(|(range, _)| range.contains(&start));
        let end = within.and_then(|(range, _)| Some(text[from..range.end].find("-->")? + from));
        let (says, end) = match end {
            None => (Says::Unended, from),
            Some(end) => match text[from..end].trim() {
                CLOSE => (Says::Close, end + "-->".len()),
                inner => match inner.strip_prefix(OPEN) {
                    Some(asks) => (Says::Open(asks.trim()), end + "-->".len()),
                    None => continue,
                },
            },
        };
        let in_front = within.is_some_and(|(range, block)| *block && text[range.start..start].trim().is_empty());
        let begins = match in_front {
            false => Begins::Inline,
            true if start == 0 || text[..start].ends_with('\n') => Begins::Margin,
            true => Begins::Indented,
        };
        comments.push(Comment { says, range: start..end, begins });
        from = end;
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, usize, &str, Begins)> {
        let (markers, faults) = markers(text);
        assert_eq!(faults, []);
        markers.iter().map(|it| (it.asks, it.line, &text[it.inside.clone()], it.begins)).collect()
    }

    #[test]
    fn markers_stand_in_prose_cells_lists_headings_and_html() {
        let text = "# It took <!-- inflight:a/b -->1 s<!-- /inflight -->\n\nOne <!--inflight:c-->2<!--/inflight--> two\n\
                    <!-- inflight:table d -->\nx\n<!-- /inflight -->\n\n| a | b |\n|---|---|\n| x | <!-- inflight:e low -->3<!-- /inflight --> |\n\n\
                    - [so](x) **many: <!-- inflight:f -->4\nms<!-- /inflight -->**\n\n<p>\n in <!-- inflight:g --><!-- /inflight -->\n</p>\n";
        assert_eq!(
            found(text),
            [
                ("a/b", 1, "1 s", Begins::Inline),
                ("c", 3, "2", Begins::Inline),
                ("table d", 4, "\nx\n", Begins::Margin),
                ("e low", 10, "3", Begins::Inline),
                ("f", 12, "4\nms", Begins::Inline),
                ("g", 16, "", Begins::Inline),
            ]
        );
    }

    #[test]
    fn code_shows_markers_and_other_comments_are_none() {
        let text = "A `<!-- inflight:a -->` and ``<!-- /inflight -->`` and \\<!-- inflight:b -->\n\n```md\n<!-- inflight:c -->\n```\n\n\
                    ~~~\n<!-- /inflight -->\n~~~\n\n    <!-- inflight:d -->\n\n<!-- TODO --> <!-- /inflighty -->\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn a_marker_in_front_of_a_line_is_told_from_one_in_it() {
        let text = "<!-- inflight:a --><!-- /inflight --> b\n\n- <!-- inflight:c --><!-- /inflight -->\n\n> <!-- inflight:d --><!-- /inflight -->\n\n\
                    text\n  <!-- inflight:e --><!-- /inflight -->\n";
        let begins: Vec<_> = found(text).iter().map(|it| it.3).collect();
        assert_eq!(begins, [Begins::Margin, Begins::Indented, Begins::Indented, Begins::Indented]);
    }

    #[test]
    fn what_is_no_pair_is_told_with_its_line() {
        let told = |text| -> Vec<(usize, String)> {
            let (_, faults) = markers(text);
            faults.into_iter().map(|it| (it.line, it.message)).collect()
        };
        let cases = [
            ("x\n\ny <!-- inflight:a -->\n", 3, "never closed"),
            ("x <!-- inflight:a -->1\n\ny <!-- inflight:b -->2<!-- /inflight -->\n", 3, "inside the one of line 1"),
            ("x\ny <!-- /inflight -->\n", 2, "none is open"),
            ("x <!-- inflight:a 1 s", 1, "--> is missing"),
            ("x <!-- inflight:a -->`1<!-- /inflight -->`", 1, "never closed"),
        ];
        for (text, line, says) in cases {
            let told = told(text);
            assert!(
                matches!(&told[..], [(at, message)] if *at == line && message.contains(says)),
                "{text:?}: {told:?}"
            );
        }
    }
}
