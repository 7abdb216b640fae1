//! What is offered, and what every request passes on its way there.

use std::sync::Arc;

use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};

use crate::genesys::{conversations, dependencies, flow_actions, unoffered};
use crate::openapi::pages::{self, OpenApi};
use crate::openapi::{Described, Endpoints};
use crate::state::ApiState;
use crate::{
    audit, auth, changesets, claims, console, context, correspondents, data_actions, deliveries, domains, executions,
    flows, graph, health, ingress, interactions, live, mailboxes, map, measure, oauth, overview, protocol, queues,
    replays, routes, schedules, secrets, sessions, sign_in, tables, terms, token, webhooks, witnesses,
};

/// Below this path stands the API; beside it what clients ask before they have a token.
const BASE: &str = "/api/v2";

/// The whole API. The listener must put [`context::Remote`] into each request's extensions, as [`crate::serve`] does.
pub fn router(state: ApiState) -> Router {
    let origin = state.app.origin.clone();
    let (api, mut described) = below_base().split(BASE);
    let (beside, more) = beside_base().split("");
    described.extend(more);
    let api = api.fallback(unoffered::fallback).layer(from_fn_with_state(state.clone(), auth::layer));
    let offered = beside
        .nest(BASE, api)
        .fallback(console::fallback)
        .layer(Extension(Arc::new(OpenApi::new(described))))
        .layer(from_fn_with_state(state.clone(), measure::layer))
        .with_state(state);
    // A router around the router: layers of the inner one would run after a path was matched, and its `Allow` headers would
    // stand on answers that are about something else.
    Router::new()
        .fallback_service(offered)
        .layer(from_fn(unoffered::layer))
        .layer(from_fn(protocol::layer))
        .layer(from_fn_with_state(origin, context::layer))
}

/// Every endpoint, described.
pub fn described() -> Vec<Described> {
    let (_, mut described) = below_base().split(BASE);
    described.extend(beside_base().split("").1);
    described
}

fn below_base() -> Endpoints {
    let endpoints = Endpoints::default()
        .group("Flows", flows::endpoints::flows())
        .group("Flow actions", flow_actions::endpoints())
        .group("Flow versions", flows::endpoints::versions())
        .group("Where used", graph::endpoints())
        .group("Where used", map::endpoints())
        .group("Dependency tracking", dependencies::endpoints())
        .group("Change sets", changesets::endpoints())
        .group("Change sets", witnesses::endpoints())
        .group("Replays", replays::endpoints())
        .group("Queues", queues::endpoints())
        .group("Claims", claims::endpoints())
        .group("Data tables", tables::endpoints())
        .group("Schedules", schedules::endpoints())
        .group("Email domains", domains::endpoints())
        .group("Email routes", routes::endpoints())
        .group("Webhooks", webhooks::endpoints())
        .group("Data actions", data_actions::endpoints())
        .group("Data actions", executions::endpoints())
        .group("Mailboxes", mailboxes::endpoints())
        .group("Secrets", secrets::endpoints())
        .group("Interactions", interactions::endpoints::endpoints())
        .group("Events", live::endpoints())
        .group("Overview", overview::endpoints())
        .group("Ingress", ingress::endpoints())
        .group("Deliveries", deliveries::endpoints())
        .group("Conversations", conversations::endpoints())
        .group("Clients", oauth::endpoints())
        .group("Console", sessions::endpoints())
        .group("Console", sign_in::endpoints())
        .group("Correspondents", correspondents::endpoints())
        .group("Audit", audit::endpoints())
        .group("Documentation", pages::endpoints());
    terms::groups().fold(endpoints, |endpoints, (name, group)| endpoints.group(name, group))
}

fn beside_base() -> Endpoints {
    Endpoints::default()
        .group("Tokens", token::endpoints())
        .group("Health", health::endpoints())
        .group("Metrics", measure::endpoints())
}
