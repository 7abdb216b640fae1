//! Message-IDs that may be written into a header.

use std::fmt;

use uuid::Uuid;

use crate::address::Domain;

/// The longest that is written, in bytes. A line of a header has at most 998 (RFC 5322 section 2.1.1).
const LONGEST: usize = 900;

/// A Message-ID without its angle brackets (RFC 5322 section 3.6.4): visible ASCII, no angle bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// The Message-ID of a mail of ours.
    #[must_use]
    pub fn ours(id: Uuid, domain: &Domain) -> Self {
        Self(format!("{id}@{domain}"))
    }

    /// Takes the text between the brackets as someone else wrote it; `None` if a header can't hold it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>');
        (!text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The text between the brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}
