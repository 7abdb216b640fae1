//! Texts of versions, and positions of nodes.

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use waypost_ids::{FlowId, Ref, Version};

use super::catalogue_columns::flow;
use super::columns::Columns;
use super::pool::{execute, row};
use super::{PostgresStore, audit};
use crate::encoding::json;
use crate::error::{AnnotationError, StoreError};
use crate::records::annotations::{Positions, PositionsChange, TextChange, TextKept, TextRecord};
use crate::records::audit::AuditRecord;
use crate::records::catalogue::FlowRecord;
use crate::records::events::Hint;
use crate::rules::annotations::{Known, MOST_REVISION, may_annotate, place, put_text, standing};
use crate::traits::AnnotationStore;

#[async_trait]
impl AnnotationStore for PostgresStore {
    async fn version_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
        self.db.run(move |db| Box::pin(async move { text_of(db, id, version).await })).await
    }

    async fn newest_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
        let sql = "SELECT * FROM version_texts WHERE flow_id = $1 AND version <= $2 ORDER BY version DESC LIMIT 1";
        self.db
            .run(move |db| {
                Box::pin(
                    async move { row(db, sql, &[&id.0, &i64::from(version)]).await?.as_ref().map(text).transpose() },
                )
            })
            .await
    }

    async fn put_version_text(&self, change: TextChange, entry: AuditRecord) -> Result<TextKept, AnnotationError> {
        self.db
            .upload(change.text.len(), move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let flow = locked(&transaction, change.flow).await?;
                    let found = text_of(&transaction, change.flow, change.version).await;
                    let (text, _) = standing(found, change.flow)?;
                    let highest = highest(&transaction, change.flow).await?;
                    let known = Known { flow: flow.as_ref(), text: text.as_ref(), highest };
                    let Some((revision, entry)) = put_text(&known, &change, &entry)? else {
                        return Ok(TextKept { revision: text.map_or(0, |text| text.revision), changed: false });
                    };
                    let sql = "INSERT INTO version_texts (flow_id, version, revision, written) VALUES ($1, $2, $3, $4)
                        ON CONFLICT (flow_id, version) DO UPDATE SET revision = excluded.revision,
                            written = excluded.written";
                    let (version, number) = (i64::from(change.version), i64::try_from(revision).unwrap_or(i64::MAX));
                    execute(&transaction, sql, &[&change.flow.0, &version, &number, &change.text.as_bytes()]).await?;
                    audit::add(&transaction, &entry).await?;
                    ending.hints().add(Hint::object(&Ref::from(change.flow)));
                    ending.commit(transaction).await?;
                    Ok(TextKept { revision, changed: true })
                })
            })
            .await
    }

    async fn positions(&self, id: FlowId) -> Result<Positions, StoreError> {
        self.db.run(move |db| Box::pin(async move { Ok(positions_of(db, id).await?.unwrap_or_default()) })).await
    }

    async fn set_positions(
        &self,
        id: FlowId,
        actor: &str,
        change: PositionsChange,
    ) -> Result<Positions, AnnotationError> {
        let actor = actor.to_owned();
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    may_annotate(locked(&transaction, id).await?.as_ref(), &actor)?;
                    let (known, _) = standing(positions_of(&transaction, id).await, id)?;
                    let positions = place(known.unwrap_or_default(), change)?;
                    let sql = "INSERT INTO node_positions (flow_id, positions) VALUES ($1, $2)
                        ON CONFLICT (flow_id) DO UPDATE SET positions = excluded.positions";
                    execute(&transaction, sql, &[&id.0, &json(&positions)?]).await?;
                    ending.commit(transaction).await?;
                    Ok(positions)
                })
            })
            .await
    }
}

/// The flow, which nobody else annotates or changes until the transaction ends.
async fn locked(db: &impl GenericClient, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
    row(db, "SELECT * FROM flows WHERE id = $1 FOR UPDATE", &[&id.0]).await?.as_ref().map(flow).transpose()
}

async fn text_of(db: &impl GenericClient, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
    let sql = "SELECT * FROM version_texts WHERE flow_id = $1 AND version = $2";
    row(db, sql, &[&id.0, &i64::from(version)]).await?.as_ref().map(text).transpose()
}

fn text(row: &Row) -> Result<TextRecord, StoreError> {
    let columns = Columns { row, table: "version_texts" };
    let written = std::str::from_utf8(columns.get("written")?);
    let text = written.map_err(|error| columns.inconsistent("written", &error))?.into();
    Ok(TextRecord { version: columns.count("version")?, text, revision: columns.count("revision")? })
}

/// The highest revision of a flow's texts.
async fn highest(db: &impl GenericClient, id: FlowId) -> Result<u64, StoreError> {
    // A damaged revision may be any number.
    let sql = "SELECT coalesce(max(revision), 0) AS revision FROM version_texts
        WHERE flow_id = $1 AND revision BETWEEN 1 AND $2";
    let found = row(db, sql, &[&id.0, &i64::try_from(MOST_REVISION).unwrap_or(i64::MAX)]).await?;
    found.map_or(Ok(0), |row| Columns { row: &row, table: "version_texts" }.count("revision"))
}

async fn positions_of(db: &impl GenericClient, id: FlowId) -> Result<Option<Positions>, StoreError> {
    let found = row(db, "SELECT positions FROM node_positions WHERE flow_id = $1", &[&id.0]).await?;
    found.map(|row| Columns { row: &row, table: "node_positions" }.json("positions")).transpose()
}

/// Nobody draws a flow that is gone. Its texts stay with its versions. To be called once the flow's row is written: whoever held it may just
/// have placed nodes.
pub(super) async fn forget(db: &impl GenericClient, flow: &FlowRecord) -> Result<(), StoreError> {
    if flow.deleted_at.is_none() {
        return Ok(());
    }
    execute(db, "DELETE FROM node_positions WHERE flow_id = $1", &[&flow.id.0]).await.map(drop)
}
