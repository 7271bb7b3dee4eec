//! Copies of instances, and their state as bytes.

use alloc::vec::Vec;
use core::fmt;

use crate::memory::{HeapStorage, IsolatedMemory, PAGE_SIZE, is_zero};
use crate::table::{ExternRef, FuncRef, Table};
use crate::trap::{TrapKind, WasmResult, WasmTrap};

/// An instance that can be copied: all of its state, and its host.
///
/// `Clone` does the same, and ends the process where memory runs out, as it does for a `Vec`.
pub trait TryClone: Sized {
    /// A copy that shares nothing with this instance, but what the host's copy shares with its host.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`].
    fn try_clone(&self) -> WasmResult<Self>;
}

/// An instance whose state can be saved and restored: memory, tables, globals, dropped segments.
///
/// The state of the host is the host's affair: globals that it provides, what its `externref`s
/// mean. So are memories and tables that belong to others.
pub trait Snapshot {
    /// What wrote a snapshot that this instance can read: the version of herkos and the digest of
    /// the module.
    const IDENTITY: &'static str;

    /// Writes the state.
    #[doc(hidden)]
    fn write_state(&self, to: &mut SnapshotWriter);

    /// Reads the state, all of it before any is changed.
    #[doc(hidden)]
    fn read_state(&mut self, from: &mut SnapshotReader<'_>) -> Result<(), SnapshotError>;

    /// The state as bytes. Pages of 64 KiB that are zero take one.
    ///
    /// # Errors
    ///
    /// [`TrapKind::AllocationFailed`].
    fn save(&self) -> WasmResult<Vec<u8>> {
        let mut writer = SnapshotWriter { bytes: Vec::new(), failed: false };
        writer.put(MAGIC);
        writer.value(Self::IDENTITY.len() as i64);
        writer.put(Self::IDENTITY.as_bytes());
        self.write_state(&mut writer);
        if writer.failed { Err(TrapKind::AllocationFailed.into()) } else { Ok(writer.bytes) }
    }

    /// Makes the state what it was when it was saved, by this instance or another one of the same
    /// module. Bytes that were tampered with can make the module go wrong as its own faults can, and
    /// no further.
    ///
    /// # Errors
    ///
    /// Whenever this fails, the instance is as before.
    fn restore(&mut self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        let mut reader = SnapshotReader { rest: snapshot };
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(SnapshotError::Malformed);
        }
        let len = usize::try_from(reader.value::<i64>()?).map_err(|_| SnapshotError::Malformed)?;
        if reader.take(len)? != Self::IDENTITY.as_bytes() {
            return Err(SnapshotError::OtherModule);
        }
        self.read_state(&mut reader)
    }
}

const MAGIC: &[u8] = b"herkos snapshot\0";

/// Why a snapshot could not be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is no snapshot, or not a whole one.
    Malformed,
    /// It is that of another module, or of another version of herkos.
    OtherModule,
    /// There is no room for the memory or a table; or it is larger than this instance allows.
    AllocationFailed,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Malformed => "not a whole snapshot",
            Self::OtherModule => "the snapshot of another module",
            Self::AllocationFailed => "no room for the state in the snapshot",
        })
    }
}

impl core::error::Error for SnapshotError {}

impl From<WasmTrap> for SnapshotError {
    fn from(_: WasmTrap) -> Self {
        Self::AllocationFailed
    }
}

/// A value that stands in a snapshot.
#[doc(hidden)]
pub trait SnapshotValue: Copy {
    /// The value as a number.
    fn to_number(self) -> u64;

    /// The value that this is the number of.
    fn from_number(number: u64) -> Option<Self>;
}

macro_rules! values {
    ($($ty:ty: $value:ident => $to:expr, $number:ident => $from:expr;)*) => {$(
        impl SnapshotValue for $ty {
            fn to_number(self) -> u64 {
                let $value = self;
                $to
            }

            fn from_number($number: u64) -> Option<Self> {
                $from
            }
        }
    )*};
}

values! {
    i32: v => u64::from(v as u32), n => Some(u32::try_from(n).ok()? as i32);
    i64: v => v as u64, n => Some(n as i64);
    f32: v => u64::from(v.to_bits()), n => Some(f32::from_bits(u32::try_from(n).ok()?));
    f64: v => v.to_bits(), n => Some(f64::from_bits(n));
    bool: v => u64::from(v), n => (n < 2).then_some(n == 1);
    Option<FuncRef>: v => v.map_or(0, |v| u64::from(v.id()) + 1), n => reference(n, FuncRef::from_id);
    Option<ExternRef>: v => v.map_or(0, |v| u64::from(v.0) + 1), n => reference(n, ExternRef);
}

fn reference<T>(number: u64, make: fn(u32) -> T) -> Option<Option<T>> {
    match number.checked_sub(1) {
        None => Some(None),
        Some(id) => Some(Some(make(u32::try_from(id).ok()?))),
    }
}

/// Collects the state of an instance.
#[doc(hidden)]
#[derive(Debug)]
pub struct SnapshotWriter {
    bytes: Vec<u8>,
    failed: bool,
}

impl SnapshotWriter {
    fn put(&mut self, bytes: &[u8]) {
        self.failed = self.failed || self.bytes.try_reserve(bytes.len()).is_err();
        if !self.failed {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Adds a value.
    pub fn value<T: SnapshotValue>(&mut self, value: T) {
        self.put(&value.to_number().to_le_bytes());
    }

    /// Adds several values.
    pub fn values<T: SnapshotValue>(&mut self, values: &[T]) {
        values.iter().for_each(|value| self.value(*value));
    }

    /// Adds a memory.
    pub fn memory<S: HeapStorage>(&mut self, memory: &IsolatedMemory<S>) {
        self.value(memory.pages());
        for page in memory.kept().chunks(PAGE_SIZE) {
            if is_zero(page) {
                self.put(&[0]);
            } else {
                self.put(&[1]);
                self.put(page);
            }
        }
    }

    /// Adds a table.
    pub fn table<T: SnapshotValue>(&mut self, table: &Table<T>) {
        self.value(table.size());
        self.values(table.elements());
    }
}

/// Gives back what a [`SnapshotWriter`] collected.
#[doc(hidden)]
#[derive(Debug)]
pub struct SnapshotReader<'a> {
    rest: &'a [u8],
}

impl<'a> SnapshotReader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], SnapshotError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(SnapshotError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next value.
    pub fn value<T: SnapshotValue>(&mut self) -> Result<T, SnapshotError> {
        let (number, rest) = self.rest.split_first_chunk().ok_or(SnapshotError::Malformed)?;
        self.rest = rest;
        T::from_number(u64::from_le_bytes(*number)).ok_or(SnapshotError::Malformed)
    }

    /// The next values, as many as `like` has.
    pub fn values<T: SnapshotValue, const N: usize>(
        &mut self,
        mut like: [T; N],
    ) -> Result<[T; N], SnapshotError> {
        for value in &mut like {
            *value = self.value()?;
        }
        Ok(like)
    }

    /// The next value, that of a segment: empty if it was dropped.
    pub fn segment<T>(&mut self, segment: &'static [T]) -> Result<&'static [T], SnapshotError> {
        Ok(if self.value()? { &[] } else { segment })
    }

    /// The next memory, with the limits of `like`.
    pub fn memory<S: HeapStorage>(
        &mut self,
        like: &IsolatedMemory<S>,
    ) -> Result<IsolatedMemory<S>, SnapshotError> {
        let pages = self.value::<i32>()? as u32;
        let mut memory = like.of_pages(pages)?;
        for page in memory.kept_mut().chunks_mut(PAGE_SIZE) {
            match self.take(1)? {
                [0] => {}
                _ => page.copy_from_slice(self.take(page.len())?),
            }
        }
        Ok(memory)
    }

    /// The next table, with the limit of `like`.
    pub fn table<T: SnapshotValue>(&mut self, like: &Table<T>) -> Result<Table<T>, SnapshotError> {
        let (size, null) = (self.value::<i32>()?, T::from_number(0));
        let null = null.ok_or(SnapshotError::Malformed)?;
        let mut table = Table::new(size as u32, like.max(), null)?;
        for i in 0..size {
            if !table.set(i, self.value()?) {
                return Err(SnapshotError::Malformed);
            }
        }
        Ok(table)
    }

    /// Nothing may follow.
    pub fn finish(&self) -> Result<(), SnapshotError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SnapshotError::Malformed) }
    }
}
