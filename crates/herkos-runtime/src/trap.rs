//! Traps: why execution of a module stopped, and where.

use core::fmt;
use core::num::NonZeroU32;

/// Bits of a [`WasmTrap`] that hold the kind; the site lies above them.
const KIND_BITS: u32 = 8;

/// The first site number that does not fit beside the kind.
const SITE_LIMIT: u32 = (1 << (32 - KIND_BITS)) - 1;

/// Defines [`TrapKind`] from the one list of traps, so that the enum, the messages and the decoding
/// cannot disagree.
macro_rules! trap_kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $message:literal;)*) => {
        /// Why execution stopped.
        ///
        /// The kinds are those that the official testsuite tells apart, and five that come from
        /// outside the module: [`AllocationFailed`](Self::AllocationFailed),
        /// [`Host`](Self::Host), [`IncompatibleImport`](Self::IncompatibleImport),
        /// [`OutOfFuel`](Self::OutOfFuel) and [`Interrupted`](Self::Interrupted).
        #[repr(u8)]
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum TrapKind {
            $($(#[$doc])* $kind = $code,)*
        }

        impl TrapKind {
            /// Every kind, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The words of the official testsuite for this trap, for instance
            /// `integer divide by zero`.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$kind => $message,)*
                }
            }

            /// The kind's number, for other languages: above 0, and the same in all versions.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The kind with this [`code`](Self::code).
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

trap_kinds! {
    /// The instruction `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// A load, a store or a bulk operation reached past the end of the memory, or of the data
    /// segment.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// `table.get`, `table.set` or a bulk operation reached past the end of the table, or of the
    /// element segment.
    TableOutOfBounds = 3, "out of bounds table access";
    /// The index of a `call_indirect` lies outside the table.
    UndefinedElement = 4, "undefined element";
    /// The table entry of a `call_indirect` is null.
    UninitializedElement = 5, "uninitialized element";
    /// The function of a `call_indirect` has another type than the instruction names.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// The result of a signed division, or of a conversion to an integer, cannot be represented.
    IntegerOverflow = 7, "integer overflow";
    /// An integer division or remainder by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// A NaN was converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// Calls nest deeper than the [`StackLimit`](crate::StackLimit) allows.
    StackExhausted = 10, "call stack exhausted";
    /// The initial size of a memory or a table could not be had.
    AllocationFailed = 11, "allocation failed";
    /// A host function failed.
    Host = 12, "host error";
    /// A memory or table that an instance was given does not have the size that the module asks for
    /// (specification, "Import Matching").
    IncompatibleImport = 13, "incompatible import type";
    /// The [`Fuel`](crate::Fuel) of the instance is spent.
    OutOfFuel = 14, "out of fuel";
    /// The host interrupts the instance: see [`Fuel`](crate::Fuel).
    Interrupted = 15, "interrupted";
}

/// A trap: its [`TrapKind`], and, if known, the site in the generated code that raised it.
///
/// Four bytes and never zero, so that a `WasmResult<i32>` travels in two registers. A site is a
/// number that only the generated module understands; its `locate` turns the trap into a
/// [`TrapLocation`].
// The kind is in the low 8 bits, site + 1 (or 0 for unknown) in the high 24.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WasmTrap(NonZeroU32);

impl WasmTrap {
    /// A trap at an unknown site.
    #[inline]
    #[must_use]
    pub const fn new(kind: TrapKind) -> Self {
        Self::pack(kind as u32)
    }

    /// A trap at the given site of the generated code. A site of 2²⁴ − 1 or more does not fit and
    /// becomes unknown.
    #[inline]
    #[must_use]
    pub const fn at(kind: TrapKind, site: u32) -> Self {
        if site < SITE_LIMIT {
            Self::pack(((site + 1) << KIND_BITS) | kind as u32)
        } else {
            Self::new(kind)
        }
    }

    /// The same trap, at this site unless its own is known.
    #[inline]
    #[must_use]
    pub const fn or_at(self, site: u32) -> Self {
        if self.site().is_some() { self } else { Self::at(self.kind(), site) }
    }

    const fn pack(bits: u32) -> Self {
        match NonZeroU32::new(bits) {
            Some(bits) => Self(bits),
            // Not reached: no kind has the code 0.
            None => Self(NonZeroU32::MIN),
        }
    }

    /// Why execution stopped.
    #[must_use]
    pub const fn kind(self) -> TrapKind {
        match TrapKind::from_code((self.0.get() & ((1 << KIND_BITS) - 1)) as u8) {
            Some(kind) => kind,
            // Not reached: no other code is ever packed.
            None => TrapKind::Host,
        }
    }

    /// The site in the generated code, if known.
    #[must_use]
    pub const fn site(self) -> Option<u32> {
        (self.0.get() >> KIND_BITS).checked_sub(1)
    }
}

impl From<TrapKind> for WasmTrap {
    #[inline]
    fn from(kind: TrapKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for WasmTrap {
    /// The testsuite's message, without the site.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.kind().message())
    }
}

impl fmt::Debug for WasmTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmTrap").field("kind", &self.kind()).field("site", &self.site()).finish()
    }
}

impl core::error::Error for WasmTrap {}

/// What every function of a generated module returns: a value, or the trap that prevented it.
pub type WasmResult<T> = Result<T, WasmTrap>;

/// Where in the WebAssembly module a trap was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrapLocation {
    /// Index of the function, in the function index space of the module (imports come first).
    pub function: u32,
    /// Name of the function, from the name section or the export section; empty if it has none.
    pub name: &'static str,
    /// Offset of the instruction in the `.wasm` file, in bytes, if the code was generated with
    /// offsets.
    pub offset: Option<u32>,
}

impl fmt::Display for TrapLocation {
    /// For instance `decode_row (function 17, at offset 0x2f3a)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            write!(f, "function {}", self.function)?;
        } else {
            write!(f, "{} (function {}", self.name, self.function)?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", at offset {offset:#x}")?;
        }
        if self.name.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
