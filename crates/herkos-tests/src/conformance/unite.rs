//! Modules that import from each other, linked by herkos.
//!
//! A script's modules that import from each other are the parts of one unit, and so is the testsuite's
//! `spectest`. In a unit each has the name of its slot, so its imports are named anew: a script may
//! register another instance under a name later.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use herkos::{Config, Error, Output};
use wasm_encoder::ImportSection;
use wasm_encoder::reencode::{self, Reencode};

/// The testsuite's own module (testsuite, "The spectest module").
const SPECTEST: &str = r#"(module
  (func (export "print")) (func (export "print_i32") (param i32))
  (func (export "print_i64") (param i64)) (func (export "print_f32") (param f32))
  (func (export "print_f64") (param f64)) (func (export "print_i32_f32") (param i32 f32))
  (func (export "print_f64_f64") (param f64 f64))
  (global (export "global_i32") i32 (i32.const 666)) (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref) (memory (export "memory") 1 2))"#;

/// The name of a module in its unit: exports begin with it, and a full stop.
pub fn part_name(slot: usize) -> String {
    format!("s{slot}")
}

/// A module as it is linked.
#[derive(Clone)]
pub struct Part {
    /// The binary module, its imports named by slots.
    pub bytes: Vec<u8>,
    /// The slots that it imports from.
    pub imports_from: Vec<usize>,
}

impl Part {
    /// `input` is in either format; `slots` has the slot that each registered name stands for now.
    pub fn new(input: &[u8], slots: &HashMap<String, usize>) -> Result<Self> {
        let binary = wat::parse_bytes(input)?;
        let mut rename = Rename { slots, imports_from: Vec::new() };
        let mut module = wasm_encoder::Module::new();
        rename
            .parse_core_module(&mut module, wasmparser::Parser::new(0), &binary)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self { bytes: module.finish(), imports_from: rename.imports_from })
    }
}

struct Rename<'s> {
    slots: &'s HashMap<String, usize>,
    imports_from: Vec<usize>,
}

impl Reencode for Rename<'_> {
    type Error = std::convert::Infallible;

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        for import in section.into_imports() {
            let import = import?;
            let slot = self.slots.get(import.module).copied();
            self.imports_from.extend(slot);
            let module = slot.map_or_else(|| import.module.to_owned(), part_name);
            imports.import(&module, import.name, self.entity_type(import.ty)?);
        }
        Ok(())
    }
}

/// Links the parts in these slots and `spectest`.
pub fn link(config: &Config, parts: &BTreeMap<usize, &Part>) -> Result<Output, Error> {
    let names: Vec<String> = parts.keys().map(|slot| part_name(*slot)).collect();
    let mut modules = vec![("spectest", SPECTEST.as_bytes())];
    modules
        .extend(names.iter().zip(parts.values()).map(|(name, part)| (name.as_str(), &*part.bytes)));
    config.clone().by_name(true).threads(1).link(&modules)
}

/// The slots of each set of parts that are linked with each other.
pub fn components(parts: &BTreeMap<usize, Part>) -> Vec<Vec<usize>> {
    let mut first: HashMap<usize, usize> = parts.keys().map(|slot| (*slot, *slot)).collect();
    loop {
        let mut changed = false;
        for (slot, part) in parts {
            for other in &part.imports_from {
                let lowest = first[slot].min(first.get(other).copied().unwrap_or(first[slot]));
                for slot in [slot, other] {
                    if first.insert(*slot, lowest) != Some(lowest) {
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for slot in parts.keys() {
        components.entry(first[slot]).or_default().push(*slot);
    }
    components.into_values().filter(|slots| slots.len() > 1).collect()
}
