//! The types of preview 1 that calls exchange, with their layout in the guest's memory.

use crate::errno::Errno;

/// Rights of a descriptor, bit by bit.
pub(crate) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
    pub(crate) const SOCK_SHUTDOWN: u64 = 1 << 28;
    pub(crate) const SOCK_ACCEPT: u64 = 1 << 29;

    /// What can be done with a directory.
    pub(crate) const DIRECTORY: u64 = FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_DATASYNC
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_GET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | POLL_FD_READWRITE;

    /// What can be done with a file.
    pub(crate) const FILE: u64 = FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_WRITE
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;

    /// What can be done with standard input, output and error.
    pub(crate) const STREAM: u64 =
        FD_FDSTAT_SET_FLAGS | FD_SYNC | FD_DATASYNC | FD_FILESTAT_GET | POLL_FD_READWRITE;

    /// What can be done with a connection.
    pub(crate) const SOCKET: u64 = STREAM | FD_READ | FD_WRITE | SOCK_SHUTDOWN;

    /// What can be done with a socket that waits for connections.
    pub(crate) const LISTENER: u64 =
        FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE | SOCK_ACCEPT;
}

/// A number from the guest as bits of a set, none of them outside of `all`.
///
/// # Errors
///
/// [`Errno::Inval`] for an unknown bit.
fn bits(number: i32, all: u16) -> Result<u16, Errno> {
    u16::try_from(number).ok().filter(|bits| bits & !all == 0).ok_or(Errno::Inval)
}

/// Flags of a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FdFlags {
    pub(crate) append: bool,
    pub(crate) dsync: bool,
    pub(crate) nonblock: bool,
    pub(crate) rsync: bool,
    pub(crate) sync: bool,
}

impl FdFlags {
    pub(crate) fn new(number: i32) -> Result<Self, Errno> {
        let bits = bits(number, 31)?;
        Ok(Self {
            append: bits & 1 != 0,
            dsync: bits & 2 != 0,
            nonblock: bits & 4 != 0,
            rsync: bits & 8 != 0,
            sync: bits & 16 != 0,
        })
    }

    pub(crate) fn bits(self) -> u16 {
        u16::from(self.append)
            | u16::from(self.dsync) << 1
            | u16::from(self.nonblock) << 2
            | u16::from(self.rsync) << 3
            | u16::from(self.sync) << 4
    }
}

/// How `path_open` treats what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OFlags {
    pub(crate) create: bool,
    pub(crate) directory: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
}

impl OFlags {
    pub(crate) fn new(number: i32) -> Result<Self, Errno> {
        let bits = bits(number, 15)?;
        Ok(Self {
            create: bits & 1 != 0,
            directory: bits & 2 != 0,
            exclusive: bits & 4 != 0,
            truncate: bits & 8 != 0,
        })
    }
}

/// `lookupflags`: whether a symbolic link at the end of a path is followed.
pub(crate) fn follows(number: i32) -> Result<bool, Errno> {
    // One bit of thirty-two, so this type of flags has a check of its own.
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Errno::Inval),
    }
}

/// One timestamp to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetTime {
    Keep,
    Now,
    /// Nanoseconds since 1970.
    To(u64),
}

/// `fstflags` and the two timestamps that they speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) access: SetTime,
    pub(crate) modification: SetTime,
}

impl Times {
    pub(crate) fn new(access: i64, modification: i64, flags: i32) -> Result<Self, Errno> {
        let bits = bits(flags, 15)?;
        let one = |set: u16, now: u16, to: i64| match (bits & set != 0, bits & now != 0) {
            (false, false) => Ok(SetTime::Keep),
            (true, false) => Ok(SetTime::To(to as u64)),
            (false, true) => Ok(SetTime::Now),
            (true, true) => Err(Errno::Inval),
        };
        Ok(Self { access: one(1, 2, access)?, modification: one(4, 8, modification)? })
    }
}

/// What a descriptor or a directory entry is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileType {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

/// What is known of a file: the type `filestat`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileStat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size: u64,
    /// Nanoseconds since 1970, as are the next two.
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
}

impl FileStat {
    pub(crate) const SIZE: u32 = 64;

    /// Of something that is no file.
    pub(crate) fn of(file_type: FileType) -> Self {
        Self {
            device: 0,
            inode: 0,
            file_type,
            links: 1,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        }
    }

    pub(crate) fn encode(&self) -> [u8; Self::SIZE as usize] {
        let words = [
            self.device,
            self.inode,
            self.file_type as u64,
            self.links,
            self.size,
            self.accessed,
            self.modified,
            self.changed,
        ];
        let mut bytes = [0; Self::SIZE as usize];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// The type `fdstat`, 24 bytes.
pub(crate) fn encode_fdstat(
    file_type: FileType,
    flags: FdFlags,
    base: u64,
    inheriting: u64,
) -> [u8; 24] {
    let first = u64::from(file_type as u8) | u64::from(flags.bits()) << 16;
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(8).zip([first, base, inheriting]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}
