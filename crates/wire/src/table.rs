//! Data tables: what they are, their rows, and versions of the rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::TableId;

use crate::Object;
use crate::reference::{Division, Reference};
use crate::time::Time;

/// A data table without its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataTable {
    /// Its identifier.
    pub id: TableId,
    /// Its name.
    pub name: String,
    /// The division it is in.
    pub division: Division,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its columns, as a JSON Schema: the property `key` is the key, every other one is a column, whose `dataType` says its type in the
    /// flow language's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
    /// Whether keys are compared ignoring case.
    #[serde(default)]
    pub ignore_case: bool,
    /// Counts changes of the table, without those of its rows.
    #[serde(default)]
    pub revision: u64,
    /// When it was made.
    pub date_created: Time,
    /// When the table last changed, without its rows.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates or replaces a data table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataTableRequest {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its columns, as a JSON Schema. Each has a `type` and perhaps a `format`, or a `dataType`: string, integer, number, boolean,
    /// datetime, duration, json, `list<string>`; and perhaps a `default`. In a change, none leaves them as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Json>,
    /// Whether keys are compared ignoring case. In a change, left out: unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_case: Option<bool>,
}

/// A row: `KEY`, and a value for each column.
pub type DataTableRow = Object;

/// One version of a table's rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataTableVersion {
    /// Its number.
    pub version: u64,
    /// When it was made.
    pub date_created: Time,
    /// The client that made it.
    pub created_by: Reference,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How it differs from the version before.
    #[serde(flatten)]
    pub counts: RowCounts,
}

/// How one content differs from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowCounts {
    /// Rows that were added.
    pub added: u64,
    /// Rows that were changed.
    pub changed: u64,
    /// Rows that were removed.
    pub removed: u64,
    /// Rows that stayed the same.
    pub same: u64,
}

/// The result of replacing a table's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowsReplaced {
    /// The newest version of its rows afterwards; unchanged if nothing differs.
    pub version: u64,
    /// How it differs from the version before.
    #[serde(flatten)]
    pub counts: RowCounts,
}
