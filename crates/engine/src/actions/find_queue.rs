//! `findQueue`, and what `transferToQueue` does for a queue that is computed: asks for a queue by name or id.
//!
//! The request is `{"name": TEXT}`; the answer `{"id": ID, "name": TEXT}`, or `{}` if there is no such queue.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use waypost_flow::actions::find_queue::ProgramFindQueue;
use waypost_flow::actions::jumps::ProgramJumps;
use waypost_flow::expr::Compiled;
use waypost_flow::program::QueueTarget;
use waypost_flow::value::{Text, Value};

use super::{Control, Told, ask, nothing, shortened, text};
use crate::error::Raised;
use crate::journal::Answered;
use crate::machine::Machine;

const KIND: &str = "findQueue";

/// What became of looking for a queue.
pub(super) enum Found<'m> {
    /// It is there.
    Queue(QueueTarget),
    /// It is not, or that must be asked first.
    Control(Control<'m>),
}

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramFindQueue,
    answers: &[Answered],
) -> Result<Control<'m>, Raised> {
    match find(machine, &action.name, &action.jumps, answers)? {
        Found::Control(control) => Ok(control),
        Found::Queue(queue) => {
            let id = Value::String(Text::Owned(Arc::from(queue.id.to_string())));
            machine.map_outputs(&action.outputs, &[id, Value::String(Text::Owned(queue.name))])?;
            Ok(Control::Next)
        }
    }
}

/// The queue that an expression names.
pub(super) fn find<'m>(
    machine: &mut Machine<'m>,
    name: &'m Compiled,
    jumps: &ProgramJumps,
    answers: &[Answered],
) -> Result<Found<'m>, Raised> {
    let name = machine.eval(name).and_then(text)?;
    let name = name.as_str().unwrap_or_default();
    let told = match ask(machine, KIND, || json!({ "name": name }), answers)? {
        Told::Ask(control) => return Ok(Found::Control(control)),
        Told::Value(told) => told,
    };
    let id = told.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok());
    match (id, told.get("name").and_then(Json::as_str)) {
        (Some(id), Some(name)) => Ok(Found::Queue(QueueTarget { id, name: Arc::from(name) })),
        _ => nothing(machine, jumps, || format!("there is no queue `{}`", shortened(name))).map(Found::Control),
    }
}
