//! What came before: how a message is known again.

use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use waypost_flow::id::InteractionId;

use super::columns::{micros, micros_after};
use crate::error::StoreError;
use crate::records::mail::{NewInteraction, NewMessage};

/// Old keys removed with each new one: more than one, so that the table shrinks to its window.
const PRUNED_AT_ONCE: u32 = 2;

/// A message for one route, as it is compared with others.
pub(super) struct Key {
    message: [u8; 16],
    content: [u8; 16],
}

impl Key {
    /// None for a message without a Message-ID: it is never a duplicate.
    pub(super) fn of(message: &NewMessage, interaction: &NewInteraction) -> Option<Self> {
        let message_id = message.message_id.as_deref()?;
        let place = match interaction.route {
            Some(route) => hash(&[b"route", route.as_bytes(), message_id.as_bytes()]),
            // Mail to `postmaster` has no route: its address stands for one.
            None => hash(&[b"address", interaction.envelope_to.to_lowercase().as_bytes(), message_id.as_bytes()]),
        };
        let content = hash(&[message.envelope_from.as_bytes(), &message.content_hash]);
        Some(Self { message: place, content })
    }
}

/// The first 16 bytes of SHA-256 over the parts, each led by its length so that no two lists read alike.
fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    short
}

/// How a message compares with what came within the window.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The very same: it makes no interaction.
    Same(InteractionId),
    /// The same Message-ID on the same route with another sender or content; the earliest.
    Like(InteractionId),
    /// New.
    No,
}

/// Compares with what came since `oldest` (in microseconds).
pub(super) fn compare(db: &Connection, key: &Key, oldest: i64) -> Result<Seen, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT content_key, interaction FROM seen WHERE message_key = ?1 AND received_at >= ?2 ORDER BY received_at, interaction",
    )?;
    let mut rows = select.query((key.message, oldest))?;
    let mut seen = Seen::No;
    while let Some(row) = rows.next()? {
        let interaction = InteractionId(Uuid::from_bytes(row.get(1)?));
        if row.get::<_, [u8; 16]>(0)? == key.content {
            return Ok(Seen::Same(interaction));
        }
        if seen == Seen::No {
            seen = Seen::Like(interaction);
        }
    }
    Ok(seen)
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
