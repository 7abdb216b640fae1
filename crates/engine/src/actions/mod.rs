//! What actions do, one file each.

mod disconnect;
mod evaluate_schedule;
mod find_queue;
mod for_each;
mod forward;
mod log;
mod lookup_table;
mod run_flow;
mod set_attributes;
mod set_output;
mod set_priority;
mod set_variable;
mod transfer_to_flow;
mod transfer_to_queue;

use waypost_flow::program::{ProgramAction, ProgramActionKind};
use waypost_flow::value::Value;

use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::Machine;
use waypost_ids::codes;

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
    /// It must know something first: [`Machine::ask`] has noted what. The action is done again when there is an answer.
    Ask,
}

/// Does an action of the top flow. An error leaves everything as it was before the action.
pub(crate) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramAction) -> Result<Control<'m>, Raised> {
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
        ProgramActionKind::ForEach { items, .. } => for_each::perform(machine, action, items),
        ProgramActionKind::While { .. } => {
            machine.begin_loop(action, None, 0)?;
            Ok(Control::Moved)
        }
        ProgramActionKind::LookupTable { table, key, outputs, not_found } => {
            lookup_table::perform(machine, (table, key), outputs, *not_found)
        }
        ProgramActionKind::EvaluateSchedule { schedule, outputs } => {
            evaluate_schedule::perform(machine, schedule, outputs)
        }
        ProgramActionKind::FindQueue { name, outputs, not_found } => {
            find_queue::perform(machine, name, outputs, *not_found)
        }
        ProgramActionKind::TransferToQueue { queue, not_found, priority, skills, language } => {
            let wishes = (priority.as_ref(), skills.as_ref(), language.as_ref());
            transfer_to_queue::perform(machine, queue, *not_found, wishes)
        }
        ProgramActionKind::Forward { addresses } => forward::perform(machine, addresses),
        ProgramActionKind::Disconnect { reason } => disconnect::perform(machine, reason.as_ref()),
        ProgramActionKind::Return => Ok(Control::Leave),
        ProgramActionKind::Log { level, message } => log::perform(machine, *level, message),
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
        ProgramActionKind::ForEach { .. } => "forEach",
        ProgramActionKind::While { .. } => "while",
        ProgramActionKind::LookupTable { .. } => "lookupTable",
        ProgramActionKind::EvaluateSchedule { .. } => "evaluateSchedule",
        ProgramActionKind::FindQueue { .. } => "findQueue",
        ProgramActionKind::TransferToQueue { .. } => "transferToQueue",
        ProgramActionKind::Forward { .. } => "forward",
        ProgramActionKind::Disconnect { .. } => "disconnect",
        ProgramActionKind::Return => "return",
        ProgramActionKind::Log { .. } => "log",
    }
}

/// What an action looks for is not there: on at its `notFound`, else an error.
fn nothing<'m>(
    machine: &mut Machine<'m>,
    not_found: Option<usize>,
    message: impl FnOnce() -> String,
) -> Result<Control<'m>, Raised> {
    match not_found {
        Some(node) => machine.go_to(node).map(|()| Control::Moved),
        None => Err(Raised::error(codes::NOT_FOUND, message())),
    }
}

/// What may come from a mail, short enough for a message.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
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
