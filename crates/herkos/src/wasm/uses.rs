//! What the code of each function uses of its module, found while it is validated: so all of the
//! module is known before the first function is translated.
//!
//! Unreachable code uses nothing. What is reachable is what the front end finds to be so; see
//! [`crate::front`].

use super::{FuncIdx, GlobalIdx, Module, SigId, TypeIdx};
use crate::op::{LoadOp, StoreOp};
use wasmparser::{
    BinaryReaderError, FrameKind, FrameStack, FuncValidator, FunctionBody, Operator,
    ValidatorResources, VisitOperator,
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

/// What a function uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Whether it reads memory.
    pub reads_memory: bool,
    /// Whether it reads the memory's size.
    pub reads_size: bool,
    /// Whether it writes memory.
    pub writes_memory: bool,
    /// Whether it has bulk operations on memory.
    pub bulk_memory: bool,
    /// Whether it grows memory.
    pub grows_memory: bool,
    /// Whether it uses tables or passive segments.
    pub tables: bool,
    /// All else, in order and without repetitions.
    pub items: Box<[Use]>,
}

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
    };
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(*validator.features());
    while !reader.eof() {
        let validator = validator.visitor(reader.original_position());
        reader.visit_operator(&mut Both { validator, survey: &mut survey })??;
    }
    reader.finish_expression(&validator.visitor(reader.original_position()))?;
    let mut items = survey.items;
    items.sort_unstable();
    items.dedup();
    Ok(Uses { items: items.into_boxed_slice(), ..survey.uses })
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
        match *operator {
            Operator::Block { .. } => self.open(Kind::Block),
            Operator::Loop { .. } => self.open(Kind::Loop),
            Operator::If { .. } => self.open(Kind::Then),
            Operator::Else => self.open_else(true),
            Operator::End => self.end(true),
            Operator::Br { relative_depth } => {
                self.branch(relative_depth);
                self.dead = Some(0);
            }
            Operator::BrIf { relative_depth } => self.branch(relative_depth),
            Operator::BrTable { ref targets } => {
                for target in targets.targets() {
                    self.branch(target?);
                }
                self.branch(targets.default());
                self.dead = Some(0);
            }
            Operator::Return | Operator::Unreachable => self.dead = Some(0),
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
            Operator::MemorySize { .. } => self.uses.reads_size = true,
            Operator::MemoryGrow { .. } => self.uses.grows_memory = true,
            Operator::MemoryFill { .. } => {
                self.uses.writes_memory = true;
                self.uses.bulk_memory = true;
            }
            Operator::MemoryCopy { .. } => {
                self.uses.bulk_memory = true;
                self.uses.reads_memory = true;
                self.uses.writes_memory = true;
            }
            Operator::MemoryInit { .. } => {
                self.uses.bulk_memory = true;
                self.uses.writes_memory = true;
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
            ref other if LoadOp::from_operator(other).is_some() => self.uses.reads_memory = true,
            ref other if StoreOp::from_operator(other).is_some() => self.uses.writes_memory = true,
            // The rest, as validated, computes with values and locals.
            _ => {}
        }
        Ok(())
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

    fn branch(&mut self, depth: u32) {
        let frame = self.frames.len().checked_sub(1 + depth as usize);
        if let Some(frame) = frame.and_then(|position| self.frames.get_mut(position)) {
            frame.branched = true;
        }
    }
}
