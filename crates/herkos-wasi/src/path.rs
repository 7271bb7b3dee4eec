//! Walks paths. This file is what keeps a guest inside of its directories.
//!
//! A path is taken one name at a time. Each directory on the way is opened by its name in the directory
//! before, never through a symbolic link; links are read, and their text is walked like the path itself. `..`
//! goes back to the directory that was walked through, which is still open, so it does not matter who moves
//! what in the meantime; above the first one there is nothing.

use crate::errno::Errno;
use crate::fs::Dir;

/// Bytes of a path at most, as C's `PATH_MAX`.
pub(crate) const MAX_PATH: usize = 4096;

/// Symbolic links that a walk follows at most, as Linux does.
const MAX_LINKS: u32 = 40;

/// Directories that a walk holds open at most: so many descriptors of the host's a path can take.
const MAX_DEPTH: usize = 256;

/// Whether a symbolic link at the end of a path stands for what it points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Yes.
    Follow,
    /// Only before a `/`.
    Keep,
    /// No: the entry itself is to be made, moved or removed.
    Name,
}

/// Where a path leads.
pub(crate) enum Place {
    /// To a directory by `.`, `..`, or a link to one of these.
    Dir {
        dir: Dir,
        /// The path ends in `..`.
        parent: bool,
    },
    /// To an entry of a directory, which need not exist.
    Entry {
        dir: Dir,
        name: Vec<u8>,
        /// There is a `/` behind the name, so it has to be a directory.
        slash: bool,
    },
}

/// That the guest's bytes are a path, or what a symbolic link can say.
pub(crate) fn check_path(path: &[u8]) -> Result<(), Errno> {
    if path.is_empty() {
        Err(Errno::NoEnt)
    } else if path.len() > MAX_PATH {
        Err(Errno::NameTooLong)
    } else if path.contains(&0) {
        Err(Errno::Inval)
    } else if std::str::from_utf8(path).is_err() {
        Err(Errno::IlSeq)
    } else if path.starts_with(b"/") {
        Err(Errno::Perm)
    } else {
        Ok(())
    }
}

/// Follows `path` from `base`.
///
/// # Errors
///
/// [`Errno::Perm`] if it is absolute or leads out of `base`, [`Errno::Loop`] after 40 symbolic links, and
/// what [`check_path`] says.
pub(crate) fn walk(base: &Dir, path: &[u8], last: Last) -> Result<Place, Errno> {
    check_path(path)?;
    let mut walk =
        Walk { base: base.clone(), above: Vec::new(), ahead: Vec::new(), slash: false, links: 0 };
    walk.prepend(path);
    while let Some(name) = walk.ahead.pop() {
        let is_last = walk.ahead.is_empty();
        match name.as_slice() {
            b"." => {
                if is_last {
                    return Ok(Place::Dir { dir: walk.here().clone(), parent: false });
                }
            }
            b".." => {
                walk.above.pop().ok_or(Errno::Perm)?;
                if is_last {
                    return Ok(Place::Dir { dir: walk.here().clone(), parent: true });
                }
            }
            _ if is_last => {
                let follow = match last {
                    Last::Follow => true,
                    Last::Keep => walk.slash,
                    Last::Name => false,
                };
                let target = if follow { walk.here().read_link(&name).ok() } else { None };
                match target {
                    Some(target) => walk.follow(&target)?,
                    None => {
                        let dir = walk.here().clone();
                        return Ok(Place::Entry { dir, name, slash: walk.slash });
                    }
                }
            }
            _ => walk.enter(&name)?,
        }
    }
    // A path has a name, and so has a link, so the loop has returned.
    Err(Errno::NoEnt)
}

struct Walk {
    base: Dir,
    /// The directories that were entered below `base`, the current one last.
    above: Vec<Dir>,
    /// Names to come, the next one last.
    ahead: Vec<Vec<u8>>,
    /// There is a `/` behind the last of them.
    slash: bool,
    links: u32,
}

impl Walk {
    fn here(&self) -> &Dir {
        self.above.last().unwrap_or(&self.base)
    }

    /// Puts the names of a path before those to come.
    fn prepend(&mut self, path: &[u8]) {
        if self.ahead.is_empty() {
            self.slash |= path.ends_with(b"/");
        }
        let names = path.split(|byte| *byte == b'/').rev();
        self.ahead.extend(names.filter(|name| !name.is_empty()).map(<[u8]>::to_vec));
    }

    /// Walks what a symbolic link says next.
    fn follow(&mut self, target: &[u8]) -> Result<(), Errno> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::Loop);
        }
        if target.starts_with(b"/") {
            return Err(Errno::Perm);
        }
        if target.is_empty() || target.len() > MAX_PATH {
            return Err(Errno::NoEnt);
        }
        self.prepend(target);
        Ok(())
    }

    fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        match self.here().step(name) {
            Ok(_) if self.above.len() >= MAX_DEPTH => Err(Errno::NameTooLong),
            Ok(dir) => {
                self.above.push(dir);
                Ok(())
            }
            Err(error @ (Errno::NotDir | Errno::Loop)) => match self.here().read_link(name) {
                Ok(target) => self.follow(&target),
                // It is no link, or is none any more.
                Err(_) if error == Errno::Loop => Err(Errno::NotDir),
                Err(_) => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}
