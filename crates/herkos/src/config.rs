//! The options of a translation.

use crate::back::{Backend, wasi};
use crate::checks::{Checks, checks};
use crate::diff::{Diff, side};
use crate::error::Error;
use crate::interface::Interface;
use crate::link::{Instantiation, Linked, Part, link};
use crate::lower::{each_function, lower};
use crate::memory::MemoryPlans;
use crate::pass::effects::effects;
use crate::pass::{Facts, Optimization, PASSES};
use crate::report::{Report, StackReport, report, stack};
use crate::wasm::{
    DefinedFunc, ImportType, Module, WasmVersion, decode, decode_with, digests, to_binary,
};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use wasmparser::WasmFeatures;

/// Where the generated module keeps its memory and tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryStorage {
    /// On the heap, growing as the module asks (the runtime's feature `alloc`).
    #[default]
    Heap,
    /// In buffers that the host lends to the instance, a `static` for instance. No allocator
    /// is needed; memory grows within its buffer.
    Lent,
}

/// What a load or store beyond the memory does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bounds {
    /// It traps, as the specification says.
    #[default]
    Trap,
    /// It wraps: of its address only the bits below a power of two count, the first one that the
    /// memory can't grow beyond. So it needs no check and can't trap, and it reaches bytes that are
    /// the instance's own and no others.
    Wrap,
    /// It reaches a byte that is the instance's own, and behind its memory: all that addresses can name
    /// is reserved for the instance, so it needs no check and can't trap.
    Reserve,
}

impl Bounds {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Trap, Self::Wrap, Self::Reserve];

    /// The policy's name, as `--bounds` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Wrap => "wrap",
            Self::Reserve => "reserve",
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Bytes of stack that a call into the module may use unless the host says otherwise.
const STACK_BUDGET: usize = 1 << 20;

/// The options of a translation, and the translation itself.
///
/// ```
/// let wat = r#"(module (func (export "add") (param i32 i32) (result i32)
///     local.get 0 local.get 1 i32.add))"#;
/// let output = herkos::Config::new().transpile(wat.as_bytes())?;
/// assert!(output.source.contains("pub fn add(&mut self, p0: i32, p1: i32) -> WasmResult<i32>"));
/// # Ok::<(), herkos::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) by_name: bool,
    pub(crate) wasi: bool,
    pub(crate) max_pages: u32,
    pub(crate) max_elements: u32,
    pub(crate) memory: MemoryStorage,
    pub(crate) memory_bytes: Vec<usize>,
    pub(crate) bounds: Bounds,
    pub(crate) canonical_nans: bool,
    pub(crate) trap_offsets: bool,
    pub(crate) host_impls: bool,
    pub(crate) snapshots: bool,
    reentrant: Vec<String>,
    pub(crate) threads: usize,
    pub(crate) source_name: Option<String>,
    pub(crate) c_prefix: Option<String>,
    pub(crate) out_dir: Option<PathBuf>,
    pub(crate) stack_budget: usize,
    pub(crate) fuel: Option<u64>,
    pub(crate) version: WasmVersion,
    instantiation: Instantiation,
    without: Vec<Optimization>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            by_name: false,
            wasi: false,
            max_pages: herkos_runtime::MAX_PAGES,
            max_elements: u32::MAX,
            memory: MemoryStorage::Heap,
            memory_bytes: Vec::new(),
            bounds: Bounds::Trap,
            canonical_nans: false,
            trap_offsets: false,
            host_impls: false,
            snapshots: false,
            reentrant: Vec::new(),
            threads: 0,
            source_name: None,
            c_prefix: None,
            out_dir: None,
            stack_budget: STACK_BUDGET,
            fuel: None,
            version: WasmVersion::V2,
            instantiation: Instantiation::Together,
            without: Vec::new(),
        }
    }
}

/// The result of a translation.
#[derive(Clone, Debug)]
pub struct Output {
    /// The Rust source of the module.
    pub source: String,
    /// What the module asks for and offers, with the names that the source gives it.
    pub interface: Interface,
}

/// What makes a module usable from C, beside its Rust source: see [`Config::c_abi`].
#[derive(Clone, Debug)]
pub struct CAbi {
    /// What the names in C begin with; also the name of the Rust module that `shim` expects beside it.
    pub prefix: String,
    /// Rust source: functions with C's calling convention around the instance. It has `unsafe`.
    pub shim: String,
    /// The header that declares them.
    pub header: String,
    /// A C program to begin with: it instantiates the module, and grants it nothing.
    pub example: String,
}

impl Config {
    /// The default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the output implements [`herkos_runtime::Module`] (or `LibraryModule`), so that
    /// exports can be listed and called by name. Off by default.
    #[must_use]
    pub fn by_name(mut self, by_name: bool) -> Self {
        self.by_name = by_name;
        self
    }

    /// Whether the output of a module that imports from `wasi_snapshot_preview1` implements that trait for
    /// `herkos_wasi::Wasi`, so that `Instance::new(Wasi::builder().build()?)` is all that a host has to do. The
    /// output then depends on the crate `herkos-wasi`, too. Off by default: the trait is the host's to implement.
    ///
    /// A function that preview 1 does not have, or has with other types, is [`Error::Unsupported`] then, and so is
    /// `wasi_unstable`.
    #[must_use]
    pub fn wasi(mut self, wasi: bool) -> Self {
        self.wasi = wasi;
        self
    }

    /// The most pages of 64 KiB that a memory may grow to, also where the module declares
    /// more. By default what the module declares, or 65,535, which is 4 GiB less a page.
    #[must_use]
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.max_pages = pages;
        self
    }

    /// The most elements that a table of the module's may grow to, whatever it declares. The runtime has
    /// a limit of its own, [`herkos_runtime::MAX_TABLE_SIZE`].
    #[must_use]
    pub fn max_elements(mut self, elements: u32) -> Self {
        self.max_elements = elements;
        self
    }

    /// Where the memory and the tables are kept.
    #[must_use]
    pub fn memory(mut self, storage: MemoryStorage) -> Self {
        self.memory = storage;
        self
    }

    /// How many bytes of a memory are there, if that is less than the pages that the module declares: a
    /// module that declares one page of 64 KiB and uses 2 KiB of it then runs on a machine with 4 KiB. The
    /// host lends so many bytes ([`MemoryStorage::Lent`]). Call it once for each memory of the module's own,
    /// in their order. By default memories have all bytes of their pages.
    ///
    /// The module sees the size that it declares, and can't grow the memory. An address beyond the bytes
    /// that are there traps, as one beyond the memory does: precisely, and in bulk operations too. A data
    /// segment beyond them is [`Error::Limit`], or a trap of `Instance::new` where its place is computed.
    /// More bytes than the module declares are [`Error::Limit`], and so is another policy than [`Bounds::Trap`] beside this.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes.push(bytes);
        self
    }

    /// What loads and stores beyond the memory do. They trap by default.
    ///
    /// [`Bounds::Wrap`] gives up those traps, and the checks for them. It needs a memory of the module's own with a
    /// maximum, declared or by [`Self::max_pages`], of 16,384 pages (1 GiB) or less; the next power
    /// of two of bytes, and 8 more, are allocated at once.
    ///
    /// [`Bounds::Reserve`] gives them up for speed. It needs a host with addresses of 64 bits, the runtime's
    /// feature `std`, and a memory of the module's own on the heap. An instance has more than 4 GiB of address
    /// space, of which the system gives what is used; a module can use what is behind its memory, so limits of
    /// its size don't limit what it takes.
    ///
    /// With both, bulk operations, data segments, `memory.size`, `memory.grow` and the host's accesses
    /// stay exact.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Whether every NaN that arithmetic produces is the canonical one (positive, quiet, no
    /// payload), so that results are the same on every machine. Off by default: NaNs are then
    /// quiet, with a sign and payload that the specification leaves open.
    #[must_use]
    pub fn canonical_nans(mut self, canonical: bool) -> Self {
        self.canonical_nans = canonical;
        self
    }

    /// Whether traps know the byte offset of the instruction, not only its function. Off by
    /// default: it keeps rustc from sharing the code of a function's traps.
    #[must_use]
    pub fn trap_offsets(mut self, offsets: bool) -> Self {
        self.trap_offsets = offsets;
        self
    }

    /// Whether each capability trait comes with hosts made of other hosts: `&mut` of one, a `Box` of
    /// one, [`Denied`](herkos_runtime::Denied), which grants nothing, for a trait of one function a
    /// closure in a [`HostFn`](herkos_runtime::HostFn); and a macro, for the trait `Env`
    /// `delegate_env!(guest, MyHost => field)`, that implements the trait by a field. Off by default.
    #[must_use]
    pub fn host_impls(mut self, impls: bool) -> Self {
        self.host_impls = impls;
        self
    }

    /// Whether an instance can be cloned, if its host can, and its state saved and restored:
    /// [`Clone`], [`TryClone`](herkos_runtime::TryClone), [`Snapshot`](herkos_runtime::Snapshot). Off
    /// by default. The memory has to be on the heap.
    #[must_use]
    pub fn snapshots(mut self, snapshots: bool) -> Self {
        self.snapshots = snapshots;
        self
    }

    /// Lets a function of the host call back into the instance that calls it: `env::sort` for the import
    /// `sort` of `env`, or `env` for all of a module. Its method gets a `Caller` instead of the host and
    /// the memory, which has both, and all that the instance has. Such a trait has no `&mut` or `Box` or
    /// closure that [`Self::host_impls`] could implement it for. By default no function can.
    #[must_use]
    pub fn reentrant(mut self, import: impl Into<String>) -> Self {
        self.reentrant.push(import.into());
        self
    }

    /// Threads to translate with; 0 is one a core. The output does not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// A name for the header of the output, for instance that of the input file.
    #[must_use]
    pub fn source_name(mut self, name: impl Into<String>) -> Self {
        self.source_name = Some(name.into());
        self
    }

    /// What the names of [`Self::c_abi`] begin with. By default that is made of the source's name:
    /// `decoder` of `decoder.wasm`.
    #[must_use]
    pub fn c_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.c_prefix = Some(prefix.into());
        self
    }

    /// The directory that [`Self::compile`] and its like write to; `$OUT_DIR` by default.
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Bytes of stack that a call into the module may use before it traps, unless the host
    /// sets another budget on the instance. 1 MiB by default.
    #[must_use]
    pub fn stack_budget(mut self, bytes: usize) -> Self {
        self.stack_budget = bytes;
        self
    }

    /// Makes instances count what they do, and trap with `OutOfFuel` when it was so many units, about
    /// one an instruction; `u64::MAX` is without end. The host sees and changes what is left by the
    /// instance's [`Fuel`](herkos_runtime::Fuel), which can also interrupt it. By default nothing is
    /// counted, and nothing can interrupt an instance.
    #[must_use]
    pub fn fuel(mut self, units: u64) -> Self {
        self.fuel = Some(units);
        self
    }

    /// The version of WebAssembly that is accepted.
    #[must_use]
    pub fn wasm_version(mut self, version: WasmVersion) -> Self {
        self.version = version;
        self
    }

    /// Whether linked modules are instantiated by methods of their own, `instantiate_MODULE`, instead
    /// of by `Instance::new`. Until its method has been called, a module's segments are not in its
    /// memory and tables. Off by default.
    #[must_use]
    pub fn instantiate_separately(mut self, separately: bool) -> Self {
        self.instantiation =
            if separately { Instantiation::Separate } else { Instantiation::Together };
        self
    }

    /// Leaves out an optimisation: the output does the same, at another speed. For measuring, and
    /// for finding the one at fault.
    #[must_use]
    pub fn without(mut self, optimization: Optimization) -> Self {
        self.without.push(optimization);
        self
    }

    /// Whether an optimisation is left out.
    pub(crate) fn is_without(&self, optimization: Optimization) -> bool {
        self.without.contains(&optimization)
    }

    /// Translates a module in the binary or the text format.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if the input is not a valid module, [`Error::Unsupported`] if it
    /// uses a feature outside of [`Self::wasm_version`], [`Error::Limit`] if it exceeds a
    /// limit of herkos or [`Self::max_pages`], or can't have the [`Self::bounds`] or [`Self::memory_bytes`]
    /// chosen.
    pub fn transpile(&self, input: &[u8]) -> Result<Output, Error> {
        self.analysed(input, |facts| {
            let backend = Backend::new(facts);
            Ok(Output { source: joined(backend.write()?), interface: backend.interface() })
        })
    }

    /// The source of [`Self::transpile`] in pieces, to be written one after the other. Large
    /// modules take less memory and time so.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`].
    pub fn transpile_to_pieces(&self, input: &[u8]) -> Result<Vec<String>, Error> {
        self.analysed(input, |facts| Backend::new(facts).write())
    }

    /// What makes a module usable from C: a header, and a Rust file that goes with the source which
    /// [`Self::transpile`] gives with the same options. That file is the one place with `unsafe`.
    ///
    /// ```
    /// let wat = r#"(module (func (export "add") (param i32 i32) (result i32)
    ///     local.get 0 local.get 1 i32.add))"#;
    /// let c = herkos::Config::new().c_prefix("adder").c_abi(wat.as_bytes())?;
    /// assert!(c.header.contains(
    ///     "adder_status adder_add(adder_instance *instance, int32_t p0, int32_t p1, int32_t *result);"
    /// ));
    /// # Ok::<(), herkos::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`]; [`Error::Unsupported`] if [`Self::c_prefix`] can't be one, for memories and
    /// tables that are lent, and for [`Self::wasi`].
    pub fn c_abi(&self, input: &[u8]) -> Result<CAbi, Error> {
        let name = self.source_name.as_deref().unwrap_or_default();
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        self.analysed(input, |facts| Backend::new(facts).c_abi(&stem))
    }

    /// Describes a module without translating it to Rust; fails as [`Self::transpile`] does.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`].
    pub fn inspect(&self, input: &[u8]) -> Result<Interface, Error> {
        self.analysed(input, |facts| {
            each_function(facts, PASSES, |(), _, _| (), |_, ()| ())?;
            Ok(Backend::new(facts).interface())
        })
    }

    /// How many loads and stores of a module need bounds checks when they are executed, and why the
    /// others don't.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`].
    pub fn checks(&self, input: &[u8]) -> Result<Checks, Error> {
        self.analysed(input, checks)
    }

    /// What a module may do, as far as its code says: what it can reach of its host and by which calls, what is
    /// in its memory, how deep its calls go.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`]; [`Error::Limit`] if too many functions can reach too many imports.
    pub fn report(&self, input: &[u8]) -> Result<Report, Error> {
        self.analysed(input, report)
    }

    /// How deep a module's calls can go; the same as in [`Self::report`], which takes longer.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`].
    pub fn stack(&self, input: &[u8]) -> Result<StackReport, Error> {
        self.analysed(input, |facts| Ok(stack(facts)))
    }

    /// What changed between two modules: capabilities, exports, limits, code. They are validated, not translated.
    ///
    /// ```
    /// let old = r#"(module (func (export "run")))"#;
    /// let new = r#"(module (import "env" "open" (func)) (func (export "run")))"#;
    /// let diff = herkos::Config::new().diff(old.as_bytes(), new.as_bytes())?;
    /// assert!(diff.gains_capabilities() && diff.exports.is_empty());
    /// # Ok::<(), herkos::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::transpile`] for each; the error's [`Place`](crate::Place) names the module `old` or `new`.
    pub fn diff(&self, old: &[u8], new: &[u8]) -> Result<Diff, Error> {
        let side = |name, input| {
            let described = || {
                let bytes = to_binary(input)?;
                let module = decode(&bytes, self.version)?;
                self.analysed_module(module, |facts| Ok(side(facts, digests(&bytes))))
            };
            described().map_err(|error: Error| error.in_module(name))
        };
        self.in_pool(|| Ok(Diff::new(side("old", old)?, side("new", new)?)))
    }

    /// The intermediate representation of every function as text, for debugging herkos:
    /// after the pass named (`front` for none of them), else after the last one.
    ///
    /// # Errors
    ///
    /// See [`Self::transpile`]; [`Error::Limit`] names an unknown pass.
    pub fn emit_ir(&self, input: &[u8], pass: Option<&str>) -> Result<String, Error> {
        let passes = match pass {
            None => PASSES,
            Some("front") => &[],
            Some(name) => match PASSES.iter().position(|(pass, _)| *pass == name) {
                Some(index) => &PASSES[..=index],
                None => {
                    let names: Vec<&str> = PASSES.iter().map(|(name, _)| *name).collect();
                    return Err(Error::limit(format!(
                        "no pass `{name}`; there are `front`, {}",
                        names.join(", ")
                    )));
                }
            },
        };
        self.analysed(input, |facts| {
            let module = facts.module;
            let mut out = String::new();
            for index in 0..module.bodies.len() {
                let func = lower(facts, DefinedFunc(index as u32), passes)?;
                if passes.is_empty()
                    && func.block(func.body).height > crate::pass::flatten::MAX_HEIGHT
                {
                    return Err(Error::limit("too deep to be printed before `flatten`"));
                }
                let index = module.func_idx(DefinedFunc(index as u32));
                let name = match module.func_names.get(&index.0) {
                    Some(_) => format!("{} {}", index.0, module.describe_func(index)),
                    None => index.0.to_string(),
                };
                let _ = writeln!(out, "func {name} {func}");
            }
            Ok(out)
        })
    }

    /// Links modules and translates the result: imports that name an export of another one of them
    /// are resolved, and what is left becomes capability traits. Each module comes with the name by
    /// which the others import from it; the first one's exports keep their names, those of the others
    /// are named `MODULE.EXPORT` (as methods: `module_export`). The modules are instantiated in this
    /// order.
    ///
    /// ```
    /// let library = r#"(module (memory (export "memory") 1)
    ///     (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;
    /// let program = r#"(module (import "math" "double" (func $double (param i32) (result i32)))
    ///     (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#;
    /// let modules = [("program", program.as_bytes()), ("math", library.as_bytes())];
    /// let output = herkos::Config::new().link(&modules)?;
    /// assert!(output.source.contains("pub fn quadruple(&mut self, p0: i32) -> WasmResult<i32>"));
    /// assert!(output.interface.traits.is_empty());
    /// # Ok::<(), herkos::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Link`] if an import does not match the export that it names; as [`Self::transpile`]
    /// for each module, which the error's [`Place`](crate::Place) names. Byte offsets of traps and of
    /// errors found later count in the linked module: see [`Self::link_to_wasm`].
    pub fn link(&self, modules: &[(&str, &[u8])]) -> Result<Output, Error> {
        self.linked(modules, |facts| {
            let backend = Backend::new(facts);
            Ok(Output { source: joined(backend.write()?), interface: backend.interface() })
        })
    }

    /// What makes the linked module usable from C, as [`Self::c_abi`] does. The prefix is the name of the
    /// first module, unless another one was chosen.
    ///
    /// # Errors
    ///
    /// See [`Self::link`] and [`Self::c_abi`].
    pub fn link_c_abi(&self, modules: &[(&str, &[u8])]) -> Result<CAbi, Error> {
        let name = modules.first().map_or("", |(name, _)| *name);
        self.linked(modules, |facts| Backend::new(facts).c_abi(name))
    }

    /// The linked module of [`Self::link`] in the binary format; it may have several memories.
    ///
    /// # Errors
    ///
    /// See [`Self::link`].
    pub fn link_to_wasm(&self, modules: &[(&str, &[u8])]) -> Result<Vec<u8>, Error> {
        self.in_pool(|| Ok(self.link_parts(modules)?.bytes))
    }

    fn linked<T: Send>(
        &self,
        modules: &[(&str, &[u8])],
        then: impl FnOnce(&Facts<'_>) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.in_pool(|| {
            let linked = self.link_parts(modules)?;
            let features = WasmVersion::V2.features() | WasmFeatures::MULTI_MEMORY;
            let mut module = decode_with(&linked.bytes, features)?;
            for (import, memory) in module.imports.iter_mut().zip(linked.import_memories) {
                import.memory = memory;
            }
            self.analysed_module(module, then)
        })
    }

    fn link_parts(&self, modules: &[(&str, &[u8])]) -> Result<Linked, Error> {
        let mut binaries = Vec::with_capacity(modules.len());
        for (name, input) in modules {
            binaries.push(to_binary(input).map_err(|error| error.in_module(name))?);
        }
        let parts = modules.iter().zip(&binaries).map(|((name, _), bytes)| {
            let module = decode(bytes, self.version).map_err(|error| error.in_module(name))?;
            Ok(Part { name, module, bytes })
        });
        let parts: Vec<Part<'_>> = parts.collect::<Result<_, Error>>()?;
        link(&parts, self.instantiation)
    }

    /// Runs everything up to the first function's translation.
    fn analysed<T: Send>(
        &self,
        input: &[u8],
        then: impl FnOnce(&Facts<'_>) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        self.in_pool(|| {
            let bytes = to_binary(input)?;
            self.analysed_module(decode(&bytes, self.version)?, then)
        })
    }

    fn analysed_module<T>(
        &self,
        mut module: Module<'_>,
        then: impl FnOnce(&Facts<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.mark_reentrant(&mut module)?;
        let module = &module;
        self.check_limits(module)?;
        if self.wasi {
            wasi::check(module)?;
        }
        let memories = MemoryPlans::new(self, module)?;
        let effects = effects(module, &memories, self.fuel.is_some());
        then(&Facts { config: self, module, memories: &memories, effects: &effects })
    }

    /// Marks the imported functions that may call back.
    fn mark_reentrant(&self, module: &mut Module<'_>) -> Result<(), Error> {
        for wanted in &self.reentrant {
            let mut found = false;
            for import in &mut module.imports {
                let path = wanted.strip_prefix(import.module).map(|rest| rest.strip_prefix("::"));
                let is_meant = wanted == import.module || path == Some(Some(import.name));
                if is_meant && matches!(import.ty, ImportType::Func(_)) {
                    if self.wasi && import.module == wasi::MODULE {
                        return Err(Error::limit(format!(
                            "`{wanted}` can't be reentrant: the host of herkos-wasi does not call back"
                        )));
                    }
                    import.reentrant = true;
                    found = true;
                }
            }
            if !found {
                return Err(Error::limit(format!(
                    "the module imports no function `{wanted}` that could be reentrant; expected MODULE \
                     or MODULE::NAME, as in `env::sort`"
                )));
            }
        }
        Ok(())
    }

    fn check_limits(&self, module: &Module<'_>) -> Result<(), Error> {
        if self.snapshots && self.memory == MemoryStorage::Lent {
            return Err(Error::limit("snapshots need memories and tables on the heap".to_owned()));
        }
        for table in &module.tables {
            if !table.imported && table.min > self.max_elements {
                return Err(Error::limit(format!(
                    "a table of the module has {} elements at least; the maximum chosen is {}",
                    table.min, self.max_elements
                )));
            }
        }
        for memory in &module.memories {
            if !memory.imported && memory.min_pages > self.max_pages {
                return Err(Error::limit(format!(
                    "the module's memory has {} pages at least; the maximum chosen is {} pages of 64 KiB",
                    memory.min_pages, self.max_pages
                )));
            }
        }
        Ok(())
    }

    /// Runs on as many threads as were asked for, with stacks of a known size.
    fn in_pool<T: Send>(&self, run: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .stack_size(8 << 20)
            .build()
            .map_err(|error| Error::internal(format!("no threads: {error}")))?;
        pool.install(run)
    }
}

/// All pieces as one text, of exactly the size that it needs.
fn joined(pieces: Vec<String>) -> String {
    let mut text = String::with_capacity(pieces.iter().map(String::len).sum());
    for piece in pieces {
        text.push_str(&piece);
    }
    text
}
