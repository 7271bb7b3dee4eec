//! Segments and the table of trap sites.

use super::Backend;
use crate::wasm::{DefinedFunc, ElemIdx};
use std::fmt::Write as _;

/// Bytes of a data segment in one line of the output.
const LINE: usize = 100;

impl Backend<'_> {
    /// The data segments as statics. Each is a byte string: an array literal costs rustc a node
    /// for each byte.
    pub(super) fn data(&self) -> String {
        let mut out = String::new();
        for (index, data) in self.module.data.iter().enumerate() {
            let _ = write!(out, "static DATA_{index}: &[u8] = b\"");
            byte_string(&mut out, data.bytes);
            out.push_str("\";\n\n");
        }
        out
    }

    /// The element segments as statics.
    pub(super) fn elements(&self, out: &mut String) {
        for (index, elem) in self.module.elems.iter().enumerate() {
            if matches!(elem.mode, crate::wasm::SegmentMode::Declared)
                || !self.elem_is_static(ElemIdx(index as u32))
            {
                continue;
            }
            let ty = super::rust_type(elem.ty);
            let _ = write!(out, "static ELEM_{index}: &[{ty}] = &[");
            for (position, item) in elem.items.iter().enumerate() {
                out.push_str(if position % 8 == 0 { "\n    " } else { " " });
                out.push_str(&self.const_expr(item, super::Context::Constructor));
                out.push(',');
            }
            out.push_str("\n];\n\n");
        }
    }

    /// `fn locate`: from a trap's site to the function and offset.
    pub(super) fn locate(&self, out: &mut String, sites: &[(DefinedFunc, Vec<u32>)]) {
        out.push_str(
            "/// Where a trap happened.\nfn locate(trap: WasmTrap) -> Option<TrapLocation> {\n",
        );
        if self.config.trap_offsets {
            out.push_str(
                "    let site = trap.site()? as usize;\n    \
                 let (function, offset) = *SITES.get(site)?;\n    let offset = Some(offset);\n",
            );
        } else {
            out.push_str("    let function = trap.site()?;\n    let offset = None;\n");
        }
        let imported = self.module.imported_funcs.len();
        let position = match imported {
            0 => "function as usize".to_owned(),
            imported => format!("(function as usize).checked_sub({imported})?"),
        };
        let _ = write!(
            out,
            "    let name = FUNCTION_NAMES.get({position})?;\n    \
             Some(TrapLocation {{ function, name, offset }})\n}}\n\n\
             static FUNCTION_NAMES: &[&str] = &["
        );
        let exported = super::items::exported_names(self.module);
        for (position, index) in (imported..self.module.funcs.len()).enumerate() {
            let name = (self.module.func_names.get(&(index as u32)).copied())
                .or(exported[index])
                .unwrap_or_default();
            out.push_str(if position % 8 == 0 { "\n    " } else { " " });
            let _ = write!(out, "\"{}\",", name.escape_default());
        }
        out.push_str("\n];\n\n");
        if self.config.trap_offsets {
            out.push_str("static SITES: &[(u32, u32)] = &[");
            let mut position = 0;
            for (func, offsets) in sites {
                let func = self.module.func_idx(*func).0;
                for offset in offsets {
                    out.push_str(if position % 8 == 0 { "\n    " } else { " " });
                    let _ = write!(out, "({func}, {offset}),");
                    position += 1;
                }
            }
            out.push_str("\n];\n\n");
        }
    }
}

/// Bytes as the inside of a byte string literal, in lines.
fn byte_string(out: &mut String, bytes: &[u8]) {
    let mut width = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if width >= LINE {
            out.push_str("\\\n    ");
            width = 0;
        }
        let start = out.len();
        match byte {
            // White space at the start of a line would be skipped with the line break.
            b' ' if width > 0 || index == 0 => out.push(' '),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            0 => out.push_str("\\0"),
            0x21..=0x7e => out.push(*byte as char),
            _ => {
                out.push_str("\\x");
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
                }
            }
        }
        width += out.len() - start;
    }
}
