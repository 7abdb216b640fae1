//! The trace of a run: what happened, in order, and why. `docs/trace.md` is its reference for people.
//!
//! The engine writes this form straight from what a run borrows (`crates/engine/src/trace/json.rs`), without making these types first.
//! Its tests hold every run of `spec/runs` against them and against [`schema`], so the two can't drift apart. Everything that reads a
//! trace reads these types.
//!
//! Reading is tolerant, because traces are stored for long and nodes may run different releases: an event that this release does not
//! know is kept as it is ([`TraceEvent::Other`]), and a member that it does not know is left out.

mod difference;
mod effect;
mod lookup;
mod run_error;
mod sends;
pub mod text;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use waypost_ids::{DecisionKind, FlowId, InteractionId, QueueId, ThreadReason, Version};

pub use difference::{ReplayTraces, TraceDifference};
pub use effect::{TraceEffect, TraceEffectKind};
pub use lookup::{
    QueueAnswer, QueueQuestion, ScheduleAnswer, ScheduleQuestion, TableAnswer, TableQuestion, TraceExchange,
    TraceLookup,
};
pub use run_error::RunError;

pub use crate::delivery::HeldBy;

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunTrace {
    /// The version of this format: 1. New kinds of events and new members do not raise it.
    pub version: u32,
    /// How many events were not kept, because the run had too many: the last ones before the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
    /// What happened, in order. The last is the `decision`. Without a run there are only events about the mail.
    pub events: Vec<TraceEvent>,
}

/// One event of a trace. Values (`value`, `message` and the like) are JSON; long ones are clipped: of a string the beginning is shown as
/// `{"$clipped": "Dear…", "$length": 70431}`, of lists and maps `$more` counts what is left out. They are absent where the trace keeps
/// no values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum TraceEvent {
    /// A machine wrote the mail. It comes before anything runs.
    Automatic {
        /// The rule that tells.
        reason: String,
    },
    /// A kind of mail that it is. It comes before anything runs.
    Kind {
        /// The kind: `bulk`, `list`, `autoReply`, `bounce` or `delayed`.
        kind: String,
        /// The rule that tells.
        reason: String,
    },
    /// The mail exceeds a limit of reading. It comes before anything runs.
    Unread {
        /// The limit, such as `more than 10000 parts`.
        what: String,
    },
    /// What was found about the mail as it came in. It comes before anything runs.
    Found {
        /// What was checked: `spf`, `dkim`, `dmarc` or `scan`.
        what: String,
        /// The result, as one word.
        result: String,
        /// Why; absent if the trace keeps nothing of the mail, and if there is no reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// No flow ran: the mail is a reply, and goes back to the queue of the interaction before it in its thread.
    Returned {
        /// The interaction before it.
        previous: InteractionId,
        /// Why the mail belongs to the thread.
        reason: ThreadReason,
    },
    /// An input of the flow that is entered next.
    Input {
        /// Its name.
        name: String,
        /// The mapping as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
        /// True if the request that started the run gave the value. Without `source` and `given` it is the default.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        given: bool,
        /// Its value.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        value: Option<Json>,
    },
    /// A flow was entered.
    Flow {
        /// The flow.
        id: FlowId,
        /// Its name then.
        name: String,
        /// Its version; 0 for one that is not saved.
        version: Version,
    },
    /// The flow's condition set was evaluated.
    Conditions {
        /// How many conditions must hold.
        #[serde(rename = "match")]
        matching: TraceMatch,
        /// The result.
        holds: bool,
        /// The condition that decided it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<String>,
    },
    /// A node was entered.
    Node {
        /// Its id in the flow.
        id: String,
    },
    /// An action begins. What it does follows.
    Action {
        /// Its position, counted from 0.
        index: u64,
        /// The type as documents write it, such as `setVariable`.
        #[serde(rename = "type")]
        kind: String,
        /// Its name, if the document gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// An action set something.
    Set {
        /// What.
        target: TraceTarget,
        /// Its name; `priority` for the priority, `outcome` for the outcome.
        name: String,
        /// The new value.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        value: Option<Json>,
    },
    /// A line of `log`.
    Log {
        /// The severity, as the flow says.
        level: TraceLevel,
        /// The text.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        message: Option<Json>,
    },
    /// Something is to be sent once the run has ended without an error.
    Effect(Box<TraceEffect>),
    /// An error occurred, so nothing that was to be sent is sent.
    EffectsDropped {
        /// How many there were.
        count: u64,
    },
    /// A turn of a loop begins. Turn 0 begins a loop inside the current one.
    Turn {
        /// Counted from 0.
        number: u64,
    },
    /// The innermost loop is over. A loop without turns has no `turn` before this, and a jump to a node ends loops without this event.
    LoopEnd {
        /// How many turns it took.
        turns: u64,
    },
    /// The run looked something up.
    Lookup(TraceLookup),
    /// A look-up found nothing.
    NotFound {
        /// The node where the run continues.
        to: String,
    },
    /// The call of a data action failed.
    Failure {
        /// The node where the run continues.
        to: String,
    },
    /// A data action did not answer in time.
    TimedOut {
        /// The node where the run continues.
        to: String,
    },
    /// The branches of a node were tried.
    Branch {
        /// The conditions before the branch taken, which did not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<String>,
        /// The position of the branch taken, counted from 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<u64>,
        /// Its condition; absent for an unconditional branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<String>,
        /// The node where the run continues; absent if no branch held, and the flow ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// The flow entered last was left. What follows happens in its caller.
    Leave,
    /// An output mapping of the flow that was left set a variable of the caller.
    Output {
        /// The variable.
        name: String,
        /// The mapping as written.
        source: String,
        /// The new value.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
        value: Option<Json>,
        /// The scope that the reader lacks: `value` is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withheld: Option<String>,
    },
    /// All current flows were left. The `flow` that follows takes their place.
    Transfer,
    /// An error occurred.
    Error {
        /// What and where.
        error: Box<RunError>,
    },
    /// The error was caught in the current flow.
    Caught {
        /// Whose `onError`.
        by: TraceCatcher,
        /// The node where the run continues.
        to: String,
    },
    /// The run is over.
    Decision(Box<TraceDecision>),
    /// What this release does not know: an event of a newer one, or one that is damaged.
    #[serde(untagged)]
    #[schemars(skip)]
    Other(Json),
}

/// How many conditions of a set must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TraceMatch {
    /// All.
    All,
    /// One.
    Any,
}

/// What an action sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TraceTarget {
    /// A variable of the flow.
    Variable,
    /// An output of the flow.
    Output,
    /// An attribute of the interaction.
    Attribute,
    /// The priority of the interaction.
    Priority,
    /// The outcome of the interaction.
    Outcome,
}

/// The severity of a line of `log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TraceLevel {
    /// For the authors of the flow.
    Debug,
    /// Good to know.
    Info,
    /// Somebody should look.
    Warn,
    /// Somebody must look.
    Error,
}

/// Whose `onError` caught an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TraceCatcher {
    /// The action's.
    Action,
    /// The flow's.
    Flow,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceDecision {
    /// The kind.
    pub kind: DecisionKind,
    /// The queue, with `queue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<TraceQueue>,
    /// Higher is sooner.
    pub priority: i64,
    /// Required skills.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub skills: Option<Json>,
    /// The required language.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub language: Option<Json>,
    /// Addresses of a forward.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub addresses: Option<Json>,
    /// The flow's reason for a disconnect.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub reason: Option<Json>,
    /// The outcome that the flow set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Why the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
}

/// A queue as a decision names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceQueue {
    /// The queue.
    pub id: QueueId,
    /// Its name then.
    pub name: String,
}

/// The JSON Schema of traces.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<RunTrace>()
}

/// Reads a member whose value may be null: that is a value, and not an absent member.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_error_of_a_decision_in_words() {
        let mut error = json!({"code": "run.mail-loop", "message": "it came\nback"});
        assert_eq!(text::error(&error), "run.mail-loop: it came\\nback");
        for (name, value) in [("flowId", json!("019af3a0-0000-7000-8000-000000000001")), ("flowName", json!("Help"))] {
            error[name] = value;
        }
        error["version"] = json!(3);
        error["nodeId"] = json!("n");
        assert_eq!(text::error(&error), "run.mail-loop: it came\\nback, in flow Help, node n");
        assert_eq!(text::error(&json!({"code": 7})), r#"{"code":7}"#, "of a form to come");
    }

    fn read(event: Json) -> TraceEvent {
        let trace: RunTrace = serde_json::from_value(json!({ "version": 1, "events": [event] })).unwrap();
        trace.events.into_iter().next().unwrap()
    }

    #[test]
    fn an_event_of_a_newer_release_or_a_damaged_one_is_kept_as_it_is() {
        let kept = [
            json!({ "event": "voted", "for": "a" }),
            json!({ "event": "node" }),
            json!({ "event": "set", "target": "weather", "name": "sun" }),
            json!({ "event": "lookup", "kind": "askOracle", "request": { "question": "why" } }),
            json!({ "event": 1 }),
            json!("event"),
            json!(null),
        ];
        for event in kept {
            let found = read(event.clone());
            assert_eq!(found, TraceEvent::Other(event.clone()));
            assert_eq!(serde_json::to_value(found).unwrap(), event);
        }
    }

    #[test]
    fn a_member_of_a_newer_release_does_not_hide_the_event() {
        let node = read(json!({ "event": "node", "id": "a", "colour": "red" }));
        assert_eq!(node, TraceEvent::Node { id: "a".to_owned() });
        assert_eq!(read(json!({ "event": "leave", "why": "end" })), TraceEvent::Leave);
    }

    #[test]
    fn null_is_a_value() {
        let set = json!({ "event": "set", "target": "variable", "name": "found", "value": null });
        assert!(matches!(read(set.clone()), TraceEvent::Set { value: Some(Json::Null), .. }));
        assert_eq!(serde_json::to_value(read(set.clone())).unwrap(), set);
        let none = json!({ "event": "set", "target": "variable", "name": "found" });
        assert!(matches!(read(none), TraceEvent::Set { value: None, .. }));
    }

    #[test]
    fn what_has_no_events_is_no_trace() {
        for damaged in [json!({}), json!([]), json!(null), json!({ "version": 1, "events": {} })] {
            assert!(serde_json::from_value::<RunTrace>(damaged).is_err());
        }
    }
}
