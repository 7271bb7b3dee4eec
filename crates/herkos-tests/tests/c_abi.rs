//! Modules used from C: several of them in one static library, with a program that checks them.
//!
//! It needs a C compiler, `cc`; C++ and other compilers read the headers where there are some.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use herkos::native::{CompileJob, CrateType, OptLevel, Profile, Rustc};
use herkos::{CAbi, Config, Output as Source};

/// No host, no memory: numbers of all types, several results, traps.
const PURE: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mixed") (param i32 f32 i64 f64) (result f64 i64 f32 i32)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "div") (param i64 i64) (result i64) (i64.div_s (local.get 0) (local.get 1)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))
  (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "nothing")))"#;

/// A memory, a heap that only grows, globals.
const HEAP: &str = r#"(module (memory (export "memory") 1 2)
  (global $next (export "next") (mut i32) (i32.const 16))
  (global (export "version") i64 (i64.const 0x123456789abcdef0))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $next) (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "free") (param i32))
  (func (export "sum") (param $at i32) (param $len i32) (result i32) (local $sum i32)
    (block $done (loop $more
      (br_if $done (i32.eqz (local.get $len)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (br $more)))
    (local.get $sum))
  (func (export "pages") (result i32) (memory.size)))"#;

/// Functions and globals of the host's, also at the start.
const HOSTED: &str = r#"(module
  (import "env" "log" (func $log (param i32 i32)))
  (import "env" "pair" (func $pair (param f32) (result i64 f32)))
  (import "env" "limit" (global $limit i32))
  (import "env" "depth" (global $depth (mut f64)))
  (import "clock" "now" (func $now (result i64)))
  (memory (export "memory") 1 1) (data (i32.const 8) "hello")
  (start $start)
  (func $start (call $log (i32.const 0) (i32.const 0)))
  (func (export "greet") (param i32 i32) (call $log (local.get 0) (local.get 1)))
  (func (export "twice") (param f32) (result i64 f32) (call $pair (local.get 0)))
  (func (export "state") (result i32 f64)
    (global.set $depth (f64.add (global.get $depth) (f64.const 1))) (global.get $limit) (global.get $depth))
  (func (export "time") (result i64) (call $now)))"#;

/// Memory, table and globals of references that the module asks for; tables it offers.
const IMPORTER: &str = r#"(module
  (import "env" "memory" (memory 1 3)) (import "env" "table" (table 2 4 externref))
  (import "env" "hold" (func $hold (param externref funcref) (result externref)))
  (import "env" "any" (global $any (mut externref)))
  (data (i32.const 4) "\2a")
  (table $calls (export "calls") 2 3 funcref) (elem (table $calls) (i32.const 0) func $seven)
  (func $seven (result i32) (i32.const 7))
  (func (export "call") (param i32) (result i32) (call_indirect $calls (result i32) (local.get 0)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "keep") (param i32 externref) (table.set 0 (local.get 0) (local.get 1)))
  (func (export "kept") (param i32) (result externref) (table.get 0 (local.get 0)))
  (func (export "swap") (param externref) (result externref)
    (global.get $any) (global.set $any (local.get 0)))
  (func (export "pass") (param externref) (result externref)
    (call $hold (local.get 0) (ref.func $seven))))"#;

/// Names that mean something in C, to its compiler, or to the shim; names that end comments.
const HOSTILE: &str = r#"(module
  (import "INT" "MAX" (func $a (result i32))) (import "static" "assert" (func $b (result i32)))
  (import "9" "" (func $c (result i32))) (import "*/" "/*" (func $d (result i32)))
  (memory (export "*/ int main(void) { return 1; } /*") 1)
  (func (export "all") (result i32)
    (i32.add (i32.add (call $a) (call $b)) (i32.add (call $c) (call $d))))
  (func (export "int") (result i32) (i32.const 1)) (func (export "instance_new") (result i32) (i32.const 2))
  (func (export "instance") (result i32) (i32.const 3)) (func (export "host") (result i32) (i32.const 4))
  (func (export "a-b") (result i32) (i32.const 5)) (func (export "a_b") (result i32) (i32.const 6))
  (func (export "__a__b_") (result i32) (i32.const 7)) (func (export "") (result i32) (i32.const 8))
  (func (export "*/ #error \0a/*") (result i32) (i32.const 9)) (func (export "memory_view") (result i32) (i32.const 10))
  (func (export "HERKOS_H") (result i32) (i32.const 11)) (func (export "??/") (result i32) (i32.const 12))
  (func (export "1") (result i32) (i32.const 13)) (func (export "status_message") (result i32) (i32.const 14)))"#;

/// Two modules with a memory each, linked.
const APP: &str = r#"(module (import "lib" "get" (func $get (result i32)))
  (import "env" "tell" (func $tell (param i32))) (memory (export "heap") 1)
  (func (export "run") (result i32) (i32.store (i32.const 0) (i32.const 1)) (call $tell (i32.const 3)) (call $get)))"#;
const LIB: &str = r#"(module (import "env" "tell" (func $tell (param i32))) (memory (export "heap") 1)
  (func (export "get") (result i32) (i32.store (i32.const 0) (i32.const 2)) (call $tell (i32.const 4)) (i32.load (i32.const 0))))"#;

/// Prefixes of the modules.
const PREFIXES: &[&str] = &["pure", "heap", "hosted", "importer", "HOSTILE", "app"];

fn dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("c_abi")
}

/// What each of the modules becomes.
fn modules() -> Result<Vec<(Source, CAbi)>> {
    let single = |(prefix, wat): (&&str, &&str)| {
        let mut config = Config::new().source_name("*/ x\n.wat").c_prefix(*prefix);
        if *prefix == "pure" {
            config = config.fuel(10_000_000_000);
        }
        Ok((config.transpile(wat.as_bytes())?, config.c_abi(wat.as_bytes())?))
    };
    let texts = [PURE, HEAP, HOSTED, IMPORTER, HOSTILE];
    let mut modules: Vec<_> = PREFIXES.iter().zip(&texts).map(single).collect::<Result<_>>()?;
    let linked = [("app", APP.as_bytes()), ("lib", LIB.as_bytes())];
    let config = Config::new();
    modules.push((config.link(&linked)?, config.link_c_abi(&linked)?));
    Ok(modules)
}

/// Writes all of them, and compiles them to one static library.
fn library(dir: &Path, profile: &Profile) -> Result<PathBuf> {
    fs::create_dir_all(dir)?;
    let mut root = String::from("#![deny(unsafe_code)]\n");
    for (prefix, (module, c)) in PREFIXES.iter().zip(modules()?) {
        ensure!(c.prefix == *prefix, "{prefix}");
        fs::write(dir.join(format!("{prefix}.rs")), module.source)?;
        fs::write(dir.join(format!("{prefix}_c.rs")), c.shim)?;
        fs::write(dir.join(format!("{prefix}.h")), c.header)?;
        fs::write(dir.join(format!("{prefix}_main.c")), c.example)?;
        root += &format!(
            "#[allow(non_snake_case)] #[forbid(unsafe_code)] mod {prefix};\n#[allow(non_snake_case)] mod {prefix}_c;\n"
        );
    }
    let source = dir.join("lib.rs");
    fs::write(&source, root)?;
    let rustc = Rustc::find()?;
    let output = dir.join("libguests.a");
    let extra = ["-Dwarnings", "-Cpanic=abort"].map(OsString::from);
    rustc.compile(&CompileJob {
        source: &source,
        output: &output,
        crate_type: CrateType::StaticLib,
        crate_name: "guests",
        profile,
        runtime: &rustc.runtime(&dir.join("runtime"), profile)?,
        extra: &extra,
    })?;
    Ok(output)
}

/// What every file of C's has to pass.
const STRICT: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(output)
}

#[test]
fn c_programs_use_modules() -> Result<()> {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c_abi/main.c");
    for (name, level) in [("debug", OptLevel::O0), ("release", OptLevel::O3)] {
        let dir = dir().join(name);
        let mut profile = Profile::debug();
        profile.opt_level = level;
        let library = library(&dir, &profile)?;
        let compile = |source: &Path, program: &Path| {
            let mut cc = Command::new("cc");
            cc.arg("-std=c99").args(STRICT).arg("-I").arg(&dir).arg(source).arg(&library);
            run(cc.args(["-pthread", "-lm", "-ldl", "-o"]).arg(program))
        };
        let program = dir.join("program");
        compile(&main, &program)?;
        let output = run(&mut Command::new(&program))?;
        assert_eq!(String::from_utf8(output.stdout)?, "all is well\n");
        // What a user begins with.
        for prefix in PREFIXES {
            let program = dir.join(format!("{prefix}_main"));
            compile(&dir.join(format!("{prefix}_main.c")), &program)?;
            let output = Command::new(&program).output()?;
            // A start function that asks for something is refused it.
            let refused = *prefix == "hosted";
            assert_eq!(output.status.code(), Some(i32::from(refused)), "{prefix}");
            let said = if refused { output.stderr } else { output.stdout };
            let expected = if refused { "host error\n" } else { "The module is instantiated.\n" };
            assert_eq!(String::from_utf8(said)?, expected, "{prefix}");
        }
    }
    Ok(())
}

/// All headers together, by every compiler and standard that there is; `cc` is needed.
#[test]
fn compilers_accept_the_headers() -> Result<()> {
    let dir = dir().join("headers");
    fs::create_dir_all(&dir)?;
    let mut text = String::new();
    for (prefix, (_, c)) in PREFIXES.iter().zip(modules()?) {
        fs::write(dir.join(format!("{prefix}.h")), c.header)?;
        text += &format!("#include \"{prefix}.h\"\n#include \"{prefix}.h\"\n");
    }
    // Before and after what defines macros.
    let libraries =
        "#include <assert.h>\n#include <limits.h>\n#include <errno.h>\n#include <stdio.h>\n";
    fs::write(dir.join("a.c"), format!("{text}{libraries}int main(void) {{ return 0; }}\n"))?;
    fs::write(dir.join("b.c"), format!("{libraries}{text}int main(void) {{ return 0; }}\n"))?;
    for (compiler, language, standards) in [
        ("cc", "c", ["c99", "c11"]),
        ("clang", "c", ["c99", "c11"]),
        ("c++", "c++", ["c++98", "c++17"]),
        ("clang++", "c++", ["c++98", "c++17"]),
    ] {
        let there = Command::new(compiler).arg("--version").output().is_ok();
        assert!(there || compiler != "cc", "no C compiler `cc`");
        for (standard, file) in standards.into_iter().zip(["a.c", "b.c"]).filter(|_| there) {
            let mut command = Command::new(compiler);
            command.args(STRICT).arg(format!("-std={standard}")).args(["-x", language]);
            run(command.args(["-fsyntax-only"]).arg(dir.join(file)))?;
        }
    }
    Ok(())
}
