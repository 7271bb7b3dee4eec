//! One operator at a time.

use super::Translator;
use super::stack::Entry;
use crate::error::{Error, Place};
use crate::ir::{Bound, Expr, Op, Stmt, VarId, VarKind};
use crate::op::{Class, Const, LoadOp, NumOp, StoreOp};
use crate::wasm::{DataIdx, ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, SigId, TableIdx, TypeIdx};
use herkos_runtime::{TrapKind, ValType};
use smallvec::SmallVec;
use std::mem::ManuallyDrop;
use wasmparser::{HeapType, MemArg, MemArgTarget, Operator, VisitOperator};

// Each operator is translated as it is read: the compiler reduces `operator` to what it does for
// one, and no value of `Operator` is ever in memory.
macro_rules! visit_by_operator {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        fn $visit(&mut self $($(, $arg: $ty)*)?) -> Self::Output {
            // No valid one owns anything that would have to be dropped.
            self.operator(&ManuallyDrop::new(Operator::$op $({ $($arg),* })?))
        }
    )*};
}

impl<'a> VisitOperator<'a> for Translator<'_, '_> {
    type Output = Result<(), Error>;

    wasmparser::for_each_visit_operator!(visit_by_operator);
}

impl Translator<'_, '_> {
    #[inline(always)]
    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Error> {
        if let Some(depth) = self.dead {
            return self.dead_operator(operator, depth);
        }
        if let Some(op) = NumOp::from_operator(operator) {
            return self.numeric(op);
        }
        if let Some((op, memarg)) = LoadOp::from_operator(operator) {
            return self.load(op, memarg);
        }
        if let Some((op, memarg)) = StoreOp::from_operator(operator) {
            return self.store(op, memarg);
        }
        match *operator {
            Operator::Nop => Ok(()),
            Operator::Unreachable => {
                self.stmts.push(Stmt::Trap(TrapKind::Unreachable, self.offset));
                self.terminate()
            }
            Operator::Block { blockty } => self.open_block(blockty),
            Operator::Loop { blockty } => self.open_loop(blockty),
            Operator::If { blockty } => self.open_if(blockty),
            Operator::Else => self.open_else(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.br(relative_depth),
            Operator::BrIf { relative_depth } => self.br_if(relative_depth),
            Operator::BrTable { ref targets } => self.br_table(targets),
            Operator::Return => self.ret(),
            Operator::Call { function_index } => self.call(FuncIdx(function_index)),
            Operator::CallIndirect { type_index, table_index } => {
                let sig = self.module.type_sig(TypeIdx(type_index));
                self.call_indirect(TableIdx(table_index), sig)
            }
            Operator::Drop => self.pop().map(drop),
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::LocalGet { local_index } => {
                self.push_local(VarId(local_index));
                Ok(())
            }
            Operator::LocalSet { local_index } => self.set_local(VarId(local_index)),
            Operator::LocalTee { local_index } => {
                self.set_local(VarId(local_index))?;
                self.push_local(VarId(local_index));
                Ok(())
            }
            Operator::GlobalGet { global_index } => {
                self.get_global(GlobalIdx(global_index));
                Ok(())
            }
            Operator::GlobalSet { global_index } => self.set_global(GlobalIdx(global_index)),
            Operator::I32Const { value } => self.constant(Const::I32(value)),
            Operator::I64Const { value } => self.constant(Const::I64(value)),
            Operator::F32Const { value } => self.constant(Const::F32(value.bits())),
            Operator::F64Const { value } => self.constant(Const::F64(value.bits())),
            _ => self.memory_or_table(operator),
        }
    }

    /// Unreachable code is valid but does nothing; only its nesting matters.
    #[inline(always)]
    fn dead_operator(&mut self, operator: &Operator<'_>, depth: u32) -> Result<(), Error> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.dead = Some(depth + 1);
                Ok(())
            }
            Operator::Else if depth == 0 => self.open_else(),
            Operator::End if depth == 0 => self.end(),
            Operator::End => {
                self.dead = Some(depth - 1);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn memory_or_table(&mut self, operator: &Operator<'_>) -> Result<(), Error> {
        match *operator {
            Operator::MemorySize { mem } => {
                if let Some(pages) = self.options.memories.of(MemoryIdx(mem)).fixed_pages {
                    return self.constant(Const::I32(pages as i32));
                }
                self.push_state(Expr::MemorySize(MemoryIdx(mem)), ValType::I32);
            }
            Operator::MemoryGrow { mem } => {
                if let Some(pages) = self.options.memories.of(MemoryIdx(mem)).fixed_pages {
                    return self.grow_nothing(pages as i32);
                }
                self.spill_state_readers();
                let delta = self.pop()?;
                self.effect(Op::MemoryGrow { memory: MemoryIdx(mem), delta }, &[ValType::I32]);
            }
            Operator::MemoryFill { mem } => {
                let [dest, value, len] = self.pop3()?;
                self.effect(Op::MemoryFill { memory: MemoryIdx(mem), dest, value, len }, &[]);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                let [dest, src, len] = self.pop3()?;
                let (dest_memory, src_memory) = (MemoryIdx(dst_mem), MemoryIdx(src_mem));
                self.effect(Op::MemoryCopy { dest_memory, src_memory, dest, src, len }, &[]);
            }
            Operator::MemoryInit { data_index, mem } => {
                let [dest, src, len] = self.pop3()?;
                let (memory, data) = (MemoryIdx(mem), DataIdx(data_index));
                self.effect(Op::MemoryInit { memory, data, dest, src, len }, &[]);
            }
            Operator::DataDrop { data_index } => {
                self.effect(Op::DataDrop(DataIdx(data_index)), &[]);
            }
            Operator::RefNull { hty } => {
                let ty = match hty {
                    HeapType::FUNC => ValType::FuncRef,
                    HeapType::EXTERN => ValType::ExternRef,
                    _ => return self.unsupported("typed function references"),
                };
                self.push_stable(Expr::RefNull, ty);
            }
            Operator::RefFunc { function_index } => {
                self.push_stable(Expr::RefFunc(FuncIdx(function_index)), ValType::FuncRef);
            }
            Operator::RefIsNull => {
                self.push_operator(1, ValType::I32, |operands| Expr::RefIsNull(operands[0]))?;
            }
            Operator::TableSize { table } => {
                self.push_state(Expr::TableSize(TableIdx(table)), ValType::I32);
            }
            Operator::TableGet { table } => {
                let index = self.pop()?;
                let ty = self.module.tables[table as usize].element;
                self.effect(Op::TableGet(TableIdx(table), index), &[ty]);
            }
            Operator::TableSet { table } => {
                let value = self.pop()?;
                let index = self.pop()?;
                self.effect(Op::TableSet(TableIdx(table), index, value), &[]);
            }
            Operator::TableGrow { table } => {
                let delta = self.pop()?;
                let value = self.pop()?;
                self.spill_state_readers();
                let table = TableIdx(table);
                self.effect(Op::TableGrow { table, value, delta }, &[ValType::I32]);
            }
            Operator::TableFill { table } => {
                let [start, value, len] = self.pop3()?;
                self.effect(Op::TableFill { table: TableIdx(table), start, value, len }, &[]);
            }
            Operator::TableCopy { dst_table, src_table } => {
                let [dest, src, len] = self.pop3()?;
                let (dest_table, src_table) = (TableIdx(dst_table), TableIdx(src_table));
                self.effect(Op::TableCopy { dest_table, src_table, dest, src, len }, &[]);
            }
            Operator::TableInit { elem_index, table } => {
                let [dest, src, len] = self.pop3()?;
                let (table, elem) = (TableIdx(table), ElemIdx(elem_index));
                self.effect(Op::TableInit { table, elem, dest, src, len }, &[]);
            }
            Operator::ElemDrop { elem_index } => {
                self.effect(Op::ElemDrop(ElemIdx(elem_index)), &[]);
            }
            ref other => return self.unsupported(&format!("operator {other:?}")),
        }
        Ok(())
    }

    fn unsupported<T>(&self, feature: &str) -> Result<T, Error> {
        Err(Error::Unsupported {
            feature: feature.to_owned(),
            place: Place::offset(self.offset as usize),
        })
    }

    fn pop3(&mut self) -> Result<[crate::ir::ExprId; 3], Error> {
        let c = self.pop()?;
        let b = self.pop()?;
        Ok([self.pop()?, b, c])
    }

    fn constant(&mut self, value: Const) -> Result<(), Error> {
        self.push_stable(Expr::Const(value), value.ty());
        Ok(())
    }

    /// The constants on top of the stack, if all of an operator's operands are.
    fn constant_operands(&self, count: usize) -> Option<SmallVec<[Const; 2]>> {
        let first = self.stack.len().checked_sub(count)?;
        let constant = |entry: &Entry| self.func.exprs.constant(entry.expr);
        // Most have at least one that isn't.
        let all = self.stack[first..].iter().rev().all(|entry| constant(entry).is_some());
        if all { self.stack[first..].iter().map(constant).collect() } else { None }
    }

    fn numeric(&mut self, op: NumOp) -> Result<(), Error> {
        let count = op.params().len();
        let constants = self.constant_operands(count);
        if let Some(value) = constants.and_then(|operands| op.fold(&operands)) {
            let stack_len = self.first_of(count)?;
            self.truncate(stack_len)?;
            return self.constant(self.canonical(op, value));
        }
        if op.class() == Class::Trap && !self.divides_by_safe_constant(op) {
            let b = if count == 2 { Some(self.pop()?) } else { None };
            let a = self.pop()?;
            self.effect(Op::Checked(op, a, b), &[op.result()]);
            return Ok(());
        }
        self.push_operator(count, op.result(), |operands| match *operands {
            [a, b] => Expr::Binary(op, a, b),
            _ => Expr::Unary(op, operands[0]),
        })
    }

    /// The canonical NaN in place of any other, where that is asked for.
    fn canonical(&self, op: NumOp, value: Const) -> Const {
        if !self.options.canonical_nans || op.class() != Class::Float {
            return value;
        }
        match value {
            Const::F32(bits) if f32::from_bits(bits).is_nan() => Const::F32(0x7fc0_0000),
            Const::F64(bits) if f64::from_bits(bits).is_nan() => Const::F64(0x7ff8_0000_0000_0000),
            other => other,
        }
    }

    /// Division by a constant other than 0 and -1 can't trap.
    fn divides_by_safe_constant(&self, op: NumOp) -> bool {
        let divisor = self.stack.last().and_then(|entry| self.func.exprs.constant(entry.expr));
        op.params().len() == 2
            && match divisor {
                Some(Const::I32(value)) => !matches!(value, 0 | -1),
                Some(Const::I64(value)) => !matches!(value, 0 | -1),
                _ => false,
            }
    }

    fn load(&mut self, op: LoadOp, memarg: MemArg) -> Result<(), Error> {
        let (memory, offset) = self.memarg(memarg)?;
        let addr = self.pop()?;
        if self.options.memories.of(memory).is_beyond(offset) {
            return self.out_of_bounds();
        }
        self.effect(Op::Load { op, memory, addr, offset, bound: Bound::Own }, &[op.ty()]);
        Ok(())
    }

    fn store(&mut self, op: StoreOp, memarg: MemArg) -> Result<(), Error> {
        let (memory, offset) = self.memarg(memarg)?;
        let value = self.pop()?;
        let addr = self.pop()?;
        if self.options.memories.of(memory).is_beyond(offset) {
            return self.out_of_bounds();
        }
        self.effect(Op::Store { op, memory, addr, offset, bound: Bound::Own, value }, &[]);
        Ok(())
    }

    /// An access that always traps. LLVM emits some on ways that are never taken: a negative offset.
    fn out_of_bounds(&mut self) -> Result<(), Error> {
        self.stmts.push(Stmt::Trap(TrapKind::MemoryOutOfBounds, self.offset));
        self.terminate()
    }

    fn memarg(&self, memarg: MemArg) -> Result<(MemoryIdx, u32), Error> {
        match (u32::try_from(memarg.offset), memarg.target) {
            (Ok(offset), MemArgTarget::Memory(memory)) => Ok((MemoryIdx(memory), offset)),
            (Err(_), _) => self.unsupported("64-bit memory"),
            (Ok(_), _) => self.unsupported("garbage collection"),
        }
    }

    /// `memory.grow` of a memory whose size never changes: only nothing can be added.
    fn grow_nothing(&mut self, pages: i32) -> Result<(), Error> {
        if let Some([Const::I32(delta)]) = self.constant_operands(1).as_deref() {
            let result = if *delta == 0 { pages } else { -1 };
            self.pop()?;
            return self.constant(Const::I32(result));
        }
        self.numeric(NumOp::I32Eqz)?;
        self.constant(Const::I32(pages))?;
        self.constant(Const::I32(-1))?;
        self.push_operator(3, ValType::I32, |operands| match *operands {
            [cond, then, other] => Expr::Select { cond, then, other },
            _ => Expr::RefNull,
        })
    }

    fn select(&mut self) -> Result<(), Error> {
        let first = self.first_of(3)?;
        let ty = self.func.exprs.ty(self.stack[first].expr);
        self.push_operator(3, ty, |operands| match *operands {
            [then, other, cond] => Expr::Select { cond, then, other },
            _ => Expr::RefNull,
        })
    }

    fn set_local(&mut self, var: VarId) -> Result<(), Error> {
        let value = self.pop()?;
        let node = self.func.exprs.get(value).clone();
        if node == Expr::Var(var) {
            return Ok(());
        }
        if self.read_counts[var.index()] == 0 {
            // The result of the statement just written goes straight to the local.
            let first = self.frames.last().map_or(0, |frame| frame.first_stmt);
            if let (Expr::Var(temp), Some(Stmt::Do { results, .. })) =
                (&node, self.stmts[first..].last_mut())
                && results.as_slice() == [*temp]
                && self.func.vars[temp.index()].kind == VarKind::Temp
            {
                results[0] = var;
                return Ok(());
            }
        }
        self.spill_readers(var);
        self.stmts.push(Stmt::Assign(var, value));
        Ok(())
    }

    fn get_global(&mut self, global: GlobalIdx) {
        let definition = &self.module.globals[global.index()];
        let ty = definition.ty;
        if let Some(constant) = self.module.global_constant(global) {
            self.push_stable(constant.clone(), ty);
        } else if definition.mutable {
            self.push_state(Expr::GlobalGet(global), ty);
        } else {
            self.push_stable(Expr::GlobalGet(global), ty);
        }
    }

    fn set_global(&mut self, global: GlobalIdx) -> Result<(), Error> {
        if self.module.global_import(global).is_some() {
            // The host keeps it; see `call`.
            self.spill_state_readers();
        }
        let value = self.pop()?;
        self.spill_state_readers();
        self.effect(Op::GlobalSet(global, value), &[]);
        Ok(())
    }

    /// A call borrows state, memory and host, so that Rust lets no argument read them: the
    /// arguments that do are spilled with all others.
    fn call(&mut self, func: FuncIdx) -> Result<(), Error> {
        let module = self.module;
        let sig = module.sig(func);
        self.spill_state_readers();
        let first = self.first_of(sig.params.len())?;
        // A result that is an argument is that: what is known of the one is known of the other.
        let returned = match (module.defined(func), &sig.results[..]) {
            (Ok(callee), [_]) => module.uses[callee.index()].returns,
            _ => None,
        };
        let returned = returned.map(|param| self.repeatable(first + param as usize));
        let args = self.pop_many(sig.params.len())?;
        self.effect(Op::Call(func, args), &sig.results);
        if let Some(arg) = returned {
            self.pop()?;
            match arg {
                Expr::Var(var) if var.index() < self.read_counts.len() => self.push_local(var),
                arg => self.push_stable(arg, sig.results[0]),
            }
        }
        Ok(())
    }

    fn call_indirect(&mut self, table: TableIdx, sig: SigId) -> Result<(), Error> {
        let module = self.module;
        let signature = &module.sigs[sig.index()];
        let index = self.pop()?;
        self.spill_state_readers();
        let args = self.pop_many(signature.params.len())?;
        self.effect(Op::CallIndirect { table, sig, index, args }, &signature.results);
        Ok(())
    }
}
