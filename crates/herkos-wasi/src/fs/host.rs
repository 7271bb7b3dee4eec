//! Directories and files of the host, by system calls that take one name and follow nothing.

use std::ffi::OsStr;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{self, AtFlags, Mode, OFlags, SeekFrom, Timespec, Timestamps};
use rustix::io;

use super::{Entry, FileKind, Found, How, Whence};
use crate::errno::{Errno, Outcome};
use crate::types::{FdFlags, FileStat, FileType, SetTime, Times};

/// Every open has these: nothing is inherited by other programs, no terminal becomes the host's own.
const ALWAYS: OFlags = OFlags::CLOEXEC.union(OFlags::NOFOLLOW).union(OFlags::NOCTTY);

/// A descriptor that is only walked through need not be readable, where the system knows such.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const WALK: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const WALK: OFlags = OFlags::RDONLY;

/// A directory of the host.
#[derive(Clone, Debug)]
pub(crate) struct HostDir {
    fd: Arc<OwnedFd>,
    pub(crate) writable: bool,
}

/// A file of the host.
#[derive(Debug)]
pub(crate) struct HostFile {
    fd: OwnedFd,
    pub(crate) file_type: FileType,
    /// What is written goes to the end.
    append: bool,
}

/// A name as the system takes it. It is one name: the walk has split the path at each `/`.
fn os(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

impl HostDir {
    /// The directory at a path of the host's, which the embedder has chosen.
    pub(crate) fn open_ambient(path: &Path, writable: bool) -> std::io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open(path, flags, Mode::empty())?;
        Ok(Self { fd: Arc::new(fd), writable })
    }

    fn with(&self, fd: OwnedFd) -> Self {
        Self { fd: Arc::new(fd), writable: self.writable }
    }

    pub(super) fn step(&self, name: &[u8]) -> Result<Self, Errno> {
        let flags = ALWAYS | OFlags::DIRECTORY | WALK;
        Ok(self.with(fs::openat(&*self.fd, os(name), flags, Mode::empty())?))
    }

    pub(super) fn read_link(&self, name: &[u8]) -> Result<Vec<u8>, Errno> {
        Ok(fs::readlinkat(&*self.fd, os(name), Vec::new())?.into_bytes())
    }

    pub(super) fn stat(&self, name: &[u8]) -> Result<FileStat, Errno> {
        Ok(filestat(&fs::statat(&*self.fd, os(name), AtFlags::SYMLINK_NOFOLLOW)?))
    }

    pub(super) fn open(&self, name: &[u8], how: &How) -> Result<Found, Errno> {
        let mut flags = ALWAYS;
        flags |= match (how.read, how.write) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        for (wanted, flag) in [
            (how.create, OFlags::CREATE),
            (how.exclusive, OFlags::EXCL),
            (how.truncate, OFlags::TRUNC),
            (how.directory, OFlags::DIRECTORY),
            (how.flags.append, OFlags::APPEND),
            (how.flags.nonblock, OFlags::NONBLOCK),
        ] {
            if wanted {
                flags |= flag;
            }
        }
        let fd = fs::openat(&*self.fd, os(name), flags, Mode::from_raw_mode(0o666))?;
        Ok(match file_type(&fs::fstat(&fd)?) {
            FileType::Directory => Found::Dir(super::Dir::Host(self.with(fd))),
            file_type => {
                let append = how.flags.append;
                Found::File(FileKind::Host(HostFile { fd, file_type, append }))
            }
        })
    }

    pub(super) fn reopen(&self) -> Result<Self, Errno> {
        let flags = ALWAYS | OFlags::DIRECTORY | OFlags::RDONLY;
        Ok(self.with(fs::openat(&*self.fd, ".", flags, Mode::empty())?))
    }

    pub(super) fn own_stat(&self) -> Result<FileStat, Errno> {
        Ok(filestat(&fs::fstat(&*self.fd)?))
    }

    pub(super) fn list(&self, mut take: impl FnMut(Entry) -> bool) -> Outcome {
        // A description of its own, so that its position is no one else's.
        for entry in fs::Dir::read_from(&*self.fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let entry = Entry {
                name: name.to_owned(),
                inode: entry.ino(),
                file_type: of_kind(entry.file_type()),
            };
            if !take(entry) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn create_dir(&self, name: &[u8]) -> Outcome {
        Ok(fs::mkdirat(&*self.fd, os(name), Mode::from_raw_mode(0o777))?)
    }

    pub(super) fn remove_dir(&self, name: &[u8]) -> Outcome {
        Ok(fs::unlinkat(&*self.fd, os(name), AtFlags::REMOVEDIR)?)
    }

    pub(super) fn remove_file(&self, name: &[u8]) -> Outcome {
        match fs::unlinkat(&*self.fd, os(name), AtFlags::empty()) {
            // The number that POSIX has for it, where the system gives another.
            Err(io::Errno::PERM) if self.is_dir(name) => Err(Errno::IsDir),
            done => Ok(done?),
        }
    }

    fn is_dir(&self, name: &[u8]) -> bool {
        self.stat(name).is_ok_and(|found| found.file_type == FileType::Directory)
    }

    pub(super) fn symlink(&self, name: &[u8], target: &[u8]) -> Outcome {
        Ok(fs::symlinkat(os(target), &*self.fd, os(name))?)
    }

    pub(super) fn set_times(&self, name: &[u8], times: Times) -> Outcome {
        let times = timestamps(times)?;
        Ok(fs::utimensat(&*self.fd, os(name), &times, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn set_own_times(&self, times: Times) -> Outcome {
        let times = timestamps(times)?;
        Ok(fs::utimensat(&*self.fd, ".", &times, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn link(&self, name: &[u8], to: &Self, to_name: &[u8]) -> Outcome {
        Ok(fs::linkat(&*self.fd, os(name), &*to.fd, os(to_name), AtFlags::empty())?)
    }

    pub(super) fn rename(&self, name: &[u8], to: &Self, to_name: &[u8]) -> Outcome {
        Ok(fs::renameat(&*self.fd, os(name), &*to.fd, os(to_name))?)
    }

    pub(super) fn sync(&self) -> Outcome {
        match fs::fsync(&*self.fd) {
            // Some file systems have nothing to do for a directory.
            Ok(()) | Err(io::Errno::INVAL) => Ok(()),
            Err(io::Errno::BADF) => Ok(fs::fsync(&*self.reopen()?.fd)?),
            Err(error) => Err(error.into()),
        }
    }
}

impl HostFile {
    pub(super) fn read(&self, into: &mut [u8]) -> Result<usize, Errno> {
        Ok(io::retry_on_intr(|| io::read(&self.fd, &mut *into))?)
    }

    pub(super) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        Ok(io::retry_on_intr(|| io::pread(&self.fd, &mut *into, offset))?)
    }

    pub(super) fn write(&self, from: &[IoSlice<'_>]) -> Result<usize, Errno> {
        Ok(io::retry_on_intr(|| io::writev(&self.fd, from))?)
    }

    /// Writes at the offset, as POSIX has it. Linux appends instead if that flag is set, so it is taken away as
    /// long as that takes: no one else has this open file.
    pub(super) fn write_at(&self, from: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        if !self.append {
            return self.write_from(from, offset);
        }
        let flags = fs::fcntl_getfl(&self.fd)?;
        fs::fcntl_setfl(&self.fd, flags.difference(OFlags::APPEND))?;
        let written = self.write_from(from, offset);
        fs::fcntl_setfl(&self.fd, flags)?;
        written
    }

    fn write_from(&self, from: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        let mut done = 0;
        for slice in from {
            let at = offset.checked_add(done as u64).ok_or(Errno::FBig)?;
            match io::retry_on_intr(|| io::pwrite(&self.fd, slice, at)) {
                Ok(count) => {
                    done += count;
                    if count < slice.len() {
                        break;
                    }
                }
                Err(_) if done > 0 => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    pub(super) fn seek(&self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        seek(self.fd.as_fd(), offset, whence)
    }

    pub(super) fn stat(&self) -> Result<FileStat, Errno> {
        stat(self.fd.as_fd())
    }

    pub(super) fn set_size(&self, size: u64) -> Outcome {
        Ok(fs::ftruncate(&self.fd, size)?)
    }

    pub(super) fn allocate(&self, offset: u64, length: u64) -> Outcome {
        #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
        return Err(Errno::NotSup);
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        Ok(fs::fallocate(&self.fd, fs::FallocateFlags::empty(), offset, length)?)
    }

    #[cfg_attr(
        not(any(target_os = "linux", target_os = "android", target_os = "freebsd")),
        allow(unused_variables, clippy::unused_self, reason = "advice that no one asks for")
    )]
    pub(super) fn advise(&self, offset: u64, length: u64, advice: u8) -> Outcome {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        {
            let advice = match advice {
                1 => fs::Advice::Sequential,
                2 => fs::Advice::Random,
                3 => fs::Advice::WillNeed,
                4 => fs::Advice::DontNeed,
                5 => fs::Advice::NoReuse,
                _ => fs::Advice::Normal,
            };
            match fs::fadvise(&self.fd, offset, std::num::NonZeroU64::new(length), advice) {
                // Advice on a pipe has no one to take it.
                Ok(()) | Err(io::Errno::SPIPE) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) fn set_times(&self, times: Times) -> Outcome {
        Ok(fs::futimens(&self.fd, &timestamps(times)?)?)
    }

    pub(super) fn sync(&self, metadata: bool) -> Outcome {
        let done = if metadata { fs::fsync(&self.fd) } else { fs::fdatasync(&self.fd) };
        match done {
            // A pipe or a device that has nothing to do.
            Err(io::Errno::INVAL) => Ok(()),
            done => Ok(done?),
        }
    }

    pub(super) fn set_flags(&mut self, flags: FdFlags) -> Outcome {
        let mut set = fs::fcntl_getfl(&self.fd)?;
        set.set(OFlags::APPEND, flags.append);
        set.set(OFlags::NONBLOCK, flags.nonblock);
        fs::fcntl_setfl(&self.fd, set)?;
        self.append = flags.append;
        Ok(())
    }

    /// Whether it is a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.file_type == FileType::CharacterDevice && rustix::termios::isatty(&self.fd)
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Moves the position of a descriptor.
pub(crate) fn seek(fd: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64, Errno> {
    let to = match whence {
        Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Current => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    Ok(fs::seek(fd, to)?)
}

/// What is known of an open descriptor.
pub(crate) fn stat(fd: BorrowedFd<'_>) -> Result<FileStat, Errno> {
    Ok(filestat(&fs::fstat(fd)?))
}

fn timestamps(times: Times) -> Result<Timestamps, Errno> {
    let one = |time: SetTime| -> Result<Timespec, Errno> {
        match time {
            SetTime::Keep => Ok(Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT as _ }),
            SetTime::Now => Ok(Timespec { tv_sec: 0, tv_nsec: fs::UTIME_NOW as _ }),
            SetTime::To(nanoseconds) => {
                let seconds =
                    i64::try_from(nanoseconds / 1_000_000_000).map_err(|_| Errno::Inval)?;
                Ok(Timespec { tv_sec: seconds, tv_nsec: (nanoseconds % 1_000_000_000) as _ })
            }
        }
    };
    Ok(Timestamps { last_access: one(times.access)?, last_modification: one(times.modification)? })
}

/// Some of the numbers have other types on other systems.
#[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "see above")]
fn filestat(found: &fs::Stat) -> FileStat {
    let nanoseconds = |seconds: i64, fraction: i64| {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        seconds.saturating_mul(1_000_000_000).saturating_add(fraction as u64)
    };
    FileStat {
        device: found.st_dev as u64,
        inode: found.st_ino as u64,
        file_type: file_type(found),
        links: found.st_nlink as u64,
        size: u64::try_from(found.st_size).unwrap_or_default(),
        accessed: nanoseconds(found.st_atime as i64, found.st_atime_nsec as i64),
        modified: nanoseconds(found.st_mtime as i64, found.st_mtime_nsec as i64),
        changed: nanoseconds(found.st_ctime as i64, found.st_ctime_nsec as i64),
    }
}

fn file_type(found: &fs::Stat) -> FileType {
    of_kind(fs::FileType::from_raw_mode(found.st_mode))
}

fn of_kind(kind: fs::FileType) -> FileType {
    match kind {
        fs::FileType::RegularFile => FileType::RegularFile,
        fs::FileType::Directory => FileType::Directory,
        fs::FileType::Symlink => FileType::SymbolicLink,
        fs::FileType::Socket => FileType::SocketStream,
        fs::FileType::CharacterDevice => FileType::CharacterDevice,
        fs::FileType::BlockDevice => FileType::BlockDevice,
        fs::FileType::Fifo | fs::FileType::Unknown => FileType::Unknown,
    }
}
