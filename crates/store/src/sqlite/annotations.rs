//! Texts of versions, and positions of nodes.

use async_trait::async_trait;
use rusqlite::{Connection, Params, Row};
use waypost_ids::{FlowId, Ref, Version};

use super::catalogue::run;
use super::catalogue_columns::flow;
use super::columns::Columns;
use super::writer::Session;
use super::{SqliteStore, audit};
use crate::encoding::json;
use crate::error::{AnnotationError, StoreError};
use crate::records::annotations::{Positions, PositionsChange, TextChange, TextKept, TextRecord};
use crate::records::audit::AuditRecord;
use crate::records::catalogue::FlowRecord;
use crate::records::events::Hint;
use crate::rules::annotations::{Known, MOST_REVISION, may_annotate, place, put_text, standing};
use crate::traits::AnnotationStore;

#[async_trait]
impl AnnotationStore for SqliteStore {
    async fn version_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
        self.readers()?.run(move |db| text_of(db, id, version)).await
    }

    async fn newest_text(&self, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
        let sql = "SELECT * FROM version_texts WHERE flow_id = ?1 AND version <= ?2 ORDER BY version DESC LIMIT 1";
        self.readers()?.run(move |db| first(db, sql, (id.0.as_bytes(), version), text)).await
    }

    async fn put_version_text(&self, change: TextChange, entry: AuditRecord) -> Result<TextKept, AnnotationError> {
        let bytes = change.text.len();
        self.writer()?.run_if_room(bytes, move |session| put(session, &change, &entry)).await?
    }

    async fn positions(&self, id: FlowId) -> Result<Positions, StoreError> {
        self.readers()?.run(move |db| Ok(positions_of(db, id)?.unwrap_or_default())).await
    }

    async fn set_positions(
        &self,
        id: FlowId,
        actor: &str,
        change: PositionsChange,
    ) -> Result<Positions, AnnotationError> {
        let actor = actor.to_owned();
        self.writer()?
            .run(move |session| {
                let allowed = may_annotate(flow_of(session.db, id)?.as_ref(), &actor);
                if let Err(refused) = allowed {
                    return Ok(Err(refused));
                }
                let (known, damaged) = standing(positions_of(session.db, id), id)?;
                let positions = match place(known.unwrap_or_default(), change) {
                    Ok(positions) => positions,
                    Err(refused) => return Ok(Err(refused)),
                };
                // An update leaves a broken seal broken.
                if damaged {
                    run(session.db, "DELETE FROM node_positions WHERE flow_id = ?1", (id.0.as_bytes(),))?;
                }
                let text = json(&positions)?;
                *session.written = session.written.saturating_add(text.len() as u64);
                let sql = "INSERT INTO node_positions (flow_id, positions) VALUES (?1, ?2)
                    ON CONFLICT (flow_id) DO UPDATE SET positions = excluded.positions";
                run(session.db, sql, (id.0.as_bytes(), text))?;
                Ok(Ok(positions))
            })
            .await?
    }
}

fn put(
    session: &mut Session<'_>,
    change: &TextChange,
    entry: &AuditRecord,
) -> Result<Result<TextKept, AnnotationError>, StoreError> {
    let db = &session.db;
    let flow = flow_of(db, change.flow)?;
    let (text, damaged) = standing(text_of(db, change.flow, change.version), change.flow)?;
    // A damaged revision may be anything.
    let highest = "SELECT coalesce(max(revision), 0) FROM version_texts
        WHERE flow_id = ?1 AND typeof(revision) = 'integer' AND revision BETWEEN 1 AND ?2";
    let highest = db.prepare_cached(highest)?.query_row((change.flow.0.as_bytes(), MOST_REVISION), |row| row.get(0))?;
    let known = Known { flow: flow.as_ref(), text: text.as_ref(), highest };
    let (revision, entry) = match put_text(&known, change, entry) {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            return Ok(Ok(TextKept { revision: text.map_or(0, |text| text.revision), changed: false }));
        }
        Err(refused) => return Ok(Err(refused)),
    };
    // An update leaves a broken seal broken.
    if damaged {
        let sql = "DELETE FROM version_texts WHERE flow_id = ?1 AND version = ?2";
        run(db, sql, (change.flow.0.as_bytes(), change.version))?;
    }
    let sql = "INSERT INTO version_texts (flow_id, version, revision, written) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (flow_id, version) DO UPDATE SET revision = excluded.revision, written = excluded.written";
    run(db, sql, (change.flow.0.as_bytes(), change.version, revision, &*change.text))?;
    audit::add(db, &entry)?;
    *session.written = session.written.saturating_add(change.text.len() as u64);
    session.events.hints().add(Hint::object(&Ref::from(change.flow)));
    Ok(Ok(TextKept { revision, changed: true }))
}

fn flow_of(db: &Connection, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
    first(db, "SELECT * FROM flows WHERE id = ?1", (id.0.as_bytes(),), flow)
}

fn text_of(db: &Connection, id: FlowId, version: Version) -> Result<Option<TextRecord>, StoreError> {
    let sql = "SELECT * FROM version_texts WHERE flow_id = ?1 AND version = ?2";
    first(db, sql, (id.0.as_bytes(), version), text)
}

fn text(row: &Row<'_>) -> Result<TextRecord, StoreError> {
    let columns = Columns::sealed(row, "version_texts")?;
    Ok(TextRecord {
        version: columns.get("version")?,
        text: columns.get::<String>("written")?.into(),
        revision: columns.get("revision")?,
    })
}

fn positions_of(db: &Connection, id: FlowId) -> Result<Option<Positions>, StoreError> {
    let read = |row: &Row<'_>| Columns::sealed(row, "node_positions")?.json("positions");
    first(db, "SELECT * FROM node_positions WHERE flow_id = ?1", (id.0.as_bytes(),), read)
}

fn first<T>(
    db: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(parameters)?;
    rows.next()?.map(read).transpose()
}

/// Nobody draws a flow that is gone. Its texts stay with its versions.
pub(super) fn forget(db: &Connection, flow: &FlowRecord) -> Result<(), StoreError> {
    if flow.deleted_at.is_none() {
        return Ok(());
    }
    run(db, "DELETE FROM node_positions WHERE flow_id = ?1", (flow.id.0.as_bytes(),))
}
