//! What all parts share: where things are, and how C becomes what the peers start from.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::args::Args;
use crate::command;
use crate::programs::Program;

/// Optimisation for everything in C, native and wasm.
pub const CLANG_OPT: &str = "-O3";

/// How modules are compiled: as libraries, with `_initialize` and whatever `--export` names.
const WASM_FLAGS: [&str; 4] = [
    "--target=wasm32-wasi",
    "-mexec-model=reactor",
    // The stack first, so that it can't grow into the data unnoticed.
    "-Wl,--strip-debug,--stack-first",
    "-Wl,-z,stack-size=1048576",
];

/// Directories and compilers.
pub struct Suite {
    /// The directory of the suite, in the repository.
    pub root: PathBuf,
    /// Everything that is built on the way; may be deleted.
    pub work: PathBuf,
    pub clang: PathBuf,
    /// How many compilers may run at once.
    pub jobs: usize,
    /// Locked, so that no other run works in the same directory.
    _lock: File,
}

impl Suite {
    pub fn new(args: &Args) -> Result<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let work = target.unwrap_or_else(|| root.join("target")).join("benchmarks");
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = args.jobs.unwrap_or(processors).max(1);
        let lock = work.join("lock");
        create_parent(&lock)?;
        let lock =
            File::create(&lock).with_context(|| format!("can't write {}", lock.display()))?;
        lock.try_lock().with_context(|| format!("another run works in {}", work.display()))?;
        Ok(Self { root, work, clang: args.clang.clone(), jobs, _lock: lock })
    }

    /// A file of drivers/.
    pub fn driver(&self, name: &str) -> PathBuf {
        self.root.join("drivers").join(name)
    }

    /// The directory for what one peer makes of one program.
    pub fn place(&self, peer: &str, program: &str) -> PathBuf {
        self.work.join(peer).join(program)
    }

    /// clang with `-O3`.
    pub fn clang(&self) -> Command {
        let mut clang = Command::new(&self.clang);
        clang.arg(CLANG_OPT);
        clang
    }

    /// The module of a program. It imports nothing.
    pub fn module(&self, program: &Program) -> Result<PathBuf> {
        let mut clang = self.clang();
        clang.args(WASM_FLAGS).arg("-Wl,--export=run").args(&program.flags).args(&program.sources);
        self.make_module(&program.name, &mut clang, &self.inputs(program))
    }

    /// The module of a file of drivers/, which exports one function.
    pub fn driver_module(
        &self,
        source: &str,
        name: &str,
        export: &str,
        flags: &[&str],
    ) -> Result<PathBuf> {
        let source = self.driver(source);
        let mut clang = self.clang();
        clang.args(WASM_FLAGS).arg(format!("-Wl,--export={export}")).args(flags).arg(&source);
        self.make_module(name, &mut clang, &[source])
    }

    fn make_module(&self, name: &str, clang: &mut Command, inputs: &[PathBuf]) -> Result<PathBuf> {
        let file = self.place("wasm", name).join(format!("{name}.wasm"));
        create_parent(&file)?;
        command::make(&file, clang.arg("-o").arg(&file), inputs)?;
        Ok(file)
    }

    /// The native executable of a program.
    pub fn native(&self, program: &Program) -> Result<PathBuf> {
        let mut clang = self.clang();
        clang.args(&program.flags).args(&program.sources);
        let place = self.place("native", &program.name);
        self.link(&place, &mut clang, &["main.c", "clock.c", "native.c"], self.inputs(program))
    }

    /// Adds files of drivers/ to what clang compiles, and makes the executable `program` in `place`.
    pub fn link(
        &self,
        place: &Path,
        clang: &mut Command,
        drivers: &[&str],
        mut inputs: Vec<PathBuf>,
    ) -> Result<PathBuf> {
        let file = place.join("program");
        create_parent(&file)?;
        let drivers: Vec<_> = drivers.iter().map(|name| self.driver(name)).collect();
        clang.args(&drivers).args(["-lm", "-pthread", "-o"]).arg(&file);
        inputs.extend(drivers);
        command::make(&file, clang, &inputs)?;
        Ok(file)
    }

    /// What a program is made of, as far as it can change.
    fn inputs(&self, program: &Program) -> Vec<PathBuf> {
        const HEADERS: [&str; 4] =
            ["kernels/kernel.h", "kernels/machine.h", "real/driver.h", "real/wasi-stubs.h"];
        let headers = HEADERS.map(|header| self.root.join("programs").join(header));
        program.sources.iter().cloned().chain(headers).collect()
    }

    /// The clock of the drivers in Rust, as an object file.
    pub fn clock(&self) -> Result<PathBuf> {
        let file = self.work.join("clock.o");
        create_parent(&file)?;
        let source = self.driver("clock.c");
        let mut clang = self.clang();
        clang.arg("-c").arg(&source).arg("-o").arg(&file);
        command::make(&file, &mut clang, &[source])?;
        Ok(file)
    }
}

/// Makes sure that a file can be written.
pub fn create_parent(file: &Path) -> Result<()> {
    let parent = file.parent().unwrap_or(file);
    std::fs::create_dir_all(parent).with_context(|| format!("can't create {}", parent.display()))
}
