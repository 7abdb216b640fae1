//! `/routing/email/domains/{domain}/routes`: which mail goes to which flow or queue.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::catalogue::routing::RouteSpec;
use waypost_app::error::AppError;
use waypost_ids::{FlowId, QueueId};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_wire::error::Problem;
use waypost_wire::listing::Page;
use waypost_wire::reference::Reference;
use waypost_wire::routing::{Route, RouteRequest};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::{ApiError, diagnosed, not_found_code};
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "name", "status", "dateCreated", "dateModified", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let all = "/routing/email/domains/{domainId}/routes";
    let one = "/routing/email/domains/{domainId}/routes/{routeId}";
    Endpoints::default()
        .get(
            all,
            list,
            operation("getRoutingEmailDomainRoutes", Scope::RoutingRead, "List a domain's routes, by pattern")
                .text("pattern", "Exactly this pattern, whatever the case.")
                .ignored(&["expand"])
                .pages::<Route>(),
        )
        .post(
            all,
            create,
            operation("postRoutingEmailDomainRoutes", Scope::RoutingWrite, "Make a route")
                .body::<RouteRequest>()
                .answers::<Route>()
                .refuses(&[409]),
        )
        .get(
            one,
            get,
            operation("getRoutingEmailDomainRoute", Scope::RoutingRead, "Get a route")
                .ignored(&["expand"])
                .answers::<Route>(),
        )
        .put(
            one,
            update,
            operation("putRoutingEmailDomainRoute", Scope::RoutingWrite, "Replace a route")
                .body::<RouteRequest>()
                .answers::<Route>()
                .refuses(&[409]),
        )
        .delete(
            one,
            delete,
            operation("deleteRoutingEmailDomainRoute", Scope::RoutingWrite, "Delete a route")
                .empty(StatusCode::NO_CONTENT),
        )
}

/// `POST /routing/email/domains/{domainName}/routes`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(domain): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<Route>, ApiError> {
    query.finish()?;
    let spec = spec(body)?;
    let route = state.app.catalogue.create_route(&caller.client, &domain, spec).await.map_err(refused)?;
    Ok(Json(view(&state, &route)))
}

/// `GET /routing/email/domains/{domainName}/routes`, by pattern
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(domain): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Route>>, ApiError> {
    let paging = Paging::read(&mut query);
    let pattern = query.text("pattern");
    query.ignore(&["expand"]);
    query.finish()?;
    let mut routes = state.app.catalogue.routes(&domain)?;
    routes.retain(|route| pattern.as_deref().is_none_or(|pattern| route.pattern == pattern.to_lowercase()));
    routes.sort_by(|a, b| a.pattern.cmp(&b.pattern));
    let (routes, total) = paging.cut(routes);
    Ok(Json(paging.page(routes.iter().map(|route| view(&state, route)).collect(), total, &uri)))
}

/// `GET /routing/email/domains/{domainName}/routes/{routeId}`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path((domain, id)): Path<(String, String)>,
    mut query: Query,
) -> Result<Json<Route>, ApiError> {
    query.ignore(&["expand"]);
    query.finish()?;
    let route = state.app.catalogue.route(&domain, parse_id(&id)?)?;
    Ok(Json(view(&state, &route)))
}

/// `PUT /routing/email/domains/{domainName}/routes/{routeId}`
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path((domain, id)): Path<(String, String)>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<Route>, ApiError> {
    query.finish()?;
    let (id, spec) = (parse_id(&id)?, spec(body)?);
    let route = state.app.catalogue.update_route(&caller.client, &domain, id, spec).await.map_err(refused)?;
    Ok(Json(view(&state, &route)))
}

/// `DELETE /routing/email/domains/{domainName}/routes/{routeId}`
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path((domain, id)): Path<(String, String)>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.app.catalogue.delete_route(&caller.client, &domain, parse_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse_id(text: &str) -> Result<Uuid, ApiError> {
    let missing = || ApiError::not_found(not_found_code("route"), format!("route `{text}` was not found"));
    Uuid::parse_str(text).map_err(|_| missing())
}

fn spec(mut body: Fields) -> Result<RouteSpec, ApiError> {
    let pattern = body.required_text("pattern");
    let flow: Option<FlowId> = body.reference("flow");
    let queue: Option<QueueId> = body.reference("queue");
    if flow.is_some() && queue.is_some() {
        body.problem(Problem {
            path: Some("queue".to_owned()),
            expected: Some("either `flow` or `queue`".to_owned()),
            found: Some("both".to_owned()),
            ..Problem::new("postino.invalid.route", "a route leads to a flow or to a queue, not to both")
        });
    }
    let unrouted_queue = body.reference("unroutedQueue");
    let priority = body.number("priority", i64::MIN..=i64::MAX).unwrap_or(0);
    body.discard(SET_BY_SERVER);
    let target = flow.map(RouteTarget::Flow).or(queue.map(RouteTarget::Queue));
    Ok(RouteSpec { pattern, target, unrouted_queue, priority, extra: body.rest()? })
}

fn refused(error: AppError) -> ApiError {
    match error {
        AppError::Invalid(problems) => ApiError::invalid("postino.invalid.route", diagnosed(&problems)),
        other => other.into(),
    }
}

fn view(state: &ApiState, route: &RouteRecord) -> Route {
    let queue = |id: QueueId| Reference {
        id: id.to_string(),
        name: state.app.queue_name(id).map(|name| name.to_string()),
        self_uri: Some(format!("/api/v2/routing/queues/{id}")),
    };
    let flow = |id: FlowId| Reference {
        id: id.to_string(),
        name: state.app.flow_name(id),
        self_uri: Some(format!("/api/v2/flows/{id}")),
    };
    Route {
        id: route.id,
        pattern: route.pattern.clone(),
        flow: if let RouteTarget::Flow(id) = route.target { Some(flow(id)) } else { None },
        queue: if let RouteTarget::Queue(id) = route.target { Some(queue(id)) } else { None },
        unrouted_queue: route.unrouted_queue.map(queue),
        priority: route.priority,
        extra: route.extra.clone(),
        date_created: route.created_at.into(),
        date_modified: route.modified_at.into(),
        self_uri: format!("/api/v2/routing/email/domains/{}/routes/{}", route.domain, route.id),
    }
}
