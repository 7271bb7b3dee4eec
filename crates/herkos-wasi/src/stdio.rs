//! Standard input, output and error.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::errno::Errno;
use crate::fs::{Whence, host};
use crate::types::{FileStat, FileType, rights};

/// Which of the host's own streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inherited {
    Input,
    Output,
    Error,
}

/// Standard input for a guest.
#[derive(Clone, Debug, Default)]
pub struct Stdin(pub(crate) Source);

#[derive(Clone, Debug, Default)]
pub(crate) enum Source {
    #[default]
    Empty,
    Bytes(Vec<u8>),
    Inherited,
}

impl Stdin {
    /// Nothing: the first read finds the end. So it is unless another is granted.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// These bytes, then the end.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }

    /// The host's own standard input, without a buffer between.
    #[must_use]
    pub fn inherit() -> Self {
        Self(Source::Inherited)
    }
}

/// Standard output, or standard error, for a guest.
#[derive(Clone, Debug, Default)]
pub struct Stdout(pub(crate) Sink);

#[derive(Clone, Debug, Default)]
pub(crate) enum Sink {
    #[default]
    Nothing,
    Captured(Capture),
    Inherited,
}

impl Stdout {
    /// Takes what is written and drops it. So it is unless another is granted.
    #[must_use]
    pub fn discard() -> Self {
        Self::default()
    }

    /// Keeps what is written in a [`Capture`].
    #[must_use]
    pub fn capture(capture: &Capture) -> Self {
        Self(Sink::Captured(capture.clone()))
    }

    /// The host's own stream, without a buffer between.
    #[must_use]
    pub fn inherit() -> Self {
        Self(Sink::Inherited)
    }
}

/// What a guest has written. A clone is another handle to the same bytes.
///
/// ```
/// let output = herkos_wasi::Capture::new(1 << 20);
/// assert!(output.bytes().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Capture {
    /// Room for `limit` bytes; a guest that writes more gets the error `EDQUOT`.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { bytes: Arc::default(), limit }
    }

    /// What was written so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, from: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = 0;
        for slice in from {
            let count = slice.len().min(self.limit.saturating_sub(bytes.len()));
            if bytes.try_reserve(count).is_err() {
                return if done > 0 { Ok(done) } else { Err(Errno::NoMem) };
            }
            bytes.extend_from_slice(slice.get(..count).unwrap_or_default());
            done += count;
            if count < slice.len() {
                break;
            }
        }
        if done == 0 && from.iter().any(|slice| !slice.is_empty()) {
            return Err(Errno::DQuot);
        }
        Ok(done)
    }
}

/// A stream as a descriptor has it.
#[derive(Debug)]
pub(crate) enum Stream {
    Bytes { bytes: Vec<u8>, position: usize },
    Capture(Capture),
    Nothing,
    Inherited(Inherited),
}

impl Stream {
    pub(crate) fn input(stdin: Stdin) -> Self {
        match stdin.0 {
            Source::Empty => Self::Bytes { bytes: Vec::new(), position: 0 },
            Source::Bytes(bytes) => Self::Bytes { bytes, position: 0 },
            Source::Inherited => Self::Inherited(Inherited::Input),
        }
    }

    pub(crate) fn output(stdout: Stdout, which: Inherited) -> Self {
        match stdout.0 {
            Sink::Nothing => Self::Nothing,
            Sink::Captured(capture) => Self::Capture(capture),
            Sink::Inherited => Self::Inherited(which),
        }
    }

    /// What a guest may do with it.
    pub(crate) fn rights(&self) -> u64 {
        let direction = match self {
            Self::Bytes { .. } | Self::Inherited(Inherited::Input) => rights::FD_READ,
            _ => rights::FD_WRITE,
        };
        // C's isatty is a character device without these two.
        let seek = match self {
            Self::Inherited(which) => with_fd(*which, |fd| {
                let found = host::stat(fd).map(|found| found.file_type);
                match found {
                    Ok(FileType::RegularFile) => true,
                    Ok(FileType::CharacterDevice) => !rustix::termios::isatty(fd),
                    _ => false,
                }
            }),
            _ => false,
        };
        let seek = if seek { rights::FD_SEEK | rights::FD_TELL } else { 0 };
        rights::STREAM | direction | seek
    }

    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        match self {
            Self::Inherited(which) => {
                with_fd(*which, host::stat).map(|found| match found.file_type {
                    FileType::RegularFile => found,
                    // Of a pipe or a terminal these would only say what others do with it.
                    _ => FileStat { size: 0, accessed: 0, modified: 0, changed: 0, ..found },
                })
            }
            _ => Ok(FileStat::of(FileType::Unknown)),
        }
    }

    pub(crate) fn read(&mut self, into: &mut [u8], nonblock: bool) -> Result<usize, Errno> {
        match self {
            Self::Bytes { bytes, position } => {
                let from = bytes.get(*position..).unwrap_or_default();
                let count = from.len().min(into.len());
                if let (Some(into), Some(from)) = (into.get_mut(..count), from.get(..count)) {
                    into.copy_from_slice(from);
                }
                *position += count;
                Ok(count)
            }
            Self::Inherited(which) => with_fd(*which, |fd| {
                ready(fd, PollFlags::IN, nonblock)?;
                Ok(rustix::io::retry_on_intr(|| rustix::io::read(fd, &mut *into))?)
            }),
            Self::Capture(_) | Self::Nothing => Err(Errno::BadF),
        }
    }

    pub(crate) fn write(&self, from: &[IoSlice<'_>], nonblock: bool) -> Result<usize, Errno> {
        match self {
            Self::Bytes { .. } => Err(Errno::BadF),
            Self::Capture(capture) => capture.write(from),
            Self::Nothing => Ok(from.iter().map(|slice| slice.len()).sum()),
            Self::Inherited(which) => with_fd(*which, |fd| {
                ready(fd, PollFlags::OUT, nonblock)?;
                if nonblock {
                    let first = from.iter().find(|slice| !slice.is_empty());
                    let first = first.map_or(&[][..], |slice| slice.as_ref());
                    let first = first.get(..AT_ONCE).unwrap_or(first);
                    return Ok(rustix::io::retry_on_intr(|| rustix::io::write(fd, first))?);
                }
                Ok(rustix::io::retry_on_intr(|| rustix::io::writev(fd, from))?)
            }),
        }
    }

    pub(crate) fn seek(&self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        match self {
            Self::Inherited(which) => with_fd(*which, |fd| host::seek(fd, offset, whence)),
            _ => Err(Errno::SPipe),
        }
    }

    /// Bytes that can be read without waiting, where that is known without asking the system.
    pub(crate) fn pending(&self) -> u64 {
        match self {
            Self::Bytes { bytes, position } => (bytes.len() - position.min(&bytes.len())) as u64,
            _ => 0,
        }
    }
}

/// Calls `f` with the descriptor of one of the host's streams.
pub(crate) fn with_fd<T>(which: Inherited, f: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match which {
        Inherited::Input => f(io::stdin().as_fd()),
        Inherited::Output => f(io::stdout().as_fd()),
        Inherited::Error => f(io::stderr().as_fd()),
    }
}

/// Bytes that a stream takes for certain if it takes any: POSIX' least `PIPE_BUF`.
const AT_ONCE: usize = 512;

/// The flag for not waiting belongs to whoever shares the host's stream, too, so it is not set there: the
/// stream is asked before instead.
fn ready(fd: BorrowedFd<'_>, flags: PollFlags, nonblock: bool) -> Result<(), Errno> {
    if !nonblock {
        return Ok(());
    }
    let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
    match poll(&mut fds, Some(&Timespec::default()))? {
        0 => Err(Errno::Again),
        _ => Ok(()),
    }
}
