//! HTML as text: what comes from the module is escaped here, and nowhere else.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

use sha2::{Digest as _, Sha256};

/// Characters of a name that are shown where it stands among others.
const SHORT: usize = 80;

/// A name of the module's: no character of it is markup, and none is invisible or turns the text around.
pub(super) struct Name<'a>(pub(super) &'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("&quot;&quot;");
        }
        self.0.chars().try_for_each(|c| write_char(f, c))
    }
}

/// A name, cut if it is long.
pub(super) struct Short<'a>(pub(super) &'a str);

impl Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHORT) {
            Some((end, _)) => write!(f, "{}…", Name(&self.0[..end])),
            None => write!(f, "{}", Name(self.0)),
        }
    }
}

/// A function's name as Rust's programmers know it, if it is of theirs; else as it is.
pub(super) fn readable(name: &str) -> Cow<'_, str> {
    let Ok(path) = rustc_demangle::try_demangle(name) else { return Cow::Borrowed(name) };
    let mut text = Limited(String::new());
    // Beyond the limit it is cut.
    let _ = write!(text, "{path:#}");
    Cow::Owned(text.0)
}

/// A few bytes of a mangled name may stand for a million.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        const MOST: usize = 1000;
        if self.0.len() + part.len() > MOST {
            self.0.push('…');
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

fn write_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&#39;"),
        // Rust's escapes have no character that means something in HTML; a backslash is doubled.
        _ => write!(f, "{}", c.escape_debug()),
    }
}

/// A number with its thousands apart.
pub(super) struct Count<T>(pub(super) T);

impl<T: Display> Display for Count<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (position, digit) in digits.char_indices() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A number of bytes in the largest unit that is not too large.
pub(super) struct Bytes(pub(super) u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut value, mut unit) = (self.0 as f64, "bytes");
        for next in ["KiB", "MiB", "GiB"] {
            if value >= 1024.0 {
                (value, unit) = (value / 1024.0, next);
            }
        }
        let decimals = usize::from(value.fract() != 0.0 && value < 100.0);
        write!(f, "{value:.decimals$} {unit}")
    }
}

/// `1 function`, `2 functions`.
pub(super) fn plural(count: usize, one: &str) -> String {
    format!("{} {one}{}", Count(count), if count == 1 { "" } else { "s" })
}

/// What a policy for contents calls a script or a style that may stand in the page.
pub(super) fn source_hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text)))
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(if digit > group.len() { '=' } else { DIGITS[value as usize].into() });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_nothing_else() {
        let hostile = "</script><b a=\"'&\\\u{202e}\n\u{0}é";
        assert_eq!(
            Name(hostile).to_string(),
            r"&lt;/script&gt;&lt;b a=&quot;&#39;&amp;\\\u{202e}\n\0é"
        );
        assert_eq!(Name("").to_string(), "&quot;&quot;");
        let long = "<".repeat(81);
        assert_eq!(Short(&long).to_string(), format!("{}…", "&lt;".repeat(80)));
    }

    #[test]
    fn names_of_rust_are_readable() {
        let mangled = "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE";
        assert_eq!(readable(mangled), "<Test + 'static as foo::Bar<Test>>::bar");
        assert_eq!(readable("_RNvC6_123foo3bar"), "123foo::bar");
        for other in ["malloc", "_ZN3foo3barEv", "<b>", ""] {
            assert_eq!(readable(other), other);
        }
        // Each tuple has the one before twice.
        let bomb = "_RINvC1a1bTmmETB7_B7_ETBb_Bb_ETBj_Bj_ETBr_Br_ETBz_Bz_ETBH_BH_ETBP_BP_ETBX_BX_ETB15_B15_EE";
        let path = readable(bomb);
        assert!(path.starts_with("a::b::<("), "{path}");
        assert!(path.len() < 1010 && path.ends_with('…'), "{path}");
        let long = format!("_ZN999{}17h930b740aa94f1d3aE", "a".repeat(999));
        assert_eq!(readable(&long).len(), 999);
        let longer = format!("_ZN3foo999{}17h930b740aa94f1d3aE", "a".repeat(999));
        assert_eq!(readable(&longer), "foo::…");
    }

    #[test]
    fn numbers_read_well() {
        let counts = [0, 12, 999, 1000, 123_456, 1_234_567].map(|number| Count(number).to_string());
        assert_eq!(counts, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
        let sizes =
            [0, 1023, 1024, 1536, 65536, 1 << 20, 1 << 32].map(|size| Bytes(size).to_string());
        let expected = ["0 bytes", "1023 bytes", "1 KiB", "1.5 KiB", "64 KiB", "1 MiB", "4 GiB"];
        assert_eq!(sizes, expected);
        assert_eq!(
            (plural(1, "call"), plural(2000, "call")),
            ("1 call".into(), "2,000 calls".into())
        );
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let texts =
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
