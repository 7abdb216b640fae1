//! `findQueue`, and what `transferToQueue` does for a queue that is computed: asks for a queue by name or id.

use std::sync::Arc;

use waypost_flow::expr::Compiled;
use waypost_flow::program::QueueTarget;
use waypost_flow::value::{Text, Value};

use super::{Control, nothing, shortened, text};
use crate::error::Raised;
use crate::machine::Machine;
use crate::question::FindQueue;

/// What became of looking for a queue.
pub(super) enum Found<'m> {
    /// It is there.
    Queue(QueueTarget),
    /// It is not, or that must be asked first.
    Control(Control<'m>),
}

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    name: &'m Compiled,
    outputs: &'m [(usize, Compiled)],
    not_found: Option<usize>,
) -> Result<Control<'m>, Raised> {
    match find(machine, name, not_found)? {
        Found::Control(control) => Ok(control),
        Found::Queue(queue) => {
            let id = Value::String(Text::Owned(Arc::from(queue.id.to_string())));
            machine.map_outputs(outputs, &[id, Value::String(Text::Owned(queue.name))])?;
            Ok(Control::Next)
        }
    }
}

/// The queue that an expression names.
pub(super) fn find<'m>(
    machine: &mut Machine<'m>,
    name: &'m Compiled,
    not_found: Option<usize>,
) -> Result<Found<'m>, Raised> {
    let name = machine.eval(name).and_then(text)?;
    let name = name.as_str().unwrap_or_default();
    let Some(told) = machine.ask(FindQueue { name: name.to_owned() })? else {
        return Ok(Found::Control(Control::Ask));
    };
    match told.queue {
        Some(queue) => Ok(Found::Queue(QueueTarget { id: queue.id, name: Arc::from(queue.name) })),
        None => nothing(machine, not_found, || format!("there is no queue `{}`", shortened(name))).map(Found::Control),
    }
}
