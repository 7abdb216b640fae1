//! Whether the process lives, and whether it can serve. Asked without a token, by whatever watches over it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;

use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::open;
use crate::state::ApiState;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a probe is told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    status: &'static str,
}

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get("/health/live", live, open("getHealthLive", "Whether the process answers").answers::<Health>())
        .get("/health/ready", ready, open("getHealthReady", "Whether it can serve").answers::<Health>())
}

/// `GET /health/live`: the process answers.
pub async fn live() -> Json<Health> {
    Json(Health { status: "live" })
}

/// `GET /health/ready`: the store answers as well, and the process is not about to end.
pub async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, ApiError> {
    if state.draining.load(Ordering::Relaxed) {
        return Err(ApiError::unavailable("the server is about to stop", 5));
    }
    match timeout(PATIENCE, state.access.reach_store()).await {
        Ok(Ok(())) => Ok(Json(Health { status: "ready" })),
        Ok(Err(error)) => Err(ApiError::unavailable("the store does not answer", 5).private(error.to_string())),
        Err(_) => Err(ApiError::unavailable("the store does not answer in time", 5)),
    }
}
