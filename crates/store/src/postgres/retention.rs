//! What goes: contents that somebody wants erased, and what has outlived its time. Every node sweeps; what one has locked the others
//! leave to it.

use async_trait::async_trait;
use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::accept::Windows;
use super::columns::{Columns, window_start};
use super::correspondents::readable;
use super::mail_columns::{read_kind, read_state};
use super::pool::{Parameters, execute, rows};
use super::standing::Moves;
use super::tally;
use super::{PostgresStore, locks};
use crate::encoding::{DecisionMore, json};
use crate::error::StoreError;
use crate::records::mail::Opening;
use crate::records::retention::{RetentionLimits, Swept};
use crate::records::threads::ThreadRecord;
use crate::rules::contents::{ERASED_TRACE, bare_decision, bare_opening};
use crate::rules::threads::bare_thread;
use crate::sums::sound_or_none;
use crate::traits::RetentionStore;

/// How often a sweep takes another lot of keys.
const ROUNDS: usize = 50;

/// Nobody counts requests over a longer window, in seconds.
const REQUESTS_SECONDS: i64 = 600;

/// What still goes out keeps its interaction and its content.
const PENDING: &str =
    "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.interaction = interactions.id AND deliveries.state = 0)";

#[async_trait]
impl RetentionStore for PostgresStore {
    async fn sweep(&self, limits: RetentionLimits, max: u32, now: Timestamp) -> Result<Swept, StoreError> {
        let windows = self.lanes.windows();
        self.db.run(move |db| Box::pin(sweep(db, limits, windows, i64::from(max), now))).await
    }
}

async fn sweep(
    db: &mut Client,
    limits: RetentionLimits,
    windows: Windows,
    max: i64,
    now: Timestamp,
) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    if limits.sweep_mail() {
        swept.interactions = remove_old(db, &limits, max, now).await?;
        swept.contents = erase_old(db, &limits, max, now).await?;
    }
    if let Some(limit) = limits.contents {
        swept.replays = super::replays::sweep(db, limit, max).await?;
    }
    if let Some(limit) = limits.audit {
        // Identifiers sort by time.
        let sql = "DELETE FROM audit WHERE id IN (
            SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT $2) AS oldest WHERE at < $1)";
        swept.audit = execute(db, sql, &[&limit, &max]).await?;
    }
    // Rows are small.
    swept.rows = super::tables::sweep(db, limits.versions, max.saturating_mul(10), now).await?;
    forget(db, windows, max, now).await?;
    super::commits::forget(db).await?;
    tally::fold(db).await?;
    tally::forget_empty(db).await?;
    super::activity::sweep(db, now).await?;
    // It reads the index of all that waits: not between two lots of what is removed.
    if swept == Swept::default() {
        tally::recount(db).await?;
    }
    Ok(swept)
}

/// Forgets keys whose window has ended: what comes now is not compared with them any more.
async fn forget(db: &impl GenericClient, windows: Windows, max: i64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM seen WHERE (message_key, content_key) IN (SELECT message_key, content_key FROM seen
        WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    // Tens of these come with each interaction that is swept; they are small.
    let many = max.saturating_mul(20);
    remove_all(db, sql, &[&window_start(now, windows.duplicates), &many], many).await?;
    let sql = "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency
        WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
    remove_all(db, sql, &[&window_start(now, windows.requests), &many], many).await?;
    let sql = "DELETE FROM requests WHERE (client, node, second) IN (SELECT client, node, second FROM requests
        WHERE second < $1 ORDER BY second LIMIT $2 FOR UPDATE SKIP LOCKED)";
    remove_all(db, sql, &[&now.as_second().saturating_sub(REQUESTS_SECONDS), &many], many).await
}

/// Runs a statement that removes up to `many` rows until there are fewer, or for now enough.
async fn remove_all(
    db: &impl GenericClient,
    sql: &str,
    parameters: Parameters<'_>,
    many: i64,
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        if execute(db, sql, parameters).await? < many.unsigned_abs() {
            break;
        }
    }
    Ok(())
}

/// What has not lost its content yet, and all: as the indexes `interactions_contents` and `interactions_completed` have it.
const WITH_CONTENT: &str = "completed_at IS NOT NULL AND NOT erased";
const COMPLETED: &str = "completed_at IS NOT NULL";

/// Routes by which completed interactions came, and none for those that came by no route: one step in an index for each.
async fn routes(db: &impl GenericClient, which: &str) -> Result<Vec<Option<Uuid>>, StoreError> {
    let next = format!("SELECT route FROM interactions WHERE {which} AND route");
    let sql = format!(
        "WITH RECURSIVE found (route) AS (
            SELECT ({next} IS NOT NULL ORDER BY route LIMIT 1)
            UNION ALL SELECT ({next} > found.route ORDER BY route LIMIT 1) FROM found WHERE found.route IS NOT NULL
        ) SELECT route FROM found WHERE route IS NOT NULL"
    );
    let mut routes = vec![None];
    for row in rows(db, &sql, &[]).await? {
        routes.push(Some(row.try_get(0)?));
    }
    Ok(routes)
}

/// The oldest that came by a route and that nobody else works on. `$1` is the time, `$2` how many, `$3` the route if there is one.
async fn old(
    db: &impl GenericClient,
    (columns, which): (&str, &str),
    route: Option<Uuid>,
    (before, max): (Timestamp, i64),
) -> Result<Vec<Row>, StoreError> {
    let sql = |came_by: &str| {
        format!(
            "SELECT {columns} FROM interactions WHERE {which} AND {came_by} AND completed_at < $1 AND NOT {PENDING}
                ORDER BY completed_at LIMIT $2 FOR UPDATE SKIP LOCKED"
        )
    };
    match route {
        Some(route) => rows(db, &sql("route = $3"), &[&before, &max, &route]).await,
        None => rows(db, &sql("route IS NULL"), &[&before, &max]).await,
    }
}

async fn erase_old(db: &mut Client, limits: &RetentionLimits, max: i64, now: Timestamp) -> Result<u64, StoreError> {
    let mut ids: Vec<Uuid> = Vec::new();
    let routes = routes(db, WITH_CONTENT).await?;
    let transaction = db.transaction().await?;
    locks::share(&transaction).await?;
    for route in routes {
        let Some(limit) = limits.of(route).contents else { continue };
        let left = max.saturating_sub(i64::try_from(ids.len()).unwrap_or(max));
        for row in old(&transaction, ("id", WITH_CONTENT), route, (limit, left)).await? {
            ids.push(row.try_get(0)?);
        }
        if ids.len() as u64 >= max.unsigned_abs() {
            break;
        }
    }
    let ids = locks::threads_free(&transaction, &ids).await?;
    let mut moves = Moves::default();
    let erased = erase_contents(&transaction, &ids, now, &mut moves).await?;
    moves.write(&transaction).await?;
    transaction.commit().await?;
    Ok(erased)
}

async fn remove_old(db: &mut Client, limits: &RetentionLimits, max: i64, now: Timestamp) -> Result<u64, StoreError> {
    let routes = routes(db, COMPLETED).await?;
    let transaction = db.transaction().await?;
    locks::share(&transaction).await?;
    let mut found = Vec::new();
    for route in routes {
        let Some(limit) = limits.of(route).interactions else { continue };
        let left = max.saturating_sub(i64::try_from(found.len()).unwrap_or(max));
        found.extend(old(&transaction, ("id, state, decision, duplicates", COMPLETED), route, (limit, left)).await?);
        if found.len() as u64 >= max.unsigned_abs() {
            break;
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|row| row.try_get("id")).collect::<Result<_, _>>()?;
    let ids = locks::threads_free(&transaction, &ids).await?;
    let mut moves = Moves::default();
    for row in &found {
        let columns = Columns { row, table: "interactions" };
        if ids.contains(&columns.get("id")?) {
            moves.tally().removed(read_state(columns)?, read_kind(columns)?, columns.get("duplicates")?);
        }
    }
    if ids.is_empty() {
        return Ok(0);
    }
    erase_contents(&transaction, &ids, now, &mut moves).await?;
    super::deliveries::remove(&transaction, &ids, moves.tally()).await?;
    super::threads::remove(&transaction, &ids).await?;
    super::correspondents::forget(&transaction, &ids).await?;
    execute(&transaction, "DELETE FROM runs WHERE interaction = ANY ($1)", &[&ids]).await?;
    let removed = execute(&transaction, "DELETE FROM interactions WHERE id = ANY ($1)", &[&ids]).await?;
    moves.write(&transaction).await?;
    transaction.commit().await?;
    Ok(removed)
}

/// Rewrites what the decisions of interactions and of their runs have in words.
pub(super) async fn rewrite_decisions(
    db: &impl GenericClient,
    ids: &[Uuid],
    rewrite: impl Fn(DecisionMore) -> DecisionMore,
) -> Result<(), StoreError> {
    let sql = "SELECT id, decision_more FROM interactions WHERE id = ANY ($1) AND decision_more IS NOT NULL";
    for found in rows(db, sql, &[&ids]).await? {
        let columns = Columns { row: &found, table: "interactions" };
        let (id, more): (Uuid, _) = (columns.get("id")?, readable(columns, "decision_more")?);
        let sql = "UPDATE interactions SET decision_more = $2 WHERE id = $1";
        execute(db, sql, &[&id, &rewrite(more).column()?]).await?;
    }
    let sql = "SELECT interaction, number, decision_more FROM runs WHERE interaction = ANY ($1) AND decision_more IS NOT NULL";
    for found in rows(db, sql, &[&ids]).await? {
        let columns = Columns { row: &found, table: "runs" };
        let (id, number): (Uuid, i64) = (columns.get("interaction")?, columns.get("number")?);
        let more = rewrite(readable(columns, "decision_more")?).column()?;
        let sql = "UPDATE runs SET decision_more = $3 WHERE interaction = $1 AND number = $2";
        execute(db, sql, &[&id, &number, &more]).await?;
    }
    Ok(())
}

/// Removes message, subject, traces, journals, attributes, and words of decisions, with the copies that later interactions have of them, and the opening except where a run that is still to come needs it; answers how many of the interactions exist. A message that came for several routes goes with
/// the last of its interactions. Whoever asks shares the catalogue's lock before and holds those of the threads, and writes `moves` at the end: counters come last.
pub(super) async fn erase_contents(
    db: &impl GenericClient,
    ids: &[Uuid],
    now: Timestamp,
    moves: &mut Moves,
) -> Result<u64, StoreError> {
    // Those that have copies with the others, so that all are locked in order.
    let later = super::threads::later(db, ids).await?;
    let sql = "SELECT id, message, state, opening, thread FROM interactions WHERE id = ANY ($1) OR id = ANY ($2)
        ORDER BY id FOR UPDATE";
    let (found, copies): (Vec<_>, Vec<_>) = {
        let is_erased = |row: &Row| row.try_get("id").is_ok_and(|id: Uuid| ids.contains(&id));
        rows(db, sql, &[&ids, &later]).await?.into_iter().partition(is_erased)
    };
    super::threads::erase_copies(db, ids, &copies).await?;
    let (mut ids, mut messages, mut openings) = (Vec::<Uuid>::new(), Vec::<Uuid>::new(), Vec::new());
    let mut threads = Vec::new();
    for row in &found {
        let columns = Columns { row, table: "interactions" };
        let opening = bare_opening(read_state(columns)?, || columns.json_or_empty::<Option<Opening>>("opening"))?;
        ids.push(columns.get("id")?);
        messages.extend(columns.get::<Option<Uuid>>("message")?);
        openings.push(opening.as_ref().map(json).transpose()?);
        let thread = sound_or_none(columns.json_or_empty::<Option<ThreadRecord>>("thread"))?.map(bare_thread);
        threads.push(thread.as_ref().map(json).transpose()?);
    }
    let sql =
        "UPDATE interactions SET erased = true, subject = '', message = NULL, attributes = NULL, attributes_set = NULL,
            opening = bare.opening, thread = bare.thread
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS bare (id, opening, thread) WHERE interactions.id = bare.id";
    execute(db, sql, &[&ids, &openings, &threads]).await?;
    rewrite_decisions(db, &ids, bare_decision).await?;
    super::threads::erase(db, &ids).await?;
    super::journals::forget(db, &ids).await?;
    super::replays::forget(db, &ids).await?;
    let sql = "UPDATE runs SET trace = $2, trace_sum = NULL, attributes = NULL WHERE interaction = ANY ($1)";
    execute(db, sql, &[&ids, &ERASED_TRACE]).await?;
    super::deliveries::erase(db, &ids, now, moves).await?;
    if !messages.is_empty() {
        drop_uses(db, &messages).await?;
    }
    Ok(found.len() as u64)
}

/// Takes a use from each of the messages, as often as it is named; those that nobody uses any more go.
pub(super) async fn drop_uses(db: &impl GenericClient, messages: &[Uuid]) -> Result<(), StoreError> {
    // Locked in order: another transaction may drop other uses of the same messages.
    let sql = "WITH less AS (SELECT id, count(*)::integer AS times FROM unnest($1::uuid[]) AS gone (id) GROUP BY id),
            locked AS (SELECT id FROM messages WHERE id = ANY ($1) ORDER BY id FOR UPDATE)
        UPDATE messages SET uses = uses - less.times FROM locked JOIN less USING (id) WHERE messages.id = locked.id";
    execute(db, sql, &[&messages]).await?;
    execute(db, "DELETE FROM messages WHERE id = ANY ($1) AND uses <= 0", &[&messages]).await.map(drop)
}
