//! `/flows/{flowId}/versions/{versionId}/text`: a version as somebody wrote it, comments and all.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;
use waypost_catalogue::texts::TextError;
use waypost_catalogue::versions::VersionName;
use waypost_ids::{FlowId, Version};
use waypost_store::records::annotations::Replacing;
use waypost_store::records::audit::By;
use waypost_wire::error::Problem;
use waypost_wire::listing::Chunk;
use waypost_wire::text::{MOST_TEXTS, PublishedText, TextDone, TextsDone};

use super::versions::parse;
use super::{parse_id, refused, version_in};
use crate::auth::{Caller, FlowRead, FlowWrite};
use crate::body::{ObjectBody, media_type, read, unsupported, utf8};
use crate::changesets::placed;
use crate::cursor;
use crate::error::{ApiError, DAMAGED};
use crate::fields::Fields;
use crate::query::Query;
use crate::revision::{replacing, tag};
use crate::state::ApiState;

/// The media type of YAML (RFC 9512).
const YAML: &str = "application/yaml";

/// `GET`: the text as it was written; 404 if the version has none. With `earlier=true`, else the newest text before it
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(path): Path<(String, String)>,
    mut query: Query,
) -> Result<impl IntoResponse, ApiError> {
    query.flag("deleted");
    let earlier = query.flag("earlier");
    query.finish()?;
    let (id, version) = parse(&state, &path).await?;
    let text = state.app.catalogue.version_text(id, version, earlier).await?;
    let yaml = (header::CONTENT_TYPE, HeaderValue::from_static(YAML));
    let place = (header::CONTENT_LOCATION, format!("/api/v2/flows/{id}/versions/{}/text", text.version));
    Ok(([yaml], [tag(text.revision), place], text.text.to_string()))
}

/// A page ends early once its texts and documents have so many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// `GET /flows/texts`: how published versions are written, in the order of the flows' ids; with `documents=true`, what they say as well. What
/// can't be read keeps nothing else from being read.
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
) -> Result<Json<Chunk<PublishedText>>, ApiError> {
    let size = query.number("pageSize", 1..=500, 25) as usize;
    let after = query.parsed("cursor", cursor::EXPECTED, cursor::read).map(FlowId);
    let (ids, documents) = (query.ids("id"), query.flag("documents"));
    query.finish()?;
    let flows = state.app.catalogue.flows();
    let is_meant =
        |id: FlowId| after.is_none_or(|after| id > after) && (ids.is_empty() || ids.contains(&id.to_string()));
    let published = flows.iter().filter(|flow| is_meant(flow.id)).filter_map(|flow| Some((flow.id, flow.published?)));
    let mut published: Vec<(FlowId, Version)> = published.collect();
    published.sort_unstable();
    let (mut entities, mut bytes, mut last) = (Vec::new(), 0_usize, None);
    for (flow_id, version) in published.iter().copied().take(size) {
        if bytes >= PAGE_BYTES {
            break;
        }
        last = Some(flow_id);
        let mut one = PublishedText { flow_id, version, document: None, text: None, errors: Vec::new() };
        if documents {
            match state.app.catalogue.flow_version(flow_id, version).await.map_err(refused) {
                Ok(record) => {
                    let document = state.app.catalogue.read_back(&record);
                    bytes = bytes.saturating_add(document.len());
                    one.document = Some(serde_json::from_str(&document).map_err(|_| ApiError::internal())?);
                }
                Err(error) => match damage(error)? {
                    Some(errors) => one.errors.extend(errors),
                    None => continue,
                },
            }
        }
        match state.app.catalogue.version_text(flow_id, version, false).await {
            Ok(found) => one.text = Some(found.text.to_string()),
            Err(TextError::Missing(_)) if documents => {}
            Err(TextError::Missing(_)) => continue,
            Err(error) => match damage(error.into())? {
                Some(errors) => one.errors.extend(errors),
                None => continue,
            },
        }
        bytes = bytes.saturating_add(one.text.as_ref().map_or(0, String::len));
        entities.push(one);
    }
    let more = last.filter(|last| published.last().is_some_and(|(id, _)| id != last));
    Ok(Json(Chunk { entities, next_cursor: more.map(|last| cursor::write(last.0)) }))
}

/// What is wrong with what is damaged; none of what is gone.
fn damage(error: ApiError) -> Result<Option<Vec<Problem>>, ApiError> {
    match error {
        error if error.code() == DAMAGED => Ok(Some(error.listed())),
        error if error.status().is_client_error() => Ok(None),
        error => Err(error),
    }
}

/// `PUT`: keeps the text; 400 if it says something else than the version
pub async fn put(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(path): Path<(String, String)>,
    mut query: Query,
    request: Request,
) -> Result<(StatusCode, [(HeaderName, String); 1]), ApiError> {
    let note = query.text("note");
    query.finish()?;
    let (parts, body) = request.into_parts();
    if let Some(other) = media_type(&parts.headers).filter(|kind| kind != YAML) {
        return Err(unsupported(&other, YAML));
    }
    let replacing = replacing(&parts.headers)?;
    let target = parse(&state, &path).await?;
    let content = read(&state, &parts, body, state.settings.max_json_bytes).await?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let text = utf8(&content.bytes)?;
    let kept = state.app.catalogue.write_text(by, target, text.into(), replacing).await?;
    Ok((StatusCode::NO_CONTENT, [tag(kept.revision)]))
}

/// `PUT /flows/texts`: many texts, each for itself: what is refused does not keep the others from being kept
pub async fn put_many(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<TextsDone>, ApiError> {
    query.finish()?;
    let note = body.text("note");
    let mut given = body.list("texts", "a list of texts, each with `flowId`, `version` and `text`");
    if given.len() > MOST_TEXTS {
        body.problem(Problem {
            path: Some("texts".to_owned()),
            expected: Some(format!("at most {MOST_TEXTS} texts")),
            found: Some(given.len().to_string()),
            ..Problem::new("invalid.value", "too many texts in one request")
        });
        given.clear();
    }
    let mut wanted = Vec::with_capacity(given.len());
    for (index, one) in given.into_iter().enumerate() {
        match written(one) {
            Ok(text) => wanted.push(text),
            Err(error) => placed(&format!("texts[{index}]"), error).into_iter().for_each(|one| body.problem(one)),
        }
    }
    body.finish(&["texts", "note"])?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let mut texts = Vec::with_capacity(wanted.len());
    for (flow_id, version, text) in wanted {
        let kept = state.app.catalogue.write_text(by, (flow_id, version), text.into(), Replacing::Anything).await;
        let (outcome, errors) = match kept.map_err(ApiError::from) {
            Ok(kept) if kept.changed => ("written", Vec::new()),
            Ok(_) => ("unchanged", Vec::new()),
            Err(error) if error.status().is_server_error() => return Err(error),
            Err(error) => ("refused", error.listed()),
        };
        texts.push(TextDone { flow_id, version, outcome: outcome.to_owned(), errors });
    }
    Ok(Json(TextsDone { texts }))
}

fn written(one: Value) -> Result<(FlowId, Version, String), ApiError> {
    let mut fields = Fields::of(one)?;
    let id = fields.required_text("flowId");
    if !fields.has("version") {
        fields.missing("version", "a version's number");
    }
    let version = fields.parsed("version", "a version's number", |version| match version_in(version) {
        Some(VersionName::Number(number)) => Some(number),
        _ => None,
    });
    let text = fields.required_text("text");
    fields.finish(&["flowId", "version", "text"])?;
    Ok((parse_id(&id)?, version.unwrap_or_default(), text))
}
