//! Replay: flows that are to change, run over recorded mail without effects, and which decisions would differ.

mod answers;
mod changed;
pub mod compare;
pub mod offline;
mod one;
pub mod report;
pub mod request;
mod work;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_catalogue::changesets::ChangeSet;
use waypost_ids::InteractionId;
use waypost_store::records::audit::By;
use waypost_store::records::replays::{ReplayRecord, ReplayState};

use crate::App;
use crate::error::AppError;
use request::ReplayRequest;

impl App {
    /// Takes a replay of a change set in: whichever node is free runs it. What it is to run must be publishable as it stands.
    ///
    /// # Errors
    /// Everything that keeps the set from being published, or is wrong with the request; or the store.
    pub async fn start_replay(
        &self,
        actor: &str,
        mut request: ReplayRequest,
        set: ChangeSet,
    ) -> Result<ReplayRecord, AppError> {
        request.check()?;
        request.resolve(&self.catalogue.world())?;
        request.take(&set)?;
        // New mail must not make the next replay of the same request another one.
        let now = Timestamp::now();
        request.until.get_or_insert(now);
        let proposed = self.catalogue.proposed(By { actor, note: None }, set).await?;
        request.held_rows(&proposed.world).map_err(AppError::Invalid)?;
        let replay = ReplayRecord {
            id: Uuid::now_v7(),
            created_at: now,
            created_by: actor.to_owned(),
            request: serde_json::to_string(&request).map_err(|error| AppError::Store(failed(&error)))?,
            state: ReplayState::Open,
            starts: 0,
            progress: String::new(),
            report: None,
        };
        self.store.add_replay(replay.clone()).await?;
        self.replays.notify_one();
        Ok(replay)
    }

    /// A replay, with what differs.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn replay(&self, id: Uuid) -> Result<(ReplayRecord, Vec<String>), AppError> {
        let replay = self.store.replay(id).await?.ok_or_else(|| unknown(id))?;
        Ok((replay, self.store.replay_changes(id).await?))
    }

    /// Replays, newest first, and how many there are.
    ///
    /// # Errors
    /// The store.
    pub async fn replays(&self, offset: u64, limit: u32) -> Result<(Vec<ReplayRecord>, u64), AppError> {
        Ok(self.store.replays(offset, limit).await?)
    }

    /// The traces of an interaction that differs, as JSON.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn replay_traces(&self, id: Uuid, interaction: InteractionId) -> Result<String, AppError> {
        let nothing = || AppError::NotFound { kind: "change", id: interaction.to_string() };
        self.store.replay_traces(id, interaction).await?.ok_or_else(nothing)
    }

    /// Removes a replay; one that is under way stops.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn delete_replay(&self, id: Uuid) -> Result<(), AppError> {
        if self.store.delete_replay(id).await? { Ok(()) } else { Err(unknown(id)) }
    }
}

fn unknown(id: Uuid) -> AppError {
    AppError::NotFound { kind: "replay", id: id.to_string() }
}

fn failed(error: &dyn std::fmt::Display) -> waypost_store::error::StoreError {
    waypost_store::error::StoreError::Failed(error.to_string())
}
