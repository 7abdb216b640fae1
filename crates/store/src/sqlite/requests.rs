//! Requests with a key.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::columns::micros;
use super::seen::window_start;
use crate::error::StoreError;
use crate::records::mail::IdempotencyKey;
use crate::rules::requests::{Repeated, remembered, repeated};

/// Keys removed with each new one.
const PRUNED_AT_ONCE: u32 = 2;

/// What a request is answered whose key was used within so many seconds before `now`; none if it was not.
pub(super) fn known(
    db: &Connection,
    key: &IdempotencyKey,
    now: Timestamp,
    window: u64,
) -> Result<Option<Repeated>, StoreError> {
    let known: Option<([u8; 32], Vec<u8>)> = db
        .prepare_cached("SELECT fingerprint, interactions FROM idempotency WHERE key = ?1 AND created_at >= ?2")?
        .query_row((&key.key, window_start(now, window)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(known.map(|(fingerprint, made)| repeated(key, &fingerprint, &made)))
}

/// Forgets the requests at one of these times (in microseconds) that made one of these things.
pub(super) fn forget(db: &Connection, times: &[i64], made: &[[u8; 16]]) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency WHERE created_at = ?1 AND instr(interactions, ?2) > 0";
    let mut delete = db.prepare_cached(sql)?;
    for time in times {
        for id in made {
            delete.execute((time, id))?;
        }
    }
    Ok(())
}

/// Keeps what a request made; keys are known for so many seconds.
pub(super) fn remember(
    db: &Connection,
    key: &IdempotencyKey,
    made: impl Iterator<Item = Uuid>,
    now: Timestamp,
    window: u64,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO idempotency (key, fingerprint, interactions, created_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((&key.key, key.fingerprint, remembered(made), micros(now)))?;
    db.prepare_cached(
        "DELETE FROM idempotency WHERE key IN
            (SELECT key FROM idempotency WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)",
    )?
    .execute((window_start(now, window), PRUNED_AT_ONCE))?;
    Ok(())
}
