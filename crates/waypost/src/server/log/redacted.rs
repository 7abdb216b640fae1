//! Lines without the addresses in them.

use std::borrow::Cow;

/// What is written for an address.
const REDACTED: &[u8] = b"[redacted]";

/// No local part and no literal of an address is longer; what is cut off of a longer one names nobody. Both keep the work in proportion to
/// the line.
const MOST_LOCAL: usize = 320;
const MOST_LITERAL: usize = 255;

/// The most bytes of an escape after its backslash: `u` and four digits.
const ESCAPE: usize = 5;

/// A line without the addresses in it. A line of JSON stays JSON.
pub(super) fn redacted(line: &[u8]) -> Cow<'_, [u8]> {
    let is_json = line.starts_with(b"{");
    let (mut kept, mut rest) = (Vec::new(), line);
    let mut from = 0;
    while let Some((at, sign)) = next_sign(rest, from) {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + sign..).unwrap_or_default());
        // `=40` is an `@` in quoted-printable text, and a field's number.
        let is_number = rest.get(at) == Some(&b'=');
        let local = local_part(before, is_json);
        let domain = if local == 0 { 0 } else { domain(after) };
        if domain == 0 || is_number && !is_host(after.get(..domain).unwrap_or_default()) {
            from = at + sign;
            continue;
        }
        kept.extend_from_slice(before.get(..at - local).unwrap_or_default());
        kept.extend_from_slice(REDACTED);
        rest = after.get(domain..).unwrap_or_default();
        from = 0;
    }
    if kept.is_empty() {
        return Cow::Borrowed(line);
    }
    kept.extend_from_slice(rest);
    Cow::Owned(kept)
}

/// Where the next `@` is, and how long it is: in URLs it is written as `%40`, in a URL within a URL as `%2540`, in quoted-printable as `=40`.
fn next_sign(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let length = |at: usize| match text.get(at..)? {
        [b'@', ..] => Some((at, 1)),
        [b'=', b'4', b'0', ..] => Some((at, 3)),
        [b'%', escaped @ ..] => {
            let again = escaped.chunks_exact(2).take_while(|pair| *pair == b"25").count() * 2;
            escaped.get(again..)?.starts_with(b"40").then_some((at, again + 3))
        }
        _ => None,
    };
    (from..text.len()).find_map(length)
}

/// The length of the local part that ends a text (RFC 5322 3.2.3 and 4.4, RFC 6531): words, quoted or not, with dots between them, and a
/// comment.
fn local_part(text: &[u8], is_json: bool) -> usize {
    let mut length = comment(text);
    let noted = length;
    loop {
        let before = text.get(..text.len() - length).unwrap_or_default();
        let is_joined = length == noted || text.get(before.len()) == Some(&b'.') || before.ends_with(b".");
        let word = match quoted(before, is_json) {
            0 => atoms(before, is_json),
            quoted => quoted,
        };
        if !is_joined || word == 0 || length > noted && length + word > MOST_LOCAL + noted {
            break;
        }
        length += word;
    }
    if length == noted { 0 } else { length }
}

/// The length of the comment that ends a text, if one does.
fn comment(text: &[u8]) -> usize {
    if !text.ends_with(b")") {
        return 0;
    }
    let found = text.iter().rev().take(MOST_LITERAL).position(|byte| matches!(byte, b'(' | b'"'));
    found.map(|back| back + 1).filter(|length| text.get(text.len() - length) == Some(&b'(')).unwrap_or(0)
}

/// The length of the quoted string that ends a text, with the backslashes that are before its quotes where it is itself within quotes.
fn quoted(text: &[u8], is_json: bool) -> usize {
    let Some(inner) = text.strip_suffix(b"\"") else { return 0 };
    let closing = backslashes(inner);
    // In JSON, a quote with no backslash is the line's own, and so is one that begins a field's value.
    if is_json && closing.is_multiple_of(2) || closing == 0 && inner.ends_with(b"=") {
        return 0;
    }
    let inner = inner.get(..inner.len() - closing).unwrap_or_default();
    for (back, byte) in inner.iter().rev().take(MOST_LOCAL).enumerate() {
        if *byte != b'"' {
            continue;
        }
        let before = inner.get(..inner.len() - back - 1).unwrap_or_default();
        // A quote within it has more of them.
        match backslashes(before) {
            opening if opening == closing => return text.len() - before.len() + opening,
            opening if opening < closing => return 0,
            _ => {}
        }
    }
    0
}

/// How many backslashes end a text.
fn backslashes(text: &[u8]) -> usize {
    text.iter().rev().take(MOST_LOCAL).take_while(|byte| **byte == b'\\').count()
}

/// The length of the atoms that end a text, with the dots between them.
fn atoms(text: &[u8], is_json: bool) -> usize {
    let atom = |byte: &&u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(byte) || !byte.is_ascii();
    let length = text.iter().rev().take(MOST_LOCAL + ESCAPE).take_while(atom).count();
    let (before, found) = text.split_at(text.len() - length);
    let escape = match found.first() {
        // An escape is not that long.
        _ if length == MOST_LOCAL + ESCAPE || backslashes(before).is_multiple_of(2) => 0,
        Some(b'u') if is_json => ESCAPE,
        Some(b'n' | b'r' | b't') => 1,
        Some(b'b' | b'f' | b'/') if is_json => 1,
        _ => 0,
    };
    let begin = escape.max(length.saturating_sub(MOST_LOCAL));
    // Not within a character.
    found.iter().skip(begin).skip_while(|byte| **byte & 0xC0 == 0x80).count()
}

/// The length of the domain that begins a text, or of an address literal, with a comment before it.
fn domain(text: &[u8]) -> usize {
    let until = |end: u8| {
        let found = text.iter().take(MOST_LITERAL).position(|byte| *byte == end || matches!(byte, b'"' | b'\\'));
        found.filter(|at| text.get(*at) == Some(&end)).map_or(0, |at| at + 1)
    };
    let noted = if text.starts_with(b"(") { until(b')') } else { 0 };
    if text.starts_with(b"[") {
        return until(b']');
    }
    let text = text.get(noted..).unwrap_or_default();
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte) || !byte.is_ascii();
    let length = text.iter().take_while(name).count();
    // A sentence's end is none of it.
    let end = text.get(..length).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'.').count();
    if length == end { 0 } else { noted + length - end }
}

/// Whether a domain can't be the rest of a number: it has a dot, and after the last one letters alone.
fn is_host(domain: &[u8]) -> bool {
    let last = domain.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    last.len() < domain.len() && last.len() > 1 && last.iter().all(u8::is_ascii_alphabetic) && !domain.starts_with(b".")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn lines_lose_their_addresses_and_nothing_else() {
        for (line, expected) in [
            ("mail accepted interaction=1 via=\"smtp\"", "mail accepted interaction=1 via=\"smtp\""),
            (
                "error=\"the login was refused: no user jan.de+vries@post.example.\"",
                "error=\"the login was refused: no user [redacted].\"",
            ),
            ("a@b.example,c@d.example <e@f.example>", "[redacted],[redacted] <[redacted]>"),
            ("GET /interactions?from=jan%40post.example&to=x", "GET [redacted]&to=x"),
            ("to jörg@müller.example", "to [redacted]"),
            ("to jan@[192.0.2.1] and jan@[IPv6:2001:db8::1]", "to [redacted] and [redacted]"),
            ("to \"jan de vries\"@post.example", "to [redacted]"),
            ("why=\"no \\\"jan de vries\\\"@post.example\"", "why=\"no [redacted]\""),
            (r#"{"why":"no \"jan de\"@post.example"}"#, r#"{"why":"no [redacted]"}"#),
            (r#"{"why":"@post","or":"a@"}"#, r#"{"why":"@post","or":"a@"}"#),
            ("a @ b, 100%40, @, %40 and 50%", "a @ b, 100%40, @, %40 and 50%"),
            ("smtp://user:pass@relay.example:587/", "smtp://user:[redacted]:587/"),
            ("why=\"no \\\"jan \\\\\\\"de\\\\\\\" vries\\\"@post.example\"", "why=\"no [redacted]\""),
            ("to jan.\"de vries\".x@post.example", "to [redacted]"),
            ("to jan(of sales)@post.example, jan@(there)post.example", "to [redacted], [redacted]"),
            ("SRS0=x=post.example=40relay.example and a%2540b.example", "[redacted] and [redacted]"),
            ("tries=40 took=40ms delay=40.5s size=4012.5kb", "tries=40 took=40ms delay=40.5s size=4012.5kb"),
            ("flow=\"Billing\" why=\"@post.example refused\"", "flow=\"Billing\" why=\"@post.example refused\""),
        ] {
            assert_eq!(String::from_utf8_lossy(&redacted(line.as_bytes())), expected, "{line}");
        }
    }

    #[test]
    fn a_line_of_json_stays_json() {
        for (line, expected) in [
            (r#"{"why":"line1\njan@post.example"}"#, r#"{"why":"line1\n[redacted]"}"#),
            (
                r#"{"why":"a\tjan@post.example\r\u0001ann@post.example"}"#,
                r#"{"why":"a\t[redacted]\r\u0001[redacted]"}"#,
            ),
            (r#"{"why":"a\\njan@post.example"}"#, r#"{"why":"a\\[redacted]"}"#),
            (r#"{"a":"foo\"","b":"\"@post.example"}"#, r#"{"a":"foo\"","b":"\"@post.example"}"#),
            (r#"{"a":"b@[c","d":"e]"}"#, r#"{"a":"b@[c","d":"e]"}"#),
            (r#"{"a":"(b","c":"d)@post.example"}"#, r#"{"a":"(b","c":"d)@post.example"}"#),
            (r#"{"a":"\"jan \\\"de\\\" vries\"@post.example"}"#, r#"{"a":"[redacted]"}"#),
        ] {
            let redacted = redacted(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&redacted), expected, "{line}");
            assert!(serde_json::from_slice::<serde_json::Value>(&redacted).is_ok(), "{line}");
        }
        // Wherever a local part is cut off.
        for length in MOST_LOCAL - 9..MOST_LOCAL + 9 {
            for begin in ["\\u0001", "\\n", "ü", "x"] {
                let line = format!(
                    "{{\"why\":\"{begin}{}@post.example\"}}",
                    "aü".repeat(length / 3) + &"a".repeat(length % 3)
                );
                let redacted = redacted(line.as_bytes());
                assert!(redacted.ends_with(b"[redacted]\"}"), "{line}");
                assert!(serde_json::from_slice::<serde_json::Value>(&redacted).is_ok(), "{line}");
            }
        }
    }

    #[test]
    fn long_lines_take_their_length_and_not_its_square() {
        let began = Instant::now();
        for part in ["%40", "a@[", "\"@", "a@(", ")@", "\\\"@", "%25", ".\"a\"@"] {
            redacted(part.repeat(120_000 / part.len()).as_bytes());
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }
}
