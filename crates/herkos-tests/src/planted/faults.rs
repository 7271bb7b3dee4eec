//! The faults: what they are, where, and what should find them first.

use super::{Fault, Suite};

const fn fault(
    name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    first: Suite,
) -> Fault {
    Fault { name, file, right, wrong, first }
}

const ACCESS: &str = "herkos-runtime/src/access.rs";
const MEMORY: &str = "herkos-runtime/src/memory.rs";
const TABLE: &str = "herkos-runtime/src/table.rs";
const LOOPS: &str = "herkos-runtime/src/loops.rs";
const NUMERIC: &str = "herkos/src/op/numeric.rs";
const OPERATORS: &str = "herkos/src/front/operators.rs";
const EFFECT: &str = "herkos/src/back/effect.rs";
const DISPATCH: &str = "herkos/src/back/dispatch.rs";
const EXTENTS: &str = "herkos/src/pass/extents.rs";
const COUNTED: &str = "herkos/src/pass/counted/mod.rs";
const EFFECTS: &str = "herkos/src/pass/effects.rs";
const FUEL: &str = "herkos/src/pass/fuel.rs";
const SHIM: &str = "herkos/src/back/c_abi/shim.rs";
const SHIM_TEXT: &str = "herkos/src/back/c_abi/shim.rs.in";
const HEADER: &str = "herkos/src/back/c_abi/header.rs";

/// Every fault. Each right text stands in its file exactly once.
pub const FAULTS: &[Fault] = &[
    // The runtime.
    fault(
        "address and offset wrap at 32 bits",
        ACCESS,
        "let address = addr as u32 as u64 + offset as u64;",
        "let address = (addr as u32).wrapping_add(offset) as u64;",
        Suite::Runtime,
    ),
    fault(
        "addresses are signed",
        ACCESS,
        "let address = addr as u32 as u64 + offset as u64;",
        "let address = (addr as i64 as u64).wrapping_add(offset as u64);",
        Suite::Runtime,
    ),
    fault(
        "i32.load16_s loses the sign",
        ACCESS,
        "i32_load16_s i32_load16_s_within i32_load16_s_below i32_load16_s_at: i16 as i32;",
        "i32_load16_s i32_load16_s_within i32_load16_s_below i32_load16_s_at: u16 as i32;",
        Suite::Runtime,
    ),
    fault(
        "i64.store32 stores two bytes",
        ACCESS,
        "i64_store32 i64_store32_within i64_store32_below i64_store32_at: i64 as u32;",
        "i64_store32 i64_store32_within i64_store32_below i64_store32_at: i64 as u16;",
        Suite::Runtime,
    ),
    fault(
        "memory.copy does not check the source",
        ACCESS,
        "let fits = dest_end <= memory.len() && src_end <= memory.len();",
        "let fits = dest_end <= memory.len();",
        Suite::Runtime,
    ),
    fault(
        "memory.grow of a lent buffer leaves old bytes",
        MEMORY,
        "            pages.fill(0);\n            true",
        "            let _ = pages;\n            true",
        Suite::Runtime,
    ),
    fault(
        "memory.grow may exceed the maximum by a page",
        MEMORY,
        ".filter(|&new| new <= self.max_pages)?",
        ".filter(|&new| new <= self.max_pages.saturating_add(1))?",
        Suite::Runtime,
    ),
    fault(
        "table.grow has no maximum",
        TABLE,
        "Some(new) if new <= self.max => new,",
        "Some(new) => new,",
        Suite::Runtime,
    ),
    fault(
        "table.copy does not check the source",
        TABLE,
        "let fits = range(elements, d, n).is_some() && range(elements, s, n).is_some();",
        "let fits = range(elements, d, n).is_some();",
        Suite::Runtime,
    ),
    fault(
        "the stack never ends",
        "herkos-runtime/src/stack.rs",
        "        here() < self.0\n",
        "        here() == self.0\n",
        Suite::Runtime,
    ),
    fault(
        "a division by zero is an overflow",
        "herkos-runtime/src/num/int.rs",
        "                None if b == 0 => Err(TrapKind::IntegerDivideByZero),\n",
        "",
        Suite::Runtime,
    ),
    fault(
        "the remainder of the least integer by -1 overflows",
        "herkos-runtime/src/num/int.rs",
        "Ok(a.wrapping_rem(b))",
        "a.checked_rem(b).ok_or(TrapKind::IntegerOverflow)",
        Suite::Runtime,
    ),
    fault(
        "a conversion rejects the least integer",
        "herkos-runtime/src/num/convert.rs",
        "-2147483649.0, 2147483648.0, \"i32.trunc_f64_s\";",
        "-2147483648.0, 2147483648.0, \"i32.trunc_f64_s\";",
        Suite::Runtime,
    ),
    fault(
        "the minimum of two zeros is the second",
        "herkos-runtime/src/num/float.rs",
        "$float::from_bits(x.to_bits() | y.to_bits())",
        "$float::from_bits(x.to_bits() & y.to_bits())",
        Suite::Runtime,
    ),
    fault(
        "a count is rounded down",
        LOOPS,
        "let steps = (bound - first).div_ceil(step);",
        "let steps = (bound - first) / step;",
        Suite::Runtime,
    ),
    fault(
        "a loop's range may be a byte too long",
        LOOPS,
        "    end <= memory.len()\n",
        "    end <= memory.len() + 1\n",
        Suite::Runtime,
    ),
    fault(
        "wrapping addresses lose the highest bit",
        "herkos-runtime/src/wrap.rs",
        "as usize & (N - WRAP_SLACK - 1)",
        "as usize & ((N - WRAP_SLACK) / 2 - 1)",
        Suite::Runtime,
    ),
    // Operators and the front end.
    fault(
        "i32.lt_u is signed",
        NUMERIC,
        "I32LtU \"i32.lt_u\" Test (a: i32, b: i32) -> i32 = (a as u32) < (b as u32);",
        "I32LtU \"i32.lt_u\" Test (a: i32, b: i32) -> i32 = a < b;",
        Suite::Conformance("i32"),
    ),
    fault(
        "i32.shr_u keeps the sign",
        NUMERIC,
        "Pure (a: i32, b: i32) -> i32 = (a as u32).wrapping_shr(b as u32) as i32;",
        "Pure (a: i32, b: i32) -> i32 = a.wrapping_shr(b as u32);",
        Suite::Conformance("i32"),
    ),
    fault(
        "i64.extend_i32_u keeps the sign",
        NUMERIC,
        "Pure (a: i32) -> i64 = a as u32 as i64;",
        "Pure (a: i32) -> i64 = a as i64;",
        Suite::Conformance("conversions"),
    ),
    fault(
        "i64.extend16_s extends 8 bits",
        NUMERIC,
        "I64Extend16S \"i64.extend16_s\" Pure (a: i64) -> i64 = a as i16 as i64;",
        "I64Extend16S \"i64.extend16_s\" Pure (a: i64) -> i64 = a as i8 as i64;",
        Suite::Conformance("i64"),
    ),
    fault(
        "reads of a local come after it is set",
        OPERATORS,
        "        self.spill_readers(var);\n",
        "",
        Suite::Walks,
    ),
    fault(
        "reads of a global come after it is set",
        OPERATORS,
        "        let value = self.pop()?;\n        self.spill_state_readers();\n        self.effect(Op::GlobalSet",
        "        let value = self.pop()?;\n        self.effect(Op::GlobalSet",
        Suite::Differential,
    ),
    fault(
        "the memory's size is read after it has grown",
        OPERATORS,
        "                self.spill_state_readers();\n                let delta = self.pop()?;\n",
        "                let delta = self.pop()?;\n",
        Suite::Output,
    ),
    fault(
        "the table's size is read after it has grown",
        OPERATORS,
        "                self.spill_state_readers();\n                let table = TableIdx(table);\n",
        "                let table = TableIdx(table);\n",
        Suite::Differential,
    ),
    fault(
        "a switch has no ranges",
        "herkos/src/front/control.rs",
        "Some((_, last)) if *last + 1 == position => *last = position,",
        "Some((_, last)) if *last + 1 == position => {}",
        Suite::Differential,
    ),
    // The emitter.
    fault(
        "an access has no offset",
        EFFECT,
        "self.put_number(offset);\n        if let Bound",
        "self.put_number(offset & 7);\n        if let Bound",
        Suite::Conformance("address"),
    ),
    fault(
        "memory.copy copies the other way",
        EFFECT,
        "let args = self.list(&[*dest, *src, *len]);\n                let memory = self.exact_memory(*dest_memory);",
        "let args = self.list(&[*src, *dest, *len]);\n                let memory = self.exact_memory(*dest_memory);",
        Suite::Conformance("memory_copy"),
    ),
    fault(
        "data.drop does nothing",
        EFFECT,
        "self.line(&format!(\"{state}.data_{} = &[];\", data.0));",
        "let _ = data;",
        Suite::Conformance("memory_init"),
    ),
    fault(
        "an index beyond the table is of another kind",
        EFFECT,
        "let raise = self.raise(TrapKind::UndefinedElement, site);",
        "let raise = self.raise(TrapKind::UninitializedElement, site);",
        Suite::Conformance("call_indirect"),
    ),
    fault(
        "a wrong type of an indirect call is of another kind",
        DISPATCH,
        "_ => Err(WasmTrap::new(TrapKind::IndirectCallTypeMismatch)),",
        "_ => Err(WasmTrap::new(TrapKind::UninitializedElement)),",
        Suite::Conformance("call_indirect"),
    ),
    fault(
        "an indirect call does not look at the type",
        "herkos/src/pass/effects.rs",
        "        table_funcs[module.funcs[func.index()].index()].insert(func);",
        "        let own = module.funcs[func.index()].index();\n        \
         for (sig, ty) in module.sigs.iter().enumerate() {\n            \
         if ty.params == module.sigs[own].params { table_funcs[sig].insert(func); }\n        }",
        Suite::Conformance("call_indirect"),
    ),
    fault(
        "the memory is not taken again after it has grown",
        EFFECT,
        "                if self.slices.contains(*memory) {\n                    self.stale.insert(*memory);\n                }\n",
        "",
        Suite::Conformance("memory_grow"),
    ),
    fault(
        "NaNs are not made canonical",
        "herkos/src/back/expr.rs",
        "        if self.backend.config.canonical_nans {\n",
        "        if self.backend.config.canonical_nans && wide {\n",
        Suite::Output,
    ),
    fault(
        "the start function is not called",
        "herkos/src/back/instance.rs",
        "let _ = writeln!(out, \"        {call}?;\");",
        "let _ = call;",
        Suite::Conformance("start"),
    ),
    // The passes.
    fault(
        "mutual recursion has no guard",
        "herkos/src/pass/effects.rs",
        "let cyclic = component.len() > 1\n                || component",
        "let cyclic = component.len() == 1 && component",
        Suite::Output,
    ),
    fault(
        "a dissolved loop ends where it should repeat",
        "herkos/src/pass/flatten.rs",
        "Stmt::Continue(label) => self.targets.get(label).map(|targets| targets.1),",
        "Stmt::Continue(label) => self.targets.get(label).map(|targets| targets.0),",
        Suite::Output,
    ),
    fault(
        "a part does not give back what only it uses",
        "herkos/src/pass/split.rs",
        "if usage.assigned && (shared || comes_in) {",
        "if usage.assigned && shared {",
        Suite::Output,
    ),
    fault(
        "an extent is what one branch asks for",
        EXTENTS,
        "other.map_or(0, |(_, other)| (*extent).min(*other));",
        "other.map_or(0, |(_, other)| (*extent).max(*other));",
        Suite::Unit,
    ),
    fault(
        "checks move over stores",
        EXTENTS,
        "                if !matches!(op, Op::Load { .. }) {\n                    self.state.clear();",
        "                if !matches!(op, Op::Load { .. } | Op::Store { .. }) {\n                    self.state.clear();",
        Suite::Unit,
    ),
    fault(
        "an access may be a byte beyond the minimum",
        EXTENTS,
        "if u64::from(self.range(addr)) + extent <= self.min_bytes {",
        "if u64::from(self.range(addr)) + extent <= self.min_bytes + 1 {",
        Suite::Unit,
    ),
    fault(
        "a sum's range wraps",
        EXTENTS,
        "(I32Add, _) => self.range(a).saturating_add(self.range(b)),",
        "(I32Add, _) => self.range(a).wrapping_add(self.range(b)),",
        Suite::Differential,
    ),
    fault(
        "values are the same in the next repetition",
        EXTENTS,
        "                self.forget(&self.survey.assigned[label.index()]);\n",
        "",
        Suite::Random,
    ),
    fault(
        "signed comparisons count as unsigned ones",
        COUNTED,
        "let mask = if signed { 1 << 31 } else { 0 } ^",
        "let mask = if signed { 0 } else { 0 } ^",
        Suite::Unit,
    ),
    fault(
        "a loop that stops at once is counted",
        COUNTED,
        "    if (rises != swapped) == falls {\n        return None;\n    }\n",
        "",
        Suite::Walks,
    ),
    fault(
        "extents of streams are too small",
        COUNTED,
        "*extent = (*extent).max(access.delta + access.op.width());",
        "*extent = (*extent).max(access.delta);",
        Suite::Unit,
    ),
    fault(
        "the distance of accesses in a stream is off by one",
        COUNTED,
        "let delta = (distance - lowest + i64::from(offset)) as u32;",
        "let delta = (distance - lowest + i64::from(offset) + i64::from(distance > lowest)) as u32;",
        Suite::Walks,
    ),
    fault(
        "a variable is not live after a loop that may not assign it",
        "herkos/src/pass/liveness.rs",
        "                union(&mut self.live, &after);\n",
        "",
        Suite::Differential,
    ),
    fault(
        "a variable that grows is not scaled",
        "herkos/src/pass/counted/reroll.rs",
        "self.steps.push((var, (*step as i32 / factor as i32) as u32));",
        "self.steps.push((var, *step));",
        Suite::Walks,
    ),
    fault(
        "a difference counts as a sum",
        "herkos/src/pass/counted/linear.rs",
        "Self::of(exprs, a, values)?.plus(&Self::of(exprs, b, values)?, u32::MAX)",
        "Self::of(exprs, a, values)?.plus(&Self::of(exprs, b, values)?, 1)",
        Suite::Walks,
    ),
    // C programs.
    fault(
        "an instance is not in use while it waits for its host",
        SHIM_TEXT,
        "        let result = using(unsafe",
        "        handle.busy.store(false, Ordering::Release);\n        let result = using(unsafe",
        Suite::CAbi,
    ),
    fault(
        "an instance that is in use is freed",
        SHIM_TEXT,
        "            return Err(BUSY);\n        }\n        // SAFETY: `new` made",
        "        }\n        // SAFETY: `new` made",
        Suite::CAbi,
    ),
    fault(
        "an instance stays in use",
        SHIM_TEXT,
        "        handle.busy.store(false, Ordering::Release);\n        result\n",
        "        result\n",
        Suite::CAbi,
    ),
    fault(
        "text is cut one byte late",
        SHIM_TEXT,
        "room: room.saturating_sub(1), length: 0",
        "room, length: 0",
        Suite::CAbi,
    ),
    fault(
        "a function of the host's may be missing",
        SHIM,
        "        functions.{}?;",
        "        functions.{};",
        Suite::CAbi,
    ),
    fault(
        "results are written to null",
        SHIM,
        "    if !nulls.is_empty() {",
        "    if nulls.len() > 8 {",
        Suite::CAbi,
    ),
    fault(
        "an error of the host's own stays for the next trap",
        SHIM,
        "core::mem::take(&mut self.instance.host_mut().error)",
        "self.instance.host_mut().error",
        Suite::CAbi,
    ),
    fault(
        "the end of a range in a view wraps",
        HEADER,
        "length > view->size - address)",
        "address + length > view->size)",
        Suite::CAbi,
    ),
    fault(
        "C reads the memory from the wrong address",
        "herkos/src/back/c_abi/memory.rs.in",
        "get_mut(address as usize..)",
        "get_mut(address as usize & 0xffff..)",
        Suite::CAbi,
    ),
    fault(
        "names of exports end comments",
        "herkos/src/back/c_abi/mod.rs",
        "replace(\"*/\", r\"*\\u{2f}\")",
        "replace(\"*/\", \"*/\")",
        Suite::CAbi,
    ),
    // Calls back, fuel, and the stack.
    fault(
        "calls back do not look at the stack",
        "herkos/src/back/caller.rs",
        "if self.cx.state.stack.exhausted() {",
        "if false {",
        Suite::Embedding,
    ),
    fault(
        "of several memories, the first one calls",
        "herkos/src/back/caller.rs",
        "format!(\"calling: {}\", memory.0)",
        "format!(\"calling: {}\", memory.0 & 0)",
        Suite::Embedding,
    ),
    fault(
        "who can call back is not known to need all memories whole",
        EFFECTS,
        "needs.memories.join(MemoryUses::whole(MemoryIdx(memory)));",
        "needs.memories.add(MemoryIdx(memory), MemoryUse::Slice);",
        Suite::Embedding,
    ),
    fault(
        "a repetition costs one unit",
        FUEL,
        "self.charge(*body, inner.units.saturating_add(1), Some(offset));",
        "self.charge(*body, 1, Some(offset));",
        Suite::Limits,
    ),
    fault(
        "branches are free",
        FUEL,
        "self.charge(*branch, own.units, None);",
        "self.charge(*branch, own.units & 0, None);",
        Suite::Limits,
    ),
    fault(
        "small functions are free",
        FUEL,
        "price(self.facts, *func).unwrap_or(0),",
        "price(self.facts, *func).unwrap_or(0) & 0,",
        Suite::Limits,
    ),
    fault(
        "counted loops are paid for once",
        "herkos-runtime/src/fuel.rs",
        "(count as u64).saturating_mul(u64::from(units))",
        "(count as u64).min(1).saturating_mul(u64::from(units))",
        Suite::Limits,
    ),
    fault(
        "only functions on cycles look at the stack",
        EFFECTS,
        "(cyclic || depth > UNGUARDED)",
        "cyclic",
        Suite::Limits,
    ),
    fault(
        "functions of large frames are taken for small ones",
        "herkos/src/wasm/uses.rs",
        "validator.len_locals().saturating_mul(SLOT).saturating_add(FRAME)",
        "FRAME",
        Suite::Limits,
    ),
];
