//! The host of one guest.

use std::sync::{Arc, Mutex, PoisonError};

use crate::builder::{Builder, Limits};
use crate::clock::{Clocks, Random};
use crate::errno::Errno;
use crate::table::{Descriptor, Object, OpenDir, Table};

/// The host of one guest: its arguments, its descriptors, its clocks.
///
/// The methods are the functions of preview 1. They return its error number, 0 for success; only `proc_exit`
/// and `proc_raise` end the call by a trap.
#[derive(Debug)]
pub struct Wasi {
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) table: Table,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    /// Bytes that count against [`Limits::written`].
    pub(crate) written: u64,
    pub(crate) exit: Exit,
}

/// Where the code goes that a guest exits with. A clone is another handle to the same place, for whoever has
/// given the [`Wasi`] away.
#[derive(Clone, Debug, Default)]
pub struct Exit(Arc<Mutex<Option<u32>>>);

impl Exit {
    /// The code, if the guest has called `proc_exit`.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code, which is forgotten.
    #[must_use]
    pub fn take(&self) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn set(&self, code: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
    }
}

impl Wasi {
    /// A host that grants nothing yet.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The code that the guest has exited with: what `proc_exit` got, if it was called.
    #[must_use]
    pub fn exit_code(&self) -> Option<u32> {
        self.exit.code()
    }

    /// Another handle to the exit code, that outlives this host.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit.clone()
    }

    /// Bytes that the guest has written so far, as counted against [`Limits::written`].
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// An open descriptor that has these rights.
    pub(crate) fn descriptor(&mut self, fd: i32, needed: u64) -> Result<&mut Descriptor, Errno> {
        let descriptor = self.table.get_mut(fd)?;
        descriptor.check(needed)?;
        Ok(descriptor)
    }

    /// An open directory that has these rights.
    pub(crate) fn directory(&self, fd: i32, needed: u64) -> Result<&OpenDir, Errno> {
        let descriptor = self.table.get(fd)?;
        match &descriptor.object {
            Object::Dir(open) => {
                descriptor.check(needed)?;
                Ok(open)
            }
            _ => Err(Errno::NotDir),
        }
    }

    /// Bytes that the guest may still write; [`Errno::DQuot`] if it wants some and there are none.
    pub(crate) fn allowance(&self, wanted: u64) -> Result<u64, Errno> {
        match self.limits.written.saturating_sub(self.written) {
            0 if wanted > 0 => Err(Errno::DQuot),
            left => Ok(left),
        }
    }
}
