//! How long things are kept.

use jiff::Timestamp;

/// What is older may go; none is kept for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetentionLimits {
    /// Messages, subjects and traces of interactions that were completed before.
    pub contents: Option<Timestamp>,
    /// Interactions that were completed before, with their decisions.
    pub interactions: Option<Timestamp>,
    /// Entries of the audit log made before.
    pub audit: Option<Timestamp>,
}

/// What one sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Contents of interactions.
    pub contents: u64,
    /// Interactions.
    pub interactions: u64,
    /// Entries of the audit log.
    pub audit: u64,
}
