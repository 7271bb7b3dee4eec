//! Functions one after the other: from operators through the passes to what is made of them.
//!
//! A function's IR lives only as long as it is worked on. Several are worked on at a time, as
//! many as there are threads; what they become is put together in their order.

use crate::error::Error;
use crate::front::{FrontOptions, MAX_NODES_PER_BYTE, translate};
use crate::ir::{Func, verify};
use crate::pass::{Facts, Pass};
use crate::wasm::DefinedFunc;
use rayon::prelude::*;
use wasmparser::FunctionBody;

/// A module may become this many IR nodes, plus [`MAX_NODES_PER_BYTE`] for each of its bytes: many
/// small functions, each with as many locals as are allowed, can't take for ever.
const MIN_NODES: usize = 1 << 21;

/// Bytes of code and locals that each thread gets at a time: what the functions in them become
/// is kept until their turn comes.
const WEIGHT_PER_THREAD: u64 = 1 << 16;

/// One function, translated and passed through `passes`.
pub fn lower(
    facts: &Facts<'_>,
    index: DefinedFunc,
    passes: &[(&str, Pass)],
) -> Result<Func, Error> {
    let module = facts.module;
    let options =
        FrontOptions { canonical_nans: facts.config.canonical_nans, memories: facts.memories };
    let lowered = || {
        let mut func = translate(module, index, options)?;
        // What is written is always verified; before that only to find the one at fault.
        let verify_early = |func: &Func| if cfg!(debug_assertions) { verify(func) } else { Ok(()) };
        verify_early(&func)?;
        for (_, pass) in passes {
            if pass(&mut func, facts) {
                verify_early(&func)?;
            }
        }
        verify(&func)?;
        Ok(func)
    };
    lowered()
        .map_err(|error: Error| error.in_function(|| module.describe_func(module.func_idx(index))))
}

/// Lowers every function and makes something of it, on all threads; `take` gets what was made
/// in the order of the functions. `S` is what one function can leave for the next to reuse.
///
/// # Errors
///
/// The first one by position, whatever the number of threads.
pub fn each_function<S: Default, T: Send>(
    facts: &Facts<'_>,
    passes: &[(&str, Pass)],
    make: impl Fn(&mut S, DefinedFunc, Func) -> T + Sync,
    mut take: impl FnMut(DefinedFunc, T),
) -> Result<(), Error> {
    let limit = MIN_NODES + MAX_NODES_PER_BYTE * facts.module.size;
    let mut nodes = 0;
    let mut next = 0;
    let bodies = &facts.module.bodies;
    while next < bodies.len() {
        let (first, mut rest) = (next, WEIGHT_PER_THREAD * rayon::current_num_threads() as u64);
        while next < bodies.len() && rest > 0 {
            rest = rest.saturating_sub(weight(&bodies[next]));
            next += 1;
        }
        let made: Vec<Result<(usize, T), Error>> = (first as u32..next as u32)
            .into_par_iter()
            .map_init(S::default, |reused, index| {
                let func = lower(facts, DefinedFunc(index), passes)?;
                Ok((func.nodes(), make(reused, DefinedFunc(index), func)))
            })
            .collect();
        for (index, made) in (first as u32..).zip(made) {
            if nodes > limit {
                return Err(Error::limit(format!(
                    "the locals and values of all functions are beyond {limit} nodes"
                )));
            }
            let (own, made) = made?;
            nodes += own;
            take(DefinedFunc(index), made);
        }
    }
    Ok(())
}

/// How much there is to a function: the bytes of its body and its locals, which may be many in
/// few bytes.
fn weight(body: &FunctionBody<'_>) -> u64 {
    let range = body.range();
    let locals = body.get_locals_reader().into_iter().flatten();
    let locals: u64 = locals.filter_map(Result::ok).map(|(count, _)| u64::from(count)).sum();
    range.end - range.start + locals
}
