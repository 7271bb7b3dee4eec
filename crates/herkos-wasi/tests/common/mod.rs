//! A guest as the tests play it: a memory, and calls with Rust's types.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what panics here is a failed test")]
#![allow(dead_code, reason = "each test uses some of it")]

use herkos_wasi::{Access, Builder, Clocks, Errno, MemoryFs, Random, Wasi};

/// Where the guest puts paths, results and data.
pub const PATH: i32 = 0x1000;
pub const PATH2: i32 = 0x3000;
pub const RESULT: i32 = 0x100;
pub const LIST: i32 = 0x200;
pub const DATA: i32 = 0x8000;

pub const CREATE: i32 = 1;
pub const DIRECTORY: i32 = 2;
pub const EXCLUSIVE: i32 = 4;
pub const TRUNCATE: i32 = 8;
pub const FOLLOW: i32 = 1;
pub const READ: i64 = 1 << 1;
pub const WRITE: i64 = 1 << 6;
pub const ALL: i64 = -1;
pub const FILE_RIGHTS: i64 = 0x8e0_01ff;

pub const TYPE_DIRECTORY: u8 = 3;
pub const TYPE_FILE: u8 = 4;
pub const TYPE_LINK: u8 = 7;

/// A host and the guest's memory of 128 KiB.
pub struct Guest {
    pub wasi: Wasi,
    pub memory: Vec<u8>,
}

/// Name, type, inode, and the position of the next one.
pub type Entry = (String, u8, u64, i64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub device: u64,
    pub inode: u64,
    pub file_type: u8,
    pub links: u64,
    pub size: u64,
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

/// What a call returned, as Rust has it.
pub type Outcome<T = ()> = Result<T, i32>;

pub fn code(errno: Errno) -> i32 {
    i32::from(errno as u16)
}

/// A grant of everything that tests use but directories.
pub fn builder() -> Builder {
    Wasi::builder().args(["test"]).clocks(Clocks::real()).random(Random::seeded(1))
}

impl Guest {
    pub fn new(builder: Builder) -> Self {
        Self { wasi: builder.build().unwrap(), memory: vec![0; 128 << 10] }
    }

    /// One directory of the host's, as descriptor 3.
    pub fn in_dir(dir: &std::path::Path) -> Self {
        Self::new(builder().dir(dir, "/", Access::ReadWrite))
    }

    /// One directory in memory, as descriptor 3.
    pub fn in_memory(files: &MemoryFs) -> Self {
        Self::new(builder().memory_dir(files, "/", Access::ReadWrite))
    }

    fn put(&mut self, at: i32, bytes: &[u8]) -> (i32, i32) {
        let start = at as usize;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
        (at, bytes.len() as i32)
    }

    pub fn u32_at(&self, at: i32) -> u32 {
        u32::from_le_bytes(self.memory[at as usize..][..4].try_into().unwrap())
    }

    pub fn u64_at(&self, at: i32) -> u64 {
        u64::from_le_bytes(self.memory[at as usize..][..8].try_into().unwrap())
    }

    pub fn bytes(&self, at: i32, length: u32) -> &[u8] {
        &self.memory[at as usize..][..length as usize]
    }

    fn done(returned: herkos_runtime::WasmResult<i32>) -> Outcome {
        match returned {
            Ok(0) => Ok(()),
            Ok(errno) => Err(errno),
            Err(trap) => panic!("{trap}"),
        }
    }

    pub fn open(&mut self, fd: i32, path: &str, oflags: i32, rights: i64) -> Outcome<i32> {
        self.open_with(fd, path, 0, oflags, rights, 0)
    }

    pub fn open_with(
        &mut self,
        fd: i32,
        path: &str,
        lookup: i32,
        oflags: i32,
        rights: i64,
        flags: i32,
    ) -> Outcome<i32> {
        self.open_handing_on(fd, path, lookup, oflags, (rights, ALL), flags)
    }

    /// With both sets of rights: to the descriptor, and to what is opened through it.
    pub fn open_handing_on(
        &mut self,
        fd: i32,
        path: &str,
        lookup: i32,
        oflags: i32,
        (base, inheriting): (i64, i64),
        flags: i32,
    ) -> Outcome<i32> {
        let (at, length) = self.put(PATH, path.as_bytes());
        let Self { wasi, memory } = self;
        Self::done(
            wasi.path_open(memory, fd, lookup, at, length, oflags, base, inheriting, flags, RESULT),
        )?;
        Ok(self.u32_at(RESULT) as i32)
    }

    pub fn close(&mut self, fd: i32) -> Outcome {
        Self::done(self.wasi.fd_close(&mut self.memory, fd))
    }

    pub fn mkdir(&mut self, fd: i32, path: &str) -> Outcome {
        let (at, length) = self.put(PATH, path.as_bytes());
        Self::done(self.wasi.path_create_directory(&mut self.memory, fd, at, length))
    }

    pub fn rmdir(&mut self, fd: i32, path: &str) -> Outcome {
        let (at, length) = self.put(PATH, path.as_bytes());
        Self::done(self.wasi.path_remove_directory(&mut self.memory, fd, at, length))
    }

    pub fn unlink(&mut self, fd: i32, path: &str) -> Outcome {
        let (at, length) = self.put(PATH, path.as_bytes());
        Self::done(self.wasi.path_unlink_file(&mut self.memory, fd, at, length))
    }

    pub fn symlink(&mut self, target: &str, fd: i32, path: &str) -> Outcome {
        let target = self.put(PATH, target.as_bytes());
        let (at, length) = self.put(PATH2, path.as_bytes());
        Self::done(self.wasi.path_symlink(&mut self.memory, target.0, target.1, fd, at, length))
    }

    pub fn readlink(&mut self, fd: i32, path: &str, size: i32) -> Outcome<Vec<u8>> {
        let (at, length) = self.put(PATH, path.as_bytes());
        let Self { wasi, memory } = self;
        Self::done(wasi.path_readlink(memory, fd, at, length, DATA, size, RESULT))?;
        Ok(self.bytes(DATA, self.u32_at(RESULT)).to_vec())
    }

    pub fn link(&mut self, fd: i32, lookup: i32, path: &str, to: i32, to_path: &str) -> Outcome {
        let from = self.put(PATH, path.as_bytes());
        let (at, length) = self.put(PATH2, to_path.as_bytes());
        let Self { wasi, memory } = self;
        Self::done(wasi.path_link(memory, fd, lookup, from.0, from.1, to, at, length))
    }

    pub fn rename(&mut self, fd: i32, path: &str, to: i32, to_path: &str) -> Outcome {
        let from = self.put(PATH, path.as_bytes());
        let (at, length) = self.put(PATH2, to_path.as_bytes());
        Self::done(self.wasi.path_rename(&mut self.memory, fd, from.0, from.1, to, at, length))
    }

    fn stat_at(&self) -> Stat {
        let word = |index: i32| self.u64_at(RESULT + 8 * index);
        Stat {
            device: word(0),
            inode: word(1),
            file_type: word(2) as u8,
            links: word(3),
            size: word(4),
            accessed: word(5),
            modified: word(6),
            changed: word(7),
        }
    }

    pub fn stat(&mut self, fd: i32, lookup: i32, path: &str) -> Outcome<Stat> {
        let (at, length) = self.put(PATH, path.as_bytes());
        let Self { wasi, memory } = self;
        Self::done(wasi.path_filestat_get(memory, fd, lookup, at, length, RESULT))?;
        Ok(self.stat_at())
    }

    pub fn fstat(&mut self, fd: i32) -> Outcome<Stat> {
        Self::done(self.wasi.fd_filestat_get(&mut self.memory, fd, RESULT))?;
        Ok(self.stat_at())
    }

    pub fn set_times(
        &mut self,
        fd: i32,
        lookup: i32,
        path: &str,
        modified: u64,
        flags: i32,
    ) -> Outcome {
        let (at, length) = self.put(PATH, path.as_bytes());
        let Self { wasi, memory } = self;
        Self::done(wasi.path_filestat_set_times(
            memory,
            fd,
            lookup,
            at,
            length,
            0,
            modified as i64,
            flags,
        ))
    }

    pub fn set_fd_times(&mut self, fd: i32, modified: u64, flags: i32) -> Outcome {
        let Self { wasi, memory } = self;
        Self::done(wasi.fd_filestat_set_times(memory, fd, 0, modified as i64, flags))
    }

    /// Type, flags and both sets of rights.
    pub fn fdstat(&mut self, fd: i32) -> Outcome<(u8, u16, i64, i64)> {
        Self::done(self.wasi.fd_fdstat_get(&mut self.memory, fd, RESULT))?;
        let first = self.u64_at(RESULT);
        let rights = (self.u64_at(RESULT + 8) as i64, self.u64_at(RESULT + 16) as i64);
        Ok((first as u8, (first >> 16) as u16, rights.0, rights.1))
    }

    pub fn set_rights(&mut self, fd: i32, base: i64, inheriting: i64) -> Outcome {
        Self::done(self.wasi.fd_fdstat_set_rights(&mut self.memory, fd, base, inheriting))
    }

    pub fn set_flags(&mut self, fd: i32, flags: i32) -> Outcome {
        Self::done(self.wasi.fd_fdstat_set_flags(&mut self.memory, fd, flags))
    }

    /// Writes a list of buffers of these lengths, one after the other from [`DATA`] on.
    pub fn list(&mut self, lengths: &[u32]) -> i32 {
        let mut address = DATA;
        for (index, length) in lengths.iter().enumerate() {
            let at = LIST + 8 * index as i32;
            self.put(at, &address.to_le_bytes());
            self.put(at + 4, &length.to_le_bytes());
            address = address.wrapping_add(*length as i32);
        }
        lengths.len() as i32
    }

    pub fn write(&mut self, fd: i32, bytes: &[u8]) -> Outcome<u32> {
        self.put(DATA, bytes);
        let count = self.list(&[bytes.len() as u32]);
        Self::done(self.wasi.fd_write(&mut self.memory, fd, LIST, count, RESULT))?;
        Ok(self.u32_at(RESULT))
    }

    pub fn pwrite(&mut self, fd: i32, bytes: &[u8], offset: i64) -> Outcome<u32> {
        self.put(DATA, bytes);
        let count = self.list(&[bytes.len() as u32]);
        Self::done(self.wasi.fd_pwrite(&mut self.memory, fd, LIST, count, offset, RESULT))?;
        Ok(self.u32_at(RESULT))
    }

    pub fn read(&mut self, fd: i32, lengths: &[u32]) -> Outcome<Vec<u8>> {
        let count = self.list(lengths);
        Self::done(self.wasi.fd_read(&mut self.memory, fd, LIST, count, RESULT))?;
        Ok(self.bytes(DATA, self.u32_at(RESULT)).to_vec())
    }

    pub fn pread(&mut self, fd: i32, lengths: &[u32], offset: i64) -> Outcome<Vec<u8>> {
        let count = self.list(lengths);
        Self::done(self.wasi.fd_pread(&mut self.memory, fd, LIST, count, offset, RESULT))?;
        Ok(self.bytes(DATA, self.u32_at(RESULT)).to_vec())
    }

    pub fn seek(&mut self, fd: i32, offset: i64, whence: i32) -> Outcome<u64> {
        Self::done(self.wasi.fd_seek(&mut self.memory, fd, offset, whence, RESULT))?;
        Ok(self.u64_at(RESULT))
    }

    pub fn tell(&mut self, fd: i32) -> Outcome<u64> {
        Self::done(self.wasi.fd_tell(&mut self.memory, fd, RESULT))?;
        Ok(self.u64_at(RESULT))
    }

    pub fn set_size(&mut self, fd: i32, size: i64) -> Outcome {
        Self::done(self.wasi.fd_filestat_set_size(&mut self.memory, fd, size))
    }

    pub fn allocate(&mut self, fd: i32, offset: i64, length: i64) -> Outcome {
        Self::done(self.wasi.fd_allocate(&mut self.memory, fd, offset, length))
    }

    pub fn advise(&mut self, fd: i32, offset: i64, length: i64, advice: i32) -> Outcome {
        Self::done(self.wasi.fd_advise(&mut self.memory, fd, offset, length, advice))
    }

    pub fn renumber(&mut self, from: i32, to: i32) -> Outcome {
        Self::done(self.wasi.fd_renumber(&mut self.memory, from, to))
    }

    /// One call: the entries with type, inode and position of the next, and the bytes used.
    pub fn readdir(&mut self, fd: i32, size: i32, cookie: i64) -> Outcome<(Vec<Entry>, u32)> {
        let Self { wasi, memory } = self;
        Self::done(wasi.fd_readdir(memory, fd, DATA, size, cookie, RESULT))?;
        let used = self.u32_at(RESULT);
        let mut rest = self.bytes(DATA, used);
        let mut entries = Vec::new();
        while rest.len() >= 24 {
            let word = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().unwrap());
            let length = word(16) as u32 as usize;
            let Some(name) = rest.get(24..24 + length) else { break };
            let name = String::from_utf8_lossy(name).into_owned();
            entries.push((name, (word(16) >> 32) as u8, word(8), word(0) as i64));
            rest = &rest[24 + length..];
        }
        Ok((entries, used))
    }

    /// Makes a file with these contents.
    pub fn file(&mut self, fd: i32, path: &str, contents: &[u8]) {
        let file = self.open(fd, path, CREATE | TRUNCATE, WRITE).unwrap();
        assert_eq!(self.write(file, contents), Ok(contents.len() as u32));
        self.close(file).unwrap();
    }

    /// The contents of a file.
    pub fn contents(&mut self, fd: i32, path: &str) -> Outcome<Vec<u8>> {
        let file = self.open(fd, path, 0, READ)?;
        let bytes = self.read(file, &[65536]);
        self.close(file)?;
        bytes
    }
}

/// That a call failed with this number.
#[track_caller]
pub fn is<T: std::fmt::Debug>(outcome: Outcome<T>, errno: Errno) {
    assert_eq!(outcome.err(), Some(code(errno)), "{errno:?} is expected");
}

/// Runs a test with a directory of the host's, and with one in memory.
pub fn in_both(test: impl Fn(&mut Guest)) {
    let dir = tempfile::tempdir().unwrap();
    test(&mut Guest::in_dir(dir.path()));
    test(&mut Guest::in_memory(&MemoryFs::new(1 << 24)));
}
