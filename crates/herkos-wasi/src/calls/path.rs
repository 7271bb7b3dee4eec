//! Calls with paths.

use crate::errno::{Errno, Outcome};
use crate::fs::{Dir, How, Opened};
use crate::guest;
use crate::path::{Last, Place, check_path, walk};
use crate::table::{Descriptor, Object, OpenDir};
use crate::types::{FdFlags, FileType, OFlags, Times, follows, rights};
use crate::wasi::Wasi;

/// Address and length of a string of the guest's.
type Text = (i32, i32);

/// A descriptor, and address and length of a path from there.
type At = (i32, i32, i32);

fn text(memory: &[u8], (address, length): Text) -> Result<&[u8], Errno> {
    guest::slice(memory, address, length as u32)
}

/// A walk that follows a symbolic link at the end if the guest asks for it.
fn last(flags: i32) -> Result<Last, Errno> {
    Ok(if follows(flags)? { Last::Follow } else { Last::Keep })
}

/// Why a name with a `/` behind it can't be made: what is there, if there is something.
fn not_a_name(dir: &Dir, name: &[u8]) -> Errno {
    match dir.stat(name) {
        Ok(found) if found.file_type == FileType::Directory => Errno::Exist,
        Ok(_) => Errno::NotDir,
        Err(error) => error,
    }
}

/// That an entry with a `/` behind it is a directory.
fn check_slash(dir: &Dir, name: &[u8], slash: bool) -> Outcome {
    if slash && dir.stat(name)?.file_type != FileType::Directory {
        return Err(Errno::NotDir);
    }
    Ok(())
}

impl Wasi {
    /// Walks from a directory that has these rights.
    fn walk(
        &self,
        memory: &[u8],
        fd: i32,
        path: Text,
        needed: u64,
        last: Last,
    ) -> Result<Place, Errno> {
        let path = text(memory, path)?;
        walk(&self.directory(fd, needed)?.dir, path, last)
    }

    pub(super) fn create_directory(&self, memory: &[u8], fd: i32, path: Text) -> Outcome {
        match self.walk(memory, fd, path, rights::PATH_CREATE_DIRECTORY, Last::Name)? {
            Place::Dir { .. } => Err(Errno::Exist),
            Place::Entry { dir, name, .. } => dir.create_dir(&name, self.clocks.stamp()),
        }
    }

    pub(super) fn remove_directory(&self, memory: &[u8], fd: i32, path: Text) -> Outcome {
        match self.walk(memory, fd, path, rights::PATH_REMOVE_DIRECTORY, Last::Name)? {
            Place::Dir { parent: false, .. } => Err(Errno::Inval),
            Place::Dir { parent: true, .. } => Err(Errno::NotEmpty),
            Place::Entry { dir, name, .. } => dir.remove_dir(&name, self.clocks.stamp()),
        }
    }

    pub(super) fn unlink_file(&self, memory: &[u8], fd: i32, path: Text) -> Outcome {
        match self.walk(memory, fd, path, rights::PATH_UNLINK_FILE, Last::Name)? {
            Place::Dir { .. } => Err(Errno::IsDir),
            Place::Entry { dir, name, slash } => {
                check_slash(&dir, &name, slash)?;
                dir.remove_file(&name, self.clocks.stamp())
            }
        }
    }

    pub(super) fn path_filestat(
        &self,
        memory: &mut [u8],
        fd: i32,
        flags: i32,
        path: Text,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 64)?;
        let found = match self.walk(memory, fd, path, rights::PATH_FILESTAT_GET, last(flags)?)? {
            Place::Dir { dir, .. } => dir.own_stat()?,
            Place::Entry { dir, name, slash } => {
                check_slash(&dir, &name, slash)?;
                dir.stat(&name)?
            }
        };
        guest::write(memory, result, &found.encode())
    }

    pub(super) fn path_set_times(
        &self,
        memory: &[u8],
        fd: i32,
        flags: i32,
        path: Text,
        (accessed, modified, which): (i64, i64, i32),
    ) -> Outcome {
        let times = Times::new(accessed, modified, which)?;
        let now = self.clocks.stamp();
        match self.walk(memory, fd, path, rights::PATH_FILESTAT_SET_TIMES, last(flags)?)? {
            Place::Dir { dir, .. } => dir.set_own_times(times, now),
            Place::Entry { dir, name, slash } => {
                check_slash(&dir, &name, slash)?;
                dir.set_times(&name, times, now)
            }
        }
    }

    pub(super) fn link(&self, memory: &[u8], from: At, flags: i32, to: At) -> Outcome {
        let place = (from.1, from.2);
        let source = self.walk(memory, from.0, place, rights::PATH_LINK_SOURCE, last(flags)?)?;
        let place = (to.1, to.2);
        let target = self.walk(memory, to.0, place, rights::PATH_LINK_TARGET, Last::Name)?;
        let Place::Entry { dir, name, slash } = source else { return Err(Errno::Perm) };
        check_slash(&dir, &name, slash)?;
        match target {
            Place::Dir { .. } => Err(Errno::Exist),
            Place::Entry { dir: to, name: to_name, slash: true } => {
                dir.stat(&name)?;
                Err(not_a_name(&to, &to_name))
            }
            Place::Entry { dir: to, name: to_name, slash: false } => {
                dir.link(&name, &to, &to_name, self.clocks.stamp())
            }
        }
    }

    pub(super) fn rename(&self, memory: &[u8], from: At, to: At) -> Outcome {
        let place = (from.1, from.2);
        let source = self.walk(memory, from.0, place, rights::PATH_RENAME_SOURCE, Last::Name)?;
        let place = (to.1, to.2);
        let target = self.walk(memory, to.0, place, rights::PATH_RENAME_TARGET, Last::Name)?;
        let (
            Place::Entry { dir, name, slash },
            Place::Entry { dir: to, name: to_name, slash: to_slash },
        ) = (source, target)
        else {
            return Err(Errno::Busy);
        };
        // A `/` behind either name says that it is a directory that moves.
        check_slash(&dir, &name, slash || to_slash)?;
        dir.rename(&name, &to, &to_name, self.clocks.stamp())
    }

    pub(super) fn readlink(
        &self,
        memory: &mut [u8],
        fd: i32,
        path: Text,
        (buffer, size): (i32, i32),
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        guest::check(memory, buffer, size as u32)?;
        let target = match self.walk(memory, fd, path, rights::PATH_READLINK, Last::Keep)? {
            Place::Dir { .. } => return Err(Errno::Inval),
            Place::Entry { dir, name, slash } => {
                check_slash(&dir, &name, slash)?;
                dir.read_link(&name)?
            }
        };
        let size = usize::try_from(size as u32).unwrap_or(usize::MAX);
        let target = target.get(..size).unwrap_or(&target);
        guest::write(memory, buffer, target)?;
        guest::write_u32(memory, result, target.len() as u32)
    }

    pub(super) fn symlink(&self, memory: &[u8], target: Text, fd: i32, path: Text) -> Outcome {
        let target = text(memory, target)?;
        check_path(target)?;
        match self.walk(memory, fd, path, rights::PATH_SYMLINK, Last::Name)? {
            Place::Dir { .. } => Err(Errno::Exist),
            Place::Entry { dir, name, slash: true } => Err(not_a_name(&dir, &name)),
            Place::Entry { dir, name, slash: false } => {
                dir.symlink(&name, target, self.clocks.stamp())
            }
        }
    }

    pub(super) fn open(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        path: Text,
        (flags, how, fd_flags): (i32, i32, i32),
        (base, inheriting): (u64, u64),
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        let oflags = OFlags::new(how)?;
        let flags = (last(flags)?, FdFlags::new(fd_flags)?);
        let mut needed = rights::PATH_OPEN;
        if oflags.create {
            needed |= rights::PATH_CREATE_FILE;
        }
        if oflags.truncate {
            needed |= rights::PATH_FILESTAT_SET_SIZE;
        }
        let path = text(memory, path)?;
        self.directory(fd, needed)?;
        let granted = self.table.get(fd)?.inheriting;
        // Of rights that can't be had the two that a program can't do without are missed at once.
        if base & !granted & (rights::FD_READ | rights::FD_WRITE) != 0 {
            return Err(Errno::NotCapable);
        }
        self.table.check_room()?;
        let opened = self.open_at(&self.directory(fd, needed)?.dir, path, flags, oflags, base)?;
        let (object, applicable) = match opened {
            Opened::Dir(dir) => (Object::Dir(OpenDir::new(dir, None)), rights::DIRECTORY),
            Opened::File(file) => {
                let applicable = match file.seeks() {
                    true => rights::FILE,
                    false => rights::FILE & !(rights::FD_SEEK | rights::FD_TELL),
                };
                (Object::File(file), applicable)
            }
        };
        let flags = if matches!(object, Object::Dir(_)) { FdFlags::default() } else { flags.1 };
        let number = self.table.insert(Descriptor {
            object,
            flags,
            base: base & granted & applicable,
            inheriting: inheriting & granted,
        })?;
        guest::write_u32(memory, result, number)
    }

    fn open_at(
        &self,
        dir: &Dir,
        path: &[u8],
        (last, flags): (Last, FdFlags),
        oflags: OFlags,
        base: u64,
    ) -> Result<Opened, Errno> {
        let OFlags { create, directory, truncate, .. } = oflags;
        let exclusive = create && oflags.exclusive;
        if create && directory {
            return Err(Errno::Inval);
        }
        let write = base & rights::FD_WRITE != 0 || truncate;
        let last = if exclusive { Last::Keep } else { last };
        match walk(dir, path, last)? {
            Place::Dir { .. } if exclusive => Err(Errno::Exist),
            Place::Dir { .. } if create || write => Err(Errno::IsDir),
            Place::Dir { dir, .. } => dir.reopen().map(Opened::Dir),
            Place::Entry { slash: true, .. } if create => Err(Errno::IsDir),
            Place::Entry { dir, name, slash } => {
                let read = base & (rights::FD_READ | rights::FD_READDIR) != 0;
                let directory = directory || slash;
                let how = How { read, write, create, exclusive, truncate, directory, flags };
                dir.open(&name, &how, self.clocks.stamp())
            }
        }
    }
}
