//! What calls on files and paths do, on the host's files and in memory: numbers, rights, cookies, flags, times.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use common::*;
use herkos_wasi::{Access, Errno, MemoryFs};

#[test]
fn descriptors_take_the_lowest_number_and_are_gone_when_closed() {
    in_both(|guest| {
        let first = guest.open(3, "a", CREATE, 0).unwrap();
        assert_eq!(first, 4);
        assert_eq!(guest.open(3, "b", CREATE, 0), Ok(5));
        guest.close(4).unwrap();
        is(guest.close(4), Errno::BadF);
        is(guest.fdstat(4), Errno::BadF);
        assert_eq!(guest.open(3, "a", 0, 0), Ok(4));
        is(guest.close(-1), Errno::BadF);
        is(guest.close(i32::MAX), Errno::BadF);
        guest.close(3).unwrap();
        assert_eq!(guest.fdstat(5).map(|stat| stat.0), Ok(TYPE_FILE));
    });
}

#[test]
fn renumbering_moves_a_descriptor() {
    in_both(|guest| {
        let from = guest.open(3, "one", CREATE, READ | WRITE).unwrap();
        let to = guest.open(3, "two", CREATE, READ).unwrap();
        let stat = guest.fdstat(from).unwrap();
        guest.renumber(from, to).unwrap();
        is(guest.close(from), Errno::BadF);
        assert_eq!(guest.fdstat(to), Ok(stat));
        is(guest.renumber(to, from), Errno::BadF);
        is(guest.renumber(from, to), Errno::BadF);
        guest.renumber(to, to).unwrap();
        assert_eq!(guest.fdstat(to), Ok(stat));
        // A directory that was granted, and the standard streams, are descriptors like others.
        guest.renumber(1, to).unwrap();
        is(guest.write(1, b"x"), Errno::BadF);
        assert_eq!(guest.write(to, b"x"), Ok(1));
        let dir = guest.open(3, ".", DIRECTORY, ALL & !(READ | WRITE)).unwrap();
        let before = guest.fstat(dir).unwrap();
        guest.renumber(dir, 3).unwrap();
        assert_eq!(guest.fstat(3).unwrap().inode, before.inode);
        is(guest.fstat(dir), Errno::BadF);
    });
}

#[test]
fn rights_are_asked_for_and_only_get_fewer() {
    in_both(|guest| {
        let (_, _, base, inheriting) = guest.fdstat(3).unwrap();
        assert_eq!(base & (READ | WRITE | 4 | 1 << 22), 0, "none of a file's");
        assert_eq!(inheriting & FILE_RIGHTS, FILE_RIGHTS);
        assert_eq!(inheriting & base, base);

        let file = guest.open(3, "file", CREATE, READ | WRITE | 1 << 2 | 1 << 5).unwrap();
        guest.write(file, b"abcd").unwrap();
        guest.seek(file, 0, 0).unwrap();
        assert_eq!(guest.read(file, &[10]).unwrap(), b"abcd");
        let (_, _, base, inheriting) = guest.fdstat(file).unwrap();
        assert_eq!(base, READ | WRITE | 1 << 2 | 1 << 5);
        guest.set_rights(file, base & !(READ | WRITE), inheriting).unwrap();
        is(guest.read(file, &[1]), Errno::NotCapable);
        is(guest.write(file, b"x"), Errno::NotCapable);
        is(guest.set_rights(file, base, inheriting), Errno::NotCapable);
        is(guest.fstat(file), Errno::NotCapable);
        assert_eq!(guest.seek(file, 0, 0), Ok(0));

        let file = guest.open(3, "file", 0, READ).unwrap();
        is(guest.write(file, b"x"), Errno::NotCapable);
        is(guest.pread(file, &[1], 0), Errno::NotCapable);
        let file = guest.open(3, "file", 0, WRITE).unwrap();
        is(guest.read(file, &[1]), Errno::NotCapable);
        is(guest.tell(file), Errno::NotCapable);
        is(guest.pwrite(file, b"x", 0), Errno::NotCapable);

        // What a directory does not hand on can't be had through it.
        guest.mkdir(3, "dir").unwrap();
        let dir = guest.open(3, "dir", DIRECTORY, ALL & !(READ | WRITE)).unwrap();
        let (_, flags, base, inheriting) = guest.fdstat(dir).unwrap();
        assert_eq!(flags, 0);
        guest.set_rights(dir, base, inheriting & !WRITE).unwrap();
        is(guest.open(dir, "x", CREATE, WRITE), Errno::NotCapable);
        guest.open(dir, "x", CREATE, READ).unwrap();
        // Truncating is a right of the directory.
        guest.open(dir, "x", TRUNCATE, 0).unwrap();
        guest.set_rights(dir, base & !(1 << 19), inheriting & !WRITE).unwrap();
        is(guest.open(dir, "x", TRUNCATE, 0), Errno::NotCapable);
        guest.set_rights(dir, base & !(1 << 10), inheriting & !WRITE).err().unwrap();
        guest.set_rights(dir, base & !(1 << 19 | 1 << 10), 0).unwrap();
        is(guest.open(dir, "y", CREATE, 0), Errno::NotCapable);
        guest.open(dir, "x", 0, 0).unwrap();
        guest.set_rights(dir, 0, 0).unwrap();
        is(guest.open(dir, "x", 0, 0), Errno::NotCapable);
        is(guest.mkdir(dir, "d"), Errno::NotCapable);
        is(guest.stat(dir, 0, "x"), Errno::NotCapable);
        is(guest.readdir(dir, 100, 0), Errno::NotCapable);
    });
}

#[test]
fn directories_are_no_files() {
    in_both(|guest| {
        for dir in [3, guest.open(3, ".", 0, ALL & !(READ | WRITE)).unwrap()] {
            is(guest.read(dir, &[1]), Errno::NotCapable);
            is(guest.pread(dir, &[1], 0), Errno::NotCapable);
            is(guest.write(dir, b"x"), Errno::NotCapable);
            is(guest.pwrite(dir, b"x", 0), Errno::NotCapable);
            is(guest.seek(dir, 0, 1), Errno::NotCapable);
            is(guest.tell(dir), Errno::NotCapable);
            is(guest.allocate(dir, 0, 1), Errno::NotCapable);
            is(guest.set_size(dir, 0), Errno::NotCapable);
            assert_eq!(guest.fstat(dir).unwrap().file_type, TYPE_DIRECTORY);
        }
        let (_, _, base, _) = guest.fdstat(3).unwrap();
        guest.open(3, ".", 0, base).unwrap();
        guest.open(3, ".", DIRECTORY, READ).unwrap();
        guest.open_with(3, ".", 0, 0, 0, 4).unwrap();
        is(guest.open(3, ".", DIRECTORY, READ | WRITE), Errno::IsDir);
        guest.mkdir(3, "dir").unwrap();
        is(guest.open(3, "dir", DIRECTORY, WRITE), Errno::IsDir);
        is(guest.open(3, "dir", CREATE, 0), Errno::IsDir);
        is(guest.open(3, "dir", CREATE | EXCLUSIVE, 0), Errno::Exist);
        is(guest.open(3, "dir/", CREATE, 0), Errno::IsDir);
        is(guest.open(3, "dir", CREATE | DIRECTORY, 0), Errno::Inval);
        is(guest.open(3, "dir", TRUNCATE, 0), Errno::IsDir);
        let dir = guest.open(3, "dir", DIRECTORY, 4 | 1 << 14).unwrap();
        assert_eq!(guest.fdstat(dir).unwrap().2, 1 << 14, "no right to seek");
        guest.file(3, "file", b"");
        let file = guest.open(3, "file", 0, ALL).unwrap();
        is(guest.open(file, "foo", CREATE, 0), Errno::NotDir);
        is(guest.readdir(file, 100, 0), Errno::NotCapable);
        is(guest.open(3, "file", DIRECTORY, 0), Errno::NotDir);
        is(guest.open(3, "file/x", 0, 0), Errno::NotDir);
        is(guest.open(3, "none/x", CREATE, 0), Errno::NoEnt);
        is(guest.open(3, "none", 0, 0), Errno::NoEnt);
        is(guest.open(3, "file", CREATE | EXCLUSIVE, 0), Errno::Exist);
        is(guest.open(3, "file", 16, 0), Errno::Inval);
        is(guest.open_with(3, "file", 2, 0, 0, 0), Errno::Inval);
        is(guest.open_with(3, "file", 0, 0, 0, 32), Errno::Inval);
    });
}

#[test]
fn names_and_slashes() {
    in_both(|guest| {
        guest.mkdir(3, "dir").unwrap();
        guest.mkdir(3, "dir/nested/").unwrap();
        guest.file(3, "dir/nested/file", b"x");
        guest.open(3, "dir/.//nested/../../dir/nested/../nested///./file", 0, 0).unwrap();
        is(guest.open(3, "/dir/nested/file", 0, 0), Errno::Perm);
        is(guest.open(3, "dir/nested/../../../x/dir/nested/file", 0, 0), Errno::Perm);
        is(guest.open(3, "..", 0, 0), Errno::Perm);
        is(guest.open(3, "dir/nested/file\0", 0, 0), Errno::Inval);
        is(guest.open(3, "", 0, 0), Errno::NoEnt);
        is(guest.open(3, &"x".repeat(256), 0, 0), Errno::NameTooLong);
        is(guest.open(3, &"x/".repeat(2049), 0, 0), Errno::NameTooLong);
        for slashes in ["/", "///", "/.", "//./"] {
            is(guest.open(3, &format!("dir/nested/file{slashes}"), 0, 0), Errno::NotDir);
            is(guest.stat(3, 0, &format!("dir/nested/file{slashes}")), Errno::NotDir);
            guest.open(3, &format!("dir/nested{slashes}"), 0, 0).unwrap();
            let stat = guest.stat(3, 0, &format!("dir/nested{slashes}")).unwrap();
            assert_eq!(stat.file_type, TYPE_DIRECTORY);
        }
        is(guest.unlink(3, "dir"), Errno::IsDir);
        is(guest.unlink(3, "dir/"), Errno::IsDir);
        is(guest.unlink(3, "dir/nested/file/"), Errno::NotDir);
        is(guest.unlink(3, "none/"), Errno::NoEnt);
        is(guest.rmdir(3, "dir"), Errno::NotEmpty);
        is(guest.rmdir(3, "dir/nested/file"), Errno::NotDir);
        is(guest.rmdir(3, "dir/nested/file/"), Errno::NotDir);
        is(guest.rmdir(3, "."), Errno::Inval);
        is(guest.rmdir(3, "dir/nested/.."), Errno::NotEmpty);
        is(guest.mkdir(3, "dir"), Errno::Exist);
        is(guest.mkdir(3, "."), Errno::Exist);
        is(guest.mkdir(3, "dir/nested/file"), Errno::Exist);
        guest.unlink(3, "dir/nested/file").unwrap();
        guest.rmdir(3, "dir/nested/").unwrap();
        guest.rmdir(3, "dir").unwrap();
    });
}

#[test]
fn path_bytes_are_utf_8() {
    in_both(|guest| {
        guest.memory[PATH as usize..][..2].copy_from_slice(&[b'a', 0xff]);
        let Guest { wasi, memory } = guest;
        let made = wasi.path_create_directory(memory, 3, PATH, 2);
        assert_eq!(made, Ok(code(Errno::IlSeq)));
        guest.mkdir(3, "größe 水 🙂").unwrap();
        assert_eq!(guest.readdir(3, 1000, 0).unwrap().0[2].0, "größe 水 🙂");
    });
}

#[test]
fn reading_writing_and_seeking() {
    in_both(|guest| {
        let file = guest.open(3, "file", CREATE, FILE_RIGHTS).unwrap();
        assert_eq!(guest.tell(file), Ok(0));
        assert_eq!(guest.write(file, &[7; 100]), Ok(100));
        assert_eq!(guest.tell(file), Ok(100));
        assert_eq!(guest.seek(file, -50, 1), Ok(50));
        assert_eq!(guest.seek(file, 0, 0), Ok(0));
        assert_eq!(guest.seek(file, -10, 2), Ok(90));
        assert_eq!(guest.seek(file, 1000, 1), Ok(1090));
        is(guest.seek(file, -2000, 1), Errno::Inval);
        is(guest.seek(file, -1, 0), Errno::Inval);
        is(guest.seek(file, 0, 3), Errno::Inval);
        assert_eq!(guest.tell(file), Ok(1090));
        assert_eq!(guest.read(file, &[10]).unwrap(), b"");
        guest.seek(file, 0, 0).unwrap();
        assert_eq!(guest.read(file, &[1, 0, 2, 300]).unwrap(), [7; 100]);

        assert_eq!(guest.pwrite(file, b"0123456789", 0), Ok(10));
        assert_eq!(guest.tell(file), Ok(100), "the position stays");
        assert_eq!(guest.pread(file, &[2, 3], 4).unwrap(), b"45678");
        assert_eq!(guest.pread(file, &[10], 95).unwrap(), [7; 5]);
        assert_eq!(guest.pread(file, &[10], 1000).unwrap(), b"");
        assert_eq!(guest.pwrite(file, b"end", 110), Ok(3));
        assert_eq!(guest.pread(file, &[13], 100).unwrap(), b"\0\0\0\0\0\0\0\0\0\0end");

        guest.set_size(file, 5).unwrap();
        assert_eq!(guest.pread(file, &[100], 0).unwrap(), b"01234");
        guest.set_size(file, 7).unwrap();
        assert_eq!(guest.pread(file, &[100], 0).unwrap(), b"01234\0\0");
        is(guest.set_size(file, -1), Errno::Inval);

        guest.set_size(file, 0).unwrap();
        guest.allocate(file, 0, 100).unwrap();
        guest.allocate(file, 10, 10).unwrap();
        assert_eq!(guest.fstat(file).unwrap().size, 100);
        guest.allocate(file, 90, 20).unwrap();
        assert_eq!(guest.fstat(file).unwrap().size, 110);
        is(guest.allocate(file, 0, 0), Errno::Inval);
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_advise(memory, file, 10, 50, 1), Ok(0));
        assert_eq!(wasi.fd_advise(memory, file, 10, 50, 6), Ok(code(Errno::Inval)));
        assert_eq!(wasi.fd_sync(memory, file), Ok(0));
        assert_eq!(wasi.fd_datasync(memory, file), Ok(0));
        assert_eq!(wasi.fd_sync(memory, 3), Ok(0));
        // A file that is removed while it is open is there until it is closed.
        guest.unlink(3, "file").unwrap();
        assert_eq!(guest.fstat(file).unwrap().links, 0);
        assert_eq!(guest.pwrite(file, b"still", 0), Ok(5));
        assert_eq!(guest.pread(file, &[5], 0).unwrap(), b"still");
    });
}

#[test]
fn flags_of_descriptors() {
    in_both(|guest| {
        let file = guest.open_with(3, "file", 0, CREATE, FILE_RIGHTS, 1).unwrap();
        guest.write(file, &[0; 100]).unwrap();
        guest.seek(file, 0, 0).unwrap();
        guest.write(file, &[1; 100]).unwrap();
        assert_eq!(guest.tell(file), Ok(200));
        assert_eq!(guest.pread(file, &[100], 100).unwrap(), [1; 100]);
        guest.set_flags(file, 0).unwrap();
        guest.seek(file, 0, 0).unwrap();
        guest.write(file, &[2; 100]).unwrap();
        assert_eq!(guest.pread(file, &[100], 0).unwrap(), [2; 100]);
        assert_eq!(guest.fstat(file).unwrap().size, 200);
        for flags in [1, 2, 4, 8, 16, 31, 0] {
            guest.set_flags(file, flags).unwrap();
            assert_eq!(guest.fdstat(file).unwrap().1, flags as u16);
            let other = guest.open_with(3, "file", 0, 0, WRITE, flags).unwrap();
            assert_eq!(guest.fdstat(other).unwrap().1, flags as u16);
            assert_eq!(guest.write(other, b"x"), Ok(1));
            guest.close(other).unwrap();
        }
        is(guest.set_flags(file, 32), Errno::Inval);
        is(guest.set_flags(file, -1), Errno::Inval);
    });
}

#[test]
fn timestamps() {
    in_both(|guest| {
        let file = guest.open(3, "file", CREATE, FILE_RIGHTS).unwrap();
        let stat = guest.fstat(file).unwrap();
        let new = stat.modified - 100;
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_filestat_set_times(memory, file, 5, new as i64, 4), Ok(0));
        for flags in [12, 3, 15, 16] {
            let set = wasi.fd_filestat_set_times(memory, file, 5, 5, flags);
            assert_eq!(set, Ok(code(Errno::Inval)));
        }
        let after = guest.fstat(file).unwrap();
        assert_eq!((after.modified, after.accessed), (new, stat.accessed));

        guest.symlink("file", 3, "link").unwrap();
        let link = guest.stat(3, 0, "link").unwrap();
        assert_eq!(link.file_type, TYPE_LINK);
        guest.set_times(3, 0, "link", link.modified - 200, 4).unwrap();
        assert_eq!(guest.stat(3, 0, "link").unwrap().modified, link.modified - 200);
        assert_eq!(guest.stat(3, 0, "file").unwrap().modified, new);
        assert_eq!(guest.stat(3, FOLLOW, "link").unwrap().modified, new);
        guest.set_times(3, FOLLOW, "link", 7, 4).unwrap();
        assert_eq!(guest.stat(3, 0, "file").unwrap().modified, 7);
        guest.set_times(3, 0, "file", 7, 8).unwrap();
        assert!(guest.stat(3, 0, "file").unwrap().modified >= stat.modified);
        is(guest.set_times(3, 0, "file", 7, 12), Errno::Inval);
        guest.set_times(3, 0, ".", 1_000_000_007, 4).unwrap();
        assert_eq!(guest.fstat(3).unwrap().modified, 1_000_000_007);
    });
}

#[test]
fn links_in_paths() {
    in_both(|guest| {
        guest.symlink("target", 3, "link").unwrap();
        is(guest.open(3, "link", 0, 0), Errno::Loop);
        assert!(guest.open(3, "link", DIRECTORY, 0).is_err());
        is(guest.open_with(3, "link", FOLLOW, 0, 0, 0), Errno::NoEnt);
        is(guest.open(3, "link", CREATE | EXCLUSIVE, 0), Errno::Exist);
        is(guest.open_with(3, "link", FOLLOW, CREATE | EXCLUSIVE, 0, 0), Errno::Exist);
        is(guest.open(3, "link", CREATE, 0), Errno::Loop);
        is(guest.stat(3, FOLLOW, "link"), Errno::NoEnt);
        assert_eq!(guest.stat(3, 0, "link").unwrap().size, 6);
        // Through a link that leads nowhere a file is made where it points to.
        guest.open_with(3, "link", FOLLOW, CREATE, 0, 0).unwrap();
        assert_eq!(guest.stat(3, 0, "target").unwrap().file_type, TYPE_FILE);
        is(guest.open_with(3, "link", FOLLOW, DIRECTORY, 0, 0), Errno::NotDir);
        is(guest.open(3, "link/", 0, 0), Errno::NotDir);
        is(guest.unlink(3, "link/"), Errno::NotDir);
        guest.unlink(3, "target").unwrap();
        guest.mkdir(3, "target").unwrap();
        guest.open_with(3, "link", FOLLOW, DIRECTORY, 0, 0).unwrap();
        guest.open(3, "link/", 0, 0).unwrap();
        guest.open(3, "link/.", 0, 0).unwrap();
        guest.file(3, "link/inner", b"x");
        assert_eq!(guest.contents(3, "target/inner").unwrap(), b"x");
        assert_eq!(guest.contents(3, "link/../target/inner").unwrap(), b"x");
        is(guest.rmdir(3, "link/"), Errno::NotDir);
        is(guest.mkdir(3, "link/"), Errno::Exist);
        guest.symlink("loop", 3, "loop").unwrap();
        is(guest.open(3, "loop", 0, 0), Errno::Loop);
        is(guest.open_with(3, "loop", FOLLOW, 0, 0, 0), Errno::Loop);
        is(guest.open(3, "loop/x", 0, 0), Errno::Loop);

        assert_eq!(guest.readlink(3, "link", 10).unwrap(), b"target");
        assert_eq!(guest.readlink(3, "link", 4).unwrap(), b"targ");
        is(guest.readlink(3, "target", 4), Errno::Inval);
        is(guest.readlink(3, "link/", 4), Errno::Inval);
        is(guest.readlink(3, "none", 4), Errno::NoEnt);
    });
}

#[test]
fn making_links() {
    in_both(|guest| {
        is(guest.symlink("source", 3, "target/"), Errno::NoEnt);
        is(guest.symlink("/", 3, "x"), Errno::Perm);
        is(guest.symlink("/etc/passwd", 3, "x"), Errno::Perm);
        is(guest.symlink("", 3, "x"), Errno::NoEnt);
        guest.mkdir(3, "dir").unwrap();
        guest.file(3, "file", b"x");
        is(guest.symlink("source", 3, "dir"), Errno::Exist);
        is(guest.symlink("source", 3, "dir/"), Errno::Exist);
        is(guest.symlink("source", 3, "file"), Errno::Exist);
        is(guest.symlink("source", 3, "file/"), Errno::NotDir);

        guest.link(3, 0, "file", 3, "dir/link").unwrap();
        assert_eq!(guest.stat(3, 0, "file").unwrap().links, 2);
        let (file, link) =
            (guest.stat(3, 0, "file").unwrap(), guest.stat(3, 0, "dir/link").unwrap());
        assert_eq!((file.device, file.inode), (link.device, link.inode));
        guest.unlink(3, "dir/link").unwrap();
        is(guest.link(3, 0, "file", 3, "file"), Errno::Exist);
        is(guest.link(3, 0, "file", 3, "dir"), Errno::Exist);
        is(guest.link(3, 0, "dir", 3, "new"), Errno::Perm);
        is(guest.link(3, 0, ".", 3, "new"), Errno::Perm);
        is(guest.link(3, 0, "file", 3, "new/"), Errno::NoEnt);
        is(guest.link(3, 0, "file", 3, "dir/"), Errno::Exist);
        is(guest.link(3, 0, "file/", 3, "new"), Errno::NotDir);
        is(guest.link(3, 0, "none", 3, "new"), Errno::NoEnt);
        guest.symlink("nowhere", 3, "sym").unwrap();
        guest.link(3, 0, "sym", 3, "new").unwrap();
        assert_eq!(guest.readlink(3, "new", 100).unwrap(), b"nowhere");
        is(guest.link(3, 0, "file", 3, "sym"), Errno::Exist);
        is(guest.link(3, FOLLOW, "sym", 3, "other"), Errno::NoEnt);
        guest.unlink(3, "new").unwrap();
        guest.unlink(3, "sym").unwrap();
        guest.symlink("file", 3, "sym").unwrap();
        guest.link(3, FOLLOW, "sym", 3, "new").unwrap();
        assert_eq!(guest.stat(3, 0, "new").unwrap().file_type, TYPE_FILE);
    });
}

#[test]
fn renaming() {
    in_both(|guest| {
        guest.mkdir(3, "source").unwrap();
        guest.rename(3, "source", 3, "target").unwrap();
        is(guest.open(3, "source", DIRECTORY, 0), Errno::NoEnt);
        guest.mkdir(3, "source").unwrap();
        guest.rename(3, "source", 3, "target").unwrap();
        guest.mkdir(3, "source").unwrap();
        guest.file(3, "target/file", b"");
        is(guest.rename(3, "source", 3, "target"), Errno::NotEmpty);
        is(guest.rename(3, "source", 3, "target/file"), Errno::NotDir);
        is(guest.rename(3, "target", 3, "target/inside"), Errno::Inval);
        is(guest.rename(3, "target/file", 3, "source"), Errno::IsDir);
        is(guest.rename(3, "target/file/", 3, "new"), Errno::NotDir);
        is(guest.rename(3, "target/file", 3, "new/"), Errno::NotDir);
        is(guest.rename(3, "none", 3, "new"), Errno::NoEnt);
        is(guest.rename(3, "none/", 3, "new"), Errno::NoEnt);
        is(guest.rename(3, ".", 3, "new"), Errno::Busy);
        is(guest.rename(3, "source", 3, "target/.."), Errno::Busy);
        guest.rename(3, "source/", 3, "moved").unwrap();
        guest.rename(3, "moved", 3, "source/").unwrap();
        guest.rename(3, "source/", 3, "target/dir/").unwrap();
        guest.file(3, "a", b"a");
        guest.file(3, "b", b"b");
        guest.rename(3, "a", 3, "b").unwrap();
        assert_eq!(guest.contents(3, "b").unwrap(), b"a");
        is(guest.stat(3, 0, "a"), Errno::NoEnt);
        guest.rename(3, "b", 3, "b").unwrap();
        guest.link(3, 0, "b", 3, "c").unwrap();
        guest.rename(3, "b", 3, "c").unwrap();
        assert_eq!(guest.stat(3, 0, "b").unwrap().links, 2, "two names of one file both stay");
    });
}

#[test]
fn entries_of_directories() {
    in_both(|guest| {
        let itself = guest.fstat(3).unwrap();
        let (entries, _) = guest.readdir(3, 1000, 0).unwrap();
        let names: Vec<&str> = entries.iter().map(|entry| entry.0.as_str()).collect();
        assert_eq!(names, [".", ".."]);
        assert_eq!((entries[0].1, entries[0].2), (TYPE_DIRECTORY, itself.inode));
        for number in 0..200 {
            guest.file(3, &format!("file.{number}"), b"");
        }
        guest.mkdir(3, "sub").unwrap();
        guest.symlink("sub", 3, "link").unwrap();
        let (mut total, mut cookie, mut seen) = (0, 0, std::collections::BTreeSet::new());
        loop {
            let (entries, used) = guest.readdir(3, 256, cookie).unwrap();
            assert!(used <= 256);
            total += entries.len();
            for (name, file_type, inode, next) in entries {
                let expected = match name.as_str() {
                    "sub" | "." | ".." => TYPE_DIRECTORY,
                    "link" => TYPE_LINK,
                    _ => TYPE_FILE,
                };
                assert_eq!(file_type, expected, "{name}");
                assert_eq!(inode == 0, name == "..");
                assert!(next > cookie);
                cookie = next;
                // What is removed while it is read disturbs nothing.
                if total % 7 == 0 && name.starts_with("file.") {
                    guest.unlink(3, &name).unwrap();
                }
                assert!(seen.insert(name));
            }
            if used < 256 {
                break;
            }
        }
        assert_eq!(total, 204);
        assert_eq!(guest.readdir(3, 256, cookie).unwrap().1, 0);
        assert_eq!(guest.readdir(3, 256, -1).unwrap().1, 0);
        assert_eq!(guest.readdir(3, 0, 0).unwrap().1, 0);
        let (entries, used) = guest.readdir(3, 30, 0).unwrap();
        assert_eq!((entries.len(), used), (1, 30), "the buffer is full to its end");
        let sub = guest.open(3, "sub", DIRECTORY, 1 << 14).unwrap();
        assert_eq!(guest.readdir(sub, 1000, 0).unwrap().0.len(), 2);
    });
}

#[test]
fn granted_directories_have_names() {
    in_both(|guest| {
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_prestat_get(memory, 3, RESULT), Ok(0));
        assert_eq!(wasi.fd_prestat_get(memory, 4, RESULT), Ok(code(Errno::BadF)));
        assert_eq!(wasi.fd_prestat_get(memory, 1, RESULT), Ok(code(Errno::BadF)));
        assert_eq!(wasi.fd_prestat_dir_name(memory, 3, DATA, 0), Ok(code(Errno::NameTooLong)));
        assert_eq!(wasi.fd_prestat_dir_name(memory, 3, DATA, 2), Ok(0));
        assert_eq!(guest.bytes(DATA, 2), b"/\0");
        assert_eq!(guest.u64_at(RESULT), 1 << 32);
        let dir = guest.open(3, ".", 0, 0).unwrap();
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_prestat_get(memory, dir, RESULT), Ok(code(Errno::BadF)));
    });
}

/// All calls on a descriptor, with arguments that would do.
fn on_descriptor(guest: &mut Guest, fd: i32) -> Vec<(&'static str, i32)> {
    let count = guest.list(&[3]);
    guest.memory[PATH as usize..][..4].copy_from_slice(b"file");
    let Guest { wasi: w, memory: m } = guest;
    [
        ("fd_advise", w.fd_advise(m, fd, 0, 0, 0)),
        ("fd_allocate", w.fd_allocate(m, fd, 0, 1)),
        ("fd_close", w.fd_close(m, fd)),
        ("fd_datasync", w.fd_datasync(m, fd)),
        ("fd_fdstat_get", w.fd_fdstat_get(m, fd, RESULT)),
        ("fd_fdstat_set_flags", w.fd_fdstat_set_flags(m, fd, 0)),
        ("fd_fdstat_set_rights", w.fd_fdstat_set_rights(m, fd, 0, 0)),
        ("fd_filestat_get", w.fd_filestat_get(m, fd, RESULT)),
        ("fd_filestat_set_size", w.fd_filestat_set_size(m, fd, 0)),
        ("fd_filestat_set_times", w.fd_filestat_set_times(m, fd, 0, 0, 0)),
        ("fd_pread", w.fd_pread(m, fd, LIST, count, 0, RESULT)),
        ("fd_prestat_get", w.fd_prestat_get(m, fd, RESULT)),
        ("fd_prestat_dir_name", w.fd_prestat_dir_name(m, fd, DATA, 9)),
        ("fd_pwrite", w.fd_pwrite(m, fd, LIST, count, 0, RESULT)),
        ("fd_read", w.fd_read(m, fd, LIST, count, RESULT)),
        ("fd_readdir", w.fd_readdir(m, fd, DATA, 99, 0, RESULT)),
        ("fd_renumber", w.fd_renumber(m, fd, 1)),
        ("fd_renumber to", w.fd_renumber(m, 1, fd)),
        ("fd_seek", w.fd_seek(m, fd, 0, 0, RESULT)),
        ("fd_sync", w.fd_sync(m, fd)),
        ("fd_tell", w.fd_tell(m, fd, RESULT)),
        ("fd_write", w.fd_write(m, fd, LIST, count, RESULT)),
        ("fd_write of nothing", w.fd_write(m, fd, 0, 0, RESULT)),
        ("path_create_directory", w.path_create_directory(m, fd, PATH, 4)),
        ("path_filestat_get", w.path_filestat_get(m, fd, 0, PATH, 4, RESULT)),
        ("path_filestat_set_times", w.path_filestat_set_times(m, fd, 0, PATH, 4, 0, 0, 0)),
        ("path_link", w.path_link(m, fd, 0, PATH, 4, 3, PATH, 3)),
        ("path_link to", w.path_link(m, 3, 0, PATH, 4, fd, PATH, 3)),
        ("path_open", w.path_open(m, fd, 0, PATH, 4, 0, 0, 0, 0, RESULT)),
        ("path_readlink", w.path_readlink(m, fd, PATH, 4, DATA, 9, RESULT)),
        ("path_remove_directory", w.path_remove_directory(m, fd, PATH, 4)),
        ("path_rename", w.path_rename(m, fd, PATH, 4, 3, PATH, 3)),
        ("path_rename to", w.path_rename(m, 3, PATH, 4, fd, PATH, 3)),
        ("path_symlink", w.path_symlink(m, PATH, 4, fd, PATH, 3)),
        ("path_unlink_file", w.path_unlink_file(m, fd, PATH, 4)),
        ("sock_accept", w.sock_accept(m, fd, 0, RESULT)),
        ("sock_recv", w.sock_recv(m, fd, LIST, count, 0, RESULT, RESULT + 8)),
        ("sock_send", w.sock_send(m, fd, LIST, count, 0, RESULT)),
        ("sock_shutdown", w.sock_shutdown(m, fd, 1)),
    ]
    .map(|(name, returned)| (name, returned.unwrap()))
    .to_vec()
}

#[test]
fn what_is_not_open_is_ebadf_for_every_call() {
    let calls = herkos_wasi::FUNCTIONS.iter().map(|function| function.name);
    let calls =
        calls.filter(|name| ["fd_", "path_", "sock_"].iter().any(|kind| name.starts_with(kind)));
    in_both(|guest| {
        guest.file(3, "file", b"x");
        let closed = guest.open(3, "file", 0, ALL).unwrap();
        let moved = guest.open(3, "file", 0, ALL).unwrap();
        let target = guest.open(3, "file", 0, ALL).unwrap();
        guest.close(closed).unwrap();
        guest.renumber(moved, target).unwrap();
        for fd in [closed, moved, target + 1, 1000, -1, -31337, i32::MAX, i32::MIN] {
            let outcomes = on_descriptor(guest, fd);
            for name in calls.clone() {
                assert!(outcomes.iter().any(|outcome| outcome.0 == name), "{name} is not called");
            }
            for (name, errno) in outcomes {
                assert_eq!(errno, code(Errno::BadF), "{name} {fd}");
            }
        }
        assert_eq!(guest.contents(3, "file").unwrap(), b"x");
    });
}

#[test]
fn offsets_above_four_gigabytes() {
    let dir = tempfile::tempdir().unwrap();
    let mut guest = Guest::in_dir(dir.path());
    let file = guest.open(3, "file", CREATE, FILE_RIGHTS).unwrap();
    let far = (1 << 32) + 7;
    assert_eq!(guest.seek(file, far, 0), Ok(far as u64));
    assert_eq!(guest.write(file, b"far"), Ok(3));
    assert_eq!(guest.tell(file), Ok(far as u64 + 3));
    assert_eq!(guest.fstat(file).unwrap().size, far as u64 + 3);
    assert_eq!(guest.pread(file, &[1, 9], far + 1).unwrap(), b"ar");
    assert_eq!(guest.pread(file, &[3], 7).unwrap(), [0; 3], "not where 32 bits would end up");
    assert_eq!(guest.pwrite(file, b"x", far * 2), Ok(1));
    assert_eq!(guest.seek(file, -1, 2), Ok(far as u64 * 2));
    guest.set_size(file, far + 1).unwrap();
    assert_eq!(guest.pread(file, &[9], far).unwrap(), b"f");
    for offset in [-1, i64::MIN] {
        assert!(guest.pwrite(file, b"x", offset).is_err());
        assert!(guest.pread(file, &[1], offset).is_err());
    }
    assert!(guest.pwrite(file, b"x", i64::MAX).is_err());
}

#[test]
fn files_in_memory_are_told_apart() {
    let (one, two) = (MemoryFs::new(1 << 16), MemoryFs::new(1 << 16));
    assert!(one.write("file", b"1") && two.write("file", b"2"));
    let mut guest = Guest::new(
        builder()
            .memory_dir(&one, "/one", Access::ReadWrite)
            .memory_dir(&two, "/two", Access::ReadWrite)
            .memory_dir(&one, "/again", Access::ReadOnly),
    );
    let [first, second, again] = [3, 4, 5].map(|fd| guest.stat(fd, 0, "file").unwrap());
    assert_eq!((first.device, first.inode), (again.device, again.inode));
    assert_ne!((first.device, first.inode), (second.device, second.inode));
    let file = guest.open(4, "file", 0, ALL & !WRITE).unwrap();
    assert_eq!(guest.fstat(file).unwrap().device, second.device);
    assert_eq!(guest.fstat(4).unwrap().device, second.device);
    // Nor does anything go from one to the other.
    is(guest.rename(3, "file", 4, "new"), Errno::XDev);
    is(guest.rename(3, "file", 4, "file"), Errno::XDev);
    is(guest.link(3, 0, "file", 4, "new"), Errno::XDev);
    assert_eq!(one.read("file").unwrap(), b"1");
    assert_eq!(two.read("file").unwrap(), b"2");
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_is_a_terminal_only_if_it_is_one() {
    let mut guest = Guest::new(builder().dir("/dev", "/", Access::ReadOnly));
    let null = guest.open(3, "null", 0, READ | 1 << 2 | 1 << 5).unwrap();
    let (file_type, _, base, _) = guest.fdstat(null).unwrap();
    assert_eq!((file_type, base), (2, READ | 1 << 2 | 1 << 5), "as for C's isatty");
    assert_eq!(guest.read(null, &[10]).unwrap(), b"");
}
