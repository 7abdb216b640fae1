//! Counters: each connection adds to a slot of its own, so that transactions never wait for each other, not even for one whose node
//! vanished in the middle; a summary adds the slots up.

use std::collections::BTreeMap;

use deadpool_postgres::{Client, GenericClient};
use tokio::try_join;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryState, QueueId};

use super::activity;
use super::columns::Columns;
use super::locks;
use super::mail_columns::small;
use super::pool::{execute, row, rows};
use crate::conditions::{miscounted, unrouted};
use crate::encoding::{decision_code, decision_kind, delivery_state, delivery_state_code};
use crate::error::StoreError;
use crate::records::mail::{MOST_UNROUTED, State, Summary};
use crate::records::queues::CountedQueue;
use crate::rules::activity::Activity;
use crate::rules::standing::Position;

const DUPLICATES: i16 = 0;
const BY_STATE: i16 = 1;
const BY_DECISION: i16 = 2;
const BY_DELIVERY: i16 = 3;

/// What a transaction adds to the counters.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(i16, i16), i64>,
    /// What waits, by queue.
    waiting: BTreeMap<Uuid, i64>,
    activity: Activity,
}

impl Tally {
    /// What is counted by the minute.
    pub(super) fn activity(&mut self) -> &mut Activity {
        &mut self.activity
    }

    fn add(&mut self, topic: i16, member: i16, change: i64) {
        *self.counts.entry((topic, member)).or_default() += change;
    }

    /// An interaction came into being (`from` is none), changed its state or its queue.
    pub(super) fn moved(&mut self, from: Option<Position>, to: Position) {
        for (position, change) in from.map(|from| (from, -1)).into_iter().chain([(to, 1)]) {
            self.add(BY_STATE, small(position.state.code()), change);
            if let Some(queue) = position.waits_in() {
                *self.waiting.entry(queue.0).or_default() += change;
            }
        }
    }

    /// An interaction's last decision is another one.
    pub(super) fn decided(&mut self, from: Option<DecisionKind>, to: DecisionKind) {
        if let Some(from) = from {
            self.add(BY_DECISION, small(decision_code(from)), -1);
        }
        self.add(BY_DECISION, small(decision_code(to)), 1);
    }

    /// A delivery came into being (`from` is none) or changed its state.
    pub(super) fn sent(&mut self, from: Option<DeliveryState>, to: DeliveryState) {
        if let Some(from) = from {
            self.forgotten(from);
        }
        self.add(BY_DELIVERY, small(delivery_state_code(to)), 1);
    }

    /// A delivery was removed.
    pub(super) fn forgotten(&mut self, from: DeliveryState) {
        self.add(BY_DELIVERY, small(delivery_state_code(from)), -1);
    }

    /// An interaction was removed, and with it the duplicates that were counted on it.
    pub(super) fn removed(&mut self, from: State, decision: Option<DecisionKind>, duplicates: i64) {
        self.add(BY_STATE, small(from.code()), -1);
        if let Some(decision) = decision {
            self.add(BY_DECISION, small(decision_code(decision)), -1);
        }
        self.add(DUPLICATES, 0, -duplicates);
    }

    /// The changes that there are.
    pub(super) fn changes(self) -> Changes {
        let mut changes = Changes::default();
        for ((topic, member), value) in self.counts.into_iter().filter(|(_, change)| *change != 0) {
            changes.topics.push(topic);
            changes.members.push(member);
            changes.values.push(value);
        }
        changes.activity = activity::Columns::of(self.activity);
        (changes.queues, changes.waiting) = self.waiting.into_iter().filter(|(_, change)| *change != 0).unzip();
        changes
    }
}

const ADD: &str = "INSERT INTO counters (slot, topic, member, value)
    SELECT pg_backend_pid(), * FROM unnest($1::smallint[], $2::smallint[], $3::bigint[])
    ON CONFLICT (slot, topic, member) DO UPDATE SET value = counters.value + excluded.value";

const ADD_WAITING: &str = "INSERT INTO queue_counters (queue, slot, waiting)
    SELECT queue, pg_backend_pid(), waiting FROM unnest($1::uuid[], $2::bigint[]) AS new (queue, waiting)
    ON CONFLICT (queue, slot) DO UPDATE SET waiting = queue_counters.waiting + excluded.waiting";

/// Changes as the counters take them.
#[derive(Default)]
pub(super) struct Changes {
    topics: Vec<i16>,
    members: Vec<i16>,
    values: Vec<i64>,
    queues: Vec<Uuid>,
    waiting: Vec<i64>,
    activity: activity::Columns,
}

/// What adds changes to the counters, prepared: what is sent together arrives in order.
pub(super) struct Adding {
    counts: Statement,
    waiting: Statement,
    activity: Statement,
}

impl Adding {
    pub(super) async fn prepare(db: &impl GenericClient) -> Result<Self, StoreError> {
        Ok(Self {
            counts: db.prepare_cached(ADD).await?,
            waiting: db.prepare_cached(ADD_WAITING).await?,
            activity: db.prepare_cached(activity::ADD).await?,
        })
    }

    /// Adds the changes, if there are any.
    pub(super) async fn send(&self, db: &impl GenericClient, changes: &Changes) -> Result<(), tokio_postgres::Error> {
        let Changes { topics, members, values, queues, waiting, activity } = changes;
        let counts = async {
            if values.is_empty() { Ok(0) } else { db.execute(&self.counts, &[topics, members, values]).await }
        };
        let waiting =
            async { if waiting.is_empty() { Ok(0) } else { db.execute(&self.waiting, &[queues, waiting]).await } };
        let done = async {
            let activity::Columns { topics, minutes, objects, members, values } = activity;
            if values.is_empty() {
                return Ok(0);
            }
            db.execute(&self.activity, &[topics, minutes, objects, members, values]).await
        };
        try_join!(biased; counts, waiting, done).map(drop)
    }
}

/// Adds to slot 0 what connections left that are gone.
pub(super) async fn fold(db: &impl GenericClient) -> Result<(), StoreError> {
    let sql = "WITH left_over AS (DELETE FROM queue_counters WHERE (queue, slot) IN (
                SELECT queue, slot FROM queue_counters
                WHERE slot <> 0 AND slot NOT IN (SELECT pid FROM pg_stat_activity) LIMIT 1000 FOR UPDATE SKIP LOCKED)
            RETURNING queue, waiting)
        INSERT INTO queue_counters (queue, slot, waiting)
        SELECT queue, 0, sum(waiting) FROM left_over GROUP BY queue ORDER BY queue
        ON CONFLICT (queue, slot) DO UPDATE SET waiting = queue_counters.waiting + excluded.waiting";
    execute(db, sql, &[]).await?;
    let sql = "WITH left_over AS (DELETE FROM counters WHERE (slot, topic, member) IN (
                SELECT slot, topic, member FROM counters
                WHERE slot <> 0 AND slot NOT IN (SELECT pid FROM pg_stat_activity) LIMIT 1000 FOR UPDATE SKIP LOCKED)
            RETURNING topic, member, value)
        INSERT INTO counters (slot, topic, member, value)
        SELECT 0, topic, member, sum(value) FROM left_over GROUP BY topic, member ORDER BY topic, member
        ON CONFLICT (slot, topic, member) DO UPDATE SET value = counters.value + excluded.value";
    execute(db, sql, &[]).await.map(drop)
}

/// How many wait as unrouted, up to [`MOST_UNROUTED`].
pub(super) fn waiting_unrouted() -> String {
    format!("SELECT count(*) FROM (SELECT FROM interactions WHERE {} LIMIT {MOST_UNROUTED}) AS waiting", unrouted())
}

/// The queues whose counter differs from what waits there.
pub(super) async fn differing(db: &impl GenericClient) -> Result<Vec<CountedQueue>, StoreError> {
    let read = |row: &Row| {
        let columns = Columns { row, table: "queue_counters" };
        Ok(CountedQueue {
            queue: QueueId(columns.get("queue")?),
            waiting: columns.count("there")?,
            counted: columns.get("counted")?,
        })
    };
    rows(db, &miscounted(), &[]).await?.iter().map(read).collect()
}

/// Adds to the counters of queues by how much they differ from what waits there: nodes of an earlier release move work and don't count it.
/// Rows and counters change in the same transactions, so what one snapshot shows as a difference is right whatever goes on meanwhile.
pub(super) async fn recount(db: &mut Client) -> Result<(), StoreError> {
    let transaction = db.transaction().await?;
    // Two that see the same difference would both add it.
    if !locks::recount(&transaction).await? {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO queue_counters (queue, slot, waiting) SELECT queue, 0, there - counted FROM ({}) AS differing
         ON CONFLICT (queue, slot) DO UPDATE SET waiting = queue_counters.waiting + excluded.waiting",
        miscounted()
    );
    let changed = execute(&transaction, &sql, &[]).await?;
    transaction.commit().await?;
    if changed > 0 {
        tracing::warn!(queues = changed, "queue counters were wrong and have been recounted");
    }
    Ok(())
}

/// Removes folded counters of queues in which nothing waits: those of deleted queues would stay for ever.
pub(super) async fn forget_empty(db: &impl GenericClient) -> Result<(), StoreError> {
    let sql = "DELETE FROM queue_counters WHERE (queue, slot) IN (
        SELECT queue, slot FROM queue_counters WHERE slot = 0 AND waiting = 0 FOR UPDATE SKIP LOCKED)";
    execute(db, sql, &[]).await.map(drop)
}

/// Reads the counters as a summary, with what waits as unrouted, without `oldest_undecided_at`.
pub(super) async fn read(db: &impl GenericClient) -> Result<Summary, StoreError> {
    let sql = "SELECT topic, member, sum(value)::bigint FROM counters GROUP BY topic, member HAVING sum(value) <> 0";
    let mut summary = Summary::default();
    let table = "counters";
    for row in rows(db, sql, &[]).await? {
        let (topic, member, value): (i16, i16, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let broken = |what: &str| StoreError::Inconsistent { table, detail: format!("({topic}, {member}): {what}") };
        let value = u64::try_from(value).map_err(|_| broken("below zero"))?;
        match topic {
            DUPLICATES => summary.duplicates = value,
            BY_STATE => {
                summary.interactions += value;
                summary.by_state.insert(State::of_code(member.into()).ok_or_else(|| broken("no such state"))?, value);
            }
            BY_DECISION => {
                let kind = decision_kind(member.into()).ok_or_else(|| broken("no such decision"))?;
                summary.by_decision.insert(kind, value);
            }
            BY_DELIVERY => {
                let state = delivery_state(member.into()).ok_or_else(|| broken("no such state"))?;
                summary.deliveries.insert(state, value);
            }
            _ => return Err(broken("no such topic")),
        }
    }
    summary.accepted = summary.duplicates + summary.interactions;
    let waiting: i64 = row(db, &waiting_unrouted(), &[]).await?.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    summary.unrouted = u64::try_from(waiting).unwrap_or(0);
    Ok(summary)
}
