//! What the code of each function uses of its module, found while it is validated: so all of the
//! module is known before the first function is translated.
//!
//! Unreachable code uses nothing. What is reachable is what the front end finds to be so; see
//! [`crate::front`].

use super::{FuncIdx, GlobalIdx, MemoryIdx, MemorySet, Module, SigId, TypeIdx};
use crate::op::{LoadOp, StoreOp};
use herkos_runtime::PAGE_SIZE;
use wasmparser::{
    BinaryReaderError, FrameKind, FrameStack, FuncValidator, FunctionBody, MemArg, MemArgTarget,
    Operator, ValidatorResources, VisitOperator,
};

/// One use of an item of the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// `global.get`
    GlobalGet(GlobalIdx),
    /// `global.set`
    GlobalSet(GlobalIdx),
    /// `ref.func`
    RefFunc(FuncIdx),
    /// `call`
    Call(FuncIdx),
    /// `call_indirect`
    CallIndirect(SigId),
}

/// The address of the last page.
pub const LAST_PAGE: u64 = (1 << 32) - PAGE_SIZE as u64;

/// What a function uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Memories that it reads.
    pub reads: MemorySet,
    /// Memories whose size it reads.
    pub reads_size: MemorySet,
    /// Memories that it writes.
    pub writes: MemorySet,
    /// Bytes from their address on that its loads and stores need at the most, but for those that are far.
    pub extent: u64,
    /// The same for those whose offset is in the last page of the address space.
    pub far_extent: u64,
    /// Memories that it has bulk operations on.
    pub bulk: MemorySet,
    /// Memories that it grows.
    pub grows: MemorySet,
    /// Whether it uses tables or passive segments.
    pub tables: bool,
    /// Whether it has loops.
    pub loops: bool,
    /// Bytes of stack that its frame takes at the most, about: without optimisation.
    pub frame: u32,
    /// The parameter whose value is its only result, whenever it returns.
    pub returns: Option<u32>,
    /// All else, in order and without repetitions.
    pub items: Box<[Use]>,
}

/// Bytes of a frame by themselves: return address, saved registers, alignment.
const FRAME: u32 = 128;

/// Bytes for each local and each result.
const SLOT: u32 = 16;

/// Validates the body of a function and finds what it uses.
pub fn validate(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    module: &Module<'_>,
) -> Result<Uses, BinaryReaderError> {
    let mut survey = Survey {
        module,
        uses: Uses::default(),
        items: Vec::new(),
        frames: vec![Frame { kind: Kind::Block, branched: false }],
        dead: None,
        // Those that are declared are not read yet.
        params: validator.len_locals(),
        assigned: 0,
        got: None,
        returned: None,
    };
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    // Parameters are locals of the validator's.
    survey.uses.frame = validator.len_locals().saturating_mul(SLOT).saturating_add(FRAME);
    reader.set_features(*validator.features());
    while !reader.eof() {
        let validator = validator.visitor(reader.original_position());
        reader.visit_operator(&mut Both { validator, survey: &mut survey })??;
    }
    reader.finish_expression(&validator.visitor(reader.original_position()))?;
    let returns = survey.returns();
    let mut items = survey.items;
    items.sort_unstable();
    items.dedup();
    Ok(Uses { items: items.into_boxed_slice(), returns, ..survey.uses })
}

/// The memory that an access names.
fn memory_of(memarg: MemArg) -> Option<MemoryIdx> {
    match memarg.target {
        MemArgTarget::Memory(memory) => Some(MemoryIdx(memory)),
        // An object; the front end says that it is unsupported.
        _ => None,
    }
}

enum Kind {
    Block,
    Loop,
    Then,
    /// Whether control reaches the end of the first arm.
    Else {
        then_falls: bool,
    },
}

/// An open control construct.
struct Frame {
    kind: Kind,
    /// Whether reachable code branches to its label.
    branched: bool,
}

struct Survey<'m, 'a> {
    module: &'m Module<'a>,
    uses: Uses,
    items: Vec<Use>,
    frames: Vec<Frame>,
    /// Inside unreachable code: how many constructs were opened in it.
    dead: Option<u32>,
    /// How many locals are parameters.
    params: u32,
    /// Those of the first 64 locals that are assigned, as bits.
    assigned: u64,
    /// The local whose value is on top of the stack, if the operator before has put it there.
    got: Option<u32>,
    /// The local that is returned, by each way out that was seen; none in it if there are several,
    /// or what is returned may be anything.
    returned: Option<Option<u32>>,
}

/// Validates an operator, then finds what it uses.
struct Both<'s, 'm, 'a, V> {
    validator: V,
    survey: &'s mut Survey<'m, 'a>,
}

impl<V: FrameStack> FrameStack for Both<'_, '_, '_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.current_frame()
    }
}

macro_rules! visit_both {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        fn $visit(&mut self $($(, $arg: $ty)*)?) -> Self::Output {
            self.validator.$visit($($($arg.clone()),*)?)?;
            self.survey.operator(&Operator::$op $({ $($arg),* })?)
        }
    )*};
}

impl<'a, V> VisitOperator<'a> for Both<'_, '_, '_, V>
where
    V: VisitOperator<'a, Output = Result<(), BinaryReaderError>>,
{
    type Output = Result<(), BinaryReaderError>;

    wasmparser::for_each_visit_operator!(visit_both);
}

impl Survey<'_, '_> {
    #[inline(always)]
    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), BinaryReaderError> {
        if let Some(depth) = self.dead {
            self.dead_operator(operator, depth);
            return Ok(());
        }
        self.uses.frame = self.uses.frame.saturating_add(self.frame_bytes(operator));
        let got = self.got.take();
        match *operator {
            Operator::Block { .. } => self.open(Kind::Block),
            Operator::Loop { .. } => {
                self.uses.loops = true;
                self.open(Kind::Loop);
            }
            Operator::If { .. } => self.open(Kind::Then),
            Operator::Else => self.open_else(true),
            Operator::End => {
                if self.frames.len() == 1 {
                    self.leave(got);
                }
                self.end(true);
            }
            Operator::Br { relative_depth } => {
                self.branch(relative_depth, got);
                self.dead = Some(0);
            }
            Operator::BrIf { relative_depth } => self.branch(relative_depth, None),
            Operator::BrTable { ref targets } => {
                for target in targets.targets() {
                    self.branch(target?, None);
                }
                self.branch(targets.default(), None);
                self.dead = Some(0);
            }
            Operator::Return => {
                self.leave(got);
                self.dead = Some(0);
            }
            Operator::Unreachable => self.dead = Some(0),
            Operator::LocalGet { local_index } => self.got = Some(local_index),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                self.assigned |= 1_u64.checked_shl(local_index).unwrap_or(0);
            }
            Operator::GlobalGet { global_index } => {
                self.items.push(Use::GlobalGet(GlobalIdx(global_index)));
            }
            Operator::GlobalSet { global_index } => {
                self.items.push(Use::GlobalSet(GlobalIdx(global_index)));
            }
            Operator::RefFunc { function_index } => {
                self.items.push(Use::RefFunc(FuncIdx(function_index)));
            }
            Operator::Call { function_index } => {
                self.items.push(Use::Call(FuncIdx(function_index)));
            }
            Operator::CallIndirect { type_index, .. } => {
                self.uses.tables = true;
                self.items.push(Use::CallIndirect(self.module.type_sig(TypeIdx(type_index))));
            }
            Operator::MemorySize { mem } => self.uses.reads_size.insert(MemoryIdx(mem)),
            Operator::MemoryGrow { mem } => self.uses.grows.insert(MemoryIdx(mem)),
            Operator::MemoryFill { mem } => {
                self.uses.writes.insert(MemoryIdx(mem));
                self.uses.bulk.insert(MemoryIdx(mem));
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.uses.reads.insert(MemoryIdx(src_mem));
                self.uses.writes.insert(MemoryIdx(dst_mem));
                self.uses.bulk.insert(MemoryIdx(src_mem));
                self.uses.bulk.insert(MemoryIdx(dst_mem));
            }
            Operator::MemoryInit { mem, .. } => {
                self.uses.bulk.insert(MemoryIdx(mem));
                self.uses.writes.insert(MemoryIdx(mem));
                self.uses.tables = true;
            }
            Operator::DataDrop { .. }
            | Operator::ElemDrop { .. }
            | Operator::TableSize { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => self.uses.tables = true,
            ref other => {
                if let Some((op, memarg)) = LoadOp::from_operator(other) {
                    self.uses.reads.extend(memory_of(memarg));
                    self.access(op.width(), memarg);
                } else if let Some((op, memarg)) = StoreOp::from_operator(other) {
                    self.uses.writes.extend(memory_of(memarg));
                    self.access(op.width(), memarg);
                }
                // The rest, as validated, computes with values and locals.
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn access(&mut self, width: u32, memarg: MemArg) {
        let extent = memarg.offset.saturating_add(width.into());
        let most = match memarg.offset >= LAST_PAGE {
            true => &mut self.uses.far_extent,
            false => &mut self.uses.extent,
        };
        *most = extent.max(*most);
    }

    /// Bytes of a frame that an operator takes at the most: its results are variables, and without
    /// optimisation rustc gives a place of its own to each variable and to what a `match` looks at.
    #[inline(always)]
    fn frame_bytes(&self, operator: &Operator<'_>) -> u32 {
        let call = |sig: Option<SigId>| {
            let results = sig.map_or(1, |sig| self.module.sigs[sig.index()].results.len());
            2 * SLOT + SLOT.saturating_mul(results as u32)
        };
        match *operator {
            Operator::LocalGet { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::Drop
            | Operator::Nop
            | Operator::Else
            | Operator::End => 0,
            Operator::Call { function_index } => {
                call(self.module.funcs.get(function_index as usize).copied())
            }
            Operator::CallIndirect { type_index, .. } => {
                call(Some(self.module.type_sig(TypeIdx(type_index))))
            }
            _ => SLOT,
        }
    }

    fn dead_operator(&mut self, operator: &Operator<'_>, depth: u32) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.dead = Some(depth + 1);
            }
            Operator::Else if depth == 0 => self.open_else(false),
            Operator::End if depth == 0 => self.end(false),
            Operator::End => self.dead = Some(depth - 1),
            _ => {}
        }
    }

    fn open(&mut self, kind: Kind) {
        self.frames.push(Frame { kind, branched: false });
    }

    fn open_else(&mut self, then_falls: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.kind = Kind::Else { then_falls };
        }
        self.dead = None;
    }

    /// Ends the innermost construct; whether control reaches its end.
    fn end(&mut self, falls: bool) {
        let Some(frame) = self.frames.pop() else { return };
        let goes_on = match frame.kind {
            Kind::Block => falls || frame.branched,
            Kind::Loop => falls,
            // Without a second arm, the condition may be false.
            Kind::Then => true,
            Kind::Else { then_falls } => falls || then_falls || frame.branched,
        };
        self.dead = if goes_on { None } else { Some(0) };
    }

    /// A branch; `got` is the local that it takes along, if that is known.
    fn branch(&mut self, depth: u32, got: Option<u32>) {
        if depth as usize + 1 == self.frames.len() {
            self.leave(got);
        }
        let frame = self.frames.len().checked_sub(1 + depth as usize);
        if let Some(frame) = frame.and_then(|position| self.frames.get_mut(position)) {
            frame.branched = true;
        }
    }

    /// A way out of the function.
    fn leave(&mut self, got: Option<u32>) {
        self.returned = Some(match self.returned {
            Some(other) if other != got => None,
            _ => got,
        });
    }

    /// See [`Uses::returns`].
    fn returns(&self) -> Option<u32> {
        let returned = self.returned.flatten()?;
        let is_known = returned < self.params.min(u64::BITS);
        (is_known && self.assigned >> returned & 1 == 0).then_some(returned)
    }
}
