//! Every flag, once. A flag that steers the translation is one method of [`herkos::Config`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use herkos::native::{Grants, OptLevel};
use herkos::{Bounds, Config, MemoryStorage, Optimization, WasmVersion};
use herkos_wasi::DirGrant;

use super::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  herkos decoder.wasm -o decoder.rs           Rust source, for `mod decoder { include!(…) }`
  herkos decoder.wat -o - | less              to standard output
  herkos decoder.wasm --emit c-abi -o decoder_c.rs   for C: decoder_c.rs and decoder_c.h
  herkos link app=a.wasm lib=b.wasm -o ab.rs  modules that import from each other
  herkos inspect decoder.wasm                 what the module asks for and what it offers
  herkos diff old.wasm new.wasm               what changed; the exit status tells whether anything did
  herkos build tool.wasm -o tool              a native executable
  herkos run tool.wasm --invoke add 2 40      build, cached, and call an export

Exit status: 0 done, 1 bad input or a failed build, 2 wrong usage, 134 the module trapped; that of a WASI program is its
own.";

const TRANSLATION: &str = "Translation";
const COMPILATION: &str = "Compilation";
const GRANTS: &str = "Grants";

/// Turns a WebAssembly module into memory-safe Rust source.
#[derive(Debug, Parser)]
#[command(name = "herkos", version, after_help = EXAMPLES, subcommand_negates_reqs = true)]
#[command(override_usage = "herkos INPUT --output OUTPUT [OPTIONS]\n       herkos COMMAND ...")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) transpile: Transpile,

    /// When to use colours; NO_COLOR in the environment turns them off, too.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Translates a module to Rust source (the default command)
    Transpile(Transpile),
    /// Links modules that import from each other, and translates the result
    Link(Link),
    /// Shows what a module asks for and what it offers
    Inspect(Inspect),
    /// Shows what changed between two modules: capabilities, exports, limits
    Diff(Diff),
    /// Makes a native executable of a module
    Build(Build),
    /// Builds a module, unless that was done before, and executes it
    Run(Run),
    /// Writes a crate around a module, ready to be filled in
    New(New),
    /// Manages the directory of built modules
    Cache(Cache),
    /// Prints a shell's completion script
    Completions(Completions),
    /// Prints a manual page, in roff
    Man(Man),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// If the output is a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Makes it the choice of everything that prints, the argument parser included.
    pub(crate) fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transpile {
    /// The module: a .wasm or .wat file, or `-` for standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) input: Option<PathBuf>,

    /// The Rust file to write, or `-` for standard output. It is written whole or not at all
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) options: SourceOptions,

    /// What to write: Rust; for C programs, a second Rust file, around the first one, and a header beside it,
    /// OUTPUT.h; or the intermediate representation after a pass, for debugging herkos
    #[arg(long, value_name = "rust|c-abi|ir[=PASS]", help_heading = TRANSLATION)]
    pub(crate) emit: Option<Emit>,
}

impl Transpile {
    /// No argument was given at all.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The options as the library's.
    pub(crate) fn config(&self) -> Config {
        self.options.config()
    }
}

/// What every command that writes Rust source takes.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceOptions {
    /// Also implements calling exports by name (the traits Module and LibraryModule)
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) by_name: bool,

    /// Also implements WASI preview 1 for the host of the crate herkos-wasi
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) wasi: bool,

    /// Also implements each capability trait for references, boxes, closures, `Denied`, and by a field
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) host_impls: bool,

    /// Lets instances be cloned, saved and restored
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) snapshots: bool,

    /// Lets a function of the host, or all of an imported module, call back into the instance
    #[arg(long, value_name = "MODULE[::NAME]", help_heading = TRANSLATION)]
    pub(crate) reentrant: Vec<String>,

    /// With `--emit c-abi`: what names in C begin with, and the name of the Rust module [default: the input's]
    #[arg(long, value_name = "NAME", help_heading = TRANSLATION)]
    pub(crate) c_prefix: Option<String>,

    /// Where memories and tables live
    #[arg(long, value_enum, value_name = "WHERE", help_heading = TRANSLATION)]
    pub(crate) memory: Option<Storage>,

    /// With `--memory lent`: how many bytes of a memory are there, if that is less than its pages; the host lends so
    /// many, and an address beyond them traps. Once for each memory of the module's own
    #[arg(long, value_name = "BYTES", help_heading = TRANSLATION)]
    pub(crate) memory_bytes: Vec<u32>,

    /// How much stack a call may use before it traps, unless the host says otherwise [default: 1 MiB]
    #[arg(long, value_name = "BYTES", help_heading = TRANSLATION)]
    pub(crate) stack_budget: Option<u32>,

    #[command(flatten)]
    pub(crate) translation: Translation,
}

impl SourceOptions {
    /// The options as the library's.
    pub(crate) fn config(&self) -> Config {
        let mut config = (self.translation.config())
            .by_name(self.by_name)
            .wasi(self.wasi)
            .host_impls(self.host_impls)
            .snapshots(self.snapshots);
        config = self.reentrant.iter().fold(config, Config::reentrant);
        if let Some(prefix) = &self.c_prefix {
            config = config.c_prefix(prefix);
        }
        if let Some(storage) = self.memory {
            config = config.memory(match storage {
                Storage::Heap => MemoryStorage::Heap,
                Storage::Lent => MemoryStorage::Lent,
            });
        }
        for bytes in &self.memory_bytes {
            config = config.memory_bytes(usize::try_from(*bytes).unwrap_or(usize::MAX));
        }
        if let Some(bytes) = self.stack_budget {
            // A host whose addresses are narrower has less stack than that anyway.
            config = config.stack_budget(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        config
    }
}

/// Several modules that import from each other.
#[derive(Args, Clone, Debug)]
pub(crate) struct Link {
    /// A module, with the name by which the others import from it. The first one's exports keep their
    /// names; those of the others are called MODULE.EXPORT
    #[arg(value_name = "NAME=MODULE", required = true)]
    pub(crate) modules: Vec<NamedModule>,

    /// The Rust file to write, or `-` for standard output. It is written whole or not at all
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) options: SourceOptions,

    /// Gives each module a method `instantiate_NAME` that copies its segments and starts it, instead of
    /// doing that for all of them when the instance is made
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) instantiate_separately: bool,

    /// What to write: Rust; what C programs need, as of a single module; or the linked module in the binary format
    #[arg(long, value_enum, value_name = "rust|c-abi|wasm", default_value_t, help_heading = TRANSLATION)]
    pub(crate) emit: LinkEmit,
}

/// A module and the name by which others import from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedModule {
    /// The name.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
}

impl FromStr for NamedModule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, path)) if !path.is_empty() => {
                Ok(Self { name: name.to_owned(), path: PathBuf::from(path) })
            }
            _ => Err("expected NAME=MODULE, as in app=app.wasm".to_owned()),
        }
    }
}

/// What linking writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkEmit {
    /// Rust source
    #[default]
    Rust,
    /// A Rust file and a header, for C
    CAbi,
    /// The linked module
    Wasm,
}

/// What a translation writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Emit {
    /// Rust source.
    Rust,
    /// A Rust file and a header, for C.
    CAbi,
    /// The intermediate representation after a pass, or after the last one.
    Ir(Option<String>),
}

impl FromStr for Emit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            None if text == "rust" => Ok(Self::Rust),
            None if text == "c-abi" => Ok(Self::CAbi),
            None if text == "ir" => Ok(Self::Ir(None)),
            Some(("ir", pass)) => Ok(Self::Ir(Some(pass.to_owned()))),
            _ => Err("expected rust, c-abi, ir or ir=PASS".to_owned()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Storage {
    /// On the heap (the default)
    Heap,
    /// In buffers that the host lends
    Lent,
}

/// The version of WebAssembly, which every command that reads a module takes.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    /// The version of WebAssembly to accept: 1, or 2 (without SIMD) [default: 2]
    #[arg(long, value_enum, value_name = "VERSION", help_heading = TRANSLATION, hide_possible_values = true)]
    pub(crate) wasm_version: Option<WasmVersionName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WasmVersionName {
    /// 1.0, the minimum viable product
    #[value(name = "1")]
    V1,
    /// 2.0 without SIMD
    #[value(name = "2")]
    V2,
}

impl Version {
    /// The default options of the library, for this version.
    pub(crate) fn config(&self) -> Config {
        match self.wasm_version {
            Some(WasmVersionName::V1) => Config::new().wasm_version(WasmVersion::V1),
            Some(WasmVersionName::V2) => Config::new().wasm_version(WasmVersion::V2),
            None => Config::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoundsName {
    /// Trap, as the specification says
    Trap,
    /// Wrap inside the instance's own memory: no checks, and such traps are lost
    Wrap,
    /// Reserve all 4 GiB that addresses can name, on 64-bit hosts: no checks, and such traps are lost
    Reserve,
}

/// What every command that translates takes.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Translation {
    #[command(flatten)]
    pub(crate) version: Version,

    /// The most that a memory may grow to, in pages of 64 KiB
    #[arg(long, value_name = "PAGES", help_heading = TRANSLATION, value_parser = clap::value_parser!(u32).range(0..=65536))]
    pub(crate) max_pages: Option<u32>,

    /// The most elements that a table may grow to [default: 10,000,000]
    #[arg(long, value_name = "ELEMENTS", help_heading = TRANSLATION)]
    pub(crate) max_elements: Option<u32>,

    /// What loads and stores beyond the memory do [default: trap]
    #[arg(long, value_enum, value_name = "POLICY", help_heading = TRANSLATION)]
    pub(crate) bounds: Option<BoundsName>,

    /// Makes every NaN that arithmetic gives the canonical one: the same bits on every machine
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) canonical_nans: bool,

    /// Lets a trap name the offset in the module where it happened
    #[arg(long, help_heading = TRANSLATION)]
    pub(crate) trap_offsets: bool,

    /// Counts what the module does, and stops it after so many units, about one an instruction; `unlimited`
    /// only lets the host interrupt it
    #[arg(long, value_name = "UNITS", help_heading = TRANSLATION, value_parser = fuel)]
    pub(crate) fuel: Option<u64>,

    /// Leaves out an optimisation: the output does the same, at another speed
    #[arg(long, value_name = "PASS", help_heading = TRANSLATION, value_parser = optimization)]
    pub(crate) without: Vec<Optimization>,

    /// How many threads translate; the output does not depend on it [default: one per processor]
    #[arg(long, value_name = "COUNT", help_heading = TRANSLATION, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

fn fuel(units: &str) -> Result<u64, String> {
    match units {
        "unlimited" => Ok(u64::MAX),
        units => units.parse().map_err(|error| format!("{error}; or `unlimited`")),
    }
}

fn optimization(name: &str) -> Result<Optimization, String> {
    let mut all = Optimization::ALL.into_iter();
    all.find(|optimization| optimization.name() == name).ok_or_else(|| {
        format!("the optimisations are {}", Optimization::ALL.map(Optimization::name).join(", "))
    })
}

impl Translation {
    /// The options as the library's.
    pub(crate) fn config(&self) -> Config {
        let mut config = (self.version.config())
            .canonical_nans(self.canonical_nans)
            .trap_offsets(self.trap_offsets);
        for optimization in &self.without {
            config = config.without(*optimization);
        }
        if let Some(pages) = self.max_pages {
            config = config.max_pages(pages);
        }
        if let Some(elements) = self.max_elements {
            config = config.max_elements(elements);
        }
        if let Some(units) = self.fuel {
            config = config.fuel(units);
        }
        if let Some(bounds) = self.bounds {
            config = config.bounds(match bounds {
                BoundsName::Trap => Bounds::Trap,
                BoundsName::Wrap => Bounds::Wrap,
                BoundsName::Reserve => Bounds::Reserve,
            });
        }
        if let Some(threads) = self.threads {
            config = config.threads(usize::from(threads));
        }
        config
    }
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The module: a .wasm or .wat file, or `-` for standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Shows all that is known of what it may do: which functions reach what of the host, and by which calls; what
    /// is in its memory; bounds checks; how deep its calls go
    #[arg(long, value_enum, value_name = "html|json", conflicts_with_all = ["format", "json", "checks"])]
    pub(crate) report: Option<ReportFormat>,

    /// The file to write instead of standard output. It is written whole or not at all
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: Option<PathBuf>,

    /// Also counts, for each function, the loads and stores that are checked, and those that need no check
    #[arg(long)]
    pub(crate) checks: bool,

    #[command(flatten)]
    pub(crate) translation: Translation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A page for a browser, in one file
    Html,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Exit status: 0 nothing that counts is different, 1 something is, 2 the modules can't be compared.

What counts is all that a host can see without calling the module: imports, exports, limits of memories and tables,
and whether there is a start function. With `--only capabilities` it is what the new module imports and the old
one did not, or not with that type. Code alone never counts; whether it differs is shown.")]
pub(crate) struct Diff {
    /// The older module: a .wasm or .wat file, or `-` for standard input
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// The newer module
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// What counts for the exit status
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) only: Option<Only>,

    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Capabilities that the new module asks for and the old one did not
    Capabilities,
}

/// What `build` and `run` take.
#[derive(Args, Clone, Debug)]
pub(crate) struct Native {
    /// How much rustc optimises: 0, 1, 2, 3, s or z
    #[arg(long, value_name = "LEVEL", default_value_t, help_heading = COMPILATION)]
    pub(crate) opt_level: OptLevel,

    #[command(flatten)]
    pub(crate) translation: Translation,
}

/// What a WASI program is granted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GrantArgs {
    /// Grants a WASI program a directory under a name of its own; with `:ro` for reading only
    #[arg(long, value_name = "HOST::GUEST[:ro]", help_heading = GRANTS)]
    pub(crate) dir: Vec<OsString>,

    /// Grants a WASI program a variable of the environment
    #[arg(long, value_name = "NAME=VALUE", help_heading = GRANTS)]
    pub(crate) env: Vec<OsString>,

    /// Grants a WASI program the whole environment
    #[arg(long, help_heading = GRANTS)]
    pub(crate) inherit_env: bool,
}

impl GrantArgs {
    /// That each can be read as what it should be.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for dir in &self.dir {
            if DirGrant::parse(dir).is_none() {
                let text = dir.to_string_lossy();
                return Err(Failure::usage(format!(
                    "--dir `{text}` is not HOST::GUEST or HOST::GUEST:ro"
                )));
            }
        }
        for variable in &self.env {
            if variable.to_str().and_then(|text| text.find('=')).is_none_or(|at| at == 0) {
                let text = variable.to_string_lossy();
                return Err(Failure::usage(format!("--env `{text}` is not NAME=VALUE")));
            }
        }
        Ok(())
    }

    /// Whether something is granted.
    pub(crate) fn any(&self) -> bool {
        self.inherit_env || !self.dir.is_empty() || !self.env.is_empty()
    }

    /// The grants as an executable has them from its build.
    pub(crate) fn baked(&self, sealed: bool) -> Result<Grants, Failure> {
        self.check()?;
        let texts = |list: &[OsString]| {
            let text = |item: &OsString| match item.to_str() {
                Some(text) => Ok(text.to_owned()),
                None => Err(Failure::usage(format!("{item:?} is not UTF-8"))),
            };
            list.iter().map(text).collect::<Result<Vec<_>, _>>()
        };
        let mut grants = Grants::default();
        grants.dirs = texts(&self.dir)?;
        grants.env = texts(&self.env)?;
        grants.inherit_env = self.inherit_env;
        grants.sealed = sealed;
        Ok(grants)
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
The executable calls `_start`, or with `--invoke NAME [ARGUMENT]...` any exported function by its exact name,
and prints one result a line. A trap gives exit status 134.

A WASI program gets all arguments of the executable, its standard input, output and error, clocks and random bytes,
and the grants above. More is granted when it is started, before `--`:
  ./tool --dir data::/data:ro --env LANG=C -- ARGUMENT...")]
pub(crate) struct Build {
    /// The module: a .wasm or .wat file, or `-` for standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    /// The executable to write. It is written whole or not at all
    #[arg(short, long, value_name = "OUTPUT")]
    pub(crate) output: PathBuf,

    /// Also writes the executable's Rust sources, as a Cargo project of their own
    #[arg(long, value_name = "DIR", help_heading = COMPILATION)]
    pub(crate) keep_sources: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) grants: GrantArgs,

    /// The executable takes no grants when it is started: all of its arguments are the program's
    #[arg(long, help_heading = GRANTS)]
    pub(crate) sealed: bool,

    #[command(flatten)]
    pub(crate) native: Native,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herkos run tool.wasm                        calls `_start`
  herkos run tool.wasm --dir .::/ -- -l file  a WASI program, with the current directory and two arguments
  herkos run math.wasm --invoke add -- 1      all that follows NAME is an argument, `--` too
  herkos run math.wasm --invoke hypot 3 -4.5 nan:0x1 0xff

What was built stays in $HERKOS_CACHE_DIR, else $XDG_CACHE_HOME/herkos, else ~/.cache/herkos: see `herkos cache`.")]
pub(crate) struct Run {
    /// The module: a .wasm or .wat file, or `-` for standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,

    #[command(flatten)]
    pub(crate) grants: GrantArgs,

    #[command(flatten)]
    pub(crate) native: Native,

    /// Calls an exported function by its exact name; everything that follows is its arguments
    #[arg(long, value_names = ["NAME", "ARGUMENT"], num_args = 1.., allow_hyphen_values = true)]
    pub(crate) invoke: Vec<OsString>,

    /// Arguments for the module's own program
    #[arg(last = true, value_name = "ARGUMENT", conflicts_with = "invoke")]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The crate compiles and runs as it is, and grants the module nothing. It holds a copy of the module and of the
runtime, and the module as Rust; with --herkos, a build script that translates it. With --c-abi it becomes a library:
its main.c says how to build and link it.")]
pub(crate) struct New {
    /// The directory to create; its name is the crate's
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// The module: a .wasm or .wat file, or `-` for standard input
    #[arg(long, value_name = "INPUT")]
    pub(crate) module: PathBuf,

    /// A library for C programs: with a header, and a main.c to begin with
    #[arg(long)]
    pub(crate) c_abi: bool,

    /// A clone of herkos' repository, for a crate that translates the module when it is built
    #[arg(long, value_name = "DIR")]
    pub(crate) herkos: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
The directory is $HERKOS_CACHE_DIR, else $XDG_CACHE_HOME/herkos, else ~/.cache/herkos.")]
pub(crate) struct Cache {
    #[command(subcommand)]
    pub(crate) action: CacheAction,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum CacheAction {
    /// Prints the cache's directory
    Path,
    /// Removes everything that was built
    Clear,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The command whose page to print [default: herkos itself]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_after_invoke_is_verbatim() {
        let line = ["herkos", "run", "x.wasm", "--invoke", "--help", "-1", "--", "--color", "-o"];
        let invoked = match Cli::try_parse_from(line).map(|cli| cli.command) {
            Ok(Some(Command::Run(run))) => run.invoke,
            _ => Vec::new(),
        };
        assert_eq!(invoked, ["--help", "-1", "--", "--color", "-o"]);
    }
}
