//! `herkos inspect`: what a module asks for and what it offers.

mod json;
mod text;

use std::collections::BTreeMap;

use herkos::{ExportKind, Interface, MethodItem, MethodKind};

use herkos_wasi::{Function, Group};

use super::args::{Format, Inspect};
use super::failure::Failure;
use super::input::Input;
use super::output;

pub(crate) fn run(args: &Inspect) -> Result<(), Failure> {
    let input = Input::read(&args.input)?;
    let config = args.translation.config();
    let interface = config.inspect(&input.bytes)?;
    let checks = if args.checks { Some(config.checks(&input.bytes)?) } else { None };
    match args.format {
        Format::Text => {
            output::print_styled(&text::describe(&input.name(), &interface, checks.as_ref()))
        }
        Format::Json => {
            let description = json::describe(&interface, checks.as_ref());
            output::print(format!("{description}\n").as_bytes())
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

/// How a host grants an import.
struct Grant<'a> {
    trait_name: &'a str,
    method: &'a MethodItem,
    /// The second method of a global that can be set.
    setter: Option<&'a MethodItem>,
}
