//! `herkos diff OLD NEW`: what changed between two modules, with an exit status.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use herkos::{DiffSide, ExportKind, ImportChange, IndexChange, Interface, MemoryItem, TableItem};

use super::args::{Diff, Format, Only};
use super::failure::Failure;
use super::input::Input;
use super::inspect::{
    HEADING, json_heading, json_kind, json_memory, json_table, range, text_kind, wasi_words,
};
use super::json::Json;
use super::output;

/// Something that counts is different.
const DIFFERS: u8 = 1;
/// The modules can't be compared. As with diff(1), that is not the same as a difference.
const FAILED: u8 = 2;

pub(crate) fn run(args: &Diff) -> Result<ExitCode, Failure> {
    compare(args).map_err(|failure| failure.with_status(FAILED))
}

fn compare(args: &Diff) -> Result<ExitCode, Failure> {
    if args.old == Path::new("-") && args.new == Path::new("-") {
        return Err(Failure::usage("standard input can't be both modules"));
    }
    let (old, new) = (Input::read(&args.old)?, Input::read(&args.new)?);
    let diff = args.version.config().diff(&old.bytes, &new.bytes)?;
    match if args.json { Format::Json } else { args.format } {
        Format::Text => output::print_styled(&text(&diff))?,
        Format::Json => output::print(format!("{}\n", json(&diff)).as_bytes())?,
    }
    let differs = match args.only {
        None => diff.interface_changed(),
        Some(Only::Capabilities) => diff.gains_capabilities(),
    };
    Ok(if differs { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

/// What changed, with styles; what did not is left out.
fn text(diff: &herkos::Diff) -> String {
    let mut text = String::new();
    let capabilities = diff.capabilities.iter().map(|change| {
        let name = format!("{:?} {:?}", change.module, change.name);
        let words = wasi_words(&change.module, &change.name);
        let name = words.map_or(name.clone(), |words| format!("{name} ({words})"));
        line(&name, &kinds(&change.old), &kinds(&change.new))
    });
    section(&mut text, "Capabilities", capabilities);
    let kind = |kind: &Option<ExportKind>| kind.as_ref().map(text_kind);
    let exports = diff
        .exports
        .iter()
        .map(|change| line(&format!("{:?}", change.name), &kind(&change.old), &kind(&change.new)));
    section(&mut text, "Exports", exports);
    section(&mut text, "Memories", diff.memories.iter().map(|change| limits(change, memory)));
    section(&mut text, "Tables", diff.tables.iter().map(|change| limits(change, table)));
    let (old, new) = (&diff.old.interface, &diff.new.interface);
    if diff.start_changed() {
        let start = |start: Option<u32>| start.map(|function| format!("function {function}"));
        section(&mut text, "Start function", [line("", &start(old.start), &start(new.start))]);
    }
    let verdict = if old.digest == new.digest {
        "the modules are identical".to_owned()
    } else if diff.same_content() {
        "nothing but custom sections differs".to_owned()
    } else if diff.same_code() {
        "the code is equal; something else differs".to_owned()
    } else {
        let code = |interface: &Interface| {
            let plural = if interface.functions == 1 { "" } else { "s" };
            format!("{} function{plural} of {} bytes", interface.functions, interface.code_bytes)
        };
        format!("the code differs: {}, now {}", code(old), code(new))
    };
    section(&mut text, "Content", [format!("  {verdict}")]);
    text
}

/// A heading and the lines below it; nothing if there are none.
fn section(text: &mut String, heading: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_some() {
        let gap = if text.is_empty() { "" } else { "\n" };
        // Writing to a String can't fail.
        let _ = writeln!(text, "{gap}{HEADING}{heading}{HEADING:#}");
        lines.for_each(|line| *text += &format!("{}\n", line.trim_end()));
    }
}

/// `+` what is new, `-` what is gone, `~` what is another.
fn line(name: &str, old: &Option<String>, new: &Option<String>) -> String {
    let gap = if name.is_empty() { "" } else { "  " };
    match (old, new) {
        (None, Some(new)) => format!("  + {name}{gap}{new}"),
        (Some(old), None) => format!("  - {name}{gap}{old}"),
        (Some(old), Some(new)) => format!("  ~ {name}{gap}{old}, now {new}"),
        (None, None) => format!("  ~ {name}"),
    }
}

fn kinds(kinds: &[ExportKind]) -> Option<String> {
    let kinds: Vec<String> = kinds.iter().map(text_kind).collect();
    (!kinds.is_empty()).then(|| kinds.join(" and "))
}

fn limits<T>(change: &IndexChange<T>, words: impl Fn(&T) -> String) -> String {
    let (old, new) = (change.old.as_ref().map(&words), change.new.as_ref().map(&words));
    line(&change.index.to_string(), &old, &new)
}

fn memory(memory: &MemoryItem) -> String {
    origin(memory.imported) + &range(memory.min_pages, memory.max_pages, "page")
}

fn table(table: &TableItem) -> String {
    let limits = range(table.min, table.max, "element");
    format!("{}{}, {limits}", origin(table.imported), table.element)
}

fn origin(imported: bool) -> String {
    if imported { "imported, " } else { "" }.to_owned()
}

fn json(diff: &herkos::Diff) -> Json {
    let mut members = json_heading();
    members.extend([
        ("old", side(&diff.old)),
        ("new", side(&diff.new)),
        ("identical", (diff.old.interface.digest == diff.new.interface.digest).into()),
        ("same_content", diff.same_content().into()),
        ("same_code", diff.same_code().into()),
        ("gains_capabilities", diff.gains_capabilities().into()),
        ("interface_changed", diff.interface_changed().into()),
        ("capabilities", Json::array(&diff.capabilities, capability)),
        (
            "exports",
            Json::array(&diff.exports, |change| {
                let kind = |kind: &Option<ExportKind>| kind.as_ref().map(object).into();
                Json::Object(vec![
                    ("name", Json::text(&change.name)),
                    ("old", kind(&change.old)),
                    ("new", kind(&change.new)),
                ])
            }),
        ),
        ("memories", Json::array(&diff.memories, |change| by_index(change, json_memory))),
        ("tables", Json::array(&diff.tables, |change| by_index(change, json_table))),
    ]);
    Json::Object(members)
}

fn side(side: &DiffSide) -> Json {
    Json::Object(vec![
        ("digest", Json::text(&side.interface.digest)),
        ("content_digest", Json::text(&side.content_digest)),
        ("code_digest", Json::text(&side.code_digest)),
        ("module_bytes", side.interface.module_bytes.into()),
        ("functions", side.interface.functions.into()),
        ("code_bytes", side.interface.code_bytes.into()),
        ("data_bytes", side.interface.data_bytes.into()),
        ("globals", side.globals.into()),
        ("mutable_globals", side.mutable_globals.into()),
        ("start", side.interface.start.into()),
    ])
}

fn object(kind: &ExportKind) -> Json {
    Json::Object(json_kind(kind))
}

fn capability(change: &ImportChange) -> Json {
    Json::Object(vec![
        ("module", Json::text(&change.module)),
        ("name", Json::text(&change.name)),
        ("wasi", wasi_words(&change.module, &change.name).map(Json::text).into()),
        ("gain", change.is_gain().into()),
        ("old", Json::array(&change.old, object)),
        ("new", Json::array(&change.new, object)),
    ])
}

fn by_index<T>(change: &IndexChange<T>, item: impl Fn(&T) -> Json) -> Json {
    Json::Object(vec![
        ("index", change.index.into()),
        ("old", change.old.as_ref().map(&item).into()),
        ("new", change.new.as_ref().map(&item).into()),
    ])
}
