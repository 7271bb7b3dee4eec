//! The description for people.

use std::fmt::{Display, Write as _};

use clap::builder::styling::Style;
use herkos::{
    Bounds, CheckCounts, Checks, ConstructorParam, ExportItem, ExportKind, Interface, MemoryItem,
    ModuleKind, StackReport, TableItem,
};
use herkos_runtime::PAGE_SIZE;

use super::{Grant, granted_by, wasi_groups};

/// The style of headings.
pub(crate) const HEADING: Style = Style::new().bold().underline();

/// Columns of text; every name of the module's is quoted, and escaped where it could do harm.
type Row = Vec<String>;

/// The whole description, with styles.
pub(super) fn describe(
    file: &str,
    interface: &Interface,
    stack: &StackReport,
    checks: Option<&Checks>,
) -> String {
    let mut text = String::new();
    section(&mut text, file, summary(interface, stack));
    section(&mut text, "Imports (the capabilities it asks for)", imports(interface));
    if interface.imports_wasi() {
        section(&mut text, "WASI (what that means)", wasi(interface));
    }
    section(&mut text, "Exports", interface.exports.iter().map(export).collect());
    section(&mut text, "Memories", numbered(&interface.memories, memory));
    section(&mut text, "Tables", numbered(&interface.tables, table));
    section(&mut text, "Rust", vec![vec![constructor(interface)]]);
    if let Some(checks) = checks {
        section(&mut text, "Bounds checks of loads and stores", check_rows(checks));
    }
    text
}

/// A heading and aligned rows below it.
fn section(text: &mut String, heading: &str, rows: Vec<Row>) {
    let heading = crate::cli::failure::printable(heading);
    let gap = if text.is_empty() { "" } else { "\n" };
    // Writing to a String can't fail.
    let _ = writeln!(text, "{gap}{HEADING}{heading}{HEADING:#}");
    if rows.is_empty() {
        text.push_str("  none\n");
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        // A name of a thousand letters doesn't push all others off the screen.
        cells.map(|cell| cell.chars().count()).filter(|width| *width <= 40).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "  {cell:width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn summary(interface: &Interface, stack: &StackReport) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    if let Some(name) = &interface.name {
        row("name", format!("{name:?}"));
    }
    row("sha-256", interface.digest.clone());
    row("size", format!("{} bytes", interface.module_bytes));
    row("functions", format!("{}, {} bytes of code", interface.functions, interface.code_bytes));
    row("data", format!("{} bytes", interface.data_bytes));
    let memory = match interface.kind {
        ModuleKind::Library => "its caller's: each call borrows it",
        ModuleKind::Module if interface.has_memory() => "its own",
        ModuleKind::Module => "none",
    };
    row("memory", memory.to_owned());
    row(
        "stack",
        match (stack.worst_depth, stack.recursive) {
            (Some(1), _) => "1 frame at most".to_owned(),
            (Some(depth), _) => format!("{depth} frames at most"),
            (None, 1) => "the budget: 1 recursive function checks it".to_owned(),
            (None, count) => format!("the budget: {count} recursive functions check it"),
        },
    );
    if interface.bounds != Bounds::Trap {
        row(
            "bounds",
            format!("{}: loads and stores beyond the memory don't trap", interface.bounds),
        );
    }
    if let Some(start) = interface.start {
        row("start", format!("function {start}, when it is instantiated"));
    }
    rows
}

/// One row a function, then all together and their shares.
fn check_rows(checks: &Checks) -> Vec<Row> {
    let reasons = ["accesses", "checked", "proven", "minimum", "dominated", "loop", "confined"];
    let numbers = |counts: &CheckCounts| {
        let CheckCounts { checked, minimum, dominated, in_loop, confined, .. } = *counts;
        [counts.accesses(), checked, counts.proven(), minimum, dominated, in_loop, confined]
    };
    let row = |names: [String; 2], cells: [String; 7]| names.into_iter().chain(cells).collect();
    let mut rows: Vec<Row> = vec![row([String::new(), String::new()], reasons.map(str::to_owned))];
    rows.extend(checks.functions.iter().map(|function| {
        let name = function.name.as_ref().map(|name| format!("{name:?}")).unwrap_or_default();
        let cells = numbers(&function.counts).map(|number| number.to_string());
        row([function.index.to_string(), name], cells)
    }));
    let total = numbers(&checks.total);
    rows.push(row(["all".to_owned(), String::new()], total.map(|number| number.to_string())));
    if total[0] > 0 {
        let share = |number: usize| format!("{:.1} %", number as f64 * 100.0 / total[0] as f64);
        rows.push(row([String::new(), String::new()], total.map(share)));
    }
    rows
}

fn imports(interface: &Interface) -> Vec<Row> {
    let grants = granted_by(interface);
    let row = |(import, grant): (&herkos::ImportItem, &Option<Grant<'_>>)| {
        let rust = match grant {
            Some(Grant { trait_name, method, setter: None }) => {
                format!("{trait_name}::{}", method.rust_name)
            }
            Some(Grant { trait_name, method, setter: Some(setter) }) => {
                format!("{trait_name}::{}, {trait_name}::{}", method.rust_name, setter.rust_name)
            }
            None => "Instance::new".to_owned(),
        };
        vec![format!("{:?}", import.module), format!("{:?}", import.name), kind(&import.kind), rust]
    };
    interface.imports.iter().zip(&grants).map(row).collect()
}

/// A row for each group of functions: in plain words, and by their names.
fn wasi(interface: &Interface) -> Vec<Row> {
    let row = |(words, names): (&str, Vec<&str>)| vec![words.to_owned(), names.join(", ")];
    wasi_groups(interface).into_iter().map(row).collect()
}

fn export(export: &ExportItem) -> Row {
    let rust = format!("Instance::{}", export.rust_name);
    vec![format!("{:?}", export.name), kind(&export.kind), rust]
}

fn numbered<T>(items: &[T], describe: impl Fn(&T) -> Row) -> Vec<Row> {
    let row = |(index, item): (usize, &T)| {
        let mut row = vec![index.to_string()];
        row.extend(describe(item));
        row
    };
    items.iter().enumerate().map(row).collect()
}

fn memory(memory: &MemoryItem) -> Row {
    let bytes = |pages: u32| u64::from(pages) * PAGE_SIZE as u64;
    let max = memory.effective_max_pages;
    vec![
        origin(memory.imported),
        range(memory.min_pages, memory.max_pages, "page"),
        format!("{} bytes, {} at most", bytes(memory.min_pages), bytes(max)),
    ]
}

fn table(table: &TableItem) -> Row {
    vec![origin(table.imported), table.element.to_string(), range(table.min, table.max, "element")]
}

fn origin(imported: bool) -> String {
    if imported { "imported" } else { "defined" }.to_owned()
}

pub(super) fn constructor(interface: &Interface) -> String {
    let parameter = |parameter: &ConstructorParam| match parameter {
        ConstructorParam::Host => {
            let names = interface.traits.iter().map(|item| item.rust_name.as_str());
            format!("host: impl {}", names.collect::<Vec<_>>().join(" + "))
        }
        ConstructorParam::Memory { .. } => "memory: &mut Memory".to_owned(),
        ConstructorParam::Table { element, .. } => format!("Table of {element}"),
        ConstructorParam::MemoryBuffer { .. } => "memory: &mut [u8]".to_owned(),
        ConstructorParam::TableBuffer { element, .. } => format!("&mut [{element}]"),
    };
    let parameters: Vec<String> = interface.constructor.iter().map(parameter).collect();
    format!("Instance::new({})", parameters.join(", "))
}

/// The type of an import or export.
pub(crate) fn kind(kind: &ExportKind) -> String {
    match kind {
        ExportKind::Func { params, results } => match results.as_slice() {
            [result] => format!("func ({}) -> {result}", list(params)),
            results => format!("func ({}) -> ({})", list(params), list(results)),
        },
        ExportKind::Memory { min_pages, max_pages } => {
            format!("memory, {}", range(*min_pages, *max_pages, "page"))
        }
        ExportKind::Table { element, min, max } => {
            format!("table of {element}, {}", range(*min, *max, "element"))
        }
        ExportKind::Global { ty, mutable: true } => format!("global mut {ty}"),
        ExportKind::Global { ty, mutable: false } => format!("global {ty}"),
    }
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// `1 to 4 pages`, `1 page or more`, `2 pages`.
pub(crate) fn range(min: u32, max: Option<u32>, unit: &str) -> String {
    let plural = |count: u32| if count == 1 { "" } else { "s" };
    match max {
        Some(max) if max == min => format!("{min} {unit}{}", plural(min)),
        Some(max) => format!("{min} to {max} {unit}{}", plural(max)),
        None => format!("{min} {unit}{} or more", plural(min)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_well() {
        assert_eq!(range(1, None, "page"), "1 page or more");
        assert_eq!(range(0, Some(1), "page"), "0 to 1 page");
        assert_eq!(range(3, Some(3), "element"), "3 elements");
    }
}
