//! Light and dark: which colour each ink has.

use super::scene::Ink;

/// On which ground a chart is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

type Rgb = [f64; 3];

/// How many families of models have a hue of their own.
pub(super) const HUES: usize = 6;

struct Colours {
    paper: Rgb,
    text: Rgb,
    muted: Rgb,
    grid: Rgb,
    /// After Okabe and Ito, *Color Universal Design*, 2008, without their yellow and black: told apart with any colour
    /// vision. Darkened on white and lightened on black until each stands out from the ground (3 to 1).
    hues: [Rgb; HUES],
    /// A heat map's ends.
    cold: Rgb,
    hot: Rgb,
}

const LIGHT: Colours = Colours {
    paper: [255.0, 255.0, 255.0],
    text: [31.0, 35.0, 40.0],
    muted: [89.0, 99.0, 110.0],
    grid: [218.0, 223.0, 228.0],
    hues: [
        [0.0, 114.0, 178.0],
        [213.0, 94.0, 0.0],
        [0.0, 146.0, 106.0],
        [181.0, 86.0, 143.0],
        [184.0, 125.0, 0.0],
        [60.0, 150.0, 205.0],
    ],
    cold: [243.0, 246.0, 249.0],
    hot: [0.0, 84.0, 140.0],
};

const DARK: Colours = Colours {
    paper: [13.0, 17.0, 23.0],
    text: [240.0, 246.0, 252.0],
    muted: [155.0, 163.0, 173.0],
    grid: [48.0, 55.0, 64.0],
    hues: [
        [64.0, 148.0, 226.0],
        [242.0, 123.0, 58.0],
        [38.0, 191.0, 148.0],
        [222.0, 143.0, 191.0],
        [233.0, 176.0, 58.0],
        [143.0, 211.0, 255.0],
    ],
    cold: [22.0, 27.0, 34.0],
    hot: [86.0, 180.0, 233.0],
};

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The word in the names of files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The colour of an ink, as CSS has it.
    pub(super) fn colour(self, ink: Ink) -> String {
        let [red, green, blue] = self.rgb(ink);
        let whole = |part: f64| format!("{:02x}", byte(part));
        format!("#{}{}{}", whole(red), whole(green), whole(blue))
    }

    fn rgb(self, ink: Ink) -> Rgb {
        let colours = match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        };
        match ink {
            Ink::Paper => colours.paper,
            Ink::Text => colours.text,
            Ink::Muted => colours.muted,
            Ink::Grid => colours.grid,
            Ink::Series(place) => colours.hues[place % HUES],
            Ink::Soft(place) => between(colours.paper, colours.hues[place % HUES], SOFT),
            Ink::SoftText => between(colours.paper, colours.text, SOFT),
            Ink::Pale(place) => between(colours.paper, colours.hues[place % HUES], PALE),
            Ink::PaleText => between(colours.paper, colours.text, PALE),
            Ink::Heat(share) => between(colours.cold, colours.hot, share.clamp(0.0, 1.0)),
            Ink::OnHeat(share) => {
                let cell = self.rgb(Ink::Heat(share));
                let further = |a: &Rgb, b: &Rgb| contrast(*a, cell).total_cmp(&contrast(*b, cell));
                [colours.text, colours.paper].into_iter().max_by(further).unwrap_or(colours.text)
            }
        }
    }
}

/// How much of an area's ink is not paper.
const SOFT: f64 = 0.7;
const PALE: f64 = 0.45;

/// A colour on the way from one to another.
fn between(from: Rgb, to: Rgb, share: f64) -> Rgb {
    [0, 1, 2].map(|part: usize| from[part] + (to[part] - from[part]) * share)
}

/// The colours as custom properties of CSS: `--paper`, `--text`, `--muted`, `--grid`, and `--hue-0` and on for families of
/// models. Light, dark where the reader's system asks for it, and either where `data-theme` of the root says so.
pub(crate) fn css() -> String {
    let properties = |theme: Theme| {
        let fixed = [("paper", Ink::Paper), ("text", Ink::Text), ("muted", Ink::Muted), ("grid", Ink::Grid)];
        let fixed = fixed.map(|(name, ink)| (name.to_owned(), ink)).into_iter();
        let all = fixed.chain((0..HUES).map(|hue| (format!("hue-{hue}"), Ink::Series(hue))));
        all.map(|(name, ink)| format!("--{name}:{};", theme.colour(ink))).collect::<String>()
    };
    let (light, dark) = (properties(Theme::Light), properties(Theme::Dark));
    format!(
        ":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n:root[data-theme=dark]{{{dark}}}\n"
    )
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a byte holds")]
fn byte(part: f64) -> u8 {
    part.round().clamp(0.0, 255.0) as u8
}

/// How far two colours stand out from each other: 1 to 21, after WCAG 2.2, "contrast ratio".
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance, after WCAG 2.2.
fn luminance(colour: Rgb) -> f64 {
    let linear = colour.map(|part| {
        let part = part / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_out_from_the_ground() {
        for theme in Theme::ALL {
            let paper = theme.rgb(Ink::Paper);
            for hue in 0..HUES {
                assert!(contrast(theme.rgb(Ink::Series(hue)), paper) >= 3.0, "hue {hue}, {theme:?}");
            }
            assert!(contrast(theme.rgb(Ink::Text), paper) >= 7.0);
            assert!(contrast(theme.rgb(Ink::Muted), paper) >= 4.5);
            for percent in 0..=100 {
                let share = f64::from(percent) / 100.0;
                let (cell, on) = (theme.rgb(Ink::Heat(share)), theme.rgb(Ink::OnHeat(share)));
                assert!(contrast(cell, on) >= 4.0, "{percent} %, {theme:?}: {}", contrast(cell, on));
            }
        }
        assert_eq!(Theme::Light.colour(Ink::Paper), "#ffffff");
    }
}
