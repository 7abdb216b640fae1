//! Replays: flows that are to change, run over recorded mail, and what came of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::facts::Facts;
use crate::encoding::kept_as_numbers;

kept_as_numbers! {
    /// How a replay stands.
    pub enum ReplayState {
        /// It waits for a node, or one runs it.
        Open = 0,
        /// It is over, and has its report.
        Done = 1,
        /// It could not be done; the report says why.
        Failed = 2,
    }
}

/// A replay as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayRecord {
    /// Its identifier: a UUID version 7.
    pub id: Uuid,
    /// When it was requested.
    pub created_at: Timestamp,
    /// The client that requested it.
    pub created_by: String,
    /// What was asked, as JSON.
    pub request: String,
    /// How it stands.
    pub state: ReplayState,
    /// How often a node began it: more than once if the first was gone before the end.
    pub starts: u32,
    /// How far it came, as JSON; empty before the first start.
    pub progress: String,
    /// What came of it, as JSON, once it is over.
    pub report: Option<String>,
}

/// An interaction whose decision would change. It goes with the interaction's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayChange {
    /// The interaction.
    pub interaction: InteractionId,
    /// What differs, as JSON.
    pub entry: String,
    /// The traces of both runs, as JSON.
    pub traces: String,
}

/// What is kept of an interaction that a replay needs besides its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The interaction.
    pub interaction: InteractionId,
    /// The raw message; none when erased.
    pub raw: Option<Bytes>,
    /// What was found out about the mail as it came in.
    pub facts: Facts,
    /// The last run's trace, as JSON; none without a run.
    pub trace: Option<String>,
    /// The attributes that the last run left: those that were set later are not among them.
    pub attributes: BTreeMap<String, String>,
    /// What the last run asked and was answered, as JSON; none if it asked nothing, and for runs of releases that kept none.
    pub journal: Option<String>,
}
