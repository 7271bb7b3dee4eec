//! The guest's descriptors.

use std::net::{TcpListener, TcpStream};

use crate::errno::Errno;
use crate::fs::{Dir, Entry, File};
use crate::stdio::Stream;
use crate::types::{FdFlags, FileStat, FileType};

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Object {
    Dir(OpenDir),
    File(File),
    Stream(Stream),
    Connection(TcpStream),
    Listener(TcpListener),
}

/// A directory, and what belongs to it as a descriptor.
#[derive(Debug)]
pub(crate) struct OpenDir {
    pub(crate) dir: Dir,
    /// The guest's name for it, if it was there from the start.
    pub(crate) preopen: Option<Vec<u8>>,
    /// Its entries as they were when the guest began to read them.
    pub(crate) listing: Option<Vec<Entry>>,
}

impl OpenDir {
    pub(crate) fn new(dir: Dir, preopen: Option<Vec<u8>>) -> Self {
        Self { dir, preopen, listing: None }
    }
}

/// An open descriptor: an object, and what may be done with it.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    pub(crate) flags: FdFlags,
    /// Rights to the descriptor.
    pub(crate) base: u64,
    /// Rights that descriptors opened through it can have.
    pub(crate) inheriting: u64,
}

impl Descriptor {
    /// That all of these rights are there.
    pub(crate) fn check(&self, needed: u64) -> Result<(), Errno> {
        if self.base & needed == needed { Ok(()) } else { Err(Errno::NotCapable) }
    }

    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        match &self.object {
            Object::Dir(open) => open.dir.own_stat(),
            Object::File(file) => file.stat(),
            Object::Stream(stream) => stream.stat(),
            Object::Connection(_) | Object::Listener(_) => Ok(FileStat::of(FileType::SocketStream)),
        }
    }

    pub(crate) fn file_type(&self) -> Result<FileType, Errno> {
        match &self.object {
            Object::File(file) => Ok(file.file_type()),
            Object::Dir(_) => Ok(FileType::Directory),
            Object::Stream(_) | Object::Connection(_) | Object::Listener(_) => {
                self.stat().map(|found| found.file_type)
            }
        }
    }
}

/// All descriptors, by number.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Option<Descriptor>>,
    limit: usize,
}

impl Table {
    /// A table of at most `limit` descriptors.
    pub(crate) fn new(limit: usize) -> Self {
        Self { slots: Vec::new(), limit }
    }

    fn index(fd: i32) -> usize {
        usize::try_from(fd as u32).unwrap_or(usize::MAX)
    }

    pub(crate) fn get(&self, fd: i32) -> Result<&Descriptor, Errno> {
        self.slots.get(Self::index(fd)).and_then(Option::as_ref).ok_or(Errno::BadF)
    }

    pub(crate) fn get_mut(&mut self, fd: i32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(Self::index(fd)).and_then(Option::as_mut).ok_or(Errno::BadF)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Descriptor> {
        self.slots.iter().flatten()
    }

    /// That one more fits.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        if self.iter().count() < self.limit { Ok(()) } else { Err(Errno::MFile) }
    }

    /// Adds a descriptor at the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        self.check_room()?;
        let free = self.slots.iter().position(Option::is_none);
        let index = free.unwrap_or(self.slots.len());
        let number = u32::try_from(index).map_err(|_| Errno::MFile)?;
        match self.slots.get_mut(index) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(number)
    }

    pub(crate) fn close(&mut self, fd: i32) -> Result<(), Errno> {
        let slot = self.slots.get_mut(Self::index(fd)).ok_or(Errno::BadF)?;
        slot.take().map(drop).ok_or(Errno::BadF)
    }

    /// Moves a descriptor to the number of another, which is closed.
    pub(crate) fn renumber(&mut self, from: i32, to: i32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let moved = self.slots.get_mut(Self::index(from)).and_then(Option::take);
            if let Some(slot) = self.slots.get_mut(Self::index(to)) {
                *slot = moved;
            }
        }
        Ok(())
    }
}
