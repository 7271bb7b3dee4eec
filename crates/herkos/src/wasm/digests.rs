//! Digests of parts of a binary module.

use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};

/// SHA-256 of parts of a module, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Of all sections but the custom ones: number, size and content of each.
    pub content: String,
    /// Of the content of the code section.
    pub code: String,
}

/// The digests of a module that is valid. Of one that isn't, what can be read counts.
pub fn digests(bytes: &[u8]) -> Digests {
    let (mut content, mut code) = (Sha256::new(), Sha256::new());
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        let Some((id, range)) = payload.as_section() else { continue };
        let section = usize::try_from(range.start)
            .and_then(|start| Ok(start..usize::try_from(range.end)?))
            .ok()
            .and_then(|range| bytes.get(range))
            .unwrap_or_default();
        content.update([id]);
        content.update((section.len() as u64).to_le_bytes());
        content.update(section);
        if matches!(payload, Payload::CodeSectionStart { .. }) {
            code.update(section);
        }
    }
    Digests { content: hexadecimal(&content.finalize()), code: hexadecimal(&code.finalize()) }
}

/// Two digits a byte.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
