//! Which path leads where.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post, put};

use crate::error::ApiError;
use crate::state::ApiState;
use crate::{
    auth, changesets, claims, context, domains, flows, graph, health, interactions, queues, routes, token, unoffered,
};

/// The whole API. The listener must put [`context::Remote`] into each request's extensions, as [`crate::serve`] does.
pub fn router(state: ApiState) -> Router {
    let api = flow_paths()
        .merge(routing_paths())
        .merge(interaction_paths())
        .fallback(unknown)
        .layer(from_fn_with_state(state.clone(), auth::layer));
    let offered = Router::new()
        .nest("/api/v2", api)
        .route("/oauth/token", post(token::issue))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(unknown)
        .with_state(state);
    // A router around the router: layers of the inner one would run after a path was matched, and its `Allow` headers would
    // stand on answers that are about something else.
    Router::new().fallback_service(offered).layer(from_fn(unoffered::layer)).layer(from_fn(context::layer))
}

fn flow_paths() -> Router<ApiState> {
    Router::new()
        .route("/flows", get(flows::list::list).post(flows::save::create))
        .route("/flows/{id}", get(flows::get::get).put(flows::save::update).delete(flows::delete::delete))
        .route("/flows/actions/deactivate", post(flows::actions::deactivate))
        .route("/flows/{id}/diff", get(flows::diff::diff))
        .route("/flows/{id}/history", get(flows::history::list))
        .route("/flows/{id}/labels/{label}", put(flows::labels::put).delete(flows::labels::delete))
        .route("/flows/{id}/try", post(flows::attempt::attempt))
        .route("/flows/{id}/uses", get(graph::uses))
        .route("/flows/{id}/usedby", get(graph::used_by))
        .route("/changesets", post(changesets::publish))
        .route("/flows/{id}/versions", get(flows::versions::list).post(flows::save::draft))
        .route("/flows/{id}/versions/{version}", get(flows::versions::get))
        .route("/flows/{id}/versions/{version}/configuration", get(flows::versions::configuration))
        .route("/flows/{id}/versions/{version}/publish", post(flows::versions::publish))
}

fn routing_paths() -> Router<ApiState> {
    let queue = "/routing/queues/{id}";
    let domain = "/routing/email/domains/{domain}";
    Router::new()
        .route("/routing/queues", get(queues::list).post(queues::create))
        .route(queue, get(queues::get).put(queues::update).delete(queues::delete))
        .route(&format!("{queue}/usedby"), get(graph::queue_used_by))
        .route(&format!("{queue}/claims"), post(claims::claim))
        .route(&format!("{queue}/claims/{{token}}/ack"), post(claims::acknowledge))
        .route(&format!("{queue}/claims/{{token}}/release"), post(claims::release))
        .route(&format!("{queue}/claims/{{token}}/extend"), post(claims::extend))
        .route("/routing/email/domains", get(domains::list).post(domains::create))
        .route(domain, get(domains::get).patch(domains::update).delete(domains::delete))
        .route(&format!("{domain}/routes"), get(routes::list).post(routes::create))
        .route(&format!("{domain}/routes/{{id}}"), get(routes::get).put(routes::update).delete(routes::delete))
}

fn interaction_paths() -> Router<ApiState> {
    let interaction = "/interactions/{id}";
    Router::new()
        .route("/interactions", get(interactions::list::list).post(interactions::post::accept))
        .route("/interactions/summary", get(interactions::get::summary))
        .route(interaction, get(interactions::get::get))
        .route(&format!("{interaction}/trace"), get(interactions::get::trace))
        .route(&format!("{interaction}/message"), get(interactions::get::message))
        .route(&format!("{interaction}/rerun"), post(interactions::rerun::rerun))
        .route(&format!("{interaction}/content"), delete(interactions::rerun::erase))
}

async fn unknown(request: Request) -> ApiError {
    ApiError::not_found("not.found", format!("there is nothing at `{}`", request.uri().path()))
}
