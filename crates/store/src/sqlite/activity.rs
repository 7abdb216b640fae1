//! What was done when, as rows.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use waypost_ids::FlowId;

use super::SqliteStore;
use super::catalogue_columns::event;
use crate::error::StoreError;
use crate::records::activity::{KEPT_MINUTES, Minute, Traffic, minute_of};
use crate::records::catalogue::FlowEvent;
use crate::rules::activity::{self, Activity, BY_MINUTE, Counted, FLOWS, hour_of};
use crate::traits::ActivityStore;

/// Rows of topics that are counted by the minute.
pub(super) const MINUTES: &str = "SELECT topic, minute, object, member, value FROM activity
    WHERE topic = ?1 AND minute BETWEEN ?2 AND ?3";

/// Runs of flows since an hour.
pub(super) const RUNS: &str = "SELECT object, member, sum(value) FROM activity WHERE topic = ?1 AND minute >= ?2
    GROUP BY object, member";

#[async_trait]
impl ActivityStore for SqliteStore {
    async fn activity(&self, from: Timestamp, to: Timestamp) -> Result<BTreeMap<i64, Minute>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached(MINUTES)?;
                let mut found = Vec::new();
                for topic in 0..BY_MINUTE {
                    let rows = select.query_map((topic, minute_of(from), minute_of(to)), |row| {
                        let object = Uuid::from_bytes(row.get(2)?);
                        let counted = Counted { topic: row.get(0)?, minute: row.get(1)?, object, member: row.get(3)? };
                        Ok((counted, counts(row.get(4)?)))
                    })?;
                    for row in rows {
                        found.push(row?);
                    }
                }
                Ok(activity::minutes(found))
            })
            .await
    }

    async fn flow_traffic(&self, from: Timestamp) -> Result<BTreeMap<FlowId, Traffic>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached(RUNS)?;
                let rows = select.query_map((FLOWS, hour_of(from)), |row| {
                    Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?, counts(row.get(2)?)))
                })?;
                Ok(activity::traffic(rows.collect::<Result<Vec<_>, _>>()?))
            })
            .await
    }

    async fn last_flow_events(&self, flows: &[FlowId]) -> Result<Vec<FlowEvent>, StoreError> {
        let flows = flows.to_vec();
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM flow_events WHERE flow_id = ?1 ORDER BY number DESC LIMIT 1";
                let mut select = db.prepare_cached(sql)?;
                let mut found = Vec::with_capacity(flows.len());
                for flow in flows {
                    let mut rows = select.query((flow.0.as_bytes(),))?;
                    if let Some(row) = rows.next()? {
                        found.push(event(row)?);
                    }
                }
                Ok(found)
            })
            .await
    }
}

/// A count; one below zero is off, and is none.
fn counts(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Adds what a batch did.
pub(super) fn add(db: &Connection, activity: Activity) -> Result<(), StoreError> {
    let mut add = db.prepare_cached(
        "INSERT INTO activity (topic, minute, object, member, value) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET value = value + excluded.value",
    )?;
    for (Counted { topic, minute, object, member }, count) in activity.rows() {
        add.execute((topic, minute, object.as_bytes(), member, count))?;
    }
    Ok(())
}

/// Removes what is older than is kept.
pub(super) fn sweep(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let mut delete = db.prepare_cached("DELETE FROM activity WHERE topic = ?1 AND minute < ?2")?;
    for topic in 0..=FLOWS {
        delete.execute((topic, minute_of(now).saturating_sub(KEPT_MINUTES)))?;
    }
    Ok(())
}
