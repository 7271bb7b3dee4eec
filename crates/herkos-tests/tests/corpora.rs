//! The corpora, translated, compiled and run; and compiled for places that have neither an operating system nor a
//! heap.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use herkos::native::{CompileJob, CrateType, Profile, Rustc};
use herkos::{Config, ConstructorParam, Interface, MemoryStorage, Output};
use herkos_tests::corpus::{self, Action, Language, Literal, Outcome, Program, Step};

/// The other half, inside the generated program.
const DRIVER: &str = include_str!("../corpora/driver.in.rs");

/// How long one step may take. The longest takes a second without optimisation.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn the_manifest_agrees_with_the_files() -> Result<()> {
    let stale = corpus::stale()?;
    assert!(stale.is_empty(), "run corpora/rebuild.sh:\n{}", stale.join("\n"));
    Ok(())
}

#[test]
fn every_program_has_a_module_and_expectations() -> Result<()> {
    for language in Language::ALL {
        for program in corpus::programs(language)? {
            program.wasm()?;
            program.steps()?;
        }
    }
    Ok(())
}

#[test]
fn text_modules_debug() -> Result<()> {
    run(Language::Wat, "debug", &Profile::debug(), MemoryStorage::Heap)
}

#[test]
fn text_modules_release() -> Result<()> {
    run(Language::Wat, "release", &Profile::release(), MemoryStorage::Heap)
}

#[test]
fn c_programs_debug() -> Result<()> {
    run(Language::C, "debug", &Profile::debug(), MemoryStorage::Heap)
}

#[test]
fn c_programs_release() -> Result<()> {
    run(Language::C, "release", &Profile::release(), MemoryStorage::Heap)
}

#[test]
fn rust_programs_debug() -> Result<()> {
    run(Language::Rust, "debug", &Profile::debug(), MemoryStorage::Heap)
}

#[test]
fn rust_programs_release() -> Result<()> {
    run(Language::Rust, "release", &Profile::release(), MemoryStorage::Heap)
}

#[test]
fn text_modules_in_lent_memory() -> Result<()> {
    run(Language::Wat, "lent", &Profile::debug(), MemoryStorage::Lent)
}

#[test]
fn c_programs_in_lent_memory() -> Result<()> {
    run(Language::C, "lent", &Profile::release(), MemoryStorage::Lent)
}

/// `core` and `alloc` are all there is: modules that own a heap memory.
#[test]
fn without_an_operating_system() -> Result<()> {
    freestanding("alloc", &["alloc"], MemoryStorage::Heap)
}

/// `core` is all there is: modules that borrow their memory and tables from a static buffer.
#[test]
fn without_a_heap() -> Result<()> {
    freestanding("core", &[], MemoryStorage::Lent)
}

/// Translates a program; a failure is reported with its name.
fn translate(config: &Config, program: &Program) -> Result<Output> {
    let config = config.clone().source_name(&program.name);
    config.transpile(&program.wasm()?).map_err(|error| anyhow!("{program}: {error}"))
}

/// A call of the constructor. Lent buffers are leaked, so that every instance lives as long as it likes.
fn construction(program: &str, interface: &Interface) -> String {
    const PAGES: u32 = 256;
    const ELEMENTS: u32 = 64;
    let buffers = interface
        .constructor
        .iter()
        .map(|parameter| match parameter {
            ConstructorParam::MemoryBuffer { max_pages, .. } => {
                let pages = PAGES.min(*max_pages);
                format!("vec![0_u8; {pages} * herkos_runtime::PAGE_SIZE].leak()")
            }
            ConstructorParam::TableBuffer { min, .. } => {
                format!("vec![None; {}].leak()", ELEMENTS.max(*min))
            }
            // No program imports anything, so rustc will say what is missing here.
            ConstructorParam::Host
            | ConstructorParam::Memory { .. }
            | ConstructorParam::Table { .. } => String::new(),
        })
        .collect::<Vec<_>>()
        .join(", ");
    format!("{program}::Instance::new({buffers})")
}

/// All programs of a language in one generated crate, which then answers every step.
fn run(language: Language, label: &str, profile: &Profile, memory: MemoryStorage) -> Result<()> {
    let programs = corpus::programs(language)?;
    let work = work_dir(&format!("{}-{label}", language.folder()))?;
    let config = Config::new().by_name(true).memory(memory);
    let mut root = String::from("#![forbid(unsafe_code)]\n\n");
    let mut start = String::from(
        "\nfn start(name: &str, budget: usize) -> Option<WasmResult<Box<dyn Program>>> {\n    Some(match name {\n",
    );
    let mut failures = Vec::new();
    let mut translated = Vec::new();
    for program in &programs {
        let name = &program.name;
        match translate(&config, program) {
            Err(error) => failures.push(error.to_string()),
            Ok(output) => {
                let construction = construction(name, &output.interface);
                fs::write(work.join(format!("{name}.rs")), output.source)?;
                writeln!(root, "#[allow(dead_code)]\nmod {name};")?;
                writeln!(
                    start,
                    "        \"{name}\" => {construction}.map(|mut instance| {{\n            \
                     instance.set_stack_budget(budget);\n            Box::new(instance) as Box<dyn Program>\n        }}),"
                )?;
                translated.push(program);
            }
        }
    }
    start.push_str("        _ => return None,\n    })\n}\n");
    let source = work.join("main.rs");
    fs::write(&source, format!("{root}\n{DRIVER}{start}"))?;

    let rustc = Rustc::find()?;
    let output = work.join(format!("corpus{}", std::env::consts::EXE_SUFFIX));
    rustc.compile(&CompileJob {
        source: &source,
        output: &output,
        crate_type: CrateType::Bin,
        crate_name: "corpus",
        profile,
        runtime: &rustc.runtime(&work_dir("runtime")?, profile)?,
        extra: &[],
    })?;

    for program in translated {
        failures.extend(check(&output, program)?);
    }
    assert!(failures.is_empty(), "{} failure(s):\n{}", failures.len(), failures.join("\n"));
    Ok(())
}

/// Runs all steps of one program in a process of its own; the failures, a line each.
fn check(executable: &Path, program: &Program) -> Result<Vec<String>> {
    let steps = program.steps()?;
    let mut child = Command::new(executable)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| executable.display().to_string())?;
    let mut input = child.stdin.take().context("no standard input")?;
    let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    // The answers come through a channel, so that a program that never answers can be given up.
    let (sender, answers) = mpsc::channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|l| sender.send(l)));

    let mut failures = Vec::new();
    let mut ask = |command: String| {
        // A program that has died leaves no answer; that is what is reported.
        let _ = writeln!(input, "{command}");
        answers.recv_timeout(PATIENCE).ok()
    };
    match ask(format!("program {}", program.name)).as_deref() {
        Some("ok") => {
            for step in &steps {
                let answer = ask(command(&step.action));
                let at = format!("{program}:{}: {}", step.line, step.text);
                match answer {
                    None => {
                        failures.push(format!("{at}\n    the process died or hung"));
                        break;
                    }
                    Some(answer) if !agrees(step, &answer) => {
                        failures.push(format!("{at}\n    gave {answer}"));
                    }
                    Some(_) => {}
                }
            }
        }
        answer => failures.push(format!("{program}: instantiation gave {answer:?}")),
    }
    let _ = child.kill();
    child.wait()?;
    Ok(failures)
}

fn command(action: &Action) -> String {
    match action {
        Action::Instance => "instance".to_owned(),
        Action::Global { name, .. } => format!("global {name}"),
        Action::Invoke { name, arguments, .. } => arguments
            .iter()
            .fold(format!("invoke {name}"), |text, argument| format!("{text} {argument}")),
    }
}

fn agrees(step: &Step, answer: &str) -> bool {
    let values = |text: &str| -> Option<Vec<Literal>> {
        text.split_whitespace().map(Literal::from_bits_text).collect()
    };
    let results = answer.strip_prefix("ok").and_then(values);
    match (&step.action, results) {
        (Action::Instance, results) => results.is_some_and(|values| values.is_empty()),
        (Action::Global { value, .. }, Some(results)) => {
            matches!(results.as_slice(), [result] if value.accepts(*result))
        }
        (Action::Invoke { outcome: Outcome::Results(expected), .. }, Some(results)) => {
            expected.len() == results.len()
                && expected.iter().zip(results).all(|(expected, result)| expected.accepts(result))
        }
        (Action::Invoke { outcome: Outcome::Trap(kind), .. }, None) => {
            answer.strip_prefix("trap ") == Some(kind)
        }
        (Action::Global { .. } | Action::Invoke { .. }, _) => false,
    }
}

/// Every module as part of a `no_std` library that denies all warnings, forbids `unsafe`, and finds no other crates
/// than `core`, `compiler_builtins` and, with the runtime's feature of that name, `alloc`.
fn freestanding(label: &str, features: &[&str], memory: MemoryStorage) -> Result<()> {
    let work = work_dir(&format!("freestanding-{label}"))?;
    let rustc = Rustc::find()?;
    let sysroot = private_sysroot(&work, &rustc, features.contains(&"alloc"))?;
    let mut at = OsString::from("--sysroot=");
    at.push(&sysroot);

    let runtime = work.join("libherkos_runtime.rlib");
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../herkos-runtime/src/lib.rs");
    let mut command = Command::new(rustc_program());
    command
        .args(["--edition=2024", "--crate-type=rlib", "--crate-name=herkos_runtime"])
        .args(features.iter().map(|feature| format!("--cfg=feature=\"{feature}\"")))
        .args(["-Cpanic=abort", "-o"])
        .args([&runtime, &library])
        .arg(&at);
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let config = Config::new().by_name(true).memory(memory);
    // The lints of a careful crate; the workspace of herkos itself has them.
    let mut root = String::from(
        "//! Generated modules.\n#![no_std]\n#![forbid(unsafe_code)]\n\
         #![warn(missing_docs, unreachable_pub, unused)]\n\n",
    );
    let mut failures = Vec::new();
    for language in Language::ALL {
        for program in corpus::programs(language)? {
            match translate(&config, &program) {
                Err(error) => failures.push(error.to_string()),
                Ok(output) => {
                    let name = format!("{}_{}", language.folder(), program.name);
                    fs::write(work.join(format!("{name}.rs")), output.source)?;
                    // Half as modules, half pasted: both are promised.
                    if program.name.len().is_multiple_of(2) {
                        writeln!(root, "/// {program}\npub mod {name};")?;
                    } else {
                        writeln!(
                            root,
                            "/// {program}\npub mod {name} {{ include!(\"{name}.rs\"); }}"
                        )?;
                    }
                }
            }
        }
    }
    let source = work.join("lib.rs");
    fs::write(&source, root)?;
    rustc.compile(&CompileJob {
        source: &source,
        output: &work.join("libmodules.rlib"),
        crate_type: CrateType::Rlib,
        crate_name: "modules",
        profile: &Profile::debug(),
        runtime: &runtime,
        extra: &["-Dwarnings".into(), "-Cpanic=abort".into(), at],
    })?;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// A directory with the libraries of a target that has no operating system: `core`, what the compiler calls, and
/// perhaps `alloc`.
fn private_sysroot(work: &Path, rustc: &Rustc, alloc: bool) -> Result<PathBuf> {
    let host = rustc
        .identity()
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc names no host")?;
    let printed = Command::new(rustc_program()).args(["--print", "sysroot"]).output()?;
    let original = String::from_utf8(printed.stdout)?;
    let libraries = Path::new("lib/rustlib").join(host).join("lib");
    let private = work.join("sysroot");
    fs::create_dir_all(private.join(&libraries))?;
    let mut crates = vec!["libcore-", "libcompiler_builtins-"];
    crates.extend(alloc.then_some("liballoc-"));
    let mut copied = 0;
    for entry in fs::read_dir(Path::new(original.trim()).join(&libraries))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let wanted = crates.iter().any(|prefix| name.starts_with(prefix));
        if wanted && (name.ends_with(".rlib") || name.ends_with(".rmeta")) {
            fs::copy(entry.path(), private.join(&libraries).join(&name))?;
            copied += usize::from(name.ends_with(".rlib"));
        }
    }
    ensure!(copied == crates.len(), "{copied} of {crates:?} found");
    Ok(private)
}

fn rustc_program() -> OsString {
    std::env::var_os("RUSTC")
        .filter(|program| !program.is_empty())
        .unwrap_or_else(|| "rustc".into())
}

/// A directory of this test's own, kept for a look at what was generated.
fn work_dir(name: &str) -> Result<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpora").join(name);
    fs::create_dir_all(&dir)?;
    Ok(dir)
}
