//! `herkos inspect`: what a module asks for and what it offers.

mod json;
mod text;

use herkos::{ExportKind, Interface, MethodItem, MethodKind};

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

/// How a host grants an import.
struct Grant<'a> {
    trait_name: &'a str,
    method: &'a MethodItem,
    /// The second method of a global that can be set.
    setter: Option<&'a MethodItem>,
}
