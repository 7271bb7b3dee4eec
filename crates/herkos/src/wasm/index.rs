//! Indices into a module's index spaces (specification, "Indices"), each a type of its own.

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
