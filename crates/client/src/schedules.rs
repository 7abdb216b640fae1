//! Schedules, and what they say of an instant.

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use reqwest::Method;
use waypost_ids::ScheduleId;
use waypost_wire::graph::Graph;
use waypost_wire::schedule::{EmergencyRequest, Schedule, ScheduleEvaluation, ScheduleRequest};

use crate::path::{flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about schedules.
#[derive(Clone, Copy, Debug)]
pub struct Schedules<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Schedules<'_> {
    /// Schedules, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Schedule>> {
        self.0.pages("/routing/schedules")
    }

    /// A schedule.
    pub async fn schedule(&self, id: ScheduleId) -> Result<Schedule> {
        self.0.get(&path(id)).await
    }

    /// Creates a schedule.
    pub async fn create(&self, request: &ScheduleRequest) -> Result<Schedule> {
        self.0.post("/routing/schedules", request).await
    }

    /// Replaces a schedule; with a revision, only that one.
    pub async fn update(&self, id: ScheduleId, request: &ScheduleRequest, revision: Option<u64>) -> Result<Schedule> {
        self.0.0.json(Method::PUT, &path(id), Body::json_for(request, revision)?).await
    }

    /// Deletes a schedule that no flow uses.
    pub async fn delete(&self, id: ScheduleId) -> Result<()> {
        self.0.delete(&path(id)).await
    }

    /// What a schedule says of an instant, or of now.
    pub async fn evaluate(&self, id: ScheduleId, at: Option<Timestamp>) -> Result<ScheduleEvaluation> {
        let at = at.map(|at| at.to_string());
        self.0.get(&with_query(&format!("{}/evaluate", path(id)), &[("at", at)])).await
    }

    /// Switches a schedule's emergency on or off.
    pub async fn switch_emergency(&self, id: ScheduleId, switch: &EmergencyRequest) -> Result<Schedule> {
        self.0.put(&format!("{}/emergency", path(id)), switch).await
    }

    /// What uses a schedule.
    pub async fn used_by(&self, id: ScheduleId, transitive: bool) -> Result<Graph<'static>> {
        self.0.get(&with_query(&format!("{}/usedby", path(id)), &[("transitive", flag(transitive))])).await
    }
}

fn path(id: ScheduleId) -> String {
    format!("/routing/schedules/{id}")
}
