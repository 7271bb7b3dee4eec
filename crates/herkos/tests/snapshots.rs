//! The emitted Rust and the IR of a few modules, as files in `tests/snapshots`.
//!
//! A `.wat` file dropped there is a test. `HERKOS_BLESS=1 cargo test -p herkos --test snapshots`
//! writes what herkos emits now; read the diff before committing it. Snapshots show how the output
//! looks; whether it is right, the testsuite and the corpora tell.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

#[test]
fn output_is_as_committed() {
    let bless = std::env::var_os("HERKOS_BLESS").is_some();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut modules: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wat"))
        .collect();
    modules.sort();
    assert!(modules.len() >= 4, "the snapshots are gone");
    let mut stale = Vec::new();
    for path in &modules {
        let wat = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let config = herkos::Config::new().source_name(name.clone());
        let by_name = name.starts_with("by_name");
        let embedded = name.starts_with("embedded");
        let source = config.clone().by_name(by_name).host_impls(embedded).snapshots(embedded);
        let source = source.transpile(&wat).unwrap().source;
        let ir = config.emit_ir(&wat, None).unwrap();
        let mut files = vec![("rs", source), ("ir", ir)];
        if name.starts_with("c_abi") {
            let c = config.c_abi(&wat).unwrap();
            files.extend([("c.rs", c.shim), ("h", c.header), ("c", c.example)]);
        }
        for (extension, text) in files {
            let file = path.with_extension(extension);
            if bless {
                fs::write(&file, text).unwrap();
            } else if fs::read_to_string(&file).unwrap_or_default() != text {
                stale.push(file);
            }
        }
    }
    assert!(stale.is_empty(), "changed, see HERKOS_BLESS in this file: {stale:#?}");
}
