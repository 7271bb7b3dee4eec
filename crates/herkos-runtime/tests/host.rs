//! Errors of a host's own, on their way through a guest.

#![allow(clippy::unwrap_used, reason = "what panics here is a failed test")]

use herkos_runtime::{CallError, ErrorSlot, HostError, Hosted, TrapKind, WasmResult, WasmTrap};

#[derive(Debug, PartialEq)]
struct Failure(&'static str); // not Clone: it is moved

#[derive(Default)]
struct Host {
    error: ErrorSlot<Failure>,
}

impl HostError for Host {
    type Error = Failure;

    fn take_error(&mut self) -> Option<Failure> {
        self.error.take()
    }
}

struct Instance<H>(H);

impl<H> Hosted for Instance<H> {
    type Host = H;

    fn host_mut(&mut self) -> &mut H {
        &mut self.0
    }
}

const UNREACHABLE: WasmTrap = WasmTrap::new(TrapKind::Unreachable);
const HOST: WasmTrap = WasmTrap::new(TrapKind::Host);

fn failing(instance: &mut Instance<Host>) -> WasmResult<i32> {
    let trap = instance.0.error.fail(Failure("disk full"));
    assert_eq!(trap, HOST);
    Err(trap.or_at(7)) // as generated code does
}

#[test]
fn an_error_comes_back() {
    let mut instance = Instance(Host::default());
    assert_eq!(instance.call(failing), Err(CallError::Host(Failure("disk full"))));
    assert_eq!(instance.call(|_| Ok(5)), Ok(5));
    assert_eq!(instance.call(|_| WasmResult::<()>::Err(UNREACHABLE)), Err(UNREACHABLE.into()));
    // A trap of the host's without an error, after an error that nobody asked for.
    assert!(failing(&mut instance).is_err());
    assert_eq!(instance.call(|_| WasmResult::<()>::Err(HOST)), Err(CallError::Trap(HOST)));
}

#[test]
fn a_borrowed_host_does_the_same() {
    let mut host = Host::default();
    let mut instance = Instance(&mut host);
    let error =
        instance.call(|instance| WasmResult::<()>::Err(instance.0.error.fail(Failure("x"))));
    assert_eq!(error, Err(CallError::Host(Failure("x"))));
}

#[test]
fn errors_say_what_happened() {
    let error: CallError<std::num::ParseIntError> = UNREACHABLE.into();
    assert_eq!(error.to_string(), "trap: unreachable");
    assert_eq!((error.trap(), error.host()), (Some(UNREACHABLE), None));
    let error = CallError::Host("x".parse::<u8>().unwrap_err());
    assert_eq!(error.to_string(), "invalid digit found in string");
    assert!(error.host().is_some() && error.trap().is_none());
    assert!(std::error::Error::source(&error).is_none());
}
