//! What was done when, as rows. Each connection adds to a slot of its own, as in [`super::tally`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::FlowId;

use super::PostgresStore;
use super::catalogue_columns::event;
use super::mail_columns::small;
use super::pool::{execute, rows};
use crate::error::StoreError;
use crate::records::activity::{KEPT_MINUTES, Minute, Traffic, minute_of};
use crate::records::catalogue::FlowEvent;
use crate::rules::activity::{self, Activity, BY_MINUTE, Counted, FLOWS, hour_of};
use crate::traits::ActivityStore;

/// Rows of topics that are counted by the minute.
pub(super) const MINUTES: &str = "SELECT topic, minute, object, member, sum(value)::bigint FROM activity
    WHERE topic = ANY ($1::smallint[]) AND minute BETWEEN $2 AND $3 GROUP BY topic, minute, object, member";

/// Runs of flows since an hour.
pub(super) const RUNS: &str =
    "SELECT object, member, sum(value)::bigint FROM activity WHERE topic = $1 AND minute >= $2
    GROUP BY object, member";

/// What a minute that is over for so long, in minutes, is not added to any more: its slots are put together.
const SETTLED: i64 = 5;

/// Of the rows that are put together so many at a time.
const FOLDED_AT_ONCE: i64 = 5000;

#[async_trait]
impl ActivityStore for PostgresStore {
    async fn activity(&self, from: Timestamp, to: Timestamp) -> Result<BTreeMap<i64, Minute>, StoreError> {
        let topics: Vec<i16> = (0..BY_MINUTE).collect();
        let (from, to) = (minute_of(from), minute_of(to));
        let found =
            self.db.run(move |db| Box::pin(async move { rows(db, MINUTES, &[&topics, &from, &to]).await })).await?;
        Ok(activity::minutes(found.iter().map(counted).collect::<Result<Vec<_>, _>>()?))
    }

    async fn flow_traffic(&self, from: Timestamp) -> Result<BTreeMap<FlowId, Traffic>, StoreError> {
        let hour = hour_of(from);
        let found = self.db.run(move |db| Box::pin(async move { rows(db, RUNS, &[&FLOWS, &hour]).await })).await?;
        let read = |row: &Row| {
            let (flow, member): (Uuid, i16) = (row.try_get(0)?, row.try_get(1)?);
            Ok::<_, StoreError>((flow, i64::from(member), u64::try_from(row.try_get::<_, i64>(2)?).unwrap_or(0)))
        };
        Ok(activity::traffic(found.iter().map(read).collect::<Result<Vec<_>, _>>()?))
    }

    async fn last_flow_events(&self, flows: &[FlowId]) -> Result<Vec<FlowEvent>, StoreError> {
        let flows: Vec<Uuid> = flows.iter().map(|flow| flow.0).collect();
        let sql = "SELECT last.* FROM unnest($1::uuid[]) AS wanted (flow) CROSS JOIN LATERAL (
                SELECT * FROM flow_events WHERE flow_id = wanted.flow ORDER BY number DESC LIMIT 1) AS last";
        let found = self.db.run(move |db| Box::pin(async move { rows(db, sql, &[&flows]).await })).await?;
        found.iter().map(event).collect()
    }
}

fn counted(row: &Row) -> Result<(Counted, u64), StoreError> {
    let member: i16 = row.try_get(3)?;
    let counted =
        Counted { topic: row.try_get(0)?, minute: row.try_get(1)?, object: row.try_get(2)?, member: member.into() };
    Ok((counted, u64::try_from(row.try_get::<_, i64>(4)?).unwrap_or(0)))
}

/// What adds to the rows.
pub(super) const ADD: &str = "INSERT INTO activity (topic, minute, object, member, slot, value)
    SELECT topic, minute, object, member, pg_backend_pid(), value
    FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::bigint[])
        AS new (topic, minute, object, member, value)
    ON CONFLICT (topic, minute, object, member, slot) DO UPDATE SET value = activity.value + excluded.value";

/// What a transaction adds, a list for each column.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) topics: Vec<i16>,
    pub(super) minutes: Vec<i64>,
    pub(super) objects: Vec<Uuid>,
    pub(super) members: Vec<i16>,
    pub(super) values: Vec<i64>,
}

impl Columns {
    pub(super) fn of(activity: Activity) -> Self {
        let mut columns = Self::default();
        for (Counted { topic, minute, object, member }, count) in activity.rows() {
            columns.topics.push(topic);
            columns.minutes.push(minute);
            columns.objects.push(object);
            columns.members.push(small(member));
            columns.values.push(count);
        }
        columns
    }
}

/// Removes what is older than is kept, and puts the slots of minutes together that are over.
pub(super) async fn sweep(db: &impl GenericClient, now: Timestamp) -> Result<(), StoreError> {
    let topics: Vec<i16> = (0..=FLOWS).collect();
    let minute = minute_of(now);
    let sql = "DELETE FROM activity WHERE (topic, minute, object, member, slot) IN (
        SELECT topic, minute, object, member, slot FROM activity
        WHERE topic = ANY ($1::smallint[]) AND minute < $2 LIMIT $3 FOR UPDATE SKIP LOCKED)";
    execute(db, sql, &[&topics, &minute.saturating_sub(KEPT_MINUTES), &FOLDED_AT_ONCE]).await?;
    let sql = "WITH settled AS (DELETE FROM activity WHERE (topic, minute, object, member, slot) IN (
                SELECT topic, minute, object, member, slot FROM activity
                WHERE topic = ANY ($1::smallint[]) AND minute < $2 AND slot <> 0 LIMIT $3 FOR UPDATE SKIP LOCKED)
            RETURNING topic, minute, object, member, value)
        INSERT INTO activity (topic, minute, object, member, slot, value)
        SELECT topic, minute, object, member, 0, sum(value) FROM settled GROUP BY topic, minute, object, member
        ORDER BY topic, minute, object, member
        ON CONFLICT (topic, minute, object, member, slot) DO UPDATE SET value = activity.value + excluded.value";
    execute(db, sql, &[&topics, &minute.saturating_sub(SETTLED), &FOLDED_AT_ONCE]).await.map(drop)
}
