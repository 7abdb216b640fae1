//! What is told of two folders: the report of `waypost diff`.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_flow_tests::Observed;

/// How two folders differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffReport {
    /// Objects that differ in what they mean, in the order of kinds and names.
    pub differences: Vec<ObjectReport>,
    /// Tables whose rows differ.
    pub rows: Vec<RowsReport>,
    /// A mail that the folders decide differently, if one was searched for and found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessReport>,
    /// How many mails were tried, if one was searched for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<u64>,
}

/// An object that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReport {
    /// Its kind: `flow`, `queue`, `route`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// What differs in it; empty for what is in one folder alone.
    pub members: Vec<MemberReport>,
}

/// A part of an object that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberReport {
    /// The part, such as `nodes[triage].actions[0].queue`.
    pub path: String,
    /// `added`, `removed`, `changed` or `moved`.
    pub change: String,
    /// What it is in the first folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What it is in the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// How a table's rows differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowsReport {
    /// The table's name.
    pub table: String,
    /// Rows that the second folder alone has.
    pub added: u64,
    /// Rows that were changed.
    pub changed: u64,
    /// Rows that the first folder alone has.
    pub removed: u64,
}

/// A mail that two folders decide differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessReport {
    /// The raw mail.
    pub mail: String,
    /// A test file that runs it over either folder, with what the second makes of it as what is expected.
    pub test: String,
    /// Whether the mail alone does not show the difference.
    pub needs_test: bool,
    /// What the first folder makes of it; absent if it has no such route or flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Observed>,
    /// What the second makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Observed>,
    /// How they differ, in words.
    pub differs: Vec<String>,
}

/// The JSON Schema of reports.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<DiffReport>()
}
