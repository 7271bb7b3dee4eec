//! `herkos build`: a module to a native executable.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};

use herkos::native::{
    CompileJob, CrateType, Grants, LEAST_STACK_BUDGET, NativeError, Profile, Rustc, WASI_LOCK,
    executable_source, write_wasi_packages,
};

use super::args::{Build, Native};
use super::cache::{Cache, Key};
use super::failure::Failure;
use super::input::Input;
use super::output::{Kind, Target};
use super::project::{self, failed, write};

pub(crate) fn run(args: &Build) -> Result<(), Failure> {
    if args.output == Path::new("-") {
        return Err(Failure::usage("an executable can't go to standard output").hint("name a file"));
    }
    let input = Input::read(&args.input)?;
    let target = Target::new(&args.output, Kind::Executable, &input)?;
    let grants = args.grants.baked(args.sealed)?;
    if let Some(dir) = &args.keep_sources {
        Sources::of(&input, &args.native, &grants)?.write_project(dir, &args.native)?;
    }
    let cache = Cache::open()?;
    let program = executable(&cache, &input, &args.native, &grants)?;
    match File::open(&program) {
        Ok(mut file) => target.write(|out| std::io::copy(&mut file, out).map(drop)),
        Err(error) => Err(failed("read", &program, &error)),
    }
}

/// The executable for a module: from the cache, or built and put there.
pub(crate) fn executable(
    cache: &Cache,
    input: &Input,
    args: &Native,
    grants: &Grants,
) -> Result<PathBuf, Failure> {
    let rustc = Rustc::find()?;
    let profile = Profile { opt_level: args.opt_level, ..Profile::release() };
    let key = Key::new(&input.bytes, &args.translation, &profile, grants, &rustc);
    let program = cache.program(&key);
    if program.is_file() {
        return Ok(program);
    }
    let sources = Sources::of(input, args, grants)?;
    let mut extra = vec!["-Cstrip=debuginfo".into()];
    let runtime = if sources.wasi {
        let library = rustc.wasi(&cache.wasi(), &profile)?;
        extra.extend(library.arguments());
        library.runtime
    } else {
        rustc.runtime(&cache.runtime(), &profile)?
    };
    let work = cache.work()?;
    sources.write(work.path())?;
    let output = work.path().join("module");
    extra.push(without_path(work.path()));
    let job = CompileJob {
        source: &work.path().join("main.rs"),
        output: &output,
        crate_type: CrateType::Bin,
        crate_name: "module",
        profile: &profile,
        runtime: &runtime,
        extra: &extra,
    };
    rustc.compile(&job).map_err(|error| match error {
        NativeError::Failed { .. } if error.hint().is_none() => {
            Failure::from(error).hint("rustc should accept what herkos writes: please report it")
        }
        error => error.into(),
    })?;
    cache.insert(&key, &output)
}

/// Keeps the directory of the build out of the executable.
fn without_path(work: &Path) -> OsString {
    let mut argument = OsString::from("--remap-path-prefix=");
    argument.push(work);
    argument.push("=src");
    argument
}

/// An executable as Rust: the module, and the program around it.
struct Sources {
    guest: String,
    main: String,
    /// It uses the WASI host.
    wasi: bool,
}

impl Sources {
    fn of(input: &Input, args: &Native, grants: &Grants) -> Result<Self, Failure> {
        let config = args.translation.config().by_name(true).wasi(true);
        let config = config.stack_budget(LEAST_STACK_BUDGET);
        let output = config.source_name(input.name()).transpile(&input.bytes)?;
        let wasi = output.interface.wasi;
        match executable_source(&output.interface, grants) {
            Ok(main) => Ok(Self { guest: output.source, main, wasi }),
            Err(error) => Err(Failure::new(error.to_string()).hint(
                "translate the module with `herkos INPUT -o OUTPUT.rs` and implement its traits in Rust",
            )),
        }
    }

    /// Writes `main.rs` and, where its `mod guest;` looks for it, `guest.rs`.
    fn write(&self, dir: &Path) -> Result<(), Failure> {
        write(&dir.join("guest.rs"), &self.guest)?;
        write(&dir.join("main.rs"), &self.main)
    }

    /// Writes a Cargo project that builds the same executable, with the runtime in it.
    fn write_project(&self, dir: &Path, args: &Native) -> Result<(), Failure> {
        let manifest = PROJECT.replace(
            "{OPT_LEVEL}",
            &match args.opt_level.as_str() {
                letter @ ("s" | "z") => format!("\"{letter}\""),
                number => number.to_owned(),
            },
        );
        if self.wasi {
            let wasi = "\nherkos-wasi = { path = \"herkos-wasi\" }\n\n[profile";
            write(&dir.join("Cargo.toml"), manifest.replacen("\n\n[profile", wasi, 1))?;
            write(&dir.join("Cargo.lock"), with_program(WASI_LOCK))?;
            write_wasi_packages(dir)?;
            return self.write(&dir.join("src"));
        }
        write(&dir.join("Cargo.toml"), &manifest)?;
        project::write_runtime(dir)?;
        self.write(&dir.join("src"))
    }
}

/// The lock file of the program, which uses both packages of `lock`.
fn with_program(lock: &str) -> String {
    format!(
        "{lock}\n[[package]]\nname = \"module\"\nversion = \"0.0.0\"\n\
         dependencies = [\n \"herkos-runtime\",\n \"herkos-wasi\",\n]\n"
    )
}

const PROJECT: &str = r#"# `cargo build --release` makes what `herkos build` made.
[package]
name = "module"
version = "0.0.0"
edition = "2024"

[dependencies]
herkos-runtime = { path = "herkos-runtime" }

[profile.release]
opt-level = {OPT_LEVEL}

[workspace]
"#;
