//! Webhooks, data actions and secrets as rows.

use std::sync::Arc;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use waypost_ids::{DataActionId, SecretId, WebhookId};

use super::columns::{Columns, text};
use super::pool::execute;
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::outside::{DataActionRecord, Sealed, SecretRecord, WebhookRecord};

pub(super) fn webhook(row: &Row) -> Result<WebhookRecord, StoreError> {
    let columns = Columns { row, table: "webhooks" };
    let previous = match columns.get("previous")? {
        Some(sealed) => Some((Sealed(sealed), columns.get("previous_until")?)),
        None => None,
    };
    Ok(WebhookRecord {
        id: WebhookId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        url: columns.get("url")?,
        enabled: columns.get("enabled")?,
        events: columns.json("events")?,
        secret: Sealed(columns.get("secret")?),
        previous,
        rotated_at: columns.get("rotated_at")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) async fn put_webhook(db: &impl GenericClient, webhook: &WebhookRecord) -> Result<(), StoreError> {
    let previous = webhook.previous.as_ref();
    execute(
        db,
        "INSERT INTO webhooks (id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at, revision,
            created_at, modified_at, events)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name, url = excluded.url,
            enabled = excluded.enabled, secret = excluded.secret, previous = excluded.previous,
            previous_until = excluded.previous_until, rotated_at = excluded.rotated_at, revision = excluded.revision,
            created_at = excluded.created_at, modified_at = excluded.modified_at, events = excluded.events",
        &[
            &webhook.id.0,
            &text(&webhook.name),
            &text(&webhook.folded_name),
            &text(&webhook.url),
            &webhook.enabled,
            &webhook.secret.0,
            &previous.map(|(sealed, _)| &sealed.0),
            &previous.map(|(_, until)| *until),
            &webhook.rotated_at,
            &i64::try_from(webhook.revision).unwrap_or(i64::MAX),
            &webhook.created_at,
            &webhook.modified_at,
            &json(&webhook.events)?,
        ],
    )
    .await
    .map(drop)
}

pub(super) fn data_action(row: &Row) -> Result<DataActionRecord, StoreError> {
    let columns = Columns { row, table: "data_actions" };
    Ok(DataActionRecord {
        id: DataActionId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        definition: Arc::from(columns.get::<&str>("definition")?),
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) async fn put_data_action(db: &impl GenericClient, action: &DataActionRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO data_actions (id, name, folded_name, definition, revision, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            definition = excluded.definition, revision = excluded.revision, created_at = excluded.created_at,
            modified_at = excluded.modified_at",
        &[
            &action.id.0,
            &text(&action.name),
            &text(&action.folded_name),
            &text(&action.definition),
            &i64::try_from(action.revision).unwrap_or(i64::MAX),
            &action.created_at,
            &action.modified_at,
        ],
    )
    .await
    .map(drop)
}

pub(super) fn secret(row: &Row) -> Result<SecretRecord, StoreError> {
    let columns = Columns { row, table: "secrets" };
    Ok(SecretRecord {
        id: SecretId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        hosts: columns.json("hosts")?,
        value: Sealed(columns.get("value")?),
        set_at: columns.get("set_at")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) async fn put_secret(db: &impl GenericClient, secret: &SecretRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO secrets (id, name, folded_name, hosts, value, set_at, revision, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name, hosts = excluded.hosts,
            value = excluded.value, set_at = excluded.set_at, revision = excluded.revision,
            created_at = excluded.created_at, modified_at = excluded.modified_at",
        &[
            &secret.id.0,
            &text(&secret.name),
            &text(&secret.folded_name),
            &json(&secret.hosts)?,
            &secret.value.0,
            &secret.set_at,
            &i64::try_from(secret.revision).unwrap_or(i64::MAX),
            &secret.created_at,
            &secret.modified_at,
        ],
    )
    .await
    .map(drop)
}
