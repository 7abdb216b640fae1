//! Mailboxes, who watches them, and what was taken from them.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;
use waypost_ids::MailboxId;

use super::SqliteStore;
use super::catalogue::run;
use super::columns::{Columns, kept, micros};
use super::tokens;
use crate::encoding::json;
use crate::error::StoreError;
use crate::leases::{Hold, Lease};
use crate::records::mail::NewMessage;
use crate::records::mailboxes::{
    FolderRecord, MailboxRecord, MailboxTokenUse, MailboxTokens, Place, SetAsideRecord, TakenRecord, Taking,
    WatchRecord,
};
use crate::records::outside::Sealed;
use crate::rules::mailboxes::{Watching, replaces};
use crate::traits::MailboxStore;

#[async_trait]
impl MailboxStore for SqliteStore {
    async fn watch_mailbox(
        &self,
        mailbox: MailboxId,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<WatchRecord>, StoreError> {
        let begin = move |db: &Connection| -> Result<Option<WatchRecord>, StoreError> {
            let before = find_watch(db, mailbox)?;
            let hold = before.as_ref().map_or(Hold::Nobody, |(_, hold)| *hold);
            let Some(begun) = Watching(hold).begin(lease, now) else { return Ok(None) };
            let (lease, until) = kept(begun.0);
            let sql = "INSERT INTO mailbox_watches (mailbox, lease, lease_until, health) VALUES (?1, ?2, ?3, '')
                ON CONFLICT (mailbox) DO UPDATE SET lease = excluded.lease, lease_until = excluded.lease_until";
            run(db, sql, (mailbox.0.as_bytes(), lease, until))?;
            Ok(find_watch(db, mailbox)?.map(|(watch, _)| watch))
        };
        self.writer()?.run(move |session| begin(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn keep_watching(&self, mailbox: MailboxId, lease: Lease, health: String) -> Result<bool, StoreError> {
        let keep = move |db: &Connection| -> Result<bool, StoreError> {
            let before = find_watch(db, mailbox)?;
            let Some(kept_on) = before.and_then(|(_, hold)| Watching(hold).keep(lease)) else { return Ok(false) };
            let (lease, until) = kept(kept_on.0);
            let sql = "UPDATE mailbox_watches SET lease = ?2, lease_until = ?3, health = ?4 WHERE mailbox = ?1";
            run(db, sql, (mailbox.0.as_bytes(), lease, until, &health))?;
            Ok(true)
        };
        self.writer()?.run(move |session| keep(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn end_watch(&self, mailbox: MailboxId, lease: Uuid, health: String) -> Result<(), StoreError> {
        let sql = "UPDATE mailbox_watches SET lease = NULL, lease_until = NULL, health = ?3 WHERE mailbox = ?1 AND lease = ?2";
        let end = move |db: &Connection| run(db, sql, (mailbox.0.as_bytes(), lease.as_bytes(), &health));
        self.writer()?.run(move |session| end(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn mailbox_watches(&self) -> Result<Vec<WatchRecord>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM mailbox_watches ORDER BY mailbox")?;
                let mut rows = select.query(())?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(watch(row)?.0);
                }
                Ok(found)
            })
            .await
    }

    async fn begin_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Option<MailboxTokens>, StoreError> {
        let begin = move |db: &Connection| -> Result<Option<MailboxTokens>, StoreError> {
            let before = tokens::find(db, mailbox, used_for)?;
            let hold = before.as_ref().map_or(Hold::Nobody, |(_, hold)| *hold);
            let Some(begun) = Watching(hold).begin(lease, now) else { return Ok(None) };
            tokens::hold(db, mailbox, used_for, begun.0)?;
            Ok(tokens::find(db, mailbox, used_for)?.map(|(record, _)| record))
        };
        self.writer()?.run(move |session| begin(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn keep_tokens(
        &self,
        mailbox: MailboxId,
        used_for: MailboxTokenUse,
        lease: Option<Uuid>,
        tokens: Sealed,
    ) -> Result<bool, StoreError> {
        let keep = move |db: &Connection| tokens::keep(db, mailbox, used_for, lease, &tokens);
        self.writer()?.run(move |session| keep(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn end_tokens(&self, mailbox: MailboxId, used_for: MailboxTokenUse, lease: Uuid) -> Result<(), StoreError> {
        let end = move |db: &Connection| tokens::end(db, mailbox, used_for, lease);
        self.writer()?.run(move |session| end(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn mailbox_tokens(&self) -> Result<Vec<MailboxTokens>, StoreError> {
        self.readers()?.run(tokens::all).await
    }

    async fn mailbox_folder(&self, mailbox: MailboxId, folder: &str) -> Result<Option<FolderRecord>, StoreError> {
        let folder = folder.to_owned();
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM mailbox_folders WHERE mailbox = ?1 AND folder = ?2";
                let mut select = db.prepare_cached(sql)?;
                let mut rows = select.query((mailbox.0.as_bytes(), &folder))?;
                rows.next()?.map(folder_of).transpose()
            })
            .await
    }

    async fn put_mailbox_folder(
        &self,
        mailbox: MailboxId,
        lease: Uuid,
        folder: FolderRecord,
    ) -> Result<bool, StoreError> {
        let put = move |db: &Connection| -> Result<bool, StoreError> {
            if !find_watch(db, mailbox)?.is_some_and(|(_, hold)| hold.is_by(lease)) {
                return Ok(false);
            }
            let sql = "INSERT OR REPLACE INTO mailbox_folders
                (mailbox, folder, uid_validity, next_uid, all_from, before, attached_at, looked_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            run(
                db,
                sql,
                (
                    mailbox.0.as_bytes(),
                    &folder.folder,
                    folder.uid_validity,
                    folder.next_uid,
                    folder.all_from,
                    &folder.before,
                    micros(folder.attached_at),
                    micros(folder.looked_at),
                ),
            )?;
            Ok(true)
        };
        self.writer()?.run(move |session| put(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn known_messages(&self, place: Place, to: u32) -> Result<Vec<TakenRecord>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM mailbox_taken
                    WHERE mailbox = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid BETWEEN ?4 AND ?5 ORDER BY uid";
                let mut select = db.prepare_cached(sql)?;
                let mut rows =
                    select.query((place.mailbox.0.as_bytes(), &place.folder, place.uid_validity, place.uid, to))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(taken(row)?);
                }
                Ok(found)
            })
            .await
    }

    async fn unfinished_messages(&self, place: Place, limit: u32) -> Result<Vec<u32>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT uid FROM mailbox_taken
                    WHERE state = 0 AND mailbox = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid >= ?4 ORDER BY uid LIMIT ?5";
                let mut select = db.prepare_cached(sql)?;
                let at = (place.mailbox.0.as_bytes(), &place.folder, place.uid_validity, place.uid, limit);
                Ok(select.query_map(at, |row| row.get(0))?.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn is_content_known(&self, mailbox: MailboxId, hash: [u8; 32]) -> Result<bool, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT EXISTS (SELECT 1 FROM mailbox_taken WHERE mailbox = ?1 AND content_hash = ?2)";
                Ok(db.prepare_cached(sql)?.query_row((mailbox.0.as_bytes(), hash), |row| row.get(0))?)
            })
            .await
    }

    async fn note_messages(&self, place: Place, notes: Vec<TakenRecord>, now: Timestamp) -> Result<(), StoreError> {
        let note = move |db: &Connection| -> Result<(), StoreError> {
            for noted in &notes {
                let place = Place { uid: noted.uid, ..place.clone() };
                let before = find_taken(db, &place)?;
                if replaces(noted, before.as_ref()) {
                    put_taken(db, &place, noted, before.and_then(|before| before.content_hash), now)?;
                }
            }
            Ok(())
        };
        self.writer()?.run(move |session| note(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn set_aside(&self, mailbox: MailboxId) -> Result<u64, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT count(*) FROM mailbox_taken WHERE state = 2 AND mailbox = ?1";
                Ok(db.prepare_cached(sql)?.query_row((mailbox.0.as_bytes(),), |row| row.get(0))?)
            })
            .await
    }

    async fn set_aside_messages(
        &self,
        mailbox: MailboxId,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<SetAsideRecord>, StoreError> {
        let (folder, validity, uid) = after.map_or((String::new(), 0, 0), |at| (at.folder, at.uid_validity, at.uid));
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM mailbox_taken
                    WHERE state = 2 AND mailbox = ?1 AND (folder, uid_validity, uid) > (?2, ?3, ?4)
                    ORDER BY folder, uid_validity, uid LIMIT ?5";
                let mut select = db.prepare_cached(sql)?;
                let mut rows = select.query((mailbox.0.as_bytes(), &folder, validity, uid, limit))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(set_aside(row, mailbox)?);
                }
                Ok(found)
            })
            .await
    }

    async fn retry_set_aside(&self, mailbox: MailboxId, one: Option<Place>) -> Result<u64, StoreError> {
        let retry = move |db: &Connection| -> Result<usize, StoreError> {
            // UIDs of another UIDVALIDITY are looked for by nobody.
            const RETRY: &str = "UPDATE mailbox_taken SET state = 3, attempts = 0 WHERE state = 2 AND mailbox = ?1
                AND EXISTS (
                SELECT 1 FROM mailbox_folders AS known WHERE known.mailbox = mailbox_taken.mailbox
                AND known.folder = mailbox_taken.folder AND known.uid_validity = mailbox_taken.uid_validity)";
            Ok(match &one {
                None => db.prepare_cached(RETRY)?.execute((mailbox.0.as_bytes(),))?,
                Some(place) => db
                    .prepare_cached(&format!("{RETRY} AND folder = ?2 AND uid_validity = ?3 AND uid = ?4"))?
                    .execute((mailbox.0.as_bytes(), &place.folder, place.uid_validity, place.uid))?,
            })
        };
        let changed = self.writer()?.run(move |session| retry(session.db).map(Ok::<_, StoreError>)).await??;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    async fn open_messages(&self, place: Place, below: u64, limit: u32) -> Result<Vec<u32>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT uid FROM mailbox_taken
                    WHERE state = 3 AND mailbox = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid >= ?4 AND uid < ?5
                    ORDER BY uid LIMIT ?6";
                let mut select = db.prepare_cached(sql)?;
                let at = (place.mailbox.0.as_bytes(), &place.folder, place.uid_validity, place.uid, below, limit);
                Ok(select.query_map(at, |row| row.get(0))?.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn set_aside(row: &Row<'_>, mailbox: MailboxId) -> Result<SetAsideRecord, StoreError> {
    let columns = Columns::sealed(row, "mailbox_taken")?;
    let why: Option<String> = columns.get("why")?;
    Ok(SetAsideRecord {
        place: Place {
            mailbox,
            folder: columns.get("folder")?,
            uid_validity: columns.get("uid_validity")?,
            uid: columns.get("uid")?,
        },
        why: why.unwrap_or_default(),
        at: columns.time("at")?,
    })
}

/// Takes a message from its place; answers whether it was still to be taken.
pub(super) fn take(db: &Connection, place: &Place, message: &NewMessage) -> Result<bool, StoreError> {
    let before = find_taken(db, place)?;
    let took = TakenRecord {
        uid: place.uid,
        state: Taking::Taken,
        attempts: 0,
        content_hash: Some(message.content_hash),
        why: None,
    };
    if !replaces(&took, before.as_ref()) {
        return Ok(false);
    }
    put_taken(db, place, &took, None, message.received_at)?;
    Ok(true)
}

fn put_taken(
    db: &Connection,
    place: &Place,
    noted: &TakenRecord,
    hash_before: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO mailbox_taken
        (mailbox, folder, uid_validity, uid, state, attempts, content_hash, why, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    run(
        db,
        sql,
        (
            place.mailbox.0.as_bytes(),
            &place.folder,
            place.uid_validity,
            noted.uid,
            noted.state.code(),
            noted.attempts,
            noted.content_hash.or(hash_before),
            &noted.why,
            micros(now),
        ),
    )
}

fn find_taken(db: &Connection, place: &Place) -> Result<Option<TakenRecord>, StoreError> {
    let sql = "SELECT * FROM mailbox_taken WHERE mailbox = ?1 AND folder = ?2 AND uid_validity = ?3 AND uid = ?4";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query((place.mailbox.0.as_bytes(), &place.folder, place.uid_validity, place.uid))?;
    rows.next()?.map(taken).transpose()
}

fn taken(row: &Row<'_>) -> Result<TakenRecord, StoreError> {
    let columns = Columns::sealed(row, "mailbox_taken")?;
    let state: i64 = columns.get("state")?;
    Ok(TakenRecord {
        uid: columns.get("uid")?,
        state: Taking::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        attempts: columns.get("attempts")?,
        content_hash: columns.get("content_hash")?,
        why: columns.get("why")?,
    })
}

fn find_watch(db: &Connection, mailbox: MailboxId) -> Result<Option<(WatchRecord, Hold)>, StoreError> {
    let sql = "SELECT * FROM mailbox_watches WHERE mailbox = ?1";
    db.prepare_cached(sql)?.query_row((mailbox.0.as_bytes(),), |row| Ok(watch(row))).optional()?.transpose()
}

fn watch(row: &Row<'_>) -> Result<(WatchRecord, Hold), StoreError> {
    let columns = Columns::sealed(row, "mailbox_watches")?;
    let hold = columns.hold("lease", "lease_until")?;
    let watch = WatchRecord {
        mailbox: MailboxId(columns.uuid("mailbox")?),
        health: columns.get("health")?,
        until: hold.until(),
    };
    Ok((watch, hold))
}

fn folder_of(row: &Row<'_>) -> Result<FolderRecord, StoreError> {
    let columns = Columns::sealed(row, "mailbox_folders")?;
    Ok(FolderRecord {
        folder: columns.get("folder")?,
        uid_validity: columns.get("uid_validity")?,
        next_uid: columns.get("next_uid")?,
        all_from: columns.get("all_from")?,
        before: columns.get("before")?,
        attached_at: columns.time("attached_at")?,
        looked_at: columns.time("looked_at")?,
    })
}

pub(super) fn mailbox(row: &Row<'_>) -> Result<MailboxRecord, StoreError> {
    let columns = Columns::sealed(row, "mailboxes")?;
    Ok(MailboxRecord {
        id: MailboxId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        enabled: columns.get("enabled")?,
        settings: columns.json("settings")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn put_mailbox(db: &Connection, mailbox: &MailboxRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO mailboxes (id, name, folded_name, enabled, settings, revision, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            mailbox.id.0.as_bytes(),
            &mailbox.name,
            &mailbox.folded_name,
            mailbox.enabled,
            json(&mailbox.settings)?,
            mailbox.revision,
            micros(mailbox.created_at),
            micros(mailbox.modified_at),
        ),
    )
}

/// Removes a mailbox and all that is known of its messages.
pub(super) fn delete(db: &Connection, id: Uuid) -> Result<(), StoreError> {
    let id = id.as_bytes();
    run(db, "DELETE FROM mailbox_taken WHERE mailbox = ?1", (id,))?;
    run(db, "DELETE FROM mailbox_folders WHERE mailbox = ?1", (id,))?;
    run(db, "DELETE FROM mailbox_watches WHERE mailbox = ?1", (id,))?;
    run(db, "DELETE FROM mailbox_tokens WHERE mailbox = ?1", (id,))?;
    run(db, "DELETE FROM mailboxes WHERE id = ?1", (id,))
}
