//! `herkos inspect`: what a module asks for and what it offers.

mod html;
mod json;
mod json_report;
mod text;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use herkos::{Config, Error, ExportKind, Interface, MethodItem, MethodKind, Place, Report};

use herkos_wasi::{Function, Group};

use super::args::{Format, Inspect, ReportFormat};
use super::failure::Failure;
use super::input::Input;
use super::output::{self, Kind, Target};

pub(super) use json::{
    heading as json_heading, kind as json_kind, memory as json_memory, table as json_table,
};
pub(super) use text::{HEADING, kind as text_kind, range};

pub(crate) fn run(args: &Inspect) -> Result<(), Failure> {
    let input = Input::read(&args.input)?;
    let target = match &args.output {
        Some(path) if path != Path::new("-") => Some(Target::new(path, Kind::Data, &input)?),
        _ => None,
    };
    let write = |text: &str| match &target {
        Some(target) => target.write(|file| file.write_all(text.as_bytes())),
        None => output::print(text.as_bytes()),
    };
    let config = args.translation.config();
    if let Some(format) = args.report {
        return report(&input, &config, format, write);
    }
    let interface = config.inspect(&input.bytes)?;
    let stack = config.stack(&input.bytes)?;
    let checks = if args.checks { Some(config.checks(&input.bytes)?) } else { None };
    match if args.json { Format::Json } else { args.format } {
        Format::Text => {
            let text = text::describe(&input.name(), &interface, &stack, checks.as_ref());
            match target {
                Some(_) => write(&anstream::adapter::strip_str(&text).to_string()),
                None => output::print_styled(&text),
            }
        }
        Format::Json => {
            write(&format!("{}\n", json::describe(&interface, &stack, checks.as_ref())))
        }
    }
}

/// Of a module that is not supported, the report says that; and it is an error all the same.
fn report(
    input: &Input,
    config: &Config,
    format: ReportFormat,
    write: impl Fn(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let text = |report: Result<&Report, (&str, &Place)>| match (format, report) {
        (ReportFormat::Html, Ok(report)) => html::page(&input.name(), report),
        (ReportFormat::Html, Err((feature, place))) => {
            html::unsupported(&input.name(), feature, place)
        }
        (ReportFormat::Json, Ok(report)) => format!("{}\n", json_report::describe(report)),
        (ReportFormat::Json, Err((feature, place))) => {
            format!("{}\n", json_report::unsupported(feature, place))
        }
    };
    match config.report(&input.bytes) {
        Ok(report) => write(&text(Ok(&report))),
        Err(error) => {
            if let Error::Unsupported { feature, place } = &error {
                write(&text(Err((feature, place))))?;
            }
            Err(error.into())
        }
    }
}

/// For each import, the trait and the methods by which the host grants it; none for a memory or a table.
///
/// One name may be imported twice with two types, so methods are not looked up by name: a trait has them in the
/// order of the imports.
fn granted_by(interface: &Interface) -> Vec<Option<Grant<'_>>> {
    let mut traits: Vec<_> =
        interface.traits.iter().map(|item| (item, item.methods.iter().peekable())).collect();
    let grants = interface.imports.iter().map(|import| {
        if matches!(import.kind, ExportKind::Memory { .. } | ExportKind::Table { .. }) {
            return None;
        }
        let (item, methods) = traits.iter_mut().find(|(item, _)| item.module == import.module)?;
        let method = methods.next()?;
        let setter = methods.next_if(|method| method.kind == MethodKind::GlobalSet);
        Some(Grant { trait_name: &item.rust_name, method, setter })
    });
    grants.collect()
}

/// The functions of WASI that a module imports, by what they are about. What is none of preview 1's is `unknown`.
fn wasi_groups(interface: &Interface) -> Vec<(&'static str, Vec<&str>)> {
    let mut groups: BTreeMap<Option<Group>, Vec<&str>> = BTreeMap::new();
    for import in &interface.imports {
        if import.module == "wasi_snapshot_preview1" {
            let group = Function::named(&import.name).map(|function| function.group);
            // Only a known name is printed as it is.
            let name = if group.is_some() { import.name.as_str() } else { "?" };
            groups.entry(group).or_default().push(name);
        }
    }
    let words = |group: Option<Group>| group.map_or("unknown", Group::words);
    groups.into_iter().map(|(group, names)| (words(group), names)).collect()
}

/// What a function of WASI is about, in plain words; none for what is imported from elsewhere.
pub(super) fn wasi_words(module: &str, name: &str) -> Option<&'static str> {
    let words = || Function::named(name).map_or("unknown", |function| function.group.words());
    (module == "wasi_snapshot_preview1").then(words)
}

/// How a host grants an import.
struct Grant<'a> {
    trait_name: &'a str,
    method: &'a MethodItem,
    /// The second method of a global that can be set.
    setter: Option<&'a MethodItem>,
}
