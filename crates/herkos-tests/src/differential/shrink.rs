//! Makes a failing case small.

use anyhow::Result;

use super::batch::{Verdict, Workshop};
use super::case::{Case, Made};
use super::engine::Engine;
use super::generate::mutate;
use super::guest::Call;
use super::setup::Setup;

/// Candidates that are compiled together.
const CANDIDATES: usize = 24;

/// Rounds without a smaller module after which it is small enough.
const PATIENCE: usize = 4;

/// Rounds in all.
const MAX_ROUNDS: usize = 40;

/// A smaller case that still fails; the case itself if there is none.
///
/// # Errors
///
/// If programs can't be made.
pub fn shrink(
    workshop: &Workshop,
    setup: &Setup,
    engine: &dyn Engine,
    case: &Case,
) -> Result<Case> {
    let make = |wasm: &[u8], calls: &[Call]| {
        // What an engine rejects is of no interest.
        match Case::make(&case.name, wasm, setup, engine, |interface| known(calls, interface)) {
            Ok(Made::Case(case)) => Some(*case),
            Ok(Made::Unfit) | Err(_) => None,
        }
    };
    let mut best = case.clone();
    let mut seed = 0;
    let mut idle = 0;
    for _ in 0..MAX_ROUNDS {
        let mut candidates = Vec::new();
        for index in 0..best.calls.len() {
            let mut calls = best.calls.clone();
            calls.remove(index);
            candidates.extend(make(&best.original, &calls));
            candidates.extend(make(&best.original, &best.calls[..index]));
        }
        candidates.truncate(CANDIDATES);
        for _ in 0..4 * CANDIDATES {
            seed += 1;
            let Some(wasm) = mutate(&best.original, seed, true) else { continue };
            if wasm.len() < best.original.len() && candidates.len() < 2 * CANDIDATES {
                candidates.extend(make(&wasm, &best.calls));
            }
        }
        let verdicts = workshop.compare("shrink", &candidates)?;
        // Fewer calls first: most need one alone, and then much of the module is not needed.
        let size = |case: &Case| (case.calls.len(), case.original.len());
        let smallest = candidates
            .into_iter()
            .zip(verdicts)
            .filter(|(_, verdict)| matches!(verdict, Verdict::Differs(_)))
            .map(|(case, _)| case)
            .min_by_key(size);
        match smallest {
            Some(smaller) if size(&smaller) < size(&best) => {
                best = smaller;
                idle = 0;
            }
            _ => idle += 1,
        }
        if idle == PATIENCE {
            break;
        }
    }
    Ok(best)
}

/// The calls of functions that the module still exports, with the same parameters.
fn known(calls: &[Call], interface: &herkos::Interface) -> Vec<Call> {
    let functions = super::engine::functions(interface);
    let fits = |call: &&Call| {
        functions.iter().any(|(name, params, _)| {
            *name == call.name
                && params.len() == call.args.len()
                && params.iter().zip(&call.args).all(|(ty, arg)| *ty == arg.ty())
        })
    };
    calls.iter().filter(fits).cloned().collect()
}
