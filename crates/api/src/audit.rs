//! `GET /audit`: who changed what.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_ids::AuditKind;
use waypost_store::records::audit::{AuditFilter, AuditRecord};
use waypost_wire::access::AuditEntry;
use waypost_wire::listing::Chunk;

use crate::auth::{Admin, Caller};
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::{Query, words};
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let described = operation("getAudit", Scope::Admin, "Who changed what, newest first")
        .text("actor", "The client that did it.")
        .words("entityKind", AuditKind::WORDS, "The kind of object.")
        .text("entityId", "The object's id.")
        .time("since", "At this time or later.")
        .time("until", "Before this time.")
        .chunks::<AuditEntry>();
    Endpoints::default().get("/audit", list, described)
}

/// `GET /audit`
async fn list(
    State(state): State<ApiState>,
    _: Caller<Admin>,
    mut query: Query,
) -> Result<Json<Chunk<AuditEntry>>, ApiError> {
    let size = query.number("pageSize", 1..=500, 25);
    let after = query.parsed("cursor", "a `nextCursor` that this server gave", read_cursor);
    let filter = AuditFilter {
        actor: query.text("actor"),
        entity_kind: query.one_of("entityKind", &words(AuditKind::ALL, AuditKind::as_str)),
        entity_id: query.text("entityId"),
        since: query.time("since"),
        until: query.time("until"),
    };
    query.finish()?;
    // One more than asked for tells whether there is more.
    let mut records = state.app.audit(&filter, after, size + 1).await?;
    let more = records.len() > size as usize;
    records.truncate(size as usize);
    let next_cursor = records.last().filter(|_| more).map(|record| URL_SAFE_NO_PAD.encode(record.id.as_bytes()));
    let clients = state.access.clients().await?;
    let people: HashMap<String, String> =
        clients.into_iter().filter(|client| client.person().is_some()).map(|client| (client.id, client.name)).collect();
    Ok(Json(Chunk { entities: records.into_iter().map(|record| view(record, &people)).collect(), next_cursor }))
}

fn read_cursor(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn view(record: AuditRecord, people: &HashMap<String, String>) -> AuditEntry {
    AuditEntry {
        id: record.id,
        at: record.at.into(),
        actor_name: people.get(&record.actor).cloned(),
        actor: record.actor,
        action: record.action,
        entity_kind: record.entity_kind,
        entity_id: record.entity_id,
        entity_name: record.entity_name,
        note: record.note,
        before: record.before,
        after: record.after,
    }
}
