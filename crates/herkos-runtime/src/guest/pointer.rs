//! Typed pointers into guest memory, and what a memory does with them.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::ffi::CStr;
use core::fmt;
use core::marker::PhantomData;

use super::{GuestError, GuestValue, Untrusted};
use crate::memory::{AsU32, IsolatedMemory, Storage, unsigned, window, window_mut};
use crate::trap::{TrapKind, WasmResult};

/// The address of a `T` in the memory of a guest: a number, checked whenever it is used.
///
/// It is a [`GuestValue`] itself, so records may contain pointers. Neither null nor an alignment
/// means anything to a memory.
pub struct GuestPtr<T> {
    address: u32,
    target: PhantomData<fn() -> T>,
}

impl<T> GuestPtr<T> {
    /// The pointer to an address: WebAssembly's `i32`, read as unsigned, or a `u32`.
    #[inline]
    #[must_use]
    pub fn new(address: impl AsU32) -> Self {
        Self { address: unsigned(address), target: PhantomData }
    }

    /// The address.
    #[inline]
    #[must_use]
    pub const fn address(self) -> u32 {
        self.address
    }

    /// The address as exports and imports take it.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.address as i32
    }

    /// Whether it is C's null pointer, address 0. A memory has a byte there like any other.
    #[inline]
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The same address of another type.
    #[inline]
    #[must_use]
    pub const fn cast<U>(self) -> GuestPtr<U> {
        GuestPtr { address: self.address, target: PhantomData }
    }

    /// The `len` values from here on.
    #[inline]
    #[must_use]
    pub fn slice(self, len: impl AsU32) -> GuestSlice<T> {
        GuestSlice { start: self, len: unsigned(len) }
    }
}

impl<T: GuestValue> GuestPtr<T> {
    /// The value there.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if it is not all inside the memory.
    #[inline]
    pub fn load<S: Storage>(self, memory: &IsolatedMemory<S>) -> WasmResult<Untrusted<T>> {
        match window(memory.bytes(), self.address, T::SIZE) {
            Some(bytes) => Ok(Untrusted::new(T::from_guest(bytes))),
            None => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }

    /// Writes a value there.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if it does not fit in the memory; nothing is written then.
    #[inline]
    pub fn store<S: Storage>(self, memory: &mut IsolatedMemory<S>, value: T) -> WasmResult<()> {
        match window_mut(memory.bytes_mut(), self.address, T::SIZE) {
            Some(bytes) => {
                value.to_guest(bytes);
                Ok(())
            }
            None => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }
}

// Derived, these would ask the same of `T`.
impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> PartialEq for GuestPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Eq for GuestPtr<T> {}

impl<T> fmt::Debug for GuestPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestPtr({:#x})", self.address)
    }
}

impl<T> GuestValue for GuestPtr<T> {
    const SIZE: usize = 4;
    const ALIGN: usize = 4;

    fn from_guest(bytes: &[u8]) -> Self {
        Self::new(u32::from_guest(bytes))
    }

    fn to_guest(&self, bytes: &mut [u8]) {
        self.address.to_guest(bytes);
    }
}

/// Values of type `T` one after the other in the memory of a guest: an address and a number of
/// values, checked whenever they are used.
pub struct GuestSlice<T> {
    start: GuestPtr<T>,
    len: u32,
}

impl<T> GuestSlice<T> {
    /// The `len` values from an address on; both numbers are read as unsigned.
    #[inline]
    #[must_use]
    pub fn new(address: impl AsU32, len: impl AsU32) -> Self {
        GuestPtr::new(address).slice(len)
    }

    /// The pointer to the first value.
    #[inline]
    #[must_use]
    pub const fn start(self) -> GuestPtr<T> {
        self.start
    }

    /// The number of values.
    #[inline]
    #[must_use]
    pub const fn len(self) -> u32 {
        self.len
    }

    /// Whether there are no values.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Address and number of values as exports take them.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> (i32, i32) {
        (self.start.raw(), self.len as i32)
    }
}

impl<T: GuestValue> GuestSlice<T> {
    /// The number of bytes; what does not fit is out of bounds of every memory.
    fn byte_len(self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX).saturating_mul(T::SIZE)
    }

    /// A pointer to the value at `index`, if the slice has so many.
    #[must_use]
    pub fn get(self, index: u32) -> Option<GuestPtr<T>> {
        let offset = index.checked_mul(u32::try_from(T::SIZE).ok()?)?;
        let address = self.start.address.checked_add(offset)?;
        (index < self.len).then(|| GuestPtr::new(address))
    }

    /// The bytes of all values, borrowed.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory.
    pub fn bytes<S: Storage>(self, memory: &IsolatedMemory<S>) -> WasmResult<&[u8]> {
        window(memory.bytes(), self.start.address, self.byte_len())
            .ok_or(TrapKind::MemoryOutOfBounds.into())
    }

    /// The bytes of all values, borrowed to change them.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory.
    pub fn bytes_mut<S: Storage>(self, memory: &mut IsolatedMemory<S>) -> WasmResult<&mut [u8]> {
        window_mut(memory.bytes_mut(), self.start.address, self.byte_len())
            .ok_or(TrapKind::MemoryOutOfBounds.into())
    }

    /// The values, one after the other. Values without a size give none.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory.
    pub fn load<S: Storage>(
        self,
        memory: &IsolatedMemory<S>,
    ) -> WasmResult<impl ExactSizeIterator<Item = Untrusted<T>> + '_>
    where
        T: 'static,
    {
        let values = self.bytes(memory)?.chunks_exact(T::SIZE.max(1));
        Ok(values.map(|bytes| Untrusted::new(T::from_guest(bytes))))
    }

    /// The values, copied. They are in bounds, so there are no more than the memory can hold.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory,
    /// [`TrapKind::AllocationFailed`] if there is no room for them.
    #[cfg(feature = "alloc")]
    pub fn to_vec<S: Storage>(self, memory: &IsolatedMemory<S>) -> WasmResult<Untrusted<Vec<T>>> {
        let values = self.bytes(memory)?.chunks_exact(T::SIZE.max(1));
        let mut copy = Vec::new();
        if copy.try_reserve_exact(values.len()).is_err() {
            return Err(TrapKind::AllocationFailed.into());
        }
        copy.extend(values.map(T::from_guest));
        Ok(Untrusted::new(copy))
    }

    /// Writes values there: as many as the slice has.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if there are not that many, or they don't fit in the memory;
    /// nothing is written then.
    pub fn store<S: Storage>(self, memory: &mut IsolatedMemory<S>, values: &[T]) -> WasmResult<()> {
        if u32::try_from(values.len()) != Ok(self.len) {
            return Err(TrapKind::MemoryOutOfBounds.into());
        }
        let places = self.bytes_mut(memory)?.chunks_exact_mut(T::SIZE.max(1));
        places.zip(values).for_each(|(place, value)| value.to_guest(place));
        Ok(())
    }
}

impl GuestSlice<u8> {
    /// The bytes as a string, borrowed.
    ///
    /// # Errors
    ///
    /// [`GuestError::OutOfBounds`], or [`GuestError::NotUtf8`].
    pub fn str<S: Storage>(self, memory: &IsolatedMemory<S>) -> Result<&str, GuestError> {
        let bytes = self.bytes(memory).map_err(|_| GuestError::OutOfBounds)?;
        Ok(core::str::from_utf8(bytes)?)
    }
}

impl GuestPtr<u8> {
    /// The C string there, borrowed: the bytes up to the first zero, which has to be one of the
    /// first `limit`.
    ///
    /// # Errors
    ///
    /// [`GuestError::OutOfBounds`] if the memory ends before the string and the limit do,
    /// [`GuestError::NotTerminated`].
    pub fn c_str<S: Storage>(
        self,
        memory: &IsolatedMemory<S>,
        limit: u32,
    ) -> Result<&CStr, GuestError> {
        let start = usize::try_from(self.address).unwrap_or(usize::MAX);
        let rest = memory.bytes().get(start..).ok_or(GuestError::OutOfBounds)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        match (rest.get(..limit), CStr::from_bytes_until_nul(rest.get(..limit).unwrap_or(rest))) {
            (_, Ok(string)) => Ok(string),
            (Some(_), Err(error)) => Err(error.into()),
            (None, Err(_)) => Err(GuestError::OutOfBounds),
        }
    }
}

// As for pointers.
impl<T> Clone for GuestSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestSlice<T> {}

impl<T> PartialEq for GuestSlice<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}

impl<T> Eq for GuestSlice<T> {}

impl<T> fmt::Debug for GuestSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuestSlice({:#x}, {})", self.start.address, self.len)
    }
}

impl<S: Storage> IsolatedMemory<S> {
    /// The `T` at an address: short for [`GuestPtr::load`].
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if it is not all inside the memory.
    pub fn load<T: GuestValue>(&self, address: impl AsU32) -> WasmResult<Untrusted<T>> {
        GuestPtr::new(address).load(self)
    }

    /// Writes a value at an address: short for [`GuestPtr::store`].
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if it does not fit in the memory; nothing is written then.
    pub fn store<T: GuestValue>(&mut self, address: impl AsU32, value: T) -> WasmResult<()> {
        GuestPtr::new(address).store(self, value)
    }

    /// The `len` bytes from an address on as a string: short for [`GuestSlice::str`].
    ///
    /// # Errors
    ///
    /// [`GuestError::OutOfBounds`], or [`GuestError::NotUtf8`].
    pub fn str(&self, address: impl AsU32, len: impl AsU32) -> Result<&str, GuestError> {
        GuestSlice::new(address, len).str(self)
    }

    /// The C string at an address: short for [`GuestPtr::c_str`].
    ///
    /// # Errors
    ///
    /// [`GuestError::OutOfBounds`] if the memory ends before the string and the limit do,
    /// [`GuestError::NotTerminated`] if no zero is among the first `limit` bytes.
    pub fn c_str(&self, address: impl AsU32, limit: u32) -> Result<&CStr, GuestError> {
        GuestPtr::new(address).c_str(self, limit)
    }
}
