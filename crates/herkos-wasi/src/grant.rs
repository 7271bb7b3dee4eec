//! A directory's grant as text.

use std::ffi::OsStr;
use std::path::PathBuf;

/// Whether a directory may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whatever would change something in it fails with `EROFS`.
    ReadOnly,
    /// Files can be made, written, moved and removed.
    ReadWrite,
}

/// A directory of the host's, the guest's name for it, and whether it may change.
///
/// ```
/// use herkos_wasi::{Access, DirGrant};
///
/// let grant = DirGrant::parse("pictures::/in:ro".as_ref()).unwrap();
/// assert_eq!(grant.host.to_str(), Some("pictures"));
/// assert_eq!((grant.guest.as_str(), grant.access), ("/in", Access::ReadOnly));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirGrant {
    /// The host's path.
    pub host: PathBuf,
    /// The guest's path.
    pub guest: String,
    /// Whether it may change.
    pub access: Access,
}

impl DirGrant {
    /// Reads `HOST::GUEST`, or `HOST` for the same name on both sides, with `:ro` behind it for reading only.
    /// The last `::` counts. None if a name is empty, or the guest's is not UTF-8.
    #[must_use]
    pub fn parse(text: &OsStr) -> Option<Self> {
        // What is cut off is ASCII, so what is left is as well formed as the text was.
        let bytes = text.as_encoded_bytes();
        let (bytes, access) = match bytes.strip_suffix(b":ro") {
            Some(rest) => (rest, Access::ReadOnly),
            None => (bytes.strip_suffix(b":rw").unwrap_or(bytes), Access::ReadWrite),
        };
        let split = bytes.windows(2).rposition(|pair| pair == b"::");
        let (host, guest) = match split {
            Some(at) => (bytes.get(..at)?, bytes.get(at + 2..)?),
            None => (bytes, bytes),
        };
        if host.is_empty() || guest.is_empty() {
            return None;
        }
        let guest = std::str::from_utf8(guest).ok()?.to_owned();
        Some(Self { host: path(host)?, guest, access })
    }
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String, bool)> {
        let grant = DirGrant::parse(text.as_ref())?;
        let host = grant.host.to_string_lossy().into_owned();
        Some((host, grant.guest, grant.access == Access::ReadWrite))
    }

    #[test]
    fn texts_of_grants() {
        let grant = |host: &str, guest: &str, write| Some((host.into(), guest.into(), write));
        assert_eq!(parsed("a::b"), grant("a", "b", true));
        assert_eq!(parsed("a::b:ro"), grant("a", "b", false));
        assert_eq!(parsed("a::b:rw"), grant("a", "b", true));
        assert_eq!(parsed("."), grant(".", ".", true));
        assert_eq!(parsed("/x:ro"), grant("/x", "/x", false));
        assert_eq!(parsed("a::b::c"), grant("a::b", "c", true));
        assert_eq!(parsed("::b"), None);
        assert_eq!(parsed("a::"), None);
        assert_eq!(parsed(""), None);
    }
}
