//! The report for people: a page in one file, which loads nothing.
//!
//! All of it is there without its script, which sorts, filters and opens what a link leads to. A policy in the page
//! forbids everything but that script and the style, so that even a name that got through as markup could do nothing.

mod calls;
mod memory;
mod write;

use std::borrow::Cow;
use std::fmt::Write as _;

use herkos::{
    Bounds, CheckCounts, ExportKind, FunctionItem, ModuleKind, Place, Report, Root, Step,
};
use herkos_runtime::PAGE_SIZE;

use self::write::{Bytes, Count, Name, Short, plural, readable, source_hash};
use super::text::{constructor, range};
use super::{granted_by, text_kind, wasi_groups};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Names of functions that the lists of a page hold together; beyond that they are only counted. Each capability may
/// have all functions in its list.
const MAX_LISTED: usize = 50_000;

/// Rows up to which a table is open from the start.
const OPEN_ROWS: usize = 40;

/// A page that is being written.
struct Page<'a> {
    report: &'a Report,
    out: String,
    /// Names of functions that its lists hold so far.
    listed: usize,
    /// Functions that are in the output.
    used: usize,
    /// The import that each imported function is.
    imports: Vec<usize>,
}

/// Writing to a String can't fail.
macro_rules! put {
    ($page:expr, $($part:tt)*) => { write!($page.out, $($part)*).unwrap_or(()) };
}
use put;

/// The whole report.
pub(super) fn page(file: &str, report: &Report) -> String {
    let used = report.functions.iter().filter(|function| function.used).count();
    let imports = report.capabilities.iter().filter(|item| item.function.is_some());
    let imports = imports.map(|item| item.import).collect();
    let mut page = Page { report, out: head(file), listed: 0, used, imports };
    page.title(file);
    page.cards();
    page.capabilities();
    page.memory();
    page.checks();
    page.stack();
    page.exports();
    page.functions();
    page.module();
    page.out + &foot(report.herkos)
}

/// The page of a module that is not supported.
pub(super) fn unsupported(file: &str, feature: &str, place: &Place) -> String {
    let mut out = head(file);
    let place = place.to_string();
    let _ = write!(
        out,
        "<h1>{}</h1>\n<section><h2 class=\"bad\">Not supported</h2>\n<p>The module needs <b>{}</b>{}. herkos does not \
         translate it, so there is no output that could be run.</p></section>\n",
        Name(file),
        Name(feature),
        Name(&place),
    );
    out + &foot(env!("CARGO_PKG_VERSION"))
}

fn head(file: &str) -> String {
    let (style, script) = (source_hash(STYLE), source_hash(SCRIPT));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {style}; script-src {script}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} – what it may do</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Short(file)
    )
}

fn foot(version: &str) -> String {
    format!(
        "<footer>Made by herkos {version} from the module alone. It is an upper bound: code that never runs counts, and \
         an indirect call counts as one of every function of its type that can be in a table. Names are the module’s \
         own, and prove nothing.</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

impl Page<'_> {
    fn title(&mut self, file: &str) {
        let interface = &self.report.interface;
        put!(self, "<header>\n<h1>{}</h1>\n", Name(file));
        if let Some(name) = &interface.name {
            put!(self, "<p>Calls itself <code>{}</code></p>\n", Name(name));
        }
        put!(self, "<p class=\"soft small\">SHA-256 <code>{}</code></p>\n<nav>", interface.digest);
        for (id, title) in [
            ("capabilities", "Capabilities"),
            ("memory", "Memory"),
            ("checks", "Bounds checks"),
            ("stack", "Stack"),
            ("exports", "Exports"),
            ("functions", "Functions"),
            ("module", "Module"),
        ] {
            put!(self, "<a href=\"#{id}\">{title}</a>");
        }
        put!(self, "</nav>\n</header>\n");
    }

    /// The answers in short.
    fn cards(&mut self) {
        let Report { interface, checks, stack, capabilities, .. } = self.report;
        let count = capabilities.len();
        let of_kind = |is_func: bool, one| {
            let of_kind = capabilities.iter().filter(|item| item.function.is_some() == is_func);
            Some(of_kind.count()).filter(|count| *count > 0).map(|count| plural(count, one))
        };
        let asks: Vec<String> =
            [of_kind(true, "function"), of_kind(false, "global")].into_iter().flatten().collect();
        let asks = if count == 0 { "nothing".to_owned() } else { asks.join(", ") };
        let groups: Vec<&str> =
            wasi_groups(interface).into_iter().map(|(words, _)| words).collect();
        let asks_note = match (count, groups.is_empty()) {
            (0, _) => "it can call no one".to_owned(),
            (_, false) => format!("of WASI: {}", groups.join(", ")),
            (_, true) => "listed below, with the ways to them".to_owned(),
        };
        let memory = match (interface.kind, interface.memories.first()) {
            (_, None) => "none".to_owned(),
            (ModuleKind::Library, _) => "its caller’s".to_owned(),
            (ModuleKind::Module, Some(memory)) => {
                Bytes(u64::from(memory.effective_max_pages) * PAGE_SIZE as u64).to_string()
            }
        };
        let memory_note = match interface.kind {
            ModuleKind::Library => "lent for each call",
            ModuleKind::Module if interface.memories.is_empty() => "",
            ModuleKind::Module => "at most; its own, and no other’s",
        };
        let accesses = checks.total.accesses();
        let proven = match accesses {
            0 => "no accesses".to_owned(),
            _ => format!("{:.1} %", checks.total.proven() as f64 * 100.0 / accesses as f64),
        };
        let of_accesses = match accesses {
            0 => String::new(),
            _ => format!("of {}", format_args!("{} loads and stores", Count(accesses))),
        };
        let depth = match stack.worst_depth {
            Some(depth) => plural(depth as usize, "frame"),
            None => "the budget".to_owned(),
        };
        let depth_note = match stack.worst_depth {
            Some(_) => "are the deepest its calls can go".to_owned(),
            None => format!("bounds {}", plural(stack.recursive, "recursive function")),
        };
        let of = format!("of {}: called, exported or in a table", Count(interface.functions));
        put!(self, "<div class=\"cards\">\n");
        for (title, value, note) in [
            ("Asks its host for", asks, asks_note),
            ("Memory", memory, memory_note.to_owned()),
            ("Accesses without a check of their own", proven, of_accesses),
            ("Stack", depth, depth_note),
            ("Functions in the output", Count(self.used).to_string(), of),
            ("Unsupported", "nothing".to_owned(), "all of it is translated".to_owned()),
        ] {
            put!(
                self,
                "<div><span class=\"soft small\">{title}</span><b>{value}</b><span class=\"small\">{note}</span></div>\n"
            );
        }
        put!(self, "</div>\n");
    }

    fn section(&mut self, id: &str, title: &str) {
        put!(self, "<section id=\"{id}\">\n<h2>{title}</h2>\n");
    }

    fn end_section(&mut self) {
        put!(self, "</section>\n");
    }

    /// The head of a table, in something that is open if it has few rows.
    fn table(&mut self, what: &str, rows: usize, columns: &[&str]) {
        let open = if rows <= OPEN_ROWS { " open" } else { "" };
        put!(self, "<details{open}><summary>{}</summary>\n", plural(rows, what));
        put!(self, "<div class=\"wide\"><table class=\"sorts\">\n<thead><tr>");
        for column in columns {
            // `#` marks a column of numbers.
            match column.strip_prefix('#') {
                Some(column) => put!(self, "<th class=\"n\" scope=\"col\">{column}</th>"),
                None => put!(self, "<th scope=\"col\">{column}</th>"),
            }
        }
        put!(self, "</tr></thead>\n<tbody>\n");
    }

    fn end_table(&mut self) {
        put!(self, "</tbody></table></div></details>\n");
    }

    fn checks(&mut self) {
        let total = &self.report.checks.total;
        self.section("checks", "Bounds checks");
        let accesses = total.accesses();
        if accesses == 0 {
            put!(self, "<p>It has no loads and stores.</p>\n");
            return self.end_section();
        }
        put!(
            self,
            "<p>Every load and store stays in the module’s memory: {}. What needs no check of its own was proven while \
             translating, and rustc checks that proof; what LLVM proves beyond that is not counted.</p>\n",
            match self.report.interface.bounds {
                Bounds::Wrap => "one beyond it wraps",
                Bounds::Reserve =>
                    "one beyond it reaches bytes behind the memory that nothing else has",
                _ => "one beyond it traps",
            }
        );
        let share = |count: usize| count as f64 * 100.0 / accesses as f64;
        put!(
            self,
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{:.1} % need no check\">",
            share(total.proven())
        );
        put!(
            self,
            "<rect class=\"proven\" width=\"{0:.3}\" height=\"10\"/><rect class=\"checked\" x=\"{0:.3}\" width=\"{1:.3}\" height=\"10\"/></svg>\n",
            share(total.proven()),
            share(total.checked)
        );
        put!(self, "<div class=\"wide\"><table><tbody>\n");
        let CheckCounts { checked, minimum, dominated, in_loop, confined, .. } = *total;
        for (class, words, count) in [
            ("checked", "checked when executed", checked),
            ("proven", "the same check has passed before", dominated),
            ("proven", "always below the memory’s minimum", minimum),
            ("proven", "checked once, before a loop", in_loop),
            ("proven", "can’t leave the memory’s bytes", confined),
        ] {
            if count > 0 {
                put!(
                    self,
                    "<tr><td><span class=\"key {class}\"></span>{words}</td><td class=\"n\">{}</td><td class=\"n\">{:.1} %</td></tr>\n",
                    Count(count),
                    share(count)
                );
            }
        }
        put!(
            self,
            "</tbody></table></div>\n<p class=\"small soft\">For each function: <a href=\"#functions\">below</a>.</p>\n"
        );
        self.end_section();
    }

    fn exports(&mut self) {
        let exports = &self.report.interface.exports;
        self.section("exports", "Exports");
        self.table("export", exports.len(), &["Name", "Type", "In Rust"]);
        for export in exports {
            put!(
                self,
                "<tr><td class=\"name\"><code>{}</code></td><td><code>{}</code></td><td><code>Instance::{}</code></td></tr>\n",
                Name(&export.name),
                Name(&kind_words(&export.kind)),
                Name(&export.rust_name)
            );
        }
        self.end_table();
        self.end_section();
    }

    fn functions(&mut self) {
        let report = self.report;
        self.section("functions", "Functions");
        put!(
            self,
            "<p>Depth is the most frames that a function and what it calls can have; ∞ if it can reach a recursive one, \
             marked ↻. A function without a depth is not used, and not in the output.</p>\n"
        );
        // How many capabilities each function reaches.
        let mut reaches = vec![0_usize; report.functions.len()];
        let first = report.functions.first().map_or(0, |function| function.index);
        for reach in report.capabilities.iter().flat_map(|capability| &capability.functions) {
            if let Some(count) = reaches.get_mut((reach.function - first) as usize) {
                *count += 1;
            }
        }
        let columns = [
            "#Index",
            "Name",
            "#Reaches",
            "#Accesses",
            "#Checked",
            "#Proven",
            "#Depth",
            "#Locals, bytes",
            "#Code, bytes",
        ];
        self.table("function", report.functions.len(), &columns);
        for (function, reaches) in report.functions.iter().zip(reaches) {
            self.function(function, reaches);
        }
        self.end_table();
        self.end_section();
    }

    fn function(&mut self, function: &FunctionItem, reaches: usize) {
        let class = if function.used { "" } else { " class=\"unused\"" };
        put!(
            self,
            "<tr{class} id=\"f{0}\"><td class=\"n\">{0}</td><td class=\"name\">",
            function.index
        );
        if let Some(name) = &function.name {
            match readable(name) {
                Cow::Borrowed(name) => put!(self, "<code>{}</code>", Name(name)),
                Cow::Owned(path) => {
                    put!(self, "<code title=\"{}\">{}</code>", Name(name), Name(&path));
                }
            }
        }
        if function.recursive {
            put!(self, " <span class=\"warn\" title=\"recursive\">↻</span>");
        }
        for export in &function.exports {
            // Most are exported by the name that they have.
            match function.name.as_ref() == Some(export) {
                true => put!(self, " <span class=\"tag\">exported</span>"),
                false => put!(
                    self,
                    " <span class=\"tag\">exported as <code>{}</code></span>",
                    Short(export)
                ),
            }
        }
        let depth = match function.depth {
            Some(depth) => Count(depth).to_string(),
            None if function.used => "∞".to_owned(),
            None => String::new(),
        };
        put!(
            self,
            "</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{depth}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            Count(reaches),
            Count(function.checks.accesses()),
            Count(function.checks.checked),
            Count(function.checks.proven()),
            Count(function.local_bytes),
            Count(function.code_bytes)
        );
    }

    fn module(&mut self) {
        let interface = &self.report.interface;
        self.section("module", "Module");
        let start = match interface.start {
            Some(function) => format!("{}, when it is instantiated", self.function_link(function)),
            None => "none".to_owned(),
        };
        let tables = interface.tables.iter().enumerate().map(|(index, table)| {
            let origin = if table.imported { "imported" } else { "its own" };
            format!(
                "{index}: {origin}, {}, {}",
                table.element,
                range(table.min, table.max, "element")
            )
        });
        let tables: Vec<String> = tables.collect();
        let mut rows = vec![
            ("Binary", format!("{} bytes", Count(interface.module_bytes))),
            ("Code", format!("{} bytes", Count(interface.code_bytes))),
            ("Data", format!("{} bytes", Count(interface.data_bytes))),
            ("Start function", start),
            ("Tables", if tables.is_empty() { "none".to_owned() } else { tables.join("<br>") }),
            ("In Rust", format!("<code>{}</code>", Name(&constructor(interface)))),
        ];
        if interface.bounds != Bounds::Trap {
            rows.push((
                "Bounds",
                format!("{}: loads and stores beyond the memory don’t trap", interface.bounds),
            ));
        }
        put!(self, "<dl>");
        for (name, value) in rows {
            put!(self, "<dt>{name}</dt><dd>{value}</dd>");
        }
        put!(self, "</dl>\n");
        self.end_section();
    }

    /// A function's name, and a link to its row.
    fn function_link(&self, index: u32) -> String {
        let first = self.report.functions.first().map_or(0, |function| function.index);
        let defined =
            index.checked_sub(first).and_then(|index| self.report.functions.get(index as usize));
        match defined {
            Some(FunctionItem { name: Some(name), .. }) => {
                format!("<a href=\"#f{index}\"><code>{}</code></a>", Short(&readable(name)))
            }
            Some(_) => format!("<a href=\"#f{index}\">func {index}</a>"),
            None => self.import_name(index),
        }
    }

    /// An imported function, by the position among them.
    fn import_name(&self, index: u32) -> String {
        let import = self.imports.get(index as usize);
        let import = import.and_then(|import| self.report.interface.imports.get(*import));
        match import {
            Some(import) => {
                format!("<code>{}.{}</code>", Short(&import.module), Short(&import.name))
            }
            None => format!("func {index}"),
        }
    }

    /// Where the host enters.
    fn root(&self, root: Root) -> String {
        match root {
            Root::Export(export) => match self.report.interface.exports.get(export) {
                Some(export) => format!("export <code>{}</code>", Short(&export.name)),
                None => "an export".to_owned(),
            },
            Root::Start => "when it is instantiated".to_owned(),
        }
    }

    fn steps(&mut self, root: Root, steps: &[Step]) {
        put!(self, "<ol class=\"path\"><li>{}</li>", self.root(root));
        for step in steps {
            self.listed += 1;
            if self.listed > MAX_LISTED {
                put!(self, "<li>…</li>");
                break;
            }
            let via = if step.indirect { " class=\"via\"" } else { "" };
            put!(self, " <li{via}>{}</li>", self.function_link(step.function));
        }
        put!(self, "</ol>\n");
    }
}

/// A type, with an arrow that no line ends in.
fn kind_words(kind: &ExportKind) -> String {
    text_kind(kind).replace("->", "→")
}

/// How imports are granted in Rust, in their order.
fn grants(report: &Report) -> Vec<String> {
    let grant = |grant: &Option<super::Grant<'_>>| match grant {
        Some(grant) => format!("{}::{}", grant.trait_name, grant.method.rust_name),
        None => "Instance::new".to_owned(),
    };
    granted_by(&report.interface).iter().map(grant).collect()
}
