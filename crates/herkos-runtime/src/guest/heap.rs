//! Memory from the guest's own allocator.

use core::fmt;
use core::ops::{Deref, DerefMut};

use super::{GuestSlice, GuestValue};
use crate::memory::window_mut;
use crate::trap::{TrapKind, WasmResult, WasmTrap};

/// A guest that lends its host memory from its own heap.
///
/// An instance of a module that owns its memory and exports `malloc: (i32) -> i32` and
/// `free: (i32) -> ()` implements this. For a guest whose allocator has other names, write the three
/// methods on its `Instance` yourself.
///
/// What an allocator of the guest's says is no more to be trusted than the rest of it: an address
/// that it made up leads to `MemoryOutOfBounds`, or to other bytes of the guest.
pub trait GuestHeap {
    /// The guest's memory.
    fn heap_bytes(&mut self) -> &mut [u8];

    /// Asks the guest for `size` bytes, aligned for every type; 0 if it has none.
    ///
    /// # Errors
    ///
    /// The trap of the guest's function.
    fn allocate(&mut self, size: u32) -> WasmResult<u32>;

    /// Gives `size` bytes at `address` back, which [`allocate`](Self::allocate) gave.
    ///
    /// # Errors
    ///
    /// The trap of the guest's function.
    fn release(&mut self, address: u32, size: u32) -> WasmResult<()>;

    /// Copies bytes to the guest's heap for as long as `use_them` runs, which gets their address and
    /// length as exports take them.
    ///
    /// ```ignore
    /// let pixels = instance.with_bytes(&file, |instance, file, len| instance.decode(file, len))?;
    /// ```
    ///
    /// The error of `use_them` comes before one of giving the bytes back.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if the guest has no room; the guest's traps, and the errors of
    /// `use_them`.
    fn with_bytes<R, E: From<WasmTrap>>(
        &mut self,
        bytes: &[u8],
        use_them: impl FnOnce(&mut Self, i32, i32) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut guard = self.alloc_slice(bytes)?;
        let (address, len) = guard.data.raw();
        let result = use_them(&mut guard, address, len)?;
        guard.free()?;
        Ok(result)
    }

    /// Makes room for `len` values on the guest's heap, which are what the guest left there.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if the guest has no room; the guest's traps.
    fn alloc<T: GuestValue>(&mut self, len: u32) -> WasmResult<GuestBox<'_, Self, T>> {
        let size = u32::try_from(T::SIZE).ok().and_then(|size| size.checked_mul(len));
        // Not every allocator gives an address for no bytes.
        let size = size.ok_or(TrapKind::AllocationFailed)?.max(1);
        let address = self.allocate(size)?;
        if address == 0 {
            return Err(TrapKind::AllocationFailed.into());
        }
        Ok(GuestBox { data: GuestSlice::new(address, len), address, size, instance: self })
    }

    /// Copies values to the guest's heap.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if the guest has no room, [`TrapKind::MemoryOutOfBounds`] if it
    /// has none where it says; the guest's traps.
    fn alloc_slice<T: GuestValue>(&mut self, values: &[T]) -> WasmResult<GuestBox<'_, Self, T>> {
        let len = u32::try_from(values.len()).map_err(|_| TrapKind::AllocationFailed)?;
        let mut guard = self.alloc(len)?;
        let (address, size) = (guard.address, values.len().saturating_mul(T::SIZE));
        let Some(bytes) = window_mut(guard.heap_bytes(), address, size) else {
            return Err(TrapKind::MemoryOutOfBounds.into());
        };
        let places = bytes.chunks_exact_mut(T::SIZE.max(1));
        places.zip(values).for_each(|(place, value)| value.to_guest(place));
        Ok(guard)
    }

    /// Copies one value to the guest's heap.
    ///
    /// # Errors
    ///
    /// As [`alloc_slice`](Self::alloc_slice).
    fn alloc_value<T: GuestValue>(&mut self, value: T) -> WasmResult<GuestBox<'_, Self, T>> {
        self.alloc_slice(&[value])
    }
}

/// Values on the heap of a guest, given back when this is dropped; and the guest itself: it derefs
/// to the instance, which so stays at hand.
///
/// ```ignore
/// let mut input = instance.alloc_slice(&file)?;
/// let (address, len) = input.data.raw();
/// let size = input.decode(address, len)?; // a method of the instance
/// ```
///
/// To give the values back calls the guest. [`free`](Self::free) tells when that traps; a drop does
/// not.
pub struct GuestBox<'a, I: GuestHeap + ?Sized, T> {
    /// Where the values are.
    pub data: GuestSlice<T>,
    address: u32,
    size: u32,
    instance: &'a mut I,
}

impl<I: GuestHeap + ?Sized, T> GuestBox<'_, I, T> {
    /// Gives the values back.
    ///
    /// # Errors
    ///
    /// The trap of the guest's function.
    pub fn free(mut self) -> WasmResult<()> {
        self.release_once()
    }

    fn release_once(&mut self) -> WasmResult<()> {
        // The allocation has one byte at least.
        match core::mem::take(&mut self.size) {
            0 => Ok(()),
            size => self.instance.release(self.address, size),
        }
    }
}

impl<I: GuestHeap + ?Sized, T> Drop for GuestBox<'_, I, T> {
    fn drop(&mut self) {
        // There is no one to tell.
        let _ = self.release_once();
    }
}

impl<I: GuestHeap + ?Sized, T> Deref for GuestBox<'_, I, T> {
    type Target = I;

    fn deref(&self) -> &I {
        self.instance
    }
}

impl<I: GuestHeap + ?Sized, T> DerefMut for GuestBox<'_, I, T> {
    fn deref_mut(&mut self) -> &mut I {
        self.instance
    }
}

impl<I: GuestHeap + ?Sized, T> fmt::Debug for GuestBox<'_, I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestBox").field(&self.data).finish()
    }
}
