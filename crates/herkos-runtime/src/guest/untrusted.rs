//! What a guest says, before the host has looked at it.

use core::ffi::FromBytesUntilNulError;
use core::fmt;
use core::ops::RangeBounds;
use core::str::Utf8Error;

use crate::trap::{TrapKind, WasmTrap};

/// A value that a guest produced, and that the host has not yet checked.
///
/// It can't be used by accident: the ways to the value ask what makes it good. What a host does with
/// a value that it did not check (allocate that many bytes, index an array, loop that often) is the
/// guest's to decide.
///
/// ```
/// use herkos_runtime::{GuestError, Untrusted};
///
/// let width = Untrusted::new(640_i32);
/// assert_eq!(width.in_range(1..=4096), Ok(640));
/// assert_eq!(width.convert::<usize>(), Ok(640));
/// assert_eq!(width.ensure(|width| width % 7 == 0), Err(GuestError::Rejected));
/// assert_eq!(width.validate(|width| u8::try_from(width).map_err(|_| "too wide")), Err("too wide"));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// A value that a guest produced, such as the result of an export.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// What `check` makes of the value: something of a type that holds nothing bad, or an error.
    ///
    /// # Errors
    ///
    /// That of `check`.
    #[inline]
    pub fn validate<U, E>(self, check: impl FnOnce(T) -> Result<U, E>) -> Result<U, E> {
        check(self.0)
    }

    /// The value, if `check` finds it good.
    ///
    /// # Errors
    ///
    /// [`GuestError::Rejected`].
    #[inline]
    pub fn ensure(self, check: impl FnOnce(&T) -> bool) -> Result<T, GuestError> {
        if check(&self.0) { Ok(self.0) } else { Err(GuestError::Rejected) }
    }

    /// The value, if it is in the range. No range has a NaN in it.
    ///
    /// # Errors
    ///
    /// [`GuestError::Rejected`].
    #[inline]
    pub fn in_range(self, range: impl RangeBounds<T>) -> Result<T, GuestError>
    where
        T: PartialOrd,
    {
        self.ensure(|value| range.contains(value))
    }

    /// The value as another type, if that can represent it.
    ///
    /// # Errors
    ///
    /// [`GuestError::Rejected`].
    #[inline]
    pub fn convert<U: TryFrom<T>>(self) -> Result<U, GuestError> {
        U::try_from(self.0).map_err(|_| GuestError::Rejected)
    }

    /// Something made of the value, which is to be trusted no more.
    #[inline]
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Untrusted<U> {
        Untrusted(make(self.0))
    }

    /// The value as it is, without a check. Say next to it why no value of it can do harm.
    #[inline]
    pub fn assume_valid(self) -> T {
        self.0
    }
}

/// Why data of a guest was not accepted.
///
/// In a host function, `?` turns it into a trap: an address that is out of bounds into
/// [`MemoryOutOfBounds`](TrapKind::MemoryOutOfBounds), everything else into [`Host`](TrapKind::Host).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestError {
    /// It is not all inside the memory.
    OutOfBounds,
    /// It is no UTF-8.
    NotUtf8(Utf8Error),
    /// A C string does not end within the limit.
    NotTerminated,
    /// A check refused the value.
    Rejected,
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds => f.pad("the guest's data is out of bounds of its memory"),
            Self::NotUtf8(error) => write!(f, "the guest's string is not UTF-8: {error}"),
            Self::NotTerminated => f.pad("the guest's string does not end within the limit"),
            Self::Rejected => f.pad("the guest's value is not acceptable"),
        }
    }
}

impl core::error::Error for GuestError {}

impl From<Utf8Error> for GuestError {
    fn from(error: Utf8Error) -> Self {
        Self::NotUtf8(error)
    }
}

impl From<FromBytesUntilNulError> for GuestError {
    fn from(_: FromBytesUntilNulError) -> Self {
        Self::NotTerminated
    }
}

impl From<GuestError> for WasmTrap {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::OutOfBounds => TrapKind::MemoryOutOfBounds.into(),
            GuestError::NotUtf8(_) | GuestError::NotTerminated | GuestError::Rejected => {
                TrapKind::Host.into()
            }
        }
    }
}
