//! The source text of this crate, for tools that compile it without a repository at hand.

macro_rules! source {
    ($($path:literal)*) => {
        /// Every source file of this crate: its path under `src/`, and its text.
        pub const SOURCE: &[(&str, &str)] = &[$(($path, include_str!($path))),*];
    };
}

/// The crate's manifest, as it stands in its workspace.
pub const MANIFEST: &str = include_str!("../Cargo.toml");

source! {
    "builder.rs"
    "calls/fd.rs"
    "calls/mod.rs"
    "calls/path.rs"
    "calls/poll.rs"
    "calls/process.rs"
    "calls/sock.rs"
    "clock.rs"
    "errno.rs"
    "fs/host.rs"
    "fs/memory.rs"
    "fs/mod.rs"
    "functions.rs"
    "grant.rs"
    "guest.rs"
    "lib.rs"
    "path.rs"
    "source.rs"
    "stdio.rs"
    "table.rs"
    "types.rs"
    "wasi.rs"
}
