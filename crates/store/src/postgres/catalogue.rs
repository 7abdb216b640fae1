//! The catalogue: read whole at one epoch, changed only at the epoch that the change was checked against.

use async_trait::async_trait;
use deadpool_postgres::{Client, GenericClient, Transaction};
use tokio_postgres::{IsolationLevel, Row};
use uuid::Uuid;
use waypost_ids::{FlowId, Kind, QueueId, Ref, Version};

use super::catalogue_columns::{domain, event, flow, queue, route, schedule, table, term, version};
use super::columns::text;
use super::mail_columns::interaction;
use super::mailboxes::{mailbox, put_mailbox};
use super::outside::{data_action, put_data_action, put_secret, put_webhook, secret, webhook};
use super::pool::{Lent, Parameters, execute, row, rows};
use super::{PostgresStore, annotations, applied, audit, locks, signals, tables};
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
impl CatalogueStore for PostgresStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        self.db.run(|db| Box::pin(async move { locks::epoch(db).await })).await
    }

    async fn load(&self) -> Result<Catalogue, StoreError> {
        self.db.run(|db| Box::pin(load(db))).await
    }

    async fn some_versions(&self, keys: &[(FlowId, Version)]) -> Result<Vec<VersionRecord>, StoreError> {
        let (flows, numbers): (Vec<Uuid>, Vec<i64>) =
            keys.iter().map(|(id, number)| (id.0, i64::from(*number))).unzip();
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let sql = "SELECT v.* FROM flow_versions v
                               JOIN (SELECT DISTINCT * FROM unnest($1::uuid[], $2::bigint[])) AS wanted (flow, number)
                               ON v.flow_id = wanted.flow AND v.version = wanted.number";
                    all(db, sql, &[&flows, &numbers], version).await
                })
            })
            .await
    }

    async fn commit(&self, expected: Epoch, changes: Vec<CatalogueChange>) -> Result<Epoch, CommitError> {
        self.db.write(move |db| Box::pin(commit(db, expected, changes))).await
    }

    async fn flow(&self, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        self.db
            .run(move |db| {
                Box::pin(async move {
                    row(db, "SELECT * FROM flows WHERE id = $1", &[&id.0]).await?.as_ref().map(flow).transpose()
                })
            })
            .await
    }

    async fn route(&self, id: Uuid) -> Result<Option<RouteRecord>, StoreError> {
        self.db
            .run(move |db| {
                Box::pin(async move {
                    row(db, "SELECT * FROM routes WHERE id = $1", &[&id]).await?.as_ref().map(route).transpose()
                })
            })
            .await
    }

    async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, StoreError> {
        let sql = "SELECT * FROM flows WHERE deleted_at IS NOT NULL ORDER BY deleted_at, id";
        self.db.run(move |db| Box::pin(async move { all(db, sql, &[], flow).await })).await
    }

    async fn version(&self, id: FlowId, number: Version) -> Result<Option<VersionRecord>, StoreError> {
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let sql = "SELECT * FROM flow_versions WHERE flow_id = $1 AND version = $2";
                    row(db, sql, &[&id.0, &i64::from(number)]).await?.as_ref().map(version).transpose()
                })
            })
            .await
    }

    async fn flow_events(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<FlowEvent>, u64), StoreError> {
        let list = "SELECT * FROM flow_events WHERE flow_id = $1 ORDER BY number DESC LIMIT $2 OFFSET $3";
        let count = "SELECT count(*) FROM flow_events WHERE flow_id = $1";
        self.db.run(move |db| Box::pin(page(db, list, count, id, (offset, limit), event))).await
    }

    async fn versions(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<VersionRecord>, u64), StoreError> {
        let list = "SELECT * FROM flow_versions WHERE flow_id = $1 ORDER BY version DESC LIMIT $2 OFFSET $3";
        let count = "SELECT count(*) FROM flow_versions WHERE flow_id = $1";
        self.db.run(move |db| Box::pin(page(db, list, count, id, (offset, limit), version))).await
    }
}

async fn all<T>(
    db: &impl GenericClient,
    sql: &str,
    parameters: Parameters<'_>,
    read: fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows(db, sql, parameters).await?.iter().map(read).collect()
}

async fn page<T>(
    db: &mut Client,
    list: &str,
    count: &str,
    id: FlowId,
    (offset, limit): (u64, u32),
    read: fn(&Row) -> Result<T, StoreError>,
) -> Result<(Vec<T>, u64), StoreError> {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let transaction = snapshot(db).await?;
    let page = all(&transaction, list, &[&id.0, &i64::from(limit), &offset], read).await?;
    let total: i64 = match row(&transaction, count, &[&id.0]).await? {
        Some(row) => row.try_get(0)?,
        None => 0,
    };
    Ok((page, u64::try_from(total).unwrap_or(0)))
}

/// A transaction that reads everything at one state of the database.
async fn snapshot(db: &mut Client) -> Result<Transaction<'_>, StoreError> {
    Ok(db.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?)
}

pub(super) async fn load(db: &mut Client) -> Result<Catalogue, StoreError> {
    let db = snapshot(db).await?;
    Ok(Catalogue {
        epoch: locks::epoch(&db).await?,
        flows: all(&db, "SELECT * FROM flows WHERE deleted_at IS NULL ORDER BY id", &[], flow).await?,
        versions: all(
            &db,
            "SELECT v.* FROM flows f JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published
             WHERE f.deleted_at IS NULL ORDER BY f.id",
            &[],
            version,
        )
        .await?,
        queues: all(&db, "SELECT * FROM queues ORDER BY id", &[], queue).await?,
        domains: all(&db, "SELECT * FROM domains ORDER BY domain COLLATE \"C\"", &[], domain).await?,
        routes: all(
            &db,
            "SELECT * FROM routes WHERE NOT deleted ORDER BY domain COLLATE \"C\", pattern COLLATE \"C\"",
            &[],
            route,
        )
        .await?,
        tables: all(&db, "SELECT * FROM data_tables WHERE NOT deleted ORDER BY id", &[], table).await?,
        schedules: all(&db, "SELECT * FROM schedules ORDER BY id", &[], schedule).await?,
        terms: all(&db, "SELECT * FROM terms ORDER BY id", &[], term).await?,
        webhooks: all(&db, "SELECT * FROM webhooks ORDER BY id", &[], webhook).await?,
        data_actions: all(&db, "SELECT * FROM data_actions ORDER BY id", &[], data_action).await?,
        secrets: all(&db, "SELECT * FROM secrets ORDER BY id", &[], secret).await?,
        mailboxes: all(&db, "SELECT * FROM mailboxes ORDER BY id", &[], mailbox).await?,
        applied: all(
            &db,
            "SELECT * FROM applied ORDER BY kind COLLATE \"C\", object COLLATE \"C\"",
            &[],
            applied::applied,
        )
        .await?,
    })
}

async fn commit(db: &mut Lent, expected: Epoch, changes: Vec<CatalogueChange>) -> Result<Epoch, CommitError> {
    let origin = db.origin();
    let (mut transaction, ending) = db.begin().await?;
    locks::alone(&mut transaction, &origin).await?;
    if locks::epoch(&transaction).await? != expected {
        return Err(CommitError::Conflict);
    }
    let mut occupied = Vec::new();
    for change in &changes {
        if let CatalogueChange::Delete(object) = change
            && object.kind == Kind::Queue
            && let Some(work) = work_in(&transaction, QueueId(object.uuid())).await?
        {
            occupied.push(OccupiedQueue { queue: QueueId(object.uuid()), work });
        }
    }
    if !occupied.is_empty() {
        return Err(CommitError::Occupied(occupied));
    }
    for change in &changes {
        apply(&transaction, change).await?;
    }
    if let Some(name) = doubled_name(&transaction).await? {
        return Err(StoreError::Failed(format!("the name `{name}` would be taken twice")).into());
    }
    let next = expected.saturating_add(1);
    let value = i64::try_from(next).map_err(|_| StoreError::Failed("the epoch is out of range".to_owned()))?;
    execute(&transaction, "UPDATE epoch SET value = $1", &[&value]).await?;
    signals::catalogue_changed(&transaction).await?;
    for object in changes.iter().filter_map(CatalogueChange::object) {
        ending.hints().add(Hint::object(&object));
    }
    ending.commit(transaction).await?;
    Ok(next)
}

/// One piece of the work that stands in a queue, claimed or not. Nobody can add to it: that needs the lock that is held here alone.
async fn work_in(db: &impl GenericClient, id: QueueId) -> Result<Option<InteractionRecord>, StoreError> {
    // In one statement, and so at one moment: released work goes from the second half to the first. Each has an index of its own.
    let (held, decided, claimed) = (conditions::held(), in_state(State::Decided), in_state(State::Claimed));
    let pushed = in_state(State::GoingOut);
    let sql = format!(
        "(SELECT * FROM interactions WHERE {decided} AND queue = $1 LIMIT 1) UNION ALL
        (SELECT * FROM interactions WHERE {held} AND {claimed} AND queue = $1 LIMIT 1) UNION ALL
        (SELECT * FROM interactions WHERE {pushed} AND queue = $1 LIMIT 1) LIMIT 1"
    );
    row(db, &sql, &[&id.0]).await?.as_ref().map(interaction).transpose()
}

/// The last guard behind the checks above: names are unique when a change set is complete, not at each of its steps.
async fn doubled_name(db: &impl GenericClient) -> Result<Option<String>, StoreError> {
    let sql = "SELECT folded_name FROM flows WHERE deleted_at IS NULL GROUP BY folded_name, shared HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM queues GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM data_tables WHERE NOT deleted GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM schedules GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM terms GROUP BY kind, folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM webhooks GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM data_actions GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM secrets GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT folded_name FROM mailboxes GROUP BY folded_name HAVING count(*) > 1
        UNION ALL SELECT pattern || '@' || domain FROM routes WHERE NOT deleted GROUP BY domain, pattern
            HAVING count(*) > 1
        LIMIT 1";
    Ok(row(db, sql, &[]).await?.map(|row| row.try_get(0)).transpose()?)
}

async fn apply(db: &impl GenericClient, change: &CatalogueChange) -> Result<(), StoreError> {
    applied::forget(db, change).await?;
    match change {
        CatalogueChange::PutFlow(record) => {
            put_flow(db, record).await?;
            annotations::forget(db, record).await
        }
        CatalogueChange::AddVersion(record) => add_version(db, record).await,
        CatalogueChange::MarkPublished(id, number, at) => {
            let sql = "UPDATE flow_versions SET published_at = $3 WHERE flow_id = $1 AND version = $2";
            execute(db, sql, &[&id.0, &i64::from(*number), at]).await.map(drop)
        }
        CatalogueChange::Bind(id, number, bindings) => {
            let sql = "UPDATE flow_versions SET bindings = $3 WHERE flow_id = $1 AND version = $2";
            execute(db, sql, &[&id.0, &i64::from(*number), &json(bindings)?]).await.map(drop)
        }
        CatalogueChange::AddEvent(event) => add_event(db, event).await,
        CatalogueChange::AddAudit(entry) => audit::add(db, entry).await,
        CatalogueChange::Put(object) => put(db, object).await,
        CatalogueChange::Delete(object) => delete(db, object).await,
        CatalogueChange::Applied(record) => applied::put(db, record).await,
    }
}

async fn put(db: &impl GenericClient, object: &ObjectRecord) -> Result<(), StoreError> {
    match object {
        ObjectRecord::Queue(record) => put_queue(db, record).await,
        ObjectRecord::Table(record) => tables::put(db, record).await,
        ObjectRecord::Schedule(record) => put_schedule(db, record).await,
        ObjectRecord::Domain(record) => {
            let sql = "INSERT INTO domains (domain, extra, created_at) VALUES ($1, $2, $3)
                ON CONFLICT (domain) DO UPDATE SET extra = excluded.extra, created_at = excluded.created_at";
            execute(db, sql, &[&text(&record.domain), &json(&record.extra)?, &record.created_at]).await.map(drop)
        }
        ObjectRecord::Route(record) => put_route(db, record).await,
        ObjectRecord::Term(record) => put_term(db, record).await,
        ObjectRecord::Webhook(record) => put_webhook(db, record).await,
        ObjectRecord::DataAction(record) => put_data_action(db, record).await,
        ObjectRecord::Secret(record) => put_secret(db, record).await,
        ObjectRecord::Mailbox(record) => put_mailbox(db, record).await,
    }
}

async fn delete(db: &impl GenericClient, object: &Ref) -> Result<(), StoreError> {
    let sql = match object.kind {
        Kind::Queue => "DELETE FROM queues WHERE id = $1",
        Kind::Table => "UPDATE data_tables SET deleted = true WHERE id = $1",
        Kind::Schedule => "DELETE FROM schedules WHERE id = $1",
        Kind::Route => "UPDATE routes SET deleted = true WHERE id = $1",
        Kind::Term(_) => "DELETE FROM terms WHERE id = $1",
        Kind::Webhook => "DELETE FROM webhooks WHERE id = $1",
        Kind::DataAction => "DELETE FROM data_actions WHERE id = $1",
        Kind::Secret => "DELETE FROM secrets WHERE id = $1",
        Kind::Mailbox => return super::mailboxes::delete(db, object.uuid()).await,
        Kind::Domain => {
            let sql = "DELETE FROM domains WHERE domain = $1";
            return execute(db, sql, &[&text(&object.to_string())]).await.map(drop);
        }
        Kind::Flow => {
            return Err(StoreError::Failed(format!(
                "the flow `{object}` can't be removed: its versions stay for traces"
            )));
        }
    };
    execute(db, sql, &[&object.uuid()]).await.map(drop)
}

async fn put_flow(db: &impl GenericClient, flow: &FlowRecord) -> Result<(), StoreError> {
    let revision = i64::try_from(flow.revision).unwrap_or(i64::MAX);
    execute(
        db,
        "INSERT INTO flows (id, name, folded_name, shared, type_as_written, description, published, newest, revision,
            created_at, created_by, modified_at, deleted_at, labels, deprecated, locked_by, locked_at, locked_base)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            shared = excluded.shared, type_as_written = excluded.type_as_written, description = excluded.description,
            published = excluded.published, newest = excluded.newest, revision = excluded.revision,
            created_at = excluded.created_at, created_by = excluded.created_by, modified_at = excluded.modified_at,
            deleted_at = excluded.deleted_at, labels = excluded.labels, deprecated = excluded.deprecated,
            locked_by = excluded.locked_by, locked_at = excluded.locked_at, locked_base = excluded.locked_base",
        &[
            &flow.id.0,
            &text(&flow.name),
            &text(&flow.folded_name),
            &flow.shared,
            &text(&flow.type_as_written),
            &text(&flow.description),
            &flow.published.map(i64::from),
            &i64::from(flow.newest),
            &revision,
            &flow.created_at,
            &text(&flow.created_by),
            &flow.modified_at,
            &flow.deleted_at,
            &json(&flow.labels)?,
            &flow.deprecated.as_deref().map(text),
            &flow.lock.as_ref().map(|lock| text(&lock.client)),
            &flow.lock.as_ref().map(|lock| lock.at),
            &flow.lock.as_ref().map(|lock| i64::from(lock.base)),
        ],
    )
    .await
    .map(drop)
}

async fn add_version(db: &impl GenericClient, version: &VersionRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO flow_versions (flow_id, version, hash, bindings, created_at, created_by, published_at, content,
            validation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &version.flow_id.0,
            &i64::from(version.version),
            &version.hash,
            &json(&version.bindings)?,
            &version.created_at,
            &text(&version.created_by),
            &version.published_at,
            &text(&version.content),
            &json(&version.validation)?,
        ],
    )
    .await
    .map(drop)
}

async fn add_event(db: &impl GenericClient, event: &FlowEvent) -> Result<(), StoreError> {
    let targets = if event.targets.is_empty() { None } else { Some(json(&event.targets)?) };
    execute(
        db,
        "INSERT INTO flow_events (flow_id, number, kind, version, label, targets, note, at, by)
         VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM flow_events WHERE flow_id = $1), $2, $3, $4, $5, $6, $7, $8)",
        &[
            &event.flow_id.0,
            &event.kind.as_str(),
            &event.version.map(i64::from),
            &event.label.as_deref().map(text),
            &targets,
            &event.note.as_deref().map(text),
            &event.at,
            &text(&event.by),
        ],
    )
    .await
    .map(drop)
}

async fn put_queue(db: &impl GenericClient, queue: &QueueRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO queues (id, name, folded_name, built_in, extra, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            built_in = excluded.built_in, extra = excluded.extra, created_at = excluded.created_at,
            modified_at = excluded.modified_at",
        &[
            &queue.id.0,
            &text(&queue.name),
            &text(&queue.folded_name),
            &queue.built_in,
            &json(&queue.extra)?,
            &queue.created_at,
            &queue.modified_at,
        ],
    )
    .await
    .map(drop)
}

async fn put_route(db: &impl GenericClient, route: &RouteRecord) -> Result<(), StoreError> {
    let (flow, queue) = match route.target {
        RouteTarget::Flow(id) => (Some(id.0), None),
        RouteTarget::Queue(id) => (None, Some(id.0)),
    };
    execute(
        db,
        "INSERT INTO routes (id, domain, pattern, target_flow, target_queue, unrouted_queue, priority, extra, created_at,
            modified_at, deleted)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false)
         ON CONFLICT (id) DO UPDATE SET domain = excluded.domain, pattern = excluded.pattern,
            target_flow = excluded.target_flow, target_queue = excluded.target_queue,
            unrouted_queue = excluded.unrouted_queue, priority = excluded.priority, extra = excluded.extra,
            created_at = excluded.created_at, modified_at = excluded.modified_at, deleted = false",
        &[
            &route.id,
            &text(&route.domain),
            &text(&route.pattern),
            &flow,
            &queue,
            &route.unrouted_queue.map(|queue| queue.0),
            &route.priority,
            &json(&route.extra)?,
            &route.created_at,
            &route.modified_at,
        ],
    )
    .await
    .map(drop)
}

async fn put_schedule(db: &impl GenericClient, schedule: &ScheduleRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO schedules (id, name, folded_name, description, definition, revision, created_at, created_by, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            description = excluded.description, definition = excluded.definition, revision = excluded.revision,
            created_at = excluded.created_at, created_by = excluded.created_by, modified_at = excluded.modified_at",
        &[
            &schedule.id.0,
            &text(&schedule.name),
            &text(&schedule.folded_name),
            &text(&schedule.description),
            &text(&schedule.definition),
            &i64::try_from(schedule.revision).unwrap_or(i64::MAX),
            &schedule.created_at,
            &text(&schedule.created_by),
            &schedule.modified_at,
        ],
    )
    .await
    .map(drop)
}

async fn put_term(db: &impl GenericClient, term: &TermRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO terms (id, kind, name, folded_name, extra, revision, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, folded_name = excluded.folded_name,
            extra = excluded.extra, revision = excluded.revision, created_at = excluded.created_at,
            modified_at = excluded.modified_at",
        &[
            &term.id,
            &term.term.as_str(),
            &text(&term.name),
            &text(&term.folded_name),
            &json(&term.extra)?,
            &i64::try_from(term.revision).unwrap_or(i64::MAX),
            &term.created_at,
            &term.modified_at,
        ],
    )
    .await
    .map(drop)
}
