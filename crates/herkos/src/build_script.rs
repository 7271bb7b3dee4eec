//! Translations by a `build.rs`.

use crate::Config;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

impl Config {
    /// For a `build.rs`: translates the file at `path` to `$OUT_DIR/<stem>.rs`, or to that file in
    /// [`Self::out_dir`], and tells cargo to run again when the file changes.
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let config = herkos::Config::new().max_pages(256);
    ///     config.compile("modules/decoder.wasm")?; // decoder.rs
    ///     config.snapshots(true).compile("modules/interpreter.wat") // interpreter.rs
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As a sentence that names the file: it can't be read, translated or written.
    pub fn compile(&self, path: impl AsRef<Path>) -> Result<(), Box<dyn Error>> {
        let path = path.as_ref();
        let input = read(path)?;
        let name = path.display();
        let stem = path.file_stem().ok_or_else(|| format!("{name}: not a file name"))?;
        let source = self.named(|| file_name(path)).transpile_to_pieces(&input);
        self.write(Path::new(stem), &source.map_err(|error| format!("{name}: {error}"))?)
    }

    /// For a `build.rs`: translates a module in the text format to `<name>.rs`, where
    /// [`Self::compile`] would write it.
    ///
    /// # Errors
    ///
    /// As a sentence with the name: the text can't be translated, or the output written.
    pub fn compile_wat(&self, name: &str, wat: &str) -> Result<(), Box<dyn Error>> {
        let source = self.transpile_to_pieces(wat.as_bytes());
        self.write(Path::new(name), &source.map_err(|error| format!("{name}: {error}"))?)
    }

    /// For a `build.rs` of a library for C: writes what [`Self::compile`] does, what goes with it for C
    /// to `<stem>_c.rs` beside it, and the header to `header`, which is not touched if it is as it should
    /// be.
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     herkos::Config::new().compile_c_abi("decoder.wasm", "include/decoder.h")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As a sentence that names the file: it can't be read, translated or written; see [`Self::c_abi`].
    pub fn compile_c_abi(
        &self,
        path: impl AsRef<Path>,
        header: impl AsRef<Path>,
    ) -> Result<(), Box<dyn Error>> {
        let (path, header) = (path.as_ref(), header.as_ref());
        // If someone removes it, it comes back.
        println!("cargo::rerun-if-changed={}", header.display());
        self.compile(path)?;
        let config = self.named(|| file_name(path));
        let c = config.c_abi(&fs::read(path)?);
        let c = c.map_err(|error| format!("{}: {error}", path.display()))?;
        let mut shim = path.file_stem().unwrap_or_default().to_owned();
        shim.push("_c");
        self.write(Path::new(&shim), &[c.shim])?;
        if fs::read(header).is_ok_and(|old| old == c.header.as_bytes()) {
            return Ok(());
        }
        if let Some(directory) = header.parent() {
            fs::create_dir_all(directory)
                .map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        replace(header, &[c.header])
    }

    /// For a `build.rs`: [links](Self::link) modules, each a name and a file, to `<name>.rs`, where
    /// [`Self::compile`] would write it, and tells cargo to run again when one of the files changes.
    ///
    /// ```no_run
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let modules = [("app", "modules/app.wasm"), ("lib", "modules/lib.wasm")];
    ///     herkos::Config::new().compile_linked("program", &modules) // program.rs
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As a sentence that names the file or module: it can't be read, linked, translated or written.
    pub fn compile_linked(
        &self,
        name: &str,
        modules: &[(&str, impl AsRef<Path>)],
    ) -> Result<(), Box<dyn Error>> {
        let inputs = modules.iter().map(|(_, path)| read(path.as_ref()));
        let inputs: Vec<Vec<u8>> = inputs.collect::<Result<_, _>>()?;
        let parts: Vec<(&str, &[u8])> =
            (modules.iter().zip(&inputs)).map(|((part, _), input)| (*part, &**input)).collect();
        let config = self.named(|| {
            let parts = modules.iter().map(|(part, path)| (part, file_name(path.as_ref())));
            let parts: Vec<String> = parts.map(|(part, file)| format!("{part}={file}")).collect();
            parts.join(" ")
        });
        let output = config.link(&parts).map_err(|error| format!("{name}: {error}"))?;
        self.write(Path::new(name), &[output.source])
    }

    /// The options, with a name for the header unless there is one.
    fn named(&self, name: impl FnOnce() -> String) -> Self {
        match self.source_name {
            Some(_) => self.clone(),
            None => self.clone().source_name(name()),
        }
    }

    /// Writes `<stem>.rs`, whole or not at all.
    fn write(&self, stem: &Path, source: &[String]) -> Result<(), Box<dyn Error>> {
        let directory = match &self.out_dir {
            Some(directory) => directory.clone(),
            None => std::env::var_os("OUT_DIR")
                .ok_or("OUT_DIR is not set: outside of build scripts, choose Config::out_dir")?
                .into(),
        };
        let mut target = directory.join(stem).into_os_string();
        target.push(".rs");
        replace(Path::new(&target), source)
    }
}

/// Writes a file, whole or not at all. The directory is the build script's own.
fn replace(target: &Path, text: &[String]) -> Result<(), Box<dyn Error>> {
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let write = || {
        let mut file = File::create(&partial)?;
        text.iter().try_for_each(|piece| file.write_all(piece.as_bytes()))?;
        fs::rename(&partial, target)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&partial);
        format!("{}: {error}", target.display()).into()
    })
}

/// Reads a module, after telling cargo that the output depends on it.
fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A file without its directory: what the output says that it was made of.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
