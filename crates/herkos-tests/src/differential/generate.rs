//! Modules to compare: random ones, random programs, and mutants of programs.

use anyhow::{Context as _, Result};
use arbitrary::Unstructured;
use wasm_mutate::WasmMutate;
use wasm_smith::{Config, MemoryOffsetChoices};
use wasmparser::{Validator, WasmFeatures};

use super::instrument::export_all;
use crate::corpus::{Language, programs};
use crate::program::{Dice, Shape, generate, walks};

/// The largest program that is mutated, in bytes.
const MAX_MUTATED: usize = 6_000;

/// What mutants may use: what herkos accepts.
const FEATURES: WasmFeatures =
    WasmFeatures::WASM2.difference(WasmFeatures::SIMD).union(WasmFeatures::EXTENDED_CONST);

/// Units that a random program may burn before it traps by itself.
const FUEL: u32 = 2_000;

/// Makes modules, each from a number.
pub struct Generator {
    /// What is mutated, besides what is generated.
    corpus: Vec<Vec<u8>>,
}

impl Generator {
    /// Reads the corpora.
    ///
    /// # Errors
    ///
    /// If a program can't be read.
    pub fn new() -> Result<Self> {
        let mut corpus = Vec::new();
        for language in Language::ALL {
            for program in programs(language)? {
                let wasm = program.wasm()?;
                if wasm.len() <= MAX_MUTATED {
                    corpus.push(wasm);
                }
            }
        }
        Ok(Self { corpus })
    }

    /// The module of a number; everything in it is exported.
    ///
    /// # Errors
    ///
    /// If a generator fails.
    pub fn module(&self, seed: u64) -> Result<Vec<u8>> {
        let mut dice = Dice::new(seed);
        let wasm = match dice.below(100) {
            0..72 => smith(&mut dice)?,
            72..82 => walk(&mut dice)?,
            82..86 => program(&mut dice)?,
            _ => self.mutant(&mut dice)?,
        };
        export_all(&wasm).with_context(|| format!("module {seed}"))
    }

    /// A module of the corpora, or a random one, after a few mutations.
    fn mutant(&self, dice: &mut Dice) -> Result<Vec<u8>> {
        let mut wasm = match dice.below(4) {
            0 => smith(dice)?,
            1 => walk(dice)?,
            _ => self.corpus[dice.below(self.corpus.len())].clone(),
        };
        for _ in 0..=dice.below(6) {
            // Some mutations don't apply, and some use proposals.
            if let Some(mutated) = mutate(&wasm, dice.next(), false)
                && mutated.len() <= MAX_MUTATED + 500
                && Validator::new_with_features(FEATURES).validate_all(&mutated).is_ok()
            {
                wasm = mutated;
            }
        }
        Ok(wasm)
    }
}

/// A mutation of a module, if the one that the seed chooses applies; one that makes it smaller, if so asked.
pub fn mutate(wasm: &[u8], seed: u64, reduce: bool) -> Option<Vec<u8>> {
    let mut mutator = WasmMutate::default();
    mutator.seed(seed).fuel(500).reduce(reduce);
    let mut mutants = mutator.run(wasm).ok()?;
    mutants.next()?.ok()
}

fn walk(dice: &mut Dice) -> Result<Vec<u8>> {
    let funcs = 1 + dice.below(4);
    Ok(wat::parse_str(walks(dice.next(), funcs).text(FUEL))?)
}

fn program(dice: &mut Dice) -> Result<Vec<u8>> {
    let risk = dice.pick(&[0, 12, 200]);
    let shape = Shape { funcs: 3, size: 25, depth: 3, expr: 3, risk, nest: 0, steady: false };
    Ok(wat::parse_str(generate(dice.next(), shape).text(FUEL))?)
}

/// A random module. Not every string of bytes makes one.
fn smith(dice: &mut Dice) -> Result<Vec<u8>> {
    let mut tries = (0..100).map(|_| try_smith(dice));
    tries.find_map(Result::transpose).context("wasm-smith makes no module")?
}

fn try_smith(dice: &mut Dice) -> Result<Option<Vec<u8>>> {
    let len = dice.pick(&[600, 1_500, 4_000]);
    let bytes: Vec<u8> = (0..len).map(|_| dice.next() as u8).collect();
    let (within, beyond, out) = dice.pick(&[(1, 0, 0), (90, 9, 1), (5, 2, 1)]);
    let config = Config {
        min_funcs: 1,
        max_funcs: 1 + dice.below(6),
        max_instructions: dice.pick(&[15, 40, 40, 100, 250]),
        max_types: 1 + dice.below(8),
        max_imports: dice.below(6),
        max_globals: dice.below(6),
        max_tables: dice.below(4),
        max_memories: 1,
        min_memories: u32::from(dice.chance(80)),
        max_elements: 12,
        max_element_segments: 4,
        max_data_segments: 4,
        max_exports: 3,
        max_type_size: 500,
        max_table_elements: 20,
        max_memory32_bytes: dice.pick(&[0x1_0000, 0x1_0000, 0x2_0000, 0x4_0000]),
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(within, beyond, out),
        table_max_size_required: true,
        allow_floats: dice.chance(60),
        disallow_traps: dice.chance(40),
        allow_start_export: dice.chance(30),
        const_expr_fuel: 8,
        ..accepted()
    };
    let Ok(mut module) = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)) else {
        return Ok(None);
    };
    // The others are bounded by the engine's fuel alone, so that their loops stay as they are.
    if dice.chance(50) {
        module.ensure_termination(3_000)?;
    }
    Ok(Some(module.to_bytes()))
}

/// wasm-smith's options for modules of nothing but what herkos accepts.
pub fn accepted() -> Config {
    Config {
        extended_const_enabled: true,
        bulk_memory_enabled: true,
        multi_value_enabled: true,
        reference_types_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}
