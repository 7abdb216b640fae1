//! `/routing/queues/{queueId}/claims`: taking work from a queue, and giving it back or completing it;
//! and pushing it to where the queue delivers.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_ids::QueueId;
use waypost_store::records::catalogue::QueueRecord;
use waypost_store::records::queues::QueueClaim;
use waypost_wire::Object;
use waypost_wire::claim::{Claim, ClaimRequest, ClaimState, Claims, ExtendRequest};
use waypost_wire::interaction::State as InteractionState;
use waypost_wire::routing::Pushed;

use crate::auth::{Caller, EmailWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::interactions::view;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::queues;
use crate::serve::{Stopping, stopped};
use crate::state::ApiState;

/// A lease may last half a day.
const MAX_LEASE_SECONDS: i64 = 43_200;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = |what: &str| format!("/routing/queues/{{queueId}}/claims/{{token}}/{what}");
    Endpoints::default()
        .post(
            "/routing/queues/{queueId}/claims",
            claim,
            operation("postRoutingQueueClaims", Scope::EmailWrite, "Claim work: higher priority first, then older")
                .body::<ClaimRequest>()
                .answers::<Claims>(),
        )
        .post(
            "/routing/queues/{queueId}/push",
            push,
            operation(
                "postRoutingQueuePush",
                Scope::EmailWrite,
                "Push waiting work of a queue that delivers: work from before it delivered, and work whose push failed",
            )
            .body::<Object>()
            .answers::<Pushed>(),
        )
        .post(
            &one("ack"),
            acknowledge,
            operation("postRoutingQueueClaimAck", Scope::EmailWrite, "Complete claimed work (idempotent)")
                .body::<Object>()
                .answers::<ClaimState>()
                .refuses(&[409]),
        )
        .post(
            &one("release"),
            release,
            operation("postRoutingQueueClaimRelease", Scope::EmailWrite, "Release claimed work")
                .body::<Object>()
                .answers::<ClaimState>()
                .refuses(&[409]),
        )
        .post(
            &one("extend"),
            extend,
            operation("postRoutingQueueClaimExtend", Scope::EmailWrite, "Extend a claim")
                .body::<ExtendRequest>()
                .answers::<ClaimState>()
                .refuses(&[409]),
        )
}

/// `POST /routing/queues/{queueId}/claims`
pub async fn claim(
    State(state): State<ApiState>,
    _: Caller<EmailWrite>,
    stopping: Option<Extension<Stopping>>,
    Path(queue): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Claims>, ApiError> {
    query.finish()?;
    let queue = queues::parse_id(&queue)?;
    let default = ClaimRequest::default();
    let max = number(&mut body, "max", 1, 100, default.max);
    let lease_seconds = number(&mut body, "leaseSeconds", 1, MAX_LEASE_SECONDS, default.lease_seconds);
    let wait_seconds = number(&mut body, "waitSeconds", 0, 15, default.wait_seconds);
    let skills = body.texts("skills");
    body.finish(&["max", "leaseSeconds", "waitSeconds", "skills"])?;
    let claim = QueueClaim { queue, max, lease_seconds, skills };
    let wait = Duration::from_secs(u64::from(wait_seconds));
    // Who waits for work that may never come must not hold up the end of the server.
    let mut stopping = stopping.map(|Extension(stopping)| stopping);
    let leases = state.app.claim(claim, wait, stopped(&mut stopping)).await?;
    let (leases, records): (Vec<_>, Vec<_>) = leases.into_iter().map(|one| (one.lease, one.interaction)).unzip();
    // The work is claimed: an error would keep it from everybody until the leases expire.
    let runs = view::runs_of(&state.app, &records).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "work was claimed, but its runs could not be read: the answer leaves them out");
        vec![Vec::new(); records.len()]
    });
    let entities = leases.into_iter().zip(records.into_iter().zip(runs)).map(|(lease, (record, runs))| Claim {
        token: lease.id,
        expires_at: lease.until.into(),
        interaction: view::interaction(&state.app, record, runs),
    });
    let entities = entities.collect();
    Ok(Json(Claims { entities }))
}

/// `POST /routing/queues/{queueId}/push`
pub async fn push(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(queue): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<Pushed>, ApiError> {
    query.finish()?;
    body.finish(&[])?;
    let done = state.app.push_waiting(&caller.client, queues::parse_id(&queue)?).await?;
    Ok(Json(Pushed { pushed: done.pushed, more: done.more }))
}

/// `POST /routing/queues/{queueId}/claims/{token}/ack`
pub async fn acknowledge(
    State(state): State<ApiState>,
    _: Caller<EmailWrite>,
    Path(path): Path<(String, String)>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<ClaimState>, ApiError> {
    query.finish()?;
    body.finish(&[])?;
    let (queue, token) = parse(&state, &path)?;
    state.app.acknowledge(queue, token).await?;
    Ok(Json(ClaimState { token, state: InteractionState::Completed, expires_at: None }))
}

/// `POST /routing/queues/{queueId}/claims/{token}/release`
pub async fn release(
    State(state): State<ApiState>,
    _: Caller<EmailWrite>,
    Path(path): Path<(String, String)>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<ClaimState>, ApiError> {
    query.finish()?;
    body.finish(&[])?;
    let (queue, token) = parse(&state, &path)?;
    state.app.release(queue, token).await?;
    Ok(Json(ClaimState { token, state: InteractionState::Decided, expires_at: None }))
}

/// `POST /routing/queues/{queueId}/claims/{token}/extend`
pub async fn extend(
    State(state): State<ApiState>,
    _: Caller<EmailWrite>,
    Path(path): Path<(String, String)>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<ClaimState>, ApiError> {
    query.finish()?;
    let seconds = number(&mut body, "leaseSeconds", 1, MAX_LEASE_SECONDS, ExtendRequest::default().lease_seconds);
    body.finish(&["leaseSeconds"])?;
    let (queue, token) = parse(&state, &path)?;
    let expires_at = state.app.extend(queue, token, seconds).await?;
    Ok(Json(ClaimState { token, state: InteractionState::Claimed, expires_at: Some(expires_at.into()) }))
}

fn number(body: &mut Fields, name: &str, least: i64, most: i64, default: u32) -> u32 {
    body.number(name, least..=most).and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
}

/// The claim's token. A queue that does not exist, or what can't be a token, is 404; whether the token is a lease that still
/// holds, the store knows.
fn parse(state: &ApiState, (queue, token): &(String, String)) -> Result<(QueueId, Uuid), ApiError> {
    let queue: QueueId = queues::parse_id(queue)?;
    state.app.catalogue.object::<QueueRecord>(&queue)?;
    let token = Uuid::parse_str(token)
        .map_err(|_| ApiError::not_found("not.found", format!("claim `{token}` was not found")))?;
    Ok((queue, token))
}
