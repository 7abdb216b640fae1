//! The catalogue: read whole at one epoch, changed only at the epoch that the change was checked against.

use async_trait::async_trait;
use rusqlite::{Connection, Params, Row, named_params};
use uuid::Uuid;
use waypost_ids::{FlowId, Kind, QueueId, Ref, Version};

use super::catalogue_columns::{domain, event, flow, queue, route, schedule, table, term, version};
use super::columns::micros;
use super::mail_columns::interaction;
use super::mailboxes::{mailbox, put_mailbox};
use super::outside::{data_action, put_data_action, put_secret, put_webhook, secret, webhook};
use super::writer::Session;
use super::{SqliteStore, annotations, applied, tables};
use crate::conditions::{self, in_state};
use crate::encoding::json;
use crate::error::{CommitError, OccupiedQueue, StoreError};
use crate::records::catalogue::{
    Catalogue, CatalogueChange, Epoch, FlowEvent, FlowRecord, ObjectRecord, QueueRecord, RouteRecord, RouteTarget,
    TermRecord, VersionRecord,
};
use crate::records::events::Hint;
use crate::records::mail::{InteractionRecord, State};
use crate::records::tables::ScheduleRecord;
use crate::traits::CatalogueStore;

#[async_trait]
impl CatalogueStore for SqliteStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        self.readers()?.run(epoch).await
    }

    async fn load(&self) -> Result<Catalogue, StoreError> {
        self.readers()?.run(load).await
    }

    async fn some_versions(&self, keys: &[(FlowId, Version)]) -> Result<Vec<VersionRecord>, StoreError> {
        let keys = keys.to_vec();
        self.readers()?
            .run(move |db| {
                let mut found = Vec::with_capacity(keys.len());
                for (id, number) in keys {
                    found.extend(one_version(db, id, number)?);
                }
                Ok(found)
            })
            .await
    }

    async fn flow_events(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<FlowEvent>, u64), StoreError> {
        self.readers()?
            .run(move |db| {
                let offset = i64::try_from(offset).unwrap_or(i64::MAX);
                let sql = "SELECT * FROM flow_events WHERE flow_id = ?1 ORDER BY number DESC LIMIT ?2 OFFSET ?3";
                let page = all(db, sql, (id.0.as_bytes(), limit, offset), event)?;
                let total = db
                    .prepare_cached("SELECT count(*) FROM flow_events WHERE flow_id = ?1")?
                    .query_row((id.0.as_bytes(),), |row| row.get(0))?;
                Ok((page, total))
            })
            .await
    }

    async fn commit(&self, expected: Epoch, changes: Vec<CatalogueChange>) -> Result<Epoch, CommitError> {
        self.writer()?.run(move |session| commit(session, expected, &changes)).await?
    }

    async fn flow(&self, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        self.readers()?
            .run(move |db| all(db, "SELECT * FROM flows WHERE id = ?1", (id.0.as_bytes(),), flow))
            .await
            .map(|mut flows| flows.pop())
    }

    async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, StoreError> {
        self.readers()?
            .run(|db| all(db, "SELECT * FROM flows WHERE deleted_at IS NOT NULL ORDER BY deleted_at, id", (), flow))
            .await
    }

    async fn route(&self, id: Uuid) -> Result<Option<RouteRecord>, StoreError> {
        self.readers()?
            .run(move |db| all(db, "SELECT * FROM routes WHERE id = ?1", (id.as_bytes(),), route))
            .await
            .map(|mut routes| routes.pop())
    }

    async fn version(&self, id: FlowId, number: Version) -> Result<Option<VersionRecord>, StoreError> {
        self.readers()?.run(move |db| one_version(db, id, number)).await
    }

    async fn versions(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<VersionRecord>, u64), StoreError> {
        self.readers()?
            .run(move |db| {
                let offset = i64::try_from(offset).unwrap_or(i64::MAX);
                let page = all(
                    db,
                    "SELECT * FROM flow_versions WHERE flow_id = ?1 ORDER BY version DESC LIMIT ?2 OFFSET ?3",
                    (id.0.as_bytes(), limit, offset),
                    version,
                )?;
                let total = db
                    .prepare_cached("SELECT count(*) FROM flow_versions WHERE flow_id = ?1")?
                    .query_row((id.0.as_bytes(),), |row| row.get(0))?;
                Ok((page, total))
            })
            .await
    }
}

/// The newest epoch.
pub(super) fn epoch(db: &Connection) -> Result<Epoch, StoreError> {
    Ok(db.prepare_cached("SELECT value FROM epoch")?.query_row((), |row| row.get(0))?)
}

/// Whether a queue is there.
pub(super) fn has_queue(db: &Connection, id: QueueId) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("SELECT 1 FROM queues WHERE id = ?1")?.exists((id.0.as_bytes(),))?)
}

/// One piece of the work that stands in a queue, claimed or not.
fn work_in(db: &Connection, id: QueueId) -> Result<Option<InteractionRecord>, StoreError> {
    // Each question has an index of its own.
    let (held, decided, claimed) = (conditions::held(), in_state(State::Decided), in_state(State::Claimed));
    let pushed = in_state(State::GoingOut);
    for sql in [
        format!("SELECT * FROM interactions WHERE {decided} AND queue = ?1 LIMIT 1"),
        format!("SELECT * FROM interactions WHERE {held} AND {claimed} AND queue = ?1 LIMIT 1"),
        format!("SELECT * FROM interactions WHERE {pushed} AND queue = ?1 LIMIT 1"),
    ] {
        if let Some(work) = all(db, &sql, (id.0.as_bytes(),), interaction)?.pop() {
            return Ok(Some(work));
        }
    }
    Ok(None)
}

fn all<T>(
    db: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn one_version(db: &Connection, id: FlowId, number: Version) -> Result<Option<VersionRecord>, StoreError> {
    let sql = "SELECT * FROM flow_versions WHERE flow_id = ?1 AND version = ?2";
    Ok(all(db, sql, (id.0.as_bytes(), number), version)?.pop())
}

pub(super) fn load(db: &Connection) -> Result<Catalogue, StoreError> {
    let versions = all(
        db,
        "SELECT v.* FROM flows f JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published
         WHERE f.deleted_at IS NULL ORDER BY f.id",
        (),
        version,
    )?;
    Ok(Catalogue {
        epoch: epoch(db)?,
        flows: all(db, "SELECT * FROM flows WHERE deleted_at IS NULL ORDER BY id", (), flow)?,
        versions,
        queues: all(db, "SELECT * FROM queues ORDER BY id", (), queue)?,
        domains: all(db, "SELECT * FROM domains ORDER BY domain", (), domain)?,
        routes: all(db, "SELECT * FROM routes WHERE NOT deleted ORDER BY id", (), route)?,
        tables: all(db, "SELECT * FROM data_tables WHERE NOT deleted ORDER BY id", (), table)?,
        schedules: all(db, "SELECT * FROM schedules ORDER BY id", (), schedule)?,
        terms: all(db, "SELECT * FROM terms ORDER BY id", (), term)?,
        webhooks: all(db, "SELECT * FROM webhooks ORDER BY id", (), webhook)?,
        data_actions: all(db, "SELECT * FROM data_actions ORDER BY id", (), data_action)?,
        secrets: all(db, "SELECT * FROM secrets ORDER BY id", (), secret)?,
        mailboxes: all(db, "SELECT * FROM mailboxes ORDER BY id", (), mailbox)?,
        applied: all(db, "SELECT * FROM applied ORDER BY kind, object", (), applied::applied)?,
    })
}

fn commit(
    session: &mut Session<'_>,
    expected: Epoch,
    changes: &[CatalogueChange],
) -> Result<Result<Epoch, CommitError>, StoreError> {
    if epoch(session.db)? != expected {
        return Ok(Err(CommitError::Conflict));
    }
    let mut occupied = Vec::new();
    for change in changes {
        if let CatalogueChange::Delete(object) = change
            && object.kind == Kind::Queue
            && let Some(work) = work_in(session.db, QueueId(object.uuid()))?
        {
            occupied.push(OccupiedQueue { queue: QueueId(object.uuid()), work });
        }
    }
    if !occupied.is_empty() {
        return Ok(Err(CommitError::Occupied(occupied)));
    }
    // Others share the transaction: a change that the database refuses must take back its own writes alone.
    let savepoint = session.db.savepoint()?;
    for change in changes {
        match apply(&savepoint, change) {
            Err(StoreError::Failed(reason)) => return Ok(Err(CommitError::Store(StoreError::Failed(reason)))),
            done => done?,
        }
    }
    if let Some(name) = doubled_name(&savepoint)? {
        let reason = format!("the name `{name}` would be taken twice");
        return Ok(Err(CommitError::Store(StoreError::Failed(reason))));
    }
    let next = expected.saturating_add(1);
    savepoint.prepare_cached("UPDATE epoch SET value = ?1")?.execute((next,))?;
    savepoint.commit()?;
    for object in changes.iter().filter_map(CatalogueChange::object) {
        session.events.hints().add(Hint::object(&object));
    }
    Ok(Ok(next))
}

/// The last guard behind the checks above: names are unique when a change set is complete, not at each of its steps.
fn doubled_name(db: &Connection) -> Result<Option<String>, StoreError> {
    let names = all(
        db,
        "SELECT folded_name FROM flows WHERE deleted_at IS NULL GROUP BY folded_name, shared HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM queues GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM data_tables WHERE NOT deleted GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM schedules GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM terms GROUP BY kind, folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM webhooks GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM data_actions GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM secrets GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT folded_name FROM mailboxes GROUP BY folded_name HAVING count(*) > 1
         UNION ALL SELECT pattern || '@' || domain FROM routes WHERE NOT deleted GROUP BY domain, pattern HAVING count(*) > 1 LIMIT 1",
        (),
        |row| Ok(row.get(0)?),
    )?;
    Ok(names.into_iter().next())
}

fn apply(db: &Connection, change: &CatalogueChange) -> Result<(), StoreError> {
    applied::forget(db, change)?;
    match change {
        CatalogueChange::PutFlow(record) => {
            put_flow(db, record)?;
            annotations::forget(db, record)
        }
        CatalogueChange::AddVersion(record) => add_version(db, record),
        CatalogueChange::MarkPublished(id, number, at) => {
            let sql = "UPDATE flow_versions SET published_at = ?3 WHERE flow_id = ?1 AND version = ?2";
            run(db, sql, (id.0.as_bytes(), number, micros(*at)))
        }
        CatalogueChange::Bind(id, number, bindings) => {
            let sql = "UPDATE flow_versions SET bindings = ?3 WHERE flow_id = ?1 AND version = ?2";
            run(db, sql, (id.0.as_bytes(), number, json(bindings)?))
        }
        CatalogueChange::AddEvent(event) => add_event(db, event),
        CatalogueChange::AddAudit(entry) => super::audit::add(db, entry),
        CatalogueChange::Put(object) => put(db, object),
        CatalogueChange::Delete(object) => delete(db, object),
        CatalogueChange::Applied(record) => applied::put(db, record),
    }
}

fn put(db: &Connection, object: &ObjectRecord) -> Result<(), StoreError> {
    match object {
        ObjectRecord::Queue(record) => put_queue(db, record),
        ObjectRecord::Table(record) => tables::put(db, record),
        ObjectRecord::Schedule(record) => put_schedule(db, record),
        ObjectRecord::Domain(record) => run(
            db,
            "INSERT OR REPLACE INTO domains (domain, extra, created_at) VALUES (?1, ?2, ?3)",
            (&record.domain, json(&record.extra)?, micros(record.created_at)),
        ),
        ObjectRecord::Route(record) => put_route(db, record),
        ObjectRecord::Term(record) => put_term(db, record),
        ObjectRecord::Webhook(record) => put_webhook(db, record),
        ObjectRecord::DataAction(record) => put_data_action(db, record),
        ObjectRecord::Secret(record) => put_secret(db, record),
        ObjectRecord::Mailbox(record) => put_mailbox(db, record),
    }
}

fn delete(db: &Connection, object: &Ref) -> Result<(), StoreError> {
    match object.kind {
        Kind::Queue => run(db, "DELETE FROM queues WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Table => run(db, "UPDATE data_tables SET deleted = 1 WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Schedule => run(db, "DELETE FROM schedules WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Domain => run(db, "DELETE FROM domains WHERE domain = ?1", (object.to_string(),)),
        Kind::Route => run(db, "UPDATE routes SET deleted = 1 WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Term(_) => run(db, "DELETE FROM terms WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Webhook => run(db, "DELETE FROM webhooks WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::DataAction => run(db, "DELETE FROM data_actions WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Secret => run(db, "DELETE FROM secrets WHERE id = ?1", (object.uuid().as_bytes(),)),
        Kind::Mailbox => super::mailboxes::delete(db, object.uuid()),
        Kind::Flow => {
            Err(StoreError::Failed(format!("the flow `{object}` can't be removed: its versions stay for traces")))
        }
    }
}

pub(super) fn run(db: &Connection, sql: &str, parameters: impl Params) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute(parameters)?;
    Ok(())
}

fn put_flow(db: &Connection, flow: &FlowRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO flows (id, name, folded_name, shared, type_as_written, description, published, newest,
            revision, created_at, created_by, modified_at, deleted_at, labels, deprecated, locked_by, locked_at, locked_base)
         VALUES (:id, :name, :folded_name, :shared, :type, :description, :published, :newest, :revision, :created_at,
            :created_by, :modified_at, :deleted_at, :labels, :deprecated, :locked_by, :locked_at, :locked_base)",
        named_params! {
            ":id": flow.id.0.as_bytes(),
            ":name": flow.name,
            ":folded_name": flow.folded_name,
            ":shared": flow.shared,
            ":type": flow.type_as_written,
            ":description": flow.description,
            ":published": flow.published,
            ":newest": flow.newest,
            ":revision": flow.revision,
            ":created_at": micros(flow.created_at),
            ":created_by": flow.created_by,
            ":modified_at": micros(flow.modified_at),
            ":deleted_at": flow.deleted_at.map(micros),
            ":labels": json(&flow.labels)?,
            ":deprecated": flow.deprecated,
            ":locked_by": flow.lock.as_ref().map(|lock| &lock.client),
            ":locked_at": flow.lock.as_ref().map(|lock| micros(lock.at)),
            ":locked_base": flow.lock.as_ref().map(|lock| lock.base),
        },
    )
}

fn add_version(db: &Connection, version: &VersionRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT INTO flow_versions (flow_id, version, hash, bindings, created_at, created_by, published_at, content,
            validation)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            version.flow_id.0.as_bytes(),
            version.version,
            &version.hash,
            json(&version.bindings)?,
            micros(version.created_at),
            &version.created_by,
            version.published_at.map(micros),
            version.content.as_ref(),
            json(&version.validation)?,
        ),
    )
}

fn add_event(db: &Connection, event: &FlowEvent) -> Result<(), StoreError> {
    let targets = if event.targets.is_empty() { None } else { Some(json(&event.targets)?) };
    run(
        db,
        "INSERT INTO flow_events (flow_id, number, kind, version, label, targets, note, at, by)
         VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM flow_events WHERE flow_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            event.flow_id.0.as_bytes(),
            event.kind.as_str(),
            event.version,
            event.label.as_deref(),
            targets,
            event.note.as_deref(),
            micros(event.at),
            &event.by,
        ),
    )
}

fn put_queue(db: &Connection, queue: &QueueRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO queues (id, name, folded_name, built_in, extra, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            queue.id.0.as_bytes(),
            &queue.name,
            &queue.folded_name,
            queue.built_in,
            json(&queue.extra)?,
            micros(queue.created_at),
            micros(queue.modified_at),
        ),
    )
}

fn put_route(db: &Connection, route: &RouteRecord) -> Result<(), StoreError> {
    let (flow, queue) = match route.target {
        RouteTarget::Flow(id) => (Some(id.0.into_bytes()), None),
        RouteTarget::Queue(id) => (None, Some(id.0.into_bytes())),
    };
    run(
        db,
        "INSERT OR REPLACE INTO routes (id, domain, pattern, target_flow, target_queue, unrouted_queue, priority, extra,
            created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            route.id.as_bytes(),
            &route.domain,
            &route.pattern,
            flow,
            queue,
            route.unrouted_queue.map(|queue| queue.0.into_bytes()),
            route.priority,
            json(&route.extra)?,
            micros(route.created_at),
            micros(route.modified_at),
        ),
    )
}

fn put_schedule(db: &Connection, schedule: &ScheduleRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO schedules (id, name, folded_name, description, definition, revision, created_at, created_by,
            modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            schedule.id.0.as_bytes(),
            &schedule.name,
            &schedule.folded_name,
            &schedule.description,
            schedule.definition.as_ref(),
            schedule.revision,
            micros(schedule.created_at),
            &schedule.created_by,
            micros(schedule.modified_at),
        ),
    )
}

fn put_term(db: &Connection, term: &TermRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO terms (id, kind, name, folded_name, extra, revision, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            term.id.as_bytes(),
            term.term.as_str(),
            &term.name,
            &term.folded_name,
            json(&term.extra)?,
            term.revision,
            micros(term.created_at),
            micros(term.modified_at),
        ),
    )
}
