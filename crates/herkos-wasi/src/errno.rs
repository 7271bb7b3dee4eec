//! Error numbers of preview 1.

use herkos_runtime::WasmResult;

/// Defines [`Errno`] from the one list of numbers.
macro_rules! errnos {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        /// Why a call failed: the type `errno` of preview 1.
        #[repr(u16)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the messages say it")]
        pub enum Errno {
            $(#[doc = $text] $name = $code,)*
        }

        impl Errno {
            /// What the number means, in a few words.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

errnos! {
    TooBig = 1, "argument list too long";
    Access = 2, "permission denied";
    AddrInUse = 3, "address in use";
    AddrNotAvail = 4, "address not available";
    AfNoSupport = 5, "address family not supported";
    Again = 6, "resource unavailable, or operation would block";
    Already = 7, "connection already in progress";
    BadF = 8, "bad file descriptor";
    BadMsg = 9, "bad message";
    Busy = 10, "device or resource busy";
    Canceled = 11, "operation cancelled";
    Child = 12, "no child processes";
    ConnAborted = 13, "connection aborted";
    ConnRefused = 14, "connection refused";
    ConnReset = 15, "connection reset";
    Deadlk = 16, "resource deadlock would occur";
    DestAddrReq = 17, "destination address required";
    Dom = 18, "argument out of the domain of the function";
    DQuot = 19, "disk quota exceeded";
    Exist = 20, "file exists";
    Fault = 21, "bad address";
    FBig = 22, "file too large";
    HostUnreach = 23, "host is unreachable";
    IdRm = 24, "identifier removed";
    IlSeq = 25, "illegal byte sequence";
    InProgress = 26, "operation in progress";
    Intr = 27, "interrupted function";
    Inval = 28, "invalid argument";
    Io = 29, "input/output error";
    IsConn = 30, "socket is connected";
    IsDir = 31, "is a directory";
    Loop = 32, "too many levels of symbolic links";
    MFile = 33, "file descriptor value too large";
    MLink = 34, "too many links";
    MsgSize = 35, "message too large";
    Multihop = 36, "multihop attempted";
    NameTooLong = 37, "filename too long";
    NetDown = 38, "network is down";
    NetReset = 39, "connection aborted by network";
    NetUnreach = 40, "network unreachable";
    NFile = 41, "too many files open in system";
    NoBufs = 42, "no buffer space available";
    NoDev = 43, "no such device";
    NoEnt = 44, "no such file or directory";
    NoExec = 45, "executable file format error";
    NoLck = 46, "no locks available";
    NoLink = 47, "link has been severed";
    NoMem = 48, "not enough space";
    NoMsg = 49, "no message of the desired type";
    NoProtoOpt = 50, "protocol not available";
    NoSpc = 51, "no space left on device";
    NoSys = 52, "function not supported";
    NotConn = 53, "the socket is not connected";
    NotDir = 54, "not a directory";
    NotEmpty = 55, "directory not empty";
    NotRecoverable = 56, "state not recoverable";
    NotSock = 57, "not a socket";
    NotSup = 58, "not supported";
    NoTty = 59, "inappropriate I/O control operation";
    Nxio = 60, "no such device or address";
    Overflow = 61, "value too large to be stored in data type";
    OwnerDead = 62, "previous owner died";
    Perm = 63, "operation not permitted";
    Pipe = 64, "broken pipe";
    Proto = 65, "protocol error";
    ProtoNoSupport = 66, "protocol not supported";
    Prototype = 67, "protocol wrong type for socket";
    Range = 68, "result too large";
    RoFs = 69, "read-only file system";
    SPipe = 70, "invalid seek";
    Srch = 71, "no such process";
    Stale = 72, "stale file handle";
    TimedOut = 73, "connection timed out";
    TxtBsy = 74, "text file busy";
    XDev = 75, "cross-device link";
    NotCapable = 76, "capabilities insufficient";
}

/// What a call of preview 1 does inside: nothing to return, or a number.
pub(crate) type Outcome = Result<(), Errno>;

/// An outcome as the guest gets it: 0, or the number of the error.
#[allow(clippy::unnecessary_wraps, reason = "every host function returns a WasmResult")]
pub(crate) fn returned(outcome: Outcome) -> WasmResult<i32> {
    Ok(match outcome {
        Ok(()) => 0,
        Err(errno) => i32::from(errno as u16),
    })
}

/// Converts the operating system's numbers, each by its POSIX name.
#[cfg(unix)]
impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Self {
        use rustix::io::Errno as Os;
        match error {
            Os::TOOBIG => Self::TooBig,
            Os::ACCESS => Self::Access,
            Os::AGAIN => Self::Again,
            Os::BADF => Self::BadF,
            Os::BUSY => Self::Busy,
            Os::CONNABORTED => Self::ConnAborted,
            Os::CONNREFUSED => Self::ConnRefused,
            Os::CONNRESET => Self::ConnReset,
            Os::DEADLK => Self::Deadlk,
            Os::DQUOT => Self::DQuot,
            Os::EXIST => Self::Exist,
            Os::FAULT => Self::Fault,
            Os::FBIG => Self::FBig,
            Os::ILSEQ => Self::IlSeq,
            Os::INTR => Self::Intr,
            Os::INVAL => Self::Inval,
            Os::ISDIR => Self::IsDir,
            Os::LOOP => Self::Loop,
            Os::MFILE => Self::MFile,
            Os::MLINK => Self::MLink,
            Os::NAMETOOLONG => Self::NameTooLong,
            Os::NETDOWN => Self::NetDown,
            Os::NETRESET => Self::NetReset,
            Os::NETUNREACH => Self::NetUnreach,
            Os::NFILE => Self::NFile,
            Os::NOBUFS => Self::NoBufs,
            Os::NODEV => Self::NoDev,
            Os::NOENT => Self::NoEnt,
            Os::NOLCK => Self::NoLck,
            Os::NOMEM => Self::NoMem,
            Os::NOSPC => Self::NoSpc,
            Os::NOSYS => Self::NoSys,
            Os::NOTCONN => Self::NotConn,
            Os::NOTDIR => Self::NotDir,
            Os::NOTEMPTY => Self::NotEmpty,
            Os::NOTSOCK => Self::NotSock,
            Os::NOTTY => Self::NoTty,
            Os::NXIO => Self::Nxio,
            Os::OPNOTSUPP => Self::NotSup,
            Os::OVERFLOW => Self::Overflow,
            Os::PERM => Self::Perm,
            Os::PIPE => Self::Pipe,
            Os::RANGE => Self::Range,
            Os::ROFS => Self::RoFs,
            Os::SPIPE => Self::SPipe,
            Os::STALE => Self::Stale,
            Os::TIMEDOUT => Self::TimedOut,
            Os::TXTBSY => Self::TxtBsy,
            Os::XDEV => Self::XDev,
            _ => Self::Io,
        }
    }
}

#[cfg(unix)]
impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        match rustix::io::Errno::from_io_error(&error) {
            Some(os) => os.into(),
            None => Self::Io,
        }
    }
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.message())
    }
}

impl std::error::Error for Errno {}
