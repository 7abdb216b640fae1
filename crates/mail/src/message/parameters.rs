//! Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183, RFC 2231), as senders write them.

use std::borrow::Cow;

use super::charset::Charset;
use super::transfer::hex;
use super::unread::PARAMETERS;
use super::words;

/// The most bytes of a value: a media type has at most 127 and 127 (RFC 6838, section 4.2).
const VALUE_BYTES: usize = 255;

/// A value and its parameters.
#[derive(Debug, Default)]
pub(super) struct Parameters<'x> {
    /// What stands before the parameters, in lower case, without comments and white space.
    pub(super) value: String,
    parameters: Vec<Parameter<'x>>,
    /// Whether there are more than are read.
    pub(super) more: bool,
}

/// One parameter, or one piece of one (RFC 2231, section 3).
#[derive(Debug)]
struct Parameter<'x> {
    name: &'x [u8],
    piece: Option<u16>,
    /// Percent-encoded, with charset and language before it (RFC 2231, section 4).
    extended: bool,
    value: Cow<'x, [u8]>,
}

impl<'x> Parameters<'x> {
    /// Reads a field's value. Semicolons may be missing or too many, quotes unclosed, values unquoted.
    pub(super) fn read(raw: &'x [u8]) -> Self {
        let mut found = Self::default();
        let mut rest = found.read_value(raw);
        loop {
            rest = skip(rest);
            if rest.is_empty() {
                return found;
            }
            let Some((name, after)) = name_of(rest) else {
                // Something that is no parameter: on to what may be one.
                let end =
                    rest.iter().position(|byte| *byte == b';' || byte.is_ascii_whitespace()).unwrap_or(rest.len());
                rest = rest.get(end.max(1)..).unwrap_or_default();
                continue;
            };
            if found.parameters.len() == PARAMETERS {
                found.more = true;
                return found;
            }
            let is_file = has_name(name, b"filename") || has_name(name, b"name");
            let (value, after) = value_of(after, is_file);
            rest = after;
            found.parameters.push(Parameter::new(name, value));
        }
    }

    /// Reads up to the first parameter, and returns what follows.
    fn read_value(&mut self, raw: &'x [u8]) -> &'x [u8] {
        let mut rest = raw;
        loop {
            let before = rest;
            rest = skip_white(rest);
            let spaced = rest.len() < before.len();
            match rest.split_first() {
                None => return rest,
                Some((b';' | b',' | b'=', _)) => {
                    // `charset=utf-8` without a type before it.
                    if rest.starts_with(b"=") {
                        self.value.clear();
                        return raw;
                    }
                    return rest;
                }
                // The name of the field once more: `Content-Type: Content-Type: text/html`.
                Some((b':', after)) => {
                    self.value.clear();
                    rest = after;
                }
                Some((b'"' | b'\'', after)) => rest = after,
                Some((byte, after)) => {
                    // A word after a space is the next thing: `text/plain charset=utf-8`.
                    if spaced && !self.value.is_empty() && *byte != b'/' && !self.value.ends_with('/') {
                        return rest;
                    }
                    if self.value.len() < VALUE_BYTES {
                        self.value.push(if *byte == b'\\' { '/' } else { char::from(*byte).to_ascii_lowercase() });
                    }
                    rest = after;
                }
            }
        }
    }

    /// A parameter's text, its pieces put together and decoded. Of two the one that RFC 2231 encodes counts, else the first.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_in(name, || Charset::Unsaid)
    }

    /// A parameter's text; bytes that are not UTF-8, and of which it is not said what they are in, are in `charset`.
    pub(super) fn text_in(&self, name: &str, charset: impl FnOnce() -> Charset) -> Option<Cow<'_, str>> {
        let named = || self.parameters.iter().filter(|parameter| parameter.name.eq_ignore_ascii_case(name.as_bytes()));
        let mut pieces: Vec<&Parameter<'_>> = named().filter(|parameter| parameter.piece.is_some()).collect();
        if let Some(whole) = named().find(|parameter| parameter.extended && parameter.piece.is_none()) {
            return Some(extended(&[whole]));
        }
        if !pieces.is_empty() {
            pieces.sort_by_key(|parameter| parameter.piece);
            pieces.dedup_by_key(|parameter| parameter.piece);
            return Some(extended(&pieces));
        }
        let plain = named().next()?;
        Some(words::decode(words::unfold(&plain.value, charset)))
    }

    /// The bytes of a parameter that is neither in pieces nor percent-encoded.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.parameters.iter().filter(|parameter| parameter.name.eq_ignore_ascii_case(name.as_bytes()));
        named.find(|parameter| parameter.piece.is_none() && !parameter.extended).map(|parameter| &*parameter.value)
    }
}

impl<'x> Parameter<'x> {
    fn new(name: &'x [u8], value: Cow<'x, [u8]>) -> Self {
        let (name, extended) = match name.strip_suffix(b"*") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let piece = name.iter().rposition(|byte| *byte == b'*').and_then(|star| {
            let (base, number) = name.split_at_checked(star)?;
            let number = std::str::from_utf8(number.get(1..)?).ok()?.parse().ok()?;
            Some((base, number))
        });
        match piece {
            Some((name, number)) => Self { name, piece: Some(number), extended, value },
            None => Self { name, piece: None, extended, value },
        }
    }
}

/// Pieces as one text: joined as bytes, because a character may be split between two of them.
fn extended<'p>(pieces: &[&'p Parameter<'_>]) -> Cow<'p, str> {
    let mut bytes = Vec::new();
    let mut charset = None;
    for (index, piece) in pieces.iter().enumerate() {
        let mut value: &[u8] = &piece.value;
        if piece.extended && index == 0 {
            let mut parts = value.splitn(3, |byte| *byte == b'\'');
            if let (Some(label), Some(_), Some(text)) = (parts.next(), parts.next(), parts.next()) {
                charset = Some(Charset::named(label));
                value = text;
            }
        }
        if piece.extended {
            percent_decoded(value, &mut bytes);
        } else {
            bytes.extend_from_slice(value);
        }
    }
    let text = charset.unwrap_or(Charset::Unsaid).decode(Cow::Owned(bytes));
    words::decode(text)
}

fn percent_decoded(value: &[u8], to: &mut Vec<u8>) {
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        match after.get(..2).filter(|_| byte == b'%').and_then(hex) {
            Some(decoded) => {
                to.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                to.push(byte);
                rest = after;
            }
        }
    }
}

/// Whether a name is that of a parameter or of a piece of it.
fn has_name(name: &[u8], expected: &[u8]) -> bool {
    name.split(|byte| *byte == b'*').next().is_some_and(|name| name.eq_ignore_ascii_case(expected))
}

/// White space and comments (RFC 822, section 3.4.3).
fn skip_white(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = rest.trim_ascii_start();
        let Some(comment) = rest.strip_prefix(b"(") else { return rest };
        let Some(end) = comment.iter().position(|byte| *byte == b')') else { return &[] };
        rest = comment.get(end + 1..).unwrap_or_default();
    }
}

/// What stands between parameters.
fn skip(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = skip_white(rest);
        match rest.split_first() {
            Some((b';' | b',', after)) => rest = after,
            _ => return rest,
        }
    }
}

/// A name and what follows its equals sign.
fn name_of(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end =
        text.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'*' | b'.')))?;
    let (name, rest) = text.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    Some((name, rest.trim_ascii_start().strip_prefix(b"=")?))
}

/// A value and what follows it. The unquoted name of a file may have spaces in it.
fn value_of(text: &[u8], is_file: bool) -> (Cow<'_, [u8]>, &[u8]) {
    let text = text.trim_ascii_start();
    if let Some(quoted) = text.strip_prefix(b"\"") {
        if let Some((value, rest)) = quoted_value(quoted) {
            return (value, rest);
        }
        // Never closed: as far as the line or the next semicolon.
        let end = quoted.iter().position(|byte| matches!(byte, b';' | b'\r' | b'\n')).unwrap_or(quoted.len());
        let (value, rest) = quoted.split_at_checked(end).unwrap_or((quoted, &[]));
        return (Cow::Borrowed(value.trim_ascii_end()), rest);
    }
    let mut end = 0;
    while let Some(byte) = text.get(end) {
        if *byte == b';' {
            break;
        }
        if byte.is_ascii_whitespace() {
            let next = text.get(end..).unwrap_or_default().trim_ascii_start();
            if !is_file || next.is_empty() || name_of(next.get(..40).unwrap_or(next)).is_some() {
                break;
            }
            end = text.len() - next.len();
        } else {
            end += 1;
        }
    }
    let (value, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    (Cow::Borrowed(value), rest)
}

/// A quoted value and what follows its closing quote. A backslash escapes quotes and itself alone: `"C:\a.pdf"` is in use.
fn quoted_value(quoted: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut value: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    let (mut at, mut copied) = (0, 0);
    loop {
        match quoted.get(at)? {
            b'"' => {
                push(&mut value, quoted.get(copied..at)?);
                return Some((value, quoted.get(at + 1..)?));
            }
            b'\\' if matches!(quoted.get(at + 1), Some(b'"' | b'\\')) => {
                push(&mut value, quoted.get(copied..at)?);
                copied = at + 1;
                at += 2;
            }
            // A fold within quotes is the white space after it.
            b'\r' | b'\n' => {
                push(&mut value, quoted.get(copied..at)?);
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
}

fn push<'x>(value: &mut Cow<'x, [u8]>, piece: &'x [u8]) {
    if value.is_empty() {
        *value = Cow::Borrowed(piece);
    } else if !piece.is_empty() {
        value.to_mut().extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_parameters_as_they_are_sent() {
        for (raw, value, name, expected) in [
            ("text/plain; charset=utf-8", "text/plain", "charset", Some("utf-8")),
            (" Text / HTML ;charset = \"UTF-8\"", "text/html", "charset", Some("UTF-8")),
            ("text/plain charset=utf-8", "text/plain", "charset", Some("utf-8")),
            ("text/plain;;; charset=utf-8;", "text/plain", "charset", Some("utf-8")),
            ("text/plain, charset=utf-8", "text/plain", "charset", Some("utf-8")),
            ("text/(c)plain (d); charset=us-ascii (e)", "text/plain", "charset", Some("us-ascii")),
            ("multipart/mixed boundary=\"MIX\" x=y", "multipart/mixed", "x", Some("y")),
            ("multipart/mixed;\r\n\tboundary=\"a b\"", "multipart/mixed", "boundary", Some("a b")),
            ("multipart/mixed; boundary=\"MIX\r\n charset=x", "multipart/mixed", "boundary", Some("MIX")),
            ("multipart/mixed; boundary=\"MIX\r\n charset=x", "multipart/mixed", "charset", Some("x")),
            ("multipart/mixed; boundary=\"MIX; charset=x", "multipart/mixed", "charset", Some("x")),
            ("charset=utf-8", "", "charset", Some("utf-8")),
            ("Content-Type: text/html; charset=utf-8", "text/html", "charset", Some("utf-8")),
            ("\"text/plain\"; charset='x", "text/plain", "charset", Some("'x")),
            ("multipart\\mixed; boundary=a", "multipart/mixed", "boundary", Some("a")),
            ("application/pdf; name=My contract (1).pdf; x=y", "application/pdf", "name", Some("My contract (1).pdf")),
            ("application/pdf; name=My contract.pdf x=y", "application/pdf", "name", Some("My contract.pdf")),
            ("attachment; filename=\"C:\\docs\\a.pdf\"", "attachment", "filename", Some("C:\\docs\\a.pdf")),
            ("attachment; filename=\"a \\\"b\\\\\".pdf\"", "attachment", "filename", Some("a \"b\\")),
            ("attachment; filename=\"a;b.pdf\"", "attachment", "filename", Some("a;b.pdf")),
            ("attachment; filename=\"a\r\n b.pdf\"", "attachment", "filename", Some("a b.pdf")),
            ("filename=a.pdf", "", "filename", Some("a.pdf")),
            ("attachment; filename*=utf-8''R%C3%BC.pdf; filename=x", "attachment", "filename", Some("Rü.pdf")),
            ("attachment; filename*=\"iso-8859-1'de'R%FC.pdf\"", "attachment", "filename", Some("Rü.pdf")),
            ("attachment; filename*=R%C3%BC.pdf", "attachment", "filename", Some("Rü.pdf")),
            ("attachment; filename*0*=UTF-8''R%C3;\r\n filename*1*=%BC.pdf", "attachment", "filename", Some("Rü.pdf")),
            ("attachment; filename*1=b.pdf; filename*0=a", "attachment", "filename", Some("ab.pdf")),
            (
                "attachment; filename*0=\"=?utf-8?Q?R=C3\"; filename*1=\"=BC?=.pdf\"",
                "attachment",
                "filename",
                Some("Rü.pdf"),
            ),
            ("attachment; filename=\"=?UTF-8?Q?R=C3=BC?= =?UTF-8?Q?_b?=\"", "attachment", "filename", Some("Rü b")),
            ("attachment; filename==?utf-8?Q?R=C3=BC?=", "attachment", "filename", Some("Rü")),
            ("attachment; filename=R\u{fc}.pdf", "attachment", "filename", Some("R\u{fc}.pdf")),
            (";;; =", "", "charset", None),
            ("text/plain; (never closed", "text/plain", "charset", None),
        ] {
            let parameters = Parameters::read(raw.as_bytes());
            assert_eq!(parameters.value, value, "{raw}");
            assert_eq!(parameters.text(name).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn a_million_pieces_are_not_put_together() {
        let raw: String = (0..1_000_000).map(|at| format!("; n*{at}*=a")).collect();
        let parameters = Parameters::read(raw.as_bytes());
        assert!(parameters.more);
        assert_eq!(parameters.text("n").unwrap().len(), PARAMETERS);
    }
}
