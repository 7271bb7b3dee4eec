//! Errors of the host's own that pass through a guest.

use core::fmt;

use crate::trap::{TrapKind, WasmResult, WasmTrap};

/// A host whose functions can fail with an error of its own.
///
/// A host function ends the guest with a trap, which is four bytes: no room for an error. So the
/// error stays in the host, most simply in an [`ErrorSlot`], and [`Hosted::call`] brings both
/// together again.
///
/// ```
/// use herkos_runtime::{ErrorSlot, HostError, WasmResult};
///
/// #[derive(Default)]
/// struct Files {
///     error: ErrorSlot<std::io::Error>,
/// }
///
/// impl HostError for Files {
///     type Error = std::io::Error;
///     fn take_error(&mut self) -> Option<std::io::Error> {
///         self.error.take()
///     }
/// }
///
/// impl Files {
///     // Like a method of a capability trait.
///     fn length(&mut self, path: &str) -> WasmResult<i64> {
///         match std::fs::metadata(path) {
///             Ok(metadata) => Ok(metadata.len() as i64),
///             Err(error) => Err(self.error.fail(error)),
///         }
///     }
/// }
///
/// let mut files = Files::default();
/// let result = files.length("/no/such/file");
/// let error = files.outcome(result).unwrap_err();
/// assert!(error.host().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound));
/// ```
pub trait HostError {
    /// What the host's functions fail with.
    type Error;

    /// The error of the function that failed last, unless it was taken.
    fn take_error(&mut self) -> Option<Self::Error>;

    /// What a call came to: its result, the host's error if that is what ended it, or else the trap.
    /// To be asked before the next call.
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] or [`CallError::Trap`], if `result` is a trap.
    fn outcome<T>(&mut self, result: WasmResult<T>) -> Result<T, CallError<Self::Error>> {
        result.map_err(|trap| match trap.kind() {
            TrapKind::Host => self.take_error().map_or(CallError::Trap(trap), CallError::Host),
            _ => CallError::Trap(trap),
        })
    }
}

impl<H: HostError + ?Sized> HostError for &mut H {
    type Error = H::Error;

    fn take_error(&mut self) -> Option<H::Error> {
        (**self).take_error()
    }
}

#[cfg(feature = "alloc")]
impl<H: HostError + ?Sized> HostError for alloc::boxed::Box<H> {
    type Error = H::Error;

    fn take_error(&mut self) -> Option<H::Error> {
        (**self).take_error()
    }
}

/// An instance that calls a host. Every instance of a module that imports functions or globals is.
pub trait Hosted {
    /// The host.
    type Host;

    /// The host, to change it.
    fn host_mut(&mut self) -> &mut Self::Host;

    /// Calls the instance, and tells the host's own error from the guest's traps.
    ///
    /// ```ignore
    /// match instance.call(|instance| instance.decode(file, len)) {
    ///     Ok(size) => println!("{size} bytes"),
    ///     Err(CallError::Host(error)) => recover(error), // of the type that the host chose
    ///     Err(CallError::Trap(trap)) => eprintln!("trap: {trap}"),
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Host`] if a function of the host failed with an error, [`CallError::Trap`] for
    /// every other trap.
    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Self) -> WasmResult<T>,
    ) -> Result<T, CallError<<Self::Host as HostError>::Error>>
    where
        Self::Host: HostError,
    {
        // One that nobody asked for is not this call's.
        drop(self.host_mut().take_error());
        let result = call(self);
        self.host_mut().outcome(result)
    }
}

/// A place for the error of a host function, until the call of the guest has come back.
#[derive(Clone, Debug)]
pub struct ErrorSlot<E>(Option<E>);

impl<E> ErrorSlot<E> {
    /// An empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Keeps the error, in place of an earlier one, and gives the trap to return.
    pub fn fail(&mut self, error: E) -> WasmTrap {
        self.0 = Some(error);
        TrapKind::Host.into()
    }

    /// Takes the error out.
    pub fn take(&mut self) -> Option<E> {
        self.0.take()
    }
}

impl<E> Default for ErrorSlot<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> HostError for ErrorSlot<E> {
    type Error = E;

    fn take_error(&mut self) -> Option<E> {
        self.take()
    }
}

/// A host that grants nothing: every function fails, with the names of the import as its error.
///
/// Generated code implements its traits for this if it was asked to (`Config::host_impls`,
/// `--host-impls`). Imported globals are zero or null, and setting them does nothing.
#[derive(Clone, Debug, Default)]
pub struct Denied(ErrorSlot<DeniedImport>);

impl Denied {
    /// A host that grants nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(ErrorSlot::new())
    }

    /// The trap of a function that is denied.
    pub fn deny(&mut self, module: &'static str, name: &'static str) -> WasmTrap {
        self.0.fail(DeniedImport { module, name })
    }
}

impl HostError for Denied {
    type Error = DeniedImport;

    fn take_error(&mut self) -> Option<DeniedImport> {
        self.0.take()
    }
}

/// The import that a guest called, and that [`Denied`] denied it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeniedImport {
    /// The name of the module that it was to come from.
    pub module: &'static str,
    /// Its name there.
    pub name: &'static str,
}

impl fmt::Display for DeniedImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the import {:?} {:?} is denied", self.module, self.name)
    }
}

impl core::error::Error for DeniedImport {}

/// A host that is a closure: it has the traits of one function each whose type is the closure's.
///
/// Generated code implements its traits for this if it was asked to (`Config::host_impls`,
/// `--host-impls`). Write the types of the parameters, else rustc finds no closure for all lifetimes:
///
/// ```ignore
/// let host = HostFn(|memory: &mut guest::Memory, text: i32, len: i32| {
///     println!("{}", memory.str(text, len)?);
///     Ok(())
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HostFn<F>(pub F);

/// Why a call of a guest gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The guest trapped, or the host did without an error of its own.
    Trap(WasmTrap),
    /// A function of the host failed.
    Host(E),
}

impl<E> CallError<E> {
    /// The trap, if it was one.
    #[must_use]
    pub fn trap(&self) -> Option<WasmTrap> {
        match self {
            Self::Trap(trap) => Some(*trap),
            Self::Host(_) => None,
        }
    }

    /// The host's error, if it was one.
    #[must_use]
    pub fn host(&self) -> Option<&E> {
        match self {
            Self::Trap(_) => None,
            Self::Host(error) => Some(error),
        }
    }
}

impl<E> From<WasmTrap> for CallError<E> {
    fn from(trap: WasmTrap) -> Self {
        Self::Trap(trap)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap) => write!(f, "trap: {trap}"),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Trap(trap) => Some(trap),
            // Its message is this one's.
            Self::Host(error) => error.source(),
        }
    }
}
