//! The guard against runaway recursion.
#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use std::hint::black_box;
use std::thread;

use herkos_runtime::StackLimit;

/// Calls itself until the limit says stop; returns how deep that was.
#[inline(never)]
fn recurse<const FRAME: usize>(limit: StackLimit, depth: u64) -> u64 {
    if limit.exhausted() {
        return depth;
    }
    let frame = black_box([depth as u8; FRAME]);
    let deepest = recurse::<FRAME>(limit, depth + 1);
    black_box(frame);
    deepest
}

/// Runs on a thread with 2 MiB of stack.
fn on_a_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

#[test]
fn recursion_ends_at_the_budget() {
    let depth = on_a_thread(|| recurse::<16>(StackLimit::with_budget(1 << 20), 0));
    assert!((1000..=(1 << 20) / 16).contains(&depth), "{depth}");
}

#[test]
fn the_budget_counts_bytes() {
    let (small, large) = on_a_thread(|| {
        let limit = StackLimit::with_budget(1 << 20);
        (recurse::<256>(limit, 0), recurse::<16_384>(limit, 0))
    });
    assert!(large <= 64 && small > 8 * large, "{small} {large}");
    // Exhaustion leaves nothing behind: the same limit serves again.
    let twice = on_a_thread(|| {
        let limit = StackLimit::with_budget(1 << 20);
        [recurse::<256>(limit, 0), recurse::<256>(limit, 0)]
    });
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn a_larger_budget_allows_more() {
    let depths = on_a_thread(|| {
        [1 << 18, 1 << 19, 1 << 20].map(|bytes| recurse::<64>(StackLimit::with_budget(bytes), 0))
    });
    assert!(depths[0] < depths[1] && depths[1] < depths[2], "{depths:?}");
}

#[test]
fn limits_at_the_extremes() {
    assert!(!StackLimit::UNLIMITED.exhausted());
    assert_eq!(StackLimit::default(), StackLimit::UNLIMITED);
    assert_eq!(StackLimit::with_budget(usize::MAX), StackLimit::UNLIMITED);
    let none = StackLimit::with_budget(0);
    assert!(recurse::<4096>(none, 0) <= 1);
}

#[test]
fn room_is_what_is_left_of_the_budget() {
    let limit = StackLimit::with_budget(100_000);
    assert!(!limit.lacks(50_000, 1_000_000) && limit.lacks(110_000, 1_000_000));
    // Half of the budget is enough for any estimate.
    assert!(!limit.lacks(1 << 40, 100_000));
    assert!(limit.lacks(1 << 40, 300_000));
    assert!(!StackLimit::UNLIMITED.lacks(usize::MAX, usize::MAX));
}
