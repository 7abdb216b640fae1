//! What a run asked outside of itself, and what it was answered.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::{DataActionId, QueueId, ScheduleId, TableId};

use crate::Object;
use crate::time::Time;

/// A question of a run, by the action that asked. Questions and answers are whole, not clipped; of all answers of a run 1 MiB is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum TraceLookup {
    /// The row that a table has under a key.
    LookupTable(TraceExchange<TableQuestion, TableAnswer>),
    /// What a schedule says at a given time.
    EvaluateSchedule(TraceExchange<ScheduleQuestion, ScheduleAnswer>),
    /// The queue of a name or id.
    FindQueue(TraceExchange<QueueQuestion, QueueAnswer>),
    /// The outcome of a call of a data action.
    CallDataAction(TraceExchange<CallQuestion, CallAnswer>),
}

impl TraceLookup {
    /// Leaves out the answer for a reader who lacks `scope`, and says so.
    pub fn withhold(&mut self, scope: &str) {
        match self {
            Self::LookupTable(exchange) => exchange.withhold(scope),
            Self::EvaluateSchedule(exchange) => exchange.withhold(scope),
            Self::FindQueue(exchange) => exchange.withhold(scope),
            Self::CallDataAction(exchange) => exchange.withhold(scope),
        }
    }
}

/// A question and its answer; both are absent if the trace keeps no values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{Q}Asked")]
pub struct TraceExchange<Q, A> {
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Q>,
    /// How long the run waited for the answer, in milliseconds, if it came from another system.
    #[serde(default, rename = "tookMs", skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<A>,
    /// Why there is no answer: a run error for the action that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The scope that the reader lacks: `answer` is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
}

impl<Q, A> TraceExchange<Q, A> {
    fn withhold(&mut self, scope: &str) {
        if self.answer.take().is_some() {
            self.withheld = Some(scope.to_owned());
        }
    }
}

/// Looks up a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableQuestion {
    /// The table.
    pub table: TableId,
    /// The table's name, where flows are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The key as the flow computed it.
    pub key: String,
}

/// The row that a table has under a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableAnswer {
    /// The version of the table's content that was read; absent outside of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// A value for each column; absent if there is no such row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Object>,
}

/// Evaluates a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleQuestion {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The schedule's name, where flows are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At which time.
    #[schemars(with = "Time")]
    pub at: Timestamp,
}

/// The state of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleAnswer {
    /// `open`, `closed`, `holiday`, `emergency`.
    pub state: String,
    /// The name of the hours or the holiday behind the state, or the emergency's reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the state next changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Time>")]
    pub next_change: Option<Timestamp>,
}

/// Looks up a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueQuestion {
    /// Its name, or its id.
    pub name: String,
}

/// The queue that was found; empty if there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueAnswer {
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<QueueId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Calls another system by a data action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallQuestion {
    /// The data action.
    pub data_action: DataActionId,
    /// The data action's name, where flows are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The inputs, by name.
    pub input: Object,
    /// How long to wait for the answer, in milliseconds; absent if the flow does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// How a call of a data action ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CallAnswer {
    /// The call succeeded, and its answer fits the contract.
    Success {
        /// The outputs, by name.
        output: Object,
    },
    /// The call failed.
    Failure(CallFailure),
    /// There was no answer in time.
    TimedOut(CallFailure),
}

/// Why a call of a data action failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallFailure {
    /// The reason, in one word.
    pub code: String,
    /// The reason in words.
    pub message: String,
    /// The HTTP status; absent without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}
