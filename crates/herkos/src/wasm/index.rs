//! Indices into a module's index spaces (specification, "Indices"), each a type of its own.

/// The most memories that a module may have: sets of them are words.
pub const MAX_MEMORIES: usize = 64;

/// A set of memories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemorySet(u64);

impl MemorySet {
    /// Adds a memory.
    pub fn insert(&mut self, memory: MemoryIdx) {
        self.0 |= 1 << (memory.0 % MAX_MEMORIES as u32);
    }

    /// Whether the memory is in the set.
    pub fn contains(self, memory: MemoryIdx) -> bool {
        self.0 >> (memory.0 % MAX_MEMORIES as u32) & 1 != 0
    }

    /// Whether no memory is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members of this set that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members of both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = MemoryIdx> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let first = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (first < u64::BITS).then_some(MemoryIdx(first))
        })
    }

    /// The only member, if there is just one.
    pub fn only(self) -> Option<MemoryIdx> {
        (self.0.count_ones() == 1).then(|| MemoryIdx(self.0.trailing_zeros()))
    }
}

impl Extend<MemoryIdx> for MemorySet {
    fn extend<T: IntoIterator<Item = MemoryIdx>>(&mut self, memories: T) {
        memories.into_iter().for_each(|memory| self.insert(memory));
    }
}

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a position in a slice.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A type in the type section.
    TypeIdx
    /// A function: imported ones first, then defined ones.
    FuncIdx
    /// A function defined by the module, counted from the first defined one.
    DefinedFunc
    /// A table: imported ones first.
    TableIdx
    /// A memory: imported ones first.
    MemoryIdx
    /// A global: imported ones first.
    GlobalIdx
    /// A data segment.
    DataIdx
    /// An element segment.
    ElemIdx
    /// A structural function type: equal types at different type indices are one `SigId`.
    SigId
}
