//! What long runs have found, in `docs/reliability.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What was done: its first words are the row's name.
    pub what: &'a str,
    /// The command.
    pub command: &'a str,
    /// What came of it.
    pub figure: &'a str,
}

/// The page.
#[must_use]
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reliability.md")
}

/// Writes a row, in place of the one of the same name, with today's date.
///
/// # Errors
///
/// If the page can't be read or written, or has no such row.
pub fn record(row: &Row<'_>) -> Result<()> {
    let path = path();
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let text = replaced(&text, row, &date(now.as_secs() / 86_400))?;
    fs::write(&path, text).with_context(|| path.display().to_string())
}

/// The arguments of this command, as they are in a row: without those that say where things are, or how they are told.
#[must_use]
pub fn arguments() -> String {
    let mut words = Vec::new();
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--record" | "--verbose" => {}
            "--dir" | "--save" => drop(given.next()),
            _ => words.push(word),
        }
    }
    words.join(" ")
}

fn replaced(text: &str, row: &Row<'_>, date: &str) -> Result<String> {
    let Row { what, command, figure } = row;
    for part in [what, command, figure] {
        ensure!(!part.contains(['|', '\n']), "`{part}` can't be in a table");
    }
    let start = format!("| {what} |");
    let (mut out, mut found) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with(&start) {
            found = true;
            out += &format!("{start} `{command}` | {figure} | {date} |\n");
        } else {
            out += &format!("{line}\n");
        }
    }
    if !found {
        bail!("docs/reliability.md has no row `{what}`");
    }
    Ok(out)
}

/// The date so many days after the first of January 1970 (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + u64::from(month <= 2);
    format!("{year}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_replaced() -> Result<()> {
        let text = "# Page\n\n| what | command |\n|---|---|\n| one | `old` | 1 | never |\n| two | `b` | 2 | x |\n";
        let row = Row { what: "one", command: "new", figure: "3 of 3" };
        let found = replaced(text, &row, "2026-01-02")?;
        assert_eq!(found, text.replace("`old` | 1 | never", "`new` | 3 of 3 | 2026-01-02"));
        assert!(replaced(text, &Row { what: "three", ..row.clone() }, "").is_err());
        assert!(replaced(text, &Row { figure: "a | b", ..row }, "").is_err());
        Ok(())
    }

    #[test]
    fn days_are_dates() {
        let dates =
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_780, "2026-11-23")];
        for (days, wanted) in dates {
            assert_eq!(date(days), wanted);
        }
    }
}
