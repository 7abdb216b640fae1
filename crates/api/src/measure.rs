//! What an operator measures of the API, and the page that a monitoring system reads.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use waypost_app::metrics::MEDIA_TYPE;

use crate::context::Route;
use crate::openapi::Endpoints;
use crate::openapi::operation::open;
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default().get(
        "/metrics",
        metrics,
        open("getMetrics", "Metrics for Prometheus").answers_as("application/openmetrics-text"),
    )
}

/// `GET /metrics`: numbers and the names of queues, nothing of any mail or flow. Asked without a token, by whatever watches over the process.
pub async fn metrics(State(state): State<ApiState>) -> Response {
    let text = state.app.metrics_text().await;
    ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], text).into_response()
}

/// Counts and times each request by its route's template: paths themselves have names and ids in them.
pub async fn layer(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let (begun, begun_at) = (Instant::now(), state.app.origin.now());
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    state.app.metrics.answered(method, &route, status, begun.elapsed());
    state.app.traces.answered(traceparent.as_deref(), (method, &route), status, begun_at);
    response.extensions_mut().insert(Route(route));
    response
}

/// Anybody can invent a method; labels must stay few.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
