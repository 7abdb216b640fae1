//! Replies, RFC 5321 section 4.2, with enhanced status codes, RFC 2034 and RFC 3463.

use std::fmt;
use std::io::Write;

/// Whether a reply is good news. First digit of both the reply code and the enhanced code, so that they can't
/// disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Done: 2yz.
    Success,
    /// Go on: 3yz. Has no enhanced codes.
    Intermediate,
    /// Not now; the client keeps the message and tries again: 4yz.
    Temporary,
    /// Never in this form: 5yz.
    Permanent,
}

impl Class {
    fn digit(self) -> u8 {
        match self {
            Self::Success => 2,
            Self::Intermediate => 3,
            Self::Temporary => 4,
            Self::Permanent => 5,
        }
    }
}

/// The codes of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status {
    class: Class,
    /// Second and third digit of the reply code.
    basic: u8,
    /// Subject and detail of the enhanced code.
    enhanced: Option<(u8, u8)>,
}

impl Status {
    /// A status with an enhanced code. `basic` are the last two digits of the reply code.
    pub const fn new(class: Class, basic: u8, subject: u8, detail: u8) -> Self {
        Self { class, basic, enhanced: Some((subject, detail)) }
    }

    /// A status without an enhanced code: greeting, answers to EHLO and HELO, and 354 have none (RFC 2034 section 4).
    pub const fn plain(class: Class, basic: u8) -> Self {
        Self { class, basic, enhanced: None }
    }

    /// The class.
    #[must_use]
    pub const fn class(self) -> Class {
        self.class
    }

    /// The reply code, such as 250.
    #[must_use]
    pub fn code(self) -> u16 {
        u16::from(self.class.digit()) * 100 + u16::from(self.basic)
    }

    /// The enhanced code, such as `5.1.1`, if the reply has one.
    #[must_use]
    pub fn enhanced(self) -> Option<String> {
        self.enhanced.map(|(subject, detail)| format!("{}.{subject}.{detail}", self.class.digit()))
    }

    /// Appends a reply of one line.
    pub fn write(self, out: &mut Vec<u8>, text: impl fmt::Display) {
        self.line(out, ' ', text);
    }

    /// Appends a reply of one line or more.
    pub fn write_lines(self, out: &mut Vec<u8>, lines: &[&dyn fmt::Display]) {
        if let Some((last, others)) = lines.split_last() {
            for line in others {
                self.line(out, '-', line);
            }
            self.line(out, ' ', last);
        }
    }

    fn line(self, out: &mut Vec<u8>, separator: char, text: impl fmt::Display) {
        // Writing to a Vec can't fail.
        let _ = match self.enhanced {
            Some((subject, detail)) => {
                let class = self.class.digit();
                write!(out, "{}{separator}{class}.{subject}.{detail} {text}\r\n", self.code())
            }
            None => write!(out, "{}{separator}{text}\r\n", self.code()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codes_start_alike() {
        let mut out = Vec::new();
        let status = Status::new(Class::Permanent, 50, 1, 1);
        status.write(&mut out, "no");
        Status::plain(Class::Success, 50).write_lines(&mut out, &[&"a", &"SIZE 5"]);
        assert_eq!(out, b"550 5.1.1 no\r\n250-a\r\n250 SIZE 5\r\n");
        assert_eq!((status.code(), status.enhanced().as_deref()), (550, Some("5.1.1")));
    }
}
