//! Random programs with structured control flow, as WebAssembly text and as a tree that an
//! interpreter runs: two ways to the same answer.
//!
//! Each call and each loop but [`Kind::Walk`] burns a unit of the global `$fuel` first and traps
//! when there is none left.
#![allow(missing_docs)] // Variants and fields are WebAssembly's.

mod dice;
mod generate;
mod interpret;
mod text;
mod walks;

pub(crate) use dice::Dice;
pub use generate::{Shape, generate};
pub use interpret::{Machine, PAGE, Stop, TOO_LONG};
pub use walks::{arguments, walks};

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

/// How much of a number an access takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    pub ty: Ty,
    /// Bytes in memory.
    pub bytes: usize,
    /// Whether a narrow load extends the sign.
    pub signed: bool,
}

impl Width {
    /// The whole number.
    pub fn whole(ty: Ty) -> Self {
        Self { ty, bytes: ty.bytes(), signed: false }
    }
}

impl Ty {
    /// Bytes in memory.
    pub fn bytes(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// Whether it is `f32` or `f64`.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// A number; an `i32` is kept sign-extended, a float as its bits.
pub type Number = i64;

/// What takes one operand: the operator's name, without its type.
#[derive(Clone, Copy, Debug)]
pub enum Unary {
    Eqz,
    Clz,
    Ctz,
    Popcnt,
    Extend8,
    /// `i32.wrap_i64`
    Wrap,
    /// `i64.extend_i32_s`
    ExtendSigned,
    /// `i64.extend_i32_u`
    ExtendUnsigned,
    /// A float's bits.
    Reinterpret,
    /// Of a float.
    Neg,
}

/// What takes two operands of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    Shl,
    ShrS,
    ShrU,
    Rotl,
    Rotr,
    DivS,
    DivU,
    RemS,
    RemU,
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    GeS,
    GeU,
    LeS,
    LeU,
}

impl Binary {
    /// Whether the result is an `i32` of 0 or 1.
    pub fn is_test(self) -> bool {
        matches!(
            self,
            Self::Eq
                | Self::Ne
                | Self::LtS
                | Self::LtU
                | Self::GtS
                | Self::GtU
                | Self::GeS
                | Self::GeU
                | Self::LeS
                | Self::LeU
        )
    }
}

/// What gives one number. Operands are evaluated from left to right.
#[derive(Clone, Debug)]
pub enum Expr {
    Const(Ty, Number),
    Local(usize),
    Tee(usize, Box<Expr>),
    Global(usize),
    /// The operand's type, which is not always the result's.
    Unary(Unary, Ty, Box<Expr>),
    Binary(Binary, Ty, Box<Expr>, Box<Expr>),
    /// The condition is the last one.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The address and a static offset.
    Load(Width, Box<Expr>, u32),
    MemorySize,
    MemoryGrow(Box<Expr>),
    Call(usize, Vec<Expr>),
    /// `call_indirect` with the type of the function named.
    CallIndirect(usize, Vec<Expr>, Box<Expr>),
    /// The imported function.
    Host(Box<Expr>),
    /// A construct with one result.
    Construct(Box<Construct>),
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    Set(usize, Expr),
    SetGlobal(usize, Expr),
    /// The address, the value and a static offset.
    Store(Width, Expr, Expr, u32),
    Drop(Expr),
    /// A construct, and the locals that its results go to, the first result's first.
    Construct(Construct, Vec<usize>),
    /// A call of a function with any number of results.
    Call(usize, Vec<Expr>, Vec<usize>),
    Br(usize, Vec<Expr>),
    /// The values that are still there without the branch go to the locals.
    BrIf(usize, Vec<Expr>, Expr, Vec<usize>),
    BrTable(Vec<usize>, usize, Vec<Expr>, Expr),
    Return(Vec<Expr>),
    Unreachable,
}

/// Which construct it is.
#[derive(Clone, Debug)]
pub enum Kind {
    Block,
    Loop,
    /// A loop that burns nothing.
    Walk,
    /// Without the second arm if that is `None`; then parameters and results are the same.
    If(Expr, Option<Body>),
}

/// A block, loop or conditional.
#[derive(Clone, Debug)]
pub struct Construct {
    pub kind: Kind,
    /// The parameters' types and values.
    pub params: Vec<(Ty, Expr)>,
    pub results: Vec<Ty>,
    pub body: Body,
}

/// What is in a construct.
#[derive(Clone, Debug)]
pub struct Body {
    /// Where the parameters go, but for the first one if `kept`: that stays on the stack.
    pub sinks: Vec<usize>,
    /// The operator between the first parameter, kept until the end, and the first result.
    pub kept: Option<(Binary, Ty)>,
    pub stmts: Vec<Stmt>,
    pub results: Vec<Expr>,
}

/// A function. Locals come after the parameters.
#[derive(Clone, Debug)]
pub struct Func {
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
    pub locals: Vec<Ty>,
    pub body: Body,
}

/// A module. The first functions are exported as `run`, `run1`, `run2` and so on; the first
/// [`TABLE`] ones are in the table, in order.
#[derive(Clone, Debug)]
pub struct Program {
    /// How many functions are exported.
    pub exported: usize,
    pub funcs: Vec<Func>,
    /// The globals' types; `$fuel`, an `i32`, comes before them.
    pub globals: Vec<Ty>,
}

/// The most pages that a program's memory can have; it has one at first.
pub const MAX_PAGES: u32 = 3;

/// Entries in the table, null after the functions.
pub const TABLE: usize = 8;

/// The imported function: what it returns, and what it does to the memory on the way.
///
/// Writes its argument at address 64, and grows the memory by a page if the argument's low six
/// bits are 0.
pub fn host_result(argument: i32) -> i32 {
    argument.wrapping_mul(31) ^ 0x55
}
