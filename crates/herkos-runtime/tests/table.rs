//! Tables, in a lent buffer and on the heap.
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use herkos_runtime::{ExternRef, FuncRef, Table, TableStorage, TrapKind};

type Element = Option<ExternRef>;

const fn token(n: u32) -> Element {
    Some(ExternRef(n))
}

/// Runs a check on a table of each storage, made with the same sizes. The storages differ in type.
macro_rules! on_each_storage {
    ($min:expr, $max:expr, $init:expr, $check:expr) => {{
        let mut buffer = vec![token(0xdead); $max as usize];
        $check(Table::from_buffer(&mut buffer, $min, $max, $init).unwrap());
        #[cfg(feature = "alloc")]
        $check(Table::new($min, $max, $init).unwrap());
    }};
}

#[test]
fn references_are_four_bytes() {
    assert_eq!(size_of::<Option<FuncRef>>(), 4);
    for id in [0, 1, 2, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1] {
        assert_eq!(FuncRef::from_id(id).id(), id);
    }
    assert_eq!(
        FuncRef::from_id(u32::MAX),
        FuncRef::from_id(u32::MAX - 1),
        "the one id that does not fit"
    );
    assert_ne!(FuncRef::from_id(1), FuncRef::from_id(2));
    assert_eq!(format!("{:?} {:?}", FuncRef::from_id(5), ExternRef(6)), "FuncRef(5) ExternRef(6)");
    const REFERENCE: FuncRef = FuncRef::from_id(3);
    const ID: u32 = REFERENCE.id();
    assert_eq!(ID, 3);
}

#[test]
fn get_and_set() {
    fn check<S: TableStorage<Element>>(mut table: Table<Element, S>) {
        assert_eq!((table.size(), table.max()), (3, 5));
        assert_eq!(table.elements(), [token(1); 3]);
        assert_eq!(table.get(2), Some(token(1)));
        assert!(table.set(2, None) && table.set(0, token(9)));
        assert_eq!(table.get(2), Some(None), "null is not out of bounds");
        for index in [3, 4, 5, i32::MAX, i32::MIN, -1] {
            assert_eq!(table.get(index), None, "{index}");
            assert!(!table.set(index, None), "{index}");
        }
        assert_eq!(table.elements(), [token(9), token(1), None]);
    }
    on_each_storage!(3, 5, token(1), check);
}

#[test]
fn grow() {
    fn check<S: TableStorage<Element>>(mut table: Table<Element, S>) {
        assert_eq!(table.grow(0, token(7)), 1);
        for delta in [5, 6, i32::MAX, i32::MIN, -1] {
            assert_eq!(table.grow(delta, token(7)), -1, "{delta}");
        }
        assert_eq!(table.elements(), [None]);
        assert_eq!(table.grow(2, token(7)), 1);
        assert_eq!(table.grow(1, None), 3);
        assert_eq!(table.elements(), [None, token(7), token(7), None]);
        assert_eq!(table.get(4), None);
        assert_eq!(table.grow(1, token(8)), 4);
        assert_eq!(table.grow(1, token(8)), -1);
        assert_eq!(table.size(), 5);
    }
    on_each_storage!(1, 5, None, check);
}

/// Starts and counts around the bounds of a table of 8.
const POINTS: [i32; 11] = [0, 1, 2, 4, 7, 8, 9, i32::MAX, i32::MIN, -2, -1];

fn range(len: usize, start: i32, count: i32) -> Option<std::ops::Range<usize>> {
    let end = u64::from(start as u32) + u64::from(count as u32);
    (end <= len as u64).then_some(start as u32 as usize..end as usize)
}

/// Checks the bulk operations against a model, starting from `table` as it is for each call.
fn check_bulk<S: TableStorage<Element>>(table: &mut Table<Element, S>) {
    let before: Vec<Element> = (0..8).map(token).collect();
    let segment: Vec<Element> = (100..105).map(token).collect();
    let mut buffer = vec![None; 7];
    let mut other = Table::from_buffer(&mut buffer, 6, 7, None).unwrap();
    (0..6).for_each(|i| assert!(other.set(i, token(200 + i as u32))));

    let reset = |table: &mut Table<Element, S>| {
        before.iter().enumerate().for_each(|(i, &e)| assert!(table.set(i as i32, e)))
    };
    for d in POINTS {
        for n in POINTS {
            reset(table);
            let mut expected = before.clone();
            let to = range(8, d, n);
            if let Some(to) = to.clone() {
                expected[to].fill(None);
            }
            assert_eq!(table.fill(d, None, n), to.is_some(), "fill {d} {n}");
            assert_eq!(table.elements(), expected, "fill {d} {n}");

            for s in POINTS {
                let mut copy = |operation: &dyn Fn(&mut Table<Element, S>) -> bool,
                                source: &[Element],
                                name| {
                    reset(table);
                    let mut expected = before.clone();
                    let ranges = range(8, d, n).zip(range(source.len(), s, n));
                    if let Some((to, from)) = ranges.clone() {
                        expected[to].copy_from_slice(&source[from]);
                    }
                    assert_eq!(operation(table), ranges.is_some(), "{name} {d} {s} {n}");
                    assert_eq!(table.elements(), expected, "{name} {d} {s} {n}");
                };
                copy(&|table| table.copy_within(d, s, n), &before, "copy");
                copy(&|table| table.copy_from(&other, d, s, n), other.elements(), "copy from");
                copy(&|table| table.init(&segment, d, s, n), &segment, "init");
                copy(&|table| table.init(&[], d, s, n), &[], "init from a dropped segment");
            }
        }
    }
}

#[test]
fn bulk_operations() {
    fn check<S: TableStorage<Element>>(mut table: Table<Element, S>) {
        check_bulk(&mut table);
    }
    on_each_storage!(8, 12, None, check);
}

#[test]
fn lent_buffer_bounds_the_table() {
    let mut buffer = [None::<FuncRef>; 4];
    assert_eq!(
        Table::from_buffer(&mut buffer, 5, 9, None).unwrap_err().kind(),
        TrapKind::AllocationFailed
    );
    assert_eq!(
        Table::from_buffer(&mut buffer, 2, 1, None).unwrap_err().kind(),
        TrapKind::AllocationFailed
    );
    let mut table = Table::from_buffer(&mut buffer, 1, 9, None).unwrap();
    assert_eq!(table.max(), 4);
    let function = Some(FuncRef::from_id(3));
    assert_eq!((table.grow(3, function), table.grow(1, function)), (1, -1));
    assert_eq!(buffer, [None, function, function, function]);
}

#[cfg(feature = "alloc")]
#[test]
fn no_declared_size_takes_everything() {
    use herkos_runtime::MAX_TABLE_SIZE;

    assert_eq!(Table::new(2, 1, None::<FuncRef>).unwrap_err().kind(), TrapKind::AllocationFailed);
    for min in [MAX_TABLE_SIZE + 1, 0x4000_0000, u32::MAX] {
        assert_eq!(
            Table::new(min, u32::MAX, None::<FuncRef>).unwrap_err().kind(),
            TrapKind::AllocationFailed
        );
    }
    let mut table = Table::new(16, u32::MAX, None::<FuncRef>).unwrap();
    assert_eq!(table.max(), MAX_TABLE_SIZE);
    for delta in [MAX_TABLE_SIZE as i32 - 15, i32::MAX, i32::MIN, -16, -1] {
        assert_eq!(table.grow(delta, None), -1);
    }
    assert_eq!(table.grow(MAX_TABLE_SIZE as i32 - 16, None), 16);
    assert_eq!(table.size(), MAX_TABLE_SIZE as i32);
}

#[cfg(feature = "alloc")]
#[test]
fn debug_is_short() {
    let table = Table::new(2, 3, None::<FuncRef>).unwrap();
    assert_eq!(format!("{table:?}"), "Table { size: 2, max: 3, .. }");
}
