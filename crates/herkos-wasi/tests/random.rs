//! Random calls with random arguments: no panic, and nothing outside of what was granted.
//!
//! `HERKOS_WASI_CALLS` is the number of calls, 50,000 if it is not set.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::*;
use herkos_wasi::{
    Access, Capture, Clocks, FUNCTIONS, Limits, MemoryFs, Random, Stdin, Stdout, Wasi,
};

/// Xorshift: the same calls each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number as guests like them: small, or at an edge, or anything.
    fn number(&mut self) -> i64 {
        match self.below(12) {
            0 => self.next() as i64,
            1 => i64::from(self.next() as i32),
            2 => -1,
            3 => i64::MAX,
            4 => i64::MIN,
            5 => i64::from(i32::MIN),
            6 => (128 << 10) - self.below(80) as i64,
            7 => i64::from(1u32 << self.below(31)),
            _ => self.below(16) as i64,
        }
    }

    fn fd(&mut self) -> i32 {
        match self.below(20) {
            0 => self.number() as i32,
            1..4 => self.below(24) as i32,
            4..8 => 6 + self.below(6) as i32,
            _ => self.below(6) as i32,
        }
    }

    /// An address: mostly where something is, sometimes anywhere.
    fn address(&mut self) -> i32 {
        match self.below(30) {
            0 => self.number() as i32,
            1 => self.below(128 << 10) as i32,
            _ => {
                [PATH, PATH2, LIST, RESULT, DATA][self.below(5) as usize]
                    + 64 * self.below(8) as i32
            }
        }
    }

    fn small(&mut self, bound: u64) -> i32 {
        match self.below(20) {
            0 => self.number() as i32,
            _ => self.below(bound) as i32,
        }
    }

    fn rights(&mut self) -> i64 {
        match self.below(4) {
            0 => self.next() as i64,
            1 => ALL,
            _ => ALL & !(READ | WRITE) | self.next() as i64 & (READ | WRITE),
        }
    }

    /// Mostly one that was granted, and whose name a path can follow.
    fn dir(&mut self) -> i32 {
        match self.below(8) {
            0 => self.fd(),
            _ => 3 + self.below(3) as i32,
        }
    }

    fn oflags(&mut self) -> i32 {
        match self.below(8) {
            0 => self.small(17),
            1 => TRUNCATE,
            2 => DIRECTORY,
            3 | 4 => CREATE,
            _ => 0,
        }
    }

    fn path(&mut self) -> String {
        const SIMPLE: &[&str] = &["a", "b", "c", "dir", "link", "dir/a", "dir/b", "link/a", "."];
        if self.below(3) > 0 {
            return SIMPLE[self.below(SIMPLE.len() as u64) as usize].to_owned();
        }
        const NAMES: &[&str] = &[
            "a", "b", "c", "dir", "link", "..", ".", "", "é", "out", "x\0y", "a/b", "../..", "/",
            "abs",
        ];
        let names: Vec<&str> = (0..1 + self.below(4))
            .map(|_| NAMES[self.below(NAMES.len() as u64) as usize])
            .collect();
        names.join("/")
    }
}

/// Puts paths, buffers and subscriptions where calls look for them.
fn prepare(guest: &mut Guest, dice: &mut Dice) -> (i32, i32) {
    let mut lengths = [0; 2];
    for (at, length) in [PATH, PATH2].into_iter().zip(&mut lengths) {
        let path = dice.path();
        guest.memory[at as usize..][..path.len()].copy_from_slice(path.as_bytes());
        *length = path.len() as i32;
    }
    for index in 0..8 {
        let at = (LIST + 8 * index) as usize;
        let (address, length) = (dice.address(), dice.small(300));
        guest.memory[at..at + 4].copy_from_slice(&address.to_le_bytes());
        guest.memory[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
    }
    for index in 0..4_usize {
        let at = DATA as usize + 48 * index;
        guest.memory[at..at + 48].fill(0);
        guest.memory[at + 8] = dice.below(4) as u8;
        guest.memory[at + 16] = dice.below(10) as u8;
        guest.memory[at + 24] = dice.below(256) as u8;
        guest.memory[at + 40] = dice.below(3) as u8;
    }
    (lengths[0], lengths[1])
}

/// Makes a call; the name of the function, if it was successful.
fn call(guest: &mut Guest, dice: &mut Dice) -> Option<&'static str> {
    let (len, len2) = prepare(guest, dice);
    let len = if dice.below(20) == 0 { dice.number() as i32 } else { len };
    let (path, path2) = match dice.below(20) {
        0 => (dice.address(), dice.address()),
        _ => (PATH, PATH2),
    };
    let d = dice;
    let Guest { wasi: w, memory } = guest;
    let m = memory.as_mut_slice();
    let function = match d.below(6) {
        0 => FUNCTIONS.iter().find(|function| function.name == "path_open").unwrap(),
        _ => &FUNCTIONS[d.below(FUNCTIONS.len() as u64) as usize],
    };
    let path_call = function.name.starts_with("path_");
    let (fd, fd2) = if path_call { (d.dir(), d.dir()) } else { (d.fd(), d.fd()) };
    let result = d.address();
    let returned = match function.name {
        "args_get" => w.args_get(m, d.address(), d.address()),
        "args_sizes_get" => w.args_sizes_get(m, d.address(), d.address()),
        "environ_get" => w.environ_get(m, d.address(), d.address()),
        "environ_sizes_get" => w.environ_sizes_get(m, d.address(), d.address()),
        "clock_res_get" => w.clock_res_get(m, d.small(5), result),
        "clock_time_get" => w.clock_time_get(m, d.small(5), d.number(), result),
        "fd_advise" => w.fd_advise(m, fd, d.number(), d.number(), d.small(7)),
        "fd_allocate" => w.fd_allocate(m, fd, d.number(), d.number()),
        "fd_close" if d.below(2) == 0 => Ok(1),
        "fd_close" if d.below(30) > 0 => w.fd_close(m, fd.max(6)),
        "fd_close" => w.fd_close(m, fd),
        "fd_datasync" => w.fd_datasync(m, fd),
        "fd_fdstat_get" => w.fd_fdstat_get(m, fd, result),
        "fd_fdstat_set_flags" => w.fd_fdstat_set_flags(m, fd, d.small(33)),
        "fd_fdstat_set_rights" if d.below(10) > 0 => Ok(1),
        "fd_fdstat_set_rights" if d.below(2) > 0 => {
            let rights = d.rights() & (READ | WRITE);
            w.fd_fdstat_set_rights(m, fd.max(6), rights, 0)
        }
        "fd_fdstat_set_rights" => w.fd_fdstat_set_rights(m, fd, d.rights(), d.rights()),
        "fd_filestat_get" => w.fd_filestat_get(m, fd, result),
        "fd_filestat_set_size" => w.fd_filestat_set_size(m, fd, d.number()),
        "fd_filestat_set_times" => {
            w.fd_filestat_set_times(m, fd, d.number(), d.number(), d.small(17))
        }
        "fd_pread" => w.fd_pread(m, fd, LIST, d.small(9), d.number(), result),
        "fd_prestat_get" => w.fd_prestat_get(m, fd, result),
        "fd_prestat_dir_name" => w.fd_prestat_dir_name(m, fd, d.address(), d.small(9)),
        "fd_pwrite" => w.fd_pwrite(m, fd, LIST, d.small(9), d.number(), result),
        "fd_read" => w.fd_read(m, fd, LIST, d.small(9), result),
        "fd_readdir" => {
            let cookie = if d.below(2) == 0 { 0 } else { d.number() };
            w.fd_readdir(m, fd, d.address(), d.small(500), cookie, result)
        }
        "fd_renumber" if d.below(30) > 0 => w.fd_renumber(m, fd.max(6), fd2.max(6)),
        "fd_renumber" => w.fd_renumber(m, fd, fd2),
        "fd_seek" => w.fd_seek(m, fd, d.number(), d.small(4), result),
        "fd_sync" => w.fd_sync(m, fd),
        "fd_tell" => w.fd_tell(m, fd, result),
        "fd_write" => w.fd_write(m, fd, LIST, d.small(9), result),
        "path_create_directory" => w.path_create_directory(m, fd, path, len),
        "path_filestat_get" => w.path_filestat_get(m, fd, d.small(3), path, len, result),
        "path_filestat_set_times" => {
            let (accessed, modified) = (d.number(), d.number());
            w.path_filestat_set_times(m, fd, d.small(3), path, len, accessed, modified, d.small(17))
        }
        "path_link" => w.path_link(m, fd, d.small(3), path, len, fd2, path2, len2),
        "path_open" => {
            let (lookup, oflags) = (d.small(2), d.oflags());
            let (base, inheriting) = (d.rights(), d.rights());
            let flags = if d.below(2) == 0 { 0 } else { d.small(33) };
            w.path_open(m, fd, lookup, path, len, oflags, base, inheriting, flags, result)
        }
        "path_readlink" => w.path_readlink(m, fd, path, len, d.address(), d.small(99), result),
        "path_remove_directory" => w.path_remove_directory(m, fd, path, len),
        "path_rename" => w.path_rename(m, fd, path, len, fd2, path2, len2),
        "path_symlink" => w.path_symlink(m, path, len, fd, path2, len2),
        "path_unlink_file" => w.path_unlink_file(m, fd, path, len),
        "poll_oneoff" => w.poll_oneoff(m, DATA, PATH, d.small(5), result),
        "proc_exit" => w.proc_exit(m, d.number() as i32).map(|()| 0),
        "proc_raise" => w.proc_raise(m, d.small(33)),
        "sched_yield" => w.sched_yield(m),
        "random_get" => w.random_get(m, d.address(), d.small(100)),
        "sock_accept" => w.sock_accept(m, fd, d.small(33), result),
        "sock_recv" => w.sock_recv(m, fd, LIST, d.small(9), d.small(4), result, d.address()),
        "sock_send" => w.sock_send(m, fd, LIST, d.small(9), d.small(2), result),
        "sock_shutdown" => w.sock_shutdown(m, fd, d.small(5)),
        name => unreachable!("{name} is not called"),
    };
    (returned == Ok(0)).then_some(function.name)
}

/// Bytes of memory that this process has had at most.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// It is not known here.
#[cfg(not(target_os = "linux"))]
fn peak() -> u64 {
    0
}

#[test]
fn random_calls() {
    let calls: u64 =
        std::env::var("HERKOS_WASI_CALLS").map_or(50_000, |calls| calls.parse().unwrap());
    let world = tempfile::tempdir().unwrap();
    let at = |path: &str| world.path().join(path);
    fs::create_dir_all(at("in")).unwrap();
    fs::create_dir_all(at("read/a")).unwrap();
    fs::create_dir_all(at("out")).unwrap();
    fs::write(at("out/a"), b"secret").unwrap();
    fs::write(at("read/a/b"), b"constant").unwrap();
    std::os::unix::fs::symlink("../out", at("in/out")).unwrap();
    std::os::unix::fs::symlink(at("out"), at("in/abs")).unwrap();
    std::os::unix::fs::symlink("../out", at("read/out")).unwrap();
    let files = MemoryFs::new(1 << 20);
    let mut limits = Limits::default();
    limits.open_files = 40;
    limits.written = 1 << 24;
    let builder = |seed| {
        Wasi::builder()
            .args(["program", "argument"])
            .env("NAME", "value")
            .dir(at("in"), "/in", Access::ReadWrite)
            .dir(at("read"), "/read", Access::ReadOnly)
            .memory_dir(&files, "/memory", Access::ReadWrite)
            .stdin(Stdin::bytes(vec![1; 1000]))
            .stdout(Stdout::capture(&Capture::new(1 << 16)))
            .clocks(Clocks::fixed(seed, 1))
            .random(Random::seeded(seed))
            .limits(limits)
    };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut guest = Guest::new(builder(1));
    let mut successful: BTreeMap<&str, u64> = BTreeMap::new();
    let before = peak();
    for number in 0..calls {
        if number % 500 == 0 {
            guest = Guest::new(builder(number));
        }
        if let Some(name) = call(&mut guest, &mut dice) {
            *successful.entry(name).or_default() += 1;
        }
    }
    // No call takes more than the limits say: 1 MiB of files, 64 KiB of output, and what calls hold for a moment.
    assert!(peak() - before < 16 << 20, "{} bytes", peak() - before);
    for function in FUNCTIONS.iter().filter(|function| !function.name.starts_with("sock_")) {
        let name = function.name;
        assert!(name == "proc_exit" || successful.contains_key(name), "{name}: {successful:?}");
    }
    assert!(files.used() <= 1 << 20);
    assert_eq!(fs::read(at("out/a")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(at("out")).unwrap().count(), 1);
    assert_eq!(fs::read(at("read/a/b")).unwrap(), b"constant");
    assert_eq!(fs::read_dir(at("read")).unwrap().count(), 2);
    assert_eq!(fs::read_dir(world.path()).unwrap().count(), 3);
}
