//! Webhooks, data actions and secrets as rows.

use std::sync::Arc;

use rusqlite::{Connection, Row, named_params};
use waypost_ids::{DataActionId, SecretId, WebhookId};

use super::catalogue::run;
use super::columns::{Columns, micros};
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::outside::{DataActionRecord, Sealed, SecretRecord, WebhookRecord};

pub(super) fn webhook(row: &Row<'_>) -> Result<WebhookRecord, StoreError> {
    let columns = Columns::sealed(row, "webhooks")?;
    let previous = match columns.get("previous")? {
        Some(sealed) => Some((Sealed(sealed), columns.time("previous_until")?)),
        None => None,
    };
    Ok(WebhookRecord {
        id: WebhookId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        url: columns.get("url")?,
        enabled: columns.get("enabled")?,
        events: columns.json("events")?,
        secret: Sealed(columns.get("secret")?),
        previous,
        rotated_at: columns.time("rotated_at")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn put_webhook(db: &Connection, webhook: &WebhookRecord) -> Result<(), StoreError> {
    let previous = webhook.previous.as_ref();
    run(
        db,
        "INSERT OR REPLACE INTO webhooks (id, name, folded_name, url, enabled, secret, previous, previous_until, rotated_at,
            revision, created_at, modified_at, events)
         VALUES (:id, :name, :folded_name, :url, :enabled, :secret, :previous, :previous_until, :rotated_at, :revision,
            :created_at, :modified_at, :events)",
        named_params! {
            ":id": webhook.id.0.as_bytes(),
            ":name": webhook.name,
            ":folded_name": webhook.folded_name,
            ":url": webhook.url,
            ":enabled": webhook.enabled,
            ":secret": webhook.secret.0,
            ":previous": previous.map(|(sealed, _)| &sealed.0),
            ":previous_until": previous.map(|(_, until)| micros(*until)),
            ":rotated_at": micros(webhook.rotated_at),
            ":revision": webhook.revision,
            ":created_at": micros(webhook.created_at),
            ":modified_at": micros(webhook.modified_at),
            ":events": json(&webhook.events)?,
        },
    )
}

pub(super) fn data_action(row: &Row<'_>) -> Result<DataActionRecord, StoreError> {
    let columns = Columns::sealed(row, "data_actions")?;
    Ok(DataActionRecord {
        id: DataActionId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        definition: Arc::from(columns.get::<String>("definition")?),
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn put_data_action(db: &Connection, action: &DataActionRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO data_actions (id, name, folded_name, definition, revision, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            action.id.0.as_bytes(),
            &action.name,
            &action.folded_name,
            &*action.definition,
            action.revision,
            micros(action.created_at),
            micros(action.modified_at),
        ),
    )
}

pub(super) fn secret(row: &Row<'_>) -> Result<SecretRecord, StoreError> {
    let columns = Columns::sealed(row, "secrets")?;
    Ok(SecretRecord {
        id: SecretId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        hosts: columns.json("hosts")?,
        value: Sealed(columns.get("value")?),
        set_at: columns.time("set_at")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn put_secret(db: &Connection, secret: &SecretRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO secrets (id, name, folded_name, hosts, value, set_at, revision, created_at, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            secret.id.0.as_bytes(),
            &secret.name,
            &secret.folded_name,
            json(&secret.hosts)?,
            &secret.value.0,
            micros(secret.set_at),
            secret.revision,
            micros(secret.created_at),
            micros(secret.modified_at),
        ),
    )
}
