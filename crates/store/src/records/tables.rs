//! Data tables and schedules: objects of the catalogue. A table's rows are no part of it: they have a version of their own, and changing
//! them changes no flow.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use waypost_ids::{ScheduleId, TableId};

use super::audit::AuditRecord;
use crate::error::TableError;
use crate::leases::Lease;

/// Counts the changes of a table's rows, from 0 for a table that never had any.
pub type ContentVersion = u64;

/// A data table without its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRecord {
    /// The table's identifier.
    pub id: TableId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique among tables.
    pub folded_name: String,
    /// The description, empty if there is none.
    pub description: String,
    /// Its columns.
    pub schema: TableShape,
    /// Counts the changes of this table, those of its rows left out: the ETag.
    pub revision: u64,
    /// When the table was made.
    pub created_at: Timestamp,
    /// The client that made it.
    pub created_by: String,
    /// When the table last changed, its rows left out.
    pub modified_at: Timestamp,
}

/// What a table's rows look like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableShape {
    /// Whether keys are compared ignoring case.
    pub ignore_case: bool,
    /// What people call the key; none is `key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_title: Option<String>,
    /// The columns beside the key, in the order in which they were declared.
    pub columns: Vec<ColumnRecord>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnRecord {
    /// Its name.
    pub name: String,
    /// The type of its values, as the flow language writes it.
    pub data_type: String,
    /// What a row that leaves the column out reads as; none is the type's empty value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// What people call it; none is its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleRecord {
    /// The schedule's identifier.
    pub id: ScheduleId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique among schedules.
    pub folded_name: String,
    /// The description, empty if there is none.
    pub description: String,
    /// When it is open and when not, as JSON.
    pub definition: Arc<str>,
    /// Counts the changes of this schedule: the ETag.
    pub revision: u64,
    /// When the schedule was made.
    pub created_at: Timestamp,
    /// The client that made it.
    pub created_by: String,
    /// When the schedule last changed.
    pub modified_at: Timestamp,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// What the row is found by: the key, folded if the table ignores case. Never empty.
    pub folded: String,
    /// The key as written.
    pub key: String,
    /// Columns and their values, a JSON object. Equal texts are equal rows: writers bring it into one form.
    pub values: String,
}

/// A table's rows as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The newest version.
    pub version: ContentVersion,
    /// The oldest version that can still be read.
    pub oldest: ContentVersion,
    /// How many rows the newest version has.
    pub rows: u64,
}

impl Content {
    /// The version that is meant, if it can be read.
    pub(crate) fn at(self, asked: Option<ContentVersion>) -> Result<ContentVersion, TableError> {
        let asked = asked.unwrap_or(self.version);
        if (self.oldest..=self.version).contains(&asked) {
            Ok(asked)
        } else {
            Err(TableError::NotKept { asked, oldest: self.oldest, newest: self.version })
        }
    }

    /// How many rows there are after a change.
    pub(crate) fn rows_after(self, counts: RowCounts) -> u64 {
        self.rows.saturating_add(counts.added).saturating_sub(counts.removed)
    }
}

/// What was found at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowAt {
    /// The version that was looked at.
    pub version: ContentVersion,
    /// The row, if there is one.
    pub row: Option<TableRow>,
}

/// Rows of one version, in the order of their folded keys, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsAt {
    /// The version that was looked at.
    pub version: ContentVersion,
    /// The rows.
    pub rows: Vec<TableRow>,
}

/// Who changes a table's rows, and what it is checked against.
#[derive(Clone, Debug)]
pub struct ContentChange {
    /// The entry of the audit log, whose actor, time and note become the version's. The store adds what was and what is.
    pub audit: AuditRecord,
    /// The version that must still be the newest; none accepts any.
    pub expected: Option<ContentVersion>,
}

/// The result of changing one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChanged {
    /// The newest version since. The row as it was already makes no version, and neither does removing one that is not there.
    pub version: ContentVersion,
    /// The row before.
    pub before: Option<TableRow>,
}

/// How a version differs from the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Rows that were added.
    pub added: u64,
    /// Rows with other values, or with the key written otherwise.
    pub changed: u64,
    /// Rows that were removed.
    pub removed: u64,
    /// Rows that stayed the same.
    pub same: u64,
}

impl RowCounts {
    /// What becomes of a content when one row is replaced by another.
    pub(crate) fn of_one(content: Content, before: bool, after: bool) -> Self {
        Self {
            added: u64::from(!before && after),
            changed: u64::from(before && after),
            removed: u64::from(before && !after),
            same: content.rows.saturating_sub(u64::from(before)),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.added == 0 && self.changed == 0 && self.removed == 0
    }
}

/// One version of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentVersionRecord {
    /// Its number.
    pub version: ContentVersion,
    /// When it was made.
    pub at: Timestamp,
    /// The client that made it.
    pub by: String,
    /// Why, in the words of the one who did it.
    pub note: Option<String>,
    /// What it changed.
    pub counts: RowCounts,
}

/// The lease to write a table's next version in parts, while readers see the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// The table.
    pub table: TableId,
    /// The right.
    pub lease: Lease,
}

/// The entry of the audit log on one row, before and after.
pub(crate) fn row_entry(entry: &AuditRecord, before: Option<&TableRow>, after: Option<&TableRow>) -> AuditRecord {
    let told = |row: &TableRow| {
        let values: Json = serde_json::from_str(&row.values).unwrap_or_default();
        json!({ "key": row.key, "values": values })
    };
    AuditRecord { before: before.map(told), after: after.map(told), ..entry.clone() }
}

/// The entry of the audit log on a whole new content.
pub(crate) fn content_entry(entry: &AuditRecord, version: ContentVersion, counts: RowCounts) -> AuditRecord {
    let RowCounts { added, changed, removed, same } = counts;
    let after = json!({ "version": version, "added": added, "changed": changed, "removed": removed, "same": same });
    AuditRecord { after: Some(after), ..entry.clone() }
}
