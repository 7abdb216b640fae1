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
    /// Versions of tables' rows.
    pub versions: Option<VersionLimits>,
}

/// Which versions of a table's rows may go. A version's time counts from the next one: until then it was the newest.
#[derive(Clone, Copy, Debug)]
pub struct VersionLimits {
    /// Those that were succeeded before.
    pub before: Timestamp,
    /// So many of the newest stay, however old they are.
    pub least: u64,
    /// Beyond so many they go, however young they are.
    pub most: u64,
}

/// What one sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Contents of interactions.
    pub contents: u64,
    /// Interactions.
    pub interactions: u64,
    /// Replays with their reports: they are as old as contents may become.
    pub replays: u64,
    /// Entries of the audit log.
    pub audit: u64,
    /// Rows of tables, and entries of their histories: of old versions, of tables that are gone, of imports that came to nothing.
    pub rows: u64,
}
