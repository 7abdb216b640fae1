//! The events of a trace.

use waypost_flow::actions::log::LogLevel;
use waypost_flow::document::Match;
use waypost_flow::program::{Program, ProgramAction, ProgramBranch};

use super::sent::Sent;
use super::shown::Shown;
use crate::decision::Decided;
use crate::error::RunError;
use crate::question::Answered;

/// Who caught an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Catcher {
    /// The `onError` of the action.
    Action,
    /// The `onError` of the flow.
    Flow,
}

/// What an action set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Variable,
    Output,
    Attribute,
    Priority,
    Outcome,
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputSource<'m> {
    /// The caller's mapping, as written.
    Mapping(&'m str),
    /// Whoever started the run, outside of any flow.
    Given,
    /// The flow's default.
    Default,
}

/// One event. Values are absent where the trace keeps none.
#[derive(Debug)]
pub(crate) enum Event<'m> {
    /// A machine wrote the mail, and why one knows.
    Automatic { reason: &'m str },
    /// A kind of mail that it is, and how one knows.
    Kind { kind: &'static str, reason: &'m str },
    /// The mail exceeds a bound of reading: what lies beyond it was not parsed.
    Unread { what: String },
    /// What was found out about the mail as it came in. The reason, which may name domains and addresses, is absent where the trace keeps
    /// nothing of the mail.
    Found { what: &'m str, result: &'m str, reason: Option<&'m str> },
    /// No flow ran: the mail goes back to the queue of the interaction before it in its thread.
    Returned { previous: &'m str, reason: &'m str },
    /// An input of the flow that comes next.
    Input { name: &'m str, source: InputSource<'m>, value: Option<Shown<'m>> },
    /// A flow was entered.
    Flow { program: &'m Program },
    /// The condition set's result, and the condition that decided it.
    Conditions { matching: Match, holds: bool, deciding: Option<&'m str> },
    /// A node was entered.
    Node { id: &'m str },
    /// An action begins.
    Action { index: usize, action: &'m ProgramAction },
    /// An action set something.
    Set { target: Target, name: &'m str, value: Option<Shown<'m>> },
    /// A line of `log`.
    Log { level: LogLevel, message: Option<Shown<'m>> },
    /// Something is to be sent.
    Effect(Box<Sent>),
    /// All that was to be sent is not: how much that was.
    EffectsDropped { count: usize },
    /// A loop's turn begins, counted from 0.
    Turn { number: usize },
    /// A loop is over, after so many turns.
    LoopEnd { turns: usize },
    /// The outside was asked, and what it said.
    Lookup { answered: Option<Box<Answered>>, kind: &'static str },
    /// The run goes on at a node, by one of the action's named jumps.
    Jump { name: &'static str, to: &'m str },
    /// The branches of a node were tried: which was taken, and the node it leads to.
    Branch { branches: &'m [ProgramBranch], taken: Option<(usize, &'m str)> },
    /// The top flow was left.
    Leave,
    /// An output of the flow that was left became a variable.
    Output { variable: &'m str, source: &'m str, value: Option<Shown<'m>> },
    /// All flows were left for another.
    Transfer,
    /// An error occurred.
    Error(Box<RunError>),
    /// It was caught in the top flow.
    Caught { by: Catcher, to: &'m str },
    /// The run is over.
    Decision(Box<Decided<'m>>),
}
