//! A guard against recursion that would overflow the host's stack.
//!
//! Unbounded recursion in safe Rust kills the process, and a module decides how deep it calls. So
//! each function that can take part in a cycle of calls compares the address of one of its locals
//! with a limit. Taking an address and turning it into a number is safe: it is never turned back
//! into a pointer, and what the comparison says cannot make any access wrong, only stop the module
//! sooner or later. Counted are bytes, so deep recursion of small frames and shallow recursion of
//! large ones get the same stack, in debug builds (large frames) as in release builds.
//!
//! Stacks grow towards lower addresses on every target that Rust supports and this crate knows of.

/// The lowest address that the stack frames of a module may reach.
///
/// A limit is a place on one thread's stack: take a new one with [`with_budget`](Self::with_budget)
/// whenever the host enters the module, and keep it while the module is running (so that a host
/// function that calls back into the module does not get the budget anew). One that was taken on
/// another thread says nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackLimit(usize);

impl StackLimit {
    /// No limit at all.
    pub const UNLIMITED: Self = Self(0);

    /// The limit `bytes` below the current frame; no limit if there is no such address.
    ///
    /// A frame exists before it can be compared with the limit, and host functions are not compared
    /// at all. So the stack must have more than `bytes` left: by the largest frame of the module
    /// and the deepest host function, for which 64 KiB is ample unless one of them has huge locals.
    #[inline]
    #[must_use]
    pub fn with_budget(bytes: usize) -> Self {
        Self(here().saturating_sub(bytes))
    }

    /// Whether the current frame lies below the limit: a call is to return
    /// [`StackExhausted`](crate::TrapKind::StackExhausted) then.
    #[inline(always)]
    #[must_use]
    pub fn exhausted(self) -> bool {
        here() < self.0
    }

    /// Whether there is no room for a frame of so many bytes below the current one, or of half the budget
    /// if that is less: the bytes are an estimate, and with a small budget the code is small, too.
    #[inline(always)]
    #[must_use]
    pub fn lacks(self, bytes: usize, budget: usize) -> bool {
        here().saturating_sub(bytes.min(budget / 2)) < self.0
    }
}

impl Default for StackLimit {
    /// [`UNLIMITED`](Self::UNLIMITED).
    fn default() -> Self {
        Self::UNLIMITED
    }
}

/// An address in the current frame: inlined always, or it would be that of its own.
#[inline(always)]
fn here() -> usize {
    let marker = 0_u8;
    (&raw const marker).addr()
}
