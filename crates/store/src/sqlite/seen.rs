//! What came before: how a message is known again.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{micros, micros_after};
use crate::error::StoreError;
use crate::rules::duplicates::{Key, Seen};

/// Old keys removed with each new one: more than one, so that the table shrinks to its window.
const PRUNED_AT_ONCE: u32 = 2;

/// Compares with what came since `oldest` (in microseconds).
pub(super) fn compare(db: &Connection, key: &Key, oldest: i64) -> Result<Seen, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT content_key, interaction FROM seen WHERE message_key = ?1 AND received_at >= ?2 ORDER BY received_at, interaction",
    )?;
    let earlier = select
        .query_map((key.message, oldest), |row| Ok((row.get(0)?, InteractionId(Uuid::from_bytes(row.get(1)?)))))?;
    Ok(Seen::among(key, earlier)?)
}

/// Remembers a message, and forgets a few that are older than `oldest` (in microseconds).
pub(super) fn remember(
    db: &Connection,
    key: &Key,
    id: InteractionId,
    received_at: Timestamp,
    oldest: i64,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO seen (message_key, content_key, interaction, received_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((key.message, key.content, id.0.as_bytes(), micros(received_at)))?;
    let mut old = db.prepare_cached(
        "SELECT message_key, content_key FROM seen WHERE received_at < ?1 ORDER BY received_at LIMIT ?2",
    )?;
    let old: Vec<([u8; 16], [u8; 16])> =
        old.query_map((oldest, PRUNED_AT_ONCE), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for key in old {
        db.prepare_cached("DELETE FROM seen WHERE message_key = ?1 AND content_key = ?2")?.execute(key)?;
    }
    Ok(())
}

/// The start of a window of `seconds` that ends at `now`, in microseconds.
pub(super) fn window_start(now: Timestamp, seconds: u64) -> i64 {
    let length = micros_after(Timestamp::UNIX_EPOCH, seconds);
    micros(now).saturating_sub(length)
}
