//! Reading the module.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// A module as it was given: bytes, binary or text.
#[derive(Debug)]
pub(crate) struct Input {
    /// The whole file.
    pub(crate) bytes: Vec<u8>,
    /// The file, or nothing for standard input.
    pub(crate) path: Option<PathBuf>,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            return match io::stdin().lock().read_to_end(&mut bytes) {
                Ok(_) => Ok(Self { bytes, path: None }),
                Err(error) => Err(Failure::new(format!("cannot read standard input: {error}"))),
            };
        }
        if path.is_dir() {
            let message = format!("`{}` is a directory, not a module", path.display());
            return Err(Failure::new(message).hint("give a .wasm or .wat file"));
        }
        match fs::read(path) {
            Ok(bytes) => Ok(Self {
                bytes,
                path: Some(path.to_owned()),
            }),
            Err(error) => Err(unreadable(path, &error)),
        }
    }

    /// The file's name without its directory: what the output says it was made of, wherever that was.
    pub(crate) fn name(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name);
        name.map_or_else(|| "standard input".into(), |name| name.to_string_lossy()).into_owned()
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::new(format!("cannot read `{}`: {error}", path.display()));
    if error.kind() != io::ErrorKind::NotFound {
        return failure;
    }
    let candidates = ["wasm", "wat"].map(|extension| path.with_extension(extension));
    match candidates.into_iter().find(|candidate| candidate.is_file()) {
        Some(candidate) => failure.hint(format!("there is `{}`", candidate.display())),
        None => failure.hint("check the path; `-` reads standard input; `herkos --help` lists the commands"),
    }
}
