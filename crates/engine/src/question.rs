//! What a run asks of the outside. Each question is a type with an answer of its own, and whoever answers hands back the two as a pair, so
//! that no question has the answer of another kind.

use std::mem::size_of;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use waypost_flow::value::json_footprint;
use waypost_ids::{DataActionId, QueueId, ScheduleId, TableId};
use waypost_schedule::State;

/// A question. It is asked by an action, and has one type of answer.
pub trait Ask: Sized {
    /// What answers it.
    type Answer;

    /// The question with its answer.
    fn answered(self, answer: Self::Answer) -> Answered;

    /// The question with the reason why there is no answer: a run error for the action that asked, which its flow may catch.
    fn failed(self, why: impl Into<String>) -> Answered;

    /// The question with the reason why nobody is asked: the run ends there, and no flow catches it.
    fn unasked(self, why: impl Into<String>) -> Answered;
}

/// A question of a known kind, as the engine finds its answer.
pub(crate) trait Asked: Ask + PartialEq + Into<Question> {
    /// The pair, if it is of this kind.
    fn exchange(answered: &Answered) -> Option<&Exchange<Self, Self::Answer>>;
}

/// Bytes of memory that a question or an answer holds, about.
pub(crate) trait Footprint {
    fn footprint(&self) -> usize;
}

/// A question and what it was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange<Q, A> {
    /// The question.
    pub request: Q,
    /// How long the run waited for it, in milliseconds, if the answer came from elsewhere.
    #[serde(default, rename = "tookMs", skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    /// The answer.
    #[serde(flatten)]
    pub reply: Reply<A>,
}

/// What the outside says to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reply<A> {
    /// The answer.
    Answer(A),
    /// There is none, and why.
    Failed(String),
    /// Nobody is asked here, and why: what the run would decide is unknown.
    Unasked(String),
}

/// Each kind of question: its type, its answer's type, and its word in traces and journals, which is the asking action's.
macro_rules! questions {
    ($($(#[doc = $what:literal])+ $question:ident -> $answer:ident = $word:literal,)+) => {
        /// What a run must know before it can go on. Its JSON is a promised format: journals of parked runs hold it.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "request")]
        pub enum Question {
            $($(#[doc = $what])+ #[serde(rename = $word)] $question($question),)+
        }

        impl Question {
            /// The kind's word.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$question(_) => $word,)+
                }
            }

            /// The question with the reason why there is no answer.
            pub fn failed(self, why: impl Into<String>) -> Answered {
                match self {
                    $(Self::$question(question) => question.failed(why),)+
                }
            }
        }

        /// A question of a run with its answer. Its JSON is a promised format: traces and journals hold it.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum Answered {
            $($(#[doc = $what])+ #[serde(rename = $word)] $question(Exchange<$question, $answer>),)+
        }

        impl Answered {
            /// The kind's word.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$question(_) => $word,)+
                }
            }

            /// Whether it answers this question.
            pub fn is_to(&self, question: &Question) -> bool {
                match (self, question) {
                    $((Self::$question(exchange), Question::$question(question)) => exchange.request == *question,)+
                    _ => false,
                }
            }

            /// The same, answered after the run waited so long.
            #[must_use]
            pub fn after(mut self, took: Duration) -> Self {
                let took = u64::try_from(took.as_millis()).ok();
                match &mut self {
                    $(Self::$question(exchange) => exchange.took_ms = took,)+
                }
                self
            }

            /// Whether it says that there is no answer.
            pub fn is_failure(&self) -> bool {
                match self {
                    $(Self::$question(exchange) => matches!(exchange.reply, Reply::Failed(_) | Reply::Unasked(_)),)+
                }
            }

            /// About how many bytes of memory it holds.
            pub(crate) fn footprint(&self) -> usize {
                match self {
                    $(Self::$question(exchange) => exchange.request.footprint() + match &exchange.reply {
                        Reply::Answer(answer) => answer.footprint(),
                        Reply::Failed(why) | Reply::Unasked(why) => why.len(),
                    },)+
                }
            }
        }

        $(
            impl Ask for $question {
                type Answer = $answer;

                fn answered(self, answer: $answer) -> Answered {
                    Answered::$question(Exchange { request: self, took_ms: None, reply: Reply::Answer(answer) })
                }

                fn failed(self, why: impl Into<String>) -> Answered {
                    Answered::$question(Exchange { request: self, took_ms: None, reply: Reply::Failed(why.into()) })
                }

                fn unasked(self, why: impl Into<String>) -> Answered {
                    Answered::$question(Exchange { request: self, took_ms: None, reply: Reply::Unasked(why.into()) })
                }
            }

            impl Asked for $question {
                fn exchange(answered: &Answered) -> Option<&Exchange<Self, $answer>> {
                    match answered {
                        Answered::$question(exchange) => Some(exchange),
                        _ => None,
                    }
                }
            }

            impl From<$question> for Question {
                fn from(question: $question) -> Self {
                    Self::$question(question)
                }
            }
        )+
    };
}

questions! {
    /// The row that a table has under a key.
    LookupTable -> TableAnswer = "lookupTable",
    /// What a schedule says of an instant.
    EvaluateSchedule -> ScheduleAnswer = "evaluateSchedule",
    /// The queue of a name or id.
    FindQueue -> QueueAnswer = "findQueue",
    /// The outcome of a call of a data action.
    CallDataAction -> CallOutcome = "callDataAction",
}

/// Asks for a row by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupTable {
    /// The table.
    pub table: TableId,
    /// The key as the flow computed it.
    pub key: String,
}

/// The row that a table has under a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableAnswer {
    /// The version of the table's rows that was read; none outside of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// A value for each column; none if there is no such row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Map<String, Json>>,
}

/// Asks how a schedule is at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluateSchedule {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The instant.
    pub at: Timestamp,
}

/// How a schedule is at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleAnswer {
    /// Its state.
    pub state: State,
    /// The name of the rule that makes it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the state next changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_change: Option<Timestamp>,
}

/// Looks up a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindQueue {
    /// Its name, or its id.
    pub name: String,
}

/// The queue of a name or id, if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueAnswer {
    /// The queue.
    #[serde(flatten)]
    pub queue: Option<Queue>,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its identifier.
    pub id: QueueId,
    /// Its name.
    pub name: String,
}

/// Calls another system by a data action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallDataAction {
    /// The data action.
    pub data_action: DataActionId,
    /// The inputs, by name.
    pub input: Map<String, Json>,
    /// How long to wait for the answer, in milliseconds; absent if the flow does not say. The data action's own timeout holds if it is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// How a call of a data action ended. All of these are answers: a replay takes them from the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CallOutcome {
    /// The call succeeded, and its answer fits the contract.
    Success {
        /// The outputs, by name.
        output: Map<String, Json>,
    },
    /// The call failed.
    Failure(CallFailure),
    /// There was no answer in time.
    TimedOut(CallFailure),
}

/// Why a call of a data action failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFailure {
    /// The reason, in one word.
    pub code: String,
    /// The reason in words. It holds no secrets.
    pub message: String,
    /// The HTTP status; none where there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Footprint for CallDataAction {
    fn footprint(&self) -> usize {
        size_of::<Self>() + map_footprint(&self.input)
    }
}

impl Footprint for CallOutcome {
    fn footprint(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Success { output } => map_footprint(output),
                Self::Failure(failure) | Self::TimedOut(failure) => failure.code.len() + failure.message.len(),
            }
    }
}

fn map_footprint(map: &Map<String, Json>) -> usize {
    map.iter().map(|(name, value)| size_of::<String>() + name.len() + json_footprint(value)).sum()
}

impl Footprint for LookupTable {
    fn footprint(&self) -> usize {
        size_of::<Self>() + self.key.len()
    }
}

impl Footprint for TableAnswer {
    fn footprint(&self) -> usize {
        size_of::<Self>() + self.row.as_ref().map_or(0, map_footprint)
    }
}

impl Footprint for EvaluateSchedule {
    fn footprint(&self) -> usize {
        size_of::<Self>()
    }
}

impl Footprint for ScheduleAnswer {
    fn footprint(&self) -> usize {
        size_of::<Self>() + self.name.as_ref().map_or(0, String::len)
    }
}

impl Footprint for FindQueue {
    fn footprint(&self) -> usize {
        size_of::<Self>() + self.name.len()
    }
}

impl Footprint for QueueAnswer {
    fn footprint(&self) -> usize {
        size_of::<Self>() + self.queue.as_ref().map_or(0, |queue| queue.name.len())
    }
}
