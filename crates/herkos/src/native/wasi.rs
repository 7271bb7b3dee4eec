//! The WASI host as rlibs, compiled by cargo from the source text that herkos carries.
//!
//! It has dependencies, so this takes cargo, and for the first time the network or crates that were fetched before.
//! What comes out is kept: a second program needs rustc alone.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::{NativeError, Profile, Rustc};

/// The versions of all dependencies.
const LOCK: &str = include_str!("wasi.lock");

const CRATE_NAME: &str = "herkos_wasi";

/// The WASI host, and the runtime that it was compiled with.
#[derive(Clone, Debug)]
pub struct WasiLibrary {
    /// The rlib of `herkos-wasi`.
    pub wasi: PathBuf,
    /// The rlib of `herkos-runtime`: what a program with this host has to use.
    pub runtime: PathBuf,
    /// The directory of these and of what they depend on.
    pub dependencies: PathBuf,
}

impl WasiLibrary {
    /// What rustc takes beside the runtime, for [`CompileJob::extra`](super::CompileJob::extra).
    pub fn arguments(&self) -> Vec<OsString> {
        let mut external = OsString::from(format!("--extern={CRATE_NAME}="));
        external.push(&self.wasi);
        let mut dependencies = OsString::from("-Ldependency=");
        dependencies.push(&self.dependencies);
        vec![external, dependencies]
    }

    /// The library in a directory that holds it.
    fn find(dir: &Path) -> Option<Self> {
        let mut found = [None, None];
        for entry in fs::read_dir(dir).ok()?.flatten() {
            let name = entry.file_name();
            let name = name.to_str()?;
            for (place, prefix) in found.iter_mut().zip(["libherkos_wasi-", "libherkos_runtime-"]) {
                if name.starts_with(prefix) && name.ends_with(".rlib") {
                    *place = Some(entry.path());
                }
            }
        }
        let [Some(wasi), Some(runtime)] = found else { return None };
        Some(Self { wasi, runtime, dependencies: dir.to_owned() })
    }
}

impl Rustc {
    /// The WASI host compiled for `profile`: rlibs in a directory of their own below `dir`, built unless they are there
    /// already.
    ///
    /// Crates that are not on this machine yet come from where cargo is configured to get them, in the versions that
    /// herkos was tested with. The build goes on aside and is put into place whole, so threads and processes may ask
    /// for the same at once.
    ///
    /// # Errors
    ///
    /// [`NativeError::Io`] if `dir` can't be written, [`NativeError::CargoNotFound`] without cargo,
    /// [`NativeError::Failed`] with cargo's messages if it fails.
    pub fn wasi(&self, dir: &Path, profile: &Profile) -> Result<WasiLibrary, NativeError> {
        let target = dir.join(self.wasi_key(profile));
        if let Some(library) = WasiLibrary::find(&target) {
            return Ok(library);
        }
        fs::create_dir_all(dir).map_err(|error| NativeError::io("create", dir, error))?;
        let work = tempfile::Builder::new()
            .prefix("build-")
            .tempdir_in(dir)
            .map_err(|error| NativeError::io("write in", dir, error))?;
        write_workspace(work.path(), profile)?;
        self.cargo(work.path())?;
        let built = work.path().join("rlibs");
        collect(&work.path().join("target"), &built)?;
        // Whoever was first stays.
        if let Err(error) = fs::rename(&built, &target)
            && WasiLibrary::find(&target).is_none()
        {
            return Err(NativeError::io("write", &target, error));
        }
        WasiLibrary::find(&target).ok_or_else(|| {
            let missing = std::io::Error::other("cargo made no rlib of herkos-wasi");
            NativeError::io("read", &target, missing)
        })
    }

    /// Builds the workspace at `dir`: without the network, and if that fails with it.
    fn cargo(&self, dir: &Path) -> Result<(), NativeError> {
        let program = env::var_os("CARGO").filter(|program| !program.is_empty());
        let program = PathBuf::from(program.unwrap_or_else(|| OsString::from("cargo")));
        let run = |offline: bool| {
            let mut command = Command::new(&program);
            command
                .args(["build", "--release", "--locked", "--quiet", "--color=never"])
                .args(["--package", "herkos-wasi", "--target-dir"])
                .arg(dir.join("target"))
                .args(offline.then_some("--offline"))
                .current_dir(dir)
                .stdin(Stdio::null())
                .env("RUSTC", &self.program);
            // What someone wants of a build of theirs is not for this one.
            for variable in [
                "RUSTFLAGS",
                "CARGO_ENCODED_RUSTFLAGS",
                "CARGO_BUILD_RUSTFLAGS",
                "CARGO_BUILD_TARGET",
                "CARGO_TARGET_DIR",
                "RUSTC_WRAPPER",
                "RUSTC_WORKSPACE_WRAPPER",
            ] {
                command.env_remove(variable);
            }
            command
                .output()
                .map_err(|source| NativeError::CargoNotFound { program: program.clone(), source })
        };
        if run(true)?.status.success() {
            return Ok(());
        }
        let output = run(false)?;
        if output.status.success() {
            Ok(())
        } else {
            Err(NativeError::failed("herkos-wasi", &output))
        }
    }

    /// Sixteen hex digits that differ when the sources, the compiler or the profile do.
    fn wasi_key(&self, profile: &Profile) -> String {
        let mut hash = Sha256::new();
        let mut feed = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        for (path, text) in herkos_runtime::SOURCE.iter().chain(herkos_wasi::SOURCE) {
            feed(path.as_bytes());
            feed(text.as_bytes());
        }
        feed(LOCK.as_bytes());
        feed(self.identity().as_bytes());
        for argument in profile.arguments() {
            feed(argument.as_encoded_bytes());
        }
        let digest = hash.finalize();
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Writes the crates `herkos-runtime` and `herkos-wasi` below `dir`, as packages.
///
/// # Errors
///
/// [`NativeError::Io`].
pub fn write_wasi_packages(dir: &Path) -> Result<(), NativeError> {
    write(&dir.join("herkos-runtime/Cargo.toml"), RUNTIME_MANIFEST)?;
    for (path, text) in herkos_runtime::SOURCE {
        write(&dir.join("herkos-runtime/src").join(path), text)?;
    }
    write(&dir.join("herkos-wasi/Cargo.toml"), &wasi_manifest())?;
    for (path, text) in herkos_wasi::SOURCE {
        write(&dir.join("herkos-wasi/src").join(path), text)?;
    }
    Ok(())
}

fn write_workspace(dir: &Path, profile: &Profile) -> Result<(), NativeError> {
    let Profile { opt_level, debug_assertions, overflow_checks } = profile;
    let manifest = format!(
        "[workspace]\n\
         members = [\"herkos-runtime\", \"herkos-wasi\"]\n\
         resolver = \"3\"\n\n\
         [profile.release]\n\
         opt-level = {}\n\
         debug-assertions = {debug_assertions}\n\
         overflow-checks = {overflow_checks}\n",
        opt_level.in_manifest()
    );
    write(&dir.join("Cargo.toml"), &manifest)?;
    write(&dir.join("Cargo.lock"), LOCK)?;
    write_wasi_packages(dir)
}

const RUNTIME_MANIFEST: &str = r#"[package]
name = "herkos-runtime"
version = "0.0.0"
edition = "2024"

[features]
default = ["std"]
std = ["alloc"]
alloc = []
source = []
"#;

/// The manifest of `herkos-wasi` outside of its workspace, without what only tests need.
fn wasi_manifest() -> String {
    let dependencies = herkos_wasi::MANIFEST
        .split_once("[dependencies]")
        .and_then(|(_, rest)| rest.split_once("[dev-dependencies]"))
        .map_or("", |(dependencies, _)| dependencies);
    let dependencies = dependencies.replace(
        "herkos-runtime = { workspace = true, features = [\"std\"] }",
        "herkos-runtime = { path = \"../herkos-runtime\" }",
    );
    format!(
        "[package]\nname = \"herkos-wasi\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [features]\nsource = []\n\n[dependencies]{dependencies}"
    )
}

/// Links, or copies, every rlib of a build into `into`. They are in `release/deps`, or for a target that someone has
/// configured in a directory of its name above that.
fn collect(target: &Path, into: &Path) -> Result<(), NativeError> {
    fs::create_dir_all(into).map_err(|error| NativeError::io("create", into, error))?;
    let below = fs::read_dir(target).map_err(|error| NativeError::io("read", target, error))?;
    let mut places = vec![target.join("release/deps")];
    places.extend(below.flatten().map(|entry| entry.path().join("release/deps")));
    for place in places {
        let Ok(entries) = fs::read_dir(&place) else { continue };
        for entry in entries.flatten() {
            let (from, name) = (entry.path(), entry.file_name());
            if from.extension().is_some_and(|extension| extension == "rlib") {
                let to = into.join(name);
                if fs::hard_link(&from, &to).is_err() {
                    fs::copy(&from, &to).map_err(|error| NativeError::io("write", &to, error))?;
                }
            }
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), NativeError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| NativeError::io("create", parent, error))?;
    }
    fs::write(path, text).map_err(|error| NativeError::io("write", path, error))
}

/// The versions of all dependencies of `herkos-wasi`, as a `Cargo.lock` of the two packages that
/// [`write_wasi_packages`] writes.
pub const WASI_LOCK: &str = LOCK;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every package of a lock file, from its name on.
    fn packages(lock: &str) -> Vec<&str> {
        lock.split("[[package]]\n").skip(1).map(str::trim_end).collect()
    }

    /// What is built for programs is what the tests of this repository use.
    #[test]
    fn versions_are_those_of_the_workspace() -> Result<(), Box<dyn std::error::Error>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        let workspace = fs::read_to_string(path)?.replace("\r\n", "\n");
        let workspace = packages(&workspace);
        for package in packages(LOCK).into_iter().filter(|package| package.contains("checksum")) {
            let identity = package.split("dependencies").next().unwrap_or_default();
            assert!(
                workspace.iter().any(|other| other.starts_with(identity)),
                "not in Cargo.lock; write the packages to a directory, run `cargo generate-lockfile` and \
                 `cargo update --precise` there, and copy the lock file:\n{package}"
            );
        }
        Ok(())
    }

    #[test]
    fn the_manifest_has_the_dependencies_and_no_more() {
        let manifest = wasi_manifest();
        assert!(
            manifest.contains("herkos-runtime = { path = \"../herkos-runtime\" }"),
            "{manifest}"
        );
        assert!(manifest.contains("rustix = ") && manifest.contains("getrandom = "), "{manifest}");
        assert!(!manifest.contains("workspace") && !manifest.contains("tempfile"), "{manifest}");
    }
}
