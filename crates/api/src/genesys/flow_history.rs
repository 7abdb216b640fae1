//! What was done to a flow as Genesys tells it, who has a history made first (`POST /flows/{flowId}/history`) and read then.
//! Ours, with notes, is `GET` there (`crates/api/src/flows/history.rs`).

use axum::Json;
use axum::extract::{Path, State};
use waypost_store::records::catalogue::{EventKind, FlowEvent as Kept};
use waypost_wire::genesys::architect::{HistoryEntry, HistoryListing, Operation};
use waypost_wire::reference::Reference;

use super::operation::numbered;
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::flows::{parse_id, refused};
use crate::names::descending;
use crate::paging::Paging;
use crate::query::Query;
use crate::state::ApiState;

/// What can be asked for: what Genesys calls what is done to a flow, ours among it.
const ACTIONS: [&str; 10] =
    ["CHECKIN", "CHECKOUT", "CREATE", "DEACTIVATE", "DEBUG", "DELETE", "PUBLISH", "REVERT", "SAVE", "UPDATE"];

/// What a history is sorted by.
#[derive(Clone, Copy)]
enum SortBy {
    Time,
    Action,
    User,
}

/// `POST /flows/{flowId}/history`: there is nothing to make; the history goes by the flow's identifier.
pub async fn make(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Operation>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    state.app.catalogue.flow_events(id, 0, 1).await.map_err(refused)?;
    Ok(numbered(id.0, &caller.client, "HISTORY"))
}

/// `GET /flows/{flowId}/history/{historyId}`
pub async fn made(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path((id, history)): Path<(String, String)>,
    mut query: Query,
) -> Result<Json<HistoryListing>, ApiError> {
    let paging = Paging::read(&mut query);
    let actions = query.some_of("action", &ACTIONS.map(|action| (action, action)));
    let keys = [("timestamp", SortBy::Time), ("action", SortBy::Action), ("user", SortBy::User)];
    let by = query.one_of("sortBy", &keys).unwrap_or(SortBy::Time);
    let ascending = query.says("sortOrder") && !descending(&mut query);
    query.ignore(&["sortOrder"]);
    query.finish()?;
    let id = parse_id(&id)?;
    if !history.eq_ignore_ascii_case(&id.to_string()) {
        return Err(ApiError::not_found("not.found", format!("history `{history}` was not found")));
    }
    let name = match state.app.catalogue.flow(id).await {
        Ok(flow) => flow.record.name.clone(),
        Err(error) => return Err(refused(error)),
    };
    let (events, _) = state.app.catalogue.flow_events(id, 0, u32::MAX).await.map_err(refused)?;
    let mut entries: Vec<HistoryEntry> = events.into_iter().map(entry).collect();
    entries.retain(|entry| actions.is_empty() || actions.contains(&entry.action.as_str()));
    // They come newest first, and so do equals; ascending is all of it the other way round.
    match by {
        SortBy::Time => {}
        SortBy::Action => entries.sort_by(|a, b| b.action.cmp(&a.action)),
        SortBy::User => entries.sort_by(|a, b| b.client.id.cmp(&a.client.id)),
    }
    if ascending {
        entries.reverse();
    }
    let (entities, total) = paging.cut(entries);
    Ok(Json(HistoryListing {
        id: id.0,
        complete: true,
        name,
        action_status: "SUCCESS".to_owned(),
        entities,
        page_size: paging.size,
        page_number: paging.number,
        total,
        page_count: total.div_ceil(u64::from(paging.size)),
    }))
}

fn entry(event: Kept) -> HistoryEntry {
    let action = match event.kind {
        EventKind::Saved => "SAVE",
        EventKind::Published => "PUBLISH",
        EventKind::Deactivated => "DEACTIVATE",
        EventKind::Deleted => "DELETE",
        EventKind::CheckedOut => "CHECKOUT",
        EventKind::CheckedIn => "CHECKIN",
        EventKind::Reverted => "REVERT",
        EventKind::Labelled
        | EventKind::Unlabelled
        | EventKind::Deprecated
        | EventKind::Undeprecated
        | EventKind::Unlocked => "UPDATE",
    };
    HistoryEntry {
        action: action.to_owned(),
        timestamp: event.at.into(),
        client: Reference { id: event.by, ..Reference::default() },
        version: event.version.map(|version| format!("{version}.0")),
    }
}
