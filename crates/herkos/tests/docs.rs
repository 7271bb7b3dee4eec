//! What the documents say, held against what herkos does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "RATIONALE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/bare-metal.md",
    "docs/c-abi.md",
    "docs/embedding.md",
    "docs/inspect.md",
    "docs/performance.md",
    "docs/reliability.md",
    "docs/security.md",
    "docs/semantics.md",
    "examples/board/README.md",
    "examples/c-abi/README.md",
    "examples/partitions/README.md",
    "examples/sandboxed-c/README.md",
    "docs/wasi.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(document: &str) -> String {
    let text = fs::read_to_string(root().join(document)).expect(document);
    text.replace("\r\n", "\n")
}

/// The code blocks of a language, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("\n```{language}\n");
    text.split(start.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// The text from `start` to the end of the Rust item that begins there.
fn item<'a>(source: &'a str, start: &str) -> &'a str {
    let from = &source[source.find(start).expect(start)..];
    &from[..from.find("\n}\n").expect("an end") + 2]
}

#[test]
fn the_first_example_gives_what_it_says() {
    let readme = read("README.md");
    let module = blocks(&readme, "wat")[0];
    let output = herkos::Config::new().transpile(module.as_bytes()).unwrap();
    let func = item(&output.source, "/// func 0 `sum`");
    assert_eq!(blocks(&readme, "rust")[0], func);
}

#[test]
fn the_annotated_excerpt_is_current() {
    let architecture = read("ARCHITECTURE.md");
    let module = fs::read(root().join("examples/embed/guest.wat")).unwrap();
    let output = herkos::Config::new().transpile(&module).unwrap();
    let emitted: BTreeSet<&str> = output.source.lines().map(str::trim).collect();
    let excerpt = blocks(&architecture, "rust")[0];
    let code = excerpt.lines().map(|line| line.split("  // ").next().unwrap().trim());
    let stale: Vec<&str> = code.filter(|line| !emitted.contains(line)).collect();
    assert!(stale.is_empty(), "herkos does not emit: {stale:#?}");
}

/// Its programs are those of the example, which is compiled and tested.
#[test]
fn the_guide_shows_the_example() {
    let guide = read("docs/embedding.md");
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let files = ["words.c", "build.rs", "src/main.rs"];
    let files = files.map(|file| lines(&read(&format!("examples/guide/{file}"))));
    let shown = ["rust", "c"].map(|language| blocks(&guide, language)).concat();
    assert!(shown.len() >= 10);
    for block in shown {
        let block = lines(block);
        let found = files.iter().any(|file| file.windows(block.len()).any(|part| part == block));
        assert!(found, "not in examples/guide: {block:#?}");
    }
}

/// What `docs/c-abi.md` tells the reader to do is done, with the files that it shows.
#[cfg(unix)]
#[test]
fn the_c_program_is_made_and_runs_as_it_says() {
    let guide = read("docs/c-abi.md");
    let program = blocks(&guide, "c")[0];
    assert_eq!(read("examples/c-abi/main.c").trim_end(), program);
    let place = tempfile::tempdir().unwrap();
    let module = root().join("examples/guide/words.wasm");
    fs::copy(module, place.path().join("words.wasm")).unwrap();
    fs::write(place.path().join("main.c"), program).unwrap();
    let herkos = Path::new(env!("CARGO_BIN_EXE_herkos")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(herkos).chain(std::env::split_paths(&path));
    let ended = Command::new("sh")
        .args(["-euc", blocks(&guide, "sh")[0]])
        .current_dir(place.path())
        .env("PATH", std::env::join_paths(path).unwrap())
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    let shown = blocks(&guide, "text")[0];
    assert_eq!(String::from_utf8_lossy(&ended.stdout).trim_end(), shown, "{said}");
    assert_eq!(blocks(&read("examples/c-abi/README.md"), "text")[0], shown);
}

/// Runs every line of the README's console blocks that begins with `$`, and compares what comes.
#[cfg(unix)]
#[test]
fn commands_print_what_the_readme_says() {
    commands_print_what_is_said(&read("README.md"), &tempfile::tempdir().unwrap());
}

/// Runs every line of a document's console blocks that begins with `$`, and compares what comes.
#[cfg(unix)]
fn commands_print_what_is_said(document: &str, place: &tempfile::TempDir) {
    std::os::unix::fs::symlink(
        root().join("examples").canonicalize().unwrap(),
        place.path().join("examples"),
    )
    .unwrap();
    for block in blocks(document, "console") {
        let mut shown = String::new();
        for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let program = match words[0] {
                "herkos" => PathBuf::from(env!("CARGO_BIN_EXE_herkos")),
                other => place.path().join(other),
            };
            let ended = Command::new(program)
                .args(&words[1..])
                .current_dir(place.path())
                .env("HERKOS_CACHE_DIR", place.path().join("cache"))
                .stdin(Stdio::null())
                .output()
                .expect(line);
            shown += &format!("$ {line}\n{}", String::from_utf8_lossy(&ended.stdout));
            shown += &String::from_utf8_lossy(&ended.stderr);
        }
        assert_eq!(block, shown.trim_end());
    }
}

#[cfg(unix)]
#[test]
fn the_report_and_the_difference_are_as_explained() {
    let explained = read("docs/inspect.md");
    let place = tempfile::tempdir().unwrap();
    for (name, module) in ["new.wat", "old.wat"].iter().zip(blocks(&explained, "wat")) {
        fs::write(place.path().join(name), module).unwrap();
    }
    commands_print_what_is_said(&explained, &place);
    let herkos = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_herkos"));
        let output = command.args(arguments).current_dir(place.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let report = herkos(&["inspect", "--report", "json", "new.wat"]);
    assert!(report.contains(blocks(&explained, "json")[0]), "{report}");
    // Every member of every object stands in the tables.
    let diff = herkos(&["diff", "--json", "old.wat", "new.wat"]);
    fs::write(place.path().join("simd.wat"), "(module (func (param v128)))").unwrap();
    let unsupported = herkos(&["inspect", "--report", "json", "simd.wat"]);
    let mut missing = BTreeSet::new();
    let all = [report, diff, unsupported].join("\n");
    for line in all.lines().flat_map(|text| text.lines()) {
        let member = line.trim().strip_prefix('"').and_then(|line| line.split_once("\": "));
        missing.extend(
            member
                .filter(|(name, _)| !explained.contains(&format!("`{name}`")))
                .map(|(name, _)| name),
        );
    }
    assert!(missing.is_empty(), "not in docs/inspect.md: {missing:?}");
}

#[test]
fn every_option_is_explained() {
    let explained = read("docs/semantics.md");
    let mut missing = BTreeSet::new();
    for command in [
        &["--help"][..],
        &["build", "--help"],
        &["run", "--help"],
        &["inspect", "--help"],
        &["diff", "--help"],
        &["new", "--help"],
    ] {
        let help =
            Command::new(env!("CARGO_BIN_EXE_herkos")).args(command).output().unwrap().stdout;
        let help = String::from_utf8(help).unwrap();
        let flags = help.split(|c: char| !c.is_ascii_lowercase() && c != '-');
        for flag in flags.filter(|word| word.starts_with("--") && word.len() > 2) {
            if !explained.contains(&format!("`{flag}")) {
                missing.insert(flag.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/semantics.md: {missing:?}");
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let folder = root().join(document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let path = if file.is_empty() { root().join(document) } else { folder.join(file) };
            let found = path.exists() && (anchor.is_empty() || headings(&path).contains(anchor));
            if !found {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The anchors of a document's headings.
fn headings(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let titles = text.lines().filter(|line| line.starts_with('#'));
    titles
        .map(|title| {
            let words = title.trim_start_matches('#').trim().to_lowercase();
            let kept =
                words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn files_that_are_named_exist() {
    let architecture = read("ARCHITECTURE.md");
    let mut missing = Vec::new();
    for block in blocks(&architecture, "text") {
        // `folder/` opens a folder; the files of the lines below it are indented by two more.
        let mut folders: Vec<(usize, String)> = Vec::new();
        for line in block.lines() {
            let indent = line.len() - line.trim_start().len();
            let Some(name) = line.split_whitespace().next() else { continue };
            folders.retain(|(above, _)| *above < indent);
            let path: String = folders.iter().map(|(_, folder)| folder.as_str()).collect();
            if name.ends_with('/') {
                folders.push((indent, name.to_owned()));
            }
            if !name.contains(['.', '/']) {
                continue;
            }
            if !root().join(format!("{path}{name}")).exists() {
                missing.push(format!("{path}{name}"));
            }
        }
    }
    assert!(missing.is_empty(), "ARCHITECTURE.md names {missing:#?}");
}
