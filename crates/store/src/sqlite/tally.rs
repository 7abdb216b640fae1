//! Counters, changed in memory while a batch runs and written once for each commit, so that the summary costs nothing to keep.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryState, QueueId};

use crate::conditions::{miscounted, unrouted};
use crate::error::StoreError;
use crate::records::mail::{MOST_UNROUTED, State, Summary};
use crate::records::queues::{CountedQueue, counted_waiting};
use crate::rules::activity::Activity;
use crate::rules::standing::Position;

use crate::encoding::{decision_code, decision_kind, delivery_state, delivery_state_code};

const DUPLICATES: i64 = 0;
const BY_STATE: i64 = 1;
const BY_DECISION: i64 = 2;
/// How often the store was committed.
const COMMITS: i64 = 3;
const BY_DELIVERY: i64 = 4;

/// What a batch adds to the counters.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(i64, i64), i64>,
    /// What waits, by queue.
    waiting: BTreeMap<Uuid, i64>,
    activity: Activity,
}

impl Tally {
    /// What is counted by the minute.
    pub(super) fn activity(&mut self) -> &mut Activity {
        &mut self.activity
    }

    fn add(&mut self, group: i64, member: i64, change: i64) {
        *self.counts.entry((group, member)).or_default() += change;
    }

    /// One more duplicate.
    pub(super) fn duplicate(&mut self) {
        self.add(DUPLICATES, 0, 1);
    }

    /// An interaction came into being (`from` is none), changed its state or its queue.
    pub(super) fn moved(&mut self, from: Option<Position>, to: Position) {
        for (position, change) in from.map(|from| (from, -1)).into_iter().chain([(to, 1)]) {
            self.add(BY_STATE, position.state.code(), change);
            if let Some(queue) = position.waits_in() {
                *self.waiting.entry(queue.0).or_default() += change;
            }
        }
    }

    /// An interaction's last decision is another one.
    pub(super) fn decided(&mut self, from: Option<DecisionKind>, to: DecisionKind) {
        if let Some(from) = from {
            self.add(BY_DECISION, decision_code(from), -1);
        }
        self.add(BY_DECISION, decision_code(to), 1);
    }

    /// A delivery came into being (`from` is none) or changed its state.
    pub(super) fn sent(&mut self, from: Option<DeliveryState>, to: DeliveryState) {
        if let Some(from) = from {
            self.forgotten(from);
        }
        self.add(BY_DELIVERY, delivery_state_code(to), 1);
    }

    /// A delivery was removed.
    pub(super) fn forgotten(&mut self, from: DeliveryState) {
        self.add(BY_DELIVERY, delivery_state_code(from), -1);
    }

    /// An interaction was removed, and with it the duplicates that were counted on it.
    pub(super) fn removed(&mut self, from: State, decision: Option<DecisionKind>, duplicates: i64) {
        self.add(BY_STATE, from.code(), -1);
        if let Some(decision) = decision {
            self.add(BY_DECISION, decision_code(decision), -1);
        }
        self.add(DUPLICATES, 0, -duplicates);
    }

    /// Writes the changes; the tally is empty afterwards.
    pub(super) fn write(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut add = db.prepare_cached(
            "INSERT INTO counters (\"group\", member, value) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET value = value + excluded.value",
        )?;
        for ((group, member), change) in std::mem::take(&mut self.counts) {
            if change != 0 {
                add.execute((group, member, change))?;
            }
        }
        let mut add = db.prepare_cached(
            "INSERT INTO queue_counters (queue, waiting) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting",
        )?;
        for (queue, change) in std::mem::take(&mut self.waiting) {
            if change != 0 {
                add.execute((queue.as_bytes(), change))?;
            }
        }
        super::activity::add(db, std::mem::take(&mut self.activity))
    }
}

/// How many wait in a queue.
pub(super) fn waiting(db: &Connection, queue: QueueId) -> Result<u64, StoreError> {
    let sql = "SELECT waiting FROM queue_counters WHERE queue = ?1";
    let counted: Option<i64> = db.prepare_cached(sql)?.query_row((queue.0.as_bytes(),), |row| row.get(0)).optional()?;
    Ok(counted_waiting(queue, counted.unwrap_or(0)))
}

/// The queues whose counter differs from what waits there.
pub(super) fn differing(db: &Connection) -> Result<Vec<CountedQueue>, StoreError> {
    let mut select = db.prepare(&miscounted())?;
    let rows = select.query_map((), |row| {
        Ok(CountedQueue { queue: QueueId(Uuid::from_bytes(row.get(0)?)), waiting: row.get(1)?, counted: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets the counters of queues that differ from what waits there. No batch is under way: it would have changed rows and not yet counters.
pub(super) fn recount(db: &Connection) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO queue_counters (queue, waiting) SELECT queue, there - counted FROM ({}) WHERE true
         ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting",
        miscounted()
    );
    let changed = db.execute(&sql, ())?;
    if changed > 0 {
        tracing::warn!(queues = changed, "queue counters were wrong and have been recounted");
    }
    Ok(())
}

/// Removes the counters of queues in which nothing waits: those of deleted queues would stay for ever.
pub(super) fn forget_empty(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM queue_counters WHERE waiting = 0")?.execute(())?;
    Ok(())
}

/// How often the store was committed; none in a database that never was in use.
pub(super) fn commits(db: &Connection) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT value FROM counters WHERE \"group\" = ?1 AND member = 0";
    Ok(db.prepare_cached(sql)?.query_row((COMMITS,), |row| row.get(0)).optional()?)
}

/// Counts a commit, as part of it. It costs no page of its own: counters change with almost every commit.
pub(super) fn count_commit(db: &Connection, number: u64) -> Result<(), StoreError> {
    let sql = "UPDATE counters SET value = ?2 WHERE \"group\" = ?1 AND member = 0";
    db.prepare_cached(sql)?.execute((COMMITS, number))?;
    Ok(())
}

/// Reads the counters as a summary, with what waits as unrouted, without `oldest_undecided_at`.
pub(super) fn read(db: &Connection) -> Result<Summary, StoreError> {
    let mut select = db.prepare_cached("SELECT \"group\", member, value FROM counters WHERE value <> 0")?;
    let mut rows = select.query(())?;
    let mut summary = Summary::default();
    let table = "counters";
    while let Some(row) = rows.next()? {
        let (group, member, value): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let broken = |what: &str| StoreError::Inconsistent { table, detail: format!("({group}, {member}): {what}") };
        let value = u64::try_from(value).map_err(|_| broken("below zero"))?;
        match group {
            DUPLICATES => summary.duplicates = value,
            BY_STATE => {
                summary.interactions += value;
                summary.by_state.insert(State::of_code(member).ok_or_else(|| broken("no such state"))?, value);
            }
            BY_DECISION => {
                summary.by_decision.insert(decision_kind(member).ok_or_else(|| broken("no such decision"))?, value);
            }
            BY_DELIVERY => {
                summary.deliveries.insert(delivery_state(member).ok_or_else(|| broken("no such state"))?, value);
            }
            COMMITS => {}
            _ => return Err(broken("no such group")),
        }
    }
    summary.accepted = summary.duplicates + summary.interactions;
    summary.unrouted = db.prepare_cached(&waiting_unrouted())?.query_row((), |row| row.get(0))?;
    Ok(summary)
}

/// How many wait as unrouted, up to [`MOST_UNROUTED`].
pub(super) fn waiting_unrouted() -> String {
    format!(
        "SELECT count(*) FROM (SELECT 1 FROM interactions INDEXED BY interactions_unrouted WHERE {} LIMIT {MOST_UNROUTED})",
        unrouted()
    )
}
