//! Requests with a key.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use super::columns::{Columns, text, window_start};
use super::pool::{execute, rows};
use crate::error::StoreError;
use crate::records::mail::IdempotencyKey;
use crate::rules::requests::{Repeated, repeated};

/// Takes keys, each with a place and a time, unless they were used within so many seconds before; answers those that were, by their place.
/// Whoever took one at the same time is waited for.
pub(super) async fn take(
    db: &impl GenericClient,
    mut keyed: Vec<(usize, &IdempotencyKey, Timestamp)>,
    window_seconds: u64,
) -> Result<HashMap<usize, Repeated>, StoreError> {
    // Sorted, so that two transactions don't wait for each other crosswise.
    keyed.sort_unstable_by_key(|(_, key, _)| &key.key);
    let keys: Vec<_> = keyed.iter().map(|(_, key, _)| text(&key.key)).collect();
    let fingerprints: Vec<&[u8]> = keyed.iter().map(|(_, key, _)| key.fingerprint.as_slice()).collect();
    let times: Vec<Timestamp> = keyed.iter().map(|(_, _, time)| *time).collect();
    let oldest: Vec<Timestamp> = times.iter().map(|time| window_start(*time, window_seconds)).collect();
    let taken = rows(
        db,
        "INSERT INTO idempotency AS known (key, fingerprint, interactions, created_at)
         SELECT key, fingerprint, ''::bytea, at FROM unnest($1::text[], $2::bytea[], $3::timestamptz[]) AS new (key, fingerprint, at)
         ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, interactions = excluded.interactions,
            created_at = excluded.created_at
            WHERE known.created_at < (SELECT oldest FROM unnest($1::text[], $4::timestamptz[]) AS window_of (key, oldest)
                WHERE window_of.key = excluded.key)
         RETURNING key",
        &[&keys, &fingerprints, &times, &oldest],
    )
    .await?;
    let taken = taken.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<String>, _>>()?;
    let sql = "SELECT key, fingerprint, interactions FROM idempotency WHERE key = ANY ($1::text[])";
    let mut known = HashMap::new();
    for row in rows(db, sql, &[&keys]).await? {
        let columns = Columns { row: &row, table: "idempotency" };
        known.insert(
            columns.get::<String>("key")?,
            (columns.get::<Vec<u8>>("fingerprint")?, columns.get::<Vec<u8>>("interactions")?),
        );
    }
    let mut answered = HashMap::new();
    for (place, key, _) in keyed {
        let name = text(&key.key);
        if taken.contains(name.as_ref()) {
            continue;
        }
        let Some((fingerprint, made)) = known.get(name.as_ref()) else {
            return Err(StoreError::Unavailable("a request's key went away meanwhile".to_owned()));
        };
        answered.insert(place, repeated(key, fingerprint, made));
    }
    Ok(answered)
}

/// Forgets the requests at one of these times that made one of these things.
pub(super) async fn forget(db: &impl GenericClient, times: &[Timestamp], made: &[Uuid]) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency USING unnest($2::uuid[]) AS made (id)
        WHERE created_at = ANY ($1) AND position(uuid_send(made.id) IN interactions) > 0";
    execute(db, sql, &[&times, &made]).await.map(drop)
}

/// Keeps what requests made whose keys were taken.
pub(super) async fn remember(
    db: &impl GenericClient,
    requests: &[(&IdempotencyKey, Vec<u8>)],
) -> Result<(), StoreError> {
    let keys: Vec<_> = requests.iter().map(|(key, _)| text(&key.key)).collect();
    let made: Vec<&[u8]> = requests.iter().map(|(_, made)| made.as_slice()).collect();
    let sql = "UPDATE idempotency SET interactions = made.ids FROM unnest($1::text[], $2::bytea[]) AS made (key, ids)
        WHERE idempotency.key = made.key";
    execute(db, sql, &[&keys, &made]).await.map(drop)
}
