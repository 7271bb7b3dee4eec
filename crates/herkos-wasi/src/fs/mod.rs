//! Directories and files, of the host or in memory, one name at a time.
//!
//! Nothing here takes a path: [`crate::path`] walks paths, and asks these for one entry after the other, none
//! of which is ever followed if it is a symbolic link.

pub(crate) mod host;
pub(crate) mod memory;

use std::io::IoSlice;

use crate::errno::{Errno, Outcome};
use crate::types::{FdFlags, FileStat, FileType, Times};

/// A directory that is open.
#[derive(Clone, Debug)]
pub(crate) enum Dir {
    Host(host::HostDir),
    Memory(memory::MemoryDir),
}

/// A file that is open.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: FileKind,
    /// It was opened to be written.
    writes: bool,
    /// It was opened in a directory that may change.
    writable: bool,
}

/// Where a file is.
#[derive(Debug)]
pub(crate) enum FileKind {
    Host(host::HostFile),
    Memory(memory::MemoryFile),
}

/// What is there by a name.
enum Found {
    Dir(Dir),
    File(FileKind),
}

/// What `open` found.
pub(crate) enum Opened {
    Dir(Dir),
    File(File),
}

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) flags: FdFlags,
}

impl How {
    /// Whether a file could change or come into being by it.
    fn changes(&self) -> bool {
        self.write || self.create || self.truncate
    }
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
}

/// Where a seek starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whence {
    Start,
    Current,
    End,
}

impl Dir {
    fn writable(&self) -> bool {
        match self {
            Self::Host(dir) => dir.writable,
            Self::Memory(dir) => dir.writable,
        }
    }

    /// That this directory may change.
    ///
    /// # Errors
    ///
    /// [`Errno::RoFs`] if it was granted for reading.
    pub(crate) fn check_writable(&self) -> Outcome {
        if self.writable() { Ok(()) } else { Err(Errno::RoFs) }
    }

    /// The directory of that name, to walk through.
    pub(crate) fn step(&self, name: &[u8]) -> Result<Self, Errno> {
        match self {
            Self::Host(dir) => dir.step(name).map(Self::Host),
            Self::Memory(dir) => dir.step(name).map(Self::Memory),
        }
    }

    /// What the symbolic link of that name says; [`Errno::Inval`] if it is none.
    pub(crate) fn read_link(&self, name: &[u8]) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Host(dir) => dir.read_link(name),
            Self::Memory(dir) => dir.read_link(name),
        }
    }

    /// What is known of an entry.
    pub(crate) fn stat(&self, name: &[u8]) -> Result<FileStat, Errno> {
        match self {
            Self::Host(dir) => dir.stat(name),
            Self::Memory(dir) => dir.stat(name),
        }
    }

    /// Opens an entry.
    pub(crate) fn open(&self, name: &[u8], how: &How, now: u64) -> Result<Opened, Errno> {
        let mut how = *how;
        if how.changes() && !self.writable() {
            let found = match self.stat(name) {
                Err(Errno::NoEnt) if how.create => return Err(Errno::RoFs),
                found => found?.file_type,
            };
            match found {
                _ if how.create && how.exclusive => return Err(Errno::Exist),
                FileType::SymbolicLink => return Err(Errno::Loop),
                FileType::Directory if how.write || how.create => return Err(Errno::IsDir),
                _ if how.write || how.truncate => return Err(Errno::RoFs),
                _ => how.create = false,
            }
        }
        let found = match self {
            Self::Host(dir) => dir.open(name, &how),
            Self::Memory(dir) => dir.open(name, &how, now),
        };
        Ok(match found? {
            Found::Dir(dir) => Opened::Dir(dir),
            Found::File(kind) => {
                Opened::File(File { kind, writes: how.write, writable: self.writable() })
            }
        })
    }

    /// Opens this directory anew, to be listed.
    pub(crate) fn reopen(&self) -> Result<Self, Errno> {
        match self {
            Self::Host(dir) => dir.reopen().map(Self::Host),
            Self::Memory(dir) => Ok(Self::Memory(dir.clone())),
        }
    }

    /// What is known of the directory itself.
    pub(crate) fn own_stat(&self) -> Result<FileStat, Errno> {
        match self {
            Self::Host(dir) => dir.own_stat(),
            Self::Memory(dir) => dir.own_stat(),
        }
    }

    /// All entries but `.` and `..`; stops at one that `take` declines.
    pub(crate) fn list(&self, take: impl FnMut(Entry) -> bool) -> Outcome {
        match self {
            Self::Host(dir) => dir.list(take),
            Self::Memory(dir) => dir.list(take),
        }
    }

    /// That an entry can be made here.
    ///
    /// # Errors
    ///
    /// [`Errno::RoFs`] if the directory was granted for reading; but [`Errno::Exist`] if the entry is there, which
    /// programs that only make sure of a directory take for success.
    fn check_new(&self, name: &[u8]) -> Outcome {
        match self.check_writable() {
            Err(_) if self.stat(name).is_ok() => Err(Errno::Exist),
            checked => checked,
        }
    }

    /// Makes a directory.
    pub(crate) fn create_dir(&self, name: &[u8], now: u64) -> Outcome {
        self.check_new(name)?;
        match self {
            Self::Host(dir) => dir.create_dir(name),
            Self::Memory(dir) => dir.create_dir(name, now),
        }
    }

    /// Removes an empty directory.
    pub(crate) fn remove_dir(&self, name: &[u8], now: u64) -> Outcome {
        self.check_writable()?;
        match self {
            Self::Host(dir) => dir.remove_dir(name),
            Self::Memory(dir) => dir.remove_dir(name, now),
        }
    }

    /// Removes anything but a directory.
    pub(crate) fn remove_file(&self, name: &[u8], now: u64) -> Outcome {
        self.check_writable()?;
        match self {
            Self::Host(dir) => dir.remove_file(name),
            Self::Memory(dir) => dir.remove_file(name, now),
        }
    }

    /// Makes a symbolic link.
    pub(crate) fn symlink(&self, name: &[u8], target: &[u8], now: u64) -> Outcome {
        self.check_new(name)?;
        match self {
            Self::Host(dir) => dir.symlink(name, target),
            Self::Memory(dir) => dir.symlink(name, target, now),
        }
    }

    /// Sets timestamps of an entry.
    pub(crate) fn set_times(&self, name: &[u8], times: Times, now: u64) -> Outcome {
        self.check_writable()?;
        match self {
            Self::Host(dir) => dir.set_times(name, times),
            Self::Memory(dir) => dir.set_times(name, times, now),
        }
    }

    /// Sets timestamps of the directory itself.
    pub(crate) fn set_own_times(&self, times: Times, now: u64) -> Outcome {
        self.check_writable()?;
        match self {
            Self::Host(dir) => dir.set_own_times(times),
            Self::Memory(dir) => dir.set_own_times(times, now),
        }
    }

    /// Makes another name for a file. Both directories must be for writing: by the new name the file could
    /// be changed.
    pub(crate) fn link(&self, name: &[u8], to: &Self, to_name: &[u8], now: u64) -> Outcome {
        self.check_writable()?;
        to.check_writable()?;
        match (self, to) {
            (Self::Host(dir), Self::Host(to)) => dir.link(name, to, to_name),
            (Self::Memory(dir), Self::Memory(to)) => dir.link(name, to, to_name, now),
            _ => Err(Errno::XDev),
        }
    }

    /// Moves an entry.
    pub(crate) fn rename(&self, name: &[u8], to: &Self, to_name: &[u8], now: u64) -> Outcome {
        self.check_writable()?;
        to.check_writable()?;
        match (self, to) {
            (Self::Host(dir), Self::Host(to)) => dir.rename(name, to, to_name),
            (Self::Memory(dir), Self::Memory(to)) => dir.rename(name, to, to_name, now),
            _ => Err(Errno::XDev),
        }
    }

    /// Makes the entries durable.
    pub(crate) fn sync(&self) -> Outcome {
        match self {
            Self::Host(dir) => dir.sync(),
            Self::Memory(_) => Ok(()),
        }
    }
}

impl File {
    /// That the file may change: it was not granted for reading, and `writes` is true.
    fn check(&self, writes: bool, otherwise: Errno) -> Outcome {
        match self.writable {
            false => Err(Errno::RoFs),
            true if !writes => Err(otherwise),
            true => Ok(()),
        }
    }

    pub(crate) fn file_type(&self) -> FileType {
        match &self.kind {
            FileKind::Host(file) => file.file_type,
            FileKind::Memory(_) => FileType::RegularFile,
        }
    }

    /// Whether it has a position. C takes a character device without one for a terminal.
    pub(crate) fn seeks(&self) -> bool {
        match (self.file_type(), &self.kind) {
            (FileType::RegularFile | FileType::BlockDevice, _) => true,
            (FileType::CharacterDevice, FileKind::Host(file)) => !file.is_terminal(),
            _ => false,
        }
    }

    /// Whether reading may wait for bytes to come.
    pub(crate) fn waits(&self) -> bool {
        self.file_type() != FileType::RegularFile
    }

    pub(crate) fn read(&mut self, into: &mut [u8], now: u64) -> Result<usize, Errno> {
        match &mut self.kind {
            FileKind::Host(file) => file.read(into),
            FileKind::Memory(file) => file.read(into, now),
        }
    }

    pub(crate) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        match &self.kind {
            FileKind::Host(file) => file.read_at(into, offset),
            FileKind::Memory(file) => file.read_at(into, offset),
        }
    }

    pub(crate) fn write(&mut self, from: &[IoSlice<'_>], now: u64) -> Result<usize, Errno> {
        match &mut self.kind {
            FileKind::Host(file) => file.write(from),
            FileKind::Memory(file) => file.write(from, now),
        }
    }

    pub(crate) fn write_at(
        &self,
        from: &[IoSlice<'_>],
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        match &self.kind {
            FileKind::Host(file) => file.write_at(from, offset),
            FileKind::Memory(file) => file.write_at(from, offset, now),
        }
    }

    /// Moves the position; the new one, from the start.
    pub(crate) fn seek(&mut self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        match &mut self.kind {
            FileKind::Host(file) => file.seek(offset, whence),
            FileKind::Memory(file) => file.seek(offset, whence),
        }
    }

    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        match &self.kind {
            FileKind::Host(file) => file.stat(),
            FileKind::Memory(file) => file.stat(),
        }
    }

    pub(crate) fn set_size(&self, size: u64, now: u64) -> Outcome {
        self.check(self.writes, Errno::Inval)?;
        match &self.kind {
            FileKind::Host(file) => file.set_size(size),
            FileKind::Memory(file) => file.set_size(size, now),
        }
    }

    /// Makes sure that there is room for `length` bytes at `offset`; the file grows if need be.
    pub(crate) fn allocate(&self, offset: u64, length: u64, now: u64) -> Outcome {
        self.check(self.writes, Errno::BadF)?;
        match &self.kind {
            FileKind::Host(file) => file.allocate(offset, length),
            FileKind::Memory(file) => file.allocate(offset, length, now),
        }
    }

    pub(crate) fn advise(&self, offset: u64, length: u64, advice: u8) -> Outcome {
        match &self.kind {
            FileKind::Host(file) => file.advise(offset, length, advice),
            FileKind::Memory(_) => Ok(()),
        }
    }

    pub(crate) fn set_times(&self, times: Times, now: u64) -> Outcome {
        self.check(true, Errno::BadF)?;
        match &self.kind {
            FileKind::Host(file) => file.set_times(times),
            FileKind::Memory(file) => file.set_times(times, now),
        }
    }

    /// Makes the contents durable, and with `metadata` what else is known of the file.
    pub(crate) fn sync(&self, metadata: bool) -> Outcome {
        match &self.kind {
            FileKind::Host(file) => file.sync(metadata),
            FileKind::Memory(_) => Ok(()),
        }
    }

    /// Appending and not waiting are up to the file; the rest of the flags are not.
    pub(crate) fn set_flags(&mut self, flags: FdFlags) -> Outcome {
        match &mut self.kind {
            FileKind::Host(file) => file.set_flags(flags),
            FileKind::Memory(file) => {
                file.append = flags.append;
                Ok(())
            }
        }
    }
}
