//! Seals: a checksum of a row's values, kept with the row and compared whenever it is read. `seal(…)` is a function of the connections that
//! write; triggers seal a row anew when it changes (`migrations/0010-sums.sql`). A row of an earlier release is sealed by its first change.
//! A column that was added later, and is NULL for most rows, is sealed by `seal_with(seal, column)`: rows without it keep their seal.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::error::StoreError;
use crate::sums::Sum;

/// What the seal of an interaction covers, in order; `queued_at` and `thread` are sealed with it.
const INTERACTION: [&str; 30] = [
    "id",
    "state",
    "received_at",
    "message",
    "message_sum",
    "route",
    "flow_id",
    "flow_version",
    "decision",
    "queue",
    "priority",
    "initial_priority",
    "runs",
    "duplicates",
    "erased",
    "possible_duplicate_of",
    "lease",
    "lease_until",
    "rerun_by",
    "message_id",
    "envelope_from",
    "envelope_to",
    "remote",
    "subject",
    "skills",
    "attributes",
    "attributes_set",
    "decision_more",
    "opening",
    "completed_at",
];

/// What the seal of a run covers, in order.
pub(super) const RUN: [&str; 14] = [
    "interaction",
    "number",
    "flow_id",
    "flow_version",
    "started_at",
    "duration_us",
    "rerun_by",
    "decision",
    "queue",
    "priority",
    "skills",
    "decision_more",
    "attributes",
    "trace",
];

/// Makes `seal` known to a connection.
pub(super) fn register(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("seal", -1, flags, |context| {
        let mut sum = Sum::default();
        for place in 0..context.len() {
            add(&mut sum, context.get_raw(place));
        }
        Ok(sum.end())
    })?;
    db.create_scalar_function("seal_with", 2, flags, |context| Ok(with(context.get(0)?, context.get_raw(1))))
}

/// A seal that covers one more value, if there is one.
fn with(seal: i64, more: ValueRef<'_>) -> i64 {
    if more == ValueRef::Null {
        return seal;
    }
    let mut sum = Sum::default();
    sum.number(seal.to_le_bytes());
    add(&mut sum, more);
    sum.end()
}

fn add(sum: &mut Sum, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => sum.nothing(),
        ValueRef::Integer(value) => sum.number(value.to_le_bytes()),
        ValueRef::Real(value) => sum.number(value.to_le_bytes()),
        ValueRef::Text(value) | ValueRef::Blob(value) => sum.bytes(value),
    }
}

/// Refuses a row that is not as it was written, its seal being over the columns before it.
pub(super) fn verify_before(row: &Row<'_>, table: &str) -> Result<(), StoreError> {
    let mut sum = Sum::default();
    for place in 0..row.as_ref().column_count() {
        if row.as_ref().column_name(place)? == "seal" {
            return compare(sum.end(), row.get(place)?, || format!("a row of `{table}` is damaged"));
        }
        add(&mut sum, row.get_ref(place)?);
    }
    Ok(())
}

/// Refuses a row with all columns of interactions that is not as it was written.
pub(super) fn verify_interaction(row: &Row<'_>, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    let sealed = with(with(sum_of(row, &INTERACTION)?, row.get_ref("queued_at")?), row.get_ref("thread")?);
    compare(sealed, row.get("seal")?, what)
}

fn sum_of(row: &Row<'_>, columns: &[&str]) -> Result<i64, StoreError> {
    let mut sum = Sum::default();
    for column in columns {
        add(&mut sum, row.get_ref(*column)?);
    }
    Ok(sum.end())
}

/// Refuses a row that is not as it was written, its seal being over these columns. `what` names it, for people.
pub(super) fn verify(row: &Row<'_>, columns: &[&str], what: impl FnOnce() -> String) -> Result<(), StoreError> {
    verify_by(row, columns, "seal", what)
}

/// The same where the seal has another name, for a row beside another.
pub(super) fn verify_by(
    row: &Row<'_>,
    columns: &[&str],
    seal: &str,
    what: impl FnOnce() -> String,
) -> Result<(), StoreError> {
    compare(sum_of(row, columns)?, row.get(seal)?, what)
}

fn compare(sum: i64, kept: Option<i64>, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    if kept.is_none_or(|kept| kept == sum) {
        return Ok(());
    }
    Err(StoreError::Damaged { what: what(), detail: "its checksum does not match".to_owned() })
}
