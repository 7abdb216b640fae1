//! How much of a mail is looked at: a stranger says how long all of it is.

/// Signatures of a mail that are verified. Each costs a lookup and some microseconds.
pub(crate) const SIGNATURES: usize = 10;

/// Header fields beyond which no signature is verified: each name that is signed is looked for among all fields.
pub(crate) const FIELDS: usize = 5_000;

/// Bytes of a header beyond which none of it is read: each of its signatures takes some hundred bytes of memory, whether it is verified or not.
const HEADER: usize = 1024 * 1024;

/// Names of fields that a signature may list.
pub(crate) const SIGNED: usize = 300;

/// Seals of a chain that are verified (RFC 8617 allows 50).
pub(crate) const SEALS: usize = 10;

/// Bytes of an Authentication-Results field that are read.
pub(crate) const REPORT: usize = 16 * 1024;

/// Characters of a domain or a selector in a reason.
pub(crate) const NAME: usize = 253;

/// Whether a header is short enough to be read.
pub(crate) fn has_bounded_header(raw: &[u8]) -> bool {
    let ends = |line: &[u8]| matches!(line, b"\n" | b"\r\n");
    raw.len() <= HEADER || raw.get(..HEADER).unwrap_or(raw).split_inclusive(|byte| *byte == b'\n').any(ends)
}
