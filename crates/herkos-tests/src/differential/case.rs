//! A module with calls, and what an engine observed.

use anyhow::{Context as _, Result};
use herkos::{Bounds, Error, Interface};
use herkos_runtime::{TrapKind, ValType};

use super::engine::{Engine, Run, functions};
use super::guest::{Call, value};
use super::instrument::canonical_nans;
use super::setup::Setup;
use crate::program::Dice;

/// How often calls that run into a limit of the engine's are left out before the rest is.
const MAX_CUTS: usize = 6;

/// A module to compare.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called in reports and as a file.
    pub name: String,
    /// The module as it was made.
    pub original: Vec<u8>,
    /// The module that herkos translates.
    pub wasm: Vec<u8>,
    /// What herkos says about it.
    pub interface: Interface,
    /// The calls.
    pub calls: Vec<Call>,
    /// What the engine observed: the lines of each step.
    pub expected: Vec<Vec<String>>,
    /// Whether the bits of a quiet NaN may differ.
    pub any_nan: bool,
}

/// What became of a module.
pub enum Made {
    /// It can be compared.
    Case(Box<Case>),
    /// It is of no use: a limit of herkos or of the engine is in the way.
    Unfit,
}

/// Random calls of a module's exports.
pub(crate) fn random_calls(interface: &Interface, dice: &mut Dice, count: usize) -> Vec<Call> {
    let functions = functions(interface);
    if functions.is_empty() {
        return Vec::new();
    }
    (0..count)
        .map(|_| {
            let (name, params, _) = functions[dice.below(functions.len())];
            let args = params.iter().map(|ty: &ValType| value(*ty, dice.next())).collect();
            Call { name: name.to_owned(), args }
        })
        .collect()
}

impl Case {
    /// Runs a module in an engine.
    ///
    /// `calls` chooses the calls; those that run into limits are left out.
    ///
    /// # Errors
    ///
    /// If herkos or the engine does not accept a module that the other does, or fails.
    pub fn make(
        name: &str,
        original: &[u8],
        setup: &Setup,
        engine: &dyn Engine,
        calls: impl FnOnce(&Interface) -> Vec<Call>,
    ) -> Result<Made> {
        let interface = match setup.config().inspect(original) {
            Ok(interface) => interface,
            // Modules that import their memory have no other policy, and some want too much.
            Err(Error::Limit { .. }) => return Ok(Made::Unfit),
            Err(error) => return Err(error).context("herkos rejects it"),
        };
        let runner = Runner { engine, interface: &interface, traps: setup.bounds == Bounds::Trap };
        let calls = calls(&interface);
        let Some((mut calls, mut run)) = runner.settle(original, calls)? else {
            return Ok(Made::Unfit);
        };
        let mut wasm = original.to_vec();
        let mut any_nan = false;
        if let Some(exact) = canonical_nans(original)? {
            let Some((exact_calls, exact_run)) = runner.settle(&exact, calls.clone())? else {
                return Ok(Made::Unfit);
            };
            let alike = exact_calls == calls && agree(&run.steps, &exact_run.steps, true);
            if setup.canonical_nans {
                run = exact_run;
                calls = exact_calls;
            } else if alike {
                // No bits of a NaN were seen but in results.
                any_nan = true;
            } else {
                run = exact_run;
                calls = exact_calls;
                wasm = exact;
            }
        }
        // Its digest and offsets are of the module that is translated.
        let interface = setup.config().inspect(&wasm).context("herkos rejects it")?;
        Ok(Made::Case(Box::new(Self {
            name: name.to_owned(),
            original: original.to_vec(),
            wasm,
            interface,
            calls,
            expected: run.steps,
            any_nan,
        })))
    }

    /// What differs from what the engine observed, if anything does.
    pub fn difference(&self, observed: &[Vec<String>]) -> Option<String> {
        for (index, expected) in self.expected.iter().enumerate() {
            let step = match index.checked_sub(1).and_then(|call| self.calls.get(call)) {
                Some(call) => call.line(),
                None => "instantiation".to_owned(),
            };
            let Some(lines) = observed.get(index) else {
                return Some(format!("{step}: the program died"));
            };
            if !agree_lines(expected, lines, self.any_nan) {
                return Some(format!(
                    "{step}:\n  expected {}\n  got      {}",
                    expected.join("\n           "),
                    lines.join("\n           ")
                ));
            }
        }
        None
    }
}

struct Runner<'a> {
    engine: &'a dyn Engine,
    interface: &'a Interface,
    /// Whether accesses beyond the memory are to be compared.
    traps: bool,
}

impl Runner<'_> {
    /// The calls that end within all limits, and what is observed then; `None` if not even the instantiation does.
    fn settle(&self, wasm: &[u8], mut calls: Vec<Call>) -> Result<Option<(Vec<Call>, Run)>> {
        for _ in 0..MAX_CUTS {
            let run = self.run(wasm, &calls)?;
            match run.steps.len() {
                0 => return Ok(None),
                steps if run.cut => {
                    calls.remove(steps - 1);
                }
                steps => {
                    calls.truncate(steps - 1);
                    return Ok(Some((calls, run)));
                }
            }
        }
        let mut run = self.run(wasm, &calls)?;
        run.cut = false;
        calls.truncate(run.steps.len().saturating_sub(1));
        Ok((!run.steps.is_empty()).then_some((calls, run)))
    }

    fn run(&self, wasm: &[u8], calls: &[Call]) -> Result<Run> {
        let mut run = self.engine.run(wasm, self.interface, calls)?;
        let beyond = format!("trap {}", TrapKind::MemoryOutOfBounds.message());
        if !self.traps
            && let Some(step) = run.steps.iter().position(|lines| lines.contains(&beyond))
        {
            run.steps.truncate(step);
            run.cut = true;
        }
        Ok(run)
    }
}

/// Whether all steps are alike.
fn agree(a: &[Vec<String>], b: &[Vec<String>], any_nan: bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree_lines(a, b, any_nan))
}

fn agree_lines(a: &[String], b: &[String], any_nan: bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree_line(a, b, any_nan))
}

fn agree_line(a: &str, b: &str, any_nan: bool) -> bool {
    if kind(a) == kind(b) {
        return true;
    }
    let (mut a, mut b) = (a.split(' '), b.split(' '));
    any_nan
        && loop {
            match (a.next(), b.next()) {
                (None, None) => break true,
                (Some(a), Some(b)) if a == b || (is_quiet_nan(a) && is_quiet_nan(b)) => {}
                _ => break false,
            }
        }
}

/// The line, but for the kinds of traps that engines don't tell apart.
fn kind(line: &str) -> &str {
    const UNDEFINED: &str = "trap undefined element";
    const BEYOND: &str = "trap out of bounds table access";
    if line == UNDEFINED { BEYOND } else { line }
}

fn is_quiet_nan(token: &str) -> bool {
    let (quiet, bits) = match token.split_once(':') {
        Some(("f32", bits)) => (0x7fc0_0000, bits),
        Some(("f64", bits)) => (0x7ff8_0000_0000_0000, bits),
        _ => return false,
    };
    u64::from_str_radix(bits, 16).is_ok_and(|bits| bits & quiet == quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nans_are_compared_by_class_where_they_may_differ() {
        let (a, b) = ("ok i32:1 f32:7fc00000", "ok i32:1 f32:ffc00001");
        assert!(agree_line(a, b, true));
        assert!(!agree_line(a, b, false));
        assert!(!agree_line(a, "ok i32:1 f32:7fa00000", true));
        assert!(!agree_line(a, "ok i32:1", true));
        assert!(agree_line("trap undefined element", "trap out of bounds table access", false));
        assert!(!agree_line("trap unreachable", "trap host error", true));
    }
}
