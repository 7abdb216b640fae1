//! What actions do, one file each, named as in `crates/flow/src/actions`.

mod addresses;
mod call_data_action;
mod disconnect;
mod evaluate_schedule;
mod find_queue;
mod for_each;
mod forward;
mod letter;
mod log;
mod lookup_table;
mod r#return;
mod run_flow;
mod send_mail;
mod send_reply;
mod send_webhook;
mod set_attributes;
mod set_outcome;
mod set_output;
mod set_priority;
mod set_variable;
mod transfer_to_flow;
mod transfer_to_queue;
mod r#while;

use waypost_flow::actions::jumps::{NOT_FOUND, ProgramJumps};
use waypost_flow::expr::Compiled;
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
        ProgramActionKind::RunFlow(own) => run_flow::perform(machine, own),
        ProgramActionKind::TransferToFlow(own) => transfer_to_flow::perform(machine, own),
        ProgramActionKind::SetVariable(own) => set_variable::perform(machine, own),
        ProgramActionKind::SetOutput(own) => set_output::perform(machine, own),
        ProgramActionKind::SetAttributes(own) => set_attributes::perform(machine, own),
        ProgramActionKind::SetPriority(own) => set_priority::perform(machine, own),
        ProgramActionKind::SetOutcome(own) => set_outcome::perform(machine, own),
        ProgramActionKind::SendReply(own) => send_reply::perform(machine, own),
        ProgramActionKind::SendMail(own) => send_mail::perform(machine, own),
        ProgramActionKind::SendWebhook(own) => send_webhook::perform(machine, own),
        ProgramActionKind::ForEach(own) => for_each::perform(machine, action, own),
        ProgramActionKind::While(own) => r#while::perform(machine, action, own),
        ProgramActionKind::CallDataAction(own) => call_data_action::perform(machine, own),
        ProgramActionKind::LookupTable(own) => lookup_table::perform(machine, own),
        ProgramActionKind::EvaluateSchedule(own) => evaluate_schedule::perform(machine, own),
        ProgramActionKind::FindQueue(own) => find_queue::perform(machine, own),
        ProgramActionKind::TransferToQueue(own) => transfer_to_queue::perform(machine, own),
        ProgramActionKind::Forward(own) => forward::perform(machine, own),
        ProgramActionKind::Disconnect(own) => disconnect::perform(machine, own),
        ProgramActionKind::Return(_) => Ok(r#return::perform()),
        ProgramActionKind::Log(own) => log::perform(machine, own),
    }
}

/// What an action looks for is not there: on at its `notFound`, else an error.
fn nothing<'m>(
    machine: &mut Machine<'m>,
    jumps: &ProgramJumps,
    message: impl FnOnce() -> String,
) -> Result<Control<'m>, Raised> {
    match jumps.get(NOT_FOUND) {
        Some(node) => machine.jump(NOT_FOUND, node).map(|()| Control::Moved),
        None => Err(Raised::error(codes::NOT_FOUND, message())),
    }
}

/// What may come from a mail, short enough for a message.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Refuses what is not a text: the checker lets nothing else through.
fn text(value: Value<'_>) -> Result<Value<'_>, Raised> {
    if matches!(value, Value::String(_)) {
        return Ok(value);
    }
    Err(Raised::broken("an action has something else than the string it needs"))
}

/// Refuses what is not a list of texts.
fn texts(value: Value<'_>) -> Result<Value<'_>, Raised> {
    if matches!(&value, Value::List(items) if items.iter().all(|item| matches!(item, Value::String(_)))) {
        return Ok(value);
    }
    Err(Raised::broken("an action has something else than the list of strings it needs"))
}

/// A boolean; false if it is left out.
fn boolean<'m>(machine: &Machine<'m>, written: Option<&'m Compiled>) -> Result<bool, Raised> {
    match written.map(|written| machine.eval(written)).transpose()? {
        None => Ok(false),
        Some(Value::Boolean(truth)) => Ok(truth),
        Some(_) => Err(Raised::broken("an action has something else than the boolean it needs")),
    }
}

/// Refuses what is not an integer.
fn integer(value: &Value<'_>) -> Result<i64, Raised> {
    let Value::Integer(number) = value else {
        return Err(Raised::broken("an action has something else than the integer it needs"));
    };
    Ok(*number)
}
