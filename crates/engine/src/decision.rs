//! How a run ended.

use std::borrow::Cow;
use std::collections::BTreeMap;

use waypost_flow::program::QueueTarget;
use waypost_flow::value::Value;
use waypost_ids::{DecisionKind, codes};

use crate::effects::Effect;
use crate::error::{Raised, RunError};
use crate::journal::Journal;
use crate::machine::text_bytes;
use crate::reached::Reached;
use crate::trace::Trace;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// In one word.
    pub kind: DecisionKind,
    /// The queue, with `queue`.
    pub queue: Option<QueueTarget>,
    /// The action's priority, else the interaction's at the end of the run. Higher is sooner.
    pub priority: i64,
    /// Required skills.
    pub skills: Vec<String>,
    /// The required language.
    pub language: Option<String>,
    /// Where to, with `forward`.
    pub addresses: Vec<String>,
    /// Why, with `disconnect`.
    pub reason: Option<String>,
    /// What came of the interaction, if the flow says so; none of a run that failed.
    pub outcome: Option<String>,
    /// Why the run failed; only with `unrouted`.
    pub error: Option<RunError>,
}

/// What a run leaves.
#[derive(Debug)]
pub struct Outcome<'m> {
    /// How it ended.
    pub decision: Decision,
    /// What it sends out, in the order of the run; nothing if it failed.
    pub effects: Vec<Effect>,
    /// The interaction's attributes as the run left them; those of a failed run stay too, so that one can see how far it came.
    pub attributes: BTreeMap<String, String>,
    /// The outputs of the flow that the run started with, by position; empty unless it was left without a decision.
    pub outputs: Vec<Value<'m>>,
    /// What happened on the way.
    pub trace: Trace<'m>,
    /// How many actions were done.
    pub actions: u32,
    /// How many steps of work were taken.
    pub steps: u64,
    /// What the run asked, and was answered.
    pub journal: Journal,
    /// What it reached of its flows, if [`crate::Limits::coverage`] asks for it.
    pub reached: Option<Box<Reached>>,
}

/// A decision as long as the run's values live: nothing is copied yet.
#[derive(Debug)]
pub(crate) struct Decided<'m> {
    pub(crate) kind: DecisionKind,
    pub(crate) queue: Option<Cow<'m, QueueTarget>>,
    pub(crate) priority: i64,
    pub(crate) skills: Option<Value<'m>>,
    pub(crate) language: Option<Value<'m>>,
    pub(crate) addresses: Option<Value<'m>>,
    pub(crate) reason: Option<Value<'m>>,
    pub(crate) outcome: Option<String>,
    pub(crate) error: Option<RunError>,
}

impl<'m> Decided<'m> {
    /// A decision of which nothing but kind and priority is known.
    pub(crate) fn bare(kind: DecisionKind, priority: i64) -> Self {
        Self {
            kind,
            queue: None,
            priority,
            skills: None,
            language: None,
            addresses: None,
            reason: None,
            outcome: None,
            error: None,
        }
    }

    /// Refuses a decision that keeps too much.
    pub(crate) fn check_size(&self, most: usize) -> Result<(), Raised> {
        let kept = [&self.skills, &self.language, &self.addresses, &self.reason];
        let bytes = kept.into_iter().flatten().map(text_bytes).fold(0, usize::saturating_add);
        if bytes <= most {
            return Ok(());
        }
        Err(Raised::fatal(codes::DECISION_TOO_LARGE, format!("what the decision keeps is larger than {most} bytes")))
    }

    /// The decision that outlives the run.
    pub(crate) fn to_decision(&self) -> Decision {
        Decision {
            kind: self.kind,
            queue: self.queue.as_deref().cloned(),
            priority: self.priority,
            skills: strings(self.skills.as_ref()),
            language: self.language.as_ref().and_then(string),
            addresses: strings(self.addresses.as_ref()),
            reason: self.reason.as_ref().and_then(string),
            outcome: self.outcome.clone(),
            error: self.error.clone(),
        }
    }
}

fn strings(value: Option<&Value<'_>>) -> Vec<String> {
    match value {
        Some(Value::List(items)) => items.iter().filter_map(string).collect(),
        _ => Vec::new(),
    }
}

fn string(value: &Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}
