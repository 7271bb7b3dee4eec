//! Hosts made of other hosts, for `--host-impls`.

use super::items::ImportNames;
use super::names::{Ident, Namespace, sanitise};
use super::{Backend, rust_type, tuple_type, zero};
use crate::config::MemoryStorage;
use crate::wasm::{ImportType, Signature};
use herkos_runtime::ValType;
use std::fmt::Write as _;

/// A function or a global that a trait asks for.
struct HostItem<'a> {
    /// Its name in the module.
    name: &'a str,
    names: &'a ImportNames,
    /// Of a function.
    sig: Option<&'a Signature>,
    /// Whether the function gets the memory.
    memory: bool,
    /// Whether it gets the instance.
    reentrant: bool,
    /// The type of a global.
    global: Option<ValType>,
}

/// How an implementation does what a trait asks.
struct Body<'a> {
    /// Before the names of types and traits that are the module's own.
    path: &'a str,
    /// What a function of the host does.
    func: &'a dyn Fn(&HostItem<'_>) -> String,
    /// What gives a global, and what sets it.
    get: &'a dyn Fn(&HostItem<'_>) -> String,
    set: &'a dyn Fn(&HostItem<'_>) -> String,
}

impl Backend<'_> {
    pub(super) fn host_impls(&self, out: &mut String) {
        let mut items_of_traits = self.host_items().into_iter();
        let delegations = self.delegations();
        for (index, (names, delegation)) in self.names.traits.iter().zip(&delegations).enumerate() {
            let name = names.name.as_str();
            let items = items_of_traits.next().unwrap_or_default();
            // A function that calls back gets an instance of this very host, not of one made of it.
            let reentrant = self.is_reentrant_trait(index);
            let mut pointers = Vec::new();
            if !reentrant {
                pointers.push(format!("impl<H: {name} + ?Sized> {name} for &mut H"));
            }
            if !reentrant && self.config.memory == MemoryStorage::Heap {
                pointers.push(format!(
                    "impl<H: {name} + ?Sized> {name} for herkos_runtime::prelude::Box<H>"
                ));
            }
            for header in pointers {
                let _ = writeln!(out, "{header} {{");
                self.delegate(out, &items, name, "", "**self");
                out.push_str("}\n\n");
            }
            let _ = writeln!(out, "impl {name} for Denied {{");
            let module = self.effects.traits[index].escape_default();
            self.items(
                out,
                &items,
                &Body {
                    path: "",
                    func: &|item| {
                        let host = if item.reentrant { "caller.cx.host" } else { "self" };
                        let name = item.name.escape_default();
                        format!("Err({host}.deny(\"{module}\", \"{name}\"))")
                    },
                    get: &|item| item.global.map_or("", zero).to_owned(),
                    set: &|_| String::new(),
                },
            );
            out.push_str("}\n\n");
            if reentrant {
                continue;
            }
            if let [item @ HostItem { sig: Some(sig), .. }] = items.as_slice() {
                self.closure(out, item, name, sig);
            }
            let _ = writeln!(
                out,
                "macro_rules! {delegation} {{\n    \
                     ($($module:ident)::+, $host:ty => $field:ident) => {{\n\
                 impl $($module)::+::{name} for $host {{"
            );
            self.delegate(out, &items, name, "$($module)::+::", "self.$field");
            let _ = writeln!(out, "}}\n    }};\n}}\npub(crate) use {delegation};\n");
        }
    }

    /// What exports the macros, in the header.
    pub(super) fn macro_reexport(&self) -> String {
        if !self.config.host_impls || !self.has_host() {
            return String::new();
        }
        let delegations = self.delegations();
        let delegated = delegations.iter().enumerate();
        let names: Vec<&str> = delegated
            .filter(|(index, _)| !self.is_reentrant_trait(*index))
            .map(|(_, name)| name.as_str())
            .collect();
        if names.is_empty() {
            return String::new();
        }
        format!("#[allow(unused_imports)]\npub(crate) use module::{{{}}};\n", names.join(", "))
    }

    /// For each trait the macro that implements it by a field. A `use` takes a name in all namespaces: no
    /// function has it.
    fn delegations(&self) -> Vec<Ident> {
        let mut scope = Namespace::default();
        let claim = |name: &String| {
            let name = sanitise(name).unwrap_or_else(|| "host".to_owned()).to_ascii_lowercase();
            scope.claim_unless(&format!("delegate_{name}"), |name| self.names.is_item(name))
        };
        self.effects.traits.iter().map(claim).collect()
    }

    /// For each trait the functions and globals that it asks for.
    fn host_items(&self) -> Vec<Vec<HostItem<'_>>> {
        let mut items: Vec<Vec<HostItem<'_>>> = Vec::new();
        items.resize_with(self.names.traits.len(), Vec::new);
        for (import, names) in self.module.imports.iter().zip(&self.names.imports) {
            let Some(names) = names.as_ref().filter(|names| !names.is_again) else { continue };
            let (sig, global) = match import.ty {
                ImportType::Func(sig) => (Some(&self.module.sigs[sig.index()]), None),
                ImportType::Global(global) => (None, Some(self.module.globals[global.index()].ty)),
                ImportType::Table(_) | ImportType::Memory(_) => continue,
            };
            let reentrant = import.reentrant;
            let memory = import.memory.is_some() && !reentrant;
            let item = HostItem { name: import.name, names, sig, memory, reentrant, global };
            if let Some(items) = items.get_mut(names.trait_index) {
                items.push(item);
            }
        }
        items
    }

    /// The methods of a trait, each as that of `target`.
    fn delegate(
        &self,
        out: &mut String,
        items: &[HostItem<'_>],
        name: &str,
        path: &str,
        target: &str,
    ) {
        let call = |item: &HostItem<'_>| {
            let mut args = vec![format!("&mut {target}")];
            let params = item.sig.map(|sig| self.host_params(sig, item.memory)).unwrap_or_default();
            args.extend(params.into_iter().map(|(name, _)| name));
            format!("{path}{name}::{}({})", item.names.method, args.join(", "))
        };
        self.items(
            out,
            items,
            &Body {
                path,
                func: &call,
                get: &|item| format!("{path}{name}::{}(&{target})", item.names.method),
                set: &|item| {
                    let setter = item.names.setter.as_ref().map_or("", Ident::as_str);
                    format!("{path}{name}::{setter}(&mut {target}, value)")
                },
            },
        );
    }

    /// A closure that implements a trait of one function.
    fn closure(&self, out: &mut String, item: &HostItem<'_>, name: &str, sig: &Signature) {
        let params = self.host_params(sig, item.memory);
        let types: Vec<&str> = params.iter().map(|(_, ty)| ty.as_str()).collect();
        let args: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(
            out,
            "impl<H: FnMut({}) -> WasmResult<{}>> {name} for HostFn<H> {{",
            types.join(", "),
            tuple_type(&sig.results)
        );
        let call = format!("(self.0)({})", args.join(", "));
        self.items(
            out,
            std::slice::from_ref(item),
            &Body {
                path: "",
                func: &|_| call.clone(),
                get: &|_| String::new(),
                set: &|_| String::new(),
            },
        );
        out.push_str("}\n\n");
    }

    fn items(&self, out: &mut String, items: &[HostItem<'_>], body: &Body<'_>) {
        // Outside of the generated module, nothing but the full paths means what it does inside.
        let types = |text: &str| match body.path {
            "" => text.to_owned(),
            path => text
                .replace("Memory", &format!("{path}Memory"))
                .replace("Option<", "::core::option::Option<::herkos_runtime::"),
        };
        let result = if body.path.is_empty() { "" } else { "::herkos_runtime::" };
        for item in items {
            let method = &item.names.method;
            if let Some(sig) = item.sig {
                let params: Vec<String> = (self.host_params(sig, item.memory).iter())
                    .map(|(name, ty)| format!(", {name}: {}", types(ty)))
                    .collect();
                let _ = writeln!(
                    out,
                    "    fn {method}({}{}) -> {result}WasmResult<{}> {{ {} }}",
                    self.host_receiver(item.reentrant),
                    params.concat(),
                    types(&tuple_type(&sig.results)),
                    (body.func)(item)
                );
            }
            if let Some(global) = item.global {
                let ty = types(rust_type(global));
                let get = (body.get)(item);
                let _ = writeln!(out, "    fn {method}(&self) -> {ty} {{ {get} }}");
                if let Some(setter) = &item.names.setter {
                    let set = (body.set)(item);
                    let _ = writeln!(out, "    fn {setter}(&mut self, value: {ty}) {{ {set} }}");
                }
            }
        }
    }
}
