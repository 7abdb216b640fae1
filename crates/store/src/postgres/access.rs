//! Clients and tokens.

use async_trait::async_trait;
use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::Row;

use super::columns::{Columns, text};
use super::commits::Ending;
use super::pool::{Lent, execute, row, rows};
use super::{PostgresStore, audit};
use crate::encoding::json;
use crate::error::{ClientError, StoreError};
use crate::records::access::{ADMIN_SCOPE, ClientRecord, PERSON, TokenRecord, TokenUse};
use crate::records::audit::AuditRecord;
use crate::traits::AccessStore;

/// Ended tokens removed with each new one.
const PRUNED_AT_ONCE: i64 = 8;

#[async_trait]
impl AccessStore for PostgresStore {
    async fn put_client(&self, client: ClientRecord, entry: AuditRecord) -> Result<bool, ClientError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = alone(db).await?;
                    let sql = "SELECT secret_hash, revision FROM clients WHERE id = $1 FOR UPDATE";
                    let found = row(&transaction, sql, &[&text(&client.id)]).await?;
                    let secret: Option<String> =
                        found.as_ref().map(|row| row.try_get(0)).transpose().map_err(StoreError::from)?;
                    let before: i64 = found.map_or(Ok(0), |row| row.try_get(1)).map_err(StoreError::from)?;
                    let revision = i64::try_from(client.revision).unwrap_or(i64::MAX);
                    if revision != before.saturating_add(1) {
                        return Ok(false);
                    }
                    if !client.is_admin() && is_last_admin(&transaction, &client.id).await? {
                        return Err(ClientError::LastAdmin);
                    }
                    if client.revoked_at.is_some() || secret.is_some_and(|secret| secret != client.secret_hash) {
                        execute(&transaction, "DELETE FROM tokens WHERE client_id = $1", &[&text(&client.id)]).await?;
                    }
                    execute(
                        &transaction,
                        "INSERT INTO clients (id, name, description, secret_hash, scopes, token_seconds, created_at,
                            created_by, modified_at, revoked_at, revision, configured_hash)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                         ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
                            secret_hash = excluded.secret_hash, scopes = excluded.scopes,
                            token_seconds = excluded.token_seconds, created_at = excluded.created_at,
                            created_by = excluded.created_by, modified_at = excluded.modified_at,
                            revoked_at = excluded.revoked_at, revision = excluded.revision,
                            configured_hash = excluded.configured_hash",
                        &[
                            &text(&client.id),
                            &text(&client.name),
                            &text(&client.description),
                            &client.secret_hash,
                            &json(&client.scopes)?,
                            &client.token_seconds.map(i64::from),
                            &client.created_at,
                            &text(&client.created_by),
                            &client.modified_at,
                            &client.revoked_at,
                            &revision,
                            &client.configured_hash,
                        ],
                    )
                    .await?;
                    audit::add(&transaction, &entry).await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn delete_client(&self, id: &str, entry: AuditRecord) -> Result<bool, ClientError> {
        let id = text(id).into_owned();
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = alone(db).await?;
                    if is_last_admin(&transaction, &id).await? {
                        return Err(ClientError::LastAdmin);
                    }
                    let gone = execute(&transaction, "DELETE FROM clients WHERE id = $1", &[&id]).await? > 0;
                    execute(&transaction, "DELETE FROM tokens WHERE client_id = $1", &[&id]).await?;
                    if gone {
                        audit::add(&transaction, &entry).await?;
                    }
                    ending.commit(transaction).await?;
                    Ok(gone)
                })
            })
            .await
    }

    async fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        let id = text(id).into_owned();
        self.db
            .run(move |db| {
                Box::pin(async move {
                    row(db, "SELECT * FROM clients WHERE id = $1", &[&id]).await?.as_ref().map(client).transpose()
                })
            })
            .await
    }

    async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        self.db
            .run(|db| {
                Box::pin(async move {
                    let rows = rows(db, "SELECT * FROM clients ORDER BY id COLLATE \"C\"", &[]).await?;
                    rows.iter().map(client).collect()
                })
            })
            .await
    }

    async fn put_token(&self, token: TokenRecord, secret_hash: &str) -> Result<bool, StoreError> {
        let secret_hash = secret_hash.to_owned();
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    if !keep(&transaction, &token, &secret_hash).await? {
                        return Ok(false);
                    }
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn exchange_token(
        &self,
        spent: &[u8; 32],
        token: TokenRecord,
        secret_hash: &str,
    ) -> Result<bool, StoreError> {
        let (spent, secret_hash) = (*spent, secret_hash.to_owned());
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    // The client is locked before the token, as whoever changes the client does.
                    if !keep(&transaction, &token, &secret_hash).await? {
                        return Ok(false);
                    }
                    let sql = "DELETE FROM tokens WHERE hash = $1";
                    if execute(&transaction, sql, &[&spent.as_slice()]).await? == 0 {
                        return Ok(false);
                    }
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let hash = *hash;
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let found = row(db, "SELECT * FROM tokens WHERE hash = $1", &[&hash.as_slice()]).await?;
                    found.as_ref().map(token).transpose()
                })
            })
            .await
    }

    async fn delete_token(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let hash = *hash;
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let gone = execute(db, "DELETE FROM tokens WHERE hash = $1", &[&hash.as_slice()]).await?;
                    Ok(gone > 0)
                })
            })
            .await
    }

    async fn delete_sessions(&self, client_id: &str) -> Result<u64, StoreError> {
        let client_id = text(client_id).into_owned();
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let sql = "DELETE FROM tokens WHERE client_id = $1 AND used_as = $2";
                    execute(&transaction, sql, &[&client_id, &TokenUse::Link.as_str()]).await?;
                    let sessions = execute(&transaction, sql, &[&client_id, &TokenUse::Session.as_str()]).await?;
                    ending.commit(transaction).await?;
                    Ok(sessions)
                })
            })
            .await
    }
}

/// Keeps a token of a client that has this secret still; answers whether it does.
async fn keep(db: &impl GenericClient, token: &TokenRecord, secret_hash: &str) -> Result<bool, StoreError> {
    // Locked: a change of the client that comes after this must see the token, to remove it.
    let sql = "SELECT id FROM clients WHERE id = $1 AND secret_hash = $2 AND revoked_at IS NULL FOR SHARE";
    if row(db, sql, &[&text(&token.client_id), &secret_hash]).await?.is_none() {
        return Ok(false);
    }
    // Two nodes that remove the same tokens must not wait for each other.
    execute(
        db,
        "DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE expires_at < $1
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        &[&token.issued_at, &PRUNED_AT_ONCE],
    )
    .await?;
    execute(
        db,
        "INSERT INTO tokens (hash, client_id, scopes, issued_at, expires_at, used_as)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (hash) DO UPDATE SET client_id = excluded.client_id, scopes = excluded.scopes,
            issued_at = excluded.issued_at, expires_at = excluded.expires_at, used_as = excluded.used_as",
        &[
            &token.hash.as_slice(),
            &text(&token.client_id),
            &json(&token.scopes)?,
            &token.issued_at,
            &token.expires_at,
            &token.used_as.as_str(),
        ],
    )
    .await?;
    Ok(true)
}

/// A transaction in which nobody else changes a client: who the last admin is depends on all of them. Tokens are given meanwhile.
async fn alone(db: &mut Lent) -> Result<(Transaction<'_>, Ending), StoreError> {
    let (transaction, ending) = db.begin().await?;
    execute(&transaction, "LOCK TABLE clients IN SHARE ROW EXCLUSIVE MODE", &[]).await?;
    Ok((transaction, ending))
}

/// Whether a client is an admin, and no other is.
async fn is_last_admin(db: &impl GenericClient, id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM clients WHERE revoked_at IS NULL AND NOT starts_with(secret_hash, $2) AND scopes::jsonb ? $1 LIMIT 2";
    let admins = rows(db, sql, &[&ADMIN_SCOPE, &PERSON]).await?;
    let admins = admins.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(admins.len() == 1 && admins.iter().all(|admin| *admin == text(id)))
}

fn client(row: &Row) -> Result<ClientRecord, StoreError> {
    let columns = Columns { row, table: "clients" };
    Ok(ClientRecord {
        id: columns.get("id")?,
        name: columns.get("name")?,
        secret_hash: columns.get("secret_hash")?,
        configured_hash: columns.get("configured_hash")?,
        scopes: columns.json("scopes")?,
        created_at: columns.get("created_at")?,
        revoked_at: columns.get("revoked_at")?,
        description: columns.get("description")?,
        token_seconds: columns.maybe_count("token_seconds")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.get("modified_at")?,
        revision: columns.count("revision")?,
    })
}

fn token(row: &Row) -> Result<TokenRecord, StoreError> {
    let columns = Columns { row, table: "tokens" };
    let hash: &[u8] = columns.get("hash")?;
    let used_as: &str = columns.get("used_as")?;
    Ok(TokenRecord {
        hash: hash.try_into().map_err(|_| columns.inconsistent("hash", &"32 bytes"))?,
        client_id: columns.get("client_id")?,
        scopes: columns.json("scopes")?,
        issued_at: columns.get("issued_at")?,
        expires_at: columns.get("expires_at")?,
        used_as: TokenUse::parse(used_as).ok_or_else(|| columns.inconsistent("used_as", &used_as))?,
    })
}
