//! What fuzzers found worth keeping, and changes of it; see `fuzz/` at the top of the repository. The command `fuzz` tries
//! as many as one likes.

use anyhow::{Context as _, Result, bail, ensure};
use herkos::Config;
use herkos_tests::fuzz::{Options, Outcome, TARGETS, replay, same_but_for_names, seeds};

/// What `fuzz/run` lets libFuzzer try: it cuts what is longer.
const LONGEST: usize = 4096;

#[test]
fn kept_inputs_and_changes_of_them() -> Result<()> {
    let mut failures = Vec::new();
    for (name, target) in TARGETS {
        let summary = replay(name, target, &Options { seed: 0, count: 100, save: None })?;
        println!("{summary}");
        // Most changes make a module invalid; names are names.
        ensure!(summary.kept >= 50 && summary.accepted >= 60, "{summary}");
        failures.extend(summary.failures);
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

#[test]
fn what_is_kept_is_small() -> Result<()> {
    let mut total = 0;
    for (name, _) in TARGETS {
        for (path, bytes) in seeds(name)? {
            ensure!(bytes.len() <= LONGEST, "{}: {} bytes", path.display(), bytes.len());
            total += bytes.len();
        }
    }
    ensure!(total < 300_000, "{total} bytes");
    Ok(())
}

/// Every target has its program in `fuzz/`, and inputs; and no inputs are those of no target.
#[test]
fn targets_are_those_of_cargo_fuzz() -> Result<()> {
    let dir = herkos_tests::planted::workspace().join("fuzz");
    let manifest = std::fs::read_to_string(dir.join("Cargo.toml"))?;
    ensure!(manifest.matches("[[bin]]").count() == TARGETS.len(), "programs");
    for (name, _) in TARGETS {
        ensure!(manifest.contains(&format!("name = \"{name}\"")), "`{name}` in Cargo.toml");
        let program = std::fs::read_to_string(dir.join(format!("fuzz_targets/{name}.rs")))?;
        ensure!(program.contains(&format!("fuzz::{name}(data)")), "fuzz_targets/{name}.rs");
    }
    for entry in std::fs::read_dir(dir.join("seeds"))? {
        let entry = entry?.file_name();
        ensure!(TARGETS.iter().any(|(name, _)| entry == *name), "seeds/{}", entry.display());
    }
    Ok(())
}

fn panics(data: &[u8]) -> Result<Outcome> {
    assert!(data[0].is_multiple_of(2), "on purpose");
    Ok(Outcome::Accepted)
}

fn fails(data: &[u8]) -> Result<Outcome> {
    if data[0] % 2 == 1 {
        bail!("on purpose");
    }
    Ok(Outcome::Nothing)
}

#[test]
fn a_target_that_fails_is_noticed() -> Result<()> {
    let wanted = seeds("output")?.iter().filter(|(_, bytes)| bytes[0] % 2 == 1).count();
    ensure!(wanted > 5, "{wanted}");
    let saved = tempfile::tempdir()?;
    let options = Options { seed: 0, count: 0, save: Some(saved.path().to_owned()) };
    for (target, text) in [(panics as fn(&[u8]) -> _, "it panicked"), (fails, "on purpose")] {
        let summary = replay("output", target, &options)?;
        ensure!(summary.failures.len() == wanted, "{summary}");
        ensure!(summary.failures.iter().all(|failure| failure.ends_with(text)), "{summary}");
        ensure!(summary.accepted == 0 || text == "it panicked", "{summary}");
        ensure!(std::fs::read_dir(saved.path())?.count() == wanted, "not saved");
    }
    Ok(())
}

/// A module whose function, parameter, export and import have the names.
fn source(names: [&str; 4]) -> Result<String> {
    let [function, param, export, import] = names;
    let module = format!(
        "(module (import \"env\" \"{import}\" (func)) (memory 1)
           (func ${function} (export \"{export}\") (param ${param} i32) (result i32)
             call 0 local.get ${param} i32.load))"
    );
    let output = Config::new().by_name(true).transpile(module.as_bytes())?;
    Ok(output.source)
}

/// The output as it would be if a name were written as it is: the check of the target `output` does not let it pass.
#[test]
fn a_name_that_adds_an_item_is_noticed() -> Result<()> {
    let plain = source(["n1", "n2", "n3", "n4"])?;
    let found = source(["function", "param", "export", "import"])?;
    same_but_for_names(&found, &plain).context("as it is")?;
    for (text, evil) in [
        // Out of a comment, and out of a string.
        ("`export`", "`a\npub fn evil() {}\n//`"),
        ("`function`", "`\nstatic EVIL: i32 = 1; //`"),
        ("\"import\"", "\"a\", \"b\""),
        ("\"export\"", "\"\" | \"export\""),
        // What the items are, and are made of.
        ("    pub fn export(", "    #[unsafe(no_mangle)]\n    pub fn export("),
        ("pub fn export(", "pub unsafe fn export("),
        ("WasmResult<i32>", "WasmResult<i64>"),
    ] {
        ensure!(found.contains(text), "no `{text}` in\n{found}");
        let changed = found.replacen(text, evil, 1);
        ensure!(same_but_for_names(&changed, &plain).is_err(), "`{evil}` went unnoticed");
    }
    // A local that hides the function it calls.
    ensure!(same_but_for_names(&found.replace("param", "i32_load"), &plain).is_err(), "hidden");
    Ok(())
}
