//! Correspondents: what is kept of them, found and erased. Addresses come in bodies alone: URLs end up in the logs of proxies.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::correspondents::{CorrespondentError, Manner};
use waypost_ids::InteractionId;
use waypost_store::records::correspondents::{ErasureRecord, ErasureState, Part};
use waypost_wire::correspondent::{
    Correspondence, CorrespondentInteraction, CorrespondentSearch, Erasure, ErasureRequest,
};
use waypost_wire::listing::Page;

use crate::auth::{Admin, Caller, EmailRead};
use crate::body::ObjectBody;
use crate::cursor;
use crate::error::ApiError;
use crate::interactions::view;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// So many interactions are in a page.
const PAGE: u32 = 100;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let search = operation(
        "postCorrespondentsSearch",
        Scope::EmailRead,
        "Find what is stored about a correspondent: what they sent, and what was sent to them",
    )
    .body::<CorrespondentSearch>()
    .answers::<Correspondence>();
    let erase =
        operation("postCorrespondentsErase", Scope::Admin, "Erase everything that is stored about a correspondent")
            .body::<ErasureRequest>()
            .answers_with::<Erasure>(StatusCode::ACCEPTED)
            .refuses(&[409]);
    let list = operation("getErasures", Scope::Admin, "Erasures of correspondents, newest first").pages::<Erasure>();
    let get =
        operation("getErasure", Scope::Admin, "Get the progress of an erasure").answers::<Erasure>().refuses(&[404]);
    Endpoints::default()
        .post("/correspondents/search", self::search, search)
        .post("/correspondents/erase", self::erase, erase)
        .get("/erasures", self::list, list)
        .get("/erasures/{erasureId}", self::get, get)
}

/// `POST /correspondents/search`
async fn search(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Correspondence>, ApiError> {
    query.finish()?;
    let address = body.required_text("address");
    let after = body.parsed("cursor", cursor::EXPECTED, |value| cursor::read(value.as_str()?)).map(InteractionId);
    body.finish(&["address", "cursor"])?;
    let digest = state.app.correspondent_digest(&address).await?;
    // One more than asked for tells whether there is more.
    let mut found = state.app.correspondence(&address, after, PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let next_cursor = found.last().filter(|_| more).map(|last| cursor::write(last.interaction.id.0));
    let (parts, records): (Vec<_>, Vec<_>) =
        found.into_iter().map(|one| ((one.part, one.unfinished), one.interaction)).unzip();
    let interactions = view::interactions(&state.app, records).await?;
    let entities = parts.into_iter().zip(interactions).map(|((part, unfinished), interaction)| {
        let part = match part {
            Part::Sender => "sender".to_owned(),
            Part::Recipient => "recipient".to_owned(),
        };
        CorrespondentInteraction { part, unfinished, interaction }
    });
    Ok(Json(Correspondence { digest, entities: entities.collect(), next_cursor }))
}

/// `POST /correspondents/erase`
async fn erase(
    State(state): State<ApiState>,
    caller: Caller<Admin>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<(StatusCode, Json<Erasure>), ApiError> {
    query.finish()?;
    let address = body.required_text("address");
    let manner = Manner { force: body.flag("force").unwrap_or(false), compact: body.flag("compact").unwrap_or(false) };
    body.finish(&["address", "force", "compact"])?;
    let erasure = state.app.start_erasure(&caller.client, &address, manner).await?;
    Ok((StatusCode::ACCEPTED, Json(erasure_view(&erasure))))
}

/// `GET /erasures`
async fn list(
    State(state): State<ApiState>,
    _: Caller<Admin>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Erasure>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let (found, total) = state.app.erasures(paging.offset(), paging.size).await?;
    Ok(Json(paging.page(found.iter().map(erasure_view).collect(), total, &uri)))
}

/// `GET /erasures/{erasureId}`
async fn get(
    State(state): State<ApiState>,
    _: Caller<Admin>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Erasure>, ApiError> {
    query.finish()?;
    let id: Uuid = id.parse().map_err(|_| CorrespondentError::NotFound(id.clone()))?;
    Ok(Json(erasure_view(&state.app.erasure(id).await?)))
}

fn erasure_view(erasure: &ErasureRecord) -> Erasure {
    Erasure {
        id: erasure.id,
        state: match erasure.state {
            ErasureState::Open => "erasing".to_owned(),
            ErasureState::Erased => "cleaning".to_owned(),
            ErasureState::Done => "done".to_owned(),
        },
        created_at: erasure.created_at.into(),
        created_by: erasure.created_by.clone(),
        digest: erasure.digest.clone(),
        force: erasure.force,
        compact: erasure.compact,
        interactions: erasure.progress.interactions,
        sent: erasure.progress.sent,
        left: erasure.progress.left,
        self_uri: format!("/api/v2/erasures/{}", erasure.id),
    }
}
