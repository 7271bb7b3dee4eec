//! Messages arrive; a driver that goes wrong takes nothing with it.

use herkos_example_partitions::{MAILBOX, System};
use herkos_runtime::{TrapKind, WasmResult, WasmTrap};

#[test]
fn messages_arrive() -> WasmResult<()> {
    let mut buffer = [0; MAILBOX];
    let mut system = System::new(&mut buffer)?;
    assert_eq!(system.exchange(400)?, 90);
    assert_eq!(system.exchange(400)?, 83);
    assert_eq!(system.status(), (175, 0));
    Ok(())
}

#[test]
fn a_driver_that_goes_wrong_takes_nothing_with_it() -> WasmResult<()> {
    let mut buffer = [0; MAILBOX];
    let mut system = System::new(&mut buffer)?;
    system.exchange(400)?;
    // It traps: no message. It stays inside, and says what can't be: a message that is refused.
    assert_eq!(system.exchange(-1)?, 90);
    assert_eq!(system.exchange(1001)?, 90);
    assert_eq!(system.status(), (100, 2));
    assert_eq!(system.exchange(400)?, 83);
    Ok(())
}

#[test]
fn the_mailbox_is_what_was_lent() {
    let kind = System::new(&mut [0; MAILBOX - 1]).err().map(WasmTrap::kind);
    assert_eq!(kind, Some(TrapKind::AllocationFailed));
}
