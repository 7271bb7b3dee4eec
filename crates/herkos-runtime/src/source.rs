//! The source text of this crate, for tools that compile it without a repository at hand.

macro_rules! source {
    ($($path:literal)*) => {
        /// Every source file of this crate: its path under `src/`, and its text.
        pub const SOURCE: &[(&str, &str)] = &[$(($path, include_str!($path))),*];
    };
}

source! {
    "access.rs"
    "always.rs"
    "fuel.rs"
    "guest/heap.rs"
    "guest/mod.rs"
    "guest/pointer.rs"
    "guest/untrusted.rs"
    "guest/value.rs"
    "host.rs"
    "lib.rs"
    "loops.rs"
    "memory.rs"
    "module.rs"
    "num/convert.rs"
    "num/float.rs"
    "num/int.rs"
    "num/mod.rs"
    "num/select.rs"
    "num/soft.rs"
    "snapshot.rs"
    "source.rs"
    "stack.rs"
    "table.rs"
    "trap.rs"
}
