//! Replays: flows that are to change, over recorded mail.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::replay::request::{MOST_COUNT, ReplayRequest};
use waypost_catalogue::changesets::ChangeSet;
use waypost_flow::source::{self, Node};
use waypost_ids::InteractionId;
use waypost_store::records::replays::{ReplayRecord, ReplayState};
use waypost_wire::listing::Page;
use waypost_wire::replay::{Replay, ReplayReport, ReplayRequest as WireRequest};
use waypost_wire::time::Time;
use waypost_wire::trace::ReplayTraces;

use crate::auth::{Caller, EmailRead, FlowRead, RoutingRead};
use crate::body::FlowBody;
use crate::changesets::{members_that_run, objects};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

const ROWS: &str = "lists of rows by the name of their table, such as `{\"Customers\": [{\"KEY\": \"acme.example\"}]}`";

const TIME: &str = "a time by RFC 3339, such as 2026-11-23T08:00:00Z";

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let start = operation("postReplays", Scope::FlowRead, "Run a change over recorded mail, without effects")
        .also_needs(&[Scope::EmailRead, Scope::RoutingRead])
        .body::<WireRequest>()
        .answers_with::<Replay>(StatusCode::ACCEPTED)
        .refuses(&[404, 409, 410]);
    let list = operation("getReplays", Scope::FlowRead, "Replays, newest first").pages::<Replay>();
    let get = operation(
        "getReplay",
        Scope::FlowRead,
        "Get a replay's progress and report. With routing:read also queues, with email:read also the differences",
    )
    .answers::<Replay>()
    .refuses(&[404]);
    let traces =
        operation("getReplayTraces", Scope::EmailRead, "Both traces of an interaction whose decision would change")
            .also_needs(&[Scope::RoutingRead])
            .answers::<ReplayTraces>()
            .refuses(&[404]);
    let summary = "Delete a replay; a running one stops. What another client requested needs flow:write";
    let delete = operation("deleteReplay", Scope::FlowRead, summary).empty(StatusCode::NO_CONTENT).refuses(&[404]);
    Endpoints::default()
        .post("/replays", self::start, start)
        .get("/replays", self::list, list)
        .get("/replays/{replayId}", self::get, get)
        .delete("/replays/{replayId}", self::delete, delete)
        .get("/replays/{replayId}/changes/{interactionId}", self::traces, traces)
}

/// `POST /replays`
pub async fn start(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    // What a flow finds in recorded mail, tables and queues shows in how it decides: who may not read them may not ask.
    _: Caller<EmailRead>,
    _: Caller<RoutingRead>,
    query: Query,
    FlowBody(body): FlowBody,
) -> Result<Response, ApiError> {
    query.finish()?;
    let (request, set) = read(&body, &state)?;
    let replay = state.app.start_replay(&caller.client, request, set).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&replay, &[], &caller)?)).into_response())
}

/// `GET /replays`
pub async fn list(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Replay>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let (found, total) = state.app.replays(paging.offset(), paging.size).await?;
    let found = found.iter().map(|replay| view(replay, &[], &caller)).collect::<Result<_, _>>()?;
    Ok(Json(paging.page(found, total, &uri)))
}

/// `GET /replays/{replayId}`
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Replay>, ApiError> {
    query.finish()?;
    let (replay, changes) = state.app.replay(parse_id(&id)?).await?;
    Ok(Json(view(&replay, &changes, &caller)?))
}

/// `DELETE /replays/{replayId}`
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    // Who may start one may stop it.
    let (replay, _) = state.app.replay(id).await?;
    caller.must((replay.created_by != caller.client).then_some(Scope::FlowWrite))?;
    state.app.delete_replay(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /replays/{replayId}/changes/{interactionId}`
pub async fn traces(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    _: Caller<RoutingRead>,
    Path((id, interaction)): Path<(String, String)>,
    query: Query,
) -> Result<Json<ReplayTraces>, ApiError> {
    query.finish()?;
    let unknown = || ApiError::not_found("change.not.found", format!("`{interaction}` is not an interaction's id"));
    let interaction: InteractionId = interaction.parse().map_err(|_| unknown())?;
    let traces = state.app.replay_traces(parse_id(&id)?, interaction).await?;
    // They are kept for people to look at: what can't be read any more is as if it had not been kept.
    let traces = serde_json::from_str(&traces).inspect_err(
        |error| tracing::warn!(replay = %id, %interaction, %error, "the traces of a replay can't be read"),
    );
    Ok(Json(traces.unwrap_or_default()))
}

fn parse_id(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| ApiError::not_found("replay.not.found", format!("replay `{id}` was not found")))
}

fn unreadable(error: serde_json::Error) -> ApiError {
    ApiError::internal().private(error.to_string())
}

/// What the caller may read of a replay; what was left out is said.
fn view<S>(replay: &ReplayRecord, changes: &[String], caller: &Caller<S>) -> Result<Replay, ApiError> {
    let lacks = |scope: &Scope| !caller.may(*scope);
    let withheld: Vec<Scope> = [Scope::RoutingRead, Scope::EmailRead].into_iter().filter(lacks).collect();
    // What differs tells of mail, and of queues.
    let changes = if withheld.is_empty() { changes } else { &[] };
    let mut report: Option<ReplayReport> =
        replay.report.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
    if let Some(report) = report.as_mut().filter(|_| withheld.contains(&Scope::RoutingRead)) {
        report.moves.clear();
        report.queues.clear();
    }
    let request: ReplayRequest = serde_json::from_str(&replay.request).map_err(unreadable)?;
    let state = match (replay.state, replay.starts) {
        (ReplayState::Open, 0) => "waiting",
        (ReplayState::Open, _) => "running",
        (ReplayState::Done, _) => "done",
        (ReplayState::Failed, _) => "failed",
    };
    let progress = Some(&replay.progress).filter(|progress| !progress.is_empty());
    Ok(Replay {
        id: replay.id,
        state: state.to_owned(),
        created_at: Time(replay.created_at),
        created_by: replay.created_by.clone(),
        request: request.told(),
        starts: replay.starts,
        progress: progress.map(|progress| serde_json::from_str(progress)).transpose().map_err(unreadable)?,
        report,
        changes: changes
            .iter()
            .map(|entry| serde_json::from_str(entry))
            .collect::<Result<_, _>>()
            .map_err(unreadable)?,
        withheld: withheld.into_iter().map(|scope| scope.as_str().to_owned()).collect(),
        self_uri: format!("/api/v2/replays/{}", replay.id),
    })
}

/// Rows by the name of their table.
fn rows_by_table(value: &Value) -> Option<BTreeMap<String, Vec<Map<String, Value>>>> {
    let row = |row: &Value| row.as_object().cloned();
    let rows = |rows: &Value| rows.as_array()?.iter().map(row).collect::<Option<Vec<_>>>();
    value.as_object()?.iter().map(|(table, all)| Some((table.clone(), rows(all)?))).collect()
}

/// Reads the body; every problem at once.
fn read(body: &Node, state: &ApiState) -> Result<(ReplayRequest, ChangeSet), ApiError> {
    let mut top = Fields::of_tree(body, &["flows", "objects"])?;
    let time = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let share = |value: &Value| value.as_f64().filter(|share| *share > 0.0 && *share <= 1.0);
    let request = ReplayRequest {
        since: top.parsed("since", TIME, time),
        until: top.parsed("until", TIME, time),
        route: top.text("route"),
        caller: top.text("caller"),
        count: top.number("count", 1..=MOST_COUNT).and_then(|count| u64::try_from(count).ok()),
        sample: top.parsed("sample", "a number above 0, and 1 at most", share),
        ..ReplayRequest::default()
    };
    let objects = objects(body, &mut top, state);
    let rows = source::member(body, "rows").map(|_| top.parsed("rows", ROWS, rows_by_table).unwrap_or_default());
    let request = ReplayRequest { rows: rows.unwrap_or_default(), ..request };
    let only_objects = !objects.is_empty() && source::member(body, "flows").is_none();
    let members = if only_objects { Vec::new() } else { members_that_run(body, &mut top, "a replay") };
    let queues = top.texts("queues").unwrap_or_default();
    let set = ChangeSet { members, queues, objects, dry_run: true, ..ChangeSet::default() };
    top.finish(&["flows", "queues", "objects", "rows", "since", "until", "route", "caller", "count", "sample"])?;
    Ok((request, set))
}
