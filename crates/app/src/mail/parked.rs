//! Runs that wait for an answer from elsewhere. A parked run has no thread and is nobody's work: what it was answered so far is in the store,
//! and any node goes on with it once the answer is handed in (`docs/decisions/0023-journals-and-parked-runs.md`).

use jiff::Timestamp;
use uuid::Uuid;
use waypost_engine::{Answered, Journal, Question};
use waypost_ids::InteractionId;
use waypost_store::error::StoreError;

use crate::App;

/// Who answers questions that no node can answer by itself and at once, such as a service that is asked over the network. No action of the
/// language asks such a question yet.
pub trait Outside: Send + Sync {
    /// Until when a run waits for the answer to a question; none if the question is not for the outside.
    fn waits_until(&self, question: &Question) -> Option<Timestamp>;

    /// A run was parked on a question. Its answer may be handed in with [`App::hand_in`] from now on, on any node. The run asks again,
    /// under another ticket, when its time has come without an answer, as when this node is gone by then.
    fn ask(&self, ticket: Ticket, question: Question);
}

/// The right to hand in the answer to one question of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The interaction whose run waits.
    pub interaction: InteractionId,
    /// The lease under which it was parked.
    pub lease: Uuid,
}

/// A run that waits for an answer from outside.
#[derive(Debug)]
pub struct Parked {
    /// What it was answered so far.
    pub journal: Journal,
    /// What it asks.
    pub question: Question,
    /// When it goes on without an answer.
    pub until: Timestamp,
}

impl App {
    /// Hands in the answer that a parked run waits for: a worker of any node goes on with it. Answers whether the run waited under this
    /// ticket; it does not when it was answered before, or has asked again since.
    ///
    /// # Errors
    /// The store, or a journal that this program can't read.
    pub async fn hand_in(&self, ticket: Ticket, answered: Answered) -> Result<bool, StoreError> {
        let Ticket { interaction, lease } = ticket;
        let mut journal = match self.store.parked_journal(interaction).await? {
            Some(stored) => read(&stored)?,
            // It was erased, and begins anew: nothing of it is kept.
            None => Journal::default(),
        };
        journal.answers.push(answered);
        let resumed = self.store.resume_run(interaction, lease, stored(&journal)?).await?;
        if resumed {
            self.undecided.notify_one();
            tracing::info!(%interaction, "the answer is there: the run goes on");
        }
        Ok(resumed)
    }
}

/// A journal as it is stored.
pub(super) fn stored(journal: &Journal) -> Result<String, StoreError> {
    journal.to_json().map_err(|error| StoreError::Failed(error.to_string()))
}

/// A stored journal.
pub(super) fn read(stored: &str) -> Result<Journal, StoreError> {
    Journal::from_json(stored).map_err(|error| StoreError::Failed(error.to_string()))
}
