//! A run: one execution of a route's flow over one email, called flows included.
//!
//! This crate never does I/O, reads no clock and draws no random numbers. What a run sees comes in through [`RunInput`]; what it wants
//! of the outside goes out as a [`Question`], and the answer comes back in. So the same snapshot, email and answers
//! make the same run, always: resuming is running again with the answers of the [`Journal`].

#[deny(clippy::wildcard_enum_match_arm, reason = "a new action must not be passed over in silence")]
mod actions;
mod decision;
mod driver;
mod effects;
mod error;
mod handling;
mod held;
mod journal;
mod machine;
mod place;
mod question;
mod reached;
mod run;
mod stack;
pub mod trace;

pub use decision::{Decision, Outcome};
pub use effects::{Effect, EffectKind};
pub use error::RunError;
pub use journal::{JOURNAL_VERSION, Journal, JournalError, Open};
pub use place::Place;
pub use question::{
    Answered, Ask, CallDataAction, CallFailure, CallOutcome, EvaluateSchedule, Exchange, FindQueue, LookupTable,
    Question, Queue, QueueAnswer, Reply, ScheduleAnswer, TableAnswer,
};
pub use reached::{PlaceId, Reached};
pub use run::{Limits, Run, RunInput, Slice, Step, Waiting};
pub use trace::{Detail, Trace};
