//! Waiting: `poll_oneoff`.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::clock::Clock;
use crate::errno::{Errno, Outcome};
use crate::fs::{FileKind, Whence, host};
use crate::guest;
use crate::stdio::{Inherited, Stream};
use crate::table::{Object, Table};
use crate::types::{FileType, rights};
use crate::wasi::Wasi;

/// Subscriptions of one call at most.
const MAX_SUBSCRIPTIONS: u32 = 4096;

/// Bytes of a subscription and of an event.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

/// What a guest waits for.
#[derive(Clone, Copy)]
enum Wait {
    Clock { clock: i32, timeout: u64, absolute: bool },
    Descriptor { fd: i32, write: bool },
}

#[derive(Clone, Copy)]
struct Subscription {
    userdata: u64,
    wait: Wait,
}

impl Subscription {
    fn decode(bytes: &[u8]) -> Result<Self, Errno> {
        let field = |at: usize, size: usize| {
            bytes.get(at..).and_then(|rest| rest.get(..size)).map_or(0, guest::number)
        };
        let wait = match field(8, 1) {
            0 => Wait::Clock {
                clock: field(16, 4) as i32,
                timeout: field(24, 8),
                absolute: match field(40, 2) {
                    0 => false,
                    1 => true,
                    _ => return Err(Errno::Inval),
                },
            },
            tag @ (1 | 2) => Wait::Descriptor { fd: field(16, 4) as i32, write: tag == 2 },
            _ => return Err(Errno::Inval),
        };
        Ok(Self { userdata: field(0, 8), wait })
    }

    fn event(&self, outcome: Result<Ready, Errno>) -> [u8; EVENT as usize] {
        let tag: u64 = match self.wait {
            Wait::Clock { .. } => 0,
            Wait::Descriptor { write: false, .. } => 1,
            Wait::Descriptor { write: true, .. } => 2,
        };
        let (error, ready) = match outcome {
            Ok(ready) => (0, ready),
            Err(error) => (error as u64, Ready::default()),
        };
        let words = [self.userdata, error | tag << 16, ready.bytes, u64::from(ready.hangup)];
        let mut bytes = [0; EVENT as usize];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// What is known of a descriptor that is ready.
#[derive(Clone, Copy, Default)]
struct Ready {
    /// Bytes that can be read.
    bytes: u64,
    hangup: bool,
}

/// Whether a descriptor has to be asked about.
enum State<'t> {
    /// It is always ready.
    Now(Ready),
    /// The system knows.
    Ask(BorrowedFd<'t>),
}

/// The host's own streams, held as long as they are asked about.
struct Streams {
    input: io::Stdin,
    output: io::Stdout,
    error: io::Stderr,
}

impl Wasi {
    pub(super) fn poll(
        &mut self,
        memory: &mut [u8],
        subscriptions: i32,
        events: i32,
        count: i32,
        result: i32,
    ) -> Outcome {
        let count = count as u32;
        if count == 0 || count > MAX_SUBSCRIPTIONS {
            return Err(Errno::Inval);
        }
        guest::check(memory, events, count * EVENT)?;
        guest::check(memory, result, 4)?;
        let list = guest::slice(memory, subscriptions, count * SUBSCRIPTION)?;
        let chunks = list.chunks_exact(SUBSCRIPTION as usize);
        let list: Vec<Subscription> = chunks.map(Subscription::decode).collect::<Result<_, _>>()?;
        let happened = self.wait_for(&list)?;
        for (event, position) in happened.iter().zip(0..) {
            guest::write(memory, events.wrapping_add(position * EVENT as i32), event)?;
        }
        guest::write_u32(memory, result, happened.len() as u32)
    }

    /// Waits until something has happened; what has.
    fn wait_for(&mut self, list: &[Subscription]) -> Result<Vec<[u8; EVENT as usize]>, Errno> {
        let streams = Streams { input: io::stdin(), output: io::stdout(), error: io::stderr() };
        let start = Instant::now();
        let mut happened = Vec::new();
        let mut fds = Vec::new();
        let mut asked = Vec::new();
        let mut timers = Vec::new();
        for subscription in list {
            match subscription.wait {
                Wait::Clock { clock, timeout, absolute } => {
                    let clock = Clock::new(clock).and_then(|clock| self.clocks.peek(clock));
                    match clock {
                        Ok(now) if absolute => {
                            timers.push((subscription, timeout.saturating_sub(now)));
                        }
                        Ok(_) => timers.push((subscription, timeout)),
                        Err(error) => happened.push(subscription.event(Err(error))),
                    }
                }
                Wait::Descriptor { fd, write } => match state(&self.table, &streams, fd, write) {
                    Ok(State::Now(ready)) => happened.push(subscription.event(Ok(ready))),
                    Ok(State::Ask(fd)) => {
                        let flags = if write { PollFlags::OUT } else { PollFlags::IN };
                        fds.push(PollFd::from_borrowed_fd(fd, flags));
                        asked.push((subscription, fd));
                    }
                    Err(error) => happened.push(subscription.event(Err(error))),
                },
            }
        }
        let soonest = timers.iter().map(|(_, left)| *left).min();
        let real = self.clocks.is_real();
        // Where time does not pass by itself, no one waits for it.
        let patience = match soonest {
            _ if !happened.is_empty() => Some(0),
            Some(_) if !real => Some(0),
            soonest => soonest,
        };
        wait(&mut fds, patience, start)?;
        for (fd, (subscription, descriptor)) in fds.iter().zip(&asked) {
            let flags = fd.revents();
            if flags.contains(PollFlags::NVAL) {
                happened.push(subscription.event(Err(Errno::BadF)));
            } else if !flags.is_empty() {
                let reads = matches!(subscription.wait, Wait::Descriptor { write: false, .. });
                let bytes = if reads { pending(*descriptor) } else { 0 };
                let hangup = flags.intersects(PollFlags::HUP);
                happened.push(subscription.event(Ok(Ready { bytes, hangup })));
            }
        }
        let elapsed = match (real, soonest) {
            (false, Some(soonest)) if happened.is_empty() => {
                self.clocks.advance(soonest);
                soonest
            }
            (false, _) => 0,
            (true, _) => u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX),
        };
        let due = timers.iter().filter(|(_, left)| *left <= elapsed);
        happened.extend(due.map(|(subscription, _)| subscription.event(Ok(Ready::default()))));
        Ok(happened)
    }
}

/// Whether a descriptor is ready, as far as that is known without asking the system.
fn state<'t>(
    table: &'t Table,
    streams: &'t Streams,
    fd: i32,
    write: bool,
) -> Result<State<'t>, Errno> {
    let descriptor = table.get(fd)?;
    let direction = match (&descriptor.object, write) {
        // To accept a connection is no reading.
        (Object::Listener(_), _) => 0,
        (_, false) => rights::FD_READ,
        (_, true) => rights::FD_WRITE,
    };
    descriptor.check(rights::POLL_FD_READWRITE | direction)?;
    Ok(match &descriptor.object {
        Object::Dir(_) => return Err(Errno::BadF),
        Object::File(file) => match &file.kind {
            FileKind::Memory(file) => {
                let bytes = if write { 0 } else { file.pending()? };
                State::Now(Ready { bytes, hangup: false })
            }
            FileKind::Host(file) => State::Ask(file.as_fd()),
        },
        Object::Stream(Stream::Inherited(which)) => State::Ask(match which {
            Inherited::Input => streams.input.as_fd(),
            Inherited::Output => streams.output.as_fd(),
            Inherited::Error => streams.error.as_fd(),
        }),
        Object::Stream(stream) => State::Now(Ready { bytes: stream.pending(), hangup: false }),
        Object::Connection(stream) => State::Ask(stream.as_fd()),
        Object::Listener(listener) => State::Ask(listener.as_fd()),
    })
}

/// Bytes that can be read from a descriptor that is ready.
fn pending(fd: BorrowedFd<'_>) -> u64 {
    match host::stat(fd) {
        Ok(found) if found.file_type == FileType::RegularFile => {
            let position = host::seek(fd, 0, Whence::Current).unwrap_or_default();
            found.size.saturating_sub(position)
        }
        _ => rustix::io::ioctl_fionread(fd).unwrap_or_default(),
    }
}

/// Asks the system, again where a signal came between. `patience` is in nanoseconds from `start`; none is for
/// ever.
fn wait(fds: &mut [PollFd<'_>], patience: Option<u64>, start: Instant) -> Outcome {
    loop {
        let left = patience.map(|patience| {
            let elapsed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            if patience == 0 { 0 } else { patience.saturating_sub(elapsed) }
        });
        let timeout = left.map(|left| Timespec {
            tv_sec: (left / 1_000_000_000) as _,
            tv_nsec: (left % 1_000_000_000) as _,
        });
        match poll(fds, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            // Where the system counts coarser, it may be early.
            Ok(0) if left.is_some_and(|left| left > 0) => {}
            Ok(_) => return Ok(()),
        }
    }
}
