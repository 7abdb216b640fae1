//! Mailboxes, who watches them, and what was taken from them.

use std::collections::HashSet;

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use waypost_ids::MailboxId;

use super::PostgresStore;
use super::columns::{Columns, text};
use super::pool::{execute, row, rows};
use super::tokens;
use crate::encoding::json;
use crate::error::StoreError;
use crate::leases::{Hold, Lease};
use crate::records::mail::Acceptance;
use crate::records::mailboxes::{
    FolderRecord, MailboxRecord, MailboxTokenUse, MailboxTokens, Place, SetAsideRecord, TakenRecord, Taking,
    WatchRecord,
};
use crate::records::outside::Sealed;
use crate::rules::mailboxes::{Watching, replaces};
use crate::traits::MailboxStore;

#[async_trait]
impl MailboxStore for PostgresStore {
    async fn watch_mailbox(
        &self,
        mailbox: MailboxId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<WatchRecord>, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    // Two nodes that begin at once wait for each other here.
                    let sql = "INSERT INTO mailbox_watches (mailbox, health) VALUES ($1, '') ON CONFLICT DO NOTHING";
                    execute(&transaction, sql, &[&mailbox.0]).await?;
                    let before = locked_watch(&transaction, mailbox).await?;
                    let begun = before.and_then(|(_, hold)| Watching(hold).begin(lease, now));
                    let Some(begun) = begun else { return Ok(None) };
                    hold_on(&transaction, mailbox, begun.0).await?;
                    let watch = locked_watch(&transaction, mailbox).await?.map(|(watch, _)| watch);
                    ending.commit(transaction).await?;
                    Ok(watch)
                })
            })
            .await
    }

    async fn keep_watching(&self, mailbox: MailboxId, lease: Lease, health: String) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let before = locked_watch(&transaction, mailbox).await?;
                    let Some(kept) = before.and_then(|(_, hold)| Watching(hold).keep(lease)) else { return Ok(false) };
                    hold_on(&transaction, mailbox, kept.0).await?;
                    let sql = "UPDATE mailbox_watches SET health = $2 WHERE mailbox = $1";
                    execute(&transaction, sql, &[&mailbox.0, &text(&health)]).await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn end_watch(&self, mailbox: MailboxId, lease: Uuid, health: String) -> Result<(), StoreError> {
        let sql = "UPDATE mailbox_watches SET lease = NULL, lease_until = NULL, health = $3 WHERE mailbox = $1 AND lease = $2";
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    execute(&transaction, sql, &[&mailbox.0, &lease, &text(&health)]).await?;
                    ending.commit(transaction).await
                })
            })
            .await
    }

    async fn mailbox_watches(&self) -> Result<Vec<WatchRecord>, StoreError> {
        let sql = "SELECT * FROM mailbox_watches ORDER BY mailbox";
        let found = self.db.run(move |db| Box::pin(async move { rows(db, sql, &[]).await })).await?;
        found.iter().map(|row| watch(row).map(|(watch, _)| watch)).collect()
    }

    async fn begin_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<MailboxTokens>, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let Some(before) = tokens::locked(&transaction, mailbox, used_for).await? else { return Ok(None) };
                    let (record, hold) = before;
                    let Some(begun) = Watching(hold).begin(lease, now) else { return Ok(None) };
                    tokens::hold(&transaction, mailbox, used_for, begun.0).await?;
                    ending.commit(transaction).await?;
                    Ok(Some(record))
                })
            })
            .await
    }

    async fn keep_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Option<Uuid>,
        tokens: Sealed,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let kept = tokens::keep(&transaction, mailbox, used_for, lease, &tokens).await?;
                    ending.commit(transaction).await?;
                    Ok(kept)
                })
            })
            .await
    }

    async fn end_tokens(&self, mailbox: MailboxId, used_for: MailboxTokenUse, lease: Uuid) -> Result<(), StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    tokens::end(&transaction, mailbox, used_for, lease).await?;
                    ending.commit(transaction).await
                })
            })
            .await
    }

    async fn mailbox_tokens(&self) -> Result<Vec<MailboxTokens>, StoreError> {
        self.db.run(move |db| Box::pin(async move { tokens::all(db).await })).await
    }

    async fn mailbox_folder(&self, mailbox: MailboxId, folder: &str) -> Result<Option<FolderRecord>, StoreError> {
        let folder = folder.to_owned();
        let sql = "SELECT * FROM mailbox_folders WHERE mailbox = $1 AND folder = $2";
        let found =
            self.db.run(move |db| Box::pin(async move { row(db, sql, &[&mailbox.0, &text(&folder)]).await })).await?;
        found.as_ref().map(folder_of).transpose()
    }

    async fn put_mailbox_folder(
        &self,
        mailbox: MailboxId,
        lease: Uuid,
        folder: FolderRecord,
    ) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let before = locked_watch(&transaction, mailbox).await?;
                    if !before.is_some_and(|(_, hold)| hold.is_by(lease)) {
                        return Ok(false);
                    }
                    let sql = "INSERT INTO mailbox_folders
                            (mailbox, folder, uid_validity, next_uid, all_from, before, attached_at, looked_at)
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                        ON CONFLICT (mailbox, folder) DO UPDATE SET uid_validity = excluded.uid_validity,
                            next_uid = excluded.next_uid, all_from = excluded.all_from, before = excluded.before,
                            attached_at = excluded.attached_at, looked_at = excluded.looked_at";
                    let large = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
                    execute(
                        &transaction,
                        sql,
                        &[
                            &mailbox.0,
                            &text(&folder.folder),
                            &i64::from(folder.uid_validity),
                            &large(folder.next_uid),
                            &large(folder.all_from),
                            &text(&folder.before),
                            &folder.attached_at,
                            &folder.looked_at,
                        ],
                    )
                    .await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn known_messages(&self, place: Place, to: u32) -> Result<Vec<TakenRecord>, StoreError> {
        let sql = "SELECT * FROM mailbox_taken
            WHERE mailbox = $1 AND folder = $2 AND uid_validity = $3 AND uid BETWEEN $4 AND $5 ORDER BY uid";
        let found = self
            .db
            .run(move |db| {
                Box::pin(async move {
                    let (from, to) = (i64::from(place.uid), i64::from(to));
                    let validity = i64::from(place.uid_validity);
                    rows(db, sql, &[&place.mailbox.0, &text(&place.folder), &validity, &from, &to]).await
                })
            })
            .await?;
        found.iter().map(taken).collect()
    }

    async fn unfinished_messages(&self, place: Place, limit: u32) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT uid FROM mailbox_taken WHERE state = 0 AND mailbox = $1 AND folder = $2 AND uid_validity = $3
            AND uid >= $4 ORDER BY uid LIMIT $5";
        let found = self
            .db
            .run(move |db| {
                Box::pin(async move {
                    let (from, limit) = (i64::from(place.uid), i64::from(limit));
                    let validity = i64::from(place.uid_validity);
                    rows(db, sql, &[&place.mailbox.0, &text(&place.folder), &validity, &from, &limit]).await
                })
            })
            .await?;
        found.iter().map(|row| Columns { row, table: "mailbox_taken" }.count("uid")).collect()
    }

    async fn is_content_known(&self, mailbox: MailboxId, hash: [u8; 32]) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM mailbox_taken WHERE mailbox = $1 AND content_hash = $2 LIMIT 1";
        let found =
            self.db.run(move |db| Box::pin(async move { row(db, sql, &[&mailbox.0, &hash.as_slice()]).await })).await?;
        Ok(found.is_some())
    }

    async fn note_messages(&self, place: Place, notes: Vec<TakenRecord>, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let uids: Vec<i64> = notes.iter().map(|note| i64::from(note.uid)).collect();
                    let known = locked_taken(&transaction, &place, &uids).await?;
                    let notes = notes.into_iter();
                    let notes: Vec<TakenRecord> =
                        notes.filter(|note| replaces(note, known.iter().find(|known| known.uid == note.uid))).collect();
                    put_taken(&transaction, &place, &notes, now).await?;
                    ending.commit(transaction).await
                })
            })
            .await
    }

    async fn set_aside(&self, mailbox: MailboxId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) AS count FROM mailbox_taken WHERE state = 2 AND mailbox = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&mailbox.0]).await })).await?;
        found.map_or(Ok(0), |row| Columns { row: &row, table: "mailbox_taken" }.count("count"))
    }

    async fn set_aside_messages(
        &self,
        mailbox: MailboxId,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<SetAsideRecord>, StoreError> {
        let (folder, validity, uid) = after.map_or((String::new(), 0, 0), |at| (at.folder, at.uid_validity, at.uid));
        let sql = "SELECT * FROM mailbox_taken
            WHERE state = 2 AND mailbox = $1 AND (folder, uid_validity, uid) > ($2, $3, $4)
            ORDER BY folder, uid_validity, uid LIMIT $5";
        let found = self
            .db
            .run(move |db| {
                Box::pin(async move {
                    let (validity, uid) = (i64::from(validity), i64::from(uid));
                    rows(db, sql, &[&mailbox.0, &text(&folder), &validity, &uid, &i64::from(limit)]).await
                })
            })
            .await?;
        found.iter().map(|row| set_aside(row, mailbox)).collect()
    }

    async fn retry_set_aside(&self, mailbox: MailboxId, one: Option<Place>) -> Result<u64, StoreError> {
        // UIDs of another UIDVALIDITY are looked for by nobody.
        const RETRY: &str = "UPDATE mailbox_taken SET state = 3, attempts = 0 WHERE state = 2 AND mailbox = $1
            AND EXISTS (
            SELECT 1 FROM mailbox_folders AS known WHERE known.mailbox = mailbox_taken.mailbox
            AND known.folder = mailbox_taken.folder AND known.uid_validity = mailbox_taken.uid_validity)";
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let changed = match &one {
                        None => execute(&transaction, RETRY, &[&mailbox.0]).await?,
                        Some(place) => {
                            let sql = format!("{RETRY} AND folder = $2 AND uid_validity = $3 AND uid = $4");
                            let (validity, uid) = (i64::from(place.uid_validity), i64::from(place.uid));
                            execute(&transaction, &sql, &[&mailbox.0, &text(&place.folder), &validity, &uid]).await?
                        }
                    };
                    ending.commit(transaction).await?;
                    Ok(changed)
                })
            })
            .await
    }

    async fn open_messages(&self, place: Place, below: u64, limit: u32) -> Result<Vec<u32>, StoreError> {
        let sql = "SELECT uid FROM mailbox_taken
            WHERE state = 3 AND mailbox = $1 AND folder = $2 AND uid_validity = $3 AND uid >= $4 AND uid < $5
            ORDER BY uid LIMIT $6";
        let found = self
            .db
            .run(move |db| {
                Box::pin(async move {
                    let (validity, uid) = (i64::from(place.uid_validity), i64::from(place.uid));
                    let below = i64::try_from(below).unwrap_or(i64::MAX);
                    let at: [&(dyn ToSql + Sync); 6] =
                        [&place.mailbox.0, &text(&place.folder), &validity, &uid, &below, &i64::from(limit)];
                    rows(db, sql, &at).await
                })
            })
            .await?;
        found.iter().map(|row| Columns { row, table: "mailbox_taken" }.count("uid")).collect()
    }
}

fn set_aside(row: &Row, mailbox: MailboxId) -> Result<SetAsideRecord, StoreError> {
    let columns = Columns { row, table: "mailbox_taken" };
    let why: Option<String> = columns.get("why")?;
    Ok(SetAsideRecord {
        place: Place {
            mailbox,
            folder: columns.get("folder")?,
            uid_validity: columns.count("uid_validity")?,
            uid: columns.count("uid")?,
        },
        why: why.unwrap_or_default(),
        at: columns.get("at")?,
    })
}

/// Takes the messages of a batch from their places; answers those that were taken before, by their place in the batch. Whoever takes one at
/// the same time is waited for.
pub(super) async fn take(db: &impl GenericClient, batch: &[&Acceptance]) -> Result<Vec<usize>, StoreError> {
    let mut wanted: Vec<(usize, &Place, &Acceptance)> = Vec::new();
    for (number, acceptance) in batch.iter().enumerate() {
        wanted.extend(acceptance.taken_from.as_ref().map(|place| (number, place, *acceptance)));
    }
    // Sorted, so that two transactions don't wait for each other crosswise.
    wanted.sort_unstable_by_key(|(_, place, _)| (place.mailbox, &place.folder, place.uid_validity, place.uid));
    let mut before = Vec::new();
    let mut seen = HashSet::new();
    for (number, place, acceptance) in wanted {
        let sql =
            "INSERT INTO mailbox_taken AS known (mailbox, folder, uid_validity, uid, state, attempts, content_hash, at)
            VALUES ($1, $2, $3, $4, 0, 0, $5, $6)
            ON CONFLICT (mailbox, folder, uid_validity, uid) DO UPDATE SET state = 0, attempts = 0, why = NULL,
                content_hash = excluded.content_hash, at = excluded.at WHERE known.state = 3";
        let message = &acceptance.message;
        let taken = execute(
            db,
            sql,
            &[
                &place.mailbox.0,
                &text(&place.folder),
                &i64::from(place.uid_validity),
                &i64::from(place.uid),
                &message.content_hash.as_slice(),
                &message.received_at,
            ],
        )
        .await?;
        if taken == 0 || !seen.insert((place.mailbox, &place.folder, place.uid_validity, place.uid)) {
            before.push(number);
        }
    }
    Ok(before)
}

async fn locked_taken(db: &impl GenericClient, place: &Place, uids: &[i64]) -> Result<Vec<TakenRecord>, StoreError> {
    let sql = "SELECT * FROM mailbox_taken
        WHERE mailbox = $1 AND folder = $2 AND uid_validity = $3 AND uid = ANY ($4) ORDER BY uid FOR UPDATE";
    let validity = i64::from(place.uid_validity);
    let found = rows(db, sql, &[&place.mailbox.0, &text(&place.folder), &validity, &uids]).await?;
    found.iter().map(taken).collect()
}

async fn put_taken(
    db: &impl GenericClient,
    place: &Place,
    notes: &[TakenRecord],
    now: Timestamp,
) -> Result<(), StoreError> {
    let uids: Vec<i64> = notes.iter().map(|note| i64::from(note.uid)).collect();
    let states: Vec<i16> = notes.iter().map(|note| i16::try_from(note.state.code()).unwrap_or_default()).collect();
    let attempts: Vec<i32> = notes.iter().map(|note| i32::try_from(note.attempts).unwrap_or(i32::MAX)).collect();
    let hashes: Vec<Option<&[u8]>> =
        notes.iter().map(|note| note.content_hash.as_ref().map(<[u8; 32]>::as_slice)).collect();
    let whys: Vec<_> = notes.iter().map(|note| note.why.as_deref().map(text)).collect();
    let sql = "INSERT INTO mailbox_taken AS known (mailbox, folder, uid_validity, uid, state, attempts, content_hash, why, at)
        SELECT $1, $2, $3, uid, state, attempts, content_hash, why, $9
        FROM unnest($4::bigint[], $5::smallint[], $6::integer[], $7::bytea[], $8::text[]) AS new (uid, state, attempts, content_hash, why)
        ON CONFLICT (mailbox, folder, uid_validity, uid) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
            content_hash = coalesce(excluded.content_hash, known.content_hash), why = excluded.why, at = excluded.at";
    let validity = i64::from(place.uid_validity);
    execute(
        db,
        sql,
        &[&place.mailbox.0, &text(&place.folder), &validity, &uids, &states, &attempts, &hashes, &whys, &now],
    )
    .await
    .map(drop)
}

fn taken(row: &Row) -> Result<TakenRecord, StoreError> {
    let columns = Columns { row, table: "mailbox_taken" };
    let state: i16 = columns.get("state")?;
    let hash: Option<Vec<u8>> = columns.get("content_hash")?;
    Ok(TakenRecord {
        uid: columns.count("uid")?,
        state: Taking::of_code(i64::from(state)).ok_or_else(|| columns.inconsistent("state", &state))?,
        attempts: columns.get::<i32>("attempts").map(|attempts| u32::try_from(attempts).unwrap_or_default())?,
        content_hash: hash.and_then(|hash| hash.try_into().ok()),
        why: columns.get("why")?,
    })
}

async fn locked_watch(db: &impl GenericClient, mailbox: MailboxId) -> Result<Option<(WatchRecord, Hold)>, StoreError> {
    let sql = "SELECT * FROM mailbox_watches WHERE mailbox = $1 FOR UPDATE";
    row(db, sql, &[&mailbox.0]).await?.as_ref().map(watch).transpose()
}

async fn hold_on(db: &impl GenericClient, mailbox: MailboxId, hold: Hold) -> Result<(), StoreError> {
    let sql = "UPDATE mailbox_watches SET lease = $2, lease_until = $3 WHERE mailbox = $1";
    execute(db, sql, &[&mailbox.0, &hold.lease(), &hold.until()]).await.map(drop)
}

fn watch(row: &Row) -> Result<(WatchRecord, Hold), StoreError> {
    let columns = Columns { row, table: "mailbox_watches" };
    let hold = columns.hold("lease", "lease_until")?;
    let watch = WatchRecord {
        mailbox: MailboxId(columns.get("mailbox")?),
        health: columns.get("health")?,
        until: hold.until(),
    };
    Ok((watch, hold))
}

fn folder_of(row: &Row) -> Result<FolderRecord, StoreError> {
    let columns = Columns { row, table: "mailbox_folders" };
    Ok(FolderRecord {
        folder: columns.get("folder")?,
        uid_validity: columns.count("uid_validity")?,
        next_uid: columns.count("next_uid")?,
        all_from: columns.count("all_from")?,
        before: columns.get("before")?,
        attached_at: columns.get("attached_at")?,
        looked_at: columns.get("looked_at")?,
    })
}

pub(super) fn mailbox(row: &Row) -> Result<MailboxRecord, StoreError> {
    let columns = Columns { row, table: "mailboxes" };
    Ok(MailboxRecord {
        id: MailboxId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        enabled: columns.get("enabled")?,
        settings: columns.json("settings")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) async fn put_mailbox(db: &impl GenericClient, mailbox: &MailboxRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO mailboxes (id, name, folded_name, enabled, settings, revision, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            enabled = excluded.enabled, settings = excluded.settings, revision = excluded.revision,
            created_at = excluded.created_at, modified_at = excluded.modified_at",
        &[
            &mailbox.id.0,
            &text(&mailbox.name),
            &text(&mailbox.folded_name),
            &mailbox.enabled,
            &json(&mailbox.settings)?,
            &i64::try_from(mailbox.revision).unwrap_or(i64::MAX),
            &mailbox.created_at,
            &mailbox.modified_at,
        ],
    )
    .await
    .map(drop)
}

/// Removes a mailbox and all that is known of its messages.
pub(super) async fn delete(db: &impl GenericClient, id: Uuid) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM mailbox_taken WHERE mailbox = $1",
        "DELETE FROM mailbox_folders WHERE mailbox = $1",
        "DELETE FROM mailbox_watches WHERE mailbox = $1",
        "DELETE FROM mailbox_tokens WHERE mailbox = $1",
        "DELETE FROM mailboxes WHERE id = $1",
    ] {
        execute(db, sql, &[&id]).await?;
    }
    Ok(())
}
