//! What a receiver said, or why none could be asked.

use std::fmt;

/// The most of an answer's text that is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// An answer: a receiver's words, or ours where there was no receiver to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The reply code, such as 550; `None` if the words are ours.
    pub code: Option<u16>,
    /// The enhanced status code, such as `5.1.1` (RFC 3463), if the receiver gave one.
    pub enhanced: Option<String>,
    /// The words, lines joined by LF. A receiver's are as it wrote them, enhanced codes included; bytes that are not UTF-8, and control
    /// characters, became U+FFFD.
    pub text: String,
    /// The host that it is about, such as `mx1.customer.example:25`.
    pub host: Option<String>,
}

impl Answer {
    /// What a receiver said.
    pub(super) fn said(code: u16, lines: &[String], host: &str) -> Self {
        let mut text = lines.join("\n");
        text.truncate(text.floor_char_boundary(LONGEST));
        let enhanced = lines.first().and_then(|line| enhanced(code, line));
        Self { code: Some(code), enhanced, text, host: Some(host.to_owned()) }
    }

    /// What we say of a host.
    pub(super) fn of(host: &str, text: impl Into<String>) -> Self {
        Self { code: None, enhanced: None, text: text.into(), host: Some(host.to_owned()) }
    }

    /// What we say of no host.
    pub(super) fn ours(text: impl Into<String>) -> Self {
        Self { code: None, enhanced: None, text: text.into(), host: None }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "{host}: ")?;
        }
        if let Some(code) = self.code {
            write!(f, "{code} ")?;
        }
        f.write_str(&self.text)
    }
}

/// The enhanced code at the beginning of a line, of the class of the reply code (RFC 2034 section 4).
fn enhanced(code: u16, line: &str) -> Option<String> {
    let word = line.split(' ').next()?;
    let mut numbers = word.split('.');
    let class = numbers.next()?;
    let fits = |number: &str| (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let agrees = matches!(class, "2" | "4" | "5") && class == (code / 100).to_string();
    let two = numbers.by_ref().take(2).filter(|number| fits(number)).count() == 2;
    (agrees && two && numbers.next().is_none()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_agree_with_the_reply() {
        for (code, line, expected) in [
            (550, "5.1.1 no such user", Some("5.1.1")),
            (250, "2.0.0", Some("2.0.0")),
            (550, "5.7.999 x", Some("5.7.999")),
            (550, "4.1.1 no", None),
            (550, "5.1 no", None),
            (550, "5.1.1.1 no", None),
            (550, "5.1.1111 no", None),
            (550, "5.x.1 no", None),
            (354, "3.0.0 go", None),
            (550, "no 5.1.1", None),
            (550, "", None),
        ] {
            assert_eq!(enhanced(code, line).as_deref(), expected, "{code} {line}");
        }
    }
}
