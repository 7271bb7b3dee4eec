//! The carried source is the crate's: every file, and nothing that needs the repository.
#![cfg(feature = "source")]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use herkos_runtime::SOURCE;

fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn every_file_is_carried() {
    let mut expected = BTreeMap::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut expected);
    let carried: BTreeMap<String, String> =
        SOURCE.iter().map(|&(path, text)| (path.into(), text.into())).collect();
    assert_eq!(carried.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(carried == expected);
    assert_eq!(carried.len(), SOURCE.len());
}

/// Builds the carried source as an installed tool does: with rustc alone.
#[test]
fn carried_source_compiles_by_itself() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("carried");
    for (path, text) in SOURCE {
        let path = folder.join("src").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    for features in [&[][..], &["alloc"], &["alloc", "std"]] {
        let mut command = std::process::Command::new(&rustc);
        command.args([
            "--edition",
            "2024",
            "--crate-type",
            "rlib",
            "--crate-name",
            "herkos_runtime",
            "-D",
            "warnings",
        ]);
        for feature in features {
            command.arg("--cfg").arg(format!("feature=\"{feature}\""));
        }
        let output =
            command.arg("--out-dir").arg(&folder).arg(folder.join("src/lib.rs")).output().unwrap();
        assert!(
            output.status.success(),
            "{features:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
