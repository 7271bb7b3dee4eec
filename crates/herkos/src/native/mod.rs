//! From generated Rust to machine code: finds rustc, builds the runtime that herkos carries, compiles a file.
//!
//! A build script or a Cargo project does not need this module: it depends on `herkos-runtime` and lets Cargo
//! compile the output. This is for programs that want an executable or an rlib at once, without a project and
//! without the network: `herkos build`, `herkos run` and the test harnesses.
//!
//! ```no_run
//! use herkos::native::{CompileJob, CrateType, NativeError, Profile, Rustc};
//! use std::path::Path;
//!
//! fn build(source: &Path, output: &Path, cache: &Path) -> Result<(), NativeError> {
//!     let rustc = Rustc::find()?;
//!     let profile = Profile::release();
//!     let runtime = rustc.runtime(cache, &profile)?;
//!     rustc.compile(&CompileJob {
//!         source,
//!         output,
//!         crate_type: CrateType::Bin,
//!         crate_name: "guest",
//!         profile: &profile,
//!         runtime: &runtime,
//!         extra: &[],
//!     })
//! }
//! ```

mod error;
mod harness;
mod job;
mod profile;
mod runtime;
mod rustc;
mod wasi;

pub use error::NativeError;
pub use harness::{Grants, HarnessError, LEAST_STACK_BUDGET, executable_source};
pub use job::{CompileJob, CrateType};
pub use profile::{OptLevel, ParseOptLevelError, Profile};
pub use rustc::Rustc;
pub use wasi::{WASI_LOCK, WasiLibrary, write_wasi_packages};
