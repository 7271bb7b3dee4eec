//! Linear memory.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, vec::Vec};
#[cfg(feature = "alloc")]
use core::alloc::Layout;
use core::fmt;

#[cfg(any(doc, feature = "std"))]
use crate::always::ADDRESS_SPACE;
#[cfg(doc)]
use crate::always::WRAP_SLACK;
use crate::trap::{TrapKind, WasmResult};

/// Size of a WebAssembly page in bytes.
pub const PAGE_SIZE: usize = 65_536;

/// The most pages that a memory with 32-bit addresses can have: 4 GiB.
pub const MAX_PAGES: u32 = 65_536;

/// What a memory can keep its bytes in: a `Vec<u8>` or, with all bytes that it may ever have from the
/// start, a `Box<[u8]>` (feature `alloc`) or a `Box<[u8; N]>` (feature `std`); or a `&mut [u8]` that
/// the host lends.
///
/// Sealed: those are all there are.
pub trait Storage: sealed::Storage {}

mod sealed {
    pub trait AsU32 {
        fn unsigned(self) -> u32;
    }

    #[cfg(feature = "alloc")]
    pub trait HeapStorage: Sized {
        /// What a copy of a memory of `len` bytes has to have, too.
        fn kept(&self, len: usize) -> &[u8];

        /// Storage like this one for a size of `len` bytes, all zero.
        fn zeros(&self, len: usize) -> Option<Self>;
    }

    pub trait Storage {
        /// The first `len` bytes. `len` is the size that this storage was last grown to.
        fn bytes(&self, len: usize) -> &[u8];

        /// The first `len` bytes, mutably.
        fn bytes_mut(&mut self, len: usize) -> &mut [u8];

        /// Every byte there is: those of the memory, and what it may grow into.
        fn whole_mut(&mut self) -> &mut [u8];

        /// Makes the size `new` bytes, the bytes from `old` on zero. `false`, and nothing changed,
        /// if that is impossible. `limit >= new` is the largest size that will ever be asked for.
        fn grow(&mut self, old: usize, new: usize, limit: usize) -> bool;
    }
}

#[cfg(feature = "alloc")]
impl Storage for Vec<u8> {}

#[cfg(feature = "alloc")]
impl sealed::Storage for Vec<u8> {
    #[inline]
    fn bytes(&self, _len: usize) -> &[u8] {
        self // its length is the memory's
    }

    #[inline]
    fn bytes_mut(&mut self, _len: usize) -> &mut [u8] {
        self
    }

    #[inline]
    fn whole_mut(&mut self) -> &mut [u8] {
        self
    }

    fn grow(&mut self, old: usize, new: usize, limit: usize) -> bool {
        let additional = new - old;
        // Growing to more than twice the size: copying the old bytes into fresh zero pages touches
        // less memory than clearing the new ones in place.
        if additional > old
            && let Some(mut fresh) = zeroed(new)
            && let Some(start) = fresh.get_mut(..old)
        {
            start.copy_from_slice(self);
            *self = fresh;
            return true;
        }
        // A module that grows page by page must not have its memory copied every time: where
        // address space is plentiful, ask for half as much again; pages that are not yet part of
        // the memory are not touched.
        let ample = new.saturating_add(old / 2).min(limit) - old;
        let reserved = (cfg!(feature = "std")
            && additional > self.capacity() - old
            && self.try_reserve_exact(ample).is_ok())
            || self.try_reserve_exact(additional).is_ok();
        if reserved {
            self.resize(new, 0);
        }
        reserved
    }
}

/// Headroom in bytes that must be free beside a zeroed allocation; see [`zeroed`]. With this much,
/// the rehearsal is above the size from which glibc learns a new threshold for mapping blocks.
#[cfg(feature = "std")]
const HEADROOM: usize = 32 << 20;

/// `len` zero bytes that take no physical memory until they are used, or `None` if that cannot be
/// had without risk.
///
/// Safe Rust has one way to ask the allocator for zero pages, `vec![0; len]`, and that aborts the
/// process if the allocation fails. A declared size must never do that, so the allocation is
/// rehearsed: space for `len` bytes and [`HEADROOM`] is reserved (which reports failure, and
/// touches nothing) and given back. Only if there was that much is `vec![0; len]` called; other
/// threads would have to use up the headroom in between for it to fail. Otherwise the caller
/// reserves exactly what it needs, which cannot abort, and clears it by hand.
#[cfg(feature = "std")]
fn zeroed(len: usize) -> Option<Vec<u8>> {
    let mut rehearsal = Vec::<u8>::new();
    rehearsal.try_reserve_exact(len.checked_add(HEADROOM)?).ok()?;
    // LLVM may remove an allocation that nothing uses, and then takes it to have succeeded.
    drop(core::hint::black_box(rehearsal));
    Some(alloc::vec![0; len])
}

/// Without an operating system the allocator has no zero pages to give: the caller clears by hand.
#[cfg(all(feature = "alloc", not(feature = "std")))]
fn zeroed(_len: usize) -> Option<Vec<u8>> {
    None
}

#[cfg(feature = "alloc")]
impl Storage for Box<[u8]> {}

#[cfg(feature = "alloc")]
impl sealed::Storage for Box<[u8]> {
    #[inline]
    fn bytes(&self, len: usize) -> &[u8] {
        self.get(..len).unwrap_or_default()
    }

    #[inline]
    fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        self.get_mut(..len).unwrap_or_default()
    }

    #[inline]
    fn whole_mut(&mut self) -> &mut [u8] {
        self
    }

    fn grow(&mut self, old: usize, new: usize, _limit: usize) -> bool {
        clear(self, old, new)
    }
}

#[cfg(feature = "std")]
impl<const N: usize> Storage for Box<[u8; N]> {}

/// With more bytes than [`ADDRESS_SPACE`]. What a module stores behind the memory is there, but belongs
/// to nothing.
#[cfg(feature = "std")]
impl<const N: usize> sealed::Storage for Box<[u8; N]> {
    #[inline]
    fn bytes(&self, len: usize) -> &[u8] {
        self.get(..len).unwrap_or_default()
    }

    #[inline]
    fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        self.get_mut(..len).unwrap_or_default()
    }

    #[inline]
    fn whole_mut(&mut self) -> &mut [u8] {
        &mut self[..]
    }

    fn grow(&mut self, old: usize, new: usize, _limit: usize) -> bool {
        let Some(added) = self.get_mut(old..new) else { return false };
        // Most were never written, and take no memory as long as that is so.
        for page in added.chunks_mut(PAGE_SIZE).filter(|page| !is_zero(page)) {
            page.fill(0);
        }
        true
    }
}

/// Whether all bytes are zero.
#[cfg(feature = "alloc")]
pub(crate) fn is_zero(page: &[u8]) -> bool {
    page.iter().all(|byte| *byte == 0)
}

/// Copies what is not zero to bytes that are.
#[cfg(feature = "alloc")]
fn copy_pages(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.chunks_mut(PAGE_SIZE).zip(from.chunks(PAGE_SIZE)) {
        match to.get_mut(..from.len()) {
            Some(to) if !is_zero(from) => to.copy_from_slice(from),
            _ => {}
        }
    }
}

/// Clears the bytes from `old` to `new`; `false` if they are not all there.
fn clear(bytes: &mut [u8], old: usize, new: usize) -> bool {
    match bytes.get_mut(old..new) {
        Some(pages) => {
            pages.fill(0);
            true
        }
        None => false,
    }
}

impl Storage for &mut [u8] {}

impl sealed::Storage for &mut [u8] {
    #[inline]
    fn bytes(&self, len: usize) -> &[u8] {
        self.get(..len).unwrap_or_default()
    }

    #[inline]
    fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        self.get_mut(..len).unwrap_or_default()
    }

    #[inline]
    fn whole_mut(&mut self) -> &mut [u8] {
        self
    }

    fn grow(&mut self, old: usize, new: usize, _limit: usize) -> bool {
        clear(self, old, new)
    }
}

/// A linear memory: a whole number of pages of 64 KiB, zero at first, that can grow up to a limit
/// and never shrinks.
///
/// A module reaches the memory that it was given and no other; two memories are two owned values.
/// The bytes are kept in a `Vec<u8>` (feature `alloc`, made by `new`), or in a buffer that the host
/// lends (made by [`from_buffer`](IsolatedMemory::from_buffer)). A memory for addresses that wrap has
/// all bytes that it may grow to from the start (`wrapping` and
/// [`wrapping_from_buffer`](IsolatedMemory::wrapping_from_buffer)); one for accesses without checks has a
/// byte for each address (`reserved`). Where a page is more than there is, a memory can consist of its
/// first bytes alone
/// ([`partial_from_buffer`](IsolatedMemory::partial_from_buffer)).
pub struct IsolatedMemory<#[cfg(feature = "alloc")] S = Vec<u8>, #[cfg(not(feature = "alloc"))] S> {
    storage: S,
    /// How many bytes are there: those of all pages, or fewer of a partial memory.
    len: usize,
    /// The size that the module sees, at most [`MAX_PAGES`].
    pages: u32,
    max_pages: u32,
}

#[cfg(feature = "alloc")]
impl IsolatedMemory<Vec<u8>> {
    /// A memory of `min_pages` pages, all zero, that can grow to `max_pages` (more than
    /// [`MAX_PAGES`] counts as that).
    ///
    /// With the feature `std`, pages that are never used take no physical memory where the system
    /// allocator hands out large zeroed blocks lazily, as the usual ones do: even 4 GiB are there
    /// in microseconds. No size aborts.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min_pages` exceeds `max_pages` or the allocator refuses.
    pub fn new(min_pages: u32, max_pages: u32) -> WasmResult<Self> {
        Self::with_storage(Vec::new(), min_pages, max_pages)
    }
}

/// A memory for addresses that wrap, on the heap.
#[cfg(feature = "alloc")]
pub type WrappingMemory = IsolatedMemory<Box<[u8]>>;

#[cfg(feature = "alloc")]
impl WrappingMemory {
    /// A memory of `min_pages` pages, all zero, that can grow to `max_pages`, for addresses that
    /// wrap at `capacity` bytes less [`WRAP_SLACK`]: so many bytes are there from the start.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min_pages` exceeds `max_pages` or the capacity, or the
    /// allocator refuses.
    pub fn wrapping(min_pages: u32, max_pages: u32, capacity: usize) -> WasmResult<Self> {
        let mut bytes = Vec::new();
        if capacity > 0 && !sealed::Storage::grow(&mut bytes, 0, capacity, capacity) {
            return Err(TrapKind::AllocationFailed.into());
        }
        Self::zeroed(bytes.into_boxed_slice(), min_pages, max_pages)
    }
}

/// A memory for which the whole address space is reserved.
#[cfg(feature = "std")]
pub type ReservedMemory<const N: usize> = IsolatedMemory<Box<[u8; N]>>;

#[cfg(feature = "std")]
impl<const N: usize> ReservedMemory<N> {
    /// A memory of `min_pages` pages, all zero, that can grow to `max_pages`, and has `N` bytes from the
    /// start, more than [`ADDRESS_SPACE`]: those behind its size can be used by loads and stores of the
    /// module, and take memory as soon as they are.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min_pages` exceeds `max_pages` or the allocator refuses.
    pub fn reserved(min_pages: u32, max_pages: u32) -> WasmResult<Self> {
        const {
            assert!(N as u64 > ADDRESS_SPACE);
        }
        let bytes = zeroed(N).and_then(|bytes| bytes.into_boxed_slice().try_into().ok());
        let bytes = bytes.ok_or(TrapKind::AllocationFailed)?;
        Self::zeroed(bytes, min_pages, max_pages)
    }

    /// All bytes that are reserved, and how many of them are the memory's: its size.
    #[inline]
    #[must_use]
    pub fn reserved_mut(&mut self) -> (&mut [u8; N], usize) {
        (&mut self.storage, self.len)
    }
}

/// What a memory that can be copied keeps its bytes in: a `Vec<u8>`, a `Box<[u8]>` or a
/// `Box<[u8; N]>`.
///
/// Sealed: those are all there are.
#[cfg(feature = "alloc")]
pub trait HeapStorage: Storage + sealed::HeapStorage {}

#[cfg(feature = "alloc")]
impl<S: Storage + sealed::HeapStorage> HeapStorage for S {}

#[cfg(feature = "alloc")]
impl sealed::HeapStorage for Vec<u8> {
    fn kept(&self, _len: usize) -> &[u8] {
        self
    }

    fn zeros(&self, len: usize) -> Option<Self> {
        let mut bytes = Self::new();
        (len == 0 || sealed::Storage::grow(&mut bytes, 0, len, len)).then_some(bytes)
    }
}

#[cfg(feature = "alloc")]
impl sealed::HeapStorage for Box<[u8]> {
    fn kept(&self, _len: usize) -> &[u8] {
        self
    }

    fn zeros(&self, _len: usize) -> Option<Self> {
        Some(sealed::HeapStorage::zeros(&Vec::new(), self.len())?.into_boxed_slice())
    }
}

#[cfg(feature = "std")]
impl<const N: usize> sealed::HeapStorage for Box<[u8; N]> {
    fn kept(&self, len: usize) -> &[u8] {
        sealed::Storage::bytes(self, len)
    }

    fn zeros(&self, _len: usize) -> Option<Self> {
        zeroed(N)?.into_boxed_slice().try_into().ok()
    }
}

#[cfg(feature = "alloc")]
impl<S: HeapStorage> IsolatedMemory<S> {
    /// A copy of the memory. Pages that are zero are not touched in it.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`].
    pub fn try_clone(&self) -> WasmResult<Self> {
        let mut copy = self.of_pages(self.pages)?;
        copy_pages(self.kept(), copy.storage.whole_mut());
        Ok(copy)
    }

    /// A memory of `pages` pages, all zero, with the limits of this one.
    pub(crate) fn of_pages(&self, pages: u32) -> WasmResult<Self> {
        let len = (pages as usize).checked_mul(PAGE_SIZE).filter(|_| pages <= self.max_pages);
        let storage = len.and_then(|len| self.storage.zeros(len));
        match (storage, len) {
            (Some(storage), Some(len)) if len <= storage.kept(len).len() => {
                Ok(Self { storage, len, pages, max_pages: self.max_pages })
            }
            _ => Err(TrapKind::AllocationFailed.into()),
        }
    }

    /// What a copy has to have.
    pub(crate) fn kept(&self) -> &[u8] {
        self.storage.kept(self.len)
    }

    /// The same, mutably.
    pub(crate) fn kept_mut(&mut self) -> &mut [u8] {
        let kept = self.kept().len();
        self.storage.whole_mut().get_mut(..kept).unwrap_or_default()
    }
}

/// Ends the process where memory runs out, as a `Vec` does; see
/// [`try_clone`](IsolatedMemory::try_clone).
#[cfg(feature = "alloc")]
impl<S: HeapStorage> Clone for IsolatedMemory<S> {
    fn clone(&self) -> Self {
        self.try_clone().unwrap_or_else(|_| {
            let layout = Layout::array::<u8>(self.len).unwrap_or(Layout::new::<u8>());
            alloc::alloc::handle_alloc_error(layout)
        })
    }
}

impl<'m> IsolatedMemory<&'m mut [u8]> {
    /// A memory of `min_pages` pages at the start of `buffer`, for addresses that wrap at `capacity`
    /// bytes less [`WRAP_SLACK`]. So many bytes of the buffer are cleared and used, the remaining ones
    /// are never touched.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min_pages` exceeds `max_pages` or the capacity, or the
    /// buffer is smaller than that.
    pub fn wrapping_from_buffer(
        buffer: &'m mut [u8],
        min_pages: u32,
        max_pages: u32,
        capacity: usize,
    ) -> WasmResult<Self> {
        match buffer.get_mut(..capacity) {
            Some(bytes) => {
                bytes.fill(0);
                Self::zeroed(bytes, min_pages, max_pages)
            }
            None => Err(TrapKind::AllocationFailed.into()),
        }
    }

    /// A memory of `min_pages` pages, all zero, at the start of `buffer`. It can grow to
    /// `max_pages` pages, or to the whole pages that the buffer holds if those are fewer; the
    /// buffer's remaining bytes are never touched.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min_pages` exceeds `max_pages` or the buffer is too
    /// small.
    pub fn from_buffer(buffer: &'m mut [u8], min_pages: u32, max_pages: u32) -> WasmResult<Self> {
        let whole_pages = u32::try_from(buffer.len() / PAGE_SIZE).unwrap_or(MAX_PAGES);
        Self::with_storage(buffer, min_pages, max_pages.min(whole_pages))
    }

    /// A memory of `pages` pages of which only the first `bytes` bytes exist: those at the start of
    /// `buffer`, cleared; its remaining bytes are never touched. For modules that declare a page and use
    /// a few kilobytes of it, on machines that have no more.
    ///
    /// The module sees a memory of `pages` pages that can't grow. What it does with an address beyond
    /// the bytes that are there is out of bounds, as it is beyond any memory.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if the buffer has fewer than `bytes` bytes, `pages` pages have, or
    /// `pages` is more than [`MAX_PAGES`].
    pub fn partial_from_buffer(buffer: &'m mut [u8], pages: u32, bytes: usize) -> WasmResult<Self> {
        let fits = pages <= MAX_PAGES && bytes as u64 <= u64::from(pages) * PAGE_SIZE as u64;
        match buffer.get_mut(..bytes) {
            Some(storage) if fits => {
                storage.fill(0);
                Ok(Self { storage, len: bytes, pages, max_pages: pages })
            }
            _ => Err(TrapKind::AllocationFailed.into()),
        }
    }
}

impl<S: Storage> IsolatedMemory<S> {
    fn with_storage(storage: S, min_pages: u32, max_pages: u32) -> WasmResult<Self> {
        let mut memory = Self { storage, len: 0, pages: 0, max_pages: max_pages.min(MAX_PAGES) };
        if memory.grow_pages(min_pages).is_some() {
            Ok(memory)
        } else {
            Err(TrapKind::AllocationFailed.into())
        }
    }

    /// A memory of `min_pages` pages in bytes that are zero.
    fn zeroed(mut storage: S, min_pages: u32, max_pages: u32) -> WasmResult<Self> {
        let (pages, max_pages) = (min_pages, max_pages.min(MAX_PAGES));
        let len = (pages as usize).checked_mul(PAGE_SIZE);
        match len.filter(|&len| pages <= max_pages && len <= storage.whole_mut().len()) {
            Some(len) => Ok(Self { storage, len, pages, max_pages }),
            None => Err(TrapKind::AllocationFailed.into()),
        }
    }

    /// Grows by `delta` pages; the old size in pages, or `None` and nothing changed.
    fn grow_pages(&mut self, delta: u32) -> Option<u32> {
        let old = self.pages;
        let new = old.checked_add(delta).filter(|&new| new <= self.max_pages)?;
        if delta > 0 {
            // On a host with 32-bit addresses neither the size nor the limit need be representable.
            let len = (new as usize).checked_mul(PAGE_SIZE)?;
            let limit = (self.max_pages as usize).saturating_mul(PAGE_SIZE);
            if !self.storage.grow(self.len, len, limit) {
                return None;
            }
            self.len = len;
            self.pages = new;
        }
        Some(old)
    }

    /// `memory.size`: the size in pages.
    #[inline]
    #[must_use]
    pub fn pages(&self) -> i32 {
        self.pages as i32
    }

    /// The most pages that this memory can grow to.
    #[inline]
    #[must_use]
    pub fn max_pages(&self) -> u32 {
        self.max_pages
    }

    /// Lets the memory grow to `max_pages` at the most, from now on; or not at all, if it is larger
    /// already. What could be less before stays.
    pub fn limit(&mut self, max_pages: u32) {
        self.max_pages = self.max_pages.min(max_pages.max(self.pages));
    }

    /// Whether the memory is what an import with these limits, in pages, asks for: at least as large,
    /// and never larger (specification, "Import Matching").
    #[must_use]
    pub fn is_within(&self, min_pages: u32, max_pages: Option<u32>) -> bool {
        self.pages >= min_pages && max_pages.is_none_or(|max| self.max_pages <= max)
    }

    /// The bytes that are there: [`PAGE_SIZE`] for each page, or fewer of a partial memory.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The whole memory.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.storage.bytes(self.len)
    }

    /// The whole memory, mutably.
    #[inline]
    #[must_use]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.storage.bytes_mut(self.len)
    }

    /// The whole memory, mutably, and its size in pages, which a partial memory's bytes don't tell.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn sized_mut(&mut self) -> (&mut [u8], usize) {
        let pages = self.pages as usize; // at most `MAX_PAGES`
        (self.bytes_mut(), pages)
    }

    /// The whole memory as an array of `N` bytes, for what was compiled for that size.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if the memory has another size.
    #[inline]
    pub fn array_mut<const N: usize>(&mut self) -> WasmResult<&mut [u8; N]> {
        match self.bytes_mut().try_into() {
            Ok(bytes) => Ok(bytes),
            Err(_) => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }

    /// All bytes that a memory for accesses without checks has, as an array, and how many of them are the
    /// memory's: its size.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if there are not `N`.
    #[inline]
    pub fn whole_mut<const N: usize>(&mut self) -> WasmResult<(&mut [u8; N], usize)> {
        let len = self.len;
        match self.storage.whole_mut().try_into() {
            Ok(bytes) => Ok((bytes, len)),
            Err(_) => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }

    /// `memory.grow`: adds `delta` pages (unsigned), which are zero. The old size in pages; or -1,
    /// and nothing changed, if that would exceed [`max_pages`](Self::max_pages) or what can be
    /// allocated.
    pub fn grow(&mut self, delta: i32) -> i32 {
        match self.grow_pages(delta as u32) {
            Some(old) => old as i32,
            None => -1,
        }
    }

    /// Copies the bytes from `address` on into `into`.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory; `into` is unchanged
    /// then.
    pub fn read(&self, address: impl AsU32, into: &mut [u8]) -> WasmResult<()> {
        match window(self.bytes(), address.unsigned(), into.len()) {
            Some(from) => {
                into.copy_from_slice(from);
                Ok(())
            }
            None => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }

    /// Copies `from` into the memory, from `address` on.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if it does not fit in the memory there; nothing is written
    /// then.
    pub fn write(&mut self, address: impl AsU32, from: &[u8]) -> WasmResult<()> {
        match window_mut(self.bytes_mut(), address.unsigned(), from.len()) {
            Some(into) => {
                into.copy_from_slice(from);
                Ok(())
            }
            None => Err(TrapKind::MemoryOutOfBounds.into()),
        }
    }

    /// The `len` bytes from `address` on.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory.
    pub fn slice(&self, address: impl AsU32, len: impl AsU32) -> WasmResult<&[u8]> {
        window(self.bytes(), address.unsigned(), to_usize(len.unsigned()))
            .ok_or(TrapKind::MemoryOutOfBounds.into())
    }

    /// The `len` bytes from `address` on, mutably.
    ///
    /// # Errors
    ///
    /// [`TrapKind::MemoryOutOfBounds`] if they are not all inside the memory.
    pub fn slice_mut(&mut self, address: impl AsU32, len: impl AsU32) -> WasmResult<&mut [u8]> {
        window_mut(self.bytes_mut(), address.unsigned(), to_usize(len.unsigned()))
            .ok_or(TrapKind::MemoryOutOfBounds.into())
    }
}

/// An address or a length in a memory: a `u32`, or WebAssembly's `i32`, whose bits are read as
/// unsigned.
///
/// Sealed: those two are all there are.
pub trait AsU32: sealed::AsU32 {}

impl AsU32 for i32 {}

impl sealed::AsU32 for i32 {
    #[inline]
    fn unsigned(self) -> u32 {
        self as u32
    }
}

impl AsU32 for u32 {}

impl sealed::AsU32 for u32 {
    #[inline]
    fn unsigned(self) -> u32 {
        self
    }
}

/// The number that an address or a length stands for.
#[inline]
pub(crate) fn unsigned(n: impl AsU32) -> u32 {
    n.unsigned()
}

/// The greatest `usize` stands for numbers that do not fit: it is out of bounds of every slice.
#[inline]
fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[inline]
pub(crate) fn window(bytes: &[u8], address: u32, len: usize) -> Option<&[u8]> {
    bytes.get(to_usize(address)..)?.get(..len)
}

#[inline]
pub(crate) fn window_mut(bytes: &mut [u8], address: u32, len: usize) -> Option<&mut [u8]> {
    bytes.get_mut(to_usize(address)..)?.get_mut(..len)
}

impl<S: Storage> fmt::Debug for IsolatedMemory<S> {
    /// The sizes; the contents may be 4 GiB.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsolatedMemory")
            .field("pages", &self.pages())
            .field("max_pages", &self.max_pages)
            .finish_non_exhaustive()
    }
}
