//! What identifiers mean: under other names a module's Rust uses each in the same places.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use syn::visit::{self, Visit};

/// Where an identifier is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Space {
    Type,
    Value,
    /// What a type or a trait has, with that before it.
    Member,
    Lifetime,
}

/// The identifiers of a file, in its order; an item is a list.
#[derive(Default)]
struct Found {
    items: Vec<Vec<(Space, String)>>,
    /// Which of the lists are of definitions.
    definitions: Vec<usize>,
}

impl Found {
    fn note(&mut self, space: Space, ident: &impl ToString) {
        if let Some(item) = self.items.last_mut() {
            item.push((space, ident.to_string()));
        }
    }

    /// The names of a list of items: no two may be the same.
    fn defined(&mut self, items: &[syn::Item]) {
        self.definitions.push(self.items.len());
        self.items.push(Vec::new());
        for item in items {
            match item {
                syn::Item::Fn(item) => self.note(Space::Value, &item.sig.ident),
                syn::Item::Static(item) => self.note(Space::Value, &item.ident),
                syn::Item::Struct(item) => self.note(Space::Type, &item.ident),
                syn::Item::Trait(item) => self.note(Space::Type, &item.ident),
                syn::Item::Type(item) => self.note(Space::Type, &item.ident),
                syn::Item::Macro(item) => {
                    // Exported by a `use`, which takes the name of a value as well.
                    item.ident.iter().for_each(|ident| self.note(Space::Value, ident));
                }
                _ => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_file(&mut self, file: &'a syn::File) {
        self.defined(&file.items);
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if let Some((_, items)) = &module.content {
            self.defined(items);
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item(&mut self, item: &'a syn::Item) {
        self.items.push(Vec::new());
        match item {
            syn::Item::Impl(item) => item.items.iter().for_each(|item| {
                if let syn::ImplItem::Fn(method) = item {
                    self.note(Space::Member, &method.sig.ident);
                }
            }),
            syn::Item::Trait(item) => item.items.iter().for_each(|item| {
                if let syn::TraitItem::Fn(method) = item {
                    self.note(Space::Member, &method.sig.ident);
                }
            }),
            _ => {}
        }
        self.items.push(Vec::new());
        visit::visit_item(self, item);
    }

    // The lists of what is taken of the runtime differ.
    fn visit_item_use(&mut self, _: &'a syn::ItemUse) {}

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.items.push(Vec::new());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        self.items.push(Vec::new());
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        visit::visit_generics(self, &signature.generics);
        signature.inputs.iter().for_each(|input| self.visit_fn_arg(input));
        self.visit_return_type(&signature.output);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let mut before = String::new();
        for segment in &path.segments {
            let space = if before.is_empty() { Space::Type } else { Space::Member };
            before = match space {
                Space::Member => format!("{before}::{}", segment.ident),
                _ => segment.ident.to_string(),
            };
            self.note(space, &before);
            self.visit_path_arguments(&segment.arguments);
        }
    }

    fn visit_expr_path(&mut self, expr: &'a syn::ExprPath) {
        match expr.path.get_ident() {
            Some(ident) => self.note(Space::Value, ident),
            None => visit::visit_expr_path(self, expr),
        }
    }

    fn visit_pat_tuple_struct(&mut self, pattern: &'a syn::PatTupleStruct) {
        match pattern.path.get_ident() {
            Some(ident) => self.note(Space::Value, ident),
            None => self.visit_path(&pattern.path),
        }
        pattern.elems.iter().for_each(|pattern| self.visit_pat(pattern));
    }

    fn visit_pat_ident(&mut self, pattern: &'a syn::PatIdent) {
        self.note(Space::Value, &pattern.ident);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_lifetime(&mut self, lifetime: &'a syn::Lifetime) {
        self.note(Space::Lifetime, &lifetime.ident);
    }

    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}
}

/// Compares a module's Rust with that of the same module under plain names. In an item, what had one identifier has one,
/// and what had two has two: no name hides another one.
///
/// # Errors
///
/// If some identifier means something else.
pub fn same_meaning(found: &syn::File, plain: &syn::File) -> Result<()> {
    let (found, plain) = (identifiers(found), identifiers(plain));
    ensure!(found.items.len() == plain.items.len(), "other items");
    // What the module has is meant in all of its items; plain names hide nothing.
    let mut defined = HashMap::new();
    for index in &plain.definitions {
        defined.extend(plain.items[*index].iter().zip(&found.items[*index]));
    }
    for (found, plain) in found.items.iter().zip(&plain.items) {
        ensure!(found.len() == plain.len(), "an item with other identifiers");
        let (mut there, mut back) = (HashMap::new(), HashMap::new());
        for (now, then) in found.iter().zip(plain) {
            ensure!(now.0 == then.0, "`{}` stands where `{}` stood", now.1, then.1);
            let once =
                *there.entry(then).or_insert_with(|| defined.get(then).copied().unwrap_or(now));
            let other = *back.entry(now).or_insert(then);
            ensure!(
                once == now && other == then,
                "{now:?} is {then:?} of the plain module, where {then:?} is {once:?} and {now:?} is {other:?}"
            );
        }
    }
    Ok(())
}

fn identifiers(file: &syn::File) -> Found {
    let mut found = Found::default();
    found.visit_file(file);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(found: &str, plain: &str) -> Result<()> {
        same_meaning(&syn::parse_str(found)?, &syn::parse_str(plain)?)
    }

    #[test]
    fn a_name_that_hides_another_is_seen() -> Result<()> {
        let plain = "mod m { struct S; fn n1(n2: i32) -> T { load(n2) } fn n3() { n1(5) } }";
        compared(plain, plain)?;
        // In another function the parameter's name is free.
        compared("mod m { struct S; fn a(b: i32) -> T { load(b) } fn b() { a(5) } }", plain)?;
        for other in [
            "mod m { struct S; fn a(load: i32) -> T { load(load) } fn b() { a(5) } }",
            "mod m { struct S; fn a(b: i32) -> T { load(b) } fn a() { a(5) } }",
            "mod m { struct S; fn a(b: i32) -> T { load(b) } fn b() { b(5) } }",
        ] {
            assert!(compared(other, plain).is_err(), "{other}");
        }
        assert!(compared("trait A { fn a(); fn a(); }", "trait A { fn a(); fn b(); }").is_err());
        assert!(compared("fn f() { A::a(); A::a() }", "fn f() { A::a(); B::a() }").is_err());
        Ok(())
    }
}
