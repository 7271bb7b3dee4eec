//! The runtime as an rlib, compiled from the source text that herkos carries.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{NativeError, Profile, Rustc};

const CRATE_NAME: &str = "herkos_runtime";

impl Rustc {
    /// The runtime compiled for `profile`: the path of an rlib in `dir`, built unless it is there already.
    ///
    /// The file's name holds a hash of the runtime's source, the compiler and the profile, so one directory serves
    /// any number of them. The rlib is compiled aside and put into place whole: threads and processes may ask for
    /// the same one at once, and none ever sees half a file.
    ///
    /// # Errors
    ///
    /// [`NativeError::Io`] if `dir` can't be created or written, [`NativeError::Failed`] if rustc fails.
    pub fn runtime(&self, dir: &Path, profile: &Profile) -> Result<PathBuf, NativeError> {
        let key = self.runtime_key(profile);
        let rlib = dir.join(format!("lib{CRATE_NAME}-{key}.rlib"));
        if rlib.is_file() {
            return Ok(rlib);
        }
        fs::create_dir_all(dir).map_err(|error| NativeError::io("create", dir, error))?;
        let work = tempfile::Builder::new()
            .prefix("runtime-")
            .tempdir_in(dir)
            .map_err(|error| NativeError::io("write in", dir, error))?;
        let root = unpack(work.path())?;
        let built = self.compile_runtime(&root, work.path(), profile, &key)?;
        // A link, not a rename: where someone else was first, theirs stays. It may be in use, and rustc
        // takes two files that it finds under one name for two crates.
        if fs::hard_link(&built, &rlib).is_ok() || rlib.is_file() {
            return Ok(rlib);
        }
        fs::rename(&built, &rlib).map_err(|error| NativeError::io("write", &rlib, error))?;
        Ok(rlib)
    }

    fn compile_runtime(
        &self,
        root: &Path,
        work: &Path,
        profile: &Profile,
        key: &str,
    ) -> Result<PathBuf, NativeError> {
        let built = work.join(format!("lib{CRATE_NAME}.rlib"));
        let mut command = self.command();
        command
            .args(["--edition=2024", "--crate-type=rlib"])
            .arg(format!("--crate-name={CRATE_NAME}"))
            .args(["--cfg=feature=\"std\"", "--cfg=feature=\"alloc\""])
            .arg(format!("-Cmetadata={key}"))
            .args(profile.arguments())
            .arg("-o")
            .arg(&built)
            .arg(root);
        // The same text gives the same rlib wherever it was unpacked.
        let mut remap = std::ffi::OsString::from("--remap-path-prefix=");
        remap.push(work);
        remap.push("=herkos-runtime");
        command.arg(remap);
        self.run(command, CRATE_NAME)?;
        Ok(built)
    }

    /// Sixteen hex digits that differ when the runtime, the compiler or the profile does.
    fn runtime_key(&self, profile: &Profile) -> String {
        let mut hash = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for (path, text) in herkos_runtime::SOURCE {
            feed(path.as_bytes());
            feed(text.as_bytes());
        }
        feed(self.identity().as_bytes());
        for argument in profile.arguments() {
            feed(argument.as_encoded_bytes());
        }
        let digest = hash.finalize();
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Writes the runtime's source below `dir` and returns the path of its `lib.rs`.
fn unpack(dir: &Path) -> Result<PathBuf, NativeError> {
    let src = dir.join("src");
    for (relative, text) in herkos_runtime::SOURCE {
        let path = src.join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| NativeError::io("create", parent, error))?;
        }
        fs::write(&path, text).map_err(|error| NativeError::io("write", &path, error))?;
    }
    Ok(src.join("lib.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_ask_for_the_same_runtime_at_once() -> Result<(), Box<dyn std::error::Error>> {
        let rustc = Rustc::find()?;
        let dir = tempfile::tempdir()?;
        let built = |profile: &Profile| rustc.runtime(dir.path(), profile);
        let rlibs: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..3).map(|_| scope.spawn(|| built(&Profile::debug()).ok())).collect();
            threads.into_iter().map(|thread| thread.join().ok().flatten()).collect()
        });
        assert!(rlibs.iter().all(|rlib| rlib.is_some() && *rlib == rlibs[0]));
        assert_ne!(rlibs[0], built(&Profile::release()).ok(), "one file a profile");
        assert_eq!(fs::read_dir(dir.path())?.count(), 2, "nothing else is left behind");
        Ok(())
    }
}
