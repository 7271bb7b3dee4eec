//! Tables and the references they hold.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU32;

use crate::trap::{TrapKind, WasmResult};

/// The most elements that a table can have, whatever its declaration says.
///
/// A limit of this implementation (specification, appendix "Implementation Limitations"), the one
/// that browsers have agreed on. The elements of a table take memory as soon as they exist, so
/// without it one `table.grow` could ask for 16 GiB.
pub const MAX_TABLE_SIZE: u32 = 10_000_000;

/// A non-null reference to a function of one generated module, which knows what its id means.
///
/// A null reference is `None`; an `Option<FuncRef>` takes four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FuncRef(NonZeroU32); // !id, so that every id but u32::MAX fits

impl FuncRef {
    /// The reference to the function with this id. Ids are below `u32::MAX`; that one stands for
    /// `u32::MAX - 1`.
    #[inline]
    #[must_use]
    pub const fn from_id(id: u32) -> Self {
        match NonZeroU32::new(!id) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// The id that this reference was made from.
    #[inline]
    #[must_use]
    pub const fn id(self) -> u32 {
        !self.0.get()
    }
}

impl fmt::Debug for FuncRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FuncRef").field(&self.id()).finish()
    }
}

/// A non-null reference to something of the host's: a token that the host chooses and a module can
/// only pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(pub u32);

/// What a table can keep its elements in: a `Vec<T>` (feature `alloc`), or a `&mut [T]` that the
/// host lends.
///
/// Sealed: the two above are all there are.
pub trait TableStorage<T>: sealed::TableStorage<T> {}

mod sealed {
    pub trait TableStorage<T> {
        /// The first `len` elements. `len` is the size that this storage was last grown to.
        fn elements(&self, len: usize) -> &[T];

        /// The first `len` elements, mutably.
        fn elements_mut(&mut self, len: usize) -> &mut [T];

        /// Makes the size `new` elements, those from `old` on equal to `value`. `false`, and
        /// nothing changed, if that is impossible.
        fn grow(&mut self, old: usize, new: usize, value: T) -> bool;
    }
}

#[cfg(feature = "alloc")]
impl<T: Copy> TableStorage<T> for Vec<T> {}

#[cfg(feature = "alloc")]
impl<T: Copy> sealed::TableStorage<T> for Vec<T> {
    #[inline]
    fn elements(&self, _len: usize) -> &[T] {
        self // its length is the table's
    }

    #[inline]
    fn elements_mut(&mut self, _len: usize) -> &mut [T] {
        self
    }

    fn grow(&mut self, old: usize, new: usize, value: T) -> bool {
        let reserved = self.try_reserve(new - old).is_ok();
        if reserved {
            self.resize(new, value);
        }
        reserved
    }
}

impl<T: Copy> TableStorage<T> for &mut [T] {}

impl<T: Copy> sealed::TableStorage<T> for &mut [T] {
    #[inline]
    fn elements(&self, len: usize) -> &[T] {
        self.get(..len).unwrap_or_default()
    }

    #[inline]
    fn elements_mut(&mut self, len: usize) -> &mut [T] {
        self.get_mut(..len).unwrap_or_default()
    }

    fn grow(&mut self, old: usize, new: usize, value: T) -> bool {
        match self.get_mut(old..new) {
            Some(added) => {
                added.fill(value);
                true
            }
            None => false,
        }
    }
}

/// A table of references: `T` is `Option<FuncRef>` or `Option<ExternRef>`. It can grow up to a
/// limit and never shrinks.
///
/// The elements are kept in a `Vec<T>` (feature `alloc`, made by `new`), or in a buffer that the
/// host lends (made by [`from_buffer`](Table::from_buffer)). Indices and counts are WebAssembly's
/// `i32`, read as unsigned.
pub struct Table<T, #[cfg(feature = "alloc")] S = Vec<T>, #[cfg(not(feature = "alloc"))] S> {
    storage: S,
    len: u32,
    max: u32,
    element: PhantomData<T>,
}

#[cfg(feature = "alloc")]
impl<T: Copy> Table<T, Vec<T>> {
    /// A table of `min` elements, all equal to `init`, that can grow to `max` (more than
    /// [`MAX_TABLE_SIZE`] counts as that).
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min` exceeds `max` or the allocator refuses.
    pub fn new(min: u32, max: u32, init: T) -> WasmResult<Self> {
        Self::with_storage(Vec::new(), min, max, init)
    }

    /// A copy of the table.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`].
    pub fn try_clone(&self) -> WasmResult<Self> {
        let mut storage = Vec::new();
        if storage.try_reserve_exact(self.storage.len()).is_err() {
            return Err(TrapKind::AllocationFailed.into());
        }
        storage.extend_from_slice(&self.storage);
        Ok(Self { storage, len: self.len, max: self.max, element: PhantomData })
    }
}

/// Ends the process where memory runs out, as a `Vec` does; see [`try_clone`](Table::try_clone).
#[cfg(feature = "alloc")]
impl<T: Copy> Clone for Table<T, Vec<T>> {
    fn clone(&self) -> Self {
        Self { storage: self.storage.clone(), len: self.len, max: self.max, element: PhantomData }
    }
}

impl<'m, T: Copy> Table<T, &'m mut [T]> {
    /// A table of `min` elements, all equal to `init`, at the start of `buffer`. It can grow to
    /// `max` elements, or to the length of the buffer if that is less.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`] if `min` exceeds `max` or the buffer is too small.
    pub fn from_buffer(buffer: &'m mut [T], min: u32, max: u32, init: T) -> WasmResult<Self> {
        let room = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        Self::with_storage(buffer, min, max.min(room), init)
    }
}

impl<T: Copy, S: TableStorage<T>> Table<T, S> {
    fn with_storage(storage: S, min: u32, max: u32, init: T) -> WasmResult<Self> {
        let mut table =
            Self { storage, len: 0, max: max.min(MAX_TABLE_SIZE), element: PhantomData };
        if table.grow_elements(min, init) {
            Ok(table)
        } else {
            Err(TrapKind::AllocationFailed.into())
        }
    }

    fn grow_elements(&mut self, delta: u32, value: T) -> bool {
        let new = match self.len.checked_add(delta) {
            Some(new) if new <= self.max => new,
            _ => return false,
        };
        let grown = self.storage.grow(self.len as usize, new as usize, value);
        if grown {
            self.len = new;
        }
        grown
    }

    /// `table.size`: the number of elements.
    #[inline]
    #[must_use]
    pub fn size(&self) -> i32 {
        self.len as i32
    }

    /// The most elements that this table can grow to.
    #[inline]
    #[must_use]
    pub fn max(&self) -> u32 {
        self.max
    }

    /// Lets the table grow to `max` elements at the most, from now on; or not at all, if it is larger
    /// already. What could be less before stays.
    pub fn limit(&mut self, max: u32) {
        self.max = self.max.min(max.max(self.len));
    }

    /// Whether the table is what an import with these limits, in elements, asks for: at least as
    /// large, and never larger (specification, "Import Matching").
    #[must_use]
    pub fn is_within(&self, min: u32, max: Option<u32>) -> bool {
        self.len >= min && max.is_none_or(|max| self.max <= max)
    }

    /// All elements.
    #[inline]
    #[must_use]
    pub fn elements(&self) -> &[T] {
        self.storage.elements(self.len as usize)
    }

    /// `table.get`: the element at index `i`, or `None` if that is out of bounds.
    #[inline]
    #[must_use]
    pub fn get(&self, i: i32) -> Option<T> {
        self.elements().get(i as u32 as usize).copied()
    }

    /// `table.set`: makes `value` the element at index `i`. `false`, and nothing changed, if that
    /// is out of bounds.
    #[inline]
    #[must_use]
    pub fn set(&mut self, i: i32, value: T) -> bool {
        match self.storage.elements_mut(self.len as usize).get_mut(i as u32 as usize) {
            Some(element) => {
                *element = value;
                true
            }
            None => false,
        }
    }

    /// `table.grow`: adds `delta` elements equal to `value`. The old size; or -1, and nothing
    /// changed, if that would exceed [`max`](Self::max) or what can be allocated.
    pub fn grow(&mut self, delta: i32, value: T) -> i32 {
        let old = self.size();
        if self.grow_elements(delta as u32, value) { old } else { -1 }
    }

    /// `table.fill`: makes `n` elements from index `i` on equal to `value`. `false`, and nothing
    /// changed, if they are not all inside the table.
    #[must_use]
    pub fn fill(&mut self, i: i32, value: T, n: i32) -> bool {
        match range_mut(self.storage.elements_mut(self.len as usize), i, n) {
            Some(elements) => {
                elements.fill(value);
                true
            }
            None => false,
        }
    }

    /// `table.copy` within one table: copies `n` elements from index `s` on to index `d` on; the
    /// ranges may overlap. `false`, and nothing changed, if they are not all inside the table.
    #[must_use]
    pub fn copy_within(&mut self, d: i32, s: i32, n: i32) -> bool {
        let elements = self.storage.elements_mut(self.len as usize);
        let fits = range(elements, d, n).is_some() && range(elements, s, n).is_some();
        if fits {
            let (d, s, n) = (d as u32 as usize, s as u32 as usize, n as u32 as usize);
            elements.copy_within(s..s + n, d);
        }
        fits
    }

    /// `table.copy` from another table: copies `n` elements from index `s` of `other` on to index
    /// `d` on. `false`, and nothing changed, if they are not all inside the tables.
    #[must_use]
    pub fn copy_from<O: TableStorage<T>>(
        &mut self,
        other: &Table<T, O>,
        d: i32,
        s: i32,
        n: i32,
    ) -> bool {
        self.init(other.elements(), d, s, n)
    }

    /// `table.init`: copies `n` elements from index `s` of an element segment on to index `d` on. A
    /// dropped segment is the empty slice. `false`, and nothing changed, if they are not all inside
    /// the segment and the table.
    #[must_use]
    pub fn init(&mut self, segment: &[T], d: i32, s: i32, n: i32) -> bool {
        match (range_mut(self.storage.elements_mut(self.len as usize), d, n), range(segment, s, n))
        {
            (Some(to), Some(from)) => {
                to.copy_from_slice(from);
                true
            }
            _ => false,
        }
    }
}

/// The `n` elements from index `i` on, both unsigned.
#[inline]
fn range<T>(elements: &[T], i: i32, n: i32) -> Option<&[T]> {
    elements.get(i as u32 as usize..)?.get(..n as u32 as usize)
}

/// As [`range`], mutably.
#[inline]
fn range_mut<T>(elements: &mut [T], i: i32, n: i32) -> Option<&mut [T]> {
    elements.get_mut(i as u32 as usize..)?.get_mut(..n as u32 as usize)
}

impl<S: TableStorage<Option<FuncRef>>> Table<Option<FuncRef>, S> {
    /// The function at index `i`: what a guest's function pointer refers to. To be called by
    /// [`CallFunc::call_func`].
    ///
    /// # Errors
    ///
    /// [`TrapKind::UndefinedElement`] if `i` is out of bounds, [`TrapKind::UninitializedElement`] if
    /// the element is null: as `call_indirect`.
    pub fn func(&self, i: i32) -> WasmResult<FuncRef> {
        match self.get(i) {
            Some(Some(func)) => Ok(func),
            Some(None) => Err(TrapKind::UninitializedElement.into()),
            None => Err(TrapKind::UndefinedElement.into()),
        }
    }
}

/// Calls functions by reference.
///
/// An instance has this, and the caller of a reentrant host function, if references to functions can
/// come out of the module: it exports a table of them, or functions that take or return them. It has
/// it for each type of which there is such a function: `P` is a tuple of the parameters, `R` the
/// result, or a tuple of the results. (Of a module that imports its memory, the first one in `P` is
/// the memory that the call borrows.)
///
/// ```ignore
/// let compare = instance.table().func(pointer)?;
/// let order: i32 = instance.call_func(compare, (left, right))?;
/// ```
pub trait CallFunc<P, R> {
    /// Calls the function.
    ///
    /// # Errors
    ///
    /// [`TrapKind::IndirectCallTypeMismatch`] if the function is of another type, and every trap of the
    /// function itself.
    fn call_func(&mut self, func: FuncRef, params: P) -> WasmResult<R>;
}

impl<T: Copy + fmt::Debug, S: TableStorage<T>> fmt::Debug for Table<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("size", &self.len)
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}
