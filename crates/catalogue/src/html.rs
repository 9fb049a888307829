//! Pages of films, as HTML that ends within the script that will hold the answer to check.

use std::fmt::{self, Display, Write as _};

use crate::Kind;
use crate::film::{Film, FilmEntry};

/// How every page ends, as far as the answer to check.
const END: &str = r#"<footer>
<p>None of these films exists. They were made from a seed, for crawlers.</p>
</footer>
<script type="application/json" id="proof">{"#;

/// A text in which nothing is markup.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// Each text in an element of this class, with commas between them.
struct Each<'a>(&'static str, &'a [String]);

impl Display for Each<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(class, texts) = self;
        for (number, text) in texts.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, r#"{comma}<span class="{class}">{}</span>"#, Escaped(text))?;
        }
        Ok(())
    }
}

/// An entry of a list.
struct Entry(FilmEntry);

impl Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FilmEntry { id, title, year, rating, votes, directors } = &self.0;
        let (title, directors) = (Escaped(title), Each("director", directors));
        write!(
            f,
            r#"<li class="film">
<img src="/poster/{id}.webp" alt="" width="100" height="148">
<h2><a class="title" href="/subject/{id}/">{title}</a> (<span class="year">{year}</span>)</h2>
<p>Directed by {directors}</p>
<p><span class="rating">{rating:.1}</span> of 10, by <span class="votes">{votes}</span> viewers</p>
</li>
"#
        )
    }
}

/// The page of a list.
pub(crate) fn list(list: u64, lists: u64, films: impl Iterator<Item = FilmEntry>) -> String {
    let per_list = Kind::Films.per_list();
    let (first, last) = (list * per_list + 1, (list + 1) * per_list);
    let mut page = String::with_capacity(12 << 10);
    page += &head(&format!("The best films: {first} to {last}"));
    page += &format!("<main>\n<h1>The best films: {first} to {last}</h1>\n<ol class=\"films\" start=\"{first}\">\n");
    for film in films {
        // Writing to a string cannot fail.
        let _ = write!(page, "{}", Entry(film));
    }
    page += "</ol>\n<nav class=\"lists\">\n";
    if let Some(before) = list.checked_sub(1) {
        page += &format!("<a rel=\"prev\" href=\"/top250?start={}\">Before</a>\n", before * per_list);
    }
    if list + 1 < lists {
        page += &format!("<a rel=\"next\" href=\"/top250?start={last}\">Next</a>\n");
    }
    page + "</nav>\n</main>\n" + END
}

/// The page of a film, with what viewers say of it.
pub(crate) fn film(film: &Film, opinions: &[(String, String)]) -> String {
    let Film { id, year, rating, votes, minutes, .. } = film;
    let (title, summary) = (Escaped(&film.title), Escaped(&film.summary));
    let (directors, cast) = (Each("director", &film.directors), Each("actor", &film.cast));
    let (genres, countries) = (Each("genre", &film.genres), Each("country", &film.countries));
    let mut page = String::with_capacity(6 << 10);
    page += &head(&format!("{title} ({year})"));
    // Writing to a string cannot fail, here as below.
    let _ = write!(
        page,
        r#"<main>
<article class="film" data-id="{id}">
<h1><span class="title">{title}</span> (<span class="year">{year}</span>)</h1>
<img src="/poster/{id}.webp" alt="" width="270" height="400">
<p><strong class="rating">{rating:.1}</strong> of 10, by <span class="votes">{votes}</span> viewers</p>
<dl>
<dt>Directed by</dt>
<dd>{directors}</dd>
<dt>With</dt>
<dd>{cast}</dd>
<dt>Genres</dt>
<dd>{genres}</dd>
<dt>Made in</dt>
<dd>{countries}</dd>
<dt>Length</dt>
<dd><span class="minutes">{minutes}</span> minutes</dd>
</dl>
<h2>What happens</h2>
<p class="summary">{summary}</p>
</article>
<section class="opinions">
<h2>What viewers say</h2>
"#
    );
    for (by, text) in opinions {
        let (by, text) = (Escaped(by), Escaped(text));
        let _ = writeln!(page, "<blockquote><p>{text}</p><footer>{by}</footer></blockquote>");
    }
    page + "</section>\n</main>\n" + END
}

/// How every page begins. The title is escaped.
fn head(title: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
</head>
<body>
<header>
<nav><a href="/top250?start=0">The best films</a></nav>
</header>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markup_means_is_escaped_and_nothing_else() {
        assert_eq!(Escaped("Zoë's \"A\" & <b>").to_string(), "Zoë&#39;s &quot;A&quot; &amp; &lt;b&gt;");
        assert_eq!(Escaped("").to_string(), "");
        let two = ["a".to_owned(), "<".to_owned()];
        assert_eq!(Each("x", &two).to_string(), r#"<span class="x">a</span>, <span class="x">&lt;</span>"#);
    }
}
