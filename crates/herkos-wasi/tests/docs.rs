//! The table of functions in `docs/wasi.md`. `HERKOS_BLESS=1` writes it.
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use herkos_wasi::FUNCTIONS;

/// The line before the table.
const START: &str = "<!-- The table is written by";

fn table() -> String {
    let mut table = String::from("| function | | about |\n|---|---|---|\n");
    for function in FUNCTIONS {
        let state = match function.partial {
            "" => "done".to_owned(),
            partial => format!("partial: {partial}"),
        };
        writeln!(table, "| `{}` | {state} | {} |", function.name, function.group.words()).unwrap();
    }
    table
}

#[test]
fn the_table_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wasi.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (comment, rest) = rest.split_once("\n\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let expected = format!("{before}{START}{comment}\n\n{}\n{after}", table());
    if std::env::var_os("HERKOS_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    } else {
        assert!(text == expected, "HERKOS_BLESS=1 cargo test -p herkos-wasi --test docs");
    }
}

#[test]
fn the_list_is_that_of_preview_1() {
    assert_eq!(FUNCTIONS.len(), 46);
    let mut names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 46);
    assert!(FUNCTIONS.iter().all(|function| {
        let types = function.params.iter().chain([&function.result]);
        types.into_iter().all(|ty| matches!(*ty, "i32" | "i64" | ""))
    }));
}
