//! Clients and tokens.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{Columns, micros};
use super::{SqliteStore, audit};
use crate::encoding::json;
use crate::error::{ClientError, StoreError};
use crate::records::access::{ADMIN_SCOPE, ClientRecord, PERSON, TokenRecord, TokenUse};
use crate::records::audit::AuditRecord;
use crate::traits::AccessStore;

/// Ended tokens removed with each new one.
const PRUNED_AT_ONCE: u32 = 8;

#[async_trait]
impl AccessStore for SqliteStore {
    async fn put_client(&self, client: ClientRecord, audit: AuditRecord) -> Result<bool, ClientError> {
        self.writer()?
            .run(move |session| {
                let db = &session.db;
                let before: Option<(String, u64)> = db
                    .prepare_cached("SELECT secret_hash, revision FROM clients WHERE id = ?1")?
                    .query_row((&client.id,), |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let (secret, revision) = before.map_or((None, 0), |(secret, revision)| (Some(secret), revision));
                if client.revision != revision.saturating_add(1) {
                    return Ok(Ok(false));
                }
                if !client.is_admin() && is_last_admin(db, &client.id)? {
                    return Ok(Err(ClientError::LastAdmin));
                }
                if client.revoked_at.is_some() || secret.is_some_and(|secret| secret != client.secret_hash) {
                    db.prepare_cached("DELETE FROM tokens WHERE client_id = ?1")?.execute((&client.id,))?;
                }
                db.prepare_cached(
                    "INSERT OR REPLACE INTO clients (id, name, secret_hash, scopes, created_at, revoked_at, description,
                        token_seconds, created_by, modified_at, revision, configured_hash)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                )?
                .execute((
                    &client.id,
                    &client.name,
                    &client.secret_hash,
                    json(&client.scopes)?,
                    micros(client.created_at),
                    client.revoked_at.map(micros),
                    &client.description,
                    client.token_seconds,
                    &client.created_by,
                    micros(client.modified_at),
                    client.revision,
                    client.configured_hash.as_deref(),
                ))?;
                audit::add(db, &audit)?;
                Ok(Ok(true))
            })
            .await?
    }

    async fn delete_client(&self, id: &str, audit: AuditRecord) -> Result<bool, ClientError> {
        let id = id.to_owned();
        self.writer()?
            .run(move |session| {
                let db = &session.db;
                if is_last_admin(db, &id)? {
                    return Ok(Err(ClientError::LastAdmin));
                }
                db.prepare_cached("DELETE FROM tokens WHERE client_id = ?1")?.execute((&id,))?;
                let gone = db.prepare_cached("DELETE FROM clients WHERE id = ?1")?.execute((&id,))? > 0;
                if gone {
                    audit::add(db, &audit)?;
                }
                Ok(Ok(gone))
            })
            .await?
    }

    async fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        let id = id.to_owned();
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM clients WHERE id = ?1")?;
                let mut rows = select.query((id,))?;
                rows.next()?.map(client).transpose()
            })
            .await
    }

    async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        self.readers()?
            .run(|db| {
                let mut select = db.prepare_cached("SELECT * FROM clients ORDER BY id")?;
                let mut rows = select.query(())?;
                let mut clients = Vec::new();
                while let Some(row) = rows.next()? {
                    clients.push(client(row)?);
                }
                Ok(clients)
            })
            .await
    }

    async fn put_token(&self, token: TokenRecord, secret_hash: &str) -> Result<bool, StoreError> {
        let secret_hash = secret_hash.to_owned();
        self.writer()?.run(move |session| keep(session.db, &token, &secret_hash).map(Ok::<_, StoreError>)).await?
    }

    async fn exchange_token(
        &self,
        spent: &[u8; 32],
        token: TokenRecord,
        secret_hash: &str,
    ) -> Result<bool, StoreError> {
        let (spent, secret_hash) = (*spent, secret_hash.to_owned());
        self.writer()?
            .run(move |session| {
                let there = session.db.prepare_cached("SELECT 1 FROM tokens WHERE hash = ?1")?.exists((spent,))?;
                if !there || !keep(session.db, &token, &secret_hash)? {
                    return Ok(Ok::<_, StoreError>(false));
                }
                session.db.prepare_cached("DELETE FROM tokens WHERE hash = ?1")?.execute((spent,))?;
                Ok(Ok(true))
            })
            .await?
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        let hash = *hash;
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM tokens WHERE hash = ?1")?;
                let mut rows = select.query((hash,))?;
                rows.next()?.map(token).transpose()
            })
            .await
    }

    async fn delete_token(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let hash = *hash;
        self.writer()?
            .run(move |session| {
                let gone = session.db.prepare_cached("DELETE FROM tokens WHERE hash = ?1")?.execute((hash,))?;
                Ok(Ok::<_, StoreError>(gone > 0))
            })
            .await?
    }

    async fn delete_sessions(&self, client_id: &str) -> Result<u64, StoreError> {
        let client_id = client_id.to_owned();
        self.writer()?
            .run(move |session| {
                let delete = |used_as: TokenUse| {
                    let sql = "DELETE FROM tokens WHERE client_id = ?1 AND used_as = ?2";
                    session.db.prepare_cached(sql)?.execute((&client_id, used_as.as_str()))
                };
                delete(TokenUse::Link)?;
                Ok(Ok::<_, StoreError>(delete(TokenUse::Session)? as u64))
            })
            .await?
    }
}

/// Keeps a token of a client that has this secret still; answers whether it does.
fn keep(db: &Connection, token: &TokenRecord, secret_hash: &str) -> Result<bool, StoreError> {
    let proven = db
        .prepare_cached("SELECT 1 FROM clients WHERE id = ?1 AND secret_hash = ?2 AND revoked_at IS NULL")?
        .exists((&token.client_id, secret_hash))?;
    if !proven {
        return Ok(false);
    }
    db.prepare_cached(
        "DELETE FROM tokens WHERE hash IN
            (SELECT hash FROM tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
    )?
    .execute((micros(token.issued_at), PRUNED_AT_ONCE))?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO tokens (hash, client_id, scopes, issued_at, expires_at, used_as)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        token.hash,
        &token.client_id,
        json(&token.scopes)?,
        micros(token.issued_at),
        micros(token.expires_at),
        token.used_as.as_str(),
    ))?;
    Ok(true)
}

/// Whether a client is an admin, and no other is. People don't count: who they are and what they may do is in another's hands.
fn is_last_admin(db: &Connection, id: &str) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id FROM clients WHERE revoked_at IS NULL AND secret_hash NOT LIKE ?2 || '%'
         AND EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = ?1) LIMIT 2",
    )?;
    let admins: Vec<String> = select.query_map((ADMIN_SCOPE, PERSON), |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(admins.len() == 1 && admins.iter().all(|admin| admin == id))
}

fn client(row: &Row<'_>) -> Result<ClientRecord, StoreError> {
    let columns = Columns::sealed(row, "clients")?;
    Ok(ClientRecord {
        id: columns.get("id")?,
        name: columns.get("name")?,
        secret_hash: columns.get("secret_hash")?,
        configured_hash: columns.get("configured_hash")?,
        scopes: columns.json("scopes")?,
        created_at: columns.time("created_at")?,
        revoked_at: columns.maybe_time("revoked_at")?,
        description: columns.get("description")?,
        token_seconds: columns.get("token_seconds")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.time("modified_at")?,
        revision: columns.get("revision")?,
    })
}

fn token(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let columns = Columns::sealed(row, "tokens")?;
    let used_as: String = columns.get("used_as")?;
    Ok(TokenRecord {
        hash: columns.get("hash")?,
        client_id: columns.get("client_id")?,
        scopes: columns.json("scopes")?,
        issued_at: columns.time("issued_at")?,
        expires_at: columns.time("expires_at")?,
        used_as: TokenUse::parse(&used_as).ok_or_else(|| columns.inconsistent("used_as", &used_as))?,
    })
}
