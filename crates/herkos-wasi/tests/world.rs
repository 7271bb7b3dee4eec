//! What is around files: arguments, clocks, waiting, the end of the program, sockets; and what is not granted.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::*;
use herkos_runtime::TrapKind;
use herkos_wasi::{Access, BuildError, Capture, Clocks, Errno, Random, Stdin, Stdout, Wasi};

#[test]
fn nothing_is_granted_unless_it_is_named() {
    let mut guest = Guest::new(Wasi::builder());
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.args_sizes_get(memory, 0, 4), Ok(0));
    assert_eq!(wasi.environ_sizes_get(memory, 8, 12), Ok(0));
    assert_eq!(memory[..16], [0; 16]);
    for clock in 0..4 {
        assert_eq!(wasi.clock_time_get(memory, clock, 0, 0), Ok(code(Errno::NotSup)));
        assert_eq!(wasi.clock_res_get(memory, clock, 0), Ok(code(Errno::NotSup)));
    }
    assert_eq!(wasi.random_get(memory, 0, 8), Ok(code(Errno::NotSup)));
    assert_eq!(wasi.fd_prestat_get(memory, 3, 0), Ok(code(Errno::BadF)));
    assert_eq!(guest.read(0, &[10]).unwrap(), b"");
    assert_eq!(guest.write(1, b"dropped"), Ok(7));
    assert_eq!(guest.write(2, b"dropped"), Ok(7));
    assert_eq!(guest.open(3, "x", CREATE, 0).err(), Some(code(Errno::BadF)));
    assert_eq!(guest.open(0, "x", CREATE, 0).err(), Some(code(Errno::NotDir)));
}

#[test]
fn arguments_and_environment() {
    let builder =
        Wasi::builder().args(["one", "", "drei"]).env("A", "1").env("B", "2").env("A", "3");
    let mut guest = Guest::new(builder);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.args_sizes_get(memory, 0, 4), Ok(0));
    assert_eq!(wasi.args_get(memory, 16, 64), Ok(0));
    assert_eq!(wasi.environ_sizes_get(memory, 8, 12), Ok(0));
    assert_eq!(wasi.environ_get(memory, 32, 96), Ok(0));
    assert_eq!([0, 4, 8, 12].map(|at| guest.u32_at(at)), [3, 10, 2, 8]);
    assert_eq!([16, 20, 24].map(|at| guest.u32_at(at)), [64, 68, 69]);
    assert_eq!(guest.bytes(64, 10), b"one\0\0drei\0");
    assert_eq!([32, 36].map(|at| guest.u32_at(at)), [96, 100]);
    assert_eq!(guest.bytes(96, 8), b"B=2\0A=3\0");
    assert!(matches!(Wasi::builder().arg("a\0b").build(), Err(BuildError::Text(_))));
    let missing = Wasi::builder().dir("/nonexistent", "/", Access::ReadOnly).build();
    assert!(matches!(missing, Err(BuildError::Dir { .. })));
}

#[test]
fn clocks() {
    let mut guest = Guest::new(Wasi::builder().clocks(Clocks::fixed(1_000, 10)));
    let mut time = |clock| {
        let Guest { wasi, memory } = &mut guest;
        assert_eq!(wasi.clock_time_get(memory, clock, 0, 0), Ok(0));
        guest.u64_at(0)
    };
    assert_eq!([time(0), time(1), time(0), time(2)], [1_000, 10, 1_020, 30]);
    let mut guest = Guest::new(Wasi::builder().clocks(Clocks::real()));
    for clock in 0..4 {
        let Guest { wasi, memory } = &mut guest;
        assert_eq!(wasi.clock_res_get(memory, clock, 0), Ok(0));
        assert_eq!(wasi.clock_time_get(memory, clock, 0, 8), Ok(0));
        assert_eq!(wasi.clock_time_get(memory, clock, 0, 16), Ok(0));
        assert!(guest.u64_at(0) > 0);
        assert!(guest.u64_at(16) >= guest.u64_at(8));
    }
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.clock_time_get(memory, 4, 0, 0), Ok(code(Errno::Inval)));
    assert_eq!(wasi.clock_time_get(memory, -1, 0, 0), Ok(code(Errno::Inval)));
    assert_eq!(wasi.sched_yield(memory), Ok(0));
}

#[test]
fn random_bytes() {
    let bytes = |random: Random| {
        let mut guest = Guest::new(Wasi::builder().random(random));
        assert_eq!(guest.wasi.random_get(&mut guest.memory, 0, 100), Ok(0));
        guest.bytes(0, 100).to_vec()
    };
    assert_eq!(bytes(Random::seeded(7)), bytes(Random::seeded(7)));
    assert_ne!(bytes(Random::seeded(7)), bytes(Random::seeded(8)));
    assert_ne!(bytes(Random::system()), bytes(Random::system()));
}

#[test]
fn the_end_of_a_program() {
    let mut guest = Guest::new(Wasi::builder());
    let exit = guest.wasi.exit();
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.exit_code(), None);
    let trap = wasi.proc_exit(memory, 300).unwrap_err();
    assert_eq!(trap.kind(), TrapKind::Host);
    assert_eq!((wasi.exit_code(), exit.code()), (Some(300), Some(300)));
    assert_eq!(exit.take(), Some(300));
    assert_eq!(wasi.exit_code(), None);
    assert_eq!(wasi.proc_raise(memory, 0), Ok(0));
    assert_eq!(wasi.proc_raise(memory, 16), Ok(0));
    assert_eq!(wasi.proc_raise(memory, 18), Ok(code(Errno::NotSup)));
    assert_eq!(wasi.proc_raise(memory, 31), Ok(code(Errno::Inval)));
    assert_eq!(wasi.proc_raise(memory, -1), Ok(code(Errno::Inval)));
    assert!(wasi.proc_raise(memory, 6).is_err());
    assert_eq!(wasi.exit_code(), Some(134));
    assert!(wasi.proc_raise(memory, 30).is_err());
    assert_eq!(wasi.exit_code(), Some(128 + 31));
}

/// A subscription: tag, and the words that belong to it.
fn subscribe(guest: &mut Guest, index: i32, tag: u8, words: [u64; 4]) {
    let at = (PATH + 48 * index) as usize;
    guest.memory[at..at + 48].fill(0);
    guest.memory[at..at + 8].copy_from_slice(&(100 + index as u64).to_le_bytes());
    guest.memory[at + 8] = tag;
    for (word, offset) in words.into_iter().zip([16, 24, 32, 40]) {
        guest.memory[at + offset..at + offset + 8].copy_from_slice(&word.to_le_bytes());
    }
}

/// The events: userdata, error, tag, bytes, flags.
fn wait(guest: &mut Guest, count: i32) -> Vec<(u64, i32, u8, u64, u64)> {
    let Guest { wasi, memory } = guest;
    assert_eq!(wasi.poll_oneoff(memory, PATH, DATA, count, RESULT), Ok(0));
    let event = |index: u32| {
        let at = DATA + 32 * index as i32;
        let second = guest.u64_at(at + 8);
        let rest = (guest.u64_at(at + 16), guest.u64_at(at + 24));
        (guest.u64_at(at), second as u16 as i32, (second >> 16) as u8, rest.0, rest.1)
    };
    (0..guest.u32_at(RESULT)).map(event).collect()
}

#[test]
fn waiting() {
    let mut guest = Guest::new(builder().stdin(Stdin::bytes("abc")));
    subscribe(&mut guest, 0, 1, [0; 4]);
    subscribe(&mut guest, 1, 2, [1, 0, 0, 0]);
    subscribe(&mut guest, 2, 1, [9, 0, 0, 0]);
    subscribe(&mut guest, 3, 0, [1, 1 << 60, 0, 0]);
    subscribe(&mut guest, 4, 0, [7, 0, 0, 0]);
    let events = wait(&mut guest, 5);
    let expected = [
        (100, 0, 1, 3, 0),
        (101, 0, 2, 0, 0),
        (102, code(Errno::BadF), 1, 0, 0),
        (104, code(Errno::Inval), 0, 0, 0),
    ];
    assert_eq!(events, expected);
    subscribe(&mut guest, 0, 0, [1, 30_000_000, 0, 0]);
    subscribe(&mut guest, 1, 0, [0, 60_000_000_000, 0, 0]);
    let start = Instant::now();
    assert_eq!(wait(&mut guest, 2), [(100, 0, 0, 0, 0)]);
    assert!(start.elapsed() >= Duration::from_millis(30));
    // A time that has passed, as an absolute one.
    subscribe(&mut guest, 0, 0, [0, 1, 0, 1]);
    assert_eq!(wait(&mut guest, 1), [(100, 0, 0, 0, 0)]);
    subscribe(&mut guest, 0, 3, [0; 4]);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.poll_oneoff(memory, PATH, DATA, 1, RESULT), Ok(code(Errno::Inval)));

    // To wait for what may not be done anyway is refused.
    subscribe(&mut guest, 0, 2, [0; 4]);
    subscribe(&mut guest, 1, 1, [1, 0, 0, 0]);
    let refused = code(Errno::NotCapable);
    assert_eq!(wait(&mut guest, 2), [(100, refused, 2, 0, 0), (101, refused, 1, 0, 0)]);

    // Where time is fixed, it passes at once.
    let mut guest = Guest::new(Wasi::builder().clocks(Clocks::fixed(0, 0)));
    subscribe(&mut guest, 0, 0, [1, 3_600_000_000_000, 0, 0]);
    subscribe(&mut guest, 1, 0, [1, 7_200_000_000_000, 0, 0]);
    assert_eq!(wait(&mut guest, 2), [(100, 0, 0, 0, 0)]);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.clock_time_get(memory, 1, 0, 0), Ok(0));
    assert_eq!(guest.u64_at(0), 3_600_000_000_000);
    // And without a clock no one can sleep.
    let mut guest = Guest::new(Wasi::builder());
    subscribe(&mut guest, 0, 0, [1, 1, 0, 0]);
    assert_eq!(wait(&mut guest, 1), [(100, code(Errno::NotSup), 0, 0, 0)]);
}

#[test]
fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut peer = TcpStream::connect(address).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let builder = builder().dir(dir.path(), "/", Access::ReadWrite).listener(listener);
    let mut guest = Guest::new(builder);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_shutdown(memory, 1, 1), Ok(code(Errno::NotSock)));
    assert_eq!(wasi.sock_shutdown(memory, 3, 1), Ok(code(Errno::NotSock)));
    assert_eq!(wasi.sock_shutdown(memory, 9, 1), Ok(code(Errno::BadF)));
    assert_eq!(wasi.sock_accept(memory, 3, 0, RESULT), Ok(code(Errno::NotSock)));
    assert_eq!(wasi.sock_accept(memory, 4, 0, RESULT), Ok(0));
    let fd = guest.u32_at(RESULT) as i32;
    assert_eq!(fd, 5);
    assert_eq!(guest.fdstat(fd).unwrap().0, 6);
    peer.write_all(b"hello").unwrap();
    subscribe(&mut guest, 0, 1, [fd as u64, 0, 0, 0]);
    assert_eq!(wait(&mut guest, 1), [(100, 0, 1, 5, 0)]);
    let count = guest.list(&[2, 10]);
    for (flags, expected) in [(1, b"hello".as_slice()), (0, b"hello")] {
        let Guest { wasi, memory } = &mut guest;
        assert_eq!(wasi.sock_recv(memory, fd, LIST, count, flags, RESULT, RESULT + 8), Ok(0));
        assert_eq!(guest.bytes(DATA, guest.u32_at(RESULT)), expected);
    }
    guest.memory[DATA as usize..][..4].copy_from_slice(b"pong");
    let count = guest.list(&[4]);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_send(memory, fd, LIST, count, 1, RESULT), Ok(code(Errno::Inval)));
    assert_eq!(wasi.sock_send(memory, fd, LIST, count, 0, RESULT), Ok(0));
    assert_eq!(guest.write(fd, b"!"), Ok(1));
    guest.set_flags(fd, 4).unwrap();
    assert_eq!(guest.read(fd, &[10]), Err(code(Errno::Again)));
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_shutdown(memory, fd, 0), Ok(code(Errno::Inval)));
    // Without the rights nothing of it goes.
    let second = TcpStream::connect(address).unwrap();
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_accept(memory, 4, 0, RESULT), Ok(0));
    let bare = guest.u32_at(RESULT) as i32;
    guest.set_rights(bare, 0, 0).unwrap();
    let refused = Ok(code(Errno::NotCapable));
    let count = guest.list(&[4]);
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_shutdown(memory, bare, 3), refused);
    assert_eq!(wasi.sock_send(memory, bare, LIST, count, 0, RESULT), refused);
    assert_eq!(wasi.sock_recv(memory, bare, LIST, count, 0, RESULT, RESULT + 8), refused);
    guest.set_rights(4, 0, 0).unwrap();
    let Guest { wasi, memory } = &mut guest;
    assert_eq!(wasi.sock_accept(memory, 4, 0, RESULT), refused);
    drop(second);
    assert_eq!(wasi.sock_shutdown(memory, fd, 3), Ok(0));
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"pong!");
    assert_eq!(guest.seek(fd, 0, 0), Err(code(Errno::NotCapable)));
}

#[test]
fn captured_output_has_a_limit() {
    let (output, errors) = (Capture::new(8), Capture::new(100));
    let builder = builder().stdout(Stdout::capture(&output)).stderr(Stdout::capture(&errors));
    let mut guest = Guest::new(builder);
    assert_eq!(guest.write(1, b"hello"), Ok(5));
    assert_eq!(guest.write(1, b"world"), Ok(3));
    assert_eq!(guest.write(1, b"!"), Err(code(Errno::DQuot)));
    assert_eq!(guest.write(2, b"oops"), Ok(4));
    assert_eq!((output.bytes(), errors.bytes()), (b"hellowor".to_vec(), b"oops".to_vec()));
}
