//! A scene as SVG in the colours of a theme.

use std::fmt::Write as _;

use svg::Node as _;
use svg::node::Text as Content;
use svg::node::element::Element;

use super::font::FAMILIES;
use super::scene::{Anchor, At, Dash, Fill, Glyph, Ink, Mark, Scene, Shape, Stroke, Words};
use super::theme::Theme;

/// The scene as a whole SVG file, with a title and a description for those who do not see it.
pub(super) fn svg(scene: &Scene, title: &str, alt: &str, theme: Theme) -> String {
    let mut root = element(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", &format!("0 0 {} {}", px(scene.width), px(scene.height))),
            ("width", &px(scene.width)),
            ("height", &px(scene.height)),
            ("role", "img"),
            ("font-family", FAMILIES),
        ],
    );
    for (name, text) in [("title", title), ("desc", alt)] {
        let mut node = Element::new(name);
        node.append(Content::new(super::font::shown(text)));
        root.append(node);
    }
    let ground = [("width", "100%"), ("height", "100%"), ("fill", &theme.colour(Ink::Paper))];
    root.append(element("rect", &ground));
    for mark in &scene.marks {
        append(&mut root, mark, theme);
    }
    format!("{root}\n")
}

fn append(root: &mut Element, mark: &Mark, theme: Theme) {
    match mark {
        Mark::Line { points, stroke } => root.append(path(&trace(points), *stroke, theme)),
        Mark::Strokes { lines, stroke } => {
            let data = lines.iter().fold(String::new(), |data, (from, to)| data + &trace(&[*from, *to]));
            root.append(path(&data, *stroke, theme));
        }
        Mark::Rect { at, size, fill, opacity } => {
            let mut rect = element(
                "rect",
                &[
                    ("x", &px(at.0)),
                    ("y", &px(at.1)),
                    ("width", &px(size.0)),
                    ("height", &px(size.1)),
                    ("fill", &theme.colour(*fill)),
                ],
            );
            see_through(&mut rect, "fill-opacity", *opacity);
            root.append(rect);
        }
        Mark::Marker { at, glyph } => marker(root, *at, *glyph, theme),
        Mark::Text { at, words } => root.append(text(*at, words, theme)),
    }
}

fn element(name: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::new(name);
    for (name, value) in attributes {
        element.assign(*name, *value);
    }
    element
}

fn see_through(element: &mut Element, attribute: &str, opacity: f64) {
    if opacity < 1.0 {
        element.assign(attribute, px(opacity));
    }
}

/// A number of pixels, to a hundredth.
fn px(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// `M1 2L3 4`: from the first point to the last.
fn trace(points: &[At]) -> String {
    let mut data = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let _ = write!(data, "{}{} {}", if place == 0 { 'M' } else { 'L' }, px(*x), px(*y));
    }
    data
}

fn path(data: &str, stroke: Stroke, theme: Theme) -> Element {
    let mut path = element(
        "path",
        &[
            ("d", data),
            ("fill", "none"),
            ("stroke", &theme.colour(stroke.ink)),
            ("stroke-width", &px(stroke.width)),
            ("stroke-linejoin", "round"),
        ],
    );
    let dashes = match stroke.dash {
        Dash::Solid => None,
        Dash::Dashed => Some("6 3"),
        Dash::Dotted => Some("1.5 2.5"),
        Dash::Mixed => Some("8 2.5 1.5 2.5"),
    };
    if let Some(dashes) = dashes {
        path.assign("stroke-dasharray", dashes);
    }
    see_through(&mut path, "stroke-opacity", stroke.opacity);
    path
}

/// Lines of markers are this wide.
const OUTLINE: f64 = 1.5;

fn marker(root: &mut Element, (x, y): At, glyph: Glyph, theme: Theme) {
    let (ink, paper) = (theme.colour(glyph.ink), theme.colour(Ink::Paper));
    let inside = match glyph.fill {
        Fill::Full | Fill::Holed => ink.as_str(),
        Fill::Hollow | Fill::Dotted => paper.as_str(),
    };
    let mut outline = match corners(glyph.shape) {
        None => element("circle", &[("cx", &px(x)), ("cy", &px(y)), ("r", &px(glyph.radius))]),
        Some(corners) => {
            let points: Vec<At> =
                corners.iter().map(|(dx, dy)| (x + dx * glyph.radius, y + dy * glyph.radius)).collect();
            element("path", &[("d", &(trace(&points) + "Z"))])
        }
    };
    for (attribute, value) in [("fill", inside), ("stroke", &ink), ("stroke-width", &px(OUTLINE))] {
        outline.assign(attribute, value);
    }
    root.append(outline);
    let centre = match glyph.fill {
        Fill::Full | Fill::Hollow => return,
        Fill::Dotted => &ink,
        Fill::Holed => &paper,
    };
    let radius = px(glyph.radius * 0.4);
    root.append(element("circle", &[("cx", &px(x)), ("cy", &px(y)), ("r", &radius), ("fill", centre)]));
}

/// Corners of a shape about as large as a circle of radius 1; none for the circle.
fn corners(shape: Shape) -> Option<&'static [At]> {
    Some(match shape {
        Shape::Circle => return None,
        Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        Shape::Triangle => &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        Shape::Nabla => &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)],
        Shape::Diamond => &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
        Shape::Hexagon => &[(1.1, 0.0), (0.55, 0.95), (-0.55, 0.95), (-1.1, 0.0), (-0.55, -0.95), (0.55, -0.95)],
        Shape::Cross => &[
            (-1.1, -0.6),
            (-0.6, -1.1),
            (0.0, -0.5),
            (0.6, -1.1),
            (1.1, -0.6),
            (0.5, 0.0),
            (1.1, 0.6),
            (0.6, 1.1),
            (0.0, 0.5),
            (-0.6, 1.1),
            (-1.1, 0.6),
            (-0.5, 0.0),
        ],
    })
}

fn text((x, y): At, words: &Words, theme: Theme) -> Element {
    let mut node = element(
        "text",
        &[
            ("x", &px(x)),
            ("y", &px(y)),
            ("font-size", &px(words.size)),
            ("font-weight", words.weight.css()),
            ("fill", &theme.colour(words.ink)),
        ],
    );
    match words.anchor {
        Anchor::Start => {}
        Anchor::Middle => node.assign("text-anchor", "middle"),
        Anchor::End => node.assign("text-anchor", "end"),
    }
    if words.halo {
        for (attribute, value) in
            [("stroke", theme.colour(Ink::Paper).as_str()), ("stroke-width", "3"), ("paint-order", "stroke")]
        {
            node.assign(attribute, value);
        }
    }
    node.append(Content::new(words.text.as_str()));
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([px(1.0), px(0.126), px(-0.001), px(12.30)], ["1", "0.13", "0", "12.3"]);
    }

    #[test]
    fn what_has_a_meaning_in_xml_is_escaped() {
        let mut scene = Scene { width: 10.0, height: 5.0, marks: Vec::new() };
        scene.text((1.0, 2.0), Words::new("</text><script>&\u{1}"));
        let text = svg(&scene, "a < b", "\"c\" & d", Theme::Light);
        assert!(text.contains("&lt;/text&gt;&lt;script&gt;&amp;\\u{1}"), "{text}");
        assert!(text.contains("a &lt; b") && !text.contains("<script>"), "{text}");
    }
}
