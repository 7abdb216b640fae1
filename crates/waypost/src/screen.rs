//! What is printed of texts that others wrote: mail, names, answers of a server. A terminal takes control characters for
//! commands, such as to set the clipboard or to hide what was printed before, so none of them gets there.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use crate::failure::Failure;

/// Standard output for text and JSON. Control characters become `\u001b` and the like, which in JSON is the same text.
pub(crate) fn stdout() -> Plain<io::StdoutLock<'static>> {
    Plain(io::stdout().lock())
}

/// Standard output for content that goes as it is into a file or another program; onto a terminal as from [`stdout`].
pub(crate) fn content() -> Box<dyn Write> {
    if io::stdout().is_terminal() { Box::new(stdout()) } else { Box::new(io::stdout().lock()) }
}

/// Standard error.
pub(crate) fn stderr() -> Plain<io::StderrLock<'static>> {
    Plain(io::stderr().lock())
}

/// Asks whether something may be done, if anybody is there to answer.
///
/// # Errors
/// [`Failure::Refused`] if the answer is anything but yes.
pub(crate) fn agreed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    let mut err = stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Refused("nothing was changed".to_owned())),
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
