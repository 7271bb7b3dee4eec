//! Counts what `docs/reliability.md` says of the sources and of tests that are quick to run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use herkos_tests::planted::workspace;
use herkos_tests::record::{Row, record};

/// Tests that a row counts: its name, and the arguments of `cargo`.
const TESTS: &[(&str, &str)] = &[
    ("WASI: escapes, each a test with many cases", "test -p herkos-wasi --test escapes"),
    ("WASI: scenarios of the official testsuite", "test -p herkos-wasi --test suite"),
    ("Programs that must not compile", "test -p herkos-tests --test compile_fail"),
    ("The stack, fuel and limits", "test -p herkos-tests --test limits"),
];

fn main() -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for (what, arguments) in TESTS {
        let output = Command::new(&cargo)
            .args(arguments.split(' '))
            .current_dir(workspace())
            .output()
            .with_context(|| format!("cargo {arguments}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "cargo {arguments} failed:\n{text}");
        let passed =
            text.matches(" ... ok").count() + text.matches(" ... \u{1b}[0m\u{1b}[32mok").count();
        ensure!(passed > 0, "cargo {arguments} ran no test:\n{text}");
        let figure = format!("{passed} passed, 0 failed");
        record(&Row { what, command: &format!("cargo {arguments}"), figure: &figure })?;
        println!("{what}: {figure}");
    }
    let (mut files, mut lines) = (0, 0);
    for package in ["herkos", "herkos-runtime", "herkos-wasi", "herkos-macros"] {
        let root = workspace().join("crates").join(package).join("src");
        let (more_files, more_lines) = unsafe_lines(&root)?;
        (files, lines) = (files + more_files, lines + more_lines);
        let roots = ["lib.rs", "main.rs"].map(|name| root.join(name));
        for root in roots.iter().filter(|root| root.is_file()) {
            let text = fs::read_to_string(root)?;
            ensure!(text.contains("#![forbid(unsafe_code)]"), "{}", root.display());
        }
    }
    let figure = format!(
        "{lines} in {files} files; every crate forbids it, and so does what compiles the output in tests"
    );
    record(&Row {
        what: "Lines of `unsafe` in the runtime, the translator, the host and the macros",
        command: "cargo run -p herkos-tests --bin evidence",
        figure: &figure,
    })?;
    println!("unsafe: {figure}");
    Ok(())
}

/// Files of Rust, and lines in them that are `unsafe` code.
fn unsafe_lines(dir: &Path) -> Result<(usize, usize)> {
    let (mut files, mut lines) = (0, 0);
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            let (more_files, more_lines) = unsafe_lines(&path)?;
            (files, lines) = (files + more_files, lines + more_lines);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files += 1;
            let text = fs::read_to_string(&path)?;
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            lines += code.filter(|line| is_unsafe(line)).count();
        }
    }
    Ok((files, lines))
}

/// Whether the line begins an `unsafe` block, function, implementation, trait or attribute, outside of a string.
fn is_unsafe(line: &str) -> bool {
    let code: String = line.split('"').step_by(2).collect();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern", "#[unsafe("]
        .iter()
        .any(|form| code.contains(form))
}
