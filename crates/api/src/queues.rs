//! `/routing/queues`: the queues that work waits in.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_ids::QueueId;
use waypost_store::records::catalogue::QueueRecord;
use waypost_wire::listing::Page;
use waypost_wire::reference::{Division, Reference};
use waypost_wire::routing::{Queue, QueueRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::{ApiError, not_found_code};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself; `sourceQueueId` (copy another queue's settings) finds nothing to copy here.
const SET_BY_SERVER: &[&str] = &[
    "id",
    "division",
    "builtIn",
    "dateCreated",
    "dateModified",
    "createdBy",
    "modifiedBy",
    "selfUri",
    "sourceQueueId",
];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = "/routing/queues/{queueId}";
    let lists = |id| {
        operation(id, Scope::RoutingRead, "List queues, by name")
            .text("name", "A name; `*` at either end stands for anything.")
            .list("id", "Identifiers.")
            .list("divisionId", "Divisions; there is one.")
            .words("sortOrder", SORT_ORDERS, "Ascending unless told.")
            .ignored(&["expand", "sortBy"])
            .pages::<Queue>()
    };
    Endpoints::default()
        .get("/routing/queues", list, lists("getRoutingQueues"))
        .get("/routing/queues/divisionviews", list, lists("getRoutingQueuesDivisionviews"))
        .get(
            "/routing/queues/{queueId}/members",
            nobody,
            operation("getRoutingQueueMembers", Scope::RoutingRead, "List a queue's agents: there are none here")
                .ignored(UNLOOKED)
                .pages::<Reference>(),
        )
        .get(
            "/routing/queues/{queueId}/wrapupcodes",
            nobody,
            operation("getRoutingQueueWrapupcodes", Scope::RoutingRead, "List a queue's codes: there are none here")
                .ignored(UNLOOKED)
                .pages::<Reference>(),
        )
        .post(
            "/routing/queues",
            create,
            operation("postRoutingQueues", Scope::RoutingWrite, "Make a queue")
                .body::<QueueRequest>()
                .answers::<Queue>()
                .refuses(&[409]),
        )
        .get(
            one,
            get,
            operation("getRoutingQueue", Scope::RoutingRead, "Get a queue").ignored(&["expand"]).answers::<Queue>(),
        )
        .put(
            one,
            update,
            operation("putRoutingQueue", Scope::RoutingWrite, "Replace what is said of a queue")
                .body::<QueueRequest>()
                .answers::<Queue>()
                .refuses(&[409]),
        )
        .delete(
            one,
            delete,
            operation("deleteRoutingQueue", Scope::RoutingWrite, "Delete a queue that nothing uses")
                .flag("forceDelete", "Makes no difference: a queue in use stays.")
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409]),
        )
}

/// `POST /routing/queues`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Queue>, ApiError> {
    query.finish()?;
    let name = body.required_text("name");
    body.discard(SET_BY_SERVER);
    let queue = state.app.catalogue.create_queue(&caller.client, name, body.rest()?).await?;
    Ok(Json(view(&queue)))
}

/// `GET /routing/queues`, by name
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Queue>>, ApiError> {
    let paging = Paging::read(&mut query);
    let name = query.text("name");
    let ids = query.ids("id");
    let divisions = query.list("divisionId");
    let descending = descending(&mut query);
    query.ignore(&["expand", "sortBy"]);
    query.finish()?;
    let mut queues = state.app.catalogue.queues();
    queues.retain(|queue| {
        name.as_deref().is_none_or(|name| fits(name, &queue.name))
            && (ids.is_empty() || ids.contains(&queue.id.to_string()))
            && (divisions.is_empty() || divisions.contains(&Division::HOME.to_string()))
    });
    queues.sort_by(|a, b| a.folded_name.cmp(&b.folded_name));
    if descending {
        queues.reverse();
    }
    let (queues, total) = paging.cut(queues);
    Ok(Json(paging.page(queues.iter().map(|queue| view(queue)).collect(), total, &uri)))
}

/// `GET /routing/queues/{queueId}`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Queue>, ApiError> {
    query.ignore(&["expand"]);
    query.finish()?;
    Ok(Json(view(&*state.app.catalogue.queue(parse_id(&id)?)?)))
}

/// Parameters of lists that are always empty.
const UNLOOKED: &[&str] = &[
    "expand",
    "joined",
    "memberBy",
    "name",
    "presence",
    "profileSkills",
    "routingStatus",
    "skills",
    "languages",
    "sortOrder",
];

/// A list of what queues don't have here: agents, and codes for when they are done.
pub async fn nobody(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Reference>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.ignore(UNLOOKED);
    query.finish()?;
    state.app.catalogue.queue(parse_id(&id)?)?;
    Ok(Json(paging.page(Vec::new(), 0, &uri)))
}

/// `PUT /routing/queues/{queueId}`
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Queue>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let name = body.required_text("name");
    body.discard(SET_BY_SERVER);
    let queue = state.app.catalogue.update_queue(&caller.client, id, name, body.rest()?).await?;
    Ok(Json(view(&queue)))
}

/// `DELETE /routing/queues/{queueId}`: a queue in use stays, `forceDelete` or not.
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<StatusCode, ApiError> {
    query.flag("forceDelete");
    query.finish()?;
    state.app.catalogue.delete_queue(&caller.client, parse_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A queue's id in a path. What is no UUID names no queue.
pub(crate) fn parse_id(text: &str) -> Result<QueueId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found(not_found_code("queue"), format!("queue `{text}` was not found")))
}

/// What `sortOrder` may say.
pub(crate) const SORT_ORDERS: &[&str] = &["asc", "ascending", "desc", "descending"];

/// `sortOrder`, in both of Genesys's spellings.
pub(crate) fn descending(query: &mut Query) -> bool {
    let orders = [("asc", false), ("ascending", false), ("desc", true), ("descending", true)];
    query.one_of("sortOrder", &orders).unwrap_or(false)
}

/// Whether a name fits a filter: the same whatever the case, where `*` at the start or the end stands for anything.
pub(crate) fn fits(filter: &str, name: &str) -> bool {
    let (filter, name) = (filter.to_lowercase(), name.to_lowercase());
    let open_start = filter.strip_prefix('*');
    let middle = open_start.unwrap_or(&filter);
    match (open_start.is_some(), middle.strip_suffix('*')) {
        (false, None) => name == filter,
        (false, Some(start)) => name.starts_with(start),
        (true, None) => name.ends_with(middle),
        (true, Some(inner)) => name.contains(inner),
    }
}

fn view(queue: &QueueRecord) -> Queue {
    Queue {
        id: queue.id,
        name: queue.name.clone(),
        division: Division::home(),
        built_in: queue.built_in,
        extra: queue.extra.clone(),
        date_created: queue.created_at.into(),
        date_modified: queue.modified_at.into(),
        self_uri: format!("/api/v2/routing/queues/{}", queue.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_fit_names() {
        for (filter, name, fitting) in [
            ("billing", "Billing", true),
            ("bill", "Billing", false),
            ("bill*", "Billing", true),
            ("*ING", "Billing", true),
            ("*lli*", "Billing", true),
            ("*xyz*", "Billing", false),
            ("*", "Billing", true),
            ("ÄR*", "ärger", true),
        ] {
            assert_eq!(fits(filter, name), fitting, "{filter} {name}");
        }
    }
}
