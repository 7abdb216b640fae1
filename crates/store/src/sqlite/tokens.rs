//! Tokens of mailboxes, and who fetches them.

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;
use waypost_ids::MailboxId;

use super::catalogue::run;
use super::columns::{Columns, kept};
use crate::error::StoreError;
use crate::leases::Hold;
use crate::records::mailboxes::{MailboxTokenUse, MailboxTokens};
use crate::records::outside::Sealed;

pub(super) fn find(
    db: &Connection,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
) -> Result<Option<(MailboxTokens, Hold)>, StoreError> {
    let sql = "SELECT * FROM mailbox_tokens WHERE mailbox = ?1 AND used_for = ?2";
    let at = (mailbox.0.as_bytes(), used_for.code());
    db.prepare_cached(sql)?.query_row(at, |row| Ok(record(row))).optional()?.transpose()
}

pub(super) fn all(db: &Connection) -> Result<Vec<MailboxTokens>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM mailbox_tokens ORDER BY mailbox, used_for")?;
    let mut rows = select.query(())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(record(row)?.0);
    }
    Ok(found)
}

/// Who fetches them from now on.
pub(super) fn hold(
    db: &Connection,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    hold: Hold,
) -> Result<(), StoreError> {
    let (lease, until) = kept(hold);
    let sql = "INSERT INTO mailbox_tokens (mailbox, used_for, lease, lease_until) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (mailbox, used_for) DO UPDATE SET lease = excluded.lease, lease_until = excluded.lease_until";
    run(db, sql, (mailbox.0.as_bytes(), used_for.code(), lease, until))
}

pub(super) fn keep(
    db: &Connection,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    lease: Option<Uuid>,
    tokens: &Sealed,
) -> Result<bool, StoreError> {
    let (id, code) = (mailbox.0.as_bytes(), used_for.code());
    let kept = match lease {
        Some(lease) => {
            let sql = "UPDATE mailbox_tokens SET tokens = ?4, lease = NULL, lease_until = NULL
                WHERE mailbox = ?1 AND used_for = ?2 AND lease = ?3";
            db.prepare_cached(sql)?.execute((id, code, lease.as_bytes(), &tokens.0))?
        }
        None => {
            let sql = "INSERT INTO mailbox_tokens (mailbox, used_for, tokens) VALUES (?1, ?2, ?3)
                ON CONFLICT (mailbox, used_for) DO UPDATE
                SET tokens = excluded.tokens, lease = NULL, lease_until = NULL";
            db.prepare_cached(sql)?.execute((id, code, &tokens.0))?
        }
    };
    Ok(kept > 0)
}

pub(super) fn end(
    db: &Connection,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    lease: Uuid,
) -> Result<(), StoreError> {
    let sql = "UPDATE mailbox_tokens SET lease = NULL, lease_until = NULL
        WHERE mailbox = ?1 AND used_for = ?2 AND lease = ?3";
    run(db, sql, (mailbox.0.as_bytes(), used_for.code(), lease.as_bytes()))
}

fn record(row: &Row<'_>) -> Result<(MailboxTokens, Hold), StoreError> {
    let columns = Columns::sealed(row, "mailbox_tokens")?;
    let used_for: i64 = columns.get("used_for")?;
    let tokens: Option<Vec<u8>> = columns.get("tokens")?;
    let record = MailboxTokens {
        mailbox: MailboxId(columns.uuid("mailbox")?),
        used_for: MailboxTokenUse::of_code(used_for).ok_or_else(|| columns.inconsistent("used_for", &used_for))?,
        tokens: tokens.map(Sealed),
    };
    Ok((record, columns.hold("lease", "lease_until")?))
}
