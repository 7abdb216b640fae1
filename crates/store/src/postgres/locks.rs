//! The one lock that all nodes know: who changes the catalogue holds it alone, who records decisions shares it. It ends with its
//! transaction. (A lock of the epoch's row would do as well, but each sharer would write that row.)

use deadpool_postgres::GenericClient;

use super::pool::{execute, rows};
use crate::error::StoreError;
use crate::records::catalogue::Epoch;

/// One database may hold several stores, each in a schema of its own.
pub(super) const SHARE: &str =
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('waypost catalogue ' || current_schema(), 0))";

const ALONE: &str = "SELECT pg_advisory_xact_lock(hashtextextended('waypost catalogue ' || current_schema(), 0))";

const MIGRATION: &str = "SELECT pg_advisory_xact_lock(hashtextextended('waypost schema ' || current_schema(), 0))";

pub(super) const EPOCH: &str = "SELECT value FROM epoch";

/// Keeps the catalogue from changing until the transaction ends.
pub(super) async fn share(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, SHARE, &[]).await.map(drop)
}

/// Keeps everybody else from changing the catalogue or recording decisions until the transaction ends.
pub(super) async fn alone(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, ALONE, &[]).await.map(drop)
}

/// Keeps other nodes from migrating until the transaction ends.
pub(super) async fn migration(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, MIGRATION, &[]).await.map(drop)
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
