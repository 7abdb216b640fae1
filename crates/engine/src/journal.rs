//! What a run asked of the outside and what it was told: enough to go on in another process.
//!
//! The journal is a promised format: `version` counts its changes, and every version stays readable.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use thiserror::Error;
use waypost_flow::value::json_footprint;
use waypost_ids::FlowId;

/// The version that is written.
pub const JOURNAL_VERSION: u32 = 1;

/// What a run needs to know before it can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// Which of the run's questions this is, from 0.
    pub number: usize,
    /// The flow that asks.
    pub flow_id: FlowId,
    /// The node that asks.
    pub node_id: String,
    /// The position of the action that asks.
    pub action: usize,
    /// What is asked for: the asking action's type.
    pub kind: String,
    /// What is asked, in that type's own shape.
    pub request: Json,
}

/// What the outside says to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Answer {
    /// The answer, in the shape that the question's kind promises.
    Value(Json),
    /// There is none, and why: a run error for the action that asked.
    Failed(String),
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answered {
    /// What was asked. Kept so that a journal that belongs to another run is noticed.
    pub question: Question,
    /// What was said.
    pub answer: Answer,
}

impl Answered {
    /// About how many bytes of memory it holds.
    pub(crate) fn footprint(&self) -> usize {
        let answer = match &self.answer {
            Answer::Value(value) => json_footprint(value),
            Answer::Failed(why) => why.len(),
        };
        json_footprint(&self.question.request) + answer
    }

    /// About how many bytes it takes as JSON.
    pub(crate) fn size(&self) -> usize {
        let answer = match &self.answer {
            Answer::Value(value) => value.to_string().len(),
            Answer::Failed(why) => why.len(),
        };
        self.question.request.to_string().len() + answer
    }
}

/// All questions of a run that were answered, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Journal {
    /// [`JOURNAL_VERSION`].
    pub version: u32,
    /// The questions and answers.
    pub answers: Vec<Answered>,
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
        readable(head.version)?;
        Ok(serde_json::from_str(text)?)
    }

    /// The answers, if this program understands them.
    pub(crate) fn into_answers(self) -> Result<Vec<Answered>, JournalError> {
        readable(self.version)?;
        Ok(self.answers)
    }

    /// The stored form.
    pub fn to_json(&self) -> String {
        json!({ "version": self.version, "answers": self.answers }).to_string()
    }
}

fn readable(version: u32) -> Result<(), JournalError> {
    if version == JOURNAL_VERSION { Ok(()) } else { Err(JournalError::Version { found: version }) }
}
