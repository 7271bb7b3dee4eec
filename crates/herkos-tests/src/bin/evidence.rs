//! Counts what `docs/reliability.md` says of the sources and of tests that are quick to run.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use herkos_tests::planted::workspace;
use herkos_tests::record::{Row, record};
use proc_macro2::{TokenStream, TokenTree};

/// Tests that a row counts: its name, and the arguments of `cargo`.
const TESTS: &[(&str, &str)] = &[
    ("WASI: escapes, each a test with many cases", "test -p herkos-wasi --test escapes"),
    ("WASI: scenarios of the official testsuite", "test -p herkos-wasi --test suite"),
    ("Programs that must not compile", "test -p herkos-tests --test compile_fail -- --nocapture"),
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
        // trybuild says what became of each program on standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        ensure!(output.status.success(), "cargo {arguments} failed:\n{text}");
        let passed =
            text.matches(" ... ok").count() + text.matches(" ... \u{1b}[0m\u{1b}[32mok").count();
        ensure!(passed > 0, "cargo {arguments} ran no test:\n{text}");
        let figure = format!("{passed} passed, 0 failed");
        record(&Row { what, command: &format!("cargo {arguments}"), figure: &figure })?;
        println!("{what}: {figure}");
    }
    let (mut files, mut words) = (0, 0);
    for package in ["herkos", "herkos-runtime", "herkos-wasi", "herkos-macros"] {
        let root = workspace().join("crates").join(package).join("src");
        let (more_files, more_words) = unsafe_words(&root)?;
        (files, words) = (files + more_files, words + more_words);
        let roots = ["lib.rs", "main.rs"].map(|name| root.join(name));
        for root in roots.iter().filter(|root| root.is_file()) {
            let text = fs::read_to_string(root)?;
            ensure!(text.contains("#![forbid(unsafe_code)]"), "{}", root.display());
        }
    }
    let figure = format!(
        "{words} in {files} files; every crate forbids it, and so does what compiles the output in tests"
    );
    record(&Row {
        what: "The word `unsafe` in the code of the runtime, the translator, the host and the macros",
        command: "cargo run -p herkos-tests --bin evidence",
        figure: &figure,
    })?;
    println!("unsafe: {figure}");
    Ok(())
}

/// Files of Rust, and how often the word `unsafe` is in their code: neither in comments nor in strings.
fn unsafe_words(dir: &Path) -> Result<(usize, usize)> {
    let (mut files, mut words) = (0, 0);
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            let (more_files, more_words) = unsafe_words(&path)?;
            (files, words) = (files + more_files, words + more_words);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files += 1;
            let tokens = fs::read_to_string(&path)?.parse::<TokenStream>();
            words += count(tokens.map_err(|error| anyhow!("{}: {error}", path.display()))?);
        }
    }
    Ok((files, words))
}

fn count(tokens: TokenStream) -> usize {
    let words = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => count(group.stream()),
        TokenTree::Ident(word) => usize::from(word == "unsafe"),
        TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
    });
    words.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_code_count() {
        let code = "/* unsafe */ const A: &str = \"unsafe {\"; fn f() { unsafe { g() } } #[unsafe(no_mangle)] fn g() {}";
        assert_eq!(count(code.parse().unwrap_or_default()), 2);
    }
}
