//! A file system in memory.

use std::collections::{BTreeMap, HashMap};
use std::io::IoSlice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, FileKind, Found, How, Whence};
use crate::errno::{Errno, Outcome};
use crate::types::{FileStat, FileType, SetTime, Times};

/// Bytes of a name at most.
const MAX_NAME: usize = 255;

/// Bytes that an entry is taken to cost beside its name and contents.
const ENTRY_COST: u64 = 256;

/// The root's number.
const ROOT: u64 = 1;

/// What [`FileStat::device`] says of files in memory, and of the next file system one more.
const DEVICE: u64 = u64::from_be_bytes(*b"memoryfs");

/// Directories and files in memory, for tests and for programs that should touch no disk.
///
/// A clone is another handle to the same files: keep one to look at what a guest has written.
///
/// ```
/// let files = herkos_wasi::MemoryFs::new(1 << 20);
/// assert!(files.write("in/numbers.txt", b"3 4 5"));
/// assert_eq!(files.read("in/numbers.txt").as_deref(), Some(b"3 4 5".as_slice()));
/// ```
#[derive(Clone, Debug)]
pub struct MemoryFs(Arc<Mutex<Tree>>);

#[derive(Debug)]
struct Tree {
    nodes: HashMap<u64, Node>,
    next: u64,
    used: u64,
    capacity: u64,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    /// Directory entries that name it.
    links: u64,
    /// Descriptors that have it open.
    handles: u64,
    /// Of a directory: the one that it is in.
    parent: u64,
    accessed: u64,
    modified: u64,
    changed: u64,
}

#[derive(Debug)]
enum Kind {
    Dir(BTreeMap<Vec<u8>, u64>),
    File(Vec<u8>),
    Link(Vec<u8>),
}

impl MemoryFs {
    /// An empty file system that holds up to `capacity` bytes, names and an overhead of 256 bytes an entry
    /// included.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let mut nodes = HashMap::new();
        // The root is never removed: no entry names it, and it counts as open.
        nodes.insert(ROOT, Node { handles: 1, ..Node::new(Kind::Dir(BTreeMap::new()), ROOT, 0) });
        Self(Arc::new(Mutex::new(Tree { nodes, next: ROOT + 1, used: 0, capacity })))
    }

    /// Writes a file, and makes the directories above it. `path` is names with `/` between them.
    /// Whether that was possible: no name may be `.`, `..` or over 255 bytes long, none before the last
    /// may be a file, and there must be room.
    #[must_use]
    pub fn write(&self, path: &str, contents: &[u8]) -> bool {
        self.put(path, contents).is_ok()
    }

    fn put(&self, path: &str, contents: &[u8]) -> Outcome {
        let mut tree = self.lock();
        let mut names: Vec<&[u8]> = parts(path).collect();
        let last = names.pop().ok_or(Errno::Inval)?;
        let mut here = ROOT;
        for name in names {
            here = match tree.lookup(here, name) {
                Ok(id) => id,
                Err(Errno::NoEnt) => tree.add(here, name, Kind::Dir(BTreeMap::new()), 0)?,
                Err(error) => return Err(error),
            };
        }
        let file = match tree.lookup(here, last) {
            Ok(id) => id,
            Err(Errno::NoEnt) => tree.add(here, last, Kind::File(Vec::new()), 0)?,
            Err(error) => return Err(error),
        };
        tree.resize(file, 0)?;
        tree.store(file, 0, contents)
    }

    /// Makes a directory, and those above it; whether that was possible.
    #[must_use]
    pub fn create_dir(&self, path: &str) -> bool {
        let mut tree = self.lock();
        let mut here = ROOT;
        for name in parts(path) {
            let next = match tree.lookup(here, name) {
                Ok(id) if matches!(tree.node(id).map(|node| &node.kind), Ok(Kind::Dir(_))) => {
                    Ok(id)
                }
                Ok(_) => return false,
                Err(_) => tree.add(here, name, Kind::Dir(BTreeMap::new()), 0),
            };
            match next {
                Ok(id) => here = id,
                Err(_) => return false,
            }
        }
        true
    }

    /// The contents of a file; none if there is no such file.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let tree = self.lock();
        let id = parts(path).try_fold(ROOT, |here, name| tree.lookup(here, name)).ok()?;
        match &tree.node(id).ok()?.kind {
            Kind::File(bytes) => Some(bytes.clone()),
            Kind::Dir(_) | Kind::Link(_) => None,
        }
    }

    /// Bytes in use, as counted against the capacity.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.lock().used
    }

    /// The root for a guest to whom this is the file system of that number.
    pub(crate) fn root(&self, writable: bool, number: usize) -> MemoryDir {
        let handle = Handle::new(self, &mut self.lock(), ROOT);
        MemoryDir { handle, writable, device: DEVICE.wrapping_add(number as u64) }
    }

    /// Whether both are handles to the same files.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn lock(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parts(path: &str) -> impl Iterator<Item = &[u8]> {
    path.split('/').filter(|name| !name.is_empty()).map(str::as_bytes)
}

impl Node {
    fn new(kind: Kind, parent: u64, now: u64) -> Self {
        Self { kind, links: 0, handles: 0, parent, accessed: now, modified: now, changed: now }
    }

    /// Bytes that count against the capacity.
    fn cost(&self) -> u64 {
        let contents = match &self.kind {
            Kind::File(bytes) | Kind::Link(bytes) => bytes.len() as u64,
            Kind::Dir(_) => 0,
        };
        contents + ENTRY_COST
    }

    fn set_times(&mut self, times: Times, now: u64) {
        for (time, place) in
            [(times.access, &mut self.accessed), (times.modification, &mut self.modified)]
        {
            match time {
                SetTime::Keep => {}
                SetTime::Now => *place = now,
                SetTime::To(to) => *place = to,
            }
        }
        self.changed = now;
    }
}

impl Tree {
    fn node(&self, id: u64) -> Result<&Node, Errno> {
        self.nodes.get(&id).ok_or(Errno::NoEnt)
    }

    fn node_mut(&mut self, id: u64) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&id).ok_or(Errno::NoEnt)
    }

    fn entries(&self, dir: u64) -> Result<&BTreeMap<Vec<u8>, u64>, Errno> {
        match &self.node(dir)?.kind {
            Kind::Dir(entries) => Ok(entries),
            Kind::File(_) | Kind::Link(_) => Err(Errno::NotDir),
        }
    }

    /// The entries of a directory that is about to change.
    fn entries_mut(&mut self, dir: u64, now: u64) -> Result<&mut BTreeMap<Vec<u8>, u64>, Errno> {
        let node = self.node_mut(dir)?;
        match &mut node.kind {
            Kind::Dir(entries) => {
                node.modified = now;
                node.changed = now;
                Ok(entries)
            }
            Kind::File(_) | Kind::Link(_) => Err(Errno::NotDir),
        }
    }

    fn lookup(&self, dir: u64, name: &[u8]) -> Result<u64, Errno> {
        if name.len() > MAX_NAME {
            return Err(Errno::NameTooLong);
        }
        self.entries(dir)?.get(name).copied().ok_or(Errno::NoEnt)
    }

    fn is_dir(&self, id: u64) -> bool {
        self.entries(id).is_ok()
    }

    /// Counts bytes against the capacity.
    fn charge(&mut self, bytes: u64) -> Outcome {
        match self.used.checked_add(bytes).filter(|used| *used <= self.capacity) {
            Some(used) => {
                self.used = used;
                Ok(())
            }
            None => Err(Errno::NoSpc),
        }
    }

    /// Names a node in a directory.
    fn enter(&mut self, dir: u64, name: &[u8], id: u64, now: u64) -> Outcome {
        if matches!(name, b"." | b"..") || name.len() > MAX_NAME {
            return Err(if name.len() > MAX_NAME { Errno::NameTooLong } else { Errno::Exist });
        }
        // A directory that is open but removed takes nothing any more.
        if dir != ROOT && self.node(dir)?.links == 0 {
            return Err(Errno::NoEnt);
        }
        self.charge(name.len() as u64)?;
        self.entries_mut(dir, now)?.insert(name.to_owned(), id);
        let node = self.node_mut(id)?;
        node.links += 1;
        node.changed = now;
        if matches!(node.kind, Kind::Dir(_)) {
            node.parent = dir;
        }
        Ok(())
    }

    /// Takes a name from a directory, and the node with it if that was the last.
    fn leave(&mut self, dir: u64, name: &[u8], now: u64) -> Outcome {
        let id = self.entries_mut(dir, now)?.remove(name).ok_or(Errno::NoEnt)?;
        self.used -= name.len() as u64;
        let node = self.node_mut(id)?;
        node.links -= 1;
        node.changed = now;
        self.collect(id);
        Ok(())
    }

    /// Drops a node that neither a name nor a descriptor leads to.
    fn collect(&mut self, id: u64) {
        if let Some(node) = self.nodes.get(&id)
            && node.links == 0
            && node.handles == 0
        {
            self.used -= node.cost();
            self.nodes.remove(&id);
        }
    }

    /// Makes a new node with a name.
    fn add(&mut self, dir: u64, name: &[u8], kind: Kind, now: u64) -> Result<u64, Errno> {
        let id = self.next;
        let node = Node::new(kind, dir, now);
        let cost = node.cost();
        self.charge(cost)?;
        self.next += 1;
        self.nodes.insert(id, node);
        match self.enter(dir, name, id, now) {
            Ok(()) => Ok(id),
            Err(error) => {
                self.collect(id);
                Err(error)
            }
        }
    }

    fn bytes(&self, file: u64) -> Result<&Vec<u8>, Errno> {
        match &self.node(file)?.kind {
            Kind::File(bytes) => Ok(bytes),
            Kind::Dir(_) => Err(Errno::IsDir),
            Kind::Link(_) => Err(Errno::Loop),
        }
    }

    fn bytes_mut(&mut self, file: u64) -> Result<&mut Vec<u8>, Errno> {
        match &mut self.node_mut(file)?.kind {
            Kind::File(bytes) => Ok(bytes),
            Kind::Dir(_) => Err(Errno::IsDir),
            Kind::Link(_) => Err(Errno::Loop),
        }
    }

    /// Makes a file as long as that; what is new is zero.
    fn resize(&mut self, file: u64, size: u64) -> Outcome {
        let old = self.bytes(file)?.len() as u64;
        let target = usize::try_from(size).map_err(|_| Errno::FBig)?;
        if size > old {
            self.charge(size - old)?;
            let bytes = self.bytes_mut(file)?;
            let additional = target - bytes.len();
            if bytes.try_reserve(additional).is_err() {
                self.used -= size - old;
                return Err(Errno::NoSpc);
            }
            bytes.resize(target, 0);
        } else {
            let bytes = self.bytes_mut(file)?;
            bytes.truncate(target);
            bytes.shrink_to_fit();
            self.used -= old - size;
        }
        Ok(())
    }

    /// Writes bytes into a file at a position; all of them or none.
    fn store(&mut self, file: u64, at: u64, from: &[u8]) -> Outcome {
        let end = at.checked_add(from.len() as u64).ok_or(Errno::FBig)?;
        if end > self.bytes(file)?.len() as u64 {
            self.resize(file, end)?;
        }
        let at = usize::try_from(at).map_err(|_| Errno::FBig)?;
        let place = self.bytes_mut(file)?.get_mut(at..).and_then(|rest| rest.get_mut(..from.len()));
        place.ok_or(Errno::Io)?.copy_from_slice(from);
        Ok(())
    }

    fn stat(&self, id: u64, device: u64) -> Result<FileStat, Errno> {
        let node = self.node(id)?;
        let (file_type, size) = match &node.kind {
            Kind::Dir(entries) => (FileType::Directory, entries.len()),
            Kind::File(bytes) => (FileType::RegularFile, bytes.len()),
            Kind::Link(target) => (FileType::SymbolicLink, target.len()),
        };
        Ok(FileStat {
            device,
            inode: id,
            file_type,
            links: node.links.max(u64::from(id == ROOT)),
            size: size as u64,
            accessed: node.accessed,
            modified: node.modified,
            changed: node.changed,
        })
    }

    fn rename(&mut self, from: (u64, &[u8]), to: (u64, &[u8]), now: u64) -> Outcome {
        let id = self.lookup(from.0, from.1)?;
        let there = match self.lookup(to.0, to.1) {
            Ok(other) if other == id => return Ok(()),
            Ok(other) => Some(other),
            Err(Errno::NoEnt) => None,
            Err(error) => return Err(error),
        };
        let is_dir = self.is_dir(id);
        if is_dir && self.is_inside(to.0, id) {
            return Err(Errno::Inval);
        }
        if let Some(other) = there {
            match self.entries(other) {
                Ok(_) if !is_dir => return Err(Errno::IsDir),
                Ok(entries) if !entries.is_empty() => return Err(Errno::NotEmpty),
                Err(_) if is_dir => return Err(Errno::NotDir),
                _ => {}
            }
        }
        // The target counts before the source goes, so that nothing is lost where there is no room.
        self.node_mut(id)?.links += 1;
        let moved = match there {
            Some(_) => self.leave(to.0, to.1, now),
            None => Ok(()),
        };
        let moved = moved.and_then(|()| self.enter(to.0, to.1, id, now));
        self.node_mut(id)?.links -= 1;
        moved?;
        self.leave(from.0, from.1, now)?;
        if is_dir {
            self.node_mut(id)?.parent = to.0;
        }
        Ok(())
    }

    /// Whether `dir` is `above`, or below it.
    fn is_inside(&self, dir: u64, above: u64) -> bool {
        let mut here = dir;
        // There are no more steps than nodes.
        for _ in 0..=self.nodes.len() {
            if here == above {
                return true;
            }
            match self.node(here) {
                Ok(node) if here != ROOT => here = node.parent,
                _ => return false,
            }
        }
        false
    }
}

/// A node that is open.
#[derive(Debug)]
struct Handle {
    fs: MemoryFs,
    id: u64,
}

impl Handle {
    fn new(fs: &MemoryFs, tree: &mut Tree, id: u64) -> Self {
        if let Some(node) = tree.nodes.get_mut(&id) {
            node.handles += 1;
        }
        Self { fs: fs.clone(), id }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(&self.fs, &mut self.fs.lock(), self.id)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut tree = self.fs.lock();
        if let Some(node) = tree.nodes.get_mut(&self.id) {
            node.handles -= 1;
        }
        tree.collect(self.id);
    }
}

/// A directory in memory.
#[derive(Clone, Debug)]
pub(crate) struct MemoryDir {
    handle: Handle,
    pub(crate) writable: bool,
    device: u64,
}

/// A file in memory, and the position in it.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    handle: Handle,
    position: u64,
    pub(crate) append: bool,
    device: u64,
}

impl MemoryDir {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.handle.fs.lock()
    }

    fn at(&self, tree: &mut Tree, id: u64) -> Self {
        let Self { writable, device, .. } = *self;
        Self { handle: Handle::new(&self.handle.fs, tree, id), writable, device }
    }

    pub(super) fn step(&self, name: &[u8]) -> Result<Self, Errno> {
        let mut tree = self.tree();
        let id = tree.lookup(self.handle.id, name)?;
        tree.entries(id)?;
        Ok(self.at(&mut tree, id))
    }

    pub(super) fn read_link(&self, name: &[u8]) -> Result<Vec<u8>, Errno> {
        let tree = self.tree();
        match &tree.node(tree.lookup(self.handle.id, name)?)?.kind {
            Kind::Link(target) => Ok(target.clone()),
            Kind::Dir(_) | Kind::File(_) => Err(Errno::Inval),
        }
    }

    pub(super) fn stat(&self, name: &[u8]) -> Result<FileStat, Errno> {
        let tree = self.tree();
        tree.stat(tree.lookup(self.handle.id, name)?, self.device)
    }

    pub(super) fn own_stat(&self) -> Result<FileStat, Errno> {
        self.tree().stat(self.handle.id, self.device)
    }

    pub(super) fn open(&self, name: &[u8], how: &How, now: u64) -> Result<Found, Errno> {
        let mut tree = self.tree();
        let id = match tree.lookup(self.handle.id, name) {
            Ok(_) if how.create && how.exclusive => return Err(Errno::Exist),
            Ok(id) => id,
            Err(Errno::NoEnt) if how.create => {
                tree.add(self.handle.id, name, Kind::File(Vec::new()), now)?
            }
            Err(error) => return Err(error),
        };
        match &tree.node(id)?.kind {
            Kind::Link(_) if how.directory => Err(Errno::NotDir),
            Kind::Link(_) => Err(Errno::Loop),
            Kind::Dir(_) if how.write || how.create || how.truncate => Err(Errno::IsDir),
            Kind::Dir(_) => Ok(Found::Dir(super::Dir::Memory(self.at(&mut tree, id)))),
            Kind::File(_) if how.directory => Err(Errno::NotDir),
            Kind::File(_) => {
                if how.truncate {
                    tree.resize(id, 0)?;
                    tree.node_mut(id)?.modified = now;
                }
                let handle = Handle::new(&self.handle.fs, &mut tree, id);
                let (append, device) = (how.flags.append, self.device);
                let file = MemoryFile { handle, position: 0, append, device };
                Ok(Found::File(FileKind::Memory(file)))
            }
        }
    }

    pub(super) fn list(&self, mut take: impl FnMut(Entry) -> bool) -> Outcome {
        let tree = self.tree();
        for (name, id) in tree.entries(self.handle.id)? {
            let file_type = tree.stat(*id, self.device)?.file_type;
            if !take(Entry { name: name.clone(), inode: *id, file_type }) {
                break;
            }
        }
        Ok(())
    }

    fn make(&self, name: &[u8], kind: Kind, now: u64) -> Outcome {
        let mut tree = self.tree();
        match tree.lookup(self.handle.id, name) {
            Ok(_) => Err(Errno::Exist),
            Err(Errno::NoEnt) => tree.add(self.handle.id, name, kind, now).map(drop),
            Err(error) => Err(error),
        }
    }

    pub(super) fn create_dir(&self, name: &[u8], now: u64) -> Outcome {
        self.make(name, Kind::Dir(BTreeMap::new()), now)
    }

    pub(super) fn symlink(&self, name: &[u8], target: &[u8], now: u64) -> Outcome {
        self.make(name, Kind::Link(target.to_owned()), now)
    }

    pub(super) fn remove_dir(&self, name: &[u8], now: u64) -> Outcome {
        let mut tree = self.tree();
        let id = tree.lookup(self.handle.id, name)?;
        if !tree.entries(id)?.is_empty() {
            return Err(Errno::NotEmpty);
        }
        tree.leave(self.handle.id, name, now)
    }

    pub(super) fn remove_file(&self, name: &[u8], now: u64) -> Outcome {
        let mut tree = self.tree();
        let id = tree.lookup(self.handle.id, name)?;
        if tree.is_dir(id) {
            return Err(Errno::IsDir);
        }
        tree.leave(self.handle.id, name, now)
    }

    pub(super) fn set_times(&self, name: &[u8], times: Times, now: u64) -> Outcome {
        let mut tree = self.tree();
        let id = tree.lookup(self.handle.id, name)?;
        tree.node_mut(id)?.set_times(times, now);
        Ok(())
    }

    pub(super) fn set_own_times(&self, times: Times, now: u64) -> Outcome {
        self.tree().node_mut(self.handle.id)?.set_times(times, now);
        Ok(())
    }

    pub(super) fn link(&self, name: &[u8], to: &Self, to_name: &[u8], now: u64) -> Outcome {
        if !self.handle.fs.is(&to.handle.fs) {
            return Err(Errno::XDev);
        }
        let mut tree = self.tree();
        let id = tree.lookup(self.handle.id, name)?;
        if tree.is_dir(id) {
            return Err(Errno::Perm);
        }
        match tree.lookup(to.handle.id, to_name) {
            Ok(_) => Err(Errno::Exist),
            Err(Errno::NoEnt) => tree.enter(to.handle.id, to_name, id, now),
            Err(error) => Err(error),
        }
    }

    pub(super) fn rename(&self, name: &[u8], to: &Self, to_name: &[u8], now: u64) -> Outcome {
        if !self.handle.fs.is(&to.handle.fs) {
            return Err(Errno::XDev);
        }
        self.tree().rename((self.handle.id, name), (to.handle.id, to_name), now)
    }
}

impl MemoryFile {
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.handle.fs.lock()
    }

    pub(super) fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let tree = self.tree();
        let bytes = tree.bytes(self.handle.id)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let from = bytes.get(start..).unwrap_or_default();
        let count = from.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..count), from.get(..count)) {
            into.copy_from_slice(from);
        }
        Ok(count)
    }

    /// Bytes between the position and the end.
    pub(crate) fn pending(&self) -> Result<u64, Errno> {
        let size = self.tree().bytes(self.handle.id)?.len() as u64;
        Ok(size.saturating_sub(self.position))
    }

    pub(super) fn read(&mut self, into: &mut [u8], now: u64) -> Result<usize, Errno> {
        let count = self.read_at(into, self.position)?;
        self.position += count as u64;
        self.tree().node_mut(self.handle.id)?.accessed = now;
        Ok(count)
    }

    pub(super) fn write_at(
        &self,
        from: &[IoSlice<'_>],
        offset: u64,
        now: u64,
    ) -> Result<usize, Errno> {
        let mut tree = self.tree();
        let mut done = 0;
        for slice in from {
            let at = offset.checked_add(done as u64).ok_or(Errno::FBig)?;
            match tree.store(self.handle.id, at, slice) {
                Ok(()) => done += slice.len(),
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        let node = tree.node_mut(self.handle.id)?;
        node.modified = now;
        node.changed = now;
        Ok(done)
    }

    pub(super) fn write(&mut self, from: &[IoSlice<'_>], now: u64) -> Result<usize, Errno> {
        if self.append {
            let end = self.tree().bytes(self.handle.id)?.len() as u64;
            self.position = end;
        }
        let count = self.write_at(from, self.position, now)?;
        self.position += count as u64;
        Ok(count)
    }

    pub(super) fn seek(&mut self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        let base = match whence {
            Whence::Start => 0,
            Whence::Current => self.position,
            Whence::End => self.tree().bytes(self.handle.id)?.len() as u64,
        };
        let position = base.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok());
        self.position = position.ok_or(Errno::Inval)?;
        Ok(self.position)
    }

    pub(super) fn stat(&self) -> Result<FileStat, Errno> {
        self.tree().stat(self.handle.id, self.device)
    }

    pub(super) fn set_size(&self, size: u64, now: u64) -> Outcome {
        let mut tree = self.tree();
        tree.resize(self.handle.id, size)?;
        let node = tree.node_mut(self.handle.id)?;
        node.modified = now;
        node.changed = now;
        Ok(())
    }

    pub(super) fn allocate(&self, offset: u64, length: u64, now: u64) -> Outcome {
        let end = offset.checked_add(length).ok_or(Errno::FBig)?;
        if end > self.tree().bytes(self.handle.id)?.len() as u64 {
            self.set_size(end, now)?;
        }
        Ok(())
    }

    pub(super) fn set_times(&self, times: Times, now: u64) -> Outcome {
        self.tree().node_mut(self.handle.id)?.set_times(times, now);
        Ok(())
    }
}
