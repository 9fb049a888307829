//! `inflight cite`: the sentence that cites a figure.

use std::io::ErrorKind;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use inflight_report::{Library, cite};

use super::FINE;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["id", "list"])))]
pub struct CiteArguments {
    /// The figure: study/workload/model/metric, with @environment behind it where the study ran in several. The newest
    /// directory with that study is meant, unless the name of another and a colon stand before it.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The directory with the studies.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = FormatWord::Text)]
    format: FormatWord,
    /// Print the ids that begin with PREFIX instead, or all.
    #[arg(long, value_name = "PREFIX", num_args = 0..=1, default_missing_value = "")]
    list: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatWord {
    Text,
    Markdown,
    Bibtex,
}

pub fn run(arguments: &CiteArguments) -> anyhow::Result<u8> {
    let library = Library::open(&arguments.results)?;
    let text = match (&arguments.id, &arguments.list) {
        (Some(id), _) => {
            let found = library.figure(id)?;
            match arguments.format {
                FormatWord::Text => cite::text(&found),
                FormatWord::Markdown => cite::markdown(&found),
                FormatWord::Bibtex => cite::bibtex(&found),
            }
        }
        (None, beginning) => {
            let beginning = beginning.as_deref().unwrap_or_default();
            let ids = library.ids(beginning)?;
            anyhow::ensure!(!ids.is_empty(), "no id begins with {beginning:?}");
            ids.join("\n")
        }
    };
    match super::print::print_line(text.trim_end()) {
        // Whoever looks through ids may stop reading.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(FINE),
    }
}
