//! Traps: encoding, messages, size.

use herkos_runtime::{TrapKind, TrapLocation, WasmResult, WasmTrap};

/// Every kind, with the words that the official testsuite uses for it.
const KINDS: [(TrapKind, &str); 15] = [
    (TrapKind::Unreachable, "unreachable"),
    (TrapKind::MemoryOutOfBounds, "out of bounds memory access"),
    (TrapKind::TableOutOfBounds, "out of bounds table access"),
    (TrapKind::UndefinedElement, "undefined element"),
    (TrapKind::UninitializedElement, "uninitialized element"),
    (TrapKind::IndirectCallTypeMismatch, "indirect call type mismatch"),
    (TrapKind::IntegerOverflow, "integer overflow"),
    (TrapKind::IntegerDivideByZero, "integer divide by zero"),
    (TrapKind::InvalidConversionToInteger, "invalid conversion to integer"),
    (TrapKind::StackExhausted, "call stack exhausted"),
    (TrapKind::AllocationFailed, "allocation failed"),
    (TrapKind::Host, "host error"),
    (TrapKind::IncompatibleImport, "incompatible import type"),
    (TrapKind::OutOfFuel, "out of fuel"),
    (TrapKind::Interrupted, "interrupted"),
];

/// What other languages know a kind by.
#[test]
fn codes_are_those_of_the_list() {
    assert_eq!(TrapKind::ALL, KINDS.map(|(kind, _)| kind));
    for (code, kind) in (1..).zip(TrapKind::ALL) {
        assert_eq!((kind.code(), TrapKind::from_code(code)), (code, Some(*kind)));
    }
    for none in [0, 16, 63, 255] {
        assert_eq!(TrapKind::from_code(none), None);
    }
}

#[test]
fn kind_and_site_survive_packing() {
    for (kind, _) in KINDS {
        assert_eq!((WasmTrap::new(kind).kind(), WasmTrap::new(kind).site()), (kind, None));
        assert_eq!(WasmTrap::from(kind), WasmTrap::new(kind));
        for site in [0, 1, 255, 256, 0x00ab_cdef, (1 << 24) - 2] {
            let trap = WasmTrap::at(kind, site);
            assert_eq!((trap.kind(), trap.site()), (kind, Some(site)));
        }
        for site in [(1 << 24) - 1, 1 << 24, u32::MAX - 1, u32::MAX] {
            assert_eq!(
                WasmTrap::at(kind, site),
                WasmTrap::new(kind),
                "site {site} is too large to keep"
            );
        }
    }
}

#[test]
fn messages_are_the_testsuites() {
    for (kind, message) in KINDS {
        assert_eq!(kind.message(), message);
        assert_eq!(WasmTrap::at(kind, 7).to_string(), message);
    }
    assert_eq!(format!("[{:>13}]", WasmTrap::new(TrapKind::Host)), "[   host error]");
    let error: &dyn core::error::Error = &WasmTrap::new(TrapKind::Unreachable);
    assert_eq!(error.to_string(), "unreachable");
    assert!(error.source().is_none());
}

#[test]
fn debug_shows_kind_and_site() {
    let trap = WasmTrap::at(TrapKind::IntegerOverflow, 3);
    assert_eq!(format!("{trap:?}"), "WasmTrap { kind: IntegerOverflow, site: Some(3) }");
}

#[test]
fn small_enough_for_registers() {
    assert_eq!(size_of::<WasmTrap>(), 4);
    assert_eq!(size_of::<WasmResult<()>>(), 4);
    assert_eq!(size_of::<WasmResult<i32>>(), 8);
    assert_eq!(size_of::<WasmResult<i64>>(), 16);
}

#[test]
fn usable_in_constants() {
    const TRAP: WasmTrap = WasmTrap::at(TrapKind::MemoryOutOfBounds, 41);
    const KIND: TrapKind = TRAP.kind();
    const SITE: Option<u32> = TRAP.site();
    assert_eq!((KIND, SITE), (TrapKind::MemoryOutOfBounds, Some(41)));
}

#[test]
fn locations_read_well() {
    let show = |function, name, offset| TrapLocation { function, name, offset }.to_string();
    assert_eq!(show(17, "decode_row", Some(0x2f3a)), "decode_row (function 17, at offset 0x2f3a)");
    assert_eq!(show(17, "decode_row", None), "decode_row (function 17)");
    assert_eq!(show(3, "", Some(9)), "function 3, at offset 0x9");
    assert_eq!(show(3, "", None), "function 3");
}
