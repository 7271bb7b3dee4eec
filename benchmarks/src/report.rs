//! docs/benchmarks.md: what was measured, on what, and how to read it.

use std::fmt::Write;

use crate::args::Args;
use crate::machine;
use crate::peers::Found;
use crate::run::Results;
use crate::svg;
use crate::table::Table;

/// A table under a heading.
pub struct Part {
    pub heading: String,
    pub table: Table,
    /// A paragraph below it.
    pub after: String,
}

impl Part {
    pub fn new(heading: &str, table: Table) -> Self {
        Self { heading: heading.to_owned(), table, after: String::new() }
    }
}

/// What the sections found.
#[derive(Default)]
pub struct Report {
    pub run: Option<Results>,
    pub build: Vec<Part>,
    pub transpile: Vec<Part>,
    pub calls: Option<Table>,
    pub instances: Option<Table>,
}

const INTRODUCTION: &str = "\
# Benchmarks

The same C, compiled for this machine, and compiled to WebAssembly and run in several ways. This file and its picture
are written by one command, at the top of the repository:

```sh
";

const RUN: &str = "\
## How fast programs run

CPU time of one call of `run(n)`, over that of the native program: 1.00 is as fast, 2.00 takes twice as long. The first
column has the native seconds. Start, compilation and instantiation are not part of it. Each number is the ratio of two
medians; in each round every peer runs a program once before the next program's turn. All peers give the same checksum.

- **native** is what the C costs without isolation. It has 64-bit pointers and the C library of the system (its `malloc`
  and its vectorised `memcpy`), and may use SSE2; the modules have 32-bit pointers, wasi-libc, and no SIMD. So a ratio below
  1 is possible where pointers fill the caches, and one well above 1 where the native loop is vectorised.
- **wasm2c** and **wasmtime** leave bounds checks to guard pages, which needs 8 or 4 GiB of addresses for each memory, and a
  signal handler. The columns **-checks** have them compare in software, as herkos and wasm2rs do.
- **herkos** makes Rust without `unsafe`; an access out of bounds is a trap that the host gets as an `Err`.
- **wasm2rs** panics instead, and counts no calls: a recursion without end overflows the native stack.
";

const BUILD: &str = "\
## What compilers take

rustc for what herkos and wasm2rs make, clang for what wasm2c makes, each with the same small program around it. \"One unit\"
is `-C codegen-units=1`. `-O0` has debug assertions and overflow checks, as Cargo's debug builds.
";

const TRANSPILE: &str = "\
## How long herkos takes

CPU time of `herkos MODULE --output FILE --threads 1`, from start to exit. The synthetic modules repeat the functions of
sqlite; each copy calls its own, and all are in the table.
";

const CALLS: &str = "\
## What a call costs

Nanoseconds of a call of a function that adds two numbers, which the optimiser can't see through: it is behind a pointer, or
in another file. In wasm2c, a host that wants to survive a trap has to call `wasm_rt_impl_try` first; herkos and wasmtime
return a `Result`.
";

const INSTANCES: &str = "\
## What an instance costs

Median time to make an instance; to make one, call it once and drop it; and the resident memory of each of many instances
that live at once and have been called once. Wasmtime has its default configuration, without pooling. Address space is not
counted: wasmtime reserves 4 GiB for each memory unless it checks in software. A memory of herkos comes zeroed from the
program's allocator; that of glibc takes the first large ones fresh from the system, and clears those it recycles.
";

impl Report {
    /// The whole document. The picture is `benchmarks.svg` beside it.
    pub fn markdown(&self, args: &Args, found: &Found) -> String {
        let mut text = format!("{INTRODUCTION}{}\n```\n\n", args.command_line());
        for (name, value) in machine::describe() {
            let _ = writeln!(text, "- {name}: {value}");
        }
        text += "\n| peer | |\n|---|---|\n";
        for peer in &found.peers {
            let _ = writeln!(text, "| {} | {} |", peer.name, peer.about);
        }
        for (name, reason) in &found.skipped {
            let _ = writeln!(text, "| {name} | not measured: {reason} |");
        }
        if let Some(run) = &self.run {
            run_section(&mut text, args, run);
        }
        parts(&mut text, BUILD, args.build_rounds(), &self.build);
        parts(&mut text, TRANSPILE, args.few_rounds(), &self.transpile);
        for (introduction, table) in [(CALLS, &self.calls), (INSTANCES, &self.instances)] {
            if let Some(table) = table {
                let _ = write!(text, "\n{introduction}\n{}", table.markdown());
            }
        }
        text
    }

    /// The picture of the ratios.
    pub fn svg(&self) -> Option<String> {
        self.run.as_ref().map(svg::draw)
    }
}

fn run_section(text: &mut String, args: &Args, run: &Results) {
    let _ = write!(text, "\n{RUN}\nRounds: {}.", args.rounds());
    *text += "\n\n![Ratios to native, by program](benchmarks.svg)\n\n";
    *text += &run.ratios().markdown();
    for problem in &run.problems {
        let _ = write!(text, "\n- {problem}");
    }
    let _ = write!(
        text,
        "\nThe medians in seconds, and the n of each program:\n\n{}",
        run.seconds().markdown()
    );
}

fn parts(text: &mut String, introduction: &str, rounds: usize, parts: &[Part]) {
    if parts.is_empty() {
        return;
    }
    let _ = write!(text, "\n{introduction}\nRounds: {rounds}.\n");
    for part in parts {
        let _ = write!(text, "\n### {}\n\n{}", part.heading, part.table.markdown());
        if !part.after.is_empty() {
            let _ = write!(text, "\n{}\n", part.after);
        }
    }
}
