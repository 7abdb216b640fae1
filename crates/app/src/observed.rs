//! What metrics, traces and the log are told of mails and runs.

use std::time::Duration;

use jiff::Timestamp;
use waypost_engine::CallOutcome;
use waypost_ids::{DataActionId, DecisionKind, FlowId, Version};
use waypost_store::records::mail::RunRecord;

/// How a mail came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// By SMTP.
    Smtp,
    /// By the HTTP API.
    Http,
    /// Taken from a mailbox.
    Imap,
}

impl Protocol {
    /// Its name in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Http => "http",
            Self::Imap => "imap",
        }
    }
}

/// What is told of a run.
pub(crate) struct Ran {
    flow: Option<(FlowId, Version)>,
    kind: DecisionKind,
    /// The code of its error, if it failed.
    error: Option<String>,
    started_at: Timestamp,
    took: Duration,
}

impl Ran {
    pub(crate) fn of(run: &RunRecord) -> Self {
        Self {
            flow: run.flow,
            kind: run.decision.kind,
            error: run.decision.error.as_ref().and_then(|error| Some(error.get("code")?.as_str()?.to_owned())),
            started_at: run.started_at,
            took: Duration::from_micros(run.duration_us),
        }
    }

    /// The flow that ran, and its version.
    pub(crate) fn flow(&self) -> Option<(FlowId, Version)> {
        self.flow
    }

    /// The code of the error that ended it, for the log: the message may hold what a mail says.
    pub(crate) fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// When it began.
    pub(crate) fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How it ended, as it is called in labels, attributes and the log.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind.as_str()
    }

    /// How long it took.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }
}

/// What is told of a call of a data action.
pub(crate) struct Called<'c> {
    pub(crate) action: DataActionId,
    pub(crate) begun: Timestamp,
    pub(crate) took: Duration,
    pub(crate) outcome: &'c CallOutcome,
}

impl Called<'_> {
    /// How calls end, as it is called in labels, attributes and the log.
    pub(crate) const OUTCOMES: [&'static str; 3] = ["success", "failure", "timedOut"];

    pub(crate) fn outcome(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Success { .. } => "success",
            CallOutcome::Failure(_) => "failure",
            CallOutcome::TimedOut(_) => "timedOut",
        }
    }

    /// The code of its failure, if it failed.
    pub(crate) fn code(&self) -> Option<&str> {
        match self.outcome {
            CallOutcome::Success { .. } => None,
            CallOutcome::Failure(failure) | CallOutcome::TimedOut(failure) => Some(&failure.code),
        }
    }
}
