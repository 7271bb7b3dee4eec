//! Just enough JSON to write some.

use std::fmt::{self, Write as _};

/// A JSON value. Objects keep the order of their members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number
    Number(u64),
    /// A string
    Text(String),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}`
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// An array of what `item` makes of each item.
    pub(crate) fn array<T>(
        items: impl IntoIterator<Item = T>,
        item: impl FnMut(T) -> Self,
    ) -> Self {
        Self::Array(items.into_iter().map(item).collect())
    }

    /// The text of anything that can be printed.
    pub(crate) fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        // No host has sizes of more than 64 bits.
        Self::Number(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Display for Json {
    /// On several lines, indented by two spaces; what holds no objects stays on one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Json {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => write_text(f, text),
            Self::Array(items) if items.iter().all(Self::is_plain) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    item.write(f, depth)?;
                }
                f.write_char(']')
            }
            Self::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    new_line(f, index, depth + 1)?;
                    item.write(f, depth + 1)?;
                }
                end_line(f, depth)?;
                f.write_char(']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (index, (name, value)) in members.iter().enumerate() {
                    new_line(f, index, depth + 1)?;
                    write!(f, "\"{name}\": ")?;
                    value.write(f, depth + 1)?;
                }
                end_line(f, depth)?;
                f.write_char('}')
            }
        }
    }

    fn is_plain(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }
}

fn new_line(f: &mut fmt::Formatter<'_>, index: usize, depth: usize) -> fmt::Result {
    f.write_str(if index == 0 { "" } else { "," })?;
    end_line(f, depth)
}

fn end_line(f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    write!(f, "\n{:1$}", "", depth * 2)
}

/// Everything outside printable ASCII is escaped, in UTF-16 as JSON has it: safe to look at in a terminal.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            ' '..='~' => f.write_char(c)?,
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let hostile = Json::text("a\"\\\n\u{202e}é😀");
        assert_eq!(hostile.to_string(), r#""a\"\\\u000a\u202e\u00e9\ud83d\ude00""#);
    }

    #[test]
    fn nested_values_are_indented() {
        let value = Json::Object(vec![
            ("plain", Json::array([1_u32, 2], Json::from)),
            ("deep", Json::Array(vec![Json::Object(vec![("x", Json::from(None::<bool>))])])),
        ]);
        let expected =
            "{\n  \"plain\": [1, 2],\n  \"deep\": [\n    {\n      \"x\": null\n    }\n  ]\n}";
        assert_eq!(value.to_string(), expected);
    }
}
