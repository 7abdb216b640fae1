//! Whether the process lives, and whether it can serve. Asked without a token, by whatever watches over it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;
use waypost_store::error::StoreError;

use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::open;
use crate::state::ApiState;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The answer to a probe.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    status: &'static str,
    /// What is degraded while everything else works.
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded: Option<&'static str>,
}

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default().get("/health/live", live, open("getHealthLive", "Liveness").answers::<Health>()).get(
        "/health/ready",
        ready,
        open("getHealthReady", "Readiness").answers::<Health>(),
    )
}

/// `GET /health/live`: the process answers.
pub async fn live() -> Json<Health> {
    Json(Health { status: "live", degraded: None })
}

/// `GET /health/ready`: the store answers as well, and the process is not about to end. A full disk is told and is no reason to stay away:
/// those who claim and complete work are who makes room, and mail would find no room elsewhere.
pub async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, ApiError> {
    if state.draining.load(Ordering::Relaxed) {
        return Err(ApiError::unavailable("the server is about to stop", 5));
    }
    match timeout(PATIENCE, state.access.reach_store()).await {
        Ok(Ok(())) => match state.app.takes_mail() {
            Ok(()) => Ok(Json(Health { status: "ready", degraded: None })),
            Err(StoreError::Full) => {
                Ok(Json(Health { status: "ready", degraded: Some("the disk is full: mail is refused for now") }))
            }
            Err(error) => Err(ApiError::unavailable(error.to_string(), 5)),
        },
        Ok(Err(error)) => Err(ApiError::unavailable("the store does not answer", 5).private(error.to_string())),
        Err(_) => Err(ApiError::unavailable("the store does not answer in time", 5)),
    }
}
