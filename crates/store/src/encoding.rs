//! Values as every store keeps them: numbers that stand for states and decisions, and JSON text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use waypost_ids::DecisionKind;

use crate::error::StoreError;
use crate::records::mail::{DecisionRecord, RunRecord};

/// JSON text of a value.
pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

/// An enum whose members are kept as numbers; numbers never change their meaning. A new member is one line: the compiler then names every
/// place that has to know it.
macro_rules! kept_as_numbers {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $member:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$what])* $member,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$member,)+];

            /// The number that stands for it.
            pub(crate) const fn code(self) -> i64 {
                match self { $(Self::$member => $code,)+ }
            }

            /// What a number stands for.
            pub(crate) const fn of_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$member),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use kept_as_numbers;

/// The number that stands for a kind of decision; numbers never change their meaning.
pub(crate) fn decision_code(kind: DecisionKind) -> i64 {
    match kind {
        DecisionKind::Queue => 0,
        DecisionKind::Forward => 1,
        DecisionKind::Disconnect => 2,
        DecisionKind::Unrouted => 3,
    }
}

/// The kind of decision that a number stands for.
pub(crate) fn decision_kind(code: i64) -> Option<DecisionKind> {
    DecisionKind::ALL.into_iter().find(|kind| decision_code(*kind) == code)
}

/// Attributes as they are kept: none is NULL.
pub(crate) fn attributes_column(attributes: &BTreeMap<String, String>) -> Result<Option<String>, StoreError> {
    if attributes.is_empty() { Ok(None) } else { json(attributes).map(Some) }
}

/// When a run ended.
pub(crate) fn ended_at(run: &RunRecord) -> Timestamp {
    let took = SignedDuration::from_micros(i64::try_from(run.duration_us).unwrap_or(i64::MAX));
    run.started_at.checked_add(took).unwrap_or(run.started_at)
}

/// What decisions seldom have, in one column that is NULL for most.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DecisionMore {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<serde_json::Value>,
}

impl DecisionMore {
    /// The column's text; none if there is nothing to keep.
    pub(crate) fn kept(decision: &DecisionRecord) -> Result<Option<String>, StoreError> {
        let more = Self {
            language: decision.language.clone(),
            addresses: decision.addresses.clone(),
            reason: decision.reason.clone(),
            outcome: decision.outcome.clone(),
            error: decision.error.clone(),
        };
        if more == Self::default() { Ok(None) } else { json(&more).map(Some) }
    }
}
