//! `$esc`: escaping for where a text is put (Velocity's `EscapeTool`, and what Genesys adds).

use std::fmt::Write as _;

/// A way to escape a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// For a form or a query: a space is `+` (URL standard, section 5.2).
    Form,
    /// For any part of a URL: all but unreserved characters (RFC 3986, section 2.3).
    Uri,
    /// For the inside of a JSON text (RFC 8259, section 7).
    Json,
    Html,
    Xml,
    Sql,
    Java,
    JavaScript,
}

impl Escape {
    /// The methods of `$esc`.
    pub(super) const METHODS: [(&'static str, Self); 10] = [
        ("url", Self::Form),
        ("urlFormEncode", Self::Form),
        ("uriEncode", Self::Uri),
        ("jsonString", Self::Json),
        ("jsonEncode", Self::Json),
        ("html", Self::Html),
        ("xml", Self::Xml),
        ("sql", Self::Sql),
        ("java", Self::Java),
        ("javascript", Self::JavaScript),
    ];

    /// The characters that `$esc` has by name.
    pub(super) const CONSTANTS: [(&'static str, &'static str); 14] = [
        ("quote", "\""),
        ("q", "\""),
        ("singleQuote", "'"),
        ("s", "'"),
        ("dollar", "$"),
        ("d", "$"),
        ("hash", "#"),
        ("h", "#"),
        ("backslash", "\\"),
        ("b", "\\"),
        ("exclamation", "!"),
        ("e", "!"),
        ("newline", "\n"),
        ("n", "\n"),
    ];

    /// The text, escaped.
    pub(super) fn apply(self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len() + text.len() / 8);
        match self {
            Self::Form => {
                encode(text, &mut escaped, |byte| byte.is_ascii_alphanumeric() || b"*-._".contains(&byte), true)
            }
            Self::Uri => {
                encode(text, &mut escaped, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), false)
            }
            Self::Json => text.chars().for_each(|c| json(c, &mut escaped)),
            Self::Html | Self::Xml => text.chars().for_each(|c| match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' if self == Self::Xml => escaped.push_str("&apos;"),
                c => escaped.push(c),
            }),
            Self::Sql => escaped.push_str(&text.replace('\'', "''")),
            Self::Java | Self::JavaScript => text.chars().for_each(|c| match c {
                '\'' | '/' if self == Self::JavaScript => escaped.extend(['\\', c]),
                c if c.is_ascii() && c != '\u{7f}' => json(c, &mut escaped),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| unicode(u32::from(*unit), &mut escaped)),
            }),
        }
        escaped
    }
}

/// One character for the inside of a JSON text.
fn json(c: char, to: &mut String) {
    match c {
        '"' | '\\' => to.extend(['\\', c]),
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        '\u{8}' => to.push_str("\\b"),
        '\u{c}' => to.push_str("\\f"),
        c if c < ' ' => unicode(u32::from(c), to),
        c => to.push(c),
    }
}

fn unicode(unit: u32, to: &mut String) {
    // Writing to a string can't fail.
    let _ = write!(to, "\\u{unit:04X}");
}

fn encode(text: &str, to: &mut String, kept: fn(u8) -> bool, plus: bool) {
    for byte in text.bytes() {
        if kept(byte) {
            to.push(char::from(byte));
        } else if plus && byte == b' ' {
            to.push('+');
        } else {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}
