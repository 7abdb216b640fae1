//! What came before, in a table of its own: its primary key decides between nodes that are offered the same mail at the same time.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, window_start};
use crate::error::StoreError;
use crate::rules::duplicates::{Key, Seen};

/// Takes the keys that nobody took within the window. A transaction that offers the same waits here for the other's end. The keys are
/// sorted, so that two don't wait for each other crosswise.
pub(super) const TAKE: &str = "INSERT INTO seen (message_key, content_key, interaction, received_at)
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::timestamptz[])
    ON CONFLICT (message_key, content_key) DO UPDATE SET interaction = excluded.interaction, received_at = excluded.received_at
        WHERE seen.received_at < excluded.received_at - make_interval(secs => $5)
    RETURNING message_key, content_key";

/// All that is known under the keys' Message-IDs.
pub(super) const LOOK: &str =
    "SELECT message_key, content_key, interaction, received_at FROM seen WHERE message_key = ANY ($1::bytea[])";

/// The keys that a batch wants to take, each for one interaction.
#[derive(Default)]
pub(super) struct Wanted(BTreeMap<Key, (InteractionId, Timestamp)>);

impl Wanted {
    /// Adds a key; within one acceptance the first interaction has it.
    pub(super) fn add(&mut self, key: Key, id: InteractionId, received_at: Timestamp) {
        self.0.entry(key).or_insert((id, received_at));
    }

    /// Sends both statements, the second of which sees what the first waited for.
    pub(super) async fn take(
        &self,
        db: &Client,
        (take, look): (&Statement, &Statement),
        window_seconds: u64,
    ) -> Result<Known, StoreError> {
        if self.0.is_empty() {
            return Ok(Known::default());
        }
        let messages: Vec<&[u8]> = self.0.keys().map(|key| key.message.as_slice()).collect();
        let contents: Vec<&[u8]> = self.0.keys().map(|key| key.content.as_slice()).collect();
        let ids: Vec<Uuid> = self.0.values().map(|(id, _)| id.0).collect();
        let times: Vec<Timestamp> = self.0.values().map(|(_, time)| *time).collect();
        #[expect(clippy::cast_precision_loss, reason = "windows are shorter than 2^53 seconds")]
        let window = window_seconds as f64;
        let taking: [&(dyn ToSql + Sync); 5] = [&messages, &contents, &ids, &times, &window];
        let looking: [&(dyn ToSql + Sync); 1] = [&messages];
        let (taken, rows) = tokio::try_join!(biased; db.query(take, &taking), db.query(look, &looking))?;
        let taken = taken.iter().map(key).collect::<Result<_, _>>()?;
        let mut earlier: HashMap<_, Vec<_>> = HashMap::new();
        for row in &rows {
            let key = key(row)?;
            let columns = Columns { row, table: "seen" };
            let (interaction, at) = (InteractionId(columns.get("interaction")?), columns.get("received_at")?);
            earlier.entry(key.message).or_default().push(Earlier { content: key.content, interaction, at });
        }
        for list in earlier.values_mut() {
            list.sort_unstable_by_key(|one| (one.at, one.interaction.0));
        }
        Ok(Known { taken, earlier, window_seconds })
    }

    /// The interaction that wanted this key first within the batch.
    pub(super) fn first(&self, key: &Key) -> Option<InteractionId> {
        self.0.get(key).map(|(id, _)| *id)
    }
}

fn key(row: &Row) -> Result<Key, StoreError> {
    let columns = Columns { row, table: "seen" };
    let read = |column| -> Result<[u8; 16], StoreError> {
        columns.get::<&[u8]>(column)?.try_into().map_err(|_| columns.inconsistent(column, &"16 bytes"))
    };
    Ok(Key { message: read("message_key")?, content: read("content_key")? })
}

struct Earlier {
    content: [u8; 16],
    interaction: InteractionId,
    at: Timestamp,
}

/// What the table says of a batch's keys.
#[derive(Default)]
pub(super) struct Known {
    taken: HashSet<Key>,
    earlier: HashMap<[u8; 16], Vec<Earlier>>,
    window_seconds: u64,
}

impl Known {
    /// How a message compares with what came before it.
    pub(super) fn compare(&self, key: &Key, received_at: Timestamp) -> Result<Seen, StoreError> {
        let taken = self.taken.contains(key);
        let oldest = window_start(received_at, self.window_seconds);
        // A key that was taken has this very message in the table.
        let counts = |one: &&Earlier| if taken { one.content != key.content && one.at >= oldest } else { true };
        let earlier = self.earlier.get(&key.message).into_iter().flatten().filter(counts);
        match Seen::among(key, earlier.map(|one| Ok::<_, StoreError>((one.content, one.interaction))))? {
            Seen::No | Seen::Like(_) if !taken => {
                Err(StoreError::Unavailable("what came before went away meanwhile".to_owned()))
            }
            seen => Ok(seen),
        }
    }
}
