//! Runs that are asked for again: of one interaction, or of all that match.

use waypost_ids::InteractionId;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::records::mail::{InteractionFilter, InteractionRecord, State};

use crate::App;
use crate::interactions::{InteractionError, entry, erased};

/// So many interactions are read at a time.
const READ: u32 = 100;

/// What came of asking for many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reruns {
    /// How many are run again.
    pub rerun: u64,
    /// How many matched and are not run again: erased, claimed, or waiting for a run.
    pub skipped: u64,
    /// The last one that was looked at, if there may be more.
    pub after: Option<InteractionId>,
}

impl App {
    /// Runs an interaction again, with what is published now. Unless `resend`, the run sends only what was never sent.
    ///
    /// # Errors
    /// Not found, erased, claimed or waiting, or the store.
    pub async fn rerun(&self, actor: &str, id: InteractionId, resend: bool) -> Result<(), InteractionError> {
        let interaction = self.interaction(id).await?;
        if interaction.erased {
            return Err(erased(id));
        }
        if !self.ask_for_run(actor, id, resend).await? {
            return Err(InteractionError::Busy("the interaction is claimed, or waits for a run already"));
        }
        tracing::info!(actor, interaction = %id, resend, "rerun requested");
        Ok(())
    }

    /// Runs what matches again, newest first from after a cursor's interaction on, and looks at no more than `most`. What was sent is not
    /// sent again.
    ///
    /// # Errors
    /// The store. What was asked for before it failed stays asked for.
    pub async fn rerun_all(
        &self,
        actor: &str,
        filter: &InteractionFilter,
        mut after: Option<InteractionId>,
        most: u32,
    ) -> Result<Reruns, StoreError> {
        let mut reruns = Reruns::default();
        let mut left = most;
        while left > 0 {
            let asked = left.min(READ);
            let found = self.interactions(filter, after, asked).await?;
            left = left.saturating_sub(asked);
            let ended = found.len() < asked as usize;
            for interaction in &found {
                after = Some(interaction.id);
                let is_run = may_be_run(interaction) && self.ask_for_run(actor, interaction.id, false).await?;
                *(if is_run { &mut reruns.rerun } else { &mut reruns.skipped }) += 1;
            }
            if ended {
                break;
            }
            reruns.after = if left == 0 { after } else { None };
        }
        let Reruns { rerun, skipped, .. } = reruns;
        tracing::info!(actor, rerun, skipped, "reruns requested");
        Ok(reruns)
    }

    /// Answers whether the interaction is run again.
    async fn ask_for_run(&self, actor: &str, id: InteractionId, resend: bool) -> Result<bool, StoreError> {
        match self.store.rerun(id, resend, entry(&self.origin, actor, "run again", id)).await {
            Ok(()) => {
                self.undecided.notify_one();
                Ok(true)
            }
            Err(LeaseError::Lost | LeaseError::NoQueue) => Ok(false),
            Err(LeaseError::Store(error)) => Err(error),
        }
    }
}

/// Whether it is worth asking: whoever asks the store may find that it has changed since.
fn may_be_run(interaction: &InteractionRecord) -> bool {
    !interaction.erased && matches!(interaction.state, State::Decided | State::GoingOut | State::Completed)
}
