//! Data actions as they are called by hand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Object;
use crate::error::ErrorBody;

/// The result of trying a data action. The request was really made: a service that was reached has acted on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestExecution {
    /// What was done, up to the first step that failed.
    pub operations: Vec<TestOperation>,
    /// Whether all of it succeeded.
    pub success: bool,
    /// The outputs of a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_result: Option<Object>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
}

/// One step of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestOperation {
    /// Counted from 1.
    pub step: u32,
    /// What is done.
    pub name: String,
    /// Whether it succeeded.
    pub success: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
}
