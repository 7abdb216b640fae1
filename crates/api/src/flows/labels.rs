//! `/flows/{flowId}/labels/{label}`: movable names of versions.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::Value as Json;
use waypost_catalogue::labels::WantedTarget;
use waypost_store::records::audit::By;
use waypost_wire::error::Problem;
use waypost_wire::flow::parse_version;

use super::view::{Tagged, tagged};
use super::{parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// `PUT`: gives the label to one version, or to two with weights; answers the flow
pub async fn put(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path((id, label)): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    let targets = targets(&mut body);
    let note = body.text("note");
    body.finish(&["targets", "note"])?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let flow = state.app.catalogue.put_label(by, id, &label, &targets, revision.as_ref()).await.map_err(refused)?;
    Ok(tagged(&flow))
}

/// `DELETE`: takes the label away; 409 with every caller that names it
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path((id, label)): Path<(String, String)>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Tagged, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let flow = state.app.catalogue.delete_label(by, id, &label, revision.as_ref()).await.map_err(refused)?;
    Ok(tagged(&flow))
}

fn targets(body: &mut Fields) -> Vec<WantedTarget> {
    let mut wanted = Vec::new();
    for (index, element) in body.list("targets", "a list of one or two versions").into_iter().enumerate() {
        let number = |member: &str| element.get(member).filter(|value| !value.is_null());
        let version = number("version").and_then(|value| match value {
            Json::String(text) => parse_version(text),
            other => parse_version(&other.to_string()),
        });
        let weight = number("weight").map(|value| value.as_u64().and_then(|weight| u32::try_from(weight).ok()));
        let mut wrong = |member: &str, expected: &str| {
            body.problem(Problem {
                path: Some(format!("targets[{index}].{member}")),
                expected: Some(expected.to_owned()),
                ..Problem::new("invalid.value", format!("`{member}` must be {expected}"))
            });
        };
        if weight == Some(None) {
            wrong("weight", "a whole number, 1 or more");
        }
        match version {
            Some(version) => wanted.push(WantedTarget { version, weight: weight.flatten() }),
            None => wrong("version", "a version's number"),
        }
    }
    wanted
}
