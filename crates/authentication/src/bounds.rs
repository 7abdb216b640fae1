//! How much of a mail is looked at: a stranger says how long all of it is.

/// Signatures of a mail that are verified. Each costs a lookup and some microseconds.
pub(crate) const SIGNATURES: usize = 10;

/// Header fields beyond which no signature is verified: each name that is signed is looked for among all fields.
pub(crate) const FIELDS: usize = 5_000;

/// Names of fields that a signature may list.
pub(crate) const SIGNED: usize = 300;

/// Seals of a chain that are verified (RFC 8617 allows 50).
pub(crate) const SEALS: usize = 10;

/// Bytes of an Authentication-Results field that are read.
pub(crate) const REPORT: usize = 16 * 1024;

/// Characters of a domain or a selector in a reason.
pub(crate) const NAME: usize = 253;
