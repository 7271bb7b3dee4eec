//! The carried source is the crate's: every file.
#![cfg(feature = "source")]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

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
        herkos_wasi::SOURCE.iter().map(|&(path, text)| (path.into(), text.into())).collect();
    assert_eq!(carried.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(carried == expected);
}
