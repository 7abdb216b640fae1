//! What is printed of texts that others wrote: mail, names, answers of a server. A terminal takes control characters for
//! commands, such as to set the clipboard or to hide what was printed before, so none of them gets there.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Standard output for text and JSON. Control characters become `\u001b` and the like, which in JSON is the same text.
pub(crate) fn stdout() -> Plain<Unread<io::StdoutLock<'static>>> {
    Plain(Unread(io::stdout().lock()))
}

/// The same for what is printed without an end, or does nothing but print: a write fails once nobody reads any more.
pub(crate) fn read_stdout() -> Plain<io::StdoutLock<'static>> {
    Plain(io::stdout().lock())
}

/// Standard output for content that goes as it is into a file or another program; onto a terminal as from [`stdout`].
pub(crate) fn content() -> Box<dyn Write> {
    if io::stdout().is_terminal() { Box::new(read_stdout()) } else { Box::new(io::stdout().lock()) }
}

/// Standard output for text with colours of our own.
pub(crate) fn styled_stdout() -> Unread<io::StdoutLock<'static>> {
    Unread(io::stdout().lock())
}

/// Standard error.
pub(crate) fn stderr() -> Plain<Unread<io::StderrLock<'static>>> {
    Plain(Unread(io::stderr().lock()))
}

/// Standard error for text with colours of our own.
pub(crate) fn styled_stderr() -> Unread<io::StderrLock<'static>> {
    Unread(io::stderr().lock())
}

/// Whether to print there in colours: a terminal that knows them, and a person who wants them (<https://no-color.org>).
pub(crate) fn is_coloured(out: &impl IsTerminal) -> bool {
    let says = |name, what: &str| std::env::var_os(name).is_some_and(|value| value == what);
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    out.is_terminal() && !unwanted && !says("TERM", "dumb")
}

/// Writes for as long as somebody reads. Whoever stops reading (`waypost … | head`) stops nothing: what a command does, and its exit code,
/// stay as they are.
pub(crate) struct Unread<W>(W);

impl<W: Write> Write for Unread<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self.0.write(text) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(text.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Writes no control characters but tabs and line ends.
pub(crate) struct Plain<W>(W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write_all(&plain(text))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The length in bytes of the control character that a text begins with, and its code; none if it begins with none. In UTF-8
/// those from U+0080 on are two bytes.
fn control(text: &[u8]) -> Option<(usize, u8)> {
    match text {
        [b'\n' | b'\t', ..] | [b'\r', b'\n', ..] => None,
        [code @ (..0x20 | 0x7f), ..] => Some((1, *code)),
        [0xc2, code @ 0x80..0xa0, ..] => Some((2, *code)),
        _ => None,
    }
}

fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    if !(0..text.len()).any(|at| control(rest(at)).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len() + 16);
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match control(rest(at)) {
            Some((length, code)) => {
                plain.extend(format!("\\u{code:04x}").into_bytes());
                at += length;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        for (text, printed) in [
            ("plain ä 日本 🦀\tand\nmore\r\n", "plain ä 日本 🦀\tand\nmore\r\n"),
            ("\x1b]52;c;ZXZpbA==\x07x", "\\u001b]52;c;ZXZpbA==\\u0007x"),
            ("\x1b[2J\x7f\0", "\\u001b[2J\\u007f\\u0000"),
            ("\u{9b}31m \u{9d}0;t\u{9c} é", "\\u009b31m \\u009d0;t\\u009c é"),
            ("hidden\rshown", "hidden\\u000dshown"),
        ] {
            let mut out = Plain(Vec::new());
            write!(out, "{text}").unwrap();
            assert_eq!(String::from_utf8(out.0).unwrap(), printed);
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({ "subject": "\u{9b}31m \u{7f}\x1b\u{85}" });
        let mut out = Plain(Vec::new());
        serde_json::to_writer(&mut out, &value).unwrap();
        assert!(!out.0.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) && out.0.is_ascii());
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out.0).unwrap(), value);
    }
}
