//! Two traces of one mail, and where they part.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::{RunTrace, TraceEvent};

/// Both traces of an interaction whose decision would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayTraces {
    /// As recorded; null if the record has none.
    #[serde(default, deserialize_with = "readable")]
    pub before: Option<RunTrace>,
    /// As it would be; null if it can't be read.
    #[serde(default, deserialize_with = "readable")]
    pub after: Option<RunTrace>,
}

/// Where two traces of one mail differ first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceDifference {
    /// The position among the events, counted from 0.
    pub event: u64,
    /// The flow in which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The node in which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The event in the first trace; absent if that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<TraceEvent>,
    /// The event in the second trace; absent if that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TraceEvent>,
}

/// Reads a trace if there is one that can be read: a stored one may be damaged, and must not take with it what stands beside it.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RunTrace>, D::Error> {
    Ok(RunTrace::deserialize(Json::deserialize(deserializer)?).ok())
}
