//! WASI preview 1 for modules that herkos translated. A guest gets what a [`Builder`] names, and nothing else.
//!
//! A module that imports from `wasi_snapshot_preview1` becomes Rust with a trait of that name; with
//! `Config::wasi(true)`, or `herkos --wasi`, the output also implements the trait for [`Wasi`], so that
//! `Instance::new(wasi)` is all there is to do. The methods have the names of preview 1's functions and take
//! the guest's memory as a slice:
//!
//! ```
//! use herkos_wasi::{Capture, Stdout, Wasi};
//!
//! let output = Capture::new(100);
//! let mut wasi = Wasi::builder().stdout(Stdout::capture(&output)).build()?;
//! // What a guest does to print: a list of one buffer at 0, its bytes at 16, the result at 8.
//! let mut memory = [0; 64];
//! memory[0] = 16;
//! memory[4] = 5;
//! memory[16..21].copy_from_slice(b"hello");
//! assert_eq!(wasi.fd_write(&mut memory, 1, 0, 1, 8), Ok(0));
//! assert_eq!(memory[8], 5);
//! assert_eq!(output.bytes(), b"hello");
//! # Ok::<(), herkos_wasi::BuildError>(())
//! ```
//!
//! `proc_exit` ends the call of the guest with a trap of the kind `Host`; [`Wasi::exit_code`] then has the code.
//!
//! # What holds for all calls
//!
//! - Every address, length and list of the guest's is checked before a call has any effect. One that is not
//!   inside its memory gives `EFAULT`, and nothing has happened.
//! - Paths stay inside the directory that they start from, whatever links the guest or others make there, and
//!   while they make them.
//! - The memory that the host spends on a call does not depend on the numbers in it.
//! - Nothing panics.
//!
//! The host works on Unix systems. Elsewhere the crate is its list of [`FUNCTIONS`] alone.

#![forbid(unsafe_code)]

pub mod functions;
mod grant;
#[cfg(feature = "source")]
mod source;

pub use functions::{FUNCTIONS, Function, Group};
pub use grant::{Access, DirGrant};
#[cfg(feature = "source")]
pub use source::{MANIFEST, SOURCE};

#[cfg(unix)]
mod builder;
#[cfg(unix)]
mod calls;
#[cfg(unix)]
mod clock;
#[cfg(unix)]
mod errno;
#[cfg(unix)]
mod fs;
#[cfg(unix)]
mod guest;
#[cfg(unix)]
mod path;
#[cfg(unix)]
mod stdio;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod types;
#[cfg(unix)]
mod wasi;

#[cfg(unix)]
pub use builder::{BuildError, Builder, Limits};
#[cfg(unix)]
pub use clock::{Clocks, Random};
#[cfg(unix)]
pub use errno::Errno;
#[cfg(unix)]
pub use fs::memory::MemoryFs;
#[cfg(unix)]
pub use stdio::{Capture, Stdin, Stdout};
#[cfg(unix)]
pub use wasi::{Exit, Wasi};
