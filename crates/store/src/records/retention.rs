//! How long things are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

/// What is older may go; none is kept for ever.
#[derive(Clone, Debug, Default)]
pub struct RetentionLimits {
    /// Messages, subjects and traces of interactions that were completed before.
    pub contents: Option<Timestamp>,
    /// Interactions that were completed before, with their decisions.
    pub interactions: Option<Timestamp>,
    /// Routes whose interactions have limits of their own, in the place of both above.
    pub routes: Arc<BTreeMap<Uuid, RouteLimits>>,
    /// Entries of the audit log made before.
    pub audit: Option<Timestamp>,
    /// Versions of tables' rows.
    pub versions: Option<VersionLimits>,
}

/// What is older may go of interactions that came by one route; none is kept for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteLimits {
    /// Messages, subjects and traces of interactions that were completed before.
    pub contents: Option<Timestamp>,
    /// Interactions that were completed before, with their decisions.
    pub interactions: Option<Timestamp>,
}

impl RetentionLimits {
    /// What holds for interactions that came by a route, or by none.
    #[must_use]
    pub fn of(&self, route: Option<Uuid>) -> RouteLimits {
        let own = route.and_then(|route| self.routes.get(&route)).copied();
        own.unwrap_or(RouteLimits { contents: self.contents, interactions: self.interactions })
    }

    /// Whether anything of interactions may go.
    pub(crate) fn sweep_mail(&self) -> bool {
        let both = |limits: &RouteLimits| limits.contents.or(limits.interactions).is_some();
        both(&self.of(None)) || self.routes.values().any(both)
    }
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
