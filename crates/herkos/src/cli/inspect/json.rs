//! The description for programs.

use herkos::{
    CheckCounts, Checks, ConstructorParam, ExportItem, ExportKind, ImportItem, Interface,
    MemoryItem, ModuleKind, StackReport, TableItem,
};
use herkos_runtime::{PAGE_SIZE, ValType};

use super::{Grant, granted_by, json_report, wasi_groups};
use crate::cli::json::Json;

/// The members of a JSON object, in order.
pub(crate) type Members = Vec<(&'static str, Json)>;

/// The version of the documents' form: it changes when something that was there is gone, or means something else.
const SCHEMA: u32 = 1;

/// The whole description: one object.
pub(super) fn describe(
    interface: &Interface,
    stack: &StackReport,
    checks: Option<&Checks>,
) -> Json {
    Json::Object(members(interface, stack, checks))
}

/// What every document begins with.
pub(crate) fn heading() -> Members {
    vec![("schema", SCHEMA.into()), ("herkos", Json::text(env!("CARGO_PKG_VERSION")))]
}

/// The members of a description.
pub(super) fn members(
    interface: &Interface,
    stack: &StackReport,
    checks: Option<&Checks>,
) -> Members {
    let grants = granted_by(interface);
    let kind = match interface.kind {
        ModuleKind::Module => "module",
        ModuleKind::Library => "library",
    };
    let mut members = heading();
    members.extend([
        ("digest", Json::text(&interface.digest)),
        ("name", interface.name.as_ref().map(Json::text).into()),
        ("kind", Json::text(kind)),
        ("bounds", Json::text(interface.bounds.name())),
        ("module_bytes", interface.module_bytes.into()),
        ("functions", interface.functions.into()),
        ("code_bytes", interface.code_bytes.into()),
        ("data_bytes", interface.data_bytes.into()),
        ("start", interface.start.into()),
        ("imports", Json::array(interface.imports.iter().zip(&grants), import)),
        ("exports", Json::array(&interface.exports, export)),
        ("memories", Json::array(&interface.memories, memory)),
        ("tables", Json::array(&interface.tables, table)),
        ("constructor", Json::array(&interface.constructor, parameter)),
    ]);
    if interface.imports_wasi() {
        let group = |(words, names): &(&str, Vec<&str>)| {
            let functions = Json::array(names, |name| Json::text(*name));
            Json::Object(vec![("group", Json::text(*words)), ("functions", functions)])
        };
        members.push(("wasi", Json::array(&wasi_groups(interface), group)));
    }
    members.push(("stack", json_report::stack(interface, stack)));
    members.extend(checks.map(|checks| ("checks", module_checks(checks))));
    members
}

fn module_checks(checks: &Checks) -> Json {
    let mut members = counts(&checks.total);
    let function = |function: &herkos::FunctionChecks| {
        let mut members: Members = vec![
            ("index", function.index.into()),
            ("name", function.name.as_ref().map(Json::text).into()),
        ];
        members.extend(counts(&function.counts));
        Json::Object(members)
    };
    members.push(("functions", Json::array(&checks.functions, function)));
    Json::Object(members)
}

fn counts(counts: &CheckCounts) -> Members {
    vec![
        ("accesses", counts.accesses().into()),
        ("checked", counts.checked.into()),
        ("proven", counts.proven().into()),
        ("minimum", counts.minimum.into()),
        ("dominated", counts.dominated.into()),
        ("loop", counts.in_loop.into()),
        ("confined", counts.confined.into()),
    ]
}

fn import((import, grant): (&ImportItem, &Option<Grant<'_>>)) -> Json {
    let mut members =
        vec![("module", Json::text(&import.module)), ("name", Json::text(&import.name))];
    members.extend(kind(&import.kind));
    if let Some(grant) = grant {
        members.push(("trait", Json::text(grant.trait_name)));
        members.push(("method", Json::text(&grant.method.rust_name)));
        if let Some(setter) = grant.setter {
            members.push(("setter", Json::text(&setter.rust_name)));
        }
    }
    Json::Object(members)
}

fn export(export: &ExportItem) -> Json {
    let mut members = vec![("name", Json::text(&export.name))];
    members.extend(kind(&export.kind));
    members.push(("method", Json::text(&export.rust_name)));
    Json::Object(members)
}

/// The type of an import or export.
pub(crate) fn kind(kind: &ExportKind) -> Members {
    match kind {
        ExportKind::Func { params, results } => vec![
            ("kind", Json::text("func")),
            ("params", types(params)),
            ("results", types(results)),
        ],
        ExportKind::Memory { min_pages, max_pages } => vec![
            ("kind", Json::text("memory")),
            ("min_pages", (*min_pages).into()),
            ("max_pages", (*max_pages).into()),
        ],
        ExportKind::Table { element, min, max } => vec![
            ("kind", Json::text("table")),
            ("element", Json::text(element)),
            ("min", (*min).into()),
            ("max", (*max).into()),
        ],
        ExportKind::Global { ty, mutable } => vec![
            ("kind", Json::text("global")),
            ("type", Json::text(ty)),
            ("mutable", (*mutable).into()),
        ],
    }
}

pub(super) fn types(types: &[ValType]) -> Json {
    Json::array(types, Json::text)
}

/// The limits of a memory.
pub(crate) fn memory(memory: &MemoryItem) -> Json {
    let bytes = |pages: u32| Json::from(u64::from(pages) * PAGE_SIZE as u64);
    Json::Object(vec![
        ("imported", memory.imported.into()),
        ("min_pages", memory.min_pages.into()),
        ("max_pages", memory.max_pages.into()),
        ("effective_max_pages", memory.effective_max_pages.into()),
        ("min_bytes", bytes(memory.min_pages)),
        ("effective_max_bytes", bytes(memory.effective_max_pages)),
    ])
}

/// The limits of a table.
pub(crate) fn table(table: &TableItem) -> Json {
    Json::Object(vec![
        ("imported", table.imported.into()),
        ("element", Json::text(table.element)),
        ("min", table.min.into()),
        ("max", table.max.into()),
    ])
}

fn parameter(parameter: &ConstructorParam) -> Json {
    Json::Object(match parameter {
        ConstructorParam::Host => vec![("kind", Json::text("host"))],
        ConstructorParam::Memory { min_pages, max_pages } => vec![
            ("kind", Json::text("memory")),
            ("min_pages", (*min_pages).into()),
            ("max_pages", (*max_pages).into()),
        ],
        ConstructorParam::Table { element, min, max } => vec![
            ("kind", Json::text("table")),
            ("element", Json::text(element)),
            ("min", (*min).into()),
            ("max", (*max).into()),
        ],
        ConstructorParam::MemoryBuffer { min_pages, max_pages, bytes } => vec![
            ("kind", Json::text("memory_buffer")),
            ("min_pages", (*min_pages).into()),
            ("max_pages", (*max_pages).into()),
            ("bytes", (*bytes).into()),
        ],
        ConstructorParam::TableBuffer { element, min } => vec![
            ("kind", Json::text("table_buffer")),
            ("element", Json::text(element)),
            ("min", (*min).into()),
        ],
    })
}
