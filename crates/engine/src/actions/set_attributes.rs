//! `setAttributes`: all values are computed before the first is set, so none sees another's.

use std::sync::Arc;

use waypost_flow::expr::Compiled;

use super::{Control, text};
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    attributes: &'m [(Arc<str>, Compiled)],
) -> Result<Control<'m>, Raised> {
    machine.clear_pending();
    for (position, (_, value)) in attributes.iter().enumerate() {
        let value = text(machine.eval(value)?)?;
        machine.push_pending(position, value)?;
    }
    let mut pending = std::mem::take(&mut machine.pending);
    for ((name, _), (_, value)) in attributes.iter().zip(pending.drain(..)) {
        machine.trace.set(Target::Attribute, name, &value);
        machine.put_attribute(name, value);
    }
    machine.pending = pending;
    Ok(Control::Next)
}
