//! Claims: taking work from a queue for a while.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::interaction::{Interaction, State};
use crate::time::Time;

/// What to claim. Every member may be left out, and so may the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRequest {
    /// At most this many, 1 to 100.
    pub max: u32,
    /// How long the claim lasts, in seconds: 1 to 43,200.
    pub lease_seconds: u32,
    /// How long to wait for work if there is none, in seconds: 0 to 15.
    pub wait_seconds: u32,
    /// Only work whose skills are all listed here; left out: any work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
}

impl Default for ClaimRequest {
    fn default() -> Self {
        Self { max: 1, lease_seconds: 60, wait_seconds: 0, skills: None }
    }
}

/// What was claimed; empty when there is no work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    /// The claims: higher priority first, then older first.
    pub entities: Vec<Claim>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Proves it.
    pub token: Uuid,
    /// When it expires.
    pub expires_at: Time,
    /// The work.
    pub interaction: Interaction,
}

/// How much longer a claim lasts. The body may be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtendRequest {
    /// Counted from now, in seconds: 1 to 43,200.
    pub lease_seconds: u32,
}

impl Default for ExtendRequest {
    fn default() -> Self {
        Self { lease_seconds: 60 }
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimState {
    /// The claim.
    pub token: Uuid,
    /// The interaction's state now.
    pub state: State,
    /// When the claim expires; absent if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}
