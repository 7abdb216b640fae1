//! The audit log.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use uuid::Uuid;

use super::SqliteStore;
use super::columns::{Columns, micros};
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::audit::{AuditFilter, AuditRecord};
use crate::traits::AuditStore;

#[async_trait]
impl AuditStore for SqliteStore {
    async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let filter = filter.clone();
        self.readers()?.run(move |db| list(db, &filter, after, limit)).await
    }
}

/// Writes an entry, in the transaction of the change.
pub(super) fn add(db: &Connection, entry: &AuditRecord) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO audit (id, at, actor, action, entity_kind, entity_id, entity_name, note, before, after)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        entry.id.as_bytes(),
        micros(entry.at),
        &entry.actor,
        &entry.action,
        &entry.entity_kind,
        &entry.entity_id,
        &entry.entity_name,
        entry.note.as_deref(),
        entry.before.as_ref().map(json).transpose()?,
        entry.after.as_ref().map(json).transpose()?,
    ))?;
    Ok(())
}

/// Conditions are joined as text, values are always bound.
fn list(
    db: &Connection,
    filter: &AuditFilter,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let text = |text: &String| Value::Text(text.clone());
    let conditions = [
        ("id < ?", after.map(|after| Value::Blob(after.into_bytes().to_vec()))),
        ("actor = ?", filter.actor.as_ref().map(text)),
        ("entity_kind = ?", filter.entity_kind.map(|kind| Value::Text(kind.as_str().to_owned()))),
        ("entity_id = ?", filter.entity_id.as_ref().map(text)),
        ("at >= ?", filter.since.map(|time| Value::Integer(micros(time)))),
        ("at < ?", filter.until.map(|time| Value::Integer(micros(time)))),
    ];
    let mut sql = "SELECT * FROM audit".to_owned();
    let mut values = Vec::new();
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(if values.is_empty() { " WHERE " } else { " AND " });
            sql.push_str(condition);
            values.push(value);
        }
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(Value::Integer(i64::from(limit)));
    let mut select = db.prepare_cached(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(entry(row)?);
    }
    Ok(found)
}

fn entry(row: &Row<'_>) -> Result<AuditRecord, StoreError> {
    let columns = Columns::sealed(row, "audit")?;
    Ok(AuditRecord {
        id: columns.uuid("id")?,
        at: columns.time("at")?,
        actor: columns.get("actor")?,
        action: columns.get("action")?,
        entity_kind: columns.get("entity_kind")?,
        entity_id: columns.get("entity_id")?,
        entity_name: columns.get("entity_name")?,
        note: columns.get("note")?,
        before: columns.json_or_empty("before")?,
        after: columns.json_or_empty("after")?,
    })
}
