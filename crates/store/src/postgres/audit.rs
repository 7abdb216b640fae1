//! The audit log.

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::AuditKind;

use super::PostgresStore;
use super::columns::{Columns, text};
use super::mail_columns::Conditions;
use super::pool::execute;
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::audit::{AuditFilter, AuditRecord};
use crate::traits::AuditStore;

#[async_trait]
impl AuditStore for PostgresStore {
    async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let filter = filter.clone();
        let mut conditions = Conditions::default();
        conditions.add("id < ", after);
        let plain = |value: String| text(&value).into_owned();
        conditions.add("actor = ", filter.actor.map(plain));
        conditions.add("entity_kind = ", filter.entity_kind.map(AuditKind::as_str));
        conditions.add("entity_id = ", filter.entity_id.map(plain));
        conditions.add("at >= ", filter.since);
        conditions.add("at < ", filter.until);
        conditions.newest_first(&self.db, "audit", limit).await?.iter().map(entry).collect()
    }
}

/// Writes an entry, in the transaction of the change.
pub(super) async fn add(db: &impl GenericClient, entry: &AuditRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO audit (id, at, actor, action, entity_kind, entity_id, entity_name, note, before, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            &entry.id,
            &entry.at,
            &text(&entry.actor),
            &entry.action,
            &entry.entity_kind,
            &text(&entry.entity_id),
            &text(&entry.entity_name),
            &entry.note.as_deref().map(text),
            &entry.before.as_ref().map(json).transpose()?,
            &entry.after.as_ref().map(json).transpose()?,
        ],
    )
    .await
    .map(drop)
}

fn entry(row: &Row) -> Result<AuditRecord, StoreError> {
    let columns = Columns { row, table: "audit" };
    Ok(AuditRecord {
        id: columns.get("id")?,
        at: columns.get("at")?,
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
