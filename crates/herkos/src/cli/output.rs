//! Writing results: a file appears whole or not at all, and a reader that hangs up is no fault.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::failure::Failure;
use super::input::Input;

/// Whether a file can be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text or data.
    Data,
    /// A program.
    Executable,
}

/// Writes to standard output. A closed pipe (`| head`) ends the output, not the command.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes text with styles to standard output: they are dropped where they aren't wanted.
pub(crate) fn print_styled(text: &str) -> Result<(), Failure> {
    let choice = anstream::AutoStream::choice(&io::stdout());
    if choice == anstream::ColorChoice::Never {
        print(anstream::adapter::strip_str(text).to_string().as_bytes())
    } else {
        print(text.as_bytes())
    }
}

/// A file to write: checked before the work starts, so that an hour's work isn't lost to a typing error.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    kind: Kind,
    /// What is there already: a device or pipe can be written to, but not replaced.
    existing: Option<fs::Metadata>,
}

impl Target {
    /// Checks that `path` can be written, and isn't what the input was read from.
    pub(crate) fn new(path: &Path, kind: Kind, input: &Input) -> Result<Self, Failure> {
        let refuse =
            |why: &str| Err(Failure::new(format!("cannot write `{}`: {why}", path.display())));
        // A link stays a link: what it leads to is replaced.
        let resolved = fs::canonicalize(path);
        if let (Ok(resolved), Some(input)) = (&resolved, &input.path)
            && fs::canonicalize(input).is_ok_and(|input| input == *resolved)
        {
            return refuse("it is the input");
        }
        let path = resolved.unwrap_or_else(|_| path.to_owned());
        let existing = fs::metadata(&path).ok();
        match &existing {
            Some(found) if found.is_dir() => return refuse("it is a directory"),
            Some(found) if found.permissions().readonly() => return refuse("it is read-only"),
            Some(_) => {}
            None if path.file_name().is_none() => return refuse("it has no file name"),
            None if !directory(&path).is_dir() => {
                let message =
                    format!("cannot write `{}`: its directory does not exist", path.display());
                return Err(Failure::new(message)
                    .hint(format!("create `{}` first", directory(&path).display())));
            }
            None => {}
        }
        Ok(Self { path, kind, existing })
    }

    /// Writes the file: what was there stays as it was until all of the new content is on disk.
    pub(crate) fn write(
        &self,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let written =
            if self.is_replaced() { self.replace(content) } else { self.overwrite(content) };
        written.map_err(|error| self.failed(&error))
    }

    /// Writes several files: none is changed until the content of all of them is on disk.
    pub(crate) fn write_together(targets: &[(Self, &[u8])]) -> Result<(), Failure> {
        let mut staged = Vec::new();
        for (target, content) in targets {
            if target.is_replaced() {
                let file = target.stage(|file| file.write_all(content));
                staged.push((target, file.map_err(|error| target.failed(&error))?));
            }
        }
        for (target, file) in staged {
            file.persist(&target.path).map_err(|error| target.failed(&error.error))?;
        }
        for (target, content) in targets.iter().filter(|(target, _)| !target.is_replaced()) {
            target.write(|device| device.write_all(content))?;
        }
        Ok(())
    }

    /// Whether a new file takes the place of what is there.
    fn is_replaced(&self) -> bool {
        self.existing.as_ref().is_none_or(fs::Metadata::is_file)
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::new(format!("cannot write `{}`: {error}", self.path.display()))
    }

    fn overwrite(&self, content: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        let mut device = OpenOptions::new().write(true).open(&self.path)?;
        match content(&mut device) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn replace(&self, content: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
        self.stage(content)?.persist(&self.path)?;
        Ok(())
    }

    /// The new file, whole, but not in its place yet.
    fn stage(
        &self,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<NamedTempFile> {
        let mut file = self.temporary()?;
        content(file.as_file_mut())?;
        file.flush()?;
        if let Some(found) = &self.existing {
            set_mode(file.as_file(), found, self.kind)?;
        }
        Ok(file)
    }

    /// A new file beside the target with the permissions that any new file gets, not the private ones of a
    /// temporary file.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".herkos-");
        #[cfg(unix)]
        let builder = {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = if self.kind == Kind::Executable { 0o777 } else { 0o666 };
            builder.permissions(fs::Permissions::from_mode(mode))
        };
        builder.tempfile_in(directory(&self.path))
    }
}

/// The file keeps its permissions; a program can be executed by whoever can read it.
#[cfg(unix)]
fn set_mode(file: &File, found: &fs::Metadata, kind: Kind) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = found.permissions().mode() & 0o777;
    let execute = if kind == Kind::Executable { (mode & 0o444) >> 2 } else { 0 };
    file.set_permissions(fs::Permissions::from_mode(mode | execute))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _found: &fs::Metadata, _kind: Kind) -> io::Result<()> {
    Ok(())
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}
