//! How much of a mail is read. What exceeds a bound stays in the raw message, is not parsed, and is said.

use std::fmt;

/// The most header fields of the message that are read.
pub(super) const FIELDS: usize = 10_000;
/// The most bytes of one field's value that are read.
pub(super) const FIELD_BYTES: usize = 1024 * 1024;
/// The most bytes of text in the map of all header fields.
pub(super) const HEADER_BYTES: usize = 4 * 1024 * 1024;
/// The longest name of a header field in bytes: what a line may have (RFC 5322, section 2.1.1).
pub(super) const NAME_BYTES: usize = 998;
/// The most addresses of one field.
pub(super) const ADDRESSES: usize = 10_000;
/// The most Message-IDs of one field.
pub(super) const IDS: usize = 10_000;
/// The most parameters of one Content-Type or Content-Disposition.
pub(super) const PARAMETERS: usize = 1000;
/// The most parts.
pub(super) const PARTS: usize = 10_000;
/// The most multiparts within each other.
pub(super) const DEPTH: usize = 100;

/// Fewer bytes than this exceed none of the bounds: the shortest parameters take three each.
pub(super) const HARMLESS: usize = PARAMETERS * 3;

/// A bound that a mail exceeds: what lies beyond it is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unread {
    /// Header fields.
    Fields,
    /// Bytes of one header field, or of all header fields in the map of them.
    HeaderBytes,
    /// Addresses of From, To, Cc or Reply-To.
    Addresses,
    /// Message-IDs of References.
    References,
    /// Parameters of a Content-Type or Content-Disposition.
    Parameters,
    /// Parts.
    Parts,
    /// Multiparts within each other.
    Depth,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields => write!(f, "more than {FIELDS} header fields"),
            Self::HeaderBytes => write!(f, "a header field of more than {FIELD_BYTES} bytes, or {HEADER_BYTES} in all"),
            Self::Addresses => write!(f, "more than {ADDRESSES} addresses in one field"),
            Self::References => write!(f, "more than {IDS} references"),
            Self::Parameters => write!(f, "more than {PARAMETERS} parameters of one field"),
            Self::Parts => write!(f, "more than {PARTS} parts"),
            Self::Depth => write!(f, "more than {DEPTH} multiparts within each other"),
        }
    }
}
