//! What a run asked of the outside and what it was answered: enough to run it again, and to go on with it in another process.
//!
//! The stored journal is a promised format: `version` counts its changes, and every version stays readable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use waypost_flow::link::FlowSet;
use waypost_ids::codes;

use crate::error::Raised;
use crate::machine::Machine;
use crate::question::{Answered, Asked, Question, Reply};
use crate::trace::Detail;

/// The version that is written.
pub const JOURNAL_VERSION: u32 = 1;

/// Of the answers of a run that is over so many bytes are kept, as JSON: an answer is kept whole or not at all.
pub(crate) const MOST_KEPT: usize = 1024 * 1024;

/// The questions of a run that were answered, in the order in which it asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// How much of them the run's own trace shows. A trace that is made with these answers must not show more.
    #[serde(default, skip_serializing_if = "Detail::is_everything")]
    pub detail: Detail,
    /// The questions and answers.
    pub answers: Vec<Answered>,
    /// When a parked run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// What a parked run waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Open>,
    /// The flows that a parked run goes on with, whatever is published meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<FlowSet>,
}

/// The question that a parked run waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// The question.
    #[serde(flatten)]
    pub question: Question,
    /// How often it was asked. It is asked again where nobody answered in time.
    pub asked: u32,
}

#[derive(Serialize)]
struct Stored<'j> {
    version: u32,
    #[serde(flatten)]
    journal: &'j Journal,
}

/// A journal can't be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// A newer program wrote it.
    #[error("the journal has version {found}; this program reads up to {JOURNAL_VERSION}")]
    Version {
        /// The version it says.
        found: u32,
    },
    /// It is not a journal.
    #[error("the journal can't be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Journal {
    /// Reads a stored journal.
    ///
    /// # Errors
    /// If it is not a journal, or a newer program wrote it.
    pub fn from_json(text: &str) -> Result<Self, JournalError> {
        // The version is read first: a newer journal may have members that this program doesn't know.
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_str(text)?;
        if head.version != JOURNAL_VERSION {
            return Err(JournalError::Version { found: head.version });
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The stored form.
    ///
    /// # Errors
    /// None that is known: everything in a journal can be written as JSON.
    pub fn to_json(&self) -> Result<String, JournalError> {
        Ok(serde_json::to_string(&Stored { version: JOURNAL_VERSION, journal: self })?)
    }

    /// The stored form of what is kept of a run that is over; none if it asked nothing. A replay needs no order, so an answer that is too
    /// large is left out by itself.
    ///
    /// # Errors
    /// As [`Journal::to_json`].
    pub fn to_kept_json(mut self) -> Result<Option<String>, JournalError> {
        if self.answers.is_empty() {
            return Ok(None);
        }
        let whole = self.to_json()?;
        if whole.len() <= MOST_KEPT {
            return Ok(Some(whole));
        }
        let mut bytes: usize = 0;
        self.answers.retain(|answered| {
            let all = bytes.saturating_add(json_bytes(answered));
            let keeps = all <= MOST_KEPT;
            if keeps {
                bytes = all;
            }
            keeps
        });
        self.to_json().map(Some)
    }
}

/// How many bytes an answer takes as JSON.
pub(crate) fn json_bytes(answered: &Answered) -> usize {
    serde_json::to_string(answered).map_or(usize::MAX, |json| json.len())
}

/// The answers of a run under way: the first were used, the others come from a journal and wait for their questions.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) all: Vec<Answered>,
    used: usize,
    /// The question that has no answer yet.
    pub(crate) open: Option<Question>,
}

impl Answers {
    /// Those that the run was given. Others stood in a journal, and the run ended without asking for them.
    pub(crate) fn into_used(mut self) -> Vec<Answered> {
        self.all.truncate(self.used);
        self.all
    }
}

impl Machine<'_> {
    /// The answer to a question; none if it must be asked first. The action that asks is done again from its beginning once there is an
    /// answer, so it must ask before it changes anything, and once.
    pub(crate) fn ask<Q: Asked>(&mut self, question: Q) -> Result<Option<Q::Answer>, Raised>
    where
        Q::Answer: Clone,
    {
        let Some(answered) = self.answers.all.get(self.answers.used) else {
            self.answers.open = Some(question.into());
            return Ok(None);
        };
        let Some(exchange) = Q::exchange(answered).filter(|exchange| exchange.request == question) else {
            let number = self.answers.used;
            let message = format!("answer {number} is to another question than the run asks");
            return Err(Raised::fatal(codes::JOURNAL_MISMATCH, message));
        };
        self.answers.used += 1;
        // It is kept until the run ends, for the journal.
        self.keep_bytes(answered.footprint())?;
        self.trace.lookup(answered);
        match &exchange.reply {
            Reply::Answer(answer) => Ok(Some(answer.clone())),
            Reply::Failed(why) => Err(Raised::error(codes::NOT_ANSWERED, why.clone())),
            // An `onError` would decide something that no server decides.
            Reply::Unasked(why) => Err(Raised::fatal(codes::NOT_ANSWERED, why.clone())),
        }
    }
}
