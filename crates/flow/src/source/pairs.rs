//! Characters that JSON writes as two escapes (RFC 8259 section 7): `\ud83c\udf89`. Files are read as YAML, which has one escape for them,
//! so that a text in JSON is read with that one, and places are told as they are in the text itself.

use std::borrow::Cow;

use super::{Places, SyntaxError};

/// A pair of escapes has so many bytes more than the one in its place: `\U0001f389`.
const SHORTER: usize = 2;

/// A pair's length in bytes.
const PAIR: usize = 12;

/// A text without pairs.
pub(super) struct Joined<'t> {
    /// The text that is read.
    pub(super) text: Cow<'t, str>,
    /// Where in that text a pair was, in order.
    pairs: Vec<Joint>,
}

/// Where the escape in the place of a pair begins. Lines and columns count from 1.
#[derive(Clone, Copy)]
struct Joint {
    line: usize,
    column: usize,
    byte: usize,
}

/// Joins the pairs of a text in JSON. A text in YAML stays as it is: without quotes, `\ud83c` is what it seems there.
pub(super) fn joined(text: &str) -> Joined<'_> {
    let may_have_some = ["\\ud", "\\uD"].into_iter().any(|start| text.contains(start));
    let found = if may_have_some { pairs(text) } else { None };
    let Some(found) = found.filter(|found| !found.is_empty()) else {
        return Joined { text: Cow::Borrowed(text), pairs: Vec::new() };
    };
    let (mut joined, mut pairs) = (String::with_capacity(text.len()), Vec::with_capacity(found.len()));
    let (mut line, mut column, mut at) = (1, 1, 0);
    for (byte, character) in found {
        for c in text.get(at..byte).unwrap_or_default().chars() {
            joined.push(c);
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        pairs.push(Joint { line, column, byte: joined.len() });
        joined.push_str(&format!("\\U{:08x}", u32::from(character)));
        column += PAIR - SHORTER;
        at = byte + PAIR;
    }
    joined.push_str(text.get(at..).unwrap_or_default());
    Joined { text: Cow::Owned(joined), pairs }
}

impl Joined<'_> {
    /// Places as they are in the text itself.
    pub(super) fn places(&self, mut places: Places) -> Places {
        if !self.pairs.is_empty() {
            for place in places.values_mut() {
                place.column += self.before(place.line, place.column);
                place.bytes = self.byte(place.bytes.start)..self.byte(place.bytes.end);
            }
        }
        places
    }

    /// An error, told where it is in the text itself.
    pub(super) fn error(&self, error: SyntaxError) -> SyntaxError {
        SyntaxError { column: error.column + self.before(error.line, error.column), ..error }
    }

    /// By how much a column is further to the right than in the joined text.
    fn before(&self, line: usize, column: usize) -> usize {
        let until = self.pairs.partition_point(|pair| (pair.line, pair.column) < (line, column));
        let of_lines_above = self.pairs.partition_point(|pair| pair.line < line);
        until.saturating_sub(of_lines_above) * SHORTER
    }

    fn byte(&self, byte: usize) -> usize {
        byte + self.pairs.partition_point(|pair| pair.byte < byte) * SHORTER
    }
}

/// Pairs in the strings of a text, each with where it begins in bytes and its character. None if the text is not JSON, as far as what
/// stands between strings tells.
fn pairs(text: &str) -> Option<Vec<(usize, char)>> {
    let bytes = text.as_bytes();
    let (mut found, mut in_string, mut at) = (Vec::new(), false, 0);
    while let Some(byte) = bytes.get(at) {
        at += match (in_string, byte) {
            (true, b'\\') => match text.get(at..).and_then(pair) {
                Some(character) => {
                    found.push((at, character));
                    PAIR
                }
                None => 2,
            },
            (_, b'"') => {
                in_string = !in_string;
                1
            }
            (true, _) => 1,
            (false, b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n') => 1,
            // Numbers, `true`, `false` and `null`.
            (
                false,
                b'0'..=b'9' | b'+' | b'-' | b'.' | b'E' | b'a' | b'e' | b'f' | b'l' | b'n' | b'r' | b's' | b't' | b'u',
            ) => 1,
            (false, _) => return None,
        };
    }
    text.trim_start().starts_with(['{', '[']).then_some(found)
}

/// The character of the pair of escapes that a text begins with.
pub(super) fn pair(text: &str) -> Option<char> {
    let (high, low) = (escape(text)?, escape(text.get(6..)?)?);
    char::decode_utf16([high, low]).next()?.ok().filter(|_| is_surrogate(high))
}

/// The number in the escape that a text begins with: `\ud83c`.
pub(super) fn escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// Whether a number is half of a pair, and no character.
pub(super) const fn is_surrogate(number: u16) -> bool {
    matches!(number, 0xd800..=0xdfff)
}

#[cfg(test)]
mod tests {
    use crate::source::{Node, yaml};

    /// The value of a text's only member, and the column and the text of the place of its second.
    fn read(text: &str) -> Result<(String, usize, String), String> {
        let (node, places) = yaml(text).map_err(|error| error.to_string())?;
        let Node::Map(members) = node else { return Err("no map".to_owned()) };
        let Some((_, Node::String(value))) = members.into_iter().next() else { return Err("no text".to_owned()) };
        let place = &places["b"];
        Ok((value, place.column, text[place.bytes.clone()].to_owned()))
    }

    #[test]
    fn pairs_of_json_are_characters_and_places_stay() {
        for (text, value, column, second) in [
            (r#"{"a": "x", "b": "y"}"#, "x", 17, r#""y""#),
            (r#"{"a": "\ud83c\udf89", "b": "y"}"#, "🎉", 28, r#""y""#),
            (r#"{"a": "\uD83C\uDF89 \ud83d\ude00", "b": "y"}"#, "🎉 😀", 41, r#""y""#),
            (r#"{"a": "é\ud83c\udf89", "b": "y"}"#, "é🎉", 29, r#""y""#),
            (r#"{"a": "\\ud83c\\udf89", "b": -1.5e3}"#, r"\ud83c\udf89", 30, "-1.5e3"),
            (r#"{"a": "\"\ud83c\udf89", "b": null}"#, "\"🎉", 30, "null"),
            ("{\n \"a\": \"\\ud83c\\udf89\",\n \"b\": \"y\"}", "🎉", 7, "\"y\""),
            // In YAML, what is not within double quotes is what it seems.
            (r"{a: '\ud83c\udf89', b: y}", r"\ud83c\udf89", 24, "y"),
            ("a: \\ud83c\\udf89\nb: y", r"\ud83c\udf89", 4, "y"),
        ] {
            assert_eq!(read(text), Ok((value.to_owned(), column, second.to_owned())), "{text}");
        }
    }

    #[test]
    fn halves_are_refused_where_they_are() {
        let half = "an escape that is half of a pair, without the other half";
        let of_json = "a pair of escapes, which only JSON has";
        for (text, place, message) in [
            (r#"{"a": "\ud83c", "b": "y"}"#, "line 1, column 8", half),
            (r#"{"a": "\udf89\ud83c", "b": "y"}"#, "line 1, column 8", half),
            (r#"{"a": "\ud83c\udf89 \ud83c\u0041", "b": "y"}"#, "line 1, column 21", half),
            ("{\n \"a\": \"\\\\ud83c \\ud83c\\n\",\n \"b\": \"y\"}", "line 2, column 16", half),
            ("a: \"\\ud83c\\udf89\"\nb: y", "line 1, column 5", of_json),
            ("a: \"\\U00110000\"\nb: y", "line 1, column 5", "an escape that is no character"),
        ] {
            assert_eq!(read(text), Err(format!("{place}: {message}")), "{text}");
        }
    }
}
