//! What actions do, one file each.

mod disconnect;
mod forward;
mod log;
mod run_flow;
mod set_attributes;
mod set_output;
mod set_priority;
mod set_variable;
mod transfer_to_flow;
mod transfer_to_queue;

use serde_json::Value as Json;
use waypost_flow::program::{ProgramAction, ProgramActionKind};
use waypost_flow::value::Value;

use crate::decision::Decided;
use crate::error::Raised;
use crate::journal::Answered;
use crate::machine::Machine;

/// What becomes of the run after an action.
#[derive(Debug)]
pub(crate) enum Control<'m> {
    /// It goes on with the next action.
    Next,
    /// It stands somewhere else: the action has put a flow on the stack.
    Moved,
    /// It leaves the flow.
    Leave,
    /// It is over.
    Decide(Box<Decided<'m>>),
    /// It must know something first. The action is done again when there is an answer.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "actions that ask the outside come later; the engine's tests ask already")
    )]
    Ask {
        /// What is asked for.
        kind: &'static str,
        /// What is asked.
        request: Json,
    },
}

/// What actions do. An error leaves everything as it was before the action.
pub(crate) trait Perform {
    /// Does an action of the top flow, with the answers to what it asked so far.
    fn perform<'m>(
        &mut self,
        machine: &mut Machine<'m>,
        action: &'m ProgramAction,
        answers: &[Answered],
    ) -> Result<Control<'m>, Raised>;
}

/// The actions of the flow language.
pub(crate) struct Actions;

impl Perform for Actions {
    fn perform<'m>(
        &mut self,
        machine: &mut Machine<'m>,
        action: &'m ProgramAction,
        _answers: &[Answered],
    ) -> Result<Control<'m>, Raised> {
        match &action.kind {
            ProgramActionKind::RunFlow { callee, inputs, second, .. } => {
                run_flow::perform(machine, callee, inputs, second.as_deref())
            }
            ProgramActionKind::TransferToFlow { callee, inputs, second } => {
                transfer_to_flow::perform(machine, callee, inputs, second.as_deref())
            }
            ProgramActionKind::SetVariable { variable, value } => set_variable::perform(machine, *variable, value),
            ProgramActionKind::SetOutput { output, value } => set_output::perform(machine, *output, value),
            ProgramActionKind::SetAttributes { attributes } => set_attributes::perform(machine, attributes),
            ProgramActionKind::SetPriority { priority } => set_priority::perform(machine, priority),
            ProgramActionKind::TransferToQueue { queue, priority, skills, language } => {
                transfer_to_queue::perform(machine, queue, priority.as_ref(), skills.as_ref(), language.as_ref())
            }
            ProgramActionKind::Forward { addresses } => forward::perform(machine, addresses),
            ProgramActionKind::Disconnect { reason } => disconnect::perform(machine, reason.as_ref()),
            ProgramActionKind::Return => Ok(Control::Leave),
            ProgramActionKind::Log { level, message } => log::perform(machine, *level, message),
        }
    }
}

/// The action's type as the document spells it.
pub(crate) fn type_name(kind: &ProgramActionKind) -> &'static str {
    match kind {
        ProgramActionKind::RunFlow { .. } => "runFlow",
        ProgramActionKind::TransferToFlow { .. } => "transferToFlow",
        ProgramActionKind::SetVariable { .. } => "setVariable",
        ProgramActionKind::SetOutput { .. } => "setOutput",
        ProgramActionKind::SetAttributes { .. } => "setAttributes",
        ProgramActionKind::SetPriority { .. } => "setPriority",
        ProgramActionKind::TransferToQueue { .. } => "transferToQueue",
        ProgramActionKind::Forward { .. } => "forward",
        ProgramActionKind::Disconnect { .. } => "disconnect",
        ProgramActionKind::Return => "return",
        ProgramActionKind::Log { .. } => "log",
    }
}

/// Refuses what is not a text: the checker lets nothing else through.
fn text(value: Value<'_>) -> Result<Value<'_>, Raised> {
    match value {
        Value::String(_) => Ok(value),
        _ => Err(Raised::broken("an action has something else than the string it needs")),
    }
}

/// Refuses what is not a list of texts.
fn texts(value: Value<'_>) -> Result<Value<'_>, Raised> {
    match &value {
        Value::List(items) if items.iter().all(|item| matches!(item, Value::String(_))) => Ok(value),
        _ => Err(Raised::broken("an action has something else than the list of strings it needs")),
    }
}

/// Refuses what is not an integer.
fn integer(value: &Value<'_>) -> Result<i64, Raised> {
    match value {
        Value::Integer(number) => Ok(*number),
        _ => Err(Raised::broken("an action has something else than the integer it needs")),
    }
}
