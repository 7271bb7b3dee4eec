//! Memories of which fewer bytes are there than the module declares: what is there works, and one byte beyond it
//! traps, in every kind of access.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use anyhow::Result;
use herkos::native::Profile;
use herkos::{Bounds, Config, Error, MemoryStorage, Optimization};
use herkos_tests::generated::Crate;

/// Every kind of access, for 4096 bytes; `%` stands for the limits.
const GUEST: &str = r#"(module
  (memory (export "memory") %)
  (data (i32.const 4) "four") (data (i32.const 4093) "end")
  (data $passive "0123456789")
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "long") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "far") (param i32) (result i32) (i32.load offset=4000 (local.get 0)))
  (func (export "put") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  ;; The first store is seen, whatever becomes of the second one.
  (func (export "two") (param i32) (i32.store8 (local.get 0) (i32.const 9))
    (i32.store8 offset=1 (local.get 0) (i32.const 9)))
  ;; Loads that share a check.
  (func (export "pair") (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=8 (local.get 0))))
  ;; Addresses that are known.
  (func (export "last") (result i32) (i32.load8_u (i32.const 4095)))
  (func (export "beyond") (result i32) (i32.load8_u (i32.const 4096)))
  (func (export "page") (result i32) (i32.load (i32.const 65532)))
  (func (export "put_beyond") (i32.store8 (i32.const 4096) (i32.const 1)))
  (func (export "masked") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 4095))))
  (func (export "masked_wide") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 8191))))
  ;; A loop that is checked before it begins.
  (func (export "add") (param $at i32) (param $end i32)
    (loop $l
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
      (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end)))))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 5) (local.get 1)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32) (memory.init $passive (local.get 0) (i32.const 0) (local.get 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// A segment whose place only the host knows.
const PLACED: &str = r#"(module (import "env" "base" (global $base i32))
  (memory 1) (data (global.get $base) "abcd")
  (func (export "get") (param i32) (result i32) (i32.load (local.get 0))))"#;

/// A module that works in its caller's memory.
const LIBRARY: &str = r#"(module (import "env" "memory" (memory 1))
  (table 1 1 funcref) (elem (i32.const 0) $size)
  (func $size (export "size") (result i32) (memory.size))
  (func $grows (result i32) (memory.grow (i32.const 0)))
  ;; Its bytes and its size, by turns, before and after calls that may change both.
  (func (export "mixed") (param i32) (result i32) (local $sum i32)
    (local.set $sum (i32.add (memory.size) (i32.load8_u (local.get 0))))
    (local.set $sum (i32.add (local.get $sum) (i32.mul (i32.const 10) (call $grows))))
    (local.set $sum (i32.add (local.get $sum) (i32.mul (memory.size) (i32.load8_u (local.get 0)))))
    (i32.add (local.get $sum) (call_indirect (result i32) (i32.const 0))))
  (func (export "put") (param i32) (i32.store8 (local.get 0) (i32.const 1)))
  (func (export "put_last") (i32.store8 (i32.const 4095) (i32.const 2)))
  (func (export "put_beyond") (i32.store8 (i32.const 4096) (i32.const 2)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;

/// One of two modules with a memory each.
const OWNER: &str = r#"(module (memory 1)
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;

const MAIN: &str = r#"
use herkos_runtime::{IsolatedMemory, TrapKind, WasmResult};

const BYTES: usize = 4096;
const END: i32 = BYTES as i32;

struct Base(i32);
impl placed::Env for Base {
    fn base(&self) -> i32 { self.0 }
}

fn out<T: std::fmt::Debug>(result: WasmResult<T>) {
    let kind = result.map_err(|trap| trap.kind());
    assert_eq!(kind.expect_err("a trap"), TrapKind::MemoryOutOfBounds);
}

macro_rules! check {
    ($guest:ident, $pages:literal) => {{
        let mut buffer = [0xaa; BYTES + 1];
        let mut guest = $guest::Instance::new(&mut buffer).unwrap();
        assert_eq!(guest.memory().len(), BYTES);
        assert_eq!((guest.size(), guest.grow(0), guest.grow(1)), (Ok($pages), Ok($pages), Ok(-1)));

        // Segments; the last byte, and the one beyond.
        assert_eq!(guest.memory().slice(0, 8), Ok(&b"\0\0\0\0four"[..]));
        assert_eq!((guest.byte(END - 1), guest.last()), (Ok(b'd'.into()), Ok(b'd'.into())));
        for address in [END, END + 1, 65_535, 65_536, i32::MAX, -1] {
            out(guest.byte(address));
        }
        assert_eq!(guest.long(END - 8), Ok(i64::from_le_bytes(*b"\0\0\0\0\0end")));
        out(guest.long(END - 7));
        out(guest.far(93));
        assert!(guest.far(92).is_ok());
        out(guest.beyond());
        out(guest.page());
        out(guest.put_beyond());
        assert_eq!((guest.masked(-1), guest.masked_wide(4095)), (Ok(b'd'.into()), Ok(b'd'.into())));
        out(guest.masked_wide(4096));
        assert!(guest.pair(END - 12).is_ok());
        out(guest.pair(END - 11));

        // Stores; what was before the trap is seen.
        out(guest.put(END - 3, -1));
        assert_eq!(guest.memory().slice(END - 3, 3), Ok(&b"end"[..]));
        assert_eq!(guest.put(END - 4, 0x0403_0201), Ok(()));
        out(guest.two(END - 1));
        assert_eq!(guest.memory().slice(END - 4, 4), Ok(&[1, 2, 3, 9][..]));
        out(guest.add(END - 8, END + 1));
        assert_eq!(guest.memory().slice(END - 8, 8), Ok(&[1, 0, 0, 0, 2, 2, 3, 9][..]));
        assert_eq!(guest.add(END - 8, END), Ok(()));
        assert_eq!(guest.memory().slice(END - 8, 8), Ok(&[2, 0, 0, 0, 3, 2, 3, 9][..]));

        // Bulk operations do all or nothing.
        let before = guest.memory().bytes().to_vec();
        out(guest.fill(END - 3, 4));
        out(guest.copy(END - 3, 0, 4));
        out(guest.copy(0, END - 3, 4));
        out(guest.init(END - 3, 4));
        assert!(guest.fill(END, 0).is_ok() && guest.fill(0, 0).is_ok());
        out(guest.fill(END + 1, 0));
        assert_eq!(guest.memory().bytes(), before);
        assert_eq!((guest.fill(END - 4, 4), guest.copy(8, END - 4, 4)), (Ok(()), Ok(())));
        assert_eq!((guest.init(END - 2, 2), guest.byte(END - 1)), (Ok(()), Ok(b'1'.into())));
        assert_eq!(guest.memory().slice(8, 4), Ok(&[5; 4][..]));

        // What the host does.
        out(guest.memory_mut().write(END - 1, &[0; 2]));
        guest.limit(0, 0);
        assert_eq!(guest.size(), Ok($pages));
        drop(guest);
        assert_eq!(buffer[BYTES], 0xaa, "the rest of the buffer is the host's");
        let small = $guest::Instance::new(&mut buffer[2..]).err().map(|trap| trap.kind());
        assert_eq!(small, Some(TrapKind::AllocationFailed));
    }};
}

fn main() {
    check!(open, 1);
    check!(closed, 1);
    check!(many, 17);
    check!(plain, 2);

    let mut buffer = [0; 64];
    let mut guest = placed::Instance::new(Base(60), &mut buffer).unwrap();
    assert_eq!(guest.get(60), Ok(i32::from_le_bytes(*b"abcd")));
    for base in [61, 64, 1000, 65_532] {
        out(placed::Instance::new(Base(base), &mut buffer).map(|_| ()));
    }

    // The memory that a library is lent may be partial, too.
    let mut buffer = [0; BYTES];
    let mut memory = IsolatedMemory::partial_from_buffer(&mut buffer, 1, BYTES).unwrap();
    let mut table = [None; 1];
    let mut library = library::Instance::new(&mut memory, &mut table).unwrap();
    assert_eq!((library.size(&mut memory), library.grow(&mut memory)), (Ok(1), Ok(-1)));
    assert_eq!((library.put(&mut memory, END - 2), library.put_last(&mut memory)), (Ok(()), Ok(())));
    assert_eq!(library.mixed(&mut memory, END - 1), Ok(1 + 2 + 10 + 2 + 1));
    out(library.put(&mut memory, END));
    out(library.put_beyond(&mut memory));
    assert_eq!(memory.slice(END - 2, 2), Ok(&[1, 2][..]));
    // It sees the size that it was lent, and not how many bytes there are.
    let mut memory = IsolatedMemory::partial_from_buffer(&mut buffer, 17, 5).unwrap();
    assert_eq!((library.size(&mut memory), library.mixed(&mut memory, 4)), (Ok(17), Ok(17 + 170 + 17)));
    out(library.mixed(&mut memory, 5));

    // Each memory has its own number.
    let (mut first, mut second) = ([0; 64], [0; 32]);
    let mut linked = linked::Instance::new(&mut first, &mut second).unwrap();
    assert_eq!((linked.byte(63), linked.b_byte(31)), (Ok(0), Ok(0)));
    out(linked.byte(64));
    out(linked.b_byte(32));
    println!("done");
}
"#;

fn lent() -> Config {
    Config::new().memory(MemoryStorage::Lent)
}

fn everything(label: &str, profile: &Profile) -> Result<()> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("partial").join(label);
    let mut generated = Crate::new(dir)?;
    let config = lent().memory_bytes(4096);
    let guest = |limits: &str| GUEST.replace('%', limits);
    generated.module("open", &config, guest("1").as_bytes())?;
    generated.module("closed", &config, guest("1 1").as_bytes())?;
    generated.module("many", &config, guest("17 400").as_bytes())?;
    let plain = Optimization::ALL.into_iter().fold(config, Config::without);
    generated.module("plain", &plain, guest("2 3").as_bytes())?;
    generated.module("placed", &lent().memory_bytes(64), PLACED.as_bytes())?;
    generated.module("library", &lent(), LIBRARY.as_bytes())?;
    let modules = [("a", OWNER.as_bytes()), ("b", OWNER.as_bytes())];
    generated.linked("linked", &lent().memory_bytes(64).memory_bytes(32), &modules)?;
    assert_eq!(generated.run(MAIN, profile, &["-Dwarnings", "-Adead_code"])?, "done\n");
    Ok(())
}

#[test]
fn everything_debug() -> Result<()> {
    everything("debug", &Profile::debug())
}

#[test]
fn everything_optimised() -> Result<()> {
    everything("optimised", &Profile::release())
}

/// What the constructor asks for, and what a reader of the output sees.
#[test]
fn the_output_says_how_much_is_there() -> Result<()> {
    let output = lent().memory_bytes(2048).transpile(b"(module (memory 3))")?;
    let line =
        "/// The linear memory: 3 pages of 64 KiB, of which only the first 2048 bytes are there.";
    assert!(output.source.contains(line), "{}", output.source);
    let wanted = herkos::ConstructorParam::MemoryBuffer { min_pages: 3, max_pages: 3, bytes: 2048 };
    assert_eq!(output.interface.constructor, [wanted]);
    Ok(())
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let refused = |config: &Config, text: &str| match config.transpile(text.as_bytes()) {
        Ok(_) => None,
        Err(error @ Error::Limit { .. }) => Some(error.to_string()),
        Err(error) => Some(format!("not a limit: {error}")),
    };
    let config = lent().memory_bytes(64);
    let one = "(module (memory 1))";
    for (config, text, said) in [
        (&Config::new().memory_bytes(64), one, "--memory lent"),
        (&config.clone().bounds(Bounds::Wrap).max_pages(1), one, "whole pages"),
        (&config.clone().bounds(Bounds::Reserve), one, "whole pages"),
        (&config.clone().snapshots(true), one, "on the heap"),
        (&config, "(module)", "none"),
        (&config, "(module (import \"a\" \"b\" (memory 1)))", "partial_from_buffer"),
        (&config.clone().memory_bytes(64), one, "2 numbers of bytes"),
        (&lent().memory_bytes(65_537), one, "declares 65536"),
        (&lent().memory_bytes(1), "(module (memory 0))", "declares 0"),
        (
            &config,
            "(module (memory 1) (data (i32.const 61) \"abcd\"))",
            "data segment 0 ends at byte 65",
        ),
        (&config, "(module (memory 1) (data (i32.const -1) \"a\"))", "ends at byte 4294967296"),
        (&config, "(module (memory 1) (data (i32.const 65) \"\"))", "ends at byte 65"),
    ] {
        let error = refused(config, text).unwrap_or_default();
        assert!(error.contains(said) && !error.starts_with("not a limit"), "{text}: {error:?}");
    }
    for (config, text) in [
        (&config, one),
        (&config, "(module (memory 1) (data (i32.const 60) \"abcd\"))"),
        (&lent().memory_bytes(65_536), one),
        (&lent().memory_bytes(0), "(module (memory 0))"),
        (&config.clone().max_pages(1), one),
    ] {
        assert_eq!(refused(config, text), None, "{text}");
    }
    let modules = [("a", OWNER.as_bytes()), ("b", OWNER.as_bytes())];
    let error = config.link(&modules).unwrap_err().to_string();
    assert!(error.contains("1 numbers of bytes") && error.contains("2 memories"), "{error}");
}
