//! Calls on descriptors.

use std::io::{Read as _, Write as _};

use crate::errno::{Errno, Outcome};
use crate::fs::{Entry, Whence};
use crate::guest::{self, Buffers};
use crate::table::Object;
use crate::types::{FdFlags, FileType, Times, encode_fdstat, rights};
use crate::wasi::Wasi;

/// Bytes of a directory entry before its name.
const DIRENT: usize = 24;

impl Wasi {
    pub(super) fn advise(&mut self, fd: i32, offset: i64, length: i64, advice: i32) -> Outcome {
        let advice = u8::try_from(advice).ok().filter(|advice| *advice <= 5);
        let advice = advice.ok_or(Errno::Inval)?;
        match &self.descriptor(fd, rights::FD_ADVISE)?.object {
            Object::File(file) => file.advise(offset as u64, length as u64, advice),
            _ => Err(Errno::BadF),
        }
    }

    pub(super) fn allocate(&mut self, fd: i32, offset: i64, length: i64) -> Outcome {
        let offset = u64::try_from(offset).map_err(|_| Errno::Inval)?;
        let length = u64::try_from(length).map_err(|_| Errno::Inval)?;
        let (left, now) = (self.allowance(length)?, self.clocks.stamp());
        match &self.descriptor(fd, rights::FD_ALLOCATE)?.object {
            Object::File(_) if length == 0 => return Err(Errno::Inval),
            Object::File(_) if length > left => return Err(Errno::DQuot),
            Object::File(file) => file.allocate(offset, length, now)?,
            _ => return Err(Errno::BadF),
        }
        self.written += length;
        Ok(())
    }

    pub(super) fn sync(&mut self, fd: i32, metadata: bool) -> Outcome {
        let needed = if metadata { rights::FD_SYNC } else { rights::FD_DATASYNC };
        match &self.descriptor(fd, needed)?.object {
            Object::File(file) => file.sync(metadata),
            Object::Dir(open) => open.dir.sync(),
            Object::Stream(_) | Object::Connection(_) | Object::Listener(_) => Ok(()),
        }
    }

    pub(super) fn fdstat(&self, memory: &mut [u8], fd: i32, result: i32) -> Outcome {
        guest::check(memory, result, 24)?;
        let found = self.table.get(fd)?;
        let (base, inheriting) = (found.base, found.inheriting);
        let bytes = encode_fdstat(found.file_type()?, found.flags, base, inheriting);
        guest::write(memory, result, &bytes)
    }

    pub(super) fn set_flags(&mut self, fd: i32, flags: i32) -> Outcome {
        let flags = FdFlags::new(flags)?;
        let descriptor = self.descriptor(fd, rights::FD_FDSTAT_SET_FLAGS)?;
        match &mut descriptor.object {
            Object::File(file) => file.set_flags(flags)?,
            Object::Connection(stream) => stream.set_nonblocking(flags.nonblock)?,
            Object::Listener(listener) => listener.set_nonblocking(flags.nonblock)?,
            Object::Dir(_) | Object::Stream(_) => {}
        }
        descriptor.flags = flags;
        Ok(())
    }

    pub(super) fn set_rights(&mut self, fd: i32, base: i64, inheriting: i64) -> Outcome {
        let descriptor = self.table.get_mut(fd)?;
        let (base, inheriting) = (base as u64, inheriting as u64);
        if base & !descriptor.base != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::NotCapable);
        }
        descriptor.base = base;
        descriptor.inheriting = inheriting;
        Ok(())
    }

    pub(super) fn filestat(&mut self, memory: &mut [u8], fd: i32, result: i32) -> Outcome {
        guest::check(memory, result, 64)?;
        let found = self.descriptor(fd, rights::FD_FILESTAT_GET)?.stat()?;
        guest::write(memory, result, &found.encode())
    }

    pub(super) fn set_size(&mut self, fd: i32, size: i64) -> Outcome {
        let size = u64::try_from(size).map_err(|_| Errno::Inval)?;
        let (limit, written, now) = (self.limits.written, self.written, self.clocks.stamp());
        let growth = match &self.descriptor(fd, rights::FD_FILESTAT_SET_SIZE)?.object {
            Object::File(file) => {
                let growth = size.saturating_sub(file.stat()?.size);
                if growth > limit.saturating_sub(written) {
                    return Err(Errno::DQuot);
                }
                file.set_size(size, now)?;
                growth
            }
            _ => return Err(Errno::BadF),
        };
        self.written += growth;
        Ok(())
    }

    pub(super) fn set_times(
        &mut self,
        fd: i32,
        accessed: i64,
        modified: i64,
        flags: i32,
    ) -> Outcome {
        let times = Times::new(accessed, modified, flags)?;
        let now = self.clocks.stamp();
        match &self.descriptor(fd, rights::FD_FILESTAT_SET_TIMES)?.object {
            Object::File(file) => file.set_times(times, now),
            Object::Dir(open) => open.dir.set_own_times(times, now),
            _ => Err(Errno::BadF),
        }
    }

    pub(super) fn read(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        (list, count): (i32, i32),
        offset: Option<u64>,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        let buffers = Buffers::read(memory, list, count)?;
        let now = self.clocks.stamp();
        let seek = if offset.is_some() { rights::FD_SEEK } else { 0 };
        let descriptor = self.descriptor(fd, rights::FD_READ | seek)?;
        let flags = descriptor.flags;
        let count = match (&mut descriptor.object, offset) {
            (Object::File(file), Some(offset)) => {
                let waits = file.waits();
                buffers.fill(memory, waits, |into, done| {
                    file.read_at(into, offset.checked_add(done).ok_or(Errno::Inval)?)
                })?
            }
            (Object::File(file), None) => {
                let waits = file.waits();
                buffers.fill(memory, waits, |into, _| file.read(into, now))?
            }
            (Object::Stream(stream), None) => {
                buffers.fill(memory, true, |into, _| stream.read(into, flags.nonblock))?
            }
            (Object::Connection(stream), None) => {
                buffers.fill(memory, true, |into, _| Ok(stream.read(into)?))?
            }
            (Object::Stream(_) | Object::Connection(_), Some(_)) => return Err(Errno::SPipe),
            (Object::Dir(_), _) => return Err(Errno::IsDir),
            (Object::Listener(_), _) => return Err(Errno::BadF),
        };
        guest::write_u32(memory, result, count)
    }

    pub(super) fn write(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        (list, count): (i32, i32),
        offset: Option<u64>,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        let buffers = Buffers::read(memory, list, count)?;
        let now = self.clocks.stamp();
        let seek = if offset.is_some() { rights::FD_SEEK } else { 0 };
        self.descriptor(fd, rights::FD_WRITE | seek)?;
        let allowed = self.allowance(u64::from(buffers.total()))?;
        let from = buffers.gather(memory, allowed);
        let descriptor = self.table.get_mut(fd)?;
        let flags = descriptor.flags;
        let count = match (&mut descriptor.object, offset) {
            (Object::File(file), _) => match offset {
                Some(offset) => file.write_at(&from, offset, now)?,
                None => file.write(&from, now)?,
            },
            (Object::Stream(stream), None) => stream.write(&from, flags.nonblock)?,
            (Object::Connection(stream), None) => stream.write_vectored(&from)?,
            (Object::Stream(_) | Object::Connection(_), Some(_)) => return Err(Errno::SPipe),
            (Object::Dir(_), _) => return Err(Errno::IsDir),
            (Object::Listener(_), _) => return Err(Errno::BadF),
        };
        self.written = self.written.saturating_add(count as u64);
        if let Object::File(file) = &self.table.get(fd)?.object
            && (flags.sync || flags.dsync || flags.rsync)
        {
            file.sync(flags.sync)?;
        }
        guest::write_u32(memory, result, count as u32)
    }

    pub(super) fn seek(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        offset: i64,
        whence: i32,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 8)?;
        let whence = match whence {
            0 => Whence::Start,
            1 => Whence::Current,
            2 => Whence::End,
            _ => return Err(Errno::Inval),
        };
        let asks = offset == 0 && matches!(whence, Whence::Current);
        let position = self.move_to(fd, offset, whence, asks)?;
        guest::write_u64(memory, result, position)
    }

    pub(super) fn tell(&mut self, memory: &mut [u8], fd: i32, result: i32) -> Outcome {
        guest::check(memory, result, 8)?;
        let position = self.move_to(fd, 0, Whence::Current, true)?;
        guest::write_u64(memory, result, position)
    }

    /// Moves the position. To learn it, one of two rights will do.
    fn move_to(&mut self, fd: i32, offset: i64, whence: Whence, asks: bool) -> Result<u64, Errno> {
        let descriptor = self.table.get_mut(fd)?;
        if !asks || descriptor.check(rights::FD_TELL).is_err() {
            descriptor.check(rights::FD_SEEK)?;
        }
        match &mut descriptor.object {
            Object::File(file) => file.seek(offset, whence),
            Object::Stream(stream) => stream.seek(offset, whence),
            Object::Dir(_) => Err(Errno::IsDir),
            Object::Connection(_) | Object::Listener(_) => Err(Errno::SPipe),
        }
    }

    /// The guest's name of a directory that was granted.
    fn preopen(&self, fd: i32) -> Result<&[u8], Errno> {
        match &self.table.get(fd)?.object {
            Object::Dir(open) => open.preopen.as_deref().ok_or(Errno::BadF),
            _ => Err(Errno::BadF),
        }
    }

    pub(super) fn prestat(&self, memory: &mut [u8], fd: i32, result: i32) -> Outcome {
        guest::check(memory, result, 8)?;
        let length = u32::try_from(self.preopen(fd)?.len()).map_err(|_| Errno::Overflow)?;
        // The tag of a directory is 0.
        guest::write_u64(memory, result, u64::from(length) << 32)
    }

    pub(super) fn prestat_name(
        &self,
        memory: &mut [u8],
        fd: i32,
        name: i32,
        length: i32,
    ) -> Outcome {
        let preopen = self.preopen(fd)?;
        if preopen.len() as u64 > u64::from(length as u32) {
            return Err(Errno::NameTooLong);
        }
        guest::write(memory, name, preopen)
    }

    pub(super) fn readdir(
        &mut self,
        memory: &mut [u8],
        fd: i32,
        (buffer, length): (i32, i32),
        cookie: u64,
        result: i32,
    ) -> Outcome {
        guest::check(memory, result, 4)?;
        guest::check(memory, buffer, length as u32)?;
        let fresh = match &self.descriptor(fd, rights::FD_READDIR)?.object {
            Object::Dir(open) => cookie == 0 || open.listing.is_none(),
            _ => return Err(Errno::NotDir),
        };
        let listing = if fresh { Some(self.list(fd)?) } else { None };
        let Object::Dir(open) = &mut self.table.get_mut(fd)?.object else {
            return Err(Errno::NotDir);
        };
        if listing.is_some() {
            open.listing = listing;
        }
        let entries = open.listing.as_deref().unwrap_or_default();
        let mut into = guest::slice_mut(memory, buffer, length as u32)?;
        let mut used = 0;
        let first = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (entry, next) in entries.iter().skip(first).zip(cookie.saturating_add(1)..) {
            let bytes = dirent(entry, next);
            let count = bytes.len().min(into.len());
            let (here, rest) = into.split_at_mut(count);
            here.copy_from_slice(bytes.get(..count).unwrap_or_default());
            used += count as u32;
            into = rest;
            if into.is_empty() {
                break;
            }
        }
        guest::write_u32(memory, result, used)
    }

    /// The entries of a directory as they are now, the same until the guest starts anew: so a position in them
    /// stays what it was while others come and go.
    fn list(&self, fd: i32) -> Result<Vec<Entry>, Errno> {
        let open = self.directory(fd, rights::FD_READDIR)?;
        let mut left = self.limits.listings;
        for other in self.table.iter() {
            if let Object::Dir(other) = &other.object
                && !std::ptr::eq(other, open)
            {
                let bytes = other.listing.iter().flatten().map(cost).sum();
                left = left.saturating_sub(bytes);
            }
        }
        let own = open.dir.own_stat()?;
        let itself = |name: &[u8], inode| Entry {
            name: name.to_owned(),
            inode,
            file_type: FileType::Directory,
        };
        // What is above is not the guest's to know.
        let mut entries = vec![itself(b".", own.inode), itself(b"..", 0)];
        let mut full = false;
        open.dir.list(|entry| {
            let bytes = cost(&entry);
            full = bytes > left || entries.try_reserve(1).is_err();
            if !full {
                left -= bytes;
                entries.push(entry);
            }
            !full
        })?;
        if full {
            return Err(Errno::NoMem);
        }
        for entry in &mut entries {
            if entry.file_type == FileType::Unknown
                && let Ok(found) = open.dir.stat(&entry.name)
            {
                entry.file_type = found.file_type;
            }
        }
        Ok(entries)
    }
}

/// Bytes of the host's memory that an entry takes.
fn cost(entry: &Entry) -> u64 {
    (size_of::<Entry>() + entry.name.len()) as u64
}

/// An entry as the guest gets it, with the position of the next one.
fn dirent(entry: &Entry, next: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DIRENT + entry.name.len());
    bytes.extend(next.to_le_bytes());
    bytes.extend(entry.inode.to_le_bytes());
    bytes.extend((entry.name.len() as u32).to_le_bytes());
    bytes.extend(u32::from(entry.file_type as u8).to_le_bytes());
    bytes.extend(&entry.name);
    bytes
}
