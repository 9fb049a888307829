//! The bundled font: how wide a text is, where its lines break, and what it cannot show.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use crate::metric::number_of;

/// Name of the bundled family.
pub(super) const FAMILY: &str = "Inter";
/// What viewers take that lack it: families that are as wide at most.
pub(super) const FAMILIES: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

const REGULAR: &[u8] = include_bytes!("../../assets/inter/Inter-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/inter/Inter-SemiBold.ttf");

/// A weight of the bundled family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    /// What the family calls semi-bold.
    Bold,
}

impl Weight {
    pub(super) const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    /// As CSS has it.
    pub(super) fn css(self) -> &'static str {
        match self {
            Self::Regular => "400",
            Self::Bold => "600",
        }
    }

    /// The file.
    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }
}

/// Width of a line of text in pixels: the sum of its advances. Kerning, which this leaves out, brings letters closer
/// together rather than further apart.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    // The bundled files are fonts, which a test checks; half a square a letter is what most fonts come to.
    let Ok(font) = FontRef::new(weight.bytes()) else { return number_of(text.chars().count()) * size / 2.0 };
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let letters = font.charmap();
    let advance = |letter| metrics.advance_width(letters.map(letter).unwrap_or_default()).unwrap_or_default();
    let sum: f64 = text.chars().map(|letter| f64::from(advance(letter))).sum();
    let units = f64::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
    sum * size / units
}

/// The text with each letter that the font lacks, and each that is no letter, by its number: `\u{4f60}`.
pub(super) fn shown(text: &str) -> String {
    let Ok(font) = FontRef::new(REGULAR) else { return text.to_owned() };
    let letters = font.charmap();
    let there = |letter: &char| !letter.is_control() && letters.map(*letter).is_some_and(|it| it.to_u32() > 0);
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if there(&letter) {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_unicode());
        }
    }
    shown
}

/// The text, with letters in its middle left out where it is wider than this.
pub(super) fn fitted(text: &str, size: f64, weight: Weight, most: f64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut kept = letters.len();
    let mut fitted = text.to_owned();
    while kept > 1 && width(&fitted, size, weight) > most {
        kept -= 1;
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let ends = letters.iter().take(head).chain(&['…']).chain(letters.iter().skip(letters.len() - tail));
        fitted = ends.collect();
    }
    fitted
}

/// The text in lines no wider than this: broken at spaces, and inside a word that alone is wider.
pub(super) fn wrapped(text: &str, size: f64, weight: Weight, most: f64) -> Vec<String> {
    let fits = |line: &str| width(line, size, weight) <= most;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if !fits(&line) && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_files_are_fonts_with_what_charts_say() {
        for weight in Weight::ALL {
            let font = FontRef::new(weight.bytes()).unwrap();
            let letters = font.charmap();
            for letter in "abcXYZ0189 äßéø·–…×µ≤≥±→−%/|@_\"'&<>()[]{}λσ∞Ω".chars() {
                assert!(letters.map(letter).is_some(), "{letter:?} in {weight:?}");
            }
        }
    }

    #[test]
    fn wider_text_is_wider() {
        assert!(width("mmm", 12.0, Weight::Regular) > width("iii", 12.0, Weight::Regular));
        assert!(width("mmm", 12.0, Weight::Bold) > width("mmm", 12.0, Weight::Regular));
        assert_eq!(width("mmm", 24.0, Weight::Regular), 2.0 * width("mmm", 12.0, Weight::Regular));
        assert_eq!(width("", 12.0, Weight::Regular), 0.0);
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        assert_eq!(shown("tokio-reqwest/über <&>"), "tokio-reqwest/über <&>");
        assert_eq!(shown("a\n\u{0}你"), "a\\u{a}\\u{0}\\u{4f60}");
    }

    #[test]
    fn lines_stay_within_their_width() {
        let text = "one two three averyveryveryverylongwordwithoutanyspaceinit four";
        for most in [40.0, 90.0, 300.0] {
            let lines = wrapped(text, 12.0, Weight::Regular, most);
            assert!(lines.iter().all(|line| width(line, 12.0, Weight::Regular) <= most), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
        assert_eq!(wrapped("", 12.0, Weight::Regular, 90.0), Vec::<String>::new());
        let short = fitted(text, 12.0, Weight::Regular, 90.0);
        assert!(short.contains('…') && width(&short, 12.0, Weight::Regular) <= 90.0, "{short}");
        assert_eq!(fitted("short", 12.0, Weight::Regular, 90.0), "short");
    }
}
