//! Reading the module.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// The largest input, in bytes: what engines agree on for a module.
const LARGEST: u64 = 1 << 30;

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
            return match read_whole(io::stdin().lock()) {
                Ok(bytes) => Ok(Self { bytes, path: None }),
                Err(error) => Err(Failure::new(format!("cannot read standard input: {error}"))),
            };
        }
        if path.is_dir() {
            let message = format!("`{}` is a directory, not a module", path.display());
            return Err(Failure::new(message).hint("give a .wasm or .wat file"));
        }
        match File::open(path).and_then(read_whole) {
            Ok(bytes) => Ok(Self { bytes, path: Some(path.to_owned()) }),
            Err(error) => Err(unreadable(path, &error)),
        }
    }

    /// The file's name without its directory: what the output says it was made of, wherever that was.
    pub(crate) fn name(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name);
        name.map_or_else(|| "standard input".into(), |name| name.to_string_lossy()).into_owned()
    }
}

/// Reads to the end, unless there is none in sight: `/dev/zero` is an error, not the end of all memory.
fn read_whole(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|len| len <= LARGEST) {
        Ok(bytes)
    } else {
        let message = format!("it is larger than {} MiB", LARGEST >> 20);
        Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
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
        None => failure
            .hint("check the path; `-` reads standard input; `herkos --help` lists the commands"),
    }
}
