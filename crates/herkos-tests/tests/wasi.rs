//! Programs in C for WASI, as executables: what they print, how they exit and what files they leave must be what
//! native builds of the same sources did. `corpora/wasi/rebuild.sh` records that.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use herkos::Config;
use herkos::native::{
    CompileJob, CrateType, Grants, LEAST_STACK_BUDGET, OptLevel, Profile, Rustc, WasiLibrary,
    executable_source,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora/wasi")
}

fn scratch() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wasi");
    fs::create_dir_all(&dir).unwrap();
    dir
}

const PROFILE: Profile = Profile { opt_level: OptLevel::O1, ..Profile::debug() };

/// The host as a library, compiled once.
fn library(rustc: &Rustc) -> &'static WasiLibrary {
    static LIBRARY: OnceLock<WasiLibrary> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        rustc.wasi(&scratch().join("host"), &PROFILE).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// The executable of a module.
fn build(name: &str, module: &[u8], grants: &Grants) -> PathBuf {
    let rustc = Rustc::find().unwrap();
    let library = library(&rustc);
    let config = Config::new().by_name(true).wasi(true).stack_budget(LEAST_STACK_BUDGET);
    let output = config.transpile(module).unwrap_or_else(|error| panic!("{name}: {error}"));
    let dir = scratch().join(name);
    fs::create_dir_all(&dir).unwrap();
    let main = executable_source(&output.interface, grants).unwrap();
    fs::write(dir.join("guest.rs"), output.source).unwrap();
    fs::write(dir.join("main.rs"), main).unwrap();
    let program = dir.join(name);
    let mut extra = library.arguments();
    extra.push("-Dwarnings".into());
    let job = CompileJob {
        source: &dir.join("main.rs"),
        output: &program,
        crate_type: CrateType::Bin,
        crate_name: "program",
        profile: &PROFILE,
        runtime: &library.runtime,
        extra: &extra,
    };
    rustc.compile(&job).unwrap_or_else(|error| panic!("{name}: {error}"));
    program
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_tree(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Lines with the path and the size of every file.
fn files(dir: &Path, prefix: &str, lines: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let file_type = entry.file_type().unwrap();
        if file_type.is_dir() {
            files(&entry.path(), &format!("{name}/"), lines);
        } else if file_type.is_file() {
            lines.push(format!("@{name} {}", entry.metadata().unwrap().len()));
        }
    }
}

/// Runs one case; what it did in the words of `expect`.
fn run(name: &str, program: &Path, arguments: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    copy_tree(&corpus().join("data"), &dir.path().join("data"));
    std::os::unix::fs::symlink("poem.txt", dir.path().join("data/link")).unwrap();
    let input = match fs::File::open(corpus().join("inputs").join(name)) {
        Ok(file) => Stdio::from(file),
        Err(_) => Stdio::null(),
    };
    let mut command = Command::new(program);
    command.arg("--dir").arg(format!("{}::.", dir.path().display())).arg("--").args(arguments);
    let output = command.stdin(input).output().unwrap();
    let mut did = String::new();
    for (mark, text) in [('>', output.stdout), ('!', output.stderr)] {
        for line in String::from_utf8(text).unwrap().lines() {
            writeln!(did, "{mark}{line}").unwrap();
        }
    }
    writeln!(did, "={}", output.status.code().unwrap_or(-1)).unwrap();
    let mut lines = Vec::new();
    files(dir.path(), "", &mut lines);
    lines.sort();
    did + &lines.join("\n")
}

#[test]
fn programs_do_what_native_ones_do() {
    let cases = fs::read_to_string(corpus().join("cases")).unwrap();
    let expected = fs::read_to_string(corpus().join("expect")).unwrap();
    let expected: BTreeMap<&str, &str> =
        expected.split("\ncase ").skip(1).map(|case| case.split_once('\n').unwrap()).collect();
    let cases: Vec<Vec<&str>> =
        cases.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cases.len(), expected.len());
    let mut names: Vec<&str> = cases.iter().map(|case| case[1]).collect();
    names.sort_unstable();
    names.dedup();
    library(&Rustc::find().unwrap());
    let built = names.into_par_iter().map(|name| {
        let module = fs::read(corpus().join(name).with_extension("wasm")).unwrap();
        (name, build(name, &module, &Grants::default()))
    });
    let programs: BTreeMap<&str, PathBuf> = built.collect();
    for case in cases {
        let did = run(case[0], &programs[case[1]], &case[2..]);
        assert_eq!(did.trim_end(), expected[case[0]].trim_end(), "{}", case[0]);
    }
}

#[test]
fn the_manifest_is_current() {
    let manifest = fs::read_to_string(corpus().join("MANIFEST")).unwrap();
    for line in manifest.lines() {
        let (digest, path) = line.split_once("  ").unwrap();
        let bytes = fs::read(corpus().join(path)).unwrap();
        let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found, digest, "{path}: run corpora/wasi/rebuild.sh");
    }
}

/// A command that prints what `args_get` and `environ_get` give, and exits with their number.
const PRINTER: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $print (param $bytes i32)
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (local.get $bytes))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func (export "_start")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 1024) (i32.const 4096)))
    (call $print (i32.load (i32.const 4)))
    (drop (call $env_sizes (i32.const 8) (i32.const 12)))
    (drop (call $env (i32.const 1024) (i32.const 4096)))
    (call $print (i32.load (i32.const 12)))
    (call $exit (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 8))))))"#;

/// What the printer printed, after the name of the program, and its exit status.
fn printed(program: &Path, arguments: &[&str]) -> (String, i32) {
    let output = Command::new(program).args(arguments).env("OUTER", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap().replace('\0', "|");
    let (_, rest) = text.split_once('|').unwrap_or_default();
    (rest.to_owned(), output.status.code().unwrap())
}

#[test]
fn grants_are_told_from_arguments() {
    let program = build("printer", PRINTER.as_bytes(), &Grants::default());
    let case = |arguments: &[&str], text: &str, status| {
        assert_eq!(printed(&program, arguments), (text.to_owned(), status), "{arguments:?}");
    };
    case(&[], "", 1);
    case(&["a", "b"], "a|b|", 3);
    case(&["--env", "A=1"], "--env|A=1|", 3);
    case(&["--env", "A=1", "--", "x"], "x|A=1|", 3);
    let odd = ["first", "the \"second\" arg", "3\n", ""];
    let text = "first|the \"second\" arg|3\n||a=text|b=escap \" ing|c=new\nline|";
    let env =
        ["--env", "a=text", "--env", "b=escap \" ing", "--env", "c=new\nline", "--grants", "--"];
    case(&[&env[..], &odd[..]].concat(), text, 8);
    case(&["--env=A=1", "--env", "B=", "--"], "A=1|B=|", 3);
    case(&["--", "x"], "--|x|", 3);
    case(&["--grants", "--", "--env", "A=1", "--", "x"], "--env|A=1|--|x|", 5);
    case(&["--help"], "--help|", 2);
    case(&["--invoke", "_start"], "--invoke|_start|", 3);
    case(&["--env", "A=1", "x", "--", "y"], "--env|A=1|x|--|y|", 6);
    case(&["--grants", "--invoke", "_start"], "", 1);
    let (text, _) = printed(&program, &["--inherit-env", "--"]);
    assert!(text.contains("OUTER=1|"), "{text}");
    for wrong in [["--env", "A"], ["--env", "=x"], ["--dir", "::x"], ["--dir", "x::"]] {
        let output = Command::new(&program).args(wrong).arg("--").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let output = Command::new(&program).args(["--dir", "/nonexistent::/", "--"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("cannot open the directory `/nonexistent`"), "{message}");

    let mut grants = Grants::default();
    grants.env.push("BAKED=in \"quotes\" \\\n".to_owned());
    let program = build("baked", PRINTER.as_bytes(), &grants);
    let (text, status) = printed(&program, &["--env", "MORE=1", "--", "x"]);
    assert_eq!((text.as_str(), status), ("x|BAKED=in \"quotes\" \\\n|MORE=1|", 4));
    grants.sealed = true;
    let program = build("sealed", PRINTER.as_bytes(), &grants);
    let (text, _) = printed(&program, &["--env", "MORE=1", "--", "x"]);
    assert_eq!(text, "--env|MORE=1|--|x|BAKED=in \"quotes\" \\\n|");
}

/// Exits with 1 unless pipes as standard streams have neither size nor times; else writes to standard output without
/// waiting, until it may not, and exits with 2 if that is for another reason than a full pipe.
const STREAMS: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (func $check (param $fd i32)
    (if (call $stat (local.get $fd) (i32.const 64)) (then (call $exit (i32.const 1))))
    (if (i64.ne (i64.const 0) (i64.or (i64.load (i32.const 96)) (i64.or (i64.load (i32.const 104))
        (i64.or (i64.load (i32.const 112)) (i64.load (i32.const 120))))))
      (then (call $exit (i32.const 1)))))
  (func (export "_start") (local $error i32)
    (call $check (i32.const 0)) (call $check (i32.const 1)) (call $check (i32.const 2))
    (i32.store (i32.const 16) (i32.const 4096))
    (i32.store (i32.const 20) (i32.const 200000))
    (if (call $flags (i32.const 1) (i32.const 4)) (then (call $exit (i32.const 3))))
    (loop $again
      (local.set $error (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
      (br_if $again (i32.eqz (local.get $error))))
    (if (i32.ne (local.get $error) (i32.const 6)) (then (call $exit (i32.const 2))))))"#;

#[test]
fn standard_streams_tell_little_and_need_not_wait() {
    let program = build("streams", STREAMS.as_bytes(), &Grants::default());
    let mut command = Command::new(program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // No one reads what it writes, so it would wait for ever if it did.
    let end = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > end => {
                child.kill().unwrap();
                panic!("it waits");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    assert_eq!(status.code(), Some(0));
}

/// A reactor, whose start function already uses the host; and traps, and exits in odd places.
const REACTOR: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory 1)
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (call $clock (i32.const 0) (i64.const 0) (i32.const 0))))
  (func (export "ready") (result i32) (i32.eqz (global.get $ready)))
  (func (export "after_epoch") (result i32) (i64.gt_u (i64.load (i32.const 0)) (i64.const 1000000000000000000)))
  (func (export "leave") (param i32) (call $exit (local.get 0)))
  (func (export "trap") unreachable))"#;

#[test]
fn reactors_exits_and_traps() {
    let program = build("reactor", REACTOR.as_bytes(), &Grants::default());
    let run = |arguments: &[&str]| {
        let output = Command::new(&program).args(arguments).output().unwrap();
        let text =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    };
    assert_eq!(run(&["--invoke", "ready"]), ("1\n".to_owned(), 0));
    assert_eq!(run(&["--env", "A=1", "--invoke", "after_epoch"]), ("1\n".to_owned(), 0));
    assert_eq!(run(&["--invoke", "leave", "7"]), (String::new(), 7));
    assert_eq!(run(&["--invoke", "leave", "256"]).1, 0);
    assert_eq!(run(&["--invoke", "trap"]).1, 134);
    assert_eq!(run(&[]).1, 2);
    let early = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func $start (call $exit (i32.const 9))) (start $start) (func (export "_start")))"#;
    let program = build("early", early.as_bytes(), &Grants::default());
    assert_eq!(Command::new(program).status().unwrap().code(), Some(9));
}

#[test]
fn what_preview_1_does_not_have_is_named() {
    let config = Config::new().wasi(true);
    let message = |wat: &str| config.transpile(wat.as_bytes()).unwrap_err().to_string();
    let import = |name: &str, ty: &str| {
        format!("(module (import \"wasi_snapshot_preview1\" \"{name}\" (func {ty})))")
    };
    let unknown = message(&import("fd_frobnicate", ""));
    assert!(
        unknown.contains("\"fd_frobnicate\"") && unknown.contains("none of that name"),
        "{unknown}"
    );
    let wrong = message(&import("fd_close", "(param i64) (result i32)"));
    assert!(wrong.contains("\"fd_close\""), "{wrong}");
    assert!(wrong.contains("as (i64) -> i32") && wrong.contains("it as (i32) -> i32"), "{wrong}");
    let unstable =
        message("(module (import \"wasi_unstable\" \"fd_close\" (func (param i32) (result i32))))");
    assert!(unstable.contains("`wasi_unstable`"), "{unstable}");
    let global = message("(module (import \"wasi_snapshot_preview1\" \"x\" (global i32)))");
    assert!(global.contains("functions only"), "{global}");
    // Whoever implements the trait may do as they like.
    Config::new().transpile(import("fd_frobnicate", "").as_bytes()).unwrap();
}

/// All functions of preview 1, imported and called, in each kind of memory: the output must compile.
#[test]
fn every_function_is_there() {
    let rustc = Rustc::find().unwrap();
    let library = library(&rustc);
    let mut imports = String::new();
    for function in herkos_wasi::FUNCTIONS {
        let result = match function.result {
            "" => String::new(),
            result => format!("(result {result})"),
        };
        let params = function.params.join(" ");
        writeln!(
            imports,
            "(import \"wasi_snapshot_preview1\" \"{0}\" (func ${0} (param {params}) {result}))\n\
             (export \"{0}\" (func ${0}))",
            function.name
        )
        .unwrap();
    }
    let memories = ["", "(memory 1)", "(memory 1 1)", "(import \"env\" \"memory\" (memory 1))"];
    for (index, memory) in memories.into_iter().enumerate() {
        let imported: Vec<&str> =
            imports.lines().filter(|line| line.starts_with("(import")).collect();
        let exported: Vec<&str> =
            imports.lines().filter(|line| line.starts_with("(export")).collect();
        let wat = format!("(module {} {memory} {})", imported.join("\n"), exported.join("\n"));
        for lent in [false, true] {
            let storage = match lent {
                true => herkos::MemoryStorage::Lent,
                false => herkos::MemoryStorage::Heap,
            };
            let output =
                Config::new().wasi(true).memory(storage).transpile(wat.as_bytes()).unwrap();
            assert!(output.interface.wasi);
            let dir = scratch().join(format!("all-{index}-{lent}"));
            fs::create_dir_all(&dir).unwrap();
            let source = dir.join("lib.rs");
            fs::write(&source, output.source).unwrap();
            let mut extra = library.arguments();
            extra.extend(["-Dwarnings".into(), "--emit=metadata".into()]);
            let job = CompileJob {
                source: &source,
                output: &dir.join("libguest.rmeta"),
                crate_type: CrateType::Rlib,
                crate_name: "guest",
                profile: &PROFILE,
                runtime: &library.runtime,
                extra: &extra,
            };
            rustc.compile(&job).unwrap_or_else(|error| panic!("{memory}: {error}"));
        }
    }
}
