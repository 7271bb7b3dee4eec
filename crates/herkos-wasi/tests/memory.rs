//! Hostile addresses: what is not inside of the guest's memory gives `EFAULT`, and nothing has happened.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use common::*;
use herkos_wasi::{Access, Capture, Errno, FUNCTIONS, MemoryFs, Random, Stdin, Stdout};

const SIZE: i32 = 128 << 10;

fn fault() -> Option<i32> {
    Some(code(Errno::Fault))
}

/// Addresses at which `length` bytes are not inside the memory.
fn bad_addresses(length: i32) -> Vec<i32> {
    vec![SIZE - length + 1, SIZE, SIZE + 1, i32::MAX, i32::MIN, -length, -1]
}

#[test]
fn invalid_results_have_no_effect() {
    let files = MemoryFs::new(1 << 20);
    let output = Capture::new(1 << 20);
    let mut guest = Guest::new(
        builder()
            .env("A", "b")
            .memory_dir(&files, "/", Access::ReadWrite)
            .stdin(Stdin::bytes("input"))
            .stdout(Stdout::capture(&output)),
    );
    guest.symlink("target", 3, "link").unwrap();
    guest.file(3, "file", b"0123456789");
    let file = guest.open(3, "file", 0, FILE_RIGHTS).unwrap();
    let put = |guest: &mut Guest, text: &[u8]| {
        guest.memory[PATH as usize..][..text.len()].copy_from_slice(text);
        text.len() as i32
    };
    let buffers = guest.list(&[3]);
    let before = guest.memory.clone();
    let list_before = guest.readdir(3, 1000, 0).unwrap();
    guest.memory.copy_from_slice(&before);
    type Call<'c> = &'c dyn Fn(&mut Guest, i32) -> i32;
    let link = put(&mut guest, b"link");
    let before = guest.memory.clone();
    let calls: &[(&str, i32, Call<'_>)] = &[
        ("args_sizes_get", 4, &|g, at| g.wasi.args_sizes_get(&mut g.memory, at, DATA).unwrap()),
        ("args_sizes_get 2", 4, &|g, at| g.wasi.args_sizes_get(&mut g.memory, DATA, at).unwrap()),
        ("args_get", 4, &|g, at| g.wasi.args_get(&mut g.memory, at, DATA).unwrap()),
        ("args_get 2", 5, &|g, at| g.wasi.args_get(&mut g.memory, DATA, at).unwrap()),
        ("environ_sizes_get", 4, &|g, at| {
            g.wasi.environ_sizes_get(&mut g.memory, at, DATA).unwrap()
        }),
        ("environ_sizes_get 2", 4, &|g, at| {
            g.wasi.environ_sizes_get(&mut g.memory, DATA, at).unwrap()
        }),
        ("environ_get", 4, &|g, at| g.wasi.environ_get(&mut g.memory, at, DATA).unwrap()),
        ("environ_get 2", 4, &|g, at| g.wasi.environ_get(&mut g.memory, DATA, at).unwrap()),
        ("clock_res_get", 8, &|g, at| g.wasi.clock_res_get(&mut g.memory, 0, at).unwrap()),
        ("clock_time_get", 8, &|g, at| g.wasi.clock_time_get(&mut g.memory, 0, 0, at).unwrap()),
        ("random_get", 9, &|g, at| g.wasi.random_get(&mut g.memory, at, 9).unwrap()),
        ("fd_fdstat_get", 24, &|g, at| g.wasi.fd_fdstat_get(&mut g.memory, 3, at).unwrap()),
        ("fd_filestat_get", 64, &|g, at| g.wasi.fd_filestat_get(&mut g.memory, 3, at).unwrap()),
        ("fd_prestat_get", 8, &|g, at| g.wasi.fd_prestat_get(&mut g.memory, 3, at).unwrap()),
        ("fd_prestat_dir_name", 1, &|g, at| {
            g.wasi.fd_prestat_dir_name(&mut g.memory, 3, at, 1).unwrap()
        }),
        ("fd_read", 4, &|g, at| g.wasi.fd_read(&mut g.memory, file, LIST, buffers, at).unwrap()),
        ("fd_read stdin", 4, &|g, at| g.wasi.fd_read(&mut g.memory, 0, LIST, buffers, at).unwrap()),
        ("fd_pread", 4, &|g, at| {
            g.wasi.fd_pread(&mut g.memory, file, LIST, buffers, 1, at).unwrap()
        }),
        ("fd_write", 4, &|g, at| g.wasi.fd_write(&mut g.memory, file, LIST, buffers, at).unwrap()),
        ("fd_write stdout", 4, &|g, at| {
            g.wasi.fd_write(&mut g.memory, 1, LIST, buffers, at).unwrap()
        }),
        ("fd_pwrite", 4, &|g, at| {
            g.wasi.fd_pwrite(&mut g.memory, file, LIST, buffers, 1, at).unwrap()
        }),
        ("fd_read list", 8, &|g, at| g.wasi.fd_read(&mut g.memory, file, at, 1, RESULT).unwrap()),
        ("fd_write list", 8, &|g, at| g.wasi.fd_write(&mut g.memory, file, at, 1, RESULT).unwrap()),
        ("fd_seek", 8, &|g, at| g.wasi.fd_seek(&mut g.memory, file, 5, 0, at).unwrap()),
        ("fd_tell", 8, &|g, at| g.wasi.fd_tell(&mut g.memory, file, at).unwrap()),
        ("fd_readdir", 4, &|g, at| g.wasi.fd_readdir(&mut g.memory, 3, DATA, 100, 0, at).unwrap()),
        ("fd_readdir buffer", 100, &|g, at| {
            g.wasi.fd_readdir(&mut g.memory, 3, at, 100, 0, RESULT).unwrap()
        }),
        ("path_open", 4, &|g, at| {
            g.wasi.path_open(&mut g.memory, 3, 0, PATH + 1, 3, 1, ALL, ALL, 0, at).unwrap()
        }),
        ("path_open path", link, &|g, at| {
            g.wasi.path_open(&mut g.memory, 3, 0, at, link, 1, ALL, ALL, 0, RESULT).unwrap()
        }),
        ("path_filestat_get", 64, &|g, at| {
            g.wasi.path_filestat_get(&mut g.memory, 3, 0, PATH, link, at).unwrap()
        }),
        ("path_readlink", 4, &|g, at| {
            g.wasi.path_readlink(&mut g.memory, 3, PATH, link, DATA, 10, at).unwrap()
        }),
        ("path_readlink buffer", 10, &|g, at| {
            g.wasi.path_readlink(&mut g.memory, 3, PATH, link, at, 10, RESULT).unwrap()
        }),
        ("fd_pread list", 8, &|g, at| {
            g.wasi.fd_pread(&mut g.memory, file, at, 1, 0, RESULT).unwrap()
        }),
        ("fd_pwrite list", 8, &|g, at| {
            g.wasi.fd_pwrite(&mut g.memory, file, at, 1, 0, RESULT).unwrap()
        }),
        ("path_filestat_get path", link, &|g, at| {
            g.wasi.path_filestat_get(&mut g.memory, 3, 0, at, link, RESULT).unwrap()
        }),
        ("path_filestat_set_times", link, &|g, at| {
            g.wasi.path_filestat_set_times(&mut g.memory, 3, 0, at, link, 5, 5, 5).unwrap()
        }),
        ("path_readlink path", link, &|g, at| {
            g.wasi.path_readlink(&mut g.memory, 3, at, link, DATA, 10, RESULT).unwrap()
        }),
        ("sock_recv list", 8, &|g, at| {
            g.wasi.sock_recv(&mut g.memory, 3, at, 1, 0, DATA, RESULT).unwrap()
        }),
        ("sock_send list", 8, &|g, at| {
            g.wasi.sock_send(&mut g.memory, 3, at, 1, 0, RESULT).unwrap()
        }),
        ("path_create_directory", 4, &|g, at| {
            g.wasi.path_create_directory(&mut g.memory, 3, at, 4).unwrap()
        }),
        ("path_unlink_file", 4, &|g, at| g.wasi.path_unlink_file(&mut g.memory, 3, at, 4).unwrap()),
        ("path_remove_directory", 4, &|g, at| {
            g.wasi.path_remove_directory(&mut g.memory, 3, at, 4).unwrap()
        }),
        ("path_symlink", 4, &|g, at| {
            g.wasi.path_symlink(&mut g.memory, at, 4, 3, PATH, 3).unwrap()
        }),
        ("path_symlink 2", 4, &|g, at| {
            g.wasi.path_symlink(&mut g.memory, PATH, 4, 3, at, 4).unwrap()
        }),
        ("path_rename", 4, &|g, at| {
            g.wasi.path_rename(&mut g.memory, 3, at, 4, 3, PATH, 3).unwrap()
        }),
        ("path_rename 2", 4, &|g, at| {
            g.wasi.path_rename(&mut g.memory, 3, PATH, 4, 3, at, 4).unwrap()
        }),
        ("path_link", 4, &|g, at| {
            g.wasi.path_link(&mut g.memory, 3, 0, at, 4, 3, PATH, 3).unwrap()
        }),
        ("path_link 2", 4, &|g, at| {
            g.wasi.path_link(&mut g.memory, 3, 0, PATH, 4, 3, at, 4).unwrap()
        }),
        ("poll_oneoff in", 48, &|g, at| {
            g.wasi.poll_oneoff(&mut g.memory, at, DATA, 1, RESULT).unwrap()
        }),
        ("poll_oneoff out", 32, &|g, at| {
            g.wasi.poll_oneoff(&mut g.memory, DATA, at, 1, RESULT).unwrap()
        }),
        ("poll_oneoff count", 4, &|g, at| {
            g.wasi.poll_oneoff(&mut g.memory, DATA, 0x9000, 1, at).unwrap()
        }),
        ("sock_accept", 4, &|g, at| g.wasi.sock_accept(&mut g.memory, 3, 0, at).unwrap()),
        ("sock_recv", 4, &|g, at| {
            g.wasi.sock_recv(&mut g.memory, 3, LIST, 1, 0, at, DATA).unwrap()
        }),
        ("sock_recv 2", 2, &|g, at| {
            g.wasi.sock_recv(&mut g.memory, 3, LIST, 1, 0, DATA, at).unwrap()
        }),
        ("sock_send", 4, &|g, at| g.wasi.sock_send(&mut g.memory, 3, LIST, 1, 0, at).unwrap()),
    ];
    // Those that are not here have numbers alone.
    let numbers = [
        "fd_advise",
        "fd_allocate",
        "fd_close",
        "fd_datasync",
        "fd_fdstat_set_flags",
        "fd_fdstat_set_rights",
        "fd_filestat_set_size",
        "fd_filestat_set_times",
        "fd_renumber",
        "fd_sync",
        "proc_exit",
        "proc_raise",
        "sched_yield",
        "sock_shutdown",
    ];
    for function in FUNCTIONS {
        let called = calls.iter().any(|call| call.0.split(' ').next() == Some(function.name));
        assert_ne!(called, numbers.contains(&function.name), "{}", function.name);
    }
    for (name, length, call) in calls {
        for address in bad_addresses(*length) {
            assert_eq!(Some(call(&mut guest, address)), fault(), "{name} {address:#x}");
            assert!(guest.memory == before, "{name} {address:#x} changed the memory");
        }
    }
    assert_eq!(output.bytes(), b"");
    assert_eq!(guest.tell(file), Ok(0));
    assert_eq!(files.read("file").unwrap(), b"0123456789");
    assert_eq!(guest.readdir(3, 1000, 0).unwrap(), list_before);
    assert_eq!(guest.read(0, &[10]).unwrap(), b"input");
    assert_eq!(guest.open(3, "file", 0, READ), Ok(file + 1), "no descriptor was opened");
}

#[test]
fn buffers_at_and_past_the_end() {
    in_both(|guest| {
        guest.file(3, "file", &[7; 100]);
        let file = guest.open(3, "file", 0, FILE_RIGHTS).unwrap();
        let put = |guest: &mut Guest, index: i32, address: i32, length: i32| {
            let at = (LIST + 8 * index) as usize;
            guest.memory[at..at + 4].copy_from_slice(&address.to_le_bytes());
            guest.memory[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
        };
        let call = |guest: &mut Guest, count: i32, write: bool| {
            let Guest { wasi, memory } = guest;
            match write {
                true => wasi.fd_pwrite(memory, file, LIST, count, 50, RESULT).unwrap(),
                false => wasi.fd_pread(memory, file, LIST, count, 0, RESULT).unwrap(),
            }
        };
        for write in [false, true] {
            put(guest, 0, SIZE - 10, 10);
            assert_eq!(call(guest, 1, write), 0);
            put(guest, 0, SIZE, 0);
            assert_eq!(call(guest, 1, write), 0);
            put(guest, 0, -1, 0);
            assert_eq!(call(guest, 1, write), 0);
            for (address, length) in [
                (SIZE - 10, 11),
                (SIZE, 1),
                (-1, 2),
                (-1, 1),
                (16, -1),
                (16, -16),
                (i32::MIN, i32::MIN),
            ] {
                // The first buffer is good: it must not be used, either.
                put(guest, 0, DATA, 10);
                put(guest, 1, address, length);
                let before = guest.memory.clone();
                assert_eq!(Some(call(guest, 2, write)), fault(), "{address:#x} {length:#x}");
                assert!(guest.memory == before);
            }
            for count in [1025, 0x2000_0000, i32::MAX, i32::MIN, -1] {
                assert_eq!(call(guest, count, write), code(Errno::Inval), "{count}");
            }
        }
        let mut expected = vec![7; 100];
        assert_eq!(guest.contents(3, "file").unwrap().len(), 100);
        // Buffers that overlap, and a result in the middle of them: the result is written last.
        for index in 0..4 {
            put(guest, index, DATA, 20);
        }
        put(guest, 4, RESULT - 2, 8);
        guest.file(3, "count", &(0..100).collect::<Vec<u8>>());
        let file = guest.open(3, "count", 0, READ | 1 << 2).unwrap();
        for index in 0..4 {
            put(guest, index, DATA, 20);
        }
        put(guest, 4, RESULT - 2, 8);
        let Guest { wasi, memory } = guest;
        assert_eq!(wasi.fd_read(memory, file, LIST, 5, RESULT), Ok(0));
        expected.clear();
        expected.extend(60..80);
        assert_eq!(guest.bytes(DATA, 20), expected);
        assert_eq!(guest.u32_at(RESULT), 88);
        assert_eq!(guest.bytes(RESULT - 2, 2), [80, 81]);
        assert_eq!(guest.bytes(RESULT + 4, 2), [86, 87]);
    });
}

#[test]
fn streams_scatter_what_one_read_gives() {
    let mut guest = Guest::new(builder().stdin(Stdin::bytes((0..200).collect::<Vec<u8>>())));
    assert_eq!(guest.read(0, &[3, 0, 50]).unwrap(), (0..53).collect::<Vec<u8>>());
    assert_eq!(guest.read(0, &[200]).unwrap(), (53..200).collect::<Vec<u8>>());
    assert_eq!(guest.read(0, &[200]).unwrap(), b"");
    assert_eq!(guest.write(0, b"x"), Err(code(Errno::NotCapable)));
    assert_eq!(guest.read(1, &[1]), Err(code(Errno::NotCapable)));
    assert_eq!(guest.seek(0, 0, 0), Err(code(Errno::NotCapable)));
}

#[test]
fn large_lists_are_refused_or_bounded() {
    let mut guest = Guest::new(builder());
    let Guest { wasi, memory } = &mut guest;
    for count in [0, 4097, i32::MAX, i32::MIN, -1] {
        assert_eq!(wasi.poll_oneoff(memory, 0, 0, count, 0), Ok(code(Errno::Inval)), "{count}");
    }
    for (at, length) in [(0, -1), (1, i32::MAX), (SIZE, 1), (SIZE - 1, 2), (-1, 1), (0, i32::MIN)] {
        assert_eq!(wasi.random_get(memory, at, length), Ok(code(Errno::Fault)));
    }
    assert!(memory.iter().all(|byte| *byte == 0));
    assert_eq!(wasi.random_get(memory, 0, SIZE), Ok(0));
    assert!(memory.iter().filter(|byte| **byte == 0).count() < 2000);
    assert_eq!(wasi.random_get(memory, SIZE, 0), Ok(0));
    assert_eq!(wasi.random_get(&mut [], 0, 0), Ok(0));
    assert_eq!(wasi.random_get(&mut [], 0, 1), Ok(code(Errno::Fault)));
}

/// Four gigabytes less a byte, in a memory of four. It takes some seconds and memory: `cargo test -- --ignored`.
#[test]
#[ignore = "takes 4 GiB of memory"]
fn random_bytes_for_four_gigabytes() {
    let mut wasi = builder().random(Random::system()).build().unwrap();
    let mut memory = vec![0; 1 << 32];
    assert_eq!(wasi.random_get(&mut memory, 0, -1), Ok(0));
    assert_ne!(memory[memory.len() - 64..memory.len() - 1], [0; 63]);
    assert_eq!(memory[memory.len() - 1], 0);
    assert_eq!(wasi.random_get(&mut memory, 1, -1), Ok(0));
    assert_eq!(wasi.random_get(&mut memory, 2, -1), Ok(code(Errno::Fault)));
}
