//! Runs that wait for an answer from elsewhere. A parked run has no thread and is nobody's work: what it was answered so far is in the store,
//! and any node goes on with it once the answer is handed in (`docs/decisions/0023-journals-and-parked-runs.md`).

use std::fmt::Write;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};
use waypost_catalogue::world::Running;
use waypost_engine::{Answered, Ask, CallFailure, CallOutcome, Journal, Question};
use waypost_ids::InteractionId;
use waypost_store::error::StoreError;

use crate::App;

/// Who answers questions that no node can answer by itself and at once, such as a service that is asked over the network.
pub trait Outside: Send + Sync {
    /// What becomes of a question now, by what runs.
    fn receives(&self, running: &Running, question: &Question, now: Timestamp) -> Received;

    /// A run was parked on a question. Its answer may be handed in with [`App::hand_in`] from now on, on any node. The run asks again,
    /// under another ticket, when its time has come without an answer, as when this node is gone by then.
    fn ask(&self, asked: Asked);
}

/// What becomes of a question to the outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// It is not for the outside.
    No,
    /// The answer is known.
    Known(Box<Answered>),
    /// It comes later: a run waits for it until this time.
    Later(Timestamp),
}

/// A question that is to be answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The right to hand in the answer.
    pub ticket: Ticket,
    /// The question.
    pub question: Question,
    /// The same whenever this run asks this question at this place again, on any node, and that of no other question.
    pub key: Uuid,
    /// When the run asks again.
    pub until: Timestamp,
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
    /// What it was answered so far, and what it asks.
    pub journal: Journal,
    /// What it asks.
    pub question: Question,
    /// When it goes on without an answer.
    pub until: Timestamp,
}

/// A question is asked so often without an answer: whoever answered was gone each time, as when the answer ends its process.
pub const MOST_ASKED: u32 = 5;

/// The answer to a question that was asked too often.
pub(super) fn unanswered(question: &Question) -> Answered {
    let why = format!("it was asked {MOST_ASKED} times, and nobody answered in time");
    match question.clone() {
        Question::CallDataAction(asked) => asked.answered(CallOutcome::TimedOut(CallFailure {
            code: "unanswered".to_owned(),
            message: why,
            status: None,
        })),
        question => question.failed(why),
    }
}

/// The key of a question, the `place`th that a run asks.
pub(super) fn key(interaction: InteractionId, run: u32, place: usize, question: &Question) -> Result<Uuid, StoreError> {
    let mut question = serde_json::to_value(question).map_err(|error| StoreError::Failed(error.to_string()))?;
    // Questions are equal whatever the order of their inputs.
    question.sort_all_objects();
    let mut said = String::new();
    // Writing to a string does not fail.
    let _ = write!(said, "{interaction} {run} {place} {question}");
    let digest = Sha256::digest(said.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    Ok(Builder::from_custom_bytes(bytes).into_uuid())
}

impl App {
    /// Hands in the answer that a parked run waits for: a worker of any node goes on with it. Answers whether the run waited for it under
    /// this ticket; it does not when it was answered before, has asked again since, or asked something else.
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
        if journal.open.as_ref().is_some_and(|open| !answered.is_to(&open.question)) {
            tracing::error!(%interaction, kind = answered.kind(), "an answer to another question than the run asks is refused");
            return Ok(false);
        }
        journal.answers.push(answered);
        journal.open = None;
        let resumed = self.store.resume_run(interaction, lease, stored(&journal)?).await?;
        if resumed {
            self.undecided.notify_one();
            tracing::debug!(%interaction, "the answer is there: the run goes on");
        }
        Ok(resumed)
    }

    /// Lets a parked run ask again now, on any node, instead of at its time: this one will not answer it.
    ///
    /// # Errors
    /// The store.
    pub(crate) async fn ask_elsewhere(&self, ticket: Ticket) -> Result<(), StoreError> {
        // What was erased keeps no journal, whatever is handed in.
        let mut journal = match self.store.parked_journal(ticket.interaction).await? {
            Some(stored) => read(&stored)?,
            None => Journal::default(),
        };
        // Nobody has tried to answer it.
        if let Some(open) = &mut journal.open {
            open.asked = 0;
        }
        if self.store.resume_run(ticket.interaction, ticket.lease, stored(&journal)?).await? {
            self.undecided.notify_one();
        }
        Ok(())
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
