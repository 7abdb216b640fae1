//! Replays of recorded mail.

use futures_util::stream::BoxStream;
use uuid::Uuid;
use waypost_wire::replay::{Replay, ReplayRequest};
use waypost_wire::trace::ReplayTraces;

use crate::{Client, Result};

/// Calls about replays.
#[derive(Clone, Copy, Debug)]
pub struct Replays<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Replays<'_> {
    /// Starts a replay, which runs in the background: [`Replays::get`] has its progress.
    pub async fn start(&self, request: &ReplayRequest) -> Result<Replay> {
        self.0.post("/replays", request).await
    }

    /// Replays, newest first, without their changes.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Replay>> {
        self.0.pages("/replays")
    }

    /// A replay with its report, once there is one.
    pub async fn get(&self, id: Uuid) -> Result<Replay> {
        self.0.get(&format!("/replays/{id}")).await
    }

    /// Both traces of an interaction whose decision would change.
    pub async fn traces(&self, id: Uuid, interaction: Uuid) -> Result<ReplayTraces> {
        self.0.get(&format!("/replays/{id}/changes/{interaction}")).await
    }

    /// Deletes a replay; a running one stops.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.0.delete(&format!("/replays/{id}")).await
    }
}
