//! Locks that all nodes know. That of the catalogue: who changes the catalogue holds it alone, who records decisions shares it. It ends with its
//! transaction. Nobody who shares it waits for a large message to arrive: those are sent before. (A lock of the epoch's row would do as
//! well, but each sharer would write that row.)

use std::time::Duration;

use deadpool_postgres::{GenericClient, Transaction};
use tokio::time::sleep;
use tokio_postgres::error::SqlState;
use uuid::Uuid;
use waypost_origin::Origin;

use super::pool::{execute, rows};
use crate::error::StoreError;
use crate::records::catalogue::Epoch;

/// Keeps the catalogue from changing until the transaction ends. One database may hold several stores, each in a schema of its own.
pub(super) const SHARE: &str =
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('waypost catalogue ' || current_schema(), 0))";

pub(super) const ALONE: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('waypost catalogue ' || current_schema(), 0))";

/// Keeps what earlier interactions of some threads hold from being erased until the transaction ends: mail that is being kept has copied
/// it. Who locks several threads does so in one order.
pub(super) const THREADS_SHARE: &str = "SELECT pg_advisory_xact_lock_shared(key) FROM (
    SELECT DISTINCT hashtextextended('waypost thread ' || current_schema() || ' ' || id, 0) AS key
    FROM unnest($1::uuid[]) AS joined (id) ORDER BY key) AS keys";

/// The lock of the thread of each interaction in `wanted`.
const THREAD_OF: &str = "SELECT wanted.id,
        hashtextextended('waypost thread ' || current_schema() || ' ' || coalesce(threads.thread, wanted.id), 0) AS key
    FROM unnest($1::uuid[]) AS wanted (id) LEFT JOIN threads ON threads.interaction = wanted.id";

const MIGRATION: &str = "SELECT pg_advisory_xact_lock(hashtextextended('waypost schema ' || current_schema(), 0))";

/// Keeps the catalogue from changing until the transaction ends.
pub(super) async fn share(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, SHARE, &[]).await.map(drop)
}

/// Waits for mail that is being kept in the threads of these interactions, and lets no more be kept there until the transaction ends. So
/// whoever erases afterwards finds every copy. Taken before rows are locked.
pub(super) async fn threads_alone(db: &impl GenericClient, interactions: &[Uuid]) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT key FROM ({THREAD_OF}) AS all_keys ORDER BY key) AS keys"
    );
    execute(db, &sql, &[&interactions]).await.map(drop)
}

/// The same without waiting: those of the interactions in whose threads no mail is being kept. Rows may be locked before.
pub(super) async fn threads_free(db: &impl GenericClient, interactions: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let sql = format!("SELECT id FROM ({THREAD_OF} OFFSET 0) AS keys WHERE pg_try_advisory_xact_lock(key)");
    rows(db, &sql, &[&interactions]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) const EPOCH: &str = "SELECT value FROM epoch";

/// Who waits for the lock alone lets nobody share it meanwhile. So it waits this long at first, in milliseconds, and then lets
/// everybody pass; each time it waits longer, for all that share it to end, up to the longest.
const FIRST_WAIT: u64 = 100;
const LONGEST_WAIT: u64 = 1000;

/// Keeps everybody else from changing the catalogue or recording decisions until the transaction ends. Whoever asks for it bounds how
/// long that may take.
pub(super) async fn alone(db: &mut Transaction<'_>, origin: &Origin) -> Result<(), StoreError> {
    let usual = rows(&*db, "SELECT current_setting('lock_timeout')", &[]).await?;
    let usual: &str = usual.first().map(|row| row.try_get(0)).transpose()?.unwrap_or("0");
    let mut wait = FIRST_WAIT;
    loop {
        let attempt = db.transaction().await?;
        lock_timeout(&attempt, &wait.to_string()).await?;
        match attempt.query(ALONE, &[]).await {
            Ok(_) => {
                lock_timeout(&attempt, usual).await?;
                return Ok(attempt.commit().await?);
            }
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => attempt.rollback().await?,
            Err(error) => return Err(error.into()),
        }
        // About as long as it waited: two that wait must not come back at the same moments.
        sleep(Duration::from_millis(wait).mul_f64(0.5 + origin.share())).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn lock_timeout(db: &impl GenericClient, value: &str) -> Result<(), StoreError> {
    execute(db, "SELECT set_config('lock_timeout', $1, true)", &[&value]).await.map(drop)
}

/// Keeps other nodes from migrating until the transaction ends. Waits for whoever migrates, however large the tables are.
pub(super) async fn migration(db: &impl GenericClient) -> Result<(), StoreError> {
    let usual = rows(db, "SELECT current_setting('lock_timeout')", &[]).await?;
    let usual: &str = usual.first().map(|row| row.try_get(0)).transpose()?.unwrap_or("0");
    lock_timeout(db, "0").await?;
    execute(db, MIGRATION, &[]).await?;
    lock_timeout(db, usual).await
}

/// Keeps other nodes from counting anew until the transaction ends; answers whether none of them does so already.
pub(super) async fn recount(db: &impl GenericClient) -> Result<bool, StoreError> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended('waypost recount ' || current_schema(), 0))";
    let taken = rows(db, sql, &[]).await?;
    Ok(taken.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}

/// The newest epoch.
pub(super) async fn epoch(db: &impl GenericClient) -> Result<Epoch, StoreError> {
    let rows = rows(db, EPOCH, &[]).await?;
    epoch_of(&rows)
}

/// The epoch in what [`EPOCH`] answered.
pub(super) fn epoch_of(rows: &[tokio_postgres::Row]) -> Result<Epoch, StoreError> {
    let broken =
        || StoreError::Inconsistent { table: "epoch", detail: "there must be one row, not below 0".to_owned() };
    let value: i64 = rows.first().and_then(|row| row.try_get(0).ok()).ok_or_else(broken)?;
    Epoch::try_from(value).map_err(|_| broken())
}
