//! Tokens of mailboxes, and who fetches them.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::MailboxId;

use super::columns::Columns;
use super::pool::{execute, row, rows};
use crate::error::StoreError;
use crate::leases::Hold;
use crate::records::mailboxes::{MailboxTokenUse, MailboxTokens};
use crate::records::outside::Sealed;

fn number(used_for: MailboxTokenUse) -> i16 {
    i16::try_from(used_for.code()).unwrap_or_default()
}

/// What is kept, made if there was nothing, and locked: two nodes that begin at the same time wait for each other here.
pub(super) async fn locked(
    db: &impl GenericClient,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
) -> Result<Option<(MailboxTokens, Hold)>, StoreError> {
    let (id, code) = (mailbox.0, number(used_for));
    let sql = "INSERT INTO mailbox_tokens (mailbox, used_for) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    execute(db, sql, &[&id, &code]).await?;
    let sql = "SELECT * FROM mailbox_tokens WHERE mailbox = $1 AND used_for = $2 FOR UPDATE";
    row(db, sql, &[&id, &code]).await?.as_ref().map(record).transpose()
}

pub(super) async fn all(db: &impl GenericClient) -> Result<Vec<MailboxTokens>, StoreError> {
    let found = rows(db, "SELECT * FROM mailbox_tokens ORDER BY mailbox, used_for", &[]).await?;
    found.iter().map(|row| record(row).map(|(record, _)| record)).collect()
}

/// Who fetches them from now on.
pub(super) async fn hold(
    db: &impl GenericClient,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    hold: Hold,
) -> Result<(), StoreError> {
    let sql = "UPDATE mailbox_tokens SET lease = $3, lease_until = $4 WHERE mailbox = $1 AND used_for = $2";
    execute(db, sql, &[&mailbox.0, &number(used_for), &hold.lease(), &hold.until()]).await.map(drop)
}

pub(super) async fn keep(
    db: &impl GenericClient,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    lease: Option<Uuid>,
    tokens: &Sealed,
) -> Result<bool, StoreError> {
    let (id, code) = (mailbox.0, number(used_for));
    let kept = match lease {
        Some(lease) => {
            let sql = "UPDATE mailbox_tokens SET tokens = $4, lease = NULL, lease_until = NULL
                WHERE mailbox = $1 AND used_for = $2 AND lease = $3";
            execute(db, sql, &[&id, &code, &lease, &tokens.0]).await?
        }
        None => {
            let sql = "INSERT INTO mailbox_tokens (mailbox, used_for, tokens) VALUES ($1, $2, $3)
                ON CONFLICT (mailbox, used_for) DO UPDATE
                SET tokens = excluded.tokens, lease = NULL, lease_until = NULL";
            execute(db, sql, &[&id, &code, &tokens.0]).await?
        }
    };
    Ok(kept > 0)
}

pub(super) async fn end(
    db: &impl GenericClient,
    mailbox: MailboxId,
    used_for: MailboxTokenUse,
    lease: Uuid,
) -> Result<(), StoreError> {
    let sql = "UPDATE mailbox_tokens SET lease = NULL, lease_until = NULL
        WHERE mailbox = $1 AND used_for = $2 AND lease = $3";
    execute(db, sql, &[&mailbox.0, &number(used_for), &lease]).await.map(drop)
}

fn record(row: &Row) -> Result<(MailboxTokens, Hold), StoreError> {
    let columns = Columns { row, table: "mailbox_tokens" };
    let used_for: i16 = columns.get("used_for")?;
    let tokens: Option<Vec<u8>> = columns.get("tokens")?;
    let record = MailboxTokens {
        mailbox: MailboxId(columns.get("mailbox")?),
        used_for: MailboxTokenUse::of_code(i64::from(used_for))
            .ok_or_else(|| columns.inconsistent("used_for", &used_for))?,
        tokens: tokens.map(Sealed),
    };
    Ok((record, columns.hold("lease", "lease_until")?))
}
