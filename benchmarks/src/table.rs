//! Tables, for the terminal and for Markdown.

/// Rows of text under headings. The first column names the rows; the others are right-aligned.
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    strong: bool,
}

impl Table {
    /// A table whose first column has this heading.
    pub fn new(first: &str) -> Self {
        Self { headings: vec![first.to_owned()], rows: Vec::new() }
    }

    pub fn column(&mut self, heading: &str) {
        self.headings.push(heading.to_owned());
    }

    pub fn row(&mut self, name: &str, cells: Vec<String>) {
        self.push(name, cells, false);
    }

    /// A row that stands out.
    pub fn strong_row(&mut self, name: &str, cells: Vec<String>) {
        self.push(name, cells, true);
    }

    fn push(&mut self, name: &str, cells: Vec<String>, strong: bool) {
        let cells = std::iter::once(name.to_owned()).chain(cells).collect();
        self.rows.push(Row { cells, strong });
    }

    /// Aligned columns.
    pub fn text(&self) -> String {
        let lines: Vec<&Vec<String>> =
            std::iter::once(&self.headings).chain(self.rows.iter().map(|row| &row.cells)).collect();
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|cells| cells.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let mut text = String::new();
        for cells in lines {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            text += padded.collect::<Vec<_>>().join("  ").trim_end();
            text += "\n";
        }
        text
    }

    /// A Markdown table; strong rows are bold.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.headings);
        text += "|---|";
        text += &"--:|".repeat(self.headings.len().saturating_sub(1));
        text += "\n";
        for row in &self.rows {
            if row.strong {
                let bold = |cell: &String| {
                    if cell.is_empty() { String::new() } else { format!("**{cell}**") }
                };
                text += &line(&row.cells.iter().map(bold).collect::<Vec<_>>());
            } else {
                text += &line(&row.cells);
            }
        }
        text
    }
}

/// A number, or a dash for none.
pub fn number(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "—".to_owned(), |value| format!("{value:.places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("name");
        table.column("s");
        table.row("one", vec!["1.25".to_owned()]);
        table.strong_row("mean", vec!["10".to_owned()]);
        table
    }

    #[test]
    fn text_is_aligned() {
        assert_eq!(table().text(), "name     s\none   1.25\nmean    10\n");
    }

    #[test]
    fn markdown_marks_what_is_strong() {
        let expected = "| name | s |\n|---|--:|\n| one | 1.25 |\n| **mean** | **10** |\n";
        assert_eq!(table().markdown(), expected);
    }
}
