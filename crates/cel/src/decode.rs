//! What texts and numbers stand for (cel-spec, `doc/langdef.md`, "String and Bytes Values").

use crate::mistake::{Mistake, Mistakes, quoted};
use crate::token::Text;
use crate::tree::{Literal, Span};

/// The value of a text.
pub(crate) fn text(source: &str, text: Text, mistakes: &mut Mistakes) -> Option<Literal> {
    let written = text.content.of(source);
    let plain = |value: String| match text.bytes {
        true => Literal::Bytes(value.into_bytes().into()),
        false => Literal::Text(value.into()),
    };
    if !written.contains(['\\', '\r']) {
        return Some(plain(written.to_owned()));
    }
    if text.raw {
        return Some(plain(written.replace("\r\n", "\n").replace('\r', "\n")));
    }
    let mut value = Vec::with_capacity(written.len());
    let mut at = 0;
    let mut good = true;
    while let Some(next) = written.get(at..).and_then(|rest| rest.chars().next()) {
        match next {
            '\\' => {
                let (width, decoded) = escape(written, at, text.bytes);
                match decoded {
                    Some(Escaped::Character(c)) => value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    Some(Escaped::Byte(byte)) => value.push(byte),
                    None => {
                        good = false;
                        let start = text.content.start as usize + at;
                        mistakes.push(bad_escape(Span::new(start, start + width), source));
                    }
                }
                at += width;
            }
            '\r' => {
                value.push(b'\n');
                at += if written.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) { 2 } else { 1 };
            }
            c => {
                value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += c.len_utf8();
            }
        }
    }
    if !good {
        return None;
    }
    if text.bytes {
        return Some(Literal::Bytes(value.into()));
    }
    // Only characters were put in.
    String::from_utf8(value).ok().map(|value| Literal::Text(value.into()))
}

enum Escaped {
    Character(char),
    Byte(u8),
}

/// What the escape sequence at a place stands for, and how long it is. Without an answer the length is that of what looks like one.
fn escape(text: &str, at: usize, bytes: bool) -> (usize, Option<Escaped>) {
    let rest = text.get(at + 1..).unwrap_or_default();
    let Some(sign) = rest.chars().next() else { return (1, None) };
    let simple = match sign {
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        '\\' | '\'' | '"' | '`' | '?' => Some(sign),
        _ => None,
    };
    if let Some(simple) = simple {
        return (2, Some(Escaped::Character(simple)));
    }
    let (skip, digits, radix) = match sign {
        'x' | 'X' => (1, 2, 16),
        'u' if !bytes => (1, 4, 16),
        'U' if !bytes => (1, 8, 16),
        '0'..='3' => (0, 3, 8),
        _ => return (1 + sign.len_utf8(), None),
    };
    let number = rest.get(skip..skip + digits).filter(|number| number.chars().all(|c| c.is_digit(radix)));
    let value = number.and_then(|number| u32::from_str_radix(number, radix).ok());
    let decoded = match value {
        Some(value) if bytes => u8::try_from(value).ok().map(Escaped::Byte),
        Some(value) => char::from_u32(value).map(Escaped::Character),
        None => None,
    };
    match decoded {
        Some(decoded) => (1 + skip + digits, Some(decoded)),
        None => (1 + sign.len_utf8(), None),
    }
}

fn bad_escape(span: Span, source: &str) -> Mistake {
    let written = span.of(source);
    Mistake::new(span, format!("{} is not an escape sequence", quoted(written)))
        .expected("one of `\\\\ \\' \\\" \\n \\t \\r`, `\\xHH` or `\\uHHHH` with hexadecimal digits")
        .help(format!("write `\\{written}` for a backslash, or the text as `r'…'`"))
        .edit(span.before(), "\\")
}

/// The value of a whole number; `negative` if a minus stands before it.
pub(crate) fn integer(written: &str, negative: bool) -> Option<i64> {
    let magnitude = magnitude(written)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The value of a whole number with a `u`.
pub(crate) fn unsigned(written: &str) -> Option<u64> {
    magnitude(written.trim_end_matches(['u', 'U']))
}

fn magnitude(written: &str) -> Option<u64> {
    match written.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => written.parse().ok(),
    }
}

/// The value of a number with a fraction or an exponent.
pub(crate) fn double(written: &str) -> Option<f64> {
    written.parse().ok().filter(|number: &f64| number.is_finite())
}
