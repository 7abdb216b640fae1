//! Schedules: opening hours, and what they say of an instant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::ScheduleId;

use crate::Object;
use crate::reference::Division;
use crate::time::Time;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its identifier.
    pub id: ScheduleId,
    /// Its name.
    pub name: String,
    /// The division it is in.
    pub division: Division,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Counts its changes.
    #[serde(default)]
    pub revision: u64,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
    /// The definition: `timeZone`, `open`, `closed`, `holidays`, `emergency`.
    #[serde(flatten)]
    pub definition: Object,
}

/// Creates or replaces a schedule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRequest {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The definition: `timeZone`, `open`, `closed`, `holidays`, `emergency`. In a change, none of the last leaves the switch as it is.
    #[serde(flatten)]
    pub definition: Object,
}

/// The emergency switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmergencyRequest {
    /// Whether it is on.
    pub active: bool,
    /// Why, in at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Evaluate a schedule at a given time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleEvaluation {
    /// The instant.
    pub at: Time,
    /// `open`, `closed`, `holiday`, `emergency`.
    pub state: String,
    /// The name of the hours or the holiday behind the state, or the emergency's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the state next changes; absent if it does not within 400 days, and in an emergency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_change: Option<Time>,
    /// Whether it is open.
    pub is_open: bool,
}
