//! Replay: flows that are to change, run over recorded mail without effects, and which decisions would differ.

mod answers;
mod changed;
pub mod compare;
pub mod offline;
mod one;
mod reader;
pub mod report;
pub mod request;
mod work;

use thiserror::Error;
use uuid::Uuid;
use waypost_catalogue::changesets::ChangeSet;
use waypost_catalogue::error::ChangeError;
use waypost_flow::diagnostic::Diagnostic;
use waypost_ids::InteractionId;
use waypost_store::error::StoreError;
use waypost_store::records::audit::By;
use waypost_store::records::replays::{ReplayRecord, ReplayState};

use crate::App;
use request::ReplayRequest;

/// Why a replay was not begun, answered or removed.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// What keeps the set from being published, or is wrong with the request; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It does not exist.
    #[error("{kind} `{id}` was not found")]
    NotFound {
        /// `replay` or `change`.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The set could not be published for another reason.
    #[error(transparent)]
    Change(ChangeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ChangeError> for ReplayError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Invalid(problems) => Self::Invalid(problems),
            other => Self::Change(other),
        }
    }
}

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
    ) -> Result<ReplayRecord, ReplayError> {
        request.check().map_err(ReplayError::Invalid)?;
        request.resolve(&self.catalogue.world()).map_err(ReplayError::Invalid)?;
        request.take(&set)?;
        // New mail must not make the next replay of the same request another one.
        let now = self.origin.now();
        request.until.get_or_insert(now);
        let proposed = self.catalogue.proposed(By { actor, note: None }, set).await?;
        request.held_rows(&proposed.world).map_err(ReplayError::Invalid)?;
        let replay = ReplayRecord {
            id: self.origin.id_in_order(),
            created_at: now,
            created_by: actor.to_owned(),
            request: serde_json::to_string(&request).map_err(|error| failed(&error))?,
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
    pub async fn replay(&self, id: Uuid) -> Result<(ReplayRecord, Vec<String>), ReplayError> {
        let replay = self.store.replay(id).await?.ok_or_else(|| unknown(id))?;
        Ok((replay, self.store.replay_changes(id).await?))
    }

    /// Replays, newest first, and how many there are.
    ///
    /// # Errors
    /// The store.
    pub async fn replays(&self, offset: u64, limit: u32) -> Result<(Vec<ReplayRecord>, u64), StoreError> {
        self.store.replays(offset, limit).await
    }

    /// The traces of an interaction that differs, as JSON.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn replay_traces(&self, id: Uuid, interaction: InteractionId) -> Result<String, ReplayError> {
        let nothing = || ReplayError::NotFound { kind: "change", id: interaction.to_string() };
        self.store.replay_traces(id, interaction).await?.ok_or_else(nothing)
    }

    /// Removes a replay; one that is under way stops.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn delete_replay(&self, id: Uuid) -> Result<(), ReplayError> {
        if self.store.delete_replay(id).await? { Ok(()) } else { Err(unknown(id)) }
    }
}

fn unknown(id: Uuid) -> ReplayError {
    ReplayError::NotFound { kind: "replay", id: id.to_string() }
}

fn failed(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}
