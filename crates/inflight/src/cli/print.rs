//! What commands say on stdout.

use std::io::{self, Write as _};

/// Prints a line on stdout; an error where nobody reads it any more.
pub fn print_line(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
