//! What the official testsuite asks of preview 1, scenario by scenario, each with the rights that it asks for: in a
//! directory that is made in the one that was granted, and that has to be empty in the end.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use std::collections::BTreeSet;

use common::*;
use herkos_wasi::Errno;

/// Rights, as far as they are not in `common`.
mod right {
    pub const SEEK: i64 = 1 << 2;
    pub const SET_FLAGS: i64 = 1 << 3;
    pub const SYNC: i64 = 1 << 4;
    pub const TELL: i64 = 1 << 5;
    pub const ADVISE: i64 = 1 << 7;
    pub const ALLOCATE: i64 = 1 << 8;
    pub const CREATE_DIRECTORY: i64 = 1 << 9;
    pub const CREATE_FILE: i64 = 1 << 10;
    pub const LINK_SOURCE: i64 = 1 << 11;
    pub const LINK_TARGET: i64 = 1 << 12;
    pub const OPEN: i64 = 1 << 13;
    pub const READDIR: i64 = 1 << 14;
    pub const READLINK: i64 = 1 << 15;
    pub const RENAME_SOURCE: i64 = 1 << 16;
    pub const RENAME_TARGET: i64 = 1 << 17;
    pub const PATH_STAT: i64 = 1 << 18;
    pub const PATH_SET_SIZE: i64 = 1 << 19;
    pub const PATH_SET_TIMES: i64 = 1 << 20;
    pub const STAT: i64 = 1 << 21;
    pub const SET_SIZE: i64 = 1 << 22;
    pub const SET_TIMES: i64 = 1 << 23;
    pub const SYMLINK: i64 = 1 << 24;
    pub const REMOVE_DIRECTORY: i64 = 1 << 25;
    pub const UNLINK: i64 = 1 << 26;
}
use right::*;

/// What the suite asks for when it opens its directory.
const BASE: i64 = STAT
    | READDIR
    | CREATE_FILE
    | CREATE_DIRECTORY
    | REMOVE_DIRECTORY
    | OPEN
    | UNLINK
    | LINK_SOURCE
    | LINK_TARGET
    | READLINK
    | RENAME_SOURCE
    | RENAME_TARGET
    | PATH_STAT
    | PATH_SET_SIZE
    | PATH_SET_TIMES
    | SYMLINK;

/// And what that is to hand on.
const INHERITING: i64 = READ
    | WRITE
    | READDIR
    | STAT
    | SEEK
    | LINK_SOURCE
    | LINK_TARGET
    | OPEN
    | UNLINK
    | PATH_STAT
    | SET_FLAGS
    | SYNC
    | TELL
    | ADVISE
    | ALLOCATE
    | SET_SIZE
    | SET_TIMES;

/// Runs a scenario in both kinds of directories.
fn scenario(test: impl Fn(&mut Guest, i32)) {
    in_both(|guest| {
        let (_, _, base, inheriting) = guest.fdstat(3).unwrap();
        let root = guest.open_handing_on(3, ".", 0, DIRECTORY, (base, inheriting), 0).unwrap();
        assert!(root > 3);
        guest.mkdir(root, "scratch").unwrap();
        let rights = (BASE, INHERITING);
        let dir = guest.open_handing_on(root, "scratch", 0, DIRECTORY, rights, 0).unwrap();
        assert_eq!(guest.fdstat(dir).unwrap(), (TYPE_DIRECTORY, 0, BASE, INHERITING));
        test(guest, dir);
        guest.close(dir).unwrap();
        guest.rmdir(root, "scratch").unwrap();
    });
}

/// Opens with rights to the descriptor alone.
fn open(guest: &mut Guest, dir: i32, path: &str, oflags: i32, rights: i64) -> Outcome<i32> {
    guest.open_handing_on(dir, path, 0, oflags, (rights, 0), 0)
}

fn follow(guest: &mut Guest, dir: i32, path: &str, oflags: i32) -> Outcome<i32> {
    guest.open_handing_on(dir, path, FOLLOW, oflags, (0, 0), 0)
}

/// Opens something without any rights, and closes it.
fn touch(guest: &mut Guest, dir: i32, path: &str, oflags: i32) {
    let file = open(guest, dir, path, oflags, 0).unwrap();
    assert!(file > 2);
    guest.close(file).unwrap();
}

fn create(guest: &mut Guest, dir: i32, path: &str) {
    touch(guest, dir, path, CREATE);
}

#[test]
fn close_preopen() {
    scenario(|guest, dir| {
        guest.close(3).unwrap();
        assert_eq!(guest.fdstat(dir).unwrap().0, TYPE_DIRECTORY);
        is(guest.fdstat(3), Errno::BadF);
    });
}

#[test]
fn overwrite_preopen() {
    scenario(|guest, dir| {
        let before = guest.fstat(dir).unwrap();
        let other = open(guest, dir, ".", DIRECTORY, STAT).unwrap();
        guest.renumber(other, 3).unwrap();
        let after = guest.fstat(3).unwrap();
        assert_eq!((before.device, before.inode), (after.device, after.inode));
        is(guest.fdstat(other), Errno::BadF);
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_prestat_get(memory, 3, RESULT), Ok(code(Errno::BadF)));
        guest.close(3).unwrap();
    });
}

#[test]
fn dangling_fd() {
    scenario(|guest, dir| {
        for _ in 0..2 {
            create(guest, dir, "file");
            touch(guest, dir, "file", 0);
            guest.unlink(dir, "file").unwrap();
            guest.mkdir(dir, "sub").unwrap();
            touch(guest, dir, "sub", DIRECTORY);
            guest.rmdir(dir, "sub").unwrap();
        }
        // And with the descriptors still open.
        create(guest, dir, "file");
        let file = open(guest, dir, "file", 0, STAT).unwrap();
        guest.unlink(dir, "file").unwrap();
        create(guest, dir, "file");
        assert_ne!(guest.fstat(file).unwrap().inode, guest.stat(dir, 0, "file").unwrap().inode);
        guest.unlink(dir, "file").unwrap();
        guest.mkdir(dir, "sub").unwrap();
        let sub = open(guest, 3, "scratch/sub", DIRECTORY, BASE).unwrap();
        guest.rmdir(dir, "sub").unwrap();
        is(open(guest, sub, "file", CREATE, 0), Errno::NoEnt);
        guest.mkdir(dir, "sub").unwrap();
        guest.rmdir(dir, "sub").unwrap();
        guest.close(sub).unwrap();
        guest.close(file).unwrap();
    });
}

#[test]
fn dangling_symlink_and_symlink_loop() {
    scenario(|guest, dir| {
        guest.symlink("target", dir, "link").unwrap();
        is(open(guest, dir, "link", DIRECTORY, 0), Errno::NotDir);
        is(open(guest, dir, "link", 0, 0), Errno::Loop);
        guest.unlink(dir, "link").unwrap();
        guest.symlink("link", dir, "link").unwrap();
        is(open(guest, dir, "link", 0, 0), Errno::Loop);
        is(follow(guest, dir, "link", 0), Errno::Loop);
        guest.unlink(dir, "link").unwrap();
    });
}

#[test]
fn directory_seek() {
    scenario(|guest, dir| {
        guest.mkdir(dir, "sub").unwrap();
        let sub = open(guest, dir, "sub", DIRECTORY, SEEK).unwrap();
        is(guest.seek(sub, 0, 1), Errno::NotCapable);
        let (file_type, _, base, _) = guest.fdstat(sub).unwrap();
        assert_eq!((file_type, base & SEEK), (TYPE_DIRECTORY, 0));
        guest.close(sub).unwrap();
        guest.rmdir(dir, "sub").unwrap();
    });
}

#[test]
fn fd_advise_and_file_allocate() {
    scenario(|guest, dir| {
        let rights = READ | WRITE | ADVISE | STAT | SET_SIZE | ALLOCATE;
        let file = open(guest, dir, "file", CREATE, rights).unwrap();
        let size = |guest: &mut Guest| guest.fstat(file).unwrap().size;
        assert_eq!(size(guest), 0);
        guest.set_size(file, 100).unwrap();
        assert_eq!(size(guest), 100);
        for advice in 0..6 {
            guest.advise(file, 10, 50, advice).unwrap();
        }
        assert_eq!(size(guest), 100);
        for (offset, length, expected) in [(100, 100, 200), (10, 10, 200), (190, 20, 210)] {
            guest.allocate(file, offset, length).unwrap();
            assert_eq!(size(guest), expected);
        }
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn fd_fdstat_set_rights() {
    scenario(|guest, dir| {
        let rights = READ | WRITE | SEEK | TELL;
        let file = open(guest, dir, "file", CREATE, rights).unwrap();
        assert_eq!(guest.write(file, &[0, 1, 2, 3]), Ok(4));
        assert_eq!(guest.seek(file, 0, 0), Ok(0));
        assert_eq!(guest.read(file, &[4]).unwrap(), [0, 1, 2, 3]);
        let (_, _, base, inheriting) = guest.fdstat(file).unwrap();
        assert_eq!((base, inheriting), (rights, 0));
        guest.set_rights(file, base, inheriting).unwrap();
        guest.set_rights(file, base & !(READ | WRITE), inheriting).unwrap();
        assert_eq!(guest.fdstat(file).unwrap().2, SEEK | TELL);
        is(guest.read(file, &[4]), Errno::NotCapable);
        is(guest.write(file, &[4]), Errno::NotCapable);
        is(guest.set_rights(file, rights, rights), Errno::NotCapable);
        is(guest.set_rights(file, SEEK, READ), Errno::NotCapable);
        assert_eq!(guest.fdstat(file).unwrap().2, SEEK | TELL);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn rights_come_from_the_directory() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        guest.mkdir(dir, "sub").unwrap();
        let (_, _, directory, _) = guest.fdstat(3).unwrap();
        let file = guest.open_handing_on(dir, "file", 0, 0, (ALL, ALL), 0).unwrap();
        assert_eq!(guest.fdstat(file), Ok((TYPE_FILE, 0, INHERITING & FILE_RIGHTS, INHERITING)));
        let rights = (ALL & !WRITE, ALL);
        let sub = guest.open_handing_on(dir, "sub", 0, DIRECTORY, rights, 0).unwrap();
        let base = INHERITING & directory;
        assert_eq!(guest.fdstat(sub), Ok((TYPE_DIRECTORY, 0, base, INHERITING)));
        for (inheriting, expected) in [(ALL & !SEEK, READ), (ALL & !(SEEK | TELL), READ)] {
            guest.set_rights(dir, BASE, INHERITING & inheriting).unwrap();
            let other = open(guest, dir, "file", 0, READ | SEEK).unwrap();
            assert_eq!(guest.fdstat(other).unwrap().2, expected);
            is(guest.seek(other, 0, 0), Errno::NotCapable);
            guest.close(other).unwrap();
        }
        guest.close(file).unwrap();
        guest.close(sub).unwrap();
        guest.unlink(dir, "file").unwrap();
        guest.rmdir(dir, "sub").unwrap();
    });
}

#[test]
fn path_open_read_without_rights() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        guest.set_rights(dir, BASE, INHERITING & !READ).unwrap();
        let file = open(guest, dir, "file", 0, 0).unwrap();
        let (_, _, base, inheriting) = guest.fdstat(file).unwrap();
        assert_eq!((base, inheriting), (0, 0));
        is(guest.read(file, &[1]), Errno::NotCapable);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn fd_filestat_set_and_fstflags_validate() {
    scenario(|guest, dir| {
        let rights = READ | WRITE | STAT | SET_SIZE | SET_TIMES;
        let file = open(guest, dir, "file", CREATE, rights).unwrap();
        assert_eq!(guest.fstat(file).unwrap().size, 0);
        guest.set_size(file, 100).unwrap();
        let before = guest.fstat(file).unwrap();
        let time = before.modified - 100;
        guest.set_fd_times(file, time, 4).unwrap();
        let after = guest.fstat(file).unwrap();
        assert_eq!((after.size, after.modified), (100, time));
        assert_eq!(after.accessed, before.accessed);
        is(guest.set_fd_times(file, 200, 12), Errno::Inval);
        is(guest.set_fd_times(file, 200, 3), Errno::Inval);
        assert_eq!(guest.fstat(file), Ok(after));
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn fd_flags_set() {
    scenario(|guest, dir| {
        let rights = (READ | WRITE | SEEK | TELL | SET_FLAGS, 0);
        let file = guest.open_handing_on(dir, "file", 0, CREATE, rights, 1).unwrap();
        for (byte, offset) in [(0, 0), (1, 100)] {
            guest.seek(file, 0, 0).unwrap();
            assert_eq!(guest.write(file, &[byte; 100]), Ok(100));
            guest.seek(file, offset, 0).unwrap();
            assert_eq!(guest.read(file, &[100]).unwrap(), [byte; 100]);
        }
        guest.set_flags(file, 0).unwrap();
        guest.seek(file, 0, 0).unwrap();
        assert_eq!(guest.write(file, &[2; 100]), Ok(100));
        guest.seek(file, 0, 0).unwrap();
        assert_eq!(guest.read(file, &[100]).unwrap(), [2; 100]);
        guest.close(file).unwrap();
        assert_eq!(guest.stat(dir, 0, "file").unwrap().size, 200);
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn pwrite_with_append() {
    scenario(|guest, dir| {
        let rights = (READ | WRITE | SEEK | TELL | SET_FLAGS, 0);
        let file = guest.open_handing_on(dir, "file", 0, CREATE | TRUNCATE, rights, 1).unwrap();
        assert_eq!(guest.write(file, b"ab"), Ok(2));
        assert_eq!(guest.seek(file, 0, 0), Ok(0));
        assert_eq!(guest.write(file, b"cd"), Ok(2));
        assert_eq!(guest.seek(file, 0, 1), Ok(4));
        // At the offset, and the position stays.
        assert_eq!(guest.pwrite(file, b"xyz", 0), Ok(3));
        assert_eq!(guest.seek(file, 0, 1), Ok(4));
        assert_eq!(guest.seek(file, 0, 2), Ok(4));
        assert_eq!(guest.pread(file, &[10], 0).unwrap(), b"xyzd");
        // It still appends, and does so after the flag was taken away and set again.
        guest.seek(file, 0, 0).unwrap();
        guest.write(file, b"e").unwrap();
        guest.set_flags(file, 0).unwrap();
        guest.pwrite(file, b"0", 0).unwrap();
        guest.set_flags(file, 1).unwrap();
        guest.pwrite(file, b"1", 1).unwrap();
        guest.seek(file, 0, 0).unwrap();
        guest.write(file, b"f").unwrap();
        assert_eq!(guest.pread(file, &[10], 0).unwrap(), b"01zdef");
        assert_eq!(guest.fdstat(file).unwrap().1, 1);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn fd_readdir() {
    scenario(|guest, dir| {
        let own = guest.fstat(dir).unwrap().inode;
        let empty = |guest: &mut Guest, fd, inode| {
            let (entries, used) = guest.readdir(fd, 256, 0).unwrap();
            assert!(used < 256 && entries.len() == 2);
            assert_eq!((entries[0].0.as_str(), entries[0].1), (".", TYPE_DIRECTORY));
            assert_eq!((entries[1].0.as_str(), entries[1].1), ("..", TYPE_DIRECTORY));
            assert_eq!(entries[0].2, inode);
        };
        empty(guest, dir, own);
        let rights = READ | WRITE | READDIR | STAT;
        let file = open(guest, dir, "file", CREATE, rights).unwrap();
        let inode = guest.fstat(file).unwrap().inode;
        guest.close(file).unwrap();
        guest.mkdir(dir, "nested").unwrap();
        let nested = open(guest, dir, "nested", 0, READDIR | STAT).unwrap();
        let inner = guest.fstat(nested).unwrap().inode;
        let (entries, used) = guest.readdir(dir, 256, 0).unwrap();
        assert!(used < 256 && entries.len() == 4);
        let found: BTreeSet<_> =
            entries.iter().skip(2).map(|entry| (entry.0.as_str(), entry.1, entry.2)).collect();
        let expected = [("file", TYPE_FILE, inode), ("nested", TYPE_DIRECTORY, inner)];
        assert_eq!(found, BTreeSet::from(expected));
        for (index, entry) in entries.iter().enumerate() {
            let (rest, used) = guest.readdir(dir, 256, entry.3).unwrap();
            assert!(used < 256);
            assert_eq!(rest, entries[index + 1..]);
        }
        empty(guest, nested, inner);
        guest.close(nested).unwrap();
        guest.unlink(dir, "file").unwrap();
        guest.rmdir(dir, "nested").unwrap();

        for number in 0..1000 {
            create(guest, dir, &format!("file.{number}"));
        }
        let (mut total, mut cookie) = (0, 0);
        loop {
            let (entries, used) = guest.readdir(dir, 256, cookie).unwrap();
            total += entries.len();
            if used < 256 {
                break;
            }
            cookie = entries.last().unwrap().3;
        }
        assert_eq!(total, 1002);
        for number in 0..1000 {
            guest.unlink(dir, &format!("file.{number}")).unwrap();
        }

        // A buffer may end within a character; one that is large enough has it all.
        let name = "Действие";
        create(guest, dir, name);
        let needed = 24 + 1 + 24 + 2 + 24 + name.len() as i32;
        for size in 0..=needed {
            let (entries, used) = guest.readdir(dir, size, 0).unwrap();
            assert_eq!(used, size as u32);
            assert_eq!(entries.iter().any(|entry| entry.0 == name), size == needed);
        }
        guest.unlink(dir, name).unwrap();
    });
}

#[test]
fn file_pread_pwrite() {
    scenario(|guest, dir| {
        let file = open(guest, dir, "file", CREATE, READ | SEEK | WRITE).unwrap();
        assert_eq!(guest.pwrite(file, &[0, 1, 2, 3], 0), Ok(4));
        assert_eq!(guest.pread(file, &[4], 0).unwrap(), [0, 1, 2, 3]);
        assert_eq!(guest.pread(file, &[2, 2], 0).unwrap(), [0, 1, 2, 3]);
        assert_eq!(guest.pread(file, &[2, 2], 4).unwrap(), []);
        guest.memory[DATA as usize..][..4].copy_from_slice(&[0, 1, 2, 3]);
        let count = guest.list(&[2, 2]);
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_pwrite(memory, file, LIST, count, 0, RESULT), Ok(0));
        assert_eq!(guest.u32_at(RESULT), 4);
        assert_eq!(guest.pread(file, &[4], 2).unwrap(), [2, 3]);
        assert_eq!(guest.pwrite(file, &[1, 0], 2), Ok(2));
        assert_eq!(guest.pread(file, &[4], 0).unwrap(), [0, 1, 1, 0]);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn file_seek_tell() {
    scenario(|guest, dir| {
        let file = open(guest, dir, "file", CREATE, READ | WRITE | SEEK | TELL).unwrap();
        assert_eq!(guest.tell(file), Ok(0));
        assert_eq!(guest.write(file, &[0; 100]), Ok(100));
        assert_eq!(guest.tell(file), Ok(100));
        assert_eq!(guest.seek(file, -50, 1), Ok(50));
        assert_eq!(guest.seek(file, 0, 0), Ok(0));
        assert_eq!(guest.seek(file, 1000, 1), Ok(1000));
        is(guest.seek(file, -2000, 1), Errno::Inval);
        assert_eq!(guest.seek(file, 0, 0), Ok(0));
        assert_eq!(guest.read(file, &[100]).unwrap().len(), 100);
        assert_eq!(guest.tell(file), Ok(100));
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn file_truncation_and_unbuffered_write() {
    scenario(|guest, dir| {
        let file = open(guest, dir, "file", CREATE, WRITE).unwrap();
        assert_eq!(guest.write(file, b"this goes away"), Ok(14));
        guest.close(file).unwrap();
        let file = open(guest, dir, "file", CREATE | TRUNCATE, READ | WRITE).unwrap();
        assert_eq!(guest.read(file, &[100]).unwrap(), b"");
        let reader = open(guest, dir, "file", 0, READ).unwrap();
        let writer = open(guest, dir, "file", 0, WRITE).unwrap();
        assert_eq!(guest.write(writer, b"x"), Ok(1));
        assert_eq!(guest.read(reader, &[1]).unwrap(), b"x");
        for fd in [file, reader, writer] {
            guest.close(fd).unwrap();
        }
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn interesting_paths() {
    scenario(|guest, dir| {
        guest.mkdir(dir, "dir").unwrap();
        guest.mkdir(dir, "dir/nested").unwrap();
        create(guest, dir, "dir/nested/file");
        is(open(guest, dir, "/dir/nested/file", 0, 0), Errno::Perm);
        touch(guest, dir, "dir/.//nested/../../dir/nested/../nested///./file", 0);
        is(open(guest, dir, "dir/nested/file\0", 0, 0), Errno::Inval);
        is(open(guest, dir, "dir/nested/file/", 0, 0), Errno::NotDir);
        is(open(guest, dir, "dir/nested/file///", 0, 0), Errno::NotDir);
        touch(guest, dir, "dir/nested/", 0);
        touch(guest, dir, "dir/nested///", 0);
        is(open(guest, dir, "dir/nested/../../../scratch/dir/nested/file", 0, 0), Errno::Perm);
        guest.unlink(dir, "dir/nested/file").unwrap();
        guest.rmdir(dir, "dir/nested").unwrap();
        guest.rmdir(dir, "dir").unwrap();
    });
}

#[test]
fn nofollow_errors() {
    scenario(|guest, dir| {
        guest.mkdir(dir, "target").unwrap();
        guest.symlink("target", dir, "link").unwrap();
        is(open(guest, dir, "link", DIRECTORY, 0), Errno::NotDir);
        is(open(guest, dir, "link", 0, 0), Errno::Loop);
        let target = follow(guest, dir, "link", DIRECTORY).unwrap();
        guest.close(target).unwrap();
        guest.unlink(dir, "link").unwrap();
        guest.rmdir(dir, "target").unwrap();
        create(guest, dir, "target");
        guest.symlink("target", dir, "link").unwrap();
        is(open(guest, dir, "link", DIRECTORY, 0), Errno::NotDir);
        is(open(guest, dir, "link", 0, 0), Errno::Loop);
        is(follow(guest, dir, "link", DIRECTORY), Errno::NotDir);
        guest.unlink(dir, "target").unwrap();
        guest.unlink(dir, "link").unwrap();
    });
}

#[test]
fn path_exists() {
    scenario(|guest, dir| {
        guest.mkdir(dir, "sub").unwrap();
        create(guest, dir, "sub/file");
        guest.symlink("sub/file", dir, "link1").unwrap();
        guest.symlink("sub", dir, "link2").unwrap();
        for (path, lookup, expected) in [
            ("sub", 0, TYPE_DIRECTORY),
            ("sub", FOLLOW, TYPE_DIRECTORY),
            ("sub/file", 0, TYPE_FILE),
            ("sub/file", FOLLOW, TYPE_FILE),
            ("link1", 0, TYPE_LINK),
            ("link1", FOLLOW, TYPE_FILE),
            ("link2", 0, TYPE_LINK),
            ("link2", FOLLOW, TYPE_DIRECTORY),
        ] {
            assert_eq!(guest.stat(dir, lookup, path).unwrap().file_type, expected, "{path}");
        }
        for path in ["link1", "link2", "sub/file"] {
            guest.unlink(dir, path).unwrap();
        }
        guest.rmdir(dir, "sub").unwrap();
    });
}

#[test]
fn path_filestat() {
    scenario(|guest, dir| {
        let rights = (READ | WRITE | PATH_STAT, 0);
        let file = guest.open_handing_on(dir, "file", 0, CREATE, rights, 1 | 16).unwrap();
        assert_eq!(guest.fdstat(file).unwrap().1, 1 | 16);
        let before = guest.stat(dir, 0, "file").unwrap();
        assert_eq!(before.size, 0);
        let time = before.modified - 100;
        guest.set_times(dir, 0, "file", time, 4).unwrap();
        assert_eq!(guest.stat(dir, 0, "file").unwrap().modified, time);
        is(guest.set_times(dir, 0, "file", time, 12), Errno::Inval);
        is(guest.set_times(dir, 0, "file", 0, 3), Errno::Inval);
        assert_eq!(guest.stat(dir, 0, "file").unwrap().modified, time);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn path_link() {
    scenario(|guest, dir| {
        let all = READ | LINK_SOURCE | LINK_TARGET | STAT | OPEN | UNLINK;
        let open_all = |guest: &mut Guest, fd, path, oflags| {
            guest.open_handing_on(fd, path, 0, oflags, (all, all), 0).unwrap()
        };
        let same = |guest: &mut Guest, a, b| {
            assert_eq!(guest.fstat(a), guest.fstat(b));
            assert_eq!(guest.fdstat(a), guest.fdstat(b));
        };
        let file = open_all(guest, dir, "file", CREATE);
        guest.link(dir, 0, "file", dir, "link").unwrap();
        let link = open_all(guest, dir, "link", 0);
        same(guest, file, link);
        guest.close(link).unwrap();
        guest.unlink(dir, "link").unwrap();
        guest.mkdir(dir, "sub").unwrap();
        let sub = open_all(guest, dir, "sub", DIRECTORY);
        guest.link(dir, 0, "file", sub, "link").unwrap();
        let link = open_all(guest, sub, "link", 0);
        same(guest, file, link);
        guest.close(link).unwrap();
        guest.close(file).unwrap();
        guest.unlink(sub, "link").unwrap();
        guest.close(sub).unwrap();
        guest.rmdir(dir, "sub").unwrap();
        create(guest, dir, "link");
        is(guest.link(dir, 0, "file", dir, "link"), Errno::Exist);
        guest.unlink(dir, "link").unwrap();
        is(guest.link(dir, 0, "file", dir, "file"), Errno::Exist);
        guest.mkdir(dir, "link").unwrap();
        is(guest.link(dir, 0, "file", dir, "link"), Errno::Exist);
        is(guest.link(dir, 0, "link", dir, "new"), Errno::Perm);
        guest.rmdir(dir, "link").unwrap();
        is(guest.link(dir, 0, "file", dir, "link/"), Errno::NoEnt);
        for target in ["target", "link"] {
            guest.symlink(target, dir, "link").unwrap();
            guest.link(dir, 0, "link", dir, "new").unwrap();
            guest.unlink(dir, "link").unwrap();
            guest.unlink(dir, "new").unwrap();
        }
        guest.symlink("target", dir, "link").unwrap();
        is(guest.link(dir, 0, "file", dir, "link"), Errno::Exist);
        is(guest.link(dir, FOLLOW, "link", dir, "new"), Errno::NoEnt);
        guest.unlink(dir, "link").unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn path_open_outcomes() {
    scenario(|guest, dir| {
        is(open(guest, dir, "file", 0, 0), Errno::NoEnt);
        create(guest, dir, "file");
        is(open(guest, dir, "file", CREATE | EXCLUSIVE, 0), Errno::Exist);
        let file = open(guest, dir, "file", CREATE, 0).unwrap();
        is(open(guest, file, "foo", CREATE, 0), Errno::NotDir);
        // No terminal: C asks for the type.
        assert_eq!(guest.fdstat(file).unwrap(), (TYPE_FILE, 0, 0, 0));
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
        let own = guest.open_handing_on(dir, ".", 0, 0, (0, 0), 4).unwrap();
        guest.close(own).unwrap();
    });
}

#[test]
fn path_open_lots() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        for number in 0..4000 {
            let file = open(guest, dir, "file", 0, READ | WRITE | SEEK).unwrap();
            let at = number / 1000;
            assert_eq!(guest.pwrite(file, b"xyz", at), Ok(3));
            assert_eq!(guest.read(file, &[100]).unwrap().len() as i64, at + 3);
            guest.close(file).unwrap();
        }
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn path_open_preopen() {
    in_both(|guest| {
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_prestat_get(memory, 3, RESULT), Ok(0));
        assert_eq!(guest.u64_at(RESULT), 1 << 32);
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_prestat_dir_name(memory, 3, DATA, 0), Ok(code(Errno::NameTooLong)));
        assert_eq!(wasi.fd_prestat_dir_name(memory, 3, DATA, 2), Ok(0));
        assert_eq!(guest.bytes(DATA, 1), b"/");
        let (_, _, base, inheriting) = guest.fdstat(3).unwrap();
        let expected = BASE & !PATH_SET_SIZE | SET_TIMES;
        assert_eq!(base & expected, expected);
        let expected = expected | INHERITING | 1 | 1 << 27;
        assert_eq!(inheriting & expected, expected);
        for (oflags, base, inheriting) in
            [(0, base, inheriting), (0, 0, 0), (DIRECTORY, 0, 0), (DIRECTORY, READ, 0)]
        {
            let dir = guest.open_handing_on(3, ".", 0, oflags, (base, inheriting), 0).unwrap();
            guest.close(dir).unwrap();
        }
        is(open(guest, 3, ".", DIRECTORY, READ | WRITE), Errno::IsDir);
    });
}

#[test]
fn path_open_read_write() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        let file = open(guest, dir, "file", 0, READ).unwrap();
        assert_eq!(guest.fdstat(file).unwrap().2 & (READ | WRITE), READ);
        assert_eq!(guest.read(file, &[100]).unwrap(), b"");
        is(guest.write(file, &[1; 50]), Errno::NotCapable);
        guest.close(file).unwrap();
        let file = open(guest, dir, "file", 0, WRITE).unwrap();
        assert_eq!(guest.fdstat(file).unwrap().2 & (READ | WRITE | READDIR), WRITE);
        is(guest.read(file, &[100]), Errno::NotCapable);
        assert_eq!(guest.write(file, &[1; 50]), Ok(50));
        guest.close(file).unwrap();
        let file = open(guest, dir, "file", 0, READ | WRITE | STAT).unwrap();
        assert_eq!(guest.read(file, &[100]).unwrap(), [1; 50]);
        assert_eq!(guest.write(file, &[2; 25]), Ok(25));
        assert_eq!(guest.fstat(file).unwrap().size, 75);
        guest.close(file).unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn path_rename() {
    scenario(|guest, dir| {
        for there in [false, true] {
            guest.mkdir(dir, "source").unwrap();
            if there {
                guest.mkdir(dir, "target").unwrap();
            }
            guest.rename(dir, "source", dir, "target").unwrap();
            is(open(guest, dir, "source", DIRECTORY, 0), Errno::NoEnt);
            touch(guest, dir, "target", DIRECTORY);
            guest.rmdir(dir, "target").unwrap();
        }
        guest.mkdir(dir, "source").unwrap();
        guest.mkdir(dir, "target").unwrap();
        create(guest, dir, "target/file");
        is(guest.rename(dir, "source", dir, "target"), Errno::NotEmpty);
        is(guest.rename(dir, "source", dir, "target/file"), Errno::NotDir);
        guest.unlink(dir, "target/file").unwrap();
        guest.rmdir(dir, "source").unwrap();
        guest.rmdir(dir, "target").unwrap();
        for there in [false, true] {
            create(guest, dir, "source");
            if there {
                create(guest, dir, "target");
            }
            guest.rename(dir, "source", dir, "target").unwrap();
            is(open(guest, dir, "source", 0, 0), Errno::NoEnt);
            touch(guest, dir, "target", 0);
            guest.unlink(dir, "target").unwrap();
        }
        create(guest, dir, "source");
        guest.mkdir(dir, "target").unwrap();
        is(guest.rename(dir, "source", dir, "target"), Errno::IsDir);
        guest.rmdir(dir, "target").unwrap();
        guest.unlink(dir, "source").unwrap();
    });
}

#[test]
fn path_rename_trailing_slashes() {
    scenario(|guest, dir| {
        guest.mkdir(dir, "source").unwrap();
        for (from, to) in [
            ("source/", "target"),
            ("target", "source/"),
            ("source/", "target/"),
            ("target", "source"),
        ] {
            guest.rename(dir, from, dir, to).unwrap();
        }
        guest.rmdir(dir, "source").unwrap();
        create(guest, dir, "source");
        for (from, to) in [("source/", "target"), ("source", "target/"), ("source/", "target/")] {
            is(guest.rename(dir, from, dir, to), Errno::NotDir);
        }
        guest.unlink(dir, "source").unwrap();
    });
}

#[test]
fn path_symlink_trailing_slashes() {
    scenario(|guest, dir| {
        is(guest.symlink("source", dir, "target/"), Errno::NoEnt);
        guest.symlink("source", dir, "target").unwrap();
        guest.unlink(dir, "target").unwrap();
        guest.mkdir(dir, "target").unwrap();
        is(guest.symlink("source", dir, "target/"), Errno::Exist);
        is(guest.symlink("source", dir, "target"), Errno::Exist);
        guest.rmdir(dir, "target").unwrap();
        create(guest, dir, "target");
        is(guest.symlink("source", dir, "target/"), Errno::NotDir);
        is(guest.symlink("source", dir, "target"), Errno::Exist);
        guest.unlink(dir, "target").unwrap();
    });
}

#[test]
fn readlink() {
    scenario(|guest, dir| {
        create(guest, dir, "target");
        guest.symlink("target", dir, "link").unwrap();
        guest.memory[DATA as usize..][..12].fill(0);
        assert_eq!(guest.readlink(dir, "link", 10).unwrap(), b"target");
        assert_eq!(guest.bytes(DATA + 6, 4), [0; 4]);
        assert_eq!(guest.readlink(dir, "link", 4).unwrap(), b"targ");
        assert_eq!(guest.readlink(dir, "link", 0).unwrap(), b"");
        guest.unlink(dir, "target").unwrap();
        guest.unlink(dir, "link").unwrap();
    });
}

#[test]
fn removing() {
    scenario(|guest, dir| {
        for path in ["dir", "dir/"] {
            guest.mkdir(dir, "dir").unwrap();
            is(guest.unlink(dir, path), Errno::IsDir);
            guest.rmdir(dir, path).unwrap();
        }
        create(guest, dir, "file");
        is(guest.rmdir(dir, "file"), Errno::NotDir);
        is(guest.rmdir(dir, "file/"), Errno::NotDir);
        is(guest.unlink(dir, "file/"), Errno::NotDir);
        guest.unlink(dir, "file").unwrap();
        guest.mkdir(dir, "dir").unwrap();
        guest.mkdir(dir, "dir/nested").unwrap();
        is(guest.rmdir(dir, "dir"), Errno::NotEmpty);
        guest.rmdir(dir, "dir/nested").unwrap();
        guest.rmdir(dir, "dir").unwrap();
    });
}

#[test]
fn renumber() {
    scenario(|guest, dir| {
        let from = open(guest, dir, "file1", CREATE, READ | WRITE).unwrap();
        let to = open(guest, dir, "file2", CREATE, READ | WRITE).unwrap();
        let before = guest.fdstat(from).unwrap();
        guest.renumber(from, to).unwrap();
        is(guest.close(from), Errno::BadF);
        assert_eq!(guest.fdstat(to), Ok(before));
        is(guest.renumber(to, from), Errno::BadF);
        guest.close(to).unwrap();
        guest.unlink(dir, "file1").unwrap();
        guest.unlink(dir, "file2").unwrap();
    });
}

#[test]
fn stdio() {
    scenario(|guest, dir| {
        for stream in 0..3 {
            let file = open(guest, dir, "file", CREATE, 0).unwrap();
            guest.renumber(stream, file).unwrap();
            guest.fdstat(file).unwrap();
            is(guest.fdstat(stream), Errno::BadF);
            guest.unlink(dir, "file").unwrap();
        }
    });
}

#[test]
fn symlink_create() {
    scenario(|guest, dir| {
        create(guest, dir, "target");
        guest.symlink("target", dir, "link").unwrap();
        let file = follow(guest, dir, "link", 0).unwrap();
        guest.close(file).unwrap();
        guest.unlink(dir, "target").unwrap();
        guest.mkdir(dir, "target").unwrap();
        let sub = follow(guest, dir, "link", DIRECTORY).unwrap();
        guest.close(sub).unwrap();
        guest.unlink(dir, "link").unwrap();
        guest.rmdir(dir, "target").unwrap();
        is(guest.symlink("/", dir, "link"), Errno::Perm);
    });
}

#[test]
fn symlink_filestat() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        guest.symlink("file", dir, "link").unwrap();
        let (file, link) =
            (guest.stat(dir, 0, "file").unwrap(), guest.stat(dir, 0, "link").unwrap());
        guest.set_times(dir, 0, "link", link.modified - 200, 4).unwrap();
        assert_eq!(guest.stat(dir, 0, "link").unwrap().modified, link.modified - 200);
        assert_eq!(guest.stat(dir, 0, "file").unwrap().modified, file.modified);
        assert_eq!(guest.stat(dir, FOLLOW, "link").unwrap().modified, file.modified);
        guest.set_times(dir, FOLLOW, "link", link.modified, 4).unwrap();
        assert_eq!(guest.stat(dir, 0, "file").unwrap().modified, link.modified);
        guest.unlink(dir, "link").unwrap();
        guest.unlink(dir, "file").unwrap();
    });
}

#[test]
fn truncation_rights() {
    scenario(|guest, dir| {
        create(guest, dir, "file");
        assert_eq!(guest.fdstat(dir).unwrap().2 & SET_SIZE, 0);
        touch(guest, dir, "file", TRUNCATE);
        guest.set_rights(dir, BASE, INHERITING & !SET_SIZE).unwrap();
        touch(guest, dir, "file", TRUNCATE);
        let (base, inheriting) = (BASE & !PATH_SET_SIZE, INHERITING & !SET_SIZE);
        guest.set_rights(dir, base, inheriting).unwrap();
        assert_eq!(guest.fdstat(dir).unwrap().2, base);
        is(open(guest, dir, "file", TRUNCATE, 0), Errno::NotCapable);
        guest.unlink(dir, "file").unwrap();
    });
}
