//! The program of `docs/embedding.md`: a C library, sandboxed.
//!
//! Run it with `cargo run -p herkos-example-guide`.

use std::fmt;

use herkos_runtime::{
    CallError, ErrorSlot, GuestError, GuestHeap, HostError, Hosted, WasmResult, WasmTrap,
    guest_record,
};

mod words {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

/// The host: what it implements is all that the library can do to the world.
#[derive(Clone, Default)]
struct Progress {
    limit: u32,
    error: ErrorSlot<Cancelled>,
}

/// An error of the program's own.
#[derive(Clone, Debug, PartialEq)]
struct Cancelled {
    at: u32,
}

impl words::Env for Progress {
    fn progress(&mut self, _: &mut words::Memory, done: i32, size: i32) -> WasmResult<()> {
        println!("{done} of {size} bytes");
        if done as u32 > self.limit {
            return Err(self.error.fail(Cancelled { at: done as u32 }));
        }
        Ok(())
    }
}

impl HostError for Progress {
    type Error = Cancelled;

    fn take_error(&mut self) -> Option<Cancelled> {
        self.error.take()
    }
}

guest_record! {
    /// `struct word` of the C library.
    struct Word {
        start: u32,
        length: u32,
    }
}

/// What can go wrong.
#[derive(Debug, PartialEq)]
enum Error {
    /// The library trapped, or our host stopped it.
    Call(CallError<Cancelled>),
    /// The library said what can't be.
    Data(GuestError),
}

/// The longest word of a text, if it has one.
fn longest_word<'t>(
    library: &mut words::Instance<Progress>,
    text: &'t str,
) -> Result<Option<&'t str>, Error> {
    library.with_bytes(text.as_bytes(), |library, address, size| {
        let mut word = library.alloc_value(Word { start: 0, length: 0 })?;
        let at = word.data.start();
        if word.call(|library| library.longest_word(address, size, at.raw()))? == 0 {
            return Ok(None);
        }
        let word = at.load(word.memory())?.validate(|word| {
            let (start, length) = (word.start as usize, word.length as usize);
            start
                .checked_add(length)
                .and_then(|end| text.get(start..end))
                .ok_or(GuestError::Rejected)
        })?;
        Ok(Some(word))
    })
}

impl From<WasmTrap> for Error {
    fn from(trap: WasmTrap) -> Self {
        Self::Call(trap.into())
    }
}

impl From<CallError<Cancelled>> for Error {
    fn from(error: CallError<Cancelled>) -> Self {
        Self::Call(error)
    }
}

impl From<GuestError> for Error {
    fn from(error: GuestError) -> Self {
        Self::Data(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(CallError::Host(Cancelled { at })) => write!(f, "cancelled at byte {at}"),
            Self::Call(CallError::Trap(trap)) => write!(f, "the library trapped: {trap}"),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

fn main() -> Result<(), Error> {
    let mut library = words::Instance::new(Progress { limit: 10_000, ..Progress::default() })?;
    library._initialize()?;
    println!("{:?}", longest_word(&mut library, "the quick brown fox jumps")?);
    match longest_word(&mut library, &"word ".repeat(5000)) {
        Err(error) => println!("{error}"),
        Ok(word) => println!("{word:?}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use herkos_runtime::{Denied, DeniedImport, Snapshot, TrapKind, TryClone};

    fn library() -> Result<words::Instance<Progress>, Error> {
        let mut library = words::Instance::new(Progress { limit: 10_000, ..Progress::default() })?;
        library._initialize()?;
        Ok(library)
    }

    #[test]
    fn the_library_does_its_work() -> Result<(), Error> {
        let mut library = library()?;
        assert_eq!(longest_word(&mut library, "a bcd\nef")?, Some("bcd"));
        assert_eq!(longest_word(&mut library, " \n")?, None);
        let long = "word ".repeat(5000);
        let cancelled = longest_word(&mut library, &long);
        assert_eq!(cancelled, Err(Error::Call(CallError::Host(Cancelled { at: 10_240 }))));
        let trap = library.call(|library| library.longest_word(-4, 100, 0));
        assert_eq!(
            trap.err().and_then(|error| error.trap()).map(WasmTrap::kind),
            Some(TrapKind::MemoryOutOfBounds)
        );
        Ok(())
    }

    #[test]
    fn a_host_may_grant_nothing() -> WasmResult<()> {
        let mut library = words::Instance::new(Denied::new())?;
        let denied = library.call(|library| library.longest_word(0, 1, 8));
        assert_eq!(denied, Err(CallError::Host(DeniedImport { module: "env", name: "progress" })));
        Ok(())
    }

    #[test]
    fn an_instance_can_be_forked_and_saved() -> Result<(), Box<dyn std::error::Error>> {
        let pristine = library()?;
        let mut one = pristine.try_clone()?; // as new, without starting again
        longest_word(&mut one, "some text")?;
        let state = pristine.save()?; // bytes, to be kept in a file for instance
        one.restore(&state)?;
        assert_eq!(one.memory().bytes(), pristine.memory().bytes());
        Ok(())
    }

    #[test]
    fn hosts_are_made_of_parts() -> WasmResult<()> {
        struct Host {
            progress: Progress,
            // … and parts for other traits
        }
        words::delegate_env!(words, Host => progress);

        let mut library = words::Instance::new(Host { progress: Progress::default() })?;
        assert!(library.longest_word(0, 0, 8).is_ok());
        assert!(library.host().progress.limit == 0);
        Ok(())
    }
}
