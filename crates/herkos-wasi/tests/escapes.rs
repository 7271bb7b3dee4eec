//! Guests that want out: hostile paths, links and races, against directories of the host's and in memory.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;
use herkos_wasi::{Access, Errno, Limits, MemoryFs};

const SECRET: &[u8] = b"secret";

/// All that is below a directory: kind, mode, size, times and contents of each file.
fn digest(dir: &Path) -> BTreeMap<String, String> {
    fn visit(dir: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let stat = fs::symlink_metadata(&path).unwrap();
            let contents = if stat.is_file() {
                fs::read(&path).unwrap()
            } else if stat.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                visit(&path, found);
                Vec::new()
            };
            let times = (stat.mtime(), stat.mtime_nsec());
            let text = format!("{:o} {} {times:?} {contents:?}", stat.mode(), stat.nlink());
            found.insert(path.display().to_string(), text);
        }
    }
    let mut found = BTreeMap::new();
    visit(dir, &mut found);
    found
}

/// A directory with a guest's directory `in` in it, and beside that what no guest may touch.
fn world() -> tempfile::TempDir {
    let world = tempfile::tempdir().unwrap();
    let at = |path: &str| world.path().join(path);
    fs::create_dir_all(at("in/sub/deep")).unwrap();
    fs::write(at("in/file"), b"inside").unwrap();
    fs::create_dir(at("out")).unwrap();
    fs::write(at("out/secret"), SECRET).unwrap();
    symlink(at("out"), at("in/absolute")).unwrap();
    symlink("../out", at("in/relative")).unwrap();
    symlink("../out/secret", at("in/to_secret")).unwrap();
    symlink(at("out/secret"), at("in/to_secret_absolute")).unwrap();
    symlink("../../out", at("in/sub/up")).unwrap();
    symlink("..", at("in/parent")).unwrap();
    symlink("sub/../..", at("in/roundabout")).unwrap();
    symlink("parent/out", at("in/chain")).unwrap();
    symlink("/", at("in/root")).unwrap();
    symlink("../new", at("in/to_new")).unwrap();
    symlink(at("new"), at("in/to_new_absolute")).unwrap();
    symlink(".", at("in/sub/here")).unwrap();
    world
}

/// Paths that lead out of `in`, in one way or another.
fn ways_out(world: &Path) -> Vec<String> {
    let out = world.join("out").display().to_string();
    let mut paths: Vec<String> = [
        "..",
        "../out",
        "../out/secret",
        "sub/../../out/secret",
        "sub/deep/../../../out/secret",
        "./../out",
        ".//..//out",
        "sub/./../.././out/secret",
        "../in/file",
        "../in/../out/secret",
        "none/../../out/secret",
        "absolute/secret",
        "relative/secret",
        "sub/up/secret",
        "sub/here/here/up/secret",
        "parent",
        "parent/out/secret",
        "roundabout/out/secret",
        "chain/secret",
        "root/etc/passwd",
        "to_secret",
        "to_secret_absolute",
        "to_new",
        "to_new_absolute",
        "relative/../out/secret",
        "relative/new",
        "absolute/new",
        "parent/new",
        "../new",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "../../../../../../../../etc/passwd",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(format!("{out}/secret"));
    paths.push(format!("..{out}/secret"));
    let with_ends = paths.iter().flat_map(|path| {
        ["", "/", "/.", "//", "/..", "/./", "/../out/secret"].map(|end| format!("{path}{end}"))
    });
    with_ends.collect()
}

#[test]
fn no_path_leads_out() {
    let world = world();
    let before = digest(&world.path().join("out"));
    let outside = ["", "out", "out/secret", "/", "/etc/passwd", "/etc"].map(|path| {
        let stat = fs::metadata(world.path().join(path)).unwrap();
        (stat.dev(), stat.ino())
    });
    let mut guest = Guest::in_dir(&world.path().join("in"));
    let inner = guest.open(3, "sub", DIRECTORY, ALL & !(READ | WRITE)).unwrap();
    for path in ways_out(world.path()) {
        for fd in [3, inner] {
            for lookup in [0, FOLLOW] {
                for oflags in 0..16 {
                    for rights in [0, READ, WRITE, READ | WRITE] {
                        for flags in [0, 4] {
                            let opened = guest.open_with(fd, &path, lookup, oflags, rights, flags);
                            if let Ok(file) = opened {
                                // A name like that inside is not forbidden; what is outside is not there.
                                if rights & READ != 0 {
                                    let bytes = guest.read(file, &[100]).unwrap_or_default();
                                    assert_ne!(bytes, SECRET, "{path}");
                                }
                                let (file_type, _, _, _) = guest.fdstat(file).unwrap();
                                if file_type == TYPE_DIRECTORY {
                                    let (names, _) =
                                        guest.readdir(file, 4096, 0).unwrap_or_default();
                                    let names: Vec<_> =
                                        names.iter().map(|entry| &entry.0).collect();
                                    assert!(!names.iter().any(|name| *name == "secret"), "{path}");
                                    assert!(!names.iter().any(|name| *name == "in"), "{path}");
                                    assert!(!names.iter().any(|name| *name == "etc"), "{path}");
                                }
                                guest.close(file).unwrap();
                            }
                        }
                    }
                }
                if let Ok(stat) = guest.stat(fd, lookup, &path) {
                    assert!(!outside.contains(&(stat.device, stat.inode)), "{path}");
                }
                let _ = guest.set_times(fd, lookup, &path, 5, 4);
            }
            let _ = guest.mkdir(fd, &path);
            let _ = guest.symlink("x", fd, &path);
            let _ = guest.rmdir(fd, &format!("{path}/secret"));
            let _ = guest.link(3, FOLLOW, "file", fd, &path);
            if guest.link(fd, FOLLOW, &path, 3, "stolen").is_ok() {
                let stat = guest.stat(3, 0, "stolen").unwrap();
                assert!(!outside.contains(&(stat.device, stat.inode)), "{path}");
                guest.unlink(3, "stolen").unwrap();
            }
            let _ = guest.rename(3, "file", fd, &path);
        }
        assert_eq!(digest(&world.path().join("out")), before, "{path}");
        assert!(!world.path().join("new").exists(), "{path}");
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 2, "{path}");
        if !world.path().join("in/file").exists() {
            fs::write(world.path().join("in/file"), b"inside").unwrap();
        }
    }
}

#[test]
fn removing_and_renaming_stay_inside() {
    let world = world();
    let before = digest(&world.path().join("out"));
    for path in ways_out(world.path()) {
        let mut guest = Guest::in_dir(&world.path().join("in"));
        for path in [path.clone(), format!("{path}/secret")] {
            let _ = guest.unlink(3, &path);
            let _ = guest.rmdir(3, &path);
            let _ = guest.rename(3, &path, 3, "moved");
            let _ = guest.rename(3, &path, 3, "moved/");
            let _ = guest.readlink(3, &path, 100);
        }
        assert_eq!(digest(&world.path().join("out")), before, "{path}");
        assert_eq!(fs::read_dir(world.path()).unwrap().count(), 2, "{path}");
    }
}

#[test]
fn links_that_the_guest_makes_lead_nowhere() {
    in_both(|guest| {
        guest.mkdir(3, "a").unwrap();
        guest.mkdir(3, "a/b").unwrap();
        for target in ["..", "../..", "../../out", "../../../etc/passwd", "a/../..", "./.."] {
            for place in ["link", "a/link", "a/b/link"] {
                guest.symlink(target, 3, place).unwrap();
                for end in ["", "/", "/.", "/..", "//", "/x", "/../x", "/etc/passwd"] {
                    let path = format!("{place}{end}");
                    if let Ok(stat) = guest.stat(3, FOLLOW, &path) {
                        let root = guest.fstat(3).unwrap();
                        let inside = [".", "a", "a/b"]
                            .iter()
                            .any(|dir| guest.stat(3, 0, dir).unwrap().inode == stat.inode);
                        assert!(inside && stat.device == root.device, "{target} {path}");
                    }
                }
                guest.unlink(3, place).unwrap();
            }
        }
        for target in ["/", "/etc/passwd", "//x"] {
            assert_eq!(guest.symlink(target, 3, "link"), Err(code(Errno::Perm)));
        }
    });
}

#[test]
fn absolute_links_of_the_host_are_no_way_even_inside() {
    let world = world();
    // What each would be if it were taken from the directory that was granted is there.
    symlink("/file", world.path().join("in/to_file")).unwrap();
    symlink("/sub", world.path().join("in/to_sub")).unwrap();
    symlink(world.path().join("in/file"), world.path().join("in/home")).unwrap();
    let mut guest = Guest::in_dir(&world.path().join("in"));
    for path in ["to_file", "home"] {
        is(guest.open_with(3, path, FOLLOW, 0, READ, 0), Errno::Perm);
        is(guest.stat(3, FOLLOW, path), Errno::Perm);
        assert_eq!(guest.stat(3, 0, path).unwrap().file_type, TYPE_LINK);
    }
    for path in ["to_sub/", "to_sub/deep", "to_sub/../file"] {
        is(guest.open_with(3, path, 0, 0, READ, 0), Errno::Perm);
    }
}

#[test]
fn a_directory_that_is_moved_out_has_no_parent_to_go_to() {
    let world = world();
    let mut guest = Guest::in_dir(&world.path().join("in"));
    let deep = guest.open(3, "sub/deep", DIRECTORY, ALL & !(READ | WRITE)).unwrap();
    fs::rename(world.path().join("in/sub/deep"), world.path().join("out/deep")).unwrap();
    for path in ["..", "../secret", "../../out/secret", "./../secret"] {
        assert_eq!(guest.open(deep, path, 0, READ).err(), Some(code(Errno::Perm)), "{path}");
    }
}

#[test]
fn nothing_goes_from_one_directory_to_another_that_it_could_not() {
    let (one, two) = (world(), world());
    fs::write(one.path().join("in/only"), b"only read").unwrap();
    let mut guest = Guest::new(
        builder()
            .dir(one.path().join("in"), "/read", Access::ReadOnly)
            .dir(two.path().join("in"), "/write", Access::ReadWrite)
            .memory_dir(&MemoryFs::new(1 << 20), "/memory", Access::ReadWrite),
    );
    let before = digest(one.path());
    let refused = Err(code(Errno::RoFs));
    // A second name in a directory that may change would be a way to change the file.
    assert_eq!(guest.link(3, 0, "only", 4, "stolen"), refused);
    assert_eq!(guest.rename(3, "only", 4, "stolen"), refused);
    assert_eq!(guest.link(4, 0, "file", 3, "given"), refused);
    assert_eq!(guest.rename(4, "file", 3, "given"), refused);
    assert_eq!(guest.link(4, 0, "file", 5, "given"), Err(code(Errno::XDev)));
    assert_eq!(guest.rename(4, "file", 5, "given"), Err(code(Errno::XDev)));
    guest.rename(4, "file", 4, "sub/moved").unwrap();
    assert_eq!(digest(one.path()), before);
    for path in ["../../read/only", "../read/only"] {
        assert!(guest.open(4, path, 0, READ).is_err());
    }
}

/// Every call that changes something, on paths that exist and on paths that do not.
fn change_everything(guest: &mut Guest, fd: i32) {
    for path in ["file", "sub", "sub/deep", "new", "to_secret", "sub/new", ".", "sub/."] {
        for end in ["", "/"] {
            let path = &format!("{path}{end}");
            for oflags in 0..16 {
                for rights in [READ, WRITE, READ | WRITE, ALL, FILE_RIGHTS] {
                    for lookup in [0, FOLLOW] {
                        if let Ok(file) = guest.open_with(fd, path, lookup, oflags, rights, 1) {
                            let _ = guest.write(file, b"changed");
                            let _ = guest.pwrite(file, b"changed", 0);
                            let _ = guest.set_size(file, 1);
                            let _ = guest.allocate(file, 0, 1000);
                            let Guest { wasi, memory } = guest;
                            if oflags & DIRECTORY != 0
                                || path.contains("sub")
                                || path.starts_with('.')
                            {
                                let set = wasi.fd_filestat_set_times(memory, file, 5, 5, 5);
                                assert_ne!(set, Ok(0), "{path}");
                            }
                            guest.close(file).unwrap();
                        }
                    }
                }
            }
            assert!(guest.mkdir(fd, path).is_err());
            assert!(guest.rmdir(fd, path).is_err());
            assert!(guest.unlink(fd, path).is_err());
            assert!(guest.symlink("x", fd, path).is_err());
            assert!(guest.set_times(fd, 0, path, 5, 5).is_err());
            assert!(guest.set_times(fd, FOLLOW, path, 5, 5).is_err());
            assert!(guest.rename(fd, path, fd, "other").is_err());
            assert!(guest.rename(fd, "file", fd, path).is_err());
            assert!(guest.link(fd, 0, path, fd, "other").is_err());
            assert!(guest.link(fd, 0, "file", fd, path).is_err());
        }
    }
}

#[test]
fn a_directory_for_reading_stays_as_it_is() {
    let world = world();
    let before = digest(world.path());
    let dir = world.path().join("in");
    let mut guest = Guest::new(builder().dir(dir, "/", Access::ReadOnly));
    change_everything(&mut guest, 3);
    let sub = guest.open(3, "sub", DIRECTORY, ALL & !(READ | WRITE)).unwrap();
    change_everything(&mut guest, sub);
    let file = guest.open(3, "file", 0, READ | 1 << 23).unwrap();
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.fd_filestat_set_times(memory, file, 5, 5, 5), Ok(code(Errno::RoFs)));
    assert_eq!(guest.contents(3, "file").unwrap(), b"inside");
    assert_eq!(guest.open(3, "file", 0, WRITE).err(), Some(code(Errno::RoFs)));
    assert_eq!(guest.open(3, "new", CREATE, WRITE).err(), Some(code(Errno::RoFs)));
    guest.open(3, "file", CREATE, READ).unwrap();
    // Whoever only makes sure that something is there finds it.
    is(guest.mkdir(3, "sub"), Errno::Exist);
    is(guest.mkdir(3, "sub/deep/"), Errno::Exist);
    is(guest.mkdir(3, "file"), Errno::Exist);
    is(guest.symlink("x", 3, "file"), Errno::Exist);
    is(guest.mkdir(3, "new"), Errno::RoFs);
    assert_eq!(digest(world.path()), before);
}

#[test]
fn memory_for_reading_stays_as_it_is() {
    let files = MemoryFs::new(1 << 20);
    assert!(files.write("file", b"inside") && files.create_dir("sub/deep"));
    let mut guest = Guest::new(builder().memory_dir(&files, "/", Access::ReadOnly));
    let used = files.used();
    let times = |guest: &mut Guest| {
        ["file", "sub", "."].map(|path| guest.stat(3, 0, path).unwrap().modified)
    };
    let before = times(&mut guest);
    change_everything(&mut guest, 3);
    assert_eq!(files.used(), used);
    assert_eq!(files.read("file").unwrap(), b"inside");
    assert_eq!(times(&mut guest), before);
    assert_eq!(guest.readdir(3, 1000, 0).unwrap().0.len(), 4);
    // Nor does a file change by a descriptor that was not opened to write, wherever it is.
    let mut guest = Guest::in_memory(&files);
    let file = guest.open(3, "file", 0, FILE_RIGHTS & !WRITE).unwrap();
    assert_eq!(guest.set_size(file, 0), Err(code(Errno::Inval)));
    assert_eq!(guest.allocate(file, 0, 100), Err(code(Errno::BadF)));
}

/// Runs `disturb` again and again in another thread for some seconds, while the guest does its part.
fn race(seconds: f64, disturb: impl Fn() + Sync, mut play: impl FnMut()) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                disturb();
            }
        });
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while Instant::now() < end {
            play();
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn races_are_not_won() {
    let world = world();
    let at = |path: &str| world.path().join(path);
    fs::create_dir_all(at("in/d/e")).unwrap();
    fs::write(at("in/d/e/secret"), b"decoy").unwrap();
    fs::write(at("in/d/secret"), b"decoy").unwrap();
    symlink("../out", at("in/swap")).unwrap();
    let before = digest(&at("out"));
    let mut guest = Guest::in_dir(&at("in"));
    // A directory and a link that leads out change places; a directory moves up and down.
    let disturb = || {
        let _ = fs::rename(at("in/d"), at("in/spare"));
        let _ = fs::rename(at("in/swap"), at("in/d"));
        let _ = fs::rename(at("in/d"), at("in/swap"));
        let _ = fs::rename(at("in/spare"), at("in/d"));
        let _ = fs::rename(at("in/d/e"), at("in/e"));
        let _ = fs::rename(at("in/e"), at("in/d/e"));
    };
    let mut reads = 0;
    race(4.0, disturb, || {
        for path in ["d/secret", "d/e/secret", "d/e/../secret", "d/e/../../d/secret"] {
            for lookup in [0, FOLLOW] {
                if let Ok(file) = guest.open_with(3, path, lookup, 0, READ, 0) {
                    assert_eq!(guest.read(file, &[100]).unwrap(), b"decoy", "{path}");
                    guest.close(file).unwrap();
                    reads += 1;
                }
            }
        }
        let _ = guest.open_with(3, "d/new", FOLLOW, CREATE, WRITE, 0).map(|file| guest.close(file));
        let _ = guest.unlink(3, "d/new");
        let _ = guest.mkdir(3, "d/dir");
        let _ = guest.rmdir(3, "d/dir");
        let _ = guest.set_times(3, FOLLOW, "d/new", 5, 5);
        let _ = guest.link(3, 0, "file", 3, "d/linked");
        let _ = guest.unlink(3, "d/linked");
        let _ = guest.symlink("x", 3, "d/pointer");
        let _ = guest.unlink(3, "d/pointer");
        for path in ["d/secret", "d/e/secret"] {
            // What is written is what is there, inside; the secret would show it.
            if let Ok(file) = guest.open_with(3, path, FOLLOW, 0, READ | WRITE, 0) {
                assert_eq!(guest.write(file, b"decoy"), Ok(5));
                guest.close(file).unwrap();
            }
        }
        let _ = guest.rename(3, "file", 3, "d/renamed");
        let _ = guest.rename(3, "d/renamed", 3, "file");
        let _ = guest.rename(3, "d/e/secret", 3, "taken");
        let _ = guest.rename(3, "taken", 3, "d/e/secret");
    });
    assert!(reads > 0);
    assert_eq!(digest(&at("out")), before);
}

#[test]
fn deep_paths_take_few_descriptors_of_the_host() {
    in_both(|guest| {
        let mut path = String::new();
        for _ in 0..250 {
            path += "d/";
            guest.mkdir(3, &path).unwrap();
        }
        assert!(guest.stat(3, 0, &path).is_ok());
        assert!(guest.stat(3, 0, &"../".repeat(1000)).is_err());
        assert!(guest.stat(3, 0, &"d/../".repeat(800)).is_ok());
        let long = format!("{path}{}", "d/../".repeat(400));
        assert!(guest.stat(3, 0, &long).is_err());
        // There are directories further down; whoever wants there has to go in two steps.
        let deep = guest.open(3, &path, DIRECTORY, ALL & !(READ | WRITE)).unwrap();
        for depth in 1..50 {
            guest.mkdir(deep, &"d/".repeat(depth)).unwrap();
        }
        assert!(guest.stat(deep, 0, &"d/".repeat(49)).is_ok());
        is(guest.stat(3, 0, &format!("{path}{}", "d/".repeat(49))), Errno::NameTooLong);
    });
}

#[test]
fn limits_hold() {
    let mut limits = Limits::default();
    limits.open_files = 8;
    limits.written = 100;
    limits.listings = 1000;
    let files = MemoryFs::new(10_000);
    let mut guest = Guest::new(builder().limits(limits).memory_dir(&files, "/", Access::ReadWrite));
    let file = guest.open(3, "file", CREATE, FILE_RIGHTS).unwrap();
    for number in 0..3 {
        guest.open(3, &format!("f{number}"), CREATE, 0).unwrap();
    }
    assert_eq!(guest.open(3, "f", CREATE, 0).err(), Some(code(Errno::MFile)));
    assert_eq!(guest.stat(3, 0, "f").err(), Some(code(Errno::NoEnt)), "nothing was made");
    assert_eq!(guest.write(file, &[1; 60]), Ok(60));
    assert_eq!(guest.write(1, &[1; 10]), Ok(10));
    assert_eq!(guest.write(file, &[1; 60]), Ok(30));
    assert_eq!(guest.write(file, &[1; 60]), Err(code(Errno::DQuot)));
    assert_eq!(guest.write(1, &[1]), Err(code(Errno::DQuot)));
    assert_eq!(guest.write(file, &[]), Ok(0));
    assert_eq!(guest.set_size(file, 91), Err(code(Errno::DQuot)));
    assert_eq!(guest.allocate(file, 0, 1), Err(code(Errno::DQuot)));
    guest.set_size(file, 10).unwrap();
    assert_eq!(guest.wasi.written(), 100);
    for number in 0..30 {
        assert!(files.write(&format!("entry{number}"), b""));
    }
    assert_eq!(guest.readdir(3, 1000, 0).err(), Some(code(Errno::NoMem)));
    // Memory is full at its capacity, and what is removed is free again.
    assert!(!files.write("large", &[0; 10_000]));
    let used = files.used();
    assert!(files.write("small", &[0; 100]));
    guest.unlink(3, "small").unwrap();
    let large = files.used();
    guest.unlink(3, "large").unwrap();
    assert!(files.used() < large && files.used() <= used);
}

#[test]
fn huge_files_in_memory_are_refused() {
    let files = MemoryFs::new(1 << 20);
    let mut guest = Guest::in_memory(&files);
    let file = guest.open(3, "file", CREATE, FILE_RIGHTS).unwrap();
    for size in [1 << 21, 1 << 40, i64::MAX] {
        assert_eq!(guest.set_size(file, size), Err(code(Errno::NoSpc)));
        assert_eq!(guest.allocate(file, size, 1), Err(code(Errno::NoSpc)));
        assert!(guest.pwrite(file, b"x", size).is_err());
    }
    assert!(guest.pwrite(file, b"x", -1).is_err());
    assert_eq!(guest.fstat(file).unwrap().size, 0);
}
